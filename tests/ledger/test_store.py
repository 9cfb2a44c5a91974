"""Transactions and rows: all or nothing, the values that were given, threads that do not disturb each other."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, text

from processor.ledger import Ledger, rows, tables
from processor.ledger.rows import NewRecipient, SessionRow
from tests.support import FakeClock


@pytest.fixture
def ledger(tmp_path: Path, clock: FakeClock) -> Ledger:
    return Ledger.open(f"sqlite:///{tmp_path / 'ledger.sqlite3'}", clock)


def session(ledger: Ledger, **other: Any) -> SessionRow:
    values: dict[str, Any] = {
        "ref": None, "natural_key": "k", "status": "a-valider", "funding": "sans-objet", "client": "c", "title": "t", "start": "2027-01-01",
        "end": "2027-01-02", "total_cents": 1, "cause": "essai",
    }  # fmt: skip
    return ledger.sessions.create(**values | other)


@pytest.mark.parametrize(
    ("kind", "table"),
    [
        (rows.JobRow, tables.jobs),
        (rows.SessionRow, tables.sessions),
        (rows.VersionRow, tables.versions),
        (rows.DocumentRow, tables.documents),
        (rows.MailRow, tables.mails),
        (rows.RecipientRow, tables.recipients),
        (rows.EventRow, tables.events),
        (rows.RejectionRow, tables.rejections),
    ],
)
def test_a_row_has_the_columns_of_its_table_in_their_order(kind: type, table: Table) -> None:
    assert [one.name for one in fields(kind)] == table.columns.keys()


def test_a_row_gives_back_what_was_written(ledger: Ledger, clock: FakeClock) -> None:
    made = session(ledger)
    ledger.sessions.merge_facts(made.id, {"stagiaires": ["Élodie"], "nombre": 2})
    ledger.mails.plan(
        key="k", session_id=made.id, version=1, kind="message", subject="Été", message_id="<1@x>", content=b"x",
        attachments=["Devis – été.pdf"], to=[NewRecipient("a@x.example", "Zoé", "client", "Cc")],
    )  # fmt: skip
    found = ledger.sessions.get(made.id)
    (mail,) = ledger.mails.of_session(made.id)
    (recipient,) = ledger.mails.recipients(mail.id)
    assert (found.facts, found.outbox_stale, found.created_at) == ({"stagiaires": ["Élodie"], "nombre": 2}, True, clock.now())
    assert (mail.attachments, mail.released, mail.resend_of_doubt) == (["Devis – été.pdf"], False, False)
    assert (mail.planned_at, mail.sending_at, mail.code) == (clock.now(), None, None)
    assert (recipient.address, recipient.name, recipient.role, recipient.header) == ("a@x.example", "Zoé", "client", "Cc")
    assert ledger.sessions.clear_stale(found)
    assert ledger.sessions.get(made.id).outbox_stale is False


@pytest.mark.parametrize("lasting", [True, False])
def test_a_transaction_that_fails_leaves_nothing(ledger: Ledger, *, lasting: bool) -> None:
    def fail() -> None:
        with ledger.store.transaction(lasting=lasting):
            session(ledger)
            with ledger.store.transaction():
                ledger.meta.set("clé", "valeur")
            assert ledger.meta.get("clé") == "valeur"
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert (ledger.sessions.list(), ledger.meta.get("clé")) == ([], None)
    assert session(ledger).ref == "S2026-0001"


def test_what_another_thread_has_not_committed_is_not_seen(ledger: Ledger) -> None:
    seen: list[str | None] = []
    with ledger.store.transaction():
        ledger.meta.set("clé", "valeur")
        in_a_thread(lambda: seen.append(ledger.meta.get("clé")))
    in_a_thread(lambda: seen.append(ledger.meta.get("clé")))
    assert seen == [None, "valeur"]


def test_threads_write_in_turn(ledger: Ledger) -> None:
    made = session(ledger)

    def write() -> None:
        for number in range(20):
            with ledger.store.transaction():
                known = ledger.sessions.get(made.id).facts.get("nombre", 0)
                ledger.sessions.merge_facts(made.id, {"nombre": known + 1})
                ledger.blobs.put(f"{threading.get_ident()} {number}".encode())

    threads = [threading.Thread(target=write) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert ledger.sessions.get(made.id).facts == {"nombre": 80}


def test_a_commit_waits_for_the_disk_unless_it_need_not_last(ledger: Ledger) -> None:
    levels = []
    for lasting in (True, False, True):
        with ledger.store.transaction(lasting=lasting) as connection:
            levels.append(connection.scalar(text("PRAGMA synchronous")))
    assert levels == [2, 1, 2]  # FULL, NORMAL (sqlite.org/pragma.html)


def in_a_thread(step: Callable[[], None]) -> None:
    thread = threading.Thread(target=step)
    thread.start()
    thread.join()
