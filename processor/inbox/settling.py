"""One rule for events, scans and start-up: a file is taken when it has stopped changing and nobody has it open."""

from __future__ import annotations

import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from processor.clock import Clock
from processor.inbox import names

_INCOMPLETE_LOOKS = 15  # a copy whose size was reserved in advance can stand still for a while
_INCOMPLETE_LEAST = 5.0  # seconds
_END, _END_LENGTH, _LONGEST_COMMENT = b"PK\x05\x06", 22, 65_535

_Stamp = tuple[int, int, int]  # size, modification time, inode


@dataclass
class _Seen:
    stamp: _Stamp
    since: float
    open_since: float | None = None


@dataclass(frozen=True)
class Waiting:
    """A file that is not taken yet, and why (French). `open_by` is who has it open, if somebody has."""

    path: Path
    why: str
    open_by: str | None = None


@dataclass
class Settling:
    """Remembers what each scan saw; times are the clock's monotonic seconds.

    A file whose owner file stands beside it waits at most `open_wait_seconds`, counted from the first look or,
    for a service that has just started, from the last change of the file and of its owner file.
    """

    clock: Clock
    settle_seconds: float
    open_wait_seconds: float
    _seen: dict[Path, _Seen] = field(default_factory=dict)
    _taken: dict[Path, _Stamp] = field(default_factory=dict)

    def observe(self, paths: Sequence[Path]) -> tuple[list[Path], list[Waiting]]:
        """What may be taken now, and what waits. Call it again after `settle_seconds`."""
        now = self.clock.monotonic()
        present = set(paths)
        self._seen = {path: seen for path, seen in self._seen.items() if path in present}
        self._taken = {path: stamp for path, stamp in self._taken.items() if path in present}
        ready: list[Path] = []
        waiting: list[Waiting] = []
        for path in paths:
            try:
                found = path.lstat()
            except OSError:
                continue
            stamp = (found.st_size, found.st_mtime_ns, found.st_ino)
            if self._taken.get(path) == stamp:
                continue
            seen = self._seen.get(path)
            if seen is None or seen.stamp != stamp:
                seen = self._seen[path] = _Seen(stamp, now, seen.open_since if seen else None)
            held = self._held(path, found.st_mtime, seen, now)
            if held:
                waiting.append(held)
            elif now - seen.since < self.settle_seconds:
                waiting.append(Waiting(path, "copie ou synchronisation en cours"))
            elif now - seen.since < self._incomplete_seconds and not _whole(path, found.st_mode):
                waiting.append(Waiting(path, "fichier encore incomplet"))
            else:
                ready.append(path)
        return ready, waiting

    def taken(self, path: Path) -> None:
        """`path` as it stands was queued; if it cannot be moved away, it is not handed out again until it changes."""
        seen = self._seen.get(path)
        if seen is not None:
            self._taken[path] = seen.stamp

    def settled(self, listing: Callable[[], Sequence[Path]]) -> tuple[list[Path], list[Waiting]]:
        """For one pass without a service: look until all is ready but what somebody has open."""
        ready, waiting = self.observe(listing())
        until = self.clock.monotonic() + self.settle_seconds + self._incomplete_seconds
        while any(one.open_by is None for one in waiting) and self.clock.monotonic() < until:
            self.clock.sleep(max(self.settle_seconds, 0.2))
            ready, waiting = self.observe(listing())
        return ready, waiting

    @property
    def _incomplete_seconds(self) -> float:
        return max(self.settle_seconds * _INCOMPLETE_LOOKS, _INCOMPLETE_LEAST)

    def _held(self, path: Path, modified: float, seen: _Seen, now: float) -> Waiting | None:
        owner = _holder(path)
        if owner is None:
            seen.open_since = None
            return None
        name, opened = owner
        seen.open_since = now if seen.open_since is None else seen.open_since
        quiet = self.clock.now().timestamp() - max(opened, modified)
        if max(now - seen.open_since, quiet) >= self.open_wait_seconds:
            return None
        return Waiting(path, f"ouvert par {name} : fermez le classeur pour qu’il soit traité", name)


def _whole(path: Path, mode: int) -> bool:
    """The zip directory, which is written last, is there; what is no zip or no regular file is as whole as it gets."""
    if not stat.S_ISREG(mode) or names.classify(path.name) != "workbook":
        return True
    try:
        with path.open("rb") as stream:
            start = stream.read(4)
            if start != b"PK\x03\x04":
                return bool(start.strip(b"\0"))  # nothing yet, or space reserved for what is to come
            size = stream.seek(0, 2)
            stream.seek(max(0, size - _END_LENGTH - _LONGEST_COMMENT))
            tail = stream.read()
    except OSError:
        return False  # whoever writes it keeps it to himself
    at = tail.rfind(_END)
    return at >= 0 and len(tail) - at >= _END_LENGTH


def _holder(path: Path) -> tuple[str, float] | None:
    """Who has the workbook open, from the owner file beside it, and since when (epoch); None if nobody."""
    for lock in names.owner_files(path):
        try:
            found = lock.lstat()
            if not stat.S_ISREG(found.st_mode):
                continue
            with lock.open("rb") as stream:
                content = stream.read(1000)
        except FileNotFoundError:
            continue
        except OSError:  # Excel on Windows keeps its owner file to itself
            return "quelqu’un", found.st_mtime
        name = _excel_user(content) if lock.name.startswith("~$") else _libreoffice_user(content)
        return " ".join("".join(one if one.isprintable() else " " for one in name).split())[:60] or "quelqu’un", found.st_mtime
    return None


def _excel_user(content: bytes) -> str:
    """165 bytes: a length and the name in the ANSI code page (55 bytes), then a length and the name in UTF-16."""
    if len(content) >= 57 and 0 < content[55] <= 54 and len(content) >= 57 + 2 * content[55]:
        return content[57 : 57 + 2 * content[55]].decode("utf-16-le", "replace")
    return content[1 : 1 + content[0]].decode("cp1252", "replace") if content else ""


def _libreoffice_user(content: bytes) -> str:
    """`Full name,account,machine,date,profile;`, the first often empty."""
    fields = content.decode("utf-8", "replace").split(",")
    return next((one for one in fields[:2] if one.strip()), "")
