"""Signs of life that cannot lie: an OS file lock, freed by the kernel when its process dies, kill -9 included.

A heartbeat written to the database starved under load and declared the living dead; a lock does not. The lock
files are in the local state folder. A lock is inherited by a forked child: children are started as new programs
(or spawned), never forked, or a child would keep its dead parent's lock.
"""

from __future__ import annotations

import contextlib
import os
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

_OWN_LOCK_SECONDS = 10  # a sweep may hold a lock for an instant while it asks


def new_worker_name() -> str:
    """A name that no other worker has or had: a dead worker's lock is never taken again."""
    return f"worker-{os.getpid()}-{uuid.uuid4().hex[:8]}"


def _path(folder: Path, name: str) -> Path:
    return folder / "locks" / f"{re.sub(r'[^A-Za-z0-9._-]', '_', name)}.lock"


@contextmanager
def worker_lock(folder: Path, worker: str) -> Iterator[None]:
    """Hold the sign of life of `worker` while the block runs; `folder` is the state folder."""
    path = _path(folder, worker)
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path, timeout=_OWN_LOCK_SECONDS)
    with lock:
        yield
    with contextlib.suppress(OSError):
        path.unlink()


def alive(folder: Path, worker: str) -> bool:
    """Whether the process that took `worker`'s lock still runs. Removes a dead worker's file."""
    path = _path(folder, worker)
    if not path.exists():
        return False
    try:
        with FileLock(path, timeout=0):
            pass
    except Timeout:
        return True
    with contextlib.suppress(OSError):
        path.unlink()
    return False


@contextmanager
def held_lock(folder: Path, name: str) -> Iterator[bool]:
    """Try to take the lock `name`, without waiting; yields whether it is ours."""
    path = _path(folder, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()
