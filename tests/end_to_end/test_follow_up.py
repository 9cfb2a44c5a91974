"""The session's own workbook goes round: noted facts are applied, impossible ones refused at their cell."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from processor import nightly, running
from processor.form.steps import Form
from processor.office import Office
from tests.support import FakeClock

Note = Callable[..., running.Pass]


@pytest.fixture
def note(office: Office, drop: Callable[..., Path], company: Form, clock: FakeClock) -> Note:
    """Send a proposal; then write answers on « Suivi » of the session's workbook and drop it."""
    drop(company)
    running.one_pass(office)
    clock.advance(days=2)

    def noting(answers: dict[str, Any], source: bytes | None = None) -> running.Pass:
        outbox = office.config.folders.outbox / "S2026-0001" / "S2026-0001.xlsx"
        target = office.config.folders.inbox / "S2026-0001.xlsx"
        target.write_bytes(source or outbox.read_bytes())
        book = load_workbook(target)
        rows = {row[0].value: row[1] for row in book["Suivi"].iter_rows(max_col=2)}
        for label, value in answers.items():
            rows[label].value = value
        book.save(target)
        result = running.one_pass(office)
        clock.advance(days=1)
        return result

    return noting


def state(office: Office) -> tuple[str, str]:
    row = office.ledger.sessions.get(1)
    return row.status, row.funding


def test_acceptance_signature_and_the_funders_answer_move_their_tracks(office: Office, note: Note) -> None:
    assert note({"Devis accepté le": date(2026, 11, 25)}).as_dict()["sessions"]["updated"] == 1
    assert state(office) == ("acceptee", "a-deposer")
    note({"Convention signée le": date(2026, 11, 26), "Demande de prise en charge déposée le": date(2026, 11, 26)})
    assert state(office) == ("convention-signee", "deposee")
    note({"Réponse du financeur": "Accord partiel", "Montant accordé": 1000})
    assert state(office) == ("convention-signee", "accord-partiel")
    documents = {one.kind: one.state for one in office.ledger.documents.of_session(1)}
    assert documents == {"devis": "signed", "convention": "signed", "programme": "sent"}
    assert len(office.ledger.mails.all()) == 1, "nothing is mailed for it"


def test_noting_nothing_new_changes_nothing(office: Office, note: Note) -> None:
    note({"Devis accepté le": date(2026, 11, 25)})
    assert note({}).outcomes["unchanged"] == 1


@pytest.mark.parametrize(
    ("answers", "label", "code"),
    [
        ({"Convention signée le": date(2027, 6, 1)}, "Convention signée le", "future"),
        ({"Réponse du financeur": "Accord partiel"}, "Montant accordé", "required"),
        ({"Réponse du financeur": "Accord total", "Montant accordé": 99999}, "Montant accordé", "above_total"),
        ({"Annulée le": date(2026, 11, 25)}, "Annulée par", "required"),
        ({"Devis accepté le": "bientôt"}, "Devis accepté le", "date"),
    ],
)
def test_what_is_impossible_is_refused_at_its_cell_and_nothing_is_touched(
    office: Office, note: Note, answers: dict[str, Any], label: str, code: str
) -> None:
    before = office.ledger.sessions.get(1)
    assert note(answers).outcomes["rejected"] == 1
    finding = office.ledger.rejections.list()[0].findings[-1]
    book = load_workbook(office.config.folders.outbox / "rejets" / "S2026-0001 - à corriger.xlsx")
    assert (finding["code"], finding["sheet"]) == (code, "Suivi")
    assert book["Suivi"][f"A{finding['cell'][1:]}"].value == label
    assert (office.ledger.sessions.get(1).facts, state(office)) == (before.facts, (before.status, before.funding))


def test_an_old_copy_does_not_undo_newer_facts(office: Office, note: Note) -> None:
    old = (office.config.folders.outbox / "S2026-0001" / "S2026-0001.xlsx").read_bytes()
    note({"Devis accepté le": date(2026, 11, 25)})
    note({}, source=old)
    assert office.ledger.sessions.get(1).facts["accepted_on"] == "2026-11-25"
    assert any(event.after == "conflit" for event in office.ledger.events.of_session(1))


def test_cancellation_and_dropping_end_the_session(office: Office, note: Note) -> None:
    note({"Annulée le": date(2026, 11, 26), "Annulée par": "Client", "Motif de l’annulation": "réorganisation"})
    assert state(office)[0] == "annulee"


def agreements(office: Office) -> dict[str, str]:
    return {one.kind: one.state for one in office.ledger.documents.of_session(1) if one.kind != "programme"}


