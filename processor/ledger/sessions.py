"""Sessions and the versions of their form."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Literal

from sqlalchemy import bindparam, func, select, update

from processor.ledger.journal import Events
from processor.ledger.rows import SessionRow, VersionRow, build
from processor.ledger.statements import Statement, add, change
from processor.ledger.store import Store
from processor.ledger.tables import sessions, versions

Track = Literal["session", "funding"]

_BY_ID = Statement(select(sessions).where(sessions.c.id == bindparam("id")))
_BY_REF = Statement(select(sessions).where(func.lower(sessions.c.ref) == bindparam("lower")).order_by(sessions.c.id.desc()))
_BY_NATURAL_KEY = Statement(select(sessions).where(sessions.c.natural_key == bindparam("key")).order_by(sessions.c.id.desc()))
_REFS = Statement(select(sessions.c.ref).where(sessions.c.ref.like(bindparam("pattern"))))
_VERSIONS = select(versions).where(versions.c.session_id == bindparam("session"))
_OF_SESSION = Statement(_VERSIONS.order_by(versions.c.number))
_STANDING = Statement(_VERSIONS.order_by(versions.c.number.desc()).limit(1))
_BROUGHT_BY = Statement(
    select(versions.c.job_id).where(versions.c.session_id == bindparam("session"), versions.c.number == bindparam("number"))
)
_LAST_NUMBER = Statement(select(func.max(versions.c.number)).where(versions.c.session_id == bindparam("session")))
_REPLACE = Statement(
    update(versions)
    .where(versions.c.session_id == bindparam("session"), versions.c.replaced_at.is_(None))
    .values(replaced_at=bindparam("now"))
)


class Sessions:
    def __init__(self, store: Store, events: Events) -> None:
        self._store = store
        self._events = events

    def get(self, session_id: int) -> SessionRow:
        """The session; raises `KeyError` if there is none."""
        with self._store.reading() as connection:
            row = _BY_ID.first(connection, id=session_id)
        if row is None:
            raise KeyError(session_id)
        return build(SessionRow, row)

    def by_ref(self, ref: str) -> SessionRow | None:
        """The session of this reference, whatever its case: on Windows it is the same folder."""
        return self._first(_BY_REF, lower=ref.lower())

    def by_natural_key(self, natural_key: str) -> list[SessionRow]:
        """The sessions of the same client, title and start, the latest first: namesakes may have the same course."""
        with self._store.reading() as connection:
            return [build(SessionRow, row) for row in _BY_NATURAL_KEY.rows(connection, key=natural_key)]

    def list(self, *, stale: bool = False, status: str | None = None) -> list[SessionRow]:
        """All sessions by start date and reference, or only those whose outbox files are out of date, or of a status."""
        query = select(sessions).order_by(sessions.c.start, sessions.c.ref)
        if stale:
            query = query.where(sessions.c.outbox_stale)
        if status is not None:
            query = query.where(sessions.c.status == status)
        with self._store.reading() as connection:
            return [build(SessionRow, row) for row in connection.execute(query)]

    def next_ref(self, year: int) -> str:
        """The next reference of `year`, S2026-0001 first.

        It is read from the sessions themselves: called in the transaction that creates the session, it
        leaves no gap after a crash and is never given twice.
        """
        prefix = f"S{year}-"
        with self._store.reading() as connection:
            refs = _REFS.rows(connection, pattern=f"{prefix}%")
        numbers = [int(ref[len(prefix) :]) for (ref,) in refs if _is_number(ref[len(prefix) :])]
        return f"{prefix}{max(numbers, default=0) + 1:04d}"

    def create(
        self, *, ref: str | None, natural_key: str, status: str, funding: str, client: str, title: str,
        start: str, end: str, total_cents: int, cause: str,
    ) -> SessionRow:  # fmt: skip
        """A new session, version 0. Without `ref` the next one of the current year (UTC) is given."""
        with self._store.transaction() as connection:
            now = self._store.now()
            session_id = add(
                connection, sessions, ref=ref or self.next_ref(self._store.clock.now().year), natural_key=natural_key,
                status=status, funding=funding, client=client, title=title, start=start, end=end,
                total_cents=total_cents, version=0, facts="{}", outbox_stale=True, created_at=now, updated_at=now,
            )  # fmt: skip
            self._events.add(session_id, "session", None, status, cause)
            return self.get(session_id)

    def update(self, session_id: int, **values: Any) -> SessionRow:
        """Change descriptive columns (natural_key, client, title, start, end, total_cents).

        Status, funding and version have verbs of their own, because they leave an event.
        """
        forbidden = {"id", "ref", "status", "funding", "version", "facts"} & values.keys()
        if forbidden:
            raise ValueError(f"use the verbs for {sorted(forbidden)}")
        self._set(session_id, **values)
        return self.get(session_id)

    def set_status(self, session_id: int, track: Track, new: str, cause: str) -> bool:
        """Move one track of the session's life; False, and no event, if it is already there."""
        column = "status" if track == "session" else "funding"
        with self._store.transaction():
            before = getattr(self.get(session_id), column)
            if before == new:
                return False
            self._set(session_id, **{column: new})
            self._events.add(session_id, track, before, new, cause)
            return True

    def merge_facts(self, session_id: int, facts: dict[str, Any]) -> dict[str, Any]:
        """Lay `facts` (JSON values; None removes a key) over what is known; returns the whole."""
        with self._store.transaction():
            known = self.get(session_id).facts
            merged = {key: value for key, value in (known | facts).items() if value is not None}
            if merged != known:
                self._set(session_id, facts=json.dumps(merged, ensure_ascii=False, sort_keys=True))
            return merged

    def mark_stale(self, session_id: int | None = None) -> None:
        """The outbox files of one session, or of all, must be written again."""
        with self._store.transaction() as connection:
            change = update(sessions).values(outbox_stale=True)
            connection.execute(change if session_id is None else change.where(sessions.c.id == session_id))

    def clear_stale(self, as_of: SessionRow) -> bool:
        """The outbox files show `as_of`, read before they were written; False if it has changed since."""
        with self._store.transaction(lasting=False) as connection:
            fresh = self.get(as_of.id).updated_at == as_of.updated_at
            if fresh:
                change(connection, sessions, as_of.id, outbox_stale=False)
            return fresh

    def _first(self, statement: Statement, **given: str) -> SessionRow | None:
        with self._store.reading() as connection:
            row = statement.first(connection, **given)
        return None if row is None else build(SessionRow, row)

    def _set(self, session_id: int, **values: Any) -> None:
        with self._store.transaction() as connection:
            change(connection, sessions, session_id, **values, updated_at=self._store.now(), outbox_stale=True)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


