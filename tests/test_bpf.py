"""Under which lines of the yearly return a session falls."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.attendance import FOLLOWED
from processor.bpf import Aim, Learner, Origin, share
from processor.config import Config
from processor.form.choices import ClientType, Funder, Nature
from processor.form.example import example
from processor.session import Session
from tests.conftest import TODAY
from tests.outbox.views import with_answers

GRANTED = {"funder_answer": "accord-total"}


def session_of(house: Config, client: ClientType, funder: Funder, **answers: Any) -> Session:
    return Session(with_answers(example(client, funder, TODAY, house), **answers), house, "S1", 1, TODAY)


@pytest.mark.parametrize(
    ("client", "funder", "subrogation", "origin", "learner"),
    [
        (ClientType.COMPANY, Funder.OPCO, True, Origin.SKILLS_PLAN, Learner.EMPLOYEES),
        (ClientType.COMPANY, Funder.OPCO, False, Origin.COMPANIES, Learner.EMPLOYEES),
        (ClientType.COMPANY, Funder.OWN_FUNDS, None, Origin.COMPANIES, Learner.EMPLOYEES),
        (ClientType.PRIVATE, Funder.CPF, None, Origin.CPF, Learner.OTHERS),
        (ClientType.PRIVATE, Funder.OWN_FUNDS, None, Origin.PERSONS, Learner.PERSONS),
        (ClientType.PRIVATE, Funder.FRANCE_TRAVAIL, None, Origin.FRANCE_TRAVAIL, Learner.JOB_SEEKERS),
        (ClientType.SELF_EMPLOYED, Funder.FIFPL, None, Origin.SELF_EMPLOYED, Learner.OTHERS),
        (ClientType.SELF_EMPLOYED, Funder.OWN_FUNDS, None, Origin.PERSONS, Learner.OTHERS),
    ],
)
def test_money_falls_under_who_pays_it_and_people_under_what_they_are(
    house: Config, client: ClientType, funder: Funder, *, subrogation: bool | None, origin: Origin, learner: Learner
) -> None:
    session = session_of(house, client, funder, type={"subrogation": subrogation})
    found = share(session, GRANTED)
    assert found.products == ((origin, session.price.net_of_tax_cents),)
    assert found.learner == learner


@given(granted=st.integers(1, 300_000), vat=st.sampled_from(["exempt", "micro", "standard"]))
def test_the_parts_add_up_to_the_price_before_tax(house: Config, granted: int, vat: str) -> None:
    organisation = house.organisation.model_copy(update={"vat_regime": vat})
    config = house.model_copy(update={"organisation": organisation})
    session = Session(example(ClientType.COMPANY, Funder.OPCO, TODAY, config), config, "S1", 1, TODAY)
    amount = min(granted, session.price.total_cents)
    found = share(session, {"funder_answer": "accord-partiel", "granted_amount": str(Decimal(amount) / 100)})
    assert sum(cents for _, cents in found.products) == session.price.net_of_tax_cents
    assert all(cents >= 0 for _, cents in found.products)


@pytest.mark.parametrize(
    ("answers", "aim"),
    [
        ({"certification_code": "RNCP35584"}, Aim.RNCP),
        ({"certification_code": "RS5252"}, Aim.RS),
        ({"nature": Nature.SKILLS_REVIEW}, Aim.SKILLS_REVIEW),
        ({"nature": Nature.VAE, "certification_code": "RNCP35584"}, Aim.VAE),
        ({}, Aim.OTHER),
    ],
)
def test_the_aim_follows_the_nature_and_the_certification(house: Config, answers: dict[str, Any], aim: Aim) -> None:
    assert share(session_of(house, ClientType.COMPANY, Funder.OPCO, session=answers), {}).aim == aim


def test_the_figures_outlive_the_persons(house: Config) -> None:
    session = session_of(house, ClientType.COMPANY, Funder.OPCO)
    found = share(session, {FOLLOWED: [3, "42.5"]})
    assert (found.trainees, found.hours) == (3, Decimal("42.5"))


@pytest.mark.parametrize("funder", [Funder.CPF, Funder.FRANCE_TRAVAIL, Funder.OWN_FUNDS])
def test_a_free_session_has_people_and_no_money(house: Config, funder: Funder) -> None:
    form = with_answers(example(ClientType.PRIVATE, funder, TODAY, house), session={"unit_price": Decimal(0)})
    session = Session(form.model_copy(update={"expenses": []}), house, "S1", 1, TODAY)
    assert session.price.total_cents == 0
    found = share(session, {})
    assert sum(cents for _, cents in found.products) == 0
    assert found.trainees == 1
