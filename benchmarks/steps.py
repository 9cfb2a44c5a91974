"""Where the time of a session goes: one pass in one process, its stages one after the other, each with a stopwatch."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import wraps
from typing import Any
from unittest.mock import patch

from processor import making, pipeline, running
from processor.mail import sending
from processor.office import Office
from processor.outbox import projection

_STAGES: tuple[tuple[str, Any, str], ...] = (
    ("take into the ledger", running, "take"),
    ("read and check", pipeline, "examine"),
    ("fill the Word templates", making, "rendered"),
    ("compose the mail", pipeline, "_draft_proposal"),
    ("put the workbook away", pipeline, "put_away"),
    ("send", sending.Sender, "run"),
    ("write the session's outbox", projection, "write_session"),
    ("write the register", projection, "_write_register"),
)


class Stopwatch:
    """Seconds of each stage; a stage inside another of the same thread stops the outer one's watch."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._threads = threading.local()

    @property
    def _inner(self) -> list[float]:
        """Seconds spent inside each open stage of this thread."""
        if not hasattr(self._threads, "inner"):
            self._threads.inner = []
        found: list[float] = self._threads.inner
        return found

    def watched(self, name: str, step: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(step)
        def timed(*given: Any, **named: Any) -> Any:
            self._inner.append(0.0)
            begun = time.perf_counter()
            try:
                return step(*given, **named)
            finally:
                whole = time.perf_counter() - begun
                self.seconds[name] = self.seconds.get(name, 0.0) + whole - self._inner.pop()
                if self._inner:
                    self._inner[-1] += whole

        return timed


def stages(office: Office) -> dict[str, float]:
    """Milliseconds a session of each stage of a pass over the inbox; « the rest » is the ledger's and the loop's."""
    watch = Stopwatch()
    patches = [patch.object(where, name, watch.watched(label, getattr(where, name))) for label, where, name in _STAGES]
    patches.append(patch.object(office.engine, "convert", watch.watched("make the PDFs", office.engine.convert)))
    for one in patches:
        one.start()
    begun = time.perf_counter()
    try:
        done = running.one_pass(office)
    finally:
        whole = time.perf_counter() - begun
        for one in patches:
            one.stop()
    sessions = max(done.outcomes.total(), 1)
    watch.seconds["the rest"] = whole - sum(watch.seconds.values())
    return {name: 1000 * seconds / sessions for name, seconds in watch.seconds.items()}
