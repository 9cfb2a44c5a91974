"""What a run works with: settings, clock, ledger, and the child processes that are kept between files."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property, lru_cache
from pathlib import Path

from processor.clock import Clock, SystemClock
from processor.config import Config
from processor.documents.engines import PdfEngine, choose
from processor.form.opening import WorkbookReader
from processor.form.steps import Form
from processor.ledger import Ledger
from processor.ledger.rows import SessionRow
from processor.session import Session


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
        return choose(self.config.pdf, self.work / "pdf")

    @cached_property
    def reader(self) -> WorkbookReader:
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
        made = version.created_at.astimezone(self.config.zone).date()
        return Session(_form(version.form), self.config, row.ref, version.number, made)


@lru_cache(maxsize=64)
def _form(answers: str) -> Form:
    """The form, which nobody changes in place; a batch of sessions asks for each several times."""
    return Form.model_validate_json(answers)
