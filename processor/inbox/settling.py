"""One rule for events, scans and start-up: a file is taken when it has stopped changing and nobody has it open."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from processor.clock import Clock
from processor.inbox import names


@dataclass
class _Seen:
    size: int
    modified_ns: int
    since: float
    open_since: float | None = None


@dataclass(frozen=True)
class Waiting:
    """A file that is not taken yet, and why (French)."""

    path: Path
    why: str


@dataclass
class Settling:
    """Remembers what each scan saw; times are the clock's monotonic seconds."""

    clock: Clock
    settle_seconds: float
    open_wait_seconds: float
    _seen: dict[Path, _Seen] = field(default_factory=dict)

    def observe(self, paths: Sequence[Path]) -> tuple[list[Path], list[Waiting]]:
        """What may be taken now, and what waits. Call it again after `settle_seconds`."""
        now = self.clock.monotonic()
        self._seen = {path: seen for path, seen in self._seen.items() if path in set(paths)}
        ready: list[Path] = []
        waiting: list[Waiting] = []
        for path in paths:
            try:
                stat = path.lstat()
            except OSError:
                continue
            seen = self._seen.get(path)
            if seen is None or (seen.size, seen.modified_ns) != (stat.st_size, stat.st_mtime_ns):
                opened = seen.open_since if seen else None
                seen = self._seen[path] = _Seen(stat.st_size, stat.st_mtime_ns, now, opened)
            reason = self._reason(path, seen, now)
            if reason:
                waiting.append(Waiting(path, reason))
            else:
                ready.append(path)
        return ready, waiting

    def _reason(self, path: Path, seen: _Seen, now: float) -> str:
        owner = _holder(path)
        if owner is None:
            seen.open_since = None
        else:
            seen.open_since = now if seen.open_since is None else seen.open_since
            if now - seen.open_since < self.open_wait_seconds:
                return f"ouvert par {owner} : fermez le classeur pour qu’il soit traité"
        if now - seen.since < self.settle_seconds:
            return "copie ou synchronisation en cours"
        if names.classify(path.name) == "workbook" and not _whole(path) and now - seen.since < max(self.settle_seconds * 15, 30):
            return "fichier encore incomplet"
        return ""


def _whole(path: Path) -> bool:
    """The zip directory, which is written last, can be read; a file that is no zip at all is as whole as it gets."""
    try:
        with path.open("rb") as stream:
            if stream.read(4) != b"PK\x03\x04":
                return path.stat().st_size > 0
        with zipfile.ZipFile(path):
            return True
    except (OSError, zipfile.BadZipFile, NotImplementedError, ValueError):
        return False


def _holder(path: Path) -> str | None:
    """Who has the workbook open, from the owner file beside it; None if nobody."""
    for lock in names.owner_files(path):
        try:
            content = lock.read_bytes()[:200]
        except FileNotFoundError:
            continue
        except OSError:
            return "quelqu’un"
        if lock.name.startswith("~$"):  # a length, the name in the ANSI code page, then the same in UTF-16
            name = content[1 : 1 + content[0]].decode("cp1252", "replace") if content else ""
        else:
            name = content.decode("utf-8", "replace").split(",")[0]
        return name.strip("\x00 ,;") or "quelqu’un"
    return None
