"""The ledger's database: one writer at a time, every commit on the disk, readers never in the way.

SQLite runs in WAL mode with `synchronous=FULL` (a committed state survives a power cut, unless `transaction` is told
that it need not) and every writing transaction starts with BEGIN IMMEDIATE: a transaction that first reads and then
writes never meets SQLITE_BUSY half-way. In PostgreSQL an advisory lock held until the commit gives the same order, so
the verbs above need no second reasoning. Transactions are short: nothing waits for a network or a child process inside
one, with one exception that has its own lock (`exclusive`).

A `Store` may be shared by threads (each has its own transaction) but not across a fork.
"""

from __future__ import annotations

import sqlite3
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from processor.clock import Clock
from processor.errors import UserError
from processor.ledger.locks import held_lock
from processor.ledger.rows import stamp
from processor.ledger.tables import SCHEMA_VERSION, meta, metadata

_BUSY_SECONDS = 60
_WRITER_LOCK = 7_253_001  # any number that nobody else uses in the same PostgreSQL database


class LedgerError(UserError):
    """The ledger cannot be opened as it stands."""


class Store:
    """Connections and transactions; everything above is a verb in a repository."""

    def __init__(self, url: str, clock: Clock) -> None:
        self.clock = clock
        self.url = make_url(url)
        self.sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _sqlite_engine(url) if self.sqlite else create_engine(url, pool_pre_ping=True)
        self._local = threading.local()
        self._writer = threading.Lock()  # SQLite makes a second writer sleep and ask again; threads may simply queue

    def now(self) -> str:
        """The clock's time as the tables keep it."""
        return stamp(self.clock.now())

    @contextmanager
    def transaction(self, *, lasting: bool = True) -> Iterator[Connection]:
        """Everything inside is committed together or not at all; an inner one joins the outer one.

        With `lasting=False` a power cut may take it back, never kill -9: for what is then simply done again. Whatever
        lasts keeps what was committed before it.
        """
        if self._inside is not None:
            yield self._inside
            return
        with self._writing(lasting=lasting) as connection:
            self._local.inside = connection
            try:
                yield connection
            finally:
                self._local.inside = None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """For queries, each with its own view of the ledger; inside a transaction, that transaction's view.

        Queries that must agree with each other belong in a transaction: a view kept over several takes as long to open
        and close as to ask.
        """
        if self._inside is not None:
            yield self._inside
        elif self.sqlite:
            yield self._kept
        else:
            with self.engine.connect() as connection:
                yield connection

    @property
    def _inside(self) -> Connection | None:
        """The connection of this thread's open transaction."""
        found: Connection | None = getattr(self._local, "inside", None)
        return found

    @property
    def _kept(self) -> Connection:
        """This thread's connection to SQLite: fetching one from the pool costs as much as two queries."""
        found: Connection | None = getattr(self._local, "kept", None)
        if found is None:
            found = self._local.kept = self.engine.connect()
        return found

    @contextmanager
    def _writing(self, *, lasting: bool) -> Iterator[Connection]:
        if not self.sqlite:
            with self.engine.begin() as connection:
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _WRITER_LOCK})
                if not lasting:
                    connection.execute(text("SET LOCAL synchronous_commit TO off"))
                yield connection
            return
        with self._writer:
            connection = self._kept
            driver = connection.connection
            cursor = driver.cursor()
            cursor.execute(f"PRAGMA synchronous={'FULL' if lasting else 'NORMAL'}")
            cursor.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                driver.commit()
            except BaseException:
                driver.rollback()
                raise

    @contextmanager
    def exclusive(self, name: str) -> Iterator[bool]:
        """Try to be the only `name` (sender, nightly run …) of this ledger; yields whether it is so.

        The lock dies with its process: kill -9 frees it.
        """
        if self.sqlite:
            folder = Path(self.url.database or ".").parent
            with held_lock(folder, name) as mine:
                yield mine
            return
        number = zlib.crc32(name.encode())
        with self.engine.connect() as connection:
            mine = bool(connection.scalar(text("SELECT pg_try_advisory_lock(:n)"), {"n": number}))
            connection.commit()
            try:
                yield mine
            finally:
                if mine:
                    connection.execute(text("SELECT pg_advisory_unlock(:n)"), {"n": number})
                    connection.commit()

    def create(self) -> None:
        """Make the tables if they are missing; refuse a ledger of another schema version."""
        if self.sqlite and self.url.database and self.url.database != ":memory:":
            Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
            _switch_to_wal(self.engine)
        with self.transaction() as connection:
            metadata.create_all(connection)
            query = select(meta.c.value).where(meta.c.key == "schema_version")
            found = connection.scalar(query)
            if found is None:
                connection.execute(meta.insert().values(key="schema_version", value=str(SCHEMA_VERSION)))
            elif int(found) != SCHEMA_VERSION:
                raise LedgerError(
                    f"Le registre est au format {found} ; cette version du programme attend le format {SCHEMA_VERSION}.",
                    "Lancez la version du programme qui l’a écrit, ou rétablissez la sauvegarde qui va avec celle-ci.",
                )


def _sqlite_engine(url: str) -> Engine:
    engine = create_engine(  # each view ends its own transaction; parameters have names, as in PostgreSQL
        url, connect_args={"timeout": _BUSY_SECONDS}, pool_reset_on_return=None, paramstyle="named"
    )

    @event.listens_for(engine, "connect")
    def _configure(dbapi_connection: sqlite3.Connection, _record: Any) -> None:
        dbapi_connection.isolation_level = None  # the driver begins nothing by itself
        dbapi_connection.execute("PRAGMA foreign_keys=ON")

    return engine


def _switch_to_wal(engine: Engine) -> None:
    """WAL is kept in the file. SQLite does not wait for the lock of this one switch, so we do."""

    def attempt() -> bool:
        raw = engine.raw_connection()
        try:
            mode = raw.cursor().execute("PRAGMA journal_mode=WAL").fetchone()[0]
        finally:
            raw.close()
        return str(mode).lower() == "wal"

    _patiently(attempt)


def _patiently(attempt: Callable[[], bool]) -> None:
    end = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            if attempt():
                return
        except (sqlite3.OperationalError, OperationalError) as error:
            if "locked" not in str(error) or time.monotonic() > end:
                raise LedgerError(
                    f"Le registre ne peut pas être ouvert ({error}).",
                    "Vérifiez les droits et la place sur le disque du dossier d’état.",
                ) from error
        time.sleep(0.05)