def test_what_was_noted_by_mistake_is_taken_back(office: Office, note: Note) -> None:
    note({"Devis accepté le": date(2026, 11, 25)})
    assert agreements(office) == {"devis": "signed", "convention": "sent"}
    note(
        {
            "Convention signée le": date(2026, 11, 26),
            "Confirmée le": date(2026, 11, 26),
            "Demande de prise en charge déposée le": date(2026, 11, 26),
            "Réponse du financeur": "Accord total",
        }
    )
    assert state(office) == ("confirmee", "accord-total")
    assert agreements(office) == {"devis": "signed", "convention": "signed"}
    note({"Convention signée le": None, "Confirmée le": None, "Réponse du financeur": None})
    assert state(office) == ("acceptee", "deposee")
    assert agreements(office) == {"devis": "signed", "convention": "sent"}
    note({"Devis accepté le": None, "Demande de prise en charge déposée le": None})
    assert state(office) == ("proposition-envoyee", "a-deposer")
    assert agreements(office) == {"devis": "sent", "convention": "sent"}


def test_a_refusal_is_kept_on_the_documents_and_can_be_taken_back(office: Office, note: Note) -> None:
    note({"Devis accepté le": date(2026, 11, 25)})
    note({"Devis accepté le": None, "Sans suite le": date(2026, 11, 26)})
    assert state(office)[0] == "sans-suite"
    assert agreements(office) == {"devis": "refused", "convention": "refused"}
    note({"Sans suite le": None, "Devis accepté le": date(2026, 11, 27)})
    assert state(office)[0] == "acceptee"
    assert agreements(office) == {"devis": "signed", "convention": "sent"}


def test_a_cancellation_that_was_told_stands_until_a_new_version(office: Office, note: Note) -> None:
    note({"Annulée le": date(2026, 11, 26), "Annulée par": "Client"})
    assert note({"Annulée le": None}).outcomes["rejected"] == 1
    (finding,) = office.ledger.rejections.list(unresolved=True)[0].findings
    assert (finding["code"], finding["sheet"]) == ("told", "Suivi")
    assert state(office)[0] == "annulee"

    target = office.config.folders.inbox / "S2026-0001.xlsx"
    book = load_workbook(office.config.folders.outbox / "S2026-0001" / "S2026-0001.xlsx")
    (title,) = [row[1] for row in book["3 Session"].iter_rows(max_col=2) if row[0].value == "Intitulé de la formation"]
    title.value = "Une autre formation"
    book.save(target)
    running.one_pass(office)
    assert state(office)[0] == "proposition-envoyee"
    assert "cancelled_on" not in office.ledger.sessions.get(1).facts
    assert note({"Devis accepté le": date(2026, 11, 27)}).outcomes["rejected"] == 0
    assert state(office)[0] == "acceptee"


def test_what_else_a_cancelling_workbook_changes_is_no_new_proposal(office: Office, note: Note) -> None:
    book = load_workbook(office.config.folders.outbox / "S2026-0001" / "S2026-0001.xlsx")
    (title,) = [row[1] for row in book["3 Session"].iter_rows(max_col=2) if row[0].value == "Intitulé de la formation"]
    title.value = "Une autre formation"
    changed = io.BytesIO()
    book.save(changed)
    note({"Annulée le": date(2026, 11, 26), "Annulée par": "Client"}, source=changed.getvalue())
    assert state(office)[0] == "annulee"
    assert office.ledger.sessions.get(1).version == 1
    assert sorted(mail.kind for mail in office.ledger.mails.all()) == ["annulation", "proposition"]


def test_a_message_goes_once_to_each_trainee(office: Office, note: Note, clock: FakeClock) -> None:
    path = office.config.folders.outbox / "S2026-0001" / "S2026-0001.xlsx"
    book = load_workbook(path)
    sheet = book["Messagerie"]
    header = next(cell for row in sheet.iter_rows() for cell in row if cell.value == "Destinataires")
    columns = {sheet.cell(header.row, column).value: column for column in range(1, sheet.max_column + 1)}
    for label, value in (
        ("Destinataires", "Tous les stagiaires"),
        ("Objet", "Parking"),
        ("Texte", "Le parking est rue des Lilas."),
    ):
        sheet.cell(header.row + 1, columns[label]).value = value
    target = office.config.folders.inbox / "S2026-0001.xlsx"
    book.save(target)
    content = target.read_bytes()

    running.one_pass(office)
    clock.advance(seconds=5)
    target.write_bytes(content)
    running.one_pass(office)

    messages = [mail for mail in office.ledger.mails.all() if mail.kind == "message"]
    assert len(messages) == len(office.session_of(office.ledger.sessions.get(1)).form.trainees)
    assert {mail.state for mail in messages} == {"sent"}
    assert all(len(office.ledger.mails.recipients(mail.id)) == 1 for mail in messages)


