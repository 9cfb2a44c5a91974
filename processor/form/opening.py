"""Opening an untrusted workbook: the guards, then a child that is killed when it takes too long."""

from __future__ import annotations

import contextlib
import json
import struct
import subprocess
import sys
import threading
from datetime import datetime, time, timedelta
from typing import Any

import psutil

from processor.errors import UnreadableWorkbook
from processor.form.child import MEMORY
from processor.form.raw import CellError, CellValue, MergedRange, RawCell, RawSheet, RawWorkbook, raw_text
from processor.inbox import guards

_SECONDS = 20.0
_REMEDY = "Ouvrez-le dans Excel, enregistrez-le sous un nouveau nom, ou recopiez vos réponses dans un classeur vierge."


class WorkbookReader:
    """Keeps one child between files; use it from one thread."""

    def __init__(self, seconds: float = _SECONDS) -> None:
        self._seconds = seconds
        self._child: subprocess.Popen[bytes] | None = None

    def read(self, content: bytes, name: str) -> RawWorkbook:
        """The workbook, or `UnreadableWorkbook` saying in French what is wrong and what to do."""
        guards.check(content, name)
        answer = self._ask(content)
        if answer is None:
            raise UnreadableWorkbook("crashed", "La lecture de ce classeur a dépassé le temps ou la mémoire permis.", _REMEDY)
        if "workbook" not in answer:
            raise UnreadableWorkbook("unreadable", f"Ce classeur ne peut pas être lu ({answer['error']}).", _REMEDY)
        workbook = _workbook(answer["workbook"], name)
        if workbook.is_empty:
            raise UnreadableWorkbook(
                "empty_workbook",
                "Le classeur ne contient aucune donnée.",
                "Remplissez-le, enregistrez-le et déposez-le de nouveau.",
            )
        return workbook

    def _ask(self, content: bytes) -> dict[str, Any] | None:
        child = self._running()
        assert child.stdin is not None
        assert child.stdout is not None
        timer = threading.Timer(self._seconds, child.kill)
        timer.start()
        try:
            child.stdin.write(struct.pack(">I", len(content)) + content)
            child.stdin.flush()
            header = child.stdout.read(4)
            answer = child.stdout.read(struct.unpack(">I", header)[0]) if len(header) == 4 else b""
        except OSError:
            answer = b""
        finally:
            timer.cancel()
        if not answer:
            self.close()
            return None
        if psutil.Process(child.pid).memory_info().rss > MEMORY // 2:
            self.close()
        return dict(json.loads(answer))

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None:
            self._child = subprocess.Popen(
                [sys.executable, "-m", "processor.form.child"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        return self._child

    def close(self) -> None:
        """End the child; the next file starts another."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()
            for pipe in (self._child.stdin, self._child.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()
            self._child = None


def _workbook(data: dict[str, Any], name: str) -> RawWorkbook:
    return RawWorkbook(name, tuple(_sheet(sheet) for sheet in data["sheets"]), data["date1904"])


def _sheet(data: dict[str, Any]) -> RawSheet:
    name = data["name"]
    cells = {}
    for row, column, kind, given in data["cells"]:
        value = _value(kind, given)
        cells[(row, column)] = RawCell(value, raw_text(value), name, row, column)
    return RawSheet(
        name=name,
        cells=cells,
        hidden=data.get("hidden", False),
        hidden_rows=frozenset(data.get("hidden_rows", ())),
        hidden_columns=frozenset(data.get("hidden_columns", ())),
        formulas=frozenset((row, column) for row, column in data.get("formulas", ())),
        uncomputed=frozenset((row, column) for row, column in data.get("uncomputed", ())),
        merged=tuple(MergedRange(*corners) for corners in data.get("merged", ())),
    )


def _value(kind: str, given: Any) -> CellValue:
    match kind:
        case "d":
            return datetime.fromisoformat(given)
        case "t":
            return time.fromisoformat(given)
        case "i":
            return timedelta(seconds=given)
        case "e":
            return CellError(given)
    return given  # type: ignore[no-any-return]
