"""What many tests start from: a working folder as `init` makes it, and the office that works in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from processor import workspace
from processor.config import Config, load, resources
from processor.form.blank import write_filled
from processor.form.choices import ClientType, Funder
from processor.form.example import example
from processor.form.opening import WorkbookReader
from processor.form.steps import Form
from processor.office import Office
from tests.support import FakeClock

TODAY = date(2026, 11, 24)


@pytest.fixture(scope="session")
def house() -> Config:
    """The delivered configuration."""
    return load(resources() / "config.yaml")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(datetime(2026, 11, 24, 9, 0, tzinfo=UTC))


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """A fresh working folder with the embedded engine and no settling time."""
    workspace.create(tmp_path / "travail")
    made = load(tmp_path / "travail" / "config.yaml")
    made.watch.settle_seconds = 0
    made.pdf.engine = "embedded"
    return made


@pytest.fixture
def office(config: Config, clock: FakeClock) -> Iterator[Office]:
    with Office(config, clock) as opened:
        yield opened


@pytest.fixture(scope="session")
def reader() -> Iterator[WorkbookReader]:
    opened = WorkbookReader()
    yield opened
    opened.close()


@pytest.fixture
def drop(config: Config) -> Callable[..., Path]:
    """Put a form's workbook into the inbox."""

    def dropping(form: Form, name: str = "dépôt.xlsx") -> Path:
        path = config.folders.inbox / name
        path.write_bytes(write_filled(form, config, TODAY))
        return path

    return dropping


@pytest.fixture
def company(config: Config) -> Form:
    """A company that its OPCO pays for, valid, with both ticks."""
    return example(ClientType.COMPANY, Funder.OPCO, TODAY, config)
