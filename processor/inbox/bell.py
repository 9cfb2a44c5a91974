"""The bell: watchdog says that something moved in the inbox, so that the next look comes sooner. Nothing relies on it.

inotify is blind on network shares, watchdog's threads die for good on an error, and a folder that was unmounted and
mounted again is another folder: the rope is hung again whenever it fell.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

from processor.clock import Clock
from processor.inbox import names

_log = logging.getLogger(__name__)
_REHANG_SECONDS = 60.0  # after an observer could not be started (no inotify watches left)
_TELLING = {"created", "modified", "moved", "closed", "deleted"}  # not "opened": our own look would ring the bell


class Watching(Protocol):
    """A started observer of one folder."""

    def is_alive(self) -> bool: ...

    def stop(self) -> None: ...


StartObserver = Callable[[Path, Callable[[], None]], Watching]


class Rope:
    """One observer, hung again when it died or the folder is another one."""

    def __init__(self, inbox: Path, ring: Callable[[], None], clock: Clock, start: StartObserver) -> None:
        self._inbox, self._ring, self._clock, self._start = inbox, ring, clock, start
        self._observer: Watching | None = None
        self._folder: tuple[int, int] | None = None
        self._not_before = 0.0

    def ensure(self) -> None:
        """Hang the observer if it does not hang; never raises."""
        try:
            found = self._inbox.stat()
        except OSError:
            return self.take_down()
        folder = (found.st_dev, found.st_ino)
        if self._observer is not None and self._observer.is_alive() and folder == self._folder:
            return None
        self.take_down()
        if self._clock.monotonic() < self._not_before:
            return None
        try:
            self._observer, self._folder = self._start(self._inbox, self._ring), folder
        except Exception as error:  # the scan goes on without
            _log.warning("no events from %s (%s): the scan alone remains", self._inbox, error)
            self._not_before = self._clock.monotonic() + _REHANG_SECONDS
        return None

    def take_down(self) -> None:
        """End the observer; never raises."""
        if self._observer is not None:
            with contextlib.suppress(Exception):
                self._observer.stop()
            self._observer = None


class _Handler(FileSystemEventHandler):
    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring

    def dispatch(self, event: FileSystemEvent) -> None:
        name = Path(str(event.dest_path or event.src_path)).name
        gone_owner = event.event_type == "deleted" and name.startswith(("~$", ".~lock."))  # closed in Excel
        if event.event_type in _TELLING and (gone_owner or names.classify(name) != "ignored"):
            self._ring()


class _Watchdog:
    """`is_alive` of watchdog's observer stays true after its emitters died: ask them."""

    def __init__(self, inbox: Path, ring: Callable[[], None]) -> None:
        self._observer: Any = Observer()
        self._observer.schedule(_Handler(ring), str(inbox), recursive=False)
        self._observer.start()

    def is_alive(self) -> bool:
        emitters = self._observer.emitters
        return bool(self._observer.is_alive() and emitters and all(emitter.is_alive() for emitter in emitters))

    def stop(self) -> None:
        self._observer.stop()
        self._observer.join(timeout=2)


def start_watchdog(inbox: Path, ring: Callable[[], None]) -> Watching:
    """Events of the files directly in `inbox` call `ring` from another thread."""
    return _Watchdog(inbox, ring)
