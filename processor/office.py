"""What a run works with: settings, clock, ledger, and the child processes that are kept between files.

Each part is loaded when it is first asked for: `processor status` needs the ledger alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from processor.clock import Clock, SystemClock
from processor.config import Config
from processor.form.steps import Form
from processor.ledger import Ledger
from processor.ledger.rows import SessionRow, VersionRow
from processor.session import Session

if TYPE_CHECKING:
    from processor.documents.engines import PdfEngine
    from processor.form.opening import WorkbookReader
    from processor.mail.sending import Sender

_AT_ONCE = 100  # forms in memory


@dataclass
class Office:
    """Open it with `with`; `engine` and `reader` start when they are first used and end with it."""

    config: Config
    clock: Clock = field(default_factory=SystemClock)

    def __enter__(self) -> Office:
        return self

    def __exit__(self, *_: object) -> None:
        for name in ("reader", "engine"):
            if name in self.__dict__:
                self.__dict__[name].close()

    @cached_property
    def ledger(self) -> Ledger:
        return Ledger.open(self.config.ledger_url, self.clock)

    @cached_property
    def engine(self) -> PdfEngine:
        from processor.documents.engines import choose

        return choose(self.config.pdf, self.work / "pdf")

    @cached_property
    def sender(self) -> Sender:
        """One for all passes: it remembers the last minute's pace."""
        from processor.mail.sending import Sender

        return Sender(self.ledger, self.config, self.clock)

    @cached_property
    def reader(self) -> WorkbookReader:
        from processor.form.opening import WorkbookReader

        return WorkbookReader()

    @property
    def work(self) -> Path:
        """A private folder on the local disk, for what may be lost."""
        return self.config.folders.state / "work"

    @property
    def now(self) -> datetime:
        """The present in the organisation's zone."""
        return self.clock.now().astimezone(self.config.zone)

    @property
    def today(self) -> date:
        return self.now.date()

    def session_of(self, row: SessionRow, number: int | None = None) -> Session:
        """The domain's view of the version that stands, or of an earlier one."""
        ledger = self.ledger
        version = ledger.versions.latest(row.id) if number is None else ledger.versions.of_session(row.id)[number - 1]
        return self._session(row, version)

    def sessions_of(self, rows: Sequence[SessionRow]) -> Iterator[tuple[SessionRow, Session]]:
        """The rows that have a version, each with its domain's view: read by the hundred, none kept."""
        for at in range(0, len(rows), _AT_ONCE):
            some = rows[at : at + _AT_ONCE]
            known = self.ledger.versions.standing([row.id for row in some])
            yield from ((row, self._session(row, known[row.id])) for row in some if row.id in known)

    def _session(self, row: SessionRow, version: VersionRow) -> Session:
        made = version.created_at.astimezone(self.config.zone).date()
        return Session(_form(version.form), self.config, row.ref, version.number, made)


@lru_cache(maxsize=64)
def _form(answers: str) -> Form:
    """The form, which nobody changes in place; a batch of sessions asks for each several times."""
    return Form.model_validate_json(answers)
