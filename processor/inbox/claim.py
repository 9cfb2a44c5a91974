"""Taking a dropped file: a private copy whose bytes are what was settled, and moving the original away."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from processor.inbox.guards import LARGEST_FILE

_READ_ONLY = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


@dataclass(frozen=True)
class Claimed:
    """A private copy: the bytes (cut one past the limit, so that the guard sees it) and their SHA-256.

    What is no regular file (a link, a device, a pipe) is never opened: its copy is empty, which the guard refuses.
    """

    path: Path
    content: bytes
    sha256: str


def claim(path: Path) -> Claimed | None:
    """Read `path`; None if it is gone, cannot be read now, or changed while it was read."""
    try:
        before = path.lstat()
        content = _read(path, before) if stat.S_ISREG(before.st_mode) else b""
        after = path.lstat()
    except OSError:
        return None
    if content is None or _stamp(before) != _stamp(after):
        return None
    return Claimed(path, content, hashlib.sha256(content).hexdigest())


def _read(path: Path, expected: os.stat_result) -> bytes | None:
    """The content, None if the name leads elsewhere by now (a link put in its place)."""
    with open(os.open(path, _READ_ONLY), "rb") as stream:  # noqa: PTH123  Path.open takes no flags
        if not os.path.samestat(os.fstat(stream.fileno()), expected):
            return None
        return stream.read(LARGEST_FILE + 1)


def _stamp(found: os.stat_result) -> tuple[int, int, int, int]:
    return found.st_mode, found.st_size, found.st_mtime_ns, found.st_ino


def archive(path: Path, sha256: str, folder: Path) -> Path | None:
    """Move `path` into `folder` under a free name; None if it is gone or is another content by now.

    A file that was saved again keeps its place: it is a new drop. Raises `OSError` if the folder refuses; the
    move is then tried again later.
    """
    now = claim(path)
    if now is None:
        if os.path.lexists(path):
            raise PermissionError(errno.EACCES, "fichier retenu par un autre programme", str(path))
        return None
    if now.sha256 != sha256:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    target = _free(folder / path.name, sha256)
    try:
        path.rename(target)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        return _copy_away(now, path, target)
    return _unless_saved_meanwhile(path, target, sha256)


def _unless_saved_meanwhile(path: Path, target: Path, sha256: str) -> Path | None:
    """A save between the check and the move went into the archive with it: give it its place back."""
    moved = claim(target)
    if moved is None or moved.sha256 == sha256 or os.path.lexists(path):
        return target
    target.rename(path)
    return None


def _copy_away(now: Claimed, path: Path, target: Path) -> Path | None:
    """The archive is on another disk: copy, then remove the original if it is still the same."""
    found = path.lstat()
    try:
        target.write_bytes(now.content)
    except OSError:
        target.unlink(missing_ok=True)
        raise
    with contextlib.suppress(OSError):
        os.utime(target, ns=(found.st_atime_ns, found.st_mtime_ns))
    again = claim(path)
    if again is None or again.sha256 != now.sha256:
        target.unlink()
        return None
    try:
        path.unlink()
    except OSError:
        target.unlink()
        raise
    return target


def _free(target: Path, sha256: str) -> Path:
    """`target`, or the same name with a part of the content's hash, or a number: nothing is overwritten."""
    for suffix in ("", f" ({sha256[:8]})", *(f" ({sha256[:8]}-{number})" for number in range(2, 1000))):
        candidate = target.with_stem(f"{target.stem}{suffix}")
        if not os.path.lexists(candidate):
            return candidate
    return target.with_stem(f"{target.stem} ({sha256})")
