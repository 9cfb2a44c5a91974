"""The service's loop: a periodic scan is the truth, an event only rings the bell that shortens the wait.

Nothing that happens to the folder, to the observer or in a pass ends the loop; only `stop` does, and then the
present step is finished first. inotify is blind on network shares and watchdog's threads die for good on an error,
so the bell is a comfort: it is hung again whenever it fell or the folder was replaced.
"""

from __future__ import annotations

import contextlib
import logging
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from processor.clock import Clock
from processor.inbox import scan
from processor.inbox.bell import Rope, StartObserver, start_watchdog
from processor.inbox.settling import Settling, Waiting

_log = logging.getLogger(__name__)
_LEAST_SECONDS = 0.2  # between two looks, however often the bell rings
_SLICE_SECONDS = 5.0  # Windows hears Ctrl-C only between two waits


@dataclass(frozen=True)
class Status:
    """What the « Service » block shows. `unreachable_since` is set while the inbox cannot be listed (UTC)."""

    looked_at: datetime
    waiting: Sequence[Waiting] = ()
    unreachable_since: datetime | None = None
    trouble: str = ""

    def sentence(self, local: Callable[[datetime], datetime]) -> str:
        """In French; `local` brings a time into the organisation's zone."""
        if self.unreachable_since is not None:
            since = local(self.unreachable_since)
            return f"dossier de dépôt inaccessible depuis le {since:%d/%m/%Y} à {since:%H:%M}"
        return self.trouble or f"dernier passage à {local(self.looked_at):%H:%M}"


class Watch:
    """Calls `on_pass(ready)` after every look at `inbox`, also with nothing ready: retries that are due run there too.

    `on_pass` calls `settling.taken(path)` for what it queued. `events=False` leaves the scan alone.
    """

    def __init__(
        self,
        inbox: Path,
        settling: Settling,
        on_pass: Callable[[list[Path]], None],
        *,
        clock: Clock,
        scan_seconds: float,
        events: bool = True,
        start_observer: StartObserver | None = None,
        wait: Callable[[float], object] | None = None,
    ) -> None:
        self._inbox = inbox
        self._settling = settling
        self._on_pass = on_pass
        self._clock = clock
        self._scan_seconds = scan_seconds
        self._bell = threading.Event()
        self._stopping = threading.Event()
        self._wait = wait or self._bell.wait
        self._rope = Rope(inbox, self._bell.set, clock, start_observer or start_watchdog) if events else None
        self.status = Status(clock.now())

    @property
    def stopping(self) -> bool:
        """Asked to stop: a long pass may end after its present step."""
        return self._stopping.is_set()

    def stop(self) -> None:
        """Finish the present step, then return from `run`; may be called from a signal handler or a thread."""
        self._stopping.set()
        self._bell.set()

    def run(self) -> None:
        """Until `stop` is called."""
        try:
            while not self.stopping:
                self.look()
                if self.stopping:
                    break
                self._clock.sleep(_LEAST_SECONDS)
                self._rest(self._pause())
        finally:
            if self._rope is not None:
                self._rope.take_down()

    def look(self) -> None:
        """One pass; whatever goes wrong is logged, shown in `status`, and tried again at the next one."""
        if self._rope is not None:
            self._rope.ensure()  # before the listing: what comes after it rings
        ready: list[Path] = []
        trouble = ""
        try:
            ready, waiting = self._settling.observe(scan.dropped(self._inbox))
            status = Status(self._clock.now(), waiting)
        except scan.InboxUnreachable as error:
            since = self.status.unreachable_since or self._clock.now()
            status = Status(self._clock.now(), self.status.waiting, since, str(error))
            if self.status.unreachable_since is None:
                _log.warning("%s", error)
        else:
            if self.status.unreachable_since is not None:
                _log.info("inbox reachable again: %s", self._inbox)
        self.status = status
        try:
            self._on_pass(ready)
        except Exception as error:  # one bad pass must not blind the service
            _log.exception("pass failed")
            trouble = str(error) or type(error).__name__
        if trouble:
            self.status = Status(status.looked_at, status.waiting, status.unreachable_since, trouble)

    def _rest(self, seconds: float) -> None:
        while seconds > 0 and not self._bell.is_set():
            self._wait(min(seconds, _SLICE_SECONDS))
            seconds -= _SLICE_SECONDS
        self._bell.clear()

    def _pause(self) -> float:
        """Until the next look: sooner while something settles."""
        settles = any(one.open_by is None for one in self.status.waiting)
        pause = min(self._scan_seconds, max(self._settling.settle_seconds, 0.5)) if settles else self._scan_seconds
        return max(pause - _LEAST_SECONDS, 0.0)


@contextlib.contextmanager
def stop_on_signals(stop: Callable[[], None]) -> Iterator[None]:
    """SIGTERM, Ctrl-C and Windows' Ctrl-Break call `stop` once; the second time they end the process at once."""
    wanted = [getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGBREAK") if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in wanted}

    def handle(number: int, _frame: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        threading.Thread(target=stop).start()  # the present thread may hold the lock of the event that `stop` sets

    for number in wanted:
        signal.signal(number, handle)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
