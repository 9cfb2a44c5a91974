"""The service's sign of life: a file in the state folder, and an optional URL called as healthcheck services expect."""

from __future__ import annotations

import json
import logging
import urllib.request

from processor.office import Office
from processor.outbox.files import write_atomically

_EVERY_SECONDS = 60.0
_PATIENCE_SECONDS = 5.0
_log = logging.getLogger(__name__)


class Heart:
    """`start`, `beat` after each pass (at most once a minute unless something is wrong), `stop`."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._last = float("-inf")
        self._well = True

    def start(self) -> None:
        self._tell("start", "démarré")

    def stop(self) -> None:
        self._tell("", "arrêté")

    def beat(self, trouble: str = "") -> None:
        """Tell that a pass is over; `trouble` (French) makes it a failure."""
        now = self._office.clock.monotonic()
        if bool(trouble) == self._well or now - self._last >= _EVERY_SECONDS:
            self._last, self._well = now, not trouble
            self._tell("fail" if trouble else "", trouble or "tout va bien")

    def _tell(self, suffix: str, text: str) -> None:
        state = {"at": self._office.clock.now().isoformat(), "ok": suffix != "fail", "text": text}
        path = self._office.config.folders.state / "heartbeat.json"
        write_atomically(path, json.dumps(state, ensure_ascii=False).encode())
        url = self._office.config.heartbeat.url
        if url:
            target = f"{url.rstrip('/')}/{suffix}" if suffix else url
            try:
                urllib.request.urlopen(target, data=text.encode(), timeout=_PATIENCE_SECONDS).close()  # the operator's own URL
            except (OSError, ValueError) as error:
                _log.warning("heartbeat: %s", error)
