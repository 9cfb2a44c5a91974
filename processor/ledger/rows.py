"""What the ledger hands out: frozen rows, times as aware datetimes in UTC, JSON already read.

A row is a photograph: after a change, ask the ledger again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

_READERS: dict[str, Callable[[Any], Any]] = {
    "datetime": datetime.fromisoformat,
    "dict": json.loads,
    "list": json.loads,
    "bool": bool,
}

R = TypeVar("R")


def stamp(moment: datetime) -> str:
    """A time as the tables keep it; microseconds always, so that text sorts like time."""
    return moment.isoformat(timespec="microseconds")


def build(kind: type[R], row: Sequence[Any]) -> R:
    """Make a `kind` from a row of its table: its fields are the columns, in their order."""
    values = list(row)
    for place, read in _readers(kind):  # type: ignore[arg-type]
        if values[place] is not None:
            values[place] = read(values[place])
    return kind(*values)


@cache
def _readers(kind: type[Any]) -> list[tuple[int, Callable[[Any], Any]]]:
    """The places of a row that hold no plain value, each with what reads it: by the field's type as it is written."""
    types = [re.split(r"[\[ ]", str(one.type))[0] for one in fields(kind)]
    return [(place, _READERS[name]) for place, name in enumerate(types) if name in _READERS]


@dataclass(frozen=True)
class JobRow:
    """A workbook taken from the inbox: state queued, running, done or quarantined."""

    id: int
    path: str
    sha256: str
    state: str
    outcome: str | None
    attempts: int
    worker: str | None
    order_key: str | None
    not_before: datetime | None
    error: str | None
    session_id: int | None
    taken_at: datetime
    finished_at: datetime | None
    archived_as: str | None


@dataclass(frozen=True)
class SessionRow:
    """A session as it stands; `start` and `end` are local dates AAAA-MM-JJ, `total_cents` is TTC."""

    id: int
    ref: str
    natural_key: str
    status: str
    funding: str
    client: str
    title: str
    start: str
    end: str
    total_cents: int
    version: int
    facts: dict[str, Any]
    outbox_stale: bool
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class VersionRow:
    """One content of a session's form; `form` is its JSON, `sha256` the dropped workbook's blob."""

    id: int
    session_id: int
    number: int
    fingerprint: str
    form: str
    sha256: str
    source: str
    job_id: int
    validated: bool
    created_at: datetime
    replaced_at: datetime | None


@dataclass(frozen=True)
class DocumentRow:
    """A document made: state generated, sent, signed, refused or replaced; both files are blobs."""

    id: int
    session_id: int
    version: int
    kind: str
    trainee: str | None
    number: str
    state: str
    name: str
    docx_sha256: str
    pdf_sha256: str
    template: str
    template_sha256: str
    engine: str
    pages: int
    created_at: datetime
    reason: str | None


@dataclass(frozen=True)
class NewDocument:
    """A document just made; `docx_sha256` and `pdf_sha256` are blobs, `name` is the file's without suffix."""

    kind: str
    number: str
    name: str
    docx_sha256: str
    pdf_sha256: str
    template: str
    template_sha256: str
    engine: str
    pages: int
    reason: str
    trainee: str | None = None


@dataclass(frozen=True)
class NewRecipient:
    """Somebody to write to. `role`: client, training_manager, trainee, trainer, coordinator; `header`: To, Cc, Bcc."""

    address: str
    name: str = ""
    role: str = "client"
    header: str = "To"


@dataclass(frozen=True)
class RecipientRow:
    """One recipient's answer: planned, accepted, deferred, refused or bounced, with the server's words."""

    id: int
    mail_id: int
    address: str
    name: str
    role: str
    header: str
    state: str
    code: int | None
    words: str | None


@dataclass(frozen=True)
class MailRow:
    """A mail: `sha256` is the blob of its frozen bytes; states in `ledger/states.py`."""

    id: int
    key: str
    session_id: int | None
    version: int | None
    kind: str
    subject: str
    message_id: str
    sha256: str
    attachments: list[str]
    state: str
    attempts: int
    next_attempt_at: datetime | None
    planned_at: datetime
    queued_at: datetime
    sending_at: datetime | None
    finished_at: datetime | None
    code: int | None
    words: str | None
    released: bool
    resend_of_doubt: bool


@dataclass(frozen=True)
class EventRow:
    """One line of a timeline; track session, funding, document, mail or service; `cause` in French."""

    id: int
    session_id: int | None
    at: datetime
    track: str
    before: str | None
    after: str
    cause: str


@dataclass(frozen=True)
class RejectionRow:
    """A workbook sent back with its findings; resolved when a later drop of the same name passed."""

    id: int
    job_id: int
    source: str
    findings: list[dict[str, Any]]
    report: str
    at: datetime
    resolved_at: datetime | None
