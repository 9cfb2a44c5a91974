"""What an older copy of a workbook would undo, and what it may change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from processor.config import Config
from processor.corrections import compared
from processor.form.choices import ClientType, Funder
from processor.form.example import example
from processor.form.steps import Form
from processor.ledger.rows import VersionRow
from processor.old_copy import basis, undone
from tests.conftest import TODAY
from tests.outbox.views import with_answers

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


def version(number: int, hours: int) -> VersionRow:
    return VersionRow(number, 1, number, "", "", "", "", 1, True, NOW + timedelta(hours=hours), None)


def test_a_copy_shows_the_version_that_stood_when_it_was_written() -> None:
    versions = [version(1, 0), version(2, 10), version(3, 20)]
    found = [basis(versions, NOW + timedelta(hours=hours)) for hours in (5, 10, 15, 25)]
    assert [one.number if one else None for one in found] == [1, 2, 2, None]
    assert basis(versions, None) is None


def company(house: Config, **answers: Any) -> Form:
    return with_answers(example(ClientType.COMPANY, Funder.OPCO, TODAY, house), **answers)


def test_only_what_was_corrected_since_and_stands_as_before_is_undone(house: Config) -> None:
    shown = company(house)
    standing = company(house, session={"title": "Corrigé"}, client={"city": "Lyon"})
    mine = company(house, client={"city": "Nantes"})
    assert list(undone(shown, standing, mine, also_overwritten=False)) == [("session", "title")]
    assert list(undone(shown, standing, mine, also_overwritten=True)) == [("client", "city"), ("session", "title")]
    both = company(house, session={"title": "Corrigé"}, client={"city": "Lyon", "address": "3 rue des Roses"})
    assert list(undone(shown, standing, both, also_overwritten=True)) == []


def test_a_table_is_undone_as_a_whole(house: Config) -> None:
    shown = company(house)
    standing = shown.model_copy(update={"trainees": shown.trainees[:2]})
    assert list(undone(shown, standing, shown, also_overwritten=False)) == [("trainees",)]


def with_email(form: Form, place: int, email: str | None) -> Form:
    trainees = list(form.trainees)
    trainees[place] = trainees[place].model_copy(update={"email": email})
    return form.model_copy(update={"trainees": trainees})


def test_contacts_are_corrected_one_by_one(house: Config) -> None:
    form = company(house)
    before = form.trainees[1].email
    found = compared(form, with_email(form, 1, "nouveau@client.example"), {})
    assert found.form.trainees[1].email == "nouveau@client.example"
    assert found.form.trainees[0] == form.trainees[0]
    assert found.replaced == {"trainees.1.email": [before]}
    assert list(found.keys.values()) == ["Bruno TEST <nouveau@client.example>"]
    assert found.changed == [f"Bruno TEST, E-mail : {before} → nouveau@client.example"]


def test_what_was_replaced_since_does_not_come_back_with_an_old_file(house: Config) -> None:
    old = company(house)
    standing = with_email(old, 1, "nouveau@client.example")
    replaced = {"trainees.1.email": [old.trainees[1].email]}
    found = compared(standing, with_email(old, 0, "alice@client.example"), replaced)
    assert found.form.trainees[1].email == "nouveau@client.example"
    assert found.form.trainees[0].email == "alice@client.example"
    assert len(found.kept) == 1