class Versions:
    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, session_id: int, *, fingerprint: str, form: str, sha256: str, source: str, job_id: int, validated: bool) -> int:
        """The next version of a session's form, whose number is returned; the ones before are replaced."""
        with self._store.transaction() as connection:
            now = self._store.now()
            number = (_LAST_NUMBER.first(connection, session=session_id)[0] or 0) + 1
            if number > 1:
                _REPLACE.run(connection, session=session_id, now=now)
            add(
                connection, versions, session_id=session_id, number=number, fingerprint=fingerprint, form=form, sha256=sha256,
                source=source, job_id=job_id, validated=validated, created_at=now,
            )  # fmt: skip
            change(connection, sessions, session_id, version=number, updated_at=now, outbox_stale=True)
            return number

    def validate(self, session_id: int, form: str) -> None:
        """The coordinator gave both ticks to the version that stands; `form` is its JSON with them."""
        with self._store.transaction() as connection:
            change(connection, versions, self.latest(session_id).id, validated=True, form=form)

    def correct(self, session_id: int, form: str) -> None:
        """Other contacts in the version that stands, whose documents say the same; `form` is its JSON with them."""
        with self._store.transaction() as connection:
            connection.execute(update(versions).where(versions.c.id == self.latest(session_id).id).values(form=form))

    def of_session(self, session_id: int) -> list[VersionRow]:
        """All versions, oldest first."""
        with self._store.reading() as connection:
            return [build(VersionRow, row) for row in _OF_SESSION.rows(connection, session=session_id)]

    def latest(self, session_id: int) -> VersionRow:
        """The version that stands. Raises `KeyError` before the first."""
        with self._store.reading() as connection:
            row = _STANDING.first(connection, session=session_id)
        if row is None:
            raise KeyError(session_id)
        return build(VersionRow, row)

    def brought_by(self, session_id: int, number: int) -> int | None:
        """The job that brought this version; None if there is none."""
        with self._store.reading() as connection:
            row = _BROUGHT_BY.first(connection, session=session_id, number=number)
        return None if row is None else row[0]

    def standing(self, session_ids: Sequence[int]) -> dict[int, VersionRow]:
        """The version that stands of each of these sessions (a hundred or so at a time), by session."""
        query = (
            select(versions)
            .join(sessions, (sessions.c.id == versions.c.session_id) & (sessions.c.version == versions.c.number))
            .where(versions.c.session_id.in_(session_ids))
        )
        with self._store.reading() as connection:
            return {row.session_id: build(VersionRow, row) for row in connection.execute(query)}
