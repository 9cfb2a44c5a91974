"""The service as a process: started, fed, stopped, killed."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
import yaml
from openpyxl import load_workbook

from processor import workspace
from processor.clock import SystemClock
from processor.config import load
from processor.form.blank import write_filled
from processor.form.choices import ClientType
from processor.form.example import example
from processor.ledger import Ledger

pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "travail"
    workspace.create(made)
    path = made / "config.yaml"
    settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    settings["pdf"]["engine"] = "embedded"
    settings["watch"] = {"settle_seconds": 0.2, "scan_seconds": 0.5}
    path.write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
    return made


@contextmanager
def service(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "processor", "watch"], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()


def until(condition: Callable[[], object], seconds: float = 40) -> bool:
    """Wait for another process; the only clock that it shares with us is the wall's."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.1)
    return False


def drop(folder: Path, name: str, client: ClientType = ClientType.COMPANY) -> None:
    config = load(folder / "config.yaml")
    today = date.today()
    (folder / "inbox" / name).write_bytes(write_filled(example(client, None, today, config), config, today))


def test_case_1_files_present_at_the_start_are_taken_and_a_bad_one_does_not_blind_the_service(folder: Path) -> None:
    (folder / "inbox" / "mauvais.xlsx").write_bytes(b"PK\x03\x04 pas un classeur " * 50 + b"PK\x05\x06" + b"\0" * 18)
    (folder / "inbox" / "texte.xlsx").write_bytes(b"bonjour")
    drop(folder, "bon.xlsx")
    with service(folder):
        assert until((folder / "outbox" / "S2026-0001" / "S2026-0001.xlsx").exists) or list((folder / "outbox").glob("S*-0001"))
        drop(folder, "après.xlsx", ClientType.PRIVATE)
        assert until(lambda: len(list((folder / "outbox").glob("S*/mails/*.eml"))) == 2)
    assert (folder / "outbox" / "rejets" / "texte - à corriger.xlsx").exists()


def test_a_stop_is_clean_and_leaves_nothing_running(folder: Path) -> None:
    with service(folder) as process:
        assert until((folder / "state" / "heartbeat.json").exists)
        assert until((folder / "outbox" / "sessions.xlsx").exists)
        process.terminate()
        assert process.wait(30) == 0
    beat = json.loads((folder / "state" / "heartbeat.json").read_text(encoding="utf-8"))
    assert (beat["ok"], beat["text"]) == (True, "arrêté")
    board = load_workbook(folder / "outbox" / "sessions.xlsx")["Tableau de bord"]
    assert any(str(cell.value).startswith("arrêté") for row in board.iter_rows() for cell in row)


def test_case_7_the_share_goes_away_and_comes_back(folder: Path) -> None:
    with service(folder):
        assert until((folder / "outbox" / "sessions.xlsx").exists)
        (folder / "inbox").rename(folder / "parti")
        ledger = Ledger.open(f"sqlite:///{folder / 'state' / 'ledger.sqlite3'}", SystemClock())
        assert until(lambda: "inaccessible depuis" in (ledger.meta.get("service") or ""))
        (folder / "parti").rename(folder / "inbox")
        drop(folder, "revenu.xlsx")
        assert until(lambda: list((folder / "outbox").glob("S*/mails/*.eml")))


def test_only_one_service_works_on_a_ledger(folder: Path) -> None:
    with service(folder):
        assert until((folder / "state" / "heartbeat.json").exists)
        second = subprocess.run(
            [sys.executable, "-m", "processor", "watch"], cwd=folder, capture_output=True, text=True, timeout=60, check=False
        )
    assert second.returncode == 2
    assert "Un autre service" in second.stderr
