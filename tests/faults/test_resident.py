"""The LibreOffice that the service keeps running: killed at any moment, it costs time and nothing else."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from processor.documents.engines import Order
from processor.documents.engines.libreoffice import LibreOfficeEngine, find
from tests.documents.building import template

pytestmark = [pytest.mark.slow, pytest.mark.skipif(find() is None, reason="LibreOffice is not installed")]

_SERVICE = """
import sys, time
from pathlib import Path
from processor.documents.engines.libreoffice import LibreOfficeEngine
engine = LibreOfficeEngine(Path(sys.argv[1]))
engine.start_resident()
print(engine._resident.pid, flush=True)
time.sleep(600)
"""


def orders(folder: Path, number: int) -> list[Order]:
    return [Order(template(folder / f"{n}.docx", f"Document {n}"), folder / f"{n}.pdf") for n in range(number)]


def test_killed_in_the_middle_of_a_batch_every_document_is_still_made(tmp_path: Path) -> None:
    engine = LibreOfficeEngine(tmp_path / "work")
    engine.start_resident()
    first = engine._resident
    assert first is not None
    killer = threading.Timer(0.7, first.kill)
    killer.start()
    results = engine.convert(orders(tmp_path, 20))
    killer.join()
    assert [one.error for one in results if not one.ok] == []
    assert engine._resident is not first
    engine.close()


def test_what_a_killed_service_left_running_is_ended_by_the_next(tmp_path: Path) -> None:
    service = subprocess.Popen([sys.executable, "-c", _SERVICE, str(tmp_path / "work")], stdout=subprocess.PIPE, text=True)
    assert service.stdout is not None
    left = psutil.Process(int(service.stdout.readline()))
    service.kill()
    service.wait()
    assert left.is_running()

    engine = LibreOfficeEngine(tmp_path / "work")
    assert [one.pages for one in engine.convert(orders(tmp_path, 2))] == [1, 1]
    engine.close()
    until = time.monotonic() + 10
    while left.is_running() and left.status() != psutil.STATUS_ZOMBIE and time.monotonic() < until:
        time.sleep(0.1)
    assert not left.is_running() or left.status() == psutil.STATUS_ZOMBIE
    service.stdout.close()
