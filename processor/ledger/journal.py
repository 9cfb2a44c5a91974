"""The small tables: events (the timeline), meta (named values), rejections, reminders done."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, func, select, update

from processor.ledger.rows import EventRow, RejectionRow, build
from processor.ledger.statements import Statement, add, change
from processor.ledger.store import Store
from processor.ledger.tables import events, meta, rejections, reminders_done, sessions

_OF_SESSION = Statement(select(events).where(events.c.session_id == bindparam("session")).order_by(events.c.id))
_VALUE = Statement(select(meta.c.value).where(meta.c.key == bindparam("key")))
_KEEP = Statement(meta.insert())
_REMOVE = Statement(meta.delete().where(meta.c.key == bindparam("name")))
_RESOLVE = Statement(
    update(rejections)
    .where(
        (rejections.c.source == bindparam("name")) | (rejections.c.report == bindparam("report")),
        rejections.c.resolved_at.is_(None),
    )
    .values(resolved_at=bindparam("now"))
)


class Events:
    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, session_id: int | None, track: str, before: str | None, after: str, cause: str) -> None:
        """Write a line of the timeline; the session's outbox files must be written again."""
        with self._store.transaction() as connection:
            now = self._store.now()
            add(connection, events, session_id=session_id, at=now, track=track, before=before, after=after, cause=cause)
            if session_id is not None:
                change(connection, sessions, session_id, outbox_stale=True, updated_at=now)

    def of_session(self, session_id: int) -> list[EventRow]:
        """The session's timeline, oldest first."""
        with self._store.reading() as connection:
            return [build(EventRow, row) for row in _OF_SESSION.rows(connection, session=session_id)]

    def last_id(self) -> int:
        """Grows with each event: a projection of the whole ledger is fresh if it saw this number."""
        with self._store.reading() as connection:
            return connection.scalar(select(func.max(events.c.id))) or 0


TROUBLE = "trouble:"  # meta keys: why the documents of the session of this id could not be made


class Meta:
    """Named values: last_nightly, last_scan, mail_breaker …"""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, key: str) -> str | None:
        with self._store.reading() as connection:
            row = _VALUE.first(connection, key=key)
        return None if row is None else row[0]

    def starting(self, prefix: str) -> dict[str, str]:
        """The values whose key begins so, by the rest of the key."""
        with self._store.reading() as connection:
            rows = connection.execute(select(meta.c.key, meta.c.value).where(meta.c.key.startswith(prefix, autoescape=True)))
            return {key.removeprefix(prefix): value for key, value in rows}

    def set(self, key: str, value: str | None) -> None:
        """Keep `value` under `key`; None removes it."""
        with self._store.transaction() as connection:
            _REMOVE.run(connection, name=key)
            if value is not None:
                _KEEP.run(connection, key=key, value=value)


class Rejections:
    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, job_id: int, source: str, findings: Sequence[dict[str, Any]], report: str) -> int:
        """Record that `source` was sent back with `findings`, marked in the file `report`."""
        with self._store.transaction() as connection:
            return add(
                connection, rejections, job_id=job_id, source=source, findings=json.dumps(list(findings), ensure_ascii=False),
                report=report, at=self._store.now(),
            )  # fmt: skip

    def resolve(self, source: str, report: str) -> int:
        """A workbook of the same name, or the corrected `report`, passed: its rejections are settled. Returns how many were open."""
        with self._store.transaction() as connection:
            return _RESOLVE.run(connection, name=source, report=report, now=self._store.now()).rowcount

    def list(self, *, unresolved: bool = False) -> list[RejectionRow]:
        """All rejections, newest first."""
        query = select(rejections).order_by(rejections.c.id.desc())
        if unresolved:
            query = query.where(rejections.c.resolved_at.is_(None))
        with self._store.reading() as connection:
            return [build(RejectionRow, row) for row in connection.execute(query)]


class Reminders:
    def __init__(self, store: Store) -> None:
        self._store = store

    def done(self, session_id: int, name: str, day: str) -> bool:
        """Whether the reminder `name` of `day` (AAAA-MM-JJ) was given for this session."""
        with self._store.reading() as connection:
            query = select(reminders_done.c.at).where(
                reminders_done.c.session_id == session_id,
                reminders_done.c.name == name,
                reminders_done.c.day == day,
            )
            return connection.scalar(query) is not None

    def mark(self, session_id: int, name: str, day: str) -> bool:
        """Record it as given; False if it was already."""
        with self._store.transaction() as connection:
            if self.done(session_id, name, day):
                return False
            connection.execute(reminders_done.insert().values(session_id=session_id, name=name, day=day, at=self._store.now()))
            return True
