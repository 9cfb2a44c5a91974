"""The outbox as a projection of the ledger: what is out of date or missing is written again, whole."""

from __future__ import annotations

import email
import email.policy
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from email.message import EmailMessage
from pathlib import Path
from weakref import WeakKeyDictionary

from processor import todo
from processor.errors import OutboxError
from processor.ledger import Ledger
from processor.ledger.journal import TROUBLE
from processor.ledger.retention import FORGOTTEN
from processor.ledger.rows import MailRow, RecipientRow, SessionRow
from processor.life import OVER
from processor.office import Office
from processor.outbox import overview, register, session_workbook
from processor.outbox.dashboard import Line
from processor.outbox.files import write_together, write_workbook
from processor.outbox.names import document_file, mail_file
from processor.outbox.register import RegisterView, stamp
from processor.outbox.view import SessionView

REGISTER = "sessions.xlsx"
PROPOSAL = "proposition"
_READ = 20_000  # bytes of a message: enough for its first words
_SEEN = "register_events"  # meta key: the last event that the register shows
_DAY = "outbox_day"  # meta key: the day of which the sessions' workbooks speak


def refresh(office: Office, *, look_for_missing: bool = True) -> list[str]:
    """Write what is stale, and with `look_for_missing` what somebody deleted. Returns the troubles (French)."""
    ledger = office.ledger
    _turn_the_day(office)
    rows = ledger.sessions.list(stale=not look_for_missing)
    names = ledger.documents.names() if look_for_missing else {}
    wanted = [row for row in rows if row.outbox_stale or _missing(office, row, names.get(row.id, []))]
    troubles = write_sessions(office, wanted)
    try:
        _write_register(office, look_for_missing=look_for_missing)
    except (OutboxError, OSError) as trouble:
        troubles.append(str(trouble))
    return troubles


def _turn_the_day(office: Office) -> None:
    """On the first writing of a day: the sessions of whose workbook the day says something else are out of date.

    Days left are formulas; a new task, a date gone by or one that became pressing are not. What is over is left alone.
    """
    ledger, today, known = office.ledger, office.today, office.ledger.meta.get(_DAY)
    if known == today.isoformat():
        return
    sent, zone = ledger.mails.last_sent(PROPOSAL), office.config.zone
    changed = []
    if known is not None:  # what changed today is written today anyway
        rows = [
            row for row in ledger.sessions.list() if row.status not in OVER and row.updated_at.astimezone(zone).date() < today
        ]
        for row, session in office.sessions_of(rows):
            sent_on = sent[row.id].astimezone(zone).date() if row.id in sent else None
            then, now = (overview.of_day(session, row, sent_on, day) for day in (date.fromisoformat(known), today))
            if then != now:
                changed.append(row.id)
    with ledger.store.transaction():
        for session_id in changed:
            ledger.sessions.mark_stale(session_id)
        ledger.meta.set(_DAY, today.isoformat())


def write_sessions(office: Office, rows: Sequence[SessionRow]) -> list[str]:
    """Write the files of these sessions; returns the troubles (French)."""
    troubles: list[str] = []
    shown: list[SessionRow] = []
    try:
        for row in rows:
            if row.version and FORGOTTEN not in row.facts:
                try:
                    if write_session(office, row):
                        shown.append(row)
                except (OutboxError, OSError) as trouble:
                    troubles.append(str(trouble))
    finally:
        with office.ledger.store.transaction():  # one for all: each is a wait for the disk
            for row in shown:
                office.ledger.sessions.clear_stale(row)
    return troubles


def folder_of(office: Office, row: SessionRow) -> Path:
    return office.config.folders.outbox / row.ref


def _missing(office: Office, row: SessionRow, names: Sequence[str]) -> bool:
    """Whether the workbook or a document is not there; each folder is listed once."""
    folder = folder_of(office, row)
    wanted = {f"{name}.{suffix}" for name in names for suffix in ("pdf", "docx")}
    return not (folder / f"{row.ref}.xlsx").exists() or not wanted <= _listed(folder / "documents")


def _listed(folder: Path) -> set[str]:
    try:
        return set(os.listdir(folder))  # noqa: PTH208  a thousand folders: no Path a file
    except OSError:
        return set()


def write_session(office: Office, row: SessionRow) -> bool:
    """Documents, copies of the mails sent, then the workbook that links to them; False if somebody has it open."""
    ledger, folder = office.ledger, folder_of(office, row)
    documents = ledger.documents.of_session(row.id)
    blobs = [
        (document_file(one, suffix), sha256)
        for one in documents
        for suffix, sha256 in (("pdf", one.pdf_sha256), ("docx", one.docx_sha256))
    ]
    there = folder / "documents"
    write_together(there, ((name, ledger.blobs.get(sha256)) for name, sha256 in blobs if not (there / name).exists()))
    mails = [(mail, ledger.mails.recipients(mail.id)) for mail in ledger.mails.of_session(row.id)]
    _write_copies(office, folder / "mails", mails)
    view = SessionView(
        row=row,
        session=office.session_of(row),
        documents=documents,
        mails=mails,
        events=ledger.events.of_session(row.id),
        texts={mail.id: _text(ledger.mails.content(mail)) for mail, _ in mails if mail.kind == "message"},
    )
    target = folder / f"{row.ref}.xlsx"
    content = session_workbook.build(view, office.config, office.today)
    return write_workbook(target, content, office.clock, office.now) == target


