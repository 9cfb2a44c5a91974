"""A folder that one engine has for itself: two LibreOffices on one profile convert nothing.

The folder is held by a file lock, which the system frees when its holder dies; what that holder had started and
could not end any more is ended by the next one.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import psutil
from filelock import FileLock, Timeout


@dataclass(frozen=True)
class Slot:
    """`folder` is ours until `leave`; what is in it stays for the next."""

    folder: Path
    lock: FileLock

    @classmethod
    def take(cls, work: Path) -> Self:
        """The first folder below `work` that nobody holds."""
        work.mkdir(parents=True, exist_ok=True)
        for number in itertools.count(1):
            lock = FileLock(work / f"{number}.lock", thread_local=False)
            try:
                lock.acquire(timeout=0)
            except Timeout:
                continue
            slot = cls(work / str(number), lock)
            slot.folder.mkdir(exist_ok=True)
            slot._end_orphan()
            return slot
        raise AssertionError("unreachable")

    def remember(self, pid: int) -> None:
        """Note a process that works in this folder, for whoever finds it if we are killed."""
        try:
            (self.folder / "process").write_text(f"{pid} {psutil.Process(pid).create_time()}", encoding="ascii")
        except psutil.NoSuchProcess:
            return

    def leave(self) -> None:
        self.lock.release()

    def _end_orphan(self) -> None:
        try:
            pid, created = (self.folder / "process").read_text(encoding="ascii").split()
            process = psutil.Process(int(pid))
            if process.create_time() != float(created):
                return  # the number belongs to somebody else by now
            for one in (*process.children(recursive=True), process):
                one.kill()
        except (OSError, ValueError, psutil.Error):
            return
