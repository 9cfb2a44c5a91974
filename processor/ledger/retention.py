"""Forgetting a session: its rows keep what the yearly figures need, and no word about a person."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import String, cast, delete, or_, select, update

from processor.ledger.store import Store
from processor.ledger.tables import (
    blobs,
    documents,
    events,
    jobs,
    mails,
    pdfs,
    recipients,
    rejections,
    reminders_done,
    sessions,
    versions,
)

FORGOTTEN = "forgotten"  # in a session's facts: the day on which its persons were forgotten


class Retention:
    def __init__(self, store: Store) -> None:
        self._store = store

    def files(self, session_id: int) -> list[str]:
        """Where the workbooks that were dropped for this session lie, relative to the inbox."""
        with self._store.reading() as connection:
            query = select(jobs.c.archived_as).where(jobs.c.session_id == session_id, jobs.c.archived_as.is_not(None))
            return [path for path in connection.scalars(query) if path]

    def forget(self, session_id: int, *, client: str, form: str, facts: dict[str, Any]) -> None:
        """Replace the session's client, form and facts, and delete everything else that was kept about it.

        One transaction: it is forgotten wholly or, after a crash, not yet.
        """
        with self._store.transaction() as connection:
            mine = select(mails.c.id).where(mails.c.session_id == session_id)
            connection.execute(delete(recipients).where(recipients.c.mail_id.in_(mine)))
            for table in (mails, documents, events, reminders_done):
                connection.execute(delete(table).where(table.c.session_id == session_id))
            dropped = select(jobs.c.id).where(jobs.c.session_id == session_id)
            connection.execute(delete(rejections).where(rejections.c.job_id.in_(dropped)))
            connection.execute(
                update(jobs)
                .where(jobs.c.session_id == session_id)
                .values(path=cast(jobs.c.id, String), sha256="", order_key=None, error=None, archived_as="")
            )
            latest = select(sessions.c.version).where(sessions.c.id == session_id).scalar_subquery()
            connection.execute(delete(versions).where(versions.c.session_id == session_id, versions.c.number != latest))
            connection.execute(
                update(versions)
                .where(versions.c.session_id == session_id)
                .values(form=form, sha256="", source="", fingerprint="", number=1)
            )
            connection.execute(
                update(sessions)
                .where(sessions.c.id == session_id)
                .values(
                    client=client, natural_key=f"effacé {session_id}", facts=json.dumps(facts, ensure_ascii=False), version=1,
                    outbox_stale=False,
                )
            )  # fmt: skip

    def forget_rejections(self, before: str) -> list[str]:
        """Delete what was noted of workbooks sent back before this time and settled since; the names of their reports."""
        with self._store.transaction() as connection:
            old = (rejections.c.at < before) & rejections.c.resolved_at.is_not(None)
            names = list(connection.scalars(select(rejections.c.report).where(old)))
            connection.execute(delete(rejections).where(old))
            return names

    def sweep(self) -> None:
        """Delete the files that no row names any more."""
        with self._store.transaction() as connection:
            made = select(documents.c.pdf_sha256)
            connection.execute(delete(pdfs).where(pdfs.c.pdf_sha256.not_in(made)))
            named = [
                select(column)
                for column in (
                    jobs.c.sha256, versions.c.sha256, documents.c.docx_sha256, documents.c.pdf_sha256, pdfs.c.pdf_sha256, mails.c.sha256,
                )
            ]  # fmt: skip
            connection.execute(delete(blobs).where(~or_(*(blobs.c.sha256.in_(one) for one in named))))
