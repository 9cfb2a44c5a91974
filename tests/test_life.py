"""The tracks: their slugs are those that config.yaml names, their order is the field's."""

from __future__ import annotations

import pytest

from processor.config import Config
from processor.ledger import states
from processor.life import MAIN_LINE, SIDE_EXITS, DocumentState, Funding, MailState, Status, label, reached


def test_the_main_line_is_the_fields_order() -> None:
    assert [one.label for one in MAIN_LINE] == [
        "Brouillon", "À valider", "Envoi en cours", "Proposition envoyée", "Acceptée", "Convention signée", "Confirmée", "Convoquée",
        "En cours", "Terminée", "Clôturée",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("state", "wanted", "expected"),
    [
        ("convention-signee", "acceptee", True),
        ("acceptee", "acceptee", True),
        ("proposition-envoyee", "acceptee", False),
        ("a-valider", "a-corriger", True),
        ("cloturee", "brouillon", True),
        ("annulee", "acceptee", False),  # a side exit is no progress
        ("annulee", "annulee", True),
        ("acceptee", "annulee", False),
        ("accord-total", "deposee", True),
        ("paye", "accord-partiel", True),
        ("accord-partiel", "accord-total", False),  # answers exclude each other
        ("refus", "accord-total", False),
        ("sans-objet", "a-deposer", False),
        ("paye", "cloturee", False),  # another track
        ("cloturee", "paye", False),
    ],
)
def test_reached_follows_the_track(state: str, wanted: str, *, expected: bool) -> None:
    assert reached(state, wanted) is expected


def test_the_states_that_end_reminders_are_states_of_a_track(house: Config) -> None:
    known = {str(one) for track in (Status, Funding) for one in track}
    named = {slug for reminder in house.reminders for slug in reminder.until}
    assert named
    assert named <= known


def test_documents_and_mails_have_a_label_for_each_state_of_their_machine() -> None:
    assert {str(one) for one in MailState} == set(states.MAIL)
    assert {str(one) for one in DocumentState} == set(states.DOCUMENT)


def test_labels_are_french_and_an_unknown_slug_is_shown_as_it_is() -> None:
    assert label(Status, "a-valider") == "À valider"
    assert label(MailState, "in_doubt") == "Incertain"
    assert label(Status, "autre") == "autre"


def test_no_slug_belongs_to_both_tracks_of_a_session() -> None:
    assert not {str(one) for one in Status} & {str(one) for one in Funding}
    assert not set(SIDE_EXITS) & set(MAIN_LINE)