def _text(content: bytes) -> str:
    """The plain text of a message, which stands before what is joined to it."""
    message = email.message_from_bytes(content[:_READ], policy=email.policy.default)
    body = message.get_body(("plain",)) if isinstance(message, EmailMessage) else None
    return str(body.get_content()) if body else ""


def _write_copies(office: Office, folder: Path, mails: Sequence[tuple[MailRow, Sequence[RecipientRow]]]) -> None:
    """The mails that left, as files; those that are there stay."""
    there = _listed(folder)
    left = [(mail_file(mail, to, office.config), mail) for mail, to in mails if mail.state == "sent"]
    write_together(folder, ((name, office.ledger.mails.content(mail)) for name, mail in left if name not in there))


@dataclass(frozen=True)
class _Known:
    """What the register says of a session, `as_of` the row, the day and the day on which its proposal left."""

    as_of: tuple[SessionRow, date, date | None]
    line: Line
    tasks: Sequence[todo.Task]


_known: WeakKeyDictionary[Ledger, dict[int, _Known]] = WeakKeyDictionary()


def _known_of(office: Office, rows: Sequence[SessionRow]) -> list[_Known]:
    """Of each session that has a version. Forms are read for those that changed since: it is most of a register's time."""
    known = _known.setdefault(office.ledger, {})
    zone, today, sent = office.config.zone, office.today, office.ledger.mails.last_sent(PROPOSAL)
    as_of = {row.id: (row, today, sent[row.id].astimezone(zone).date() if row.id in sent else None) for row in rows}
    changed = [row for row in rows if row.id not in known or known[row.id].as_of != as_of[row.id]]
    for row, session in office.sessions_of(changed):
        line = Line.of(row, session, today)
        sent_on = as_of[row.id][2]
        found = todo.of_session(session, status=row.status, funding=row.funding, sent_on=sent_on, today=today, facts=row.facts)
        known[row.id] = _Known(as_of[row.id], line, found)
    return [known[row.id] for row in rows if row.id in known]


def tasks(office: Office, rows: Sequence[SessionRow]) -> list[todo.Task]:
    """Everything of these sessions, and of no session, that needs a person, in order."""
    ledger = office.ledger
    refs = {row.id: (row.ref, row.client) for row in rows}
    found: list[todo.Task] = []
    for mail, recipients in ledger.mails.with_refusals():
        if mail.session_id in refs:
            found += todo.of_recipients(mail, recipients, *refs[mail.session_id])
    for one in _known_of(office, rows):
        found += one.tasks
    found += todo.of_mails(ledger.mails.all("failed", "in_doubt", "held"), refs)
    found += todo.of_troubles(ledger.meta.starting(TROUBLE), refs)
    found += todo.of_rejections(ledger.rejections.list(unresolved=True))
    found += todo.of_jobs(ledger.jobs.all("queued"))
    return todo.in_order(found)


def _write_register(office: Office, *, look_for_missing: bool) -> None:
    """The register, when something happened since it was written, the day changed, or it is gone.

    With it the mails that concern no session (digests, workbooks sent back), all to the coordinator.
    """
    ledger = office.ledger
    path = office.config.folders.outbox / REGISTER
    seen = f"{ledger.events.last_id()} {office.today} {ledger.jobs.waiting()} {ledger.meta.get('service') or ''}"
    shown = path.exists() and ledger.meta.get(_SEEN) == seen
    if look_for_missing or not shown:
        _write_copies(office, path.parent / "mails", [(mail, ()) for mail in ledger.mails.of_no_session()])
    if shown:
        return
    rows = ledger.sessions.list()
    refs = {row.id: row.ref for row in rows}
    view = RegisterView(
        lines=[one.line for one in _known_of(office, rows)],
        tasks=tasks(office, rows),
        mails=[(mail, refs.get(mail.session_id or 0, ""), to) for mail, to in ledger.mails.with_recipients()],
        rejections=ledger.rejections.list(),
        service=service_lines(office),
    )
    if write_workbook(path, register.build(view, office.config, office.today), office.clock, office.now) == path:
        ledger.meta.set(_SEEN, seen)


def service_lines(office: Office) -> list[tuple[str, str]]:
    """When the service last looked, and what waits."""
    ledger = office.ledger
    return [
        ("Dernier passage", stamp(office.clock.now(), office.config)),
        ("État du service", ledger.meta.get("service") or "passage unique"),
        ("Classeurs en attente", str(ledger.jobs.waiting())),
        (
            "E-mails en attente",
            str(sum(ledger.mails.counts().get(state, 0) for state in ("planned", "deferred", "held", "in_doubt"))),
        ),
    ]
