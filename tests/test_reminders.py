"""The reminders table against one session's dates."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from processor.config import Config
from processor.form.choices import ClientType, Funder
from processor.form.example import example
from processor.reminders import Life, due
from processor.session import Session
from processor.working_days import is_working_day
from tests.conftest import TODAY


def life(house: Config, client: ClientType = ClientType.COMPANY, funder: Funder | None = None, **changes: Any) -> Life:
    session = Session(example(client, funder, TODAY, house), house, "S1", 1, TODAY)
    values: dict[str, Any] = {
        "status": "proposition-envoyee",
        "funding": "a-deposer",
        "facts": {},
        "first_known": TODAY,
        "sent_on": TODAY,
    } | changes
    return Life(session=session, **values)


def names(house: Config, one: Life, day: date) -> set[str]:
    return {found.rule.name for found in due(house.reminders, one, day)}


def test_the_unsigned_agreement_is_reminded_after_three_seven_and_fourteen_days(house: Config) -> None:
    one = life(house)
    days = [day for offset in range(30) if "documents non retournés" in names(house, one, day := TODAY + timedelta(days=offset))]
    stands_for = {
        found.day
        for offset in range(30)
        for found in due(house.reminders, one, TODAY + timedelta(days=offset))
        if found.rule.name == "documents non retournés"
    }
    assert stands_for == {date(2026, 11, 27), date(2026, 12, 1), date(2026, 12, 8)}
    assert min(days) == date(2026, 11, 27)


def test_nothing_after_the_state_is_reached(house: Config) -> None:
    assert "documents non retournés" not in names(house, life(house, status="convention-signee"), TODAY + timedelta(days=7))


@pytest.mark.parametrize("status", ["annulee", "sans-suite", "reportee"])
def test_nothing_for_a_session_that_is_over(house: Config, status: str) -> None:
    assert [list(due(house.reminders, life(house, status=status), TODAY + timedelta(days=offset))) for offset in range(120)] == [
        []
    ] * 120


def test_the_funders_deadline_is_reminded_before_it_on_working_days(house: Config) -> None:
    one = life(house)
    assert one.session.deadline is not None
    last = one.session.deadline.last_day
    days = {
        found.day
        for offset in range(60)
        for found in due(house.reminders, one, TODAY + timedelta(days=offset))
        if found.rule.name == "dépôt du dossier"
    }
    assert len(days) == 3
    assert all(is_working_day(day) and day < last for day in days)
    filed = life(house, funding="deposee")
    assert "dépôt du dossier" not in names(house, filed, last - timedelta(days=1))


def test_each_funder_has_its_own_reminders(house: Config) -> None:
    agefice = life(house, ClientType.SELF_EMPLOYED, Funder.AGEFICE, status="terminee")
    opco = life(house, status="terminee")
    day = agefice.session.end + timedelta(days=92)
    assert "remboursement AGEFICE" in names(house, agefice, day)
    assert "remboursement AGEFICE" not in names(house, opco, day)
    cpf = life(house, ClientType.PRIVATE, Funder.CPF, status="en-cours")
    assert "déclaration d’entrée CPF" in names(house, cpf, cpf.session.start)


def test_complete_groups_are_left_in_peace(house: Config) -> None:
    one = life(house)
    assert "stagiaires incomplets" not in names(house, one, one.session.start - timedelta(days=10))
    trainees = [one.session.form.trainees[0].model_copy(update={"email": None})]
    form = one.session.form.model_copy(update={"trainees": trainees})
    short = Life(Session(form, house, "S1", 1, TODAY), "proposition-envoyee", "deposee", {}, TODAY, TODAY)
    assert "stagiaires incomplets" in names(house, short, one.session.start - timedelta(days=9))


def test_a_reminder_missed_for_weeks_does_not_come_back(house: Config) -> None:
    assert "documents non retournés" not in names(house, life(house), TODAY + timedelta(days=40))


def test_a_session_entered_late_is_not_flooded_with_the_past(house: Config) -> None:
    one = life(house)
    late = one.session.start - timedelta(days=2)
    fresh = Life(one.session, "proposition-envoyee", "a-deposer", {}, late, late)
    assert "silence du financeur" not in names(house, fresh, late)


def test_after_the_closing_only_what_follows_the_end(house: Config) -> None:
    closed = life(house, status="cloturee", funding="accord-total")
    given = {one.rule.name for offset in range(200) for one in due(house.reminders, closed, TODAY + timedelta(days=offset))}
    assert given == {"évaluation à froid"}
