"""The durable queue of dropped workbooks: queued → running → done | quarantined.

An attempt is counted when a job is claimed, before the work: a workbook that kills its worker still runs out
of attempts. Jobs of one path, and jobs bound to one session, run one at a time and in the order taken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select

from processor.ledger import states
from processor.ledger.rows import JobRow, build, stamp
from processor.ledger.statements import Statement, add, change
from processor.ledger.store import Store
from processor.ledger.tables import jobs

MAX_ATTEMPTS = 20  # crashes of a job that was alone; under kill -9 every few seconds, 3 and 8 shut out innocent ones

_UNFINISHED = (jobs.c.state == states.QUEUED) | (jobs.c.state == states.RUNNING)
_FINISHED = (jobs.c.state == states.DONE) | (jobs.c.state == states.QUARANTINED)
_BY_ID = Statement(select(jobs).where(jobs.c.id == bindparam("id")))
_IN_ORDER = Statement(select(jobs).where(_UNFINISHED).order_by(jobs.c.id))
_SAME = Statement(select(jobs).where(jobs.c.path == bindparam("path"), jobs.c.sha256 == bindparam("sha256"), _UNFINISHED))
_AHEAD = Statement(  # of the same session, and running or taken earlier
    select(jobs.c.id).where(
        jobs.c.order_key == bindparam("order_key"),
        jobs.c.id != bindparam("mine"),
        (jobs.c.state == states.RUNNING) | ((jobs.c.state == states.QUEUED) & (jobs.c.id < bindparam("mine"))),
    )
)
_TO_ARCHIVE = Statement(select(jobs).where(_FINISHED, jobs.c.archived_as.is_(None)).order_by(jobs.c.id))
_COUNTS = Statement(select(jobs.c.state, func.count()).group_by(jobs.c.state))


@dataclass(frozen=True)
class Swept:
    """What a sweep found: jobs put back in the queue, and jobs that used up their attempts."""

    requeued: list[JobRow]
    quarantined: list[JobRow]


class Jobs:
    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, path: str, sha256: str) -> JobRow:
        """Queue a dropped workbook; the unfinished job of the same path and content is returned instead."""
        with self._store.transaction() as connection:
            found = _SAME.first(connection, path=path, sha256=sha256)
            if found is not None:
                return build(JobRow, found)
            now = self._store.now()
            return self.get(add(connection, jobs, path=path, sha256=sha256, state=states.QUEUED, attempts=0, taken_at=now))

    def get(self, job_id: int) -> JobRow:
        """The job; raises `KeyError` if there is none."""
        with self._store.reading() as connection:
            row = _BY_ID.first(connection, id=job_id)
        if row is None:
            raise KeyError(job_id)
        return build(JobRow, row)

    def claim(self, worker: str, limit: int = 1) -> list[JobRow]:
        """Mark up to `limit` jobs as running for `worker`, oldest first, and count the attempt.

        Skipped: jobs whose retry is not due, and jobs behind an unfinished older one of the same path or
        session. A job that was tried before comes alone, so that a crash tells which workbook caused it.
        """
        now = self._store.now()
        with self._store.transaction() as connection:
            unfinished = [build(JobRow, row) for row in _IN_ORDER.rows(connection)]
            taken: set[tuple[str, Any]] = set()
            for job in unfinished:
                if job.state == states.RUNNING:
                    taken.update(_order_keys(job))
            ready: list[JobRow] = []
            for job in unfinished:
                if job.state == states.RUNNING:
                    continue
                keys = _order_keys(job)
                due = job.not_before is None or stamp(job.not_before) <= now
                if due and taken.isdisjoint(keys):
                    ready.append(job)
                taken.update(keys)
            fresh = [job for job in ready if not job.attempts]
            claimed = [
                replace(job, state=states.RUNNING, worker=worker, attempts=job.attempts + 1, not_before=None)
                for job in fresh[:limit] or ready[:1]
            ]
            for job in claimed:
                change(connection, jobs, job.id, state=job.state, worker=worker, attempts=job.attempts, not_before=None)
            return claimed

    def bind(self, job_id: int, order_key: str) -> bool:
        """Say which session the running job turned out to be about, e.g. its reference or natural key.

        True: go on. False: another unfinished job of that session runs, or was taken earlier; this one is
        back in the queue, its attempt not counted, and comes up when the other has finished.
        """
        with self._store.transaction(lasting=False) as connection:
            free = _AHEAD.first(connection, order_key=order_key, mine=job_id) is None
            values: dict[str, Any] = {"order_key": order_key}
            if not free:
                mine = self.get(job_id)
                states.check(states.JOB, f"job {job_id}", mine.state, states.QUEUED)
                values |= {"state": states.QUEUED, "worker": None, "attempts": mine.attempts - 1}
            change(connection, jobs, job_id, **values)
            return free

    def finish(self, job_id: int, outcome: str, session_id: int | None = None) -> None:
        """The work is done: sent, to_validate, updated, unchanged, rejected, failed or followed_up."""
        self._move(job_id, states.DONE, outcome=outcome, session_id=session_id, finished_at=self._store.now(), error=None)

    def retry(self, job_id: int, not_before: datetime, error: str, *, blameless: bool) -> None:
        """Again, not before that time; `blameless` when the cause is outside the workbook: no attempt is held against it."""
        values: dict[str, Any] = {"attempts": 0} if blameless else {}
        self._move(job_id, states.QUEUED, worker=None, not_before=stamp(not_before), error=error, **values)

    def quarantine(self, job_id: int, error: str) -> None:
        """The workbook is put aside; only a person brings it back."""
        self._move(job_id, states.QUARANTINED, outcome="failed", error=error, worker=None, finished_at=self._store.now())

    def requeue(self, job_id: int) -> None:
        """A person's word: a quarantined job gets all its attempts again."""
        self._move(job_id, states.QUEUED, attempts=0, outcome=None, error=None, finished_at=None)

    def archived(self, moved: Mapping[int, str]) -> None:
        """The dropped files of these jobs were moved there, relative to the inbox (empty: they were gone)."""
        if not moved:
            return
        with self._store.transaction() as connection:
            for job_id, archived_as in moved.items():
                change(connection, jobs, job_id, archived_as=archived_as)

    def sweep(self, alive: Callable[[str], bool], max_attempts: int = MAX_ATTEMPTS) -> Swept:
        """Take back the running jobs of dead workers; those without attempts left are quarantined."""
        requeued: list[JobRow] = []
        quarantined: list[JobRow] = []
        running = self.all(states.RUNNING)
        dead = {worker for worker in {job.worker for job in running} if worker is None or not alive(worker)}
        if not dead:
            return Swept([], [])
        with self._store.transaction():
            for seen in running:
                job = self.get(seen.id)
                if job.state != states.RUNNING or job.worker not in dead:
                    continue  # another sweep was faster
                if job.attempts >= max_attempts:
                    self.quarantine(job.id, f"traitement interrompu {job.attempts} fois de suite")
                    quarantined.append(self.get(job.id))
                else:
                    self._move(job.id, states.QUEUED, worker=None)
                    requeued.append(self.get(job.id))
        return Swept(requeued, quarantined)

    def all(self, *wanted: str) -> list[JobRow]:
        """Jobs in the `wanted` states (all without any), in the order taken."""
        query = select(jobs).order_by(jobs.c.id)
        if wanted:
            query = query.where(jobs.c.state.in_(wanted))
        with self._store.reading() as connection:
            return [build(JobRow, row) for row in connection.execute(query)]

    def to_archive(self) -> list[JobRow]:
        """Finished jobs whose dropped file has not been moved yet (a crash came between)."""
        with self._store.reading() as connection:
            return [build(JobRow, row) for row in _TO_ARCHIVE.rows(connection)]

    def counts(self) -> dict[str, int]:
        """How many jobs are in each state."""
        with self._store.reading() as connection:
            return dict(_COUNTS.rows(connection))

    def waiting(self) -> int:
        """Jobs not finished: queued or running."""
        counts = self.counts()
        return counts.get(states.QUEUED, 0) + counts.get(states.RUNNING, 0)

    def queued(self) -> int:
        """Jobs that no worker has."""
        return self.counts().get(states.QUEUED, 0)

    def _move(self, job_id: int, after: str, **values: Any) -> None:
        with self._store.transaction() as connection:
            states.check(states.JOB, f"job {job_id}", self.get(job_id).state, after)
            change(connection, jobs, job_id, state=after, **values)


def _order_keys(job: JobRow) -> set[tuple[str, Any]]:
    """Two jobs that share one of these do not run at the same time."""
    keys: set[tuple[str, Any]] = {("path", job.path)}
    if job.order_key is not None:
        keys.add(("session", job.order_key))
    return keys
