"""Opening an untrusted workbook: the guards, then a child that is killed when it takes too long."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import struct
import subprocess
import sys
import threading
import time as timer
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import psutil

from processor.errors import UnreadableWorkbook
from processor.form.child import MEMORY
from processor.form.raw import CellError, CellValue, MergedRange, RawCell, RawSheet, RawWorkbook
from processor.inbox import guards

_log = logging.getLogger(__name__)
_SECONDS = 20.0
_LOOK_SECONDS = 0.1
_LONGEST_ANSWER = 128 * 1024 * 1024
_REMEDY = "Ouvrez-le dans Excel, enregistrez-le sous un nouveau nom, ou recopiez vos réponses dans un classeur vierge."
_SENTENCES = {
    "too_long": "La lecture de ce classeur prend trop de temps : il a été mis de côté.",
    "memory": "La lecture de ce classeur demande trop de mémoire : il a été mis de côté.",
    "crashed": "La lecture de ce classeur échoue brutalement : il a été mis de côté.",
    "too_much": "Ce classeur contient beaucoup plus de données qu’un formulaire.",
    "unreadable": "Ce classeur est endommagé et ne peut pas être lu.",
}


class WorkbookReader:
    """Keeps one child between files; use it from one thread.

    `seconds` and `memory` (bytes) bound the reading of one file.
    """

    def __init__(self, seconds: float = _SECONDS, memory: int = MEMORY) -> None:
        self._seconds = seconds
        self._memory = memory
        self._child: subprocess.Popen[bytes] | None = None

    def read(self, content: bytes, name: str) -> RawWorkbook:
        """The workbook, or `UnreadableWorkbook` saying in French what is wrong and what to do."""
        guards.check(content, name)
        answer = self._ask(content)
        if answer.get("error") == "crashed":  # perhaps the machine's doing, not the file's
            answer = self._ask(content)
        if "workbook" not in answer:
            code = answer["error"]
            _log.warning("%s: %s %s", name, code, answer.get("detail", ""))
            raise UnreadableWorkbook(code, _SENTENCES[code], _REMEDY)
        workbook = _workbook(answer["workbook"], name)
        if workbook.is_empty:
            raise UnreadableWorkbook(
                "empty_workbook",
                "Le classeur ne contient aucune donnée.",
                "Remplissez-le, enregistrez-le et déposez-le de nouveau.",
            )
        return workbook

    def _ask(self, content: bytes) -> dict[str, Any]:
        """The child's answer, or `{"error": code}` once it had to be given up."""
        child = self._running()
        assert child.stdin is not None
        assert child.stdout is not None
        done = threading.Event()
        verdict: list[str] = []
        watcher = threading.Thread(target=self._kill_if_needed, args=(child, done, verdict), daemon=True)
        watcher.start()
        try:
            child.stdin.write(struct.pack(">I", len(content)) + content)
            child.stdin.flush()
            header = child.stdout.read(4)
            length = struct.unpack(">I", header)[0] if len(header) == 4 else 0
            packed = child.stdout.read(length) if length <= _LONGEST_ANSWER else b""
            answer = dict(json.loads(packed)) if length and len(packed) == length else None
        except (OSError, ValueError):
            answer = None
        finally:
            done.set()
            watcher.join()
        if answer is None or verdict:
            self.close()
            return {"error": verdict[0] if verdict else "crashed"}
        if "workbook" not in answer or _memory_of(child) > self._memory // 2:
            self.close()  # what a hostile file leaves behind does not meet the next one
        return answer

    def _kill_if_needed(self, child: subprocess.Popen[bytes], done: threading.Event, verdict: list[str]) -> None:
        """The child bounds its own memory where the system can (Linux); elsewhere this look does."""
        until = timer.monotonic() + self._seconds
        while not done.wait(_LOOK_SECONDS):
            if timer.monotonic() > until:
                verdict.append("too_long")
            elif _memory_of(child) > self._memory:
                verdict.append("memory")
            if verdict:
                child.kill()
                return

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is not None and self._child.poll() is not None:
            self.close()
        if self._child is None:
            home = str(Path(__file__).resolve().parents[2])
            paths = [home, *filter(None, [os.environ.get("PYTHONPATH")])]
            self._child = subprocess.Popen(
                [sys.executable, "-P", "-m", "processor.form.child"],  # -P: never a module lying in the working folder
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
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


def _memory_of(child: subprocess.Popen[bytes]) -> int:
    """Bytes in memory; 0 if the child is gone."""
    try:
        return int(psutil.Process(child.pid).memory_info().rss)
    except psutil.Error:
        return 0


def _workbook(data: dict[str, Any], name: str) -> RawWorkbook:
    return RawWorkbook(name, tuple(_sheet(sheet) for sheet in data["sheets"]), data["date1904"])


def _sheet(data: dict[str, Any]) -> RawSheet:
    name = data["name"]
    cells = {}
    for row, column, given, *kind in data["cells"]:
        cells[(row, column)] = RawCell(_value(kind[0], given) if kind else given, name, row, column)
    return RawSheet(
        name=name,
        cells=cells,
        hidden=data.get("hidden", False),
        hidden_rows=frozenset(data.get("hidden_rows", ())),
        hidden_columns=frozenset(data.get("hidden_columns", ())),
        formulas=frozenset(map(tuple, data.get("formulas", ()))),
        uncomputed=frozenset(map(tuple, data.get("uncomputed", ()))),
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
