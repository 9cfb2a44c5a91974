"""Forgetting the persons of old sessions, `retention.months_after_end` after their end (GDPR, article 5.1 e).

How long is the organisation's decision: accounting records are kept ten years (C. com. L.123-22), the proofs of a
funded training at least three (certificat de réalisation). What stays is the session's row with its dates, hours,
numbers and amounts, so that the yearly figures still add up.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from typing import Any

from processor.attendance import FOLLOWED, followed
from processor.form.choices import ClientType
from processor.form.steps import ClientStep, Form, RecapStep, Trainee
from processor.funding import add_months
from processor.ledger.retention import FORGOTTEN
from processor.ledger.rows import SessionRow, stamp
from processor.life import OVER, Status
from processor.office import Office
from processor.session import Session

FORGOTTEN_CLIENT = "(données effacées)"
_WARNING_DAYS = 7


def due(office: Office, day: date) -> list[tuple[SessionRow, date]]:
    """Sessions over whose time is up on `day` or within a week, each with the day on which it is forgotten."""
    months = office.config.retention.months_after_end
    if months is None:
        return []
    found = []
    for row in office.ledger.sessions.list():
        ends = add_months(date.fromisoformat(row.end), months)
        if row.status in OVER - {Status.POSTPONED} and FORGOTTEN not in row.facts and ends <= day + timedelta(days=_WARNING_DAYS):
            found.append((row, ends))
    return found


def purge(office: Office, day: date) -> list[str]:
    """Forget what is due; one French line a session forgotten or soon to be.

    Files go first and the ledger last: after a crash the next night finds the session still due and does the rest.
    """
    lines = []
    for row, ends in due(office, day):
        if ends > day:
            lines.append(f"{row.ref} : données personnelles effacées le {ends:%d/%m/%Y}")
            continue
        inbox = office.config.folders.inbox
        for path in office.ledger.retention.files(row.id):
            (inbox / path).unlink(missing_ok=True)
        shutil.rmtree(office.config.folders.outbox / row.ref, ignore_errors=True)
        office.ledger.retention.forget(row.id, **_what_stays(row, office.session_of(row), day))
        lines.append(f"{row.ref} : données personnelles effacées")
    if office.config.retention.months_after_end is not None:
        _old_reports(office, day)
        office.ledger.retention.sweep()
    return lines


def _what_stays(row: SessionRow, session: Session, day: date) -> dict[str, Any]:
    """The client's name if it is a company's, and a form with numbers but nobody."""
    company = session.client_type == ClientType.COMPANY
    form = session.form.model_copy(
        update={
            "client": ClientStep(company=session.client_name if company else FORGOTTEN_CLIENT),
            "trainees": [Trainee() for _ in session.form.trainees],
            "trainers": [],
            "recap": RecapStep(),
        }
    )
    kept: dict[str, Any] = {
        name: row.facts[name] for name in ("funder_answer", "granted_amount", "invoiced_on", "paid_on") if name in row.facts
    }
    people, hours = followed(session, row.facts)
    kept[FOLLOWED] = [people, str(hours)]
    client = row.client if company else FORGOTTEN_CLIENT
    return {"client": client, "form": Form.model_dump_json(form), "facts": {**kept, FORGOTTEN: day.isoformat()}}


def _old_reports(office: Office, day: date) -> None:
    """Reports of workbooks that were sent back, settled and as old."""
    months = office.config.retention.months_after_end or 0
    limit = datetime.combine(add_months(day, -months), time.min, office.config.zone)
    for name in office.ledger.retention.forget_rejections(stamp(limit.astimezone(office.clock.now().tzinfo))):
        with suppress(OSError):
            (office.config.folders.outbox / "rejets" / name).unlink()
