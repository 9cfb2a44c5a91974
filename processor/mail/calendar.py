"""A session's slots as an .ics file for the trainees' calendars (RFC 5545)."""

from __future__ import annotations

import hashlib
from datetime import datetime
from email.utils import parseaddr
from typing import TYPE_CHECKING

from processor.form.steps import Slot
from processor.mail.compose import one_line
from processor.session import Session

if TYPE_CHECKING:
    from icalendar import Event

FILE_NAME = "agenda.ics"
MIME = "text/calendar; method=PUBLISH"
MIME_CANCEL = "text/calendar; method=CANCEL"
_LONGEST = 500


def calendar_of(session: Session, *, now: datetime, cancelled: bool = False) -> bytes:
    """One event a slot, in the organisation's zone, without attendees: nobody's address is in it but the organiser's.

    An event keeps its UID when its slot moves and SEQUENCE is the version, so that a newer file replaces the
    older events; `cancelled` withdraws them. `now` is aware.
    """
    from icalendar import Calendar, vCalAddress, vText

    name, address = parseaddr(session.config.mail.sender)
    organiser = vCalAddress(f"mailto:{address}")
    organiser.params["CN"] = vText(one_line(name or session.config.organisation.name, _LONGEST).replace('"', "’"))
    calendar = Calendar()
    calendar.add("prodid", "-//processor//sessions de formation//FR")
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if cancelled else "PUBLISH")
    calendar.add("x-wr-calname", one_line(session.title, _LONGEST))
    domain = address.rpartition("@")[2]
    for number, slot in enumerate(sorted(_timed(session), key=_begins), start=1):
        event = _event(session, slot)
        event.add("uid", f"{_identity(session)}-{number}@{domain}")
        event.add("dtstamp", now)
        event.add("sequence", session.version)
        event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
        event["organizer"] = organiser
        calendar.add_component(event)
    calendar.add_missing_timezones(session.start.replace(month=1, day=1), session.end.replace(month=12, day=31))
    return bytes(calendar.to_ical())


def _event(session: Session, slot: Slot) -> Event:
    from icalendar import Event

    assert slot.date is not None
    assert slot.start is not None
    assert slot.end is not None
    event = Event()
    zone = session.config.zone
    event.add("dtstart", datetime.combine(slot.date, slot.start, zone))
    event.add("dtend", datetime.combine(slot.date, slot.end, zone))
    event.add("summary", one_line(session.title, _LONGEST))
    place, link = session.form.session.place or "", session.form.session.link or ""
    remote = (slot.kind or session.default_slot_kind).value.startswith("distanciel")
    if where := one_line((link or place) if remote else (place or link), _LONGEST):
        event.add("location", where)
    if link:
        event.add("url", one_line(link, _LONGEST))
    event.add("description", f"{session.config.organisation.name}\n{session.title}" + (f"\n{link}" if link else ""))
    return event


def _timed(session: Session) -> list[Slot]:
    return [slot for slot in session.form.slots if slot.date and slot.start and slot.end]


def _begins(slot: Slot) -> tuple[object, object]:
    return slot.date, slot.start


def _identity(session: Session) -> str:
    """The session's reference, or a digest of what tells it apart before it has one."""
    return session.ref or hashlib.sha256(session.natural_key.encode()).hexdigest()[:24]
