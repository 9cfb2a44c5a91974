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


@dataclass(frozen=True)
class Claimed:
    """A private copy: the bytes (cut one past the limit, so that the guard sees it) and their SHA-256."""

    path: Path
    content: bytes
    sha256: str


def claim(path: Path) -> Claimed | None:
    """Read `path`; None if it is no regular file, cannot be read now, or changed while it was read."""
    try:
        before = path.lstat()
        if not stat.S_ISREG(before.st_mode):
            return None
        with path.open("rb") as stream:
            content = stream.read(LARGEST_FILE + 1)
        after = path.lstat()
    except OSError:
        return None
    if (before.st_size, before.st_mtime_ns, before.st_ino) != (after.st_size, after.st_mtime_ns, after.st_ino):
        return None
    return Claimed(path, content, hashlib.sha256(content).hexdigest())


def archive(path: Path, sha256: str, folder: Path) -> Path | None:
    """Move `path` into `folder` under a free name; None if it is gone or is another content by now.

    A file that was saved again keeps its place: it is a new drop. Raises `OSError` if the folder refuses.
    """
    now = claim(path)
    if now is None or now.sha256 != sha256:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    target = _free(folder / path.name, sha256)
    try:
        path.rename(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        target.write_bytes(now.content)  # the archive is on another disk
        with contextlib.suppress(OSError):
            os.utime(target, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
        path.unlink()
    return target


def _free(target: Path, sha256: str) -> Path:
    """`target`, or the same name with a part of the content's hash, or a number: nothing is overwritten."""
    for suffix in ("", f" ({sha256[:8]})", *(f" ({sha256[:8]}-{number})" for number in range(2, 1000))):
        candidate = target.with_stem(f"{target.stem}{suffix}")
        if not candidate.exists():
            return candidate
    return target.with_stem(f"{target.stem} ({sha256})")
