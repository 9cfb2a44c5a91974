"""The nightly run over simulated weeks: the clock moves, a session lives, each message leaves once."""

from __future__ import annotations

import email
import email.policy
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from processor import nightly, running
from processor.form.steps import Form
from processor.life import Status
from processor.office import Office
from tests.support import FakeClock

Drop = Callable[..., Path]


@pytest.fixture
def agreed(office: Office, drop: Drop, company: Form) -> int:
    """A session whose convention came back signed."""
    drop(company)
    running.one_pass(office)
    office.ledger.sessions.set_status(1, "session", Status.SIGNED, "reçue")
    return 1


def kinds(office: Office) -> Counter[str]:
    return Counter(mail.kind for mail in office.ledger.mails.all() if mail.state == "sent")


def nights(office: Office, clock: FakeClock, number: int) -> None:
    for _ in range(number):
        nightly.run(office)
        clock.advance(days=1)


def test_twice_the_same_night_does_nothing_the_second_time(office: Office, drop: Drop, company: Form, clock: FakeClock) -> None:
    office.config.coordinator.email = "coordination@organisme.example"
    drop(company)
    clock.advance(days=0)
    first = nightly.run(office)
    before = kinds(office)

    second = nightly.run(office)

    assert first.last.proposals_sent == 1
    assert second.lines in ([], first.lines[-1:])
    assert kinds(office) == before


def test_the_client_is_reminded_of_the_unsigned_agreement_three_times(
    office: Office, drop: Drop, company: Form, clock: FakeClock
) -> None:
    drop(company)
    nights(office, clock, 25)
    assert kinds(office)["non_retour"] == 3


def test_every_trainee_is_convened_once_alone_with_the_diary(office: Office, agreed: int, clock: FakeClock) -> None:
    clock.advance(days=53)  # the session begins on 25 January
    nights(office, clock, 4)

    mails = [mail for mail in office.ledger.mails.all() if mail.kind == "convocation"]
    assert len(mails) == 5
    trainees = {one.email for one in office.session_of(office.ledger.sessions.get(agreed)).form.trainees}
    for mail in mails:
        (recipient,) = office.ledger.mails.recipients(mail.id)
        message = email.message_from_bytes(office.ledger.mails.content(mail), policy=email.policy.default)
        names = [part.get_filename() for part in message.iter_attachments()]
        assert "agenda.ics" in names
        text = message.as_string()
        assert not any(other in text for other in trainees - {recipient.address} if other)
    assert office.ledger.sessions.get(agreed).status == Status.CONVENED


def test_a_session_begins_and_ends_by_itself(office: Office, agreed: int, clock: FakeClock) -> None:
    clock.advance(days=62)
    nightly.run(office)
    assert office.ledger.sessions.get(agreed).status == Status.RUNNING
    clock.advance(days=2)
    nightly.run(office)
    assert office.ledger.sessions.get(agreed).status == Status.ENDED


def test_a_dry_run_lists_and_changes_nothing(office: Office, agreed: int) -> None:
    done = nightly.run(office, day=date(2027, 1, 18), dry_run=True)

    assert sum("convocation" in line for line in done.lines) == 5
    assert kinds(office) == {"proposition": 1}
    assert office.ledger.sessions.get(agreed).status == Status.SIGNED


def test_case_22_a_missed_night_is_caught_up_once(office: Office, drop: Drop, company: Form, clock: FakeClock) -> None:
    drop(company)
    nightly.run(office)
    clock.advance(days=5)  # nobody ran the night of the third day
    nights(office, clock, 2)
    assert kinds(office)["non_retour"] == 1


def test_the_coordinator_gets_one_digest_a_day(office: Office, drop: Drop, company: Form, clock: FakeClock) -> None:
    office.config.coordinator.email = "coordination@organisme.example"
    drop(company)
    nights(office, clock, 30)
    digests = [mail for mail in office.ledger.mails.all() if mail.kind == "digest"]
    assert len(digests) == len({mail.planned_at.date() for mail in digests})
    assert digests