def edited(office: Office, changes: dict[str, Any], source: bytes | None = None) -> running.Pass:
    """The session's workbook with other answers: by label on sheet 3, by their former value elsewhere; dropped."""
    outbox = office.config.folders.outbox / "S2026-0001" / "S2026-0001.xlsx"
    book = load_workbook(io.BytesIO(source or outbox.read_bytes()))
    for wanted, value in changes.items():
        labelled = [row[1] for row in book["3 Session"].iter_rows(max_col=2) if row[0].value == wanted]
        (cell,) = labelled or [one for row in book["4 Stagiaires"].iter_rows() for one in row if one.value == wanted]
        cell.value = value
    book.save(office.config.folders.inbox / "S2026-0001.xlsx")
    return running.one_pass(office)


def workbook(office: Office) -> bytes:
    return (office.config.folders.outbox / "S2026-0001" / "S2026-0001.xlsx").read_bytes()


def conflicts(office: Office) -> list[str]:
    return [event.cause for event in office.ledger.events.of_session(1) if event.after == "conflit"]


def test_an_old_copy_does_not_bring_an_old_version_back(office: Office, note: Note, clock: FakeClock) -> None:
    note({})
    old = workbook(office)
    assert edited(office, {"Lieu": "Salle Bleue"}).as_dict()["sessions"]["updated"] == 1
    clock.advance(days=1)

    note({"Devis accepté le": date(2026, 11, 27)}, source=old)
    row = office.ledger.sessions.get(1)
    assert (row.version, row.status) == (2, "acceptee"), "what was noted counts, the old step sheets do not"
    assert "date d’avant la version 2" in conflicts(office)[0]

    assert edited(office, {"Intitulé de la formation": "Autre titre"}, source=old).outcomes["rejected"] == 1
    (finding,) = office.ledger.rejections.list(unresolved=True)[0].findings
    assert (finding["code"], finding["sheet"], finding["field"]) == ("old_copy", "3 Session", "place")
    assert office.ledger.sessions.get(1).version == 2

    both = {"Intitulé de la formation": "Autre titre", "Lieu": "Salle Bleue"}
    assert edited(office, both, source=old).outcomes["updated"] == 1, "it undoes nothing"
    assert office.session_of(office.ledger.sessions.get(1)).title == "Autre titre"


def test_a_corrected_address_needs_no_new_signature(office: Office, note: Note, drop: Callable[..., Path], company: Form) -> None:
    note({"Convention signée le": date(2026, 11, 26), "Présences vérifiées le": None})
    wrong = company.trainees[1].email or ""
    assert edited(office, {wrong: "juste@client.example"}).as_dict()["sessions"]["updated"] == 1
    row = office.ledger.sessions.get(1)
    assert (row.version, row.status) == (1, "convention-signee")
    assert office.session_of(row).form.trainees[1].email == "juste@client.example"
    assert [mail.kind for mail in office.ledger.mails.all()] == ["proposition"]
    drop(company, "original.xlsx")
    running.one_pass(office)
    assert office.session_of(office.ledger.sessions.get(1)).form.trainees[1].email == "juste@client.example", "an old file"
    assert "juste@client.example" in conflicts(office)[0]
    assert edited(office, {"juste@client.example": wrong}).outcomes["followed_up"] == 1, "the fresh workbook is believed"
    assert office.session_of(office.ledger.sessions.get(1)).form.trainees[1].email == wrong


def test_who_was_convened_at_a_wrong_address_is_convened_again_alone(
    office: Office, note: Note, company: Form, clock: FakeClock
) -> None:
    note({"Convention signée le": date(2026, 11, 26)})
    start = office.session_of(office.ledger.sessions.get(1)).start
    clock.advance(days=(start - office.today).days - 5)
    nightly.run(office)
    convened = [mail for mail in office.ledger.mails.all() if mail.kind == "convocation"]
    assert len(convened) == len(company.trainees)
    edited(office, {company.trainees[1].email or "": "juste@client.example"})
    assert office.ledger.sessions.get(1).status == "convoquee"
    again = [mail for mail in office.ledger.mails.all() if mail.kind == "convocation"][len(convened) :]
    assert [office.ledger.mails.recipients(mail.id)[0].address for mail in again] == ["juste@client.example"]
    assert sorted(name.split()[0] for name in again[0].attachments) == ["Convocation", "Programme", "Règlement", "agenda.ics"]
    nightly.run(office)
    assert len([mail for mail in office.ledger.mails.all() if mail.kind == "convocation"]) == len(convened) + 1
    made = [one for one in office.ledger.documents.of_session(1) if one.kind == "convocation"]
    assert len(made) == len(company.trainees), "the document does not change"
