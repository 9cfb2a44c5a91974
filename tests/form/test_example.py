"""Examples: valid for every client and funder that fit, fictitious, far enough ahead; a pair that does not fit is refused."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processor.config import Config, load, resources
from processor.errors import UserError
from processor.form import rules
from processor.form.choices import ClientType, Funder
from processor.form.example import DEFAULT_FUNDERS, example
from processor.form.reading import Reading
from processor.form.rules import FUNDERS_OF
from processor.form.steps import Form
from processor.session import Session
from processor.working_days import is_working_day

CONFIG: Config = load(resources() / "config.yaml")
TODAY = date(2026, 3, 2)
PAIRS = [(client, funder) for client, funders in FUNDERS_OF.items() for funder in funders]


@pytest.mark.parametrize(("client", "funder"), PAIRS)
def test_no_rule_finds_anything(client: ClientType, funder: Funder) -> None:
    form = example(client, funder, TODAY, CONFIG)
    found = rules.broken_rules(rules.Case(Reading(form, []), Session(form, CONFIG, today=TODAY), TODAY))
    assert found == []


@pytest.mark.parametrize(("client", "funder"), PAIRS)
def test_both_ticks_stand_and_the_price_is_the_total(client: ClientType, funder: Funder) -> None:
    session = Session(example(client, funder, TODAY, CONFIG), CONFIG, today=TODAY)
    assert session.sendable
    assert session.price.total_cents > 0


@pytest.mark.parametrize(("client", "funder"), [(c, f) for c in ClientType for f in Funder if f not in FUNDERS_OF[c]])
def test_a_funder_of_another_client_is_refused_with_the_possible_ones(client: ClientType, funder: Funder) -> None:
    with pytest.raises(UserError) as refused:
        example(client, funder, TODAY, CONFIG)
    assert funder.label in str(refused.value)
    assert all(possible.value in str(refused.value) for possible in FUNDERS_OF[client])


@pytest.mark.parametrize("client", list(ClientType))
def test_without_a_funder_the_usual_one_pays(client: ClientType) -> None:
    assert example(client, None, TODAY, CONFIG).type.funder == DEFAULT_FUNDERS[client]


@settings(max_examples=40, deadline=None)
@given(today=st.dates(date(2024, 1, 1), date(2035, 12, 31)), pair=st.sampled_from(PAIRS))
def test_whatever_the_day_the_session_is_on_working_days_far_enough_ahead(today: date, pair: tuple[ClientType, Funder]) -> None:
    form = example(*pair, today, CONFIG)
    assert form.session.start is not None
    assert form.session.start >= today + timedelta(days=45)
    assert all(slot.date and is_working_day(slot.date) for slot in form.slots)
    deadline = Session(form, CONFIG, today=today).deadline
    assert deadline is None or deadline.last_day > today


def test_the_company_has_a_group_half_days_and_expenses() -> None:
    form = example(ClientType.COMPANY, None, TODAY, CONFIG)
    assert (len(form.trainees), len(form.slots)) == (5, 4)
    assert [row.rebilled for row in form.expenses] == [True, True, False]


def test_people_are_recognisably_fictitious() -> None:
    for client in ClientType:
        form = example(client, None, TODAY, CONFIG)
        people = [*(one.email for one in form.trainees), *(one.email for one in form.trainers)]
        addresses = [form.client.email, form.client.manager_email, *people]
        assert all(address.endswith(".example") for address in addresses if address)


def test_what_each_funder_asks_for_is_answered() -> None:
    cpf = example(ClientType.PRIVATE, Funder.CPF, TODAY, CONFIG).session
    assert cpf.certification_code
    assert cpf.certifier
    assert example(ClientType.PRIVATE, Funder.FRANCE_TRAVAIL, TODAY, CONFIG).client.job_seeker_id
    opco = example(ClientType.COMPANY, Funder.OPCO, TODAY, CONFIG).type
    assert opco.opco
    assert opco.subrogation is not None


def test_the_three_programmes_differ() -> None:
    forms: list[Form] = [example(client, None, TODAY, CONFIG) for client in ClientType]
    assert len({form.session.title for form in forms}) == len({form.session.price_mode for form in forms}) == 3
