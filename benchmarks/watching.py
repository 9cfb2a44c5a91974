"""From the drop to the mail handed over, with the real service: one workbook after the other into its inbox."""

from __future__ import annotations

import shutil
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.job import started
from benchmarks.postbox import Postbox
from processor.config import Config

_PATIENCE_SECONDS = 60.0
_BETWEEN_SECONDS = (0.0, 0.4, 1.1, 2.3)  # so that drops meet the service's scan at different moments


def waits(config: Config, workbooks: Sequence[Path], postbox: Postbox) -> list[float]:
    """Seconds from the moment a workbook lies whole in the inbox to the server's 250, of each."""
    inbox = config.folders.inbox
    service = started(config, "watch")
    found = []
    try:
        _until_it_looks(config)
        for number, workbook in enumerate(workbooks):
            time.sleep(3 + _BETWEEN_SECONDS[number % len(_BETWEEN_SECONDS)])
            before = len(postbox.received())
            part = inbox / f".{workbook.name}.part"
            shutil.copyfile(workbook, part)
            dropped = time.time()
            part.replace(inbox / workbook.name)
            found.append(_next(postbox, before) - dropped)
    finally:
        service.send_signal(signal.SIGTERM)
        service.wait(_PATIENCE_SECONDS)
    return found


def _until_it_looks(config: Config) -> None:
    beat = config.folders.state / "heartbeat.json"
    until = time.monotonic() + _PATIENCE_SECONDS
    while not beat.exists() and time.monotonic() < until:
        time.sleep(0.1)


def _next(postbox: Postbox, before: int) -> float:
    until = time.monotonic() + _PATIENCE_SECONDS
    while len(received := postbox.received()) <= before:
        if time.monotonic() > until:
            raise RuntimeError("no mail came")
        time.sleep(0.02)
    return received[before]
