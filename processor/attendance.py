"""Who followed how much: what « Présences » says, for the certificates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from processor.form.followup import Attendance, Outcome
from processor.form.steps import Trainee
from processor.session import Session

FACT = "attendance"  # in the session's facts: trainee's key → {"hours": "10.5", "outcome": "acquis"}
FOLLOWED = "followed"  # … : number and hours of those present, once the persons are forgotten: [3, "42"]
CHECKED = "attendance_checked_on"  # … : the day on which the coordinator vouched for it


@dataclass(frozen=True)
class Attended:
    """Hours followed, and what the assessment found (None: nothing noted)."""

    hours: Decimal
    outcome: Outcome | None


def attended(session: Session, facts: Mapping[str, Any], trainee: Trainee) -> Attended:
    """What this trainee followed: everything, unless « Présences » says otherwise."""
    noted = facts.get(FACT, {}).get(trainee.key, {})
    hours, outcome = noted.get("hours"), noted.get("outcome")
    return Attended(session.hours if hours is None else Decimal(hours), Outcome(outcome) if outcome else None)


def followed(session: Session, facts: Mapping[str, Any]) -> tuple[int, Decimal]:
    """How many trainees followed something, and their hours together."""
    if FOLLOWED in facts:
        people, hours = facts[FOLLOWED]
        return int(people), Decimal(hours)
    found = [attended(session, facts, one).hours for one in session.form.trainees]
    return sum(1 for hours in found if hours), sum(found, Decimal(0))


def as_fact(row: Attendance) -> dict[str, str]:
    """A line of « Présences » as the facts keep it; empty when nothing was noted."""
    noted = {} if row.hours is None else {"hours": str(row.hours)}
    return noted if row.outcome is None else {**noted, "outcome": row.outcome.value}
