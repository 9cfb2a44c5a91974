"""A coordinator's weeks in a test: she drops workbooks, notes what happens, and the nights go by."""

from __future__ import annotations

import email
import email.policy
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook

from processor import nightly, running
from processor.ledger.rows import MailRow, SessionRow
from processor.office import Office
from tests.support import FakeClock


@dataclass
class Desk:
    """One session, `S2026-0001`, on the desk of one coordinator."""

    office: Office
    clock: FakeClock

    @property
    def row(self) -> SessionRow:
        return self.office.ledger.sessions.get(1)

    @property
    def folder(self) -> Path:
        return self.office.config.folders.outbox / self.row.ref

    def nights(self, until: date, every: int = 1) -> None:
        """Each night up to and with that of `until`, or with `every` only some: the others were missed."""
        while self.office.today < until:
            self.clock.advance(days=min(every, (until - self.office.today).days))
            nightly.run(self.office)

    @contextmanager
    def edited(self) -> Iterator[Workbook]:
        """The session's own workbook, to be changed; it is then dropped and taken."""
        book = load_workbook(self.folder / f"{self.row.ref}.xlsx")
        yield book
        book.save(self.office.config.folders.inbox / f"{self.row.ref}.xlsx")
        self.clock.advance(seconds=60)
        self.passed = running.one_pass(self.office)
        assert self.passed.outcomes["rejected"] == 0, self.office.ledger.rejections.list()[:1]

    def note(self, answers: dict[str, Any]) -> None:
        """Answers on « Suivi », by the beginning of their label."""
        with self.edited() as book:
            self.fill(book, answers)

    @staticmethod
    def fill(book: Workbook, answers: dict[str, Any]) -> None:
        for wanted, value in answers.items():
            (cell,) = [row[1] for row in book["Suivi"].iter_rows(max_col=2) if str(row[0].value).startswith(wanted)]
            cell.value = value

    @staticmethod
    def move(book: Workbook, days: int, since: date) -> None:
        """Every date of sheet 3 from `since` on, later by so many days."""
        for row in book["3 Session"].iter_rows():
            for cell in row:
                if isinstance(cell.value, datetime) and cell.value.date() >= since:
                    cell.value += timedelta(days=days)

    def mails(self, kind: str = "") -> list[MailRow]:
        return [one for one in self.office.ledger.mails.of_session(1) if kind in ("", one.kind)]

    def message(self, mail: MailRow) -> EmailMessage:
        found = email.message_from_bytes(self.office.ledger.mails.content(mail), policy=email.policy.default)
        assert isinstance(found, EmailMessage)
        return found

    def sent(self) -> Counter[str]:
        """How many mails of each kind left."""
        return Counter(one.kind for one in self.mails() if one.state == "sent")

    def to(self, kind: str, version: int | None = None) -> list[str]:
        """The addresses that mails of this kind went to."""
        return sorted(
            recipient.address
            for mail in self.mails(kind)
            if mail.state == "sent" and version in (None, mail.version)
            for recipient in self.office.ledger.mails.recipients(mail.id)
        )

    def standing(self, *kinds: str) -> Counter[tuple[str, str]]:
        """Kind and state of the version's documents, those of `kinds` or all."""
        found = self.office.ledger.documents.of_session(1, self.row.version)
        return Counter((one.kind, one.state) for one in found if not kinds or one.kind in kinds)

    def attached(self, mail: MailRow) -> set[str]:
        """The kinds of what it carries: the first word of each file's name."""
        return {name.split()[0].lower() for name in mail.attachments}
