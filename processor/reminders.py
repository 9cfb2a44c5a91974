"""Which reminders are due on a day: rows of the table in config.yaml against one session's dates. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from processor.config import Reminder
from processor.life import Status, reached
from processor.session import Session
from processor.working_days import same_or_next, same_or_previous

_OVER = {Status.CANCELLED, Status.DROPPED, Status.POSTPONED}
_CATCH_UP_DAYS = 7  # a reminder missed for longer would only surprise


@dataclass(frozen=True)
class Life:
    """One session as reminders see it; `first_known` and `sent_on` are local dates."""

    session: Session
    status: str
    funding: str
    facts: dict[str, Any]
    first_known: date
    sent_on: date | None


@dataclass(frozen=True)
class Due:
    """A reminder to give: its row, and the day for which it stands (its name in the ledger)."""

    rule: Reminder
    day: date


def due(rules: Sequence[Reminder], life: Life, today: date) -> Iterator[Due]:
    """What is due for this session on `today`: of each rule the latest day that has come.

    Nothing once a state of `until` is reached, for a session that is over, or for a day before the session was known.
    """
    if life.status in _OVER:
        return
    for rule in rules:
        if not _concerns(rule, life):
            continue
        base = _base(rule, life)
        if base is None:
            continue
        days = [day for offset in rule.days if (day := _working(base + timedelta(days=offset), offset, rule)) <= today]
        latest = max(days, default=None)
        if latest and today - latest <= timedelta(days=_CATCH_UP_DAYS) and latest >= life.first_known:
            yield Due(rule, latest)


def _concerns(rule: Reminder, life: Life) -> bool:
    if life.status in rule.until or life.funding in rule.until:
        return False
    if life.status == Status.CLOSED and rule.relative_to != "end":
        return False  # what follows the end (cold evaluation, refund) outlives the closing
    if rule.funders and life.session.funder not in rule.funders:
        return False
    match rule.only_if:
        case "incomplete_trainees":
            return incomplete_trainees(life.session)
        case "agreed":
            return reached(life.status, Status.ACCEPTED)
        case "convened":
            return reached(life.status, Status.CONVENED)
    return True


def incomplete_trainees(session: Session) -> bool:
    """A trainee without e-mail, or a number outside the programme's minimum and maximum."""
    low, high = session.form.session.min_trainees, session.form.session.max_trainees
    number = session.trainee_count
    return any(not one.email for one in session.form.trainees) or bool(low and number < low) or bool(high and number > high)


def _base(rule: Reminder, life: Life) -> date | None:
    match rule.relative_to:
        case "funding_deadline":
            return life.session.deadline.last_day if life.session.deadline else None
        case "proposal_sent":
            return life.sent_on
        case "start":
            return life.session.start
        case "end":
            return life.session.end
        case "funding_filed":
            filed = life.facts.get("funding_filed_on")
            return date.fromisoformat(filed) if filed else None
    return None


def _working(day: date, offset: int, rule: Reminder) -> date:
    """Before an event a reminder moves back to a working day, after it forward."""
    if not rule.working_days:
        return day
    return same_or_previous(day) if offset < 0 else same_or_next(day)
