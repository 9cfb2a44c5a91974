"""More than one process for a long queue: `python -m processor.workers CONFIG HANDS` does jobs until none is left.

Each worker has its own lock as a sign of life, its own reader and its own PDF engine; the ledger gives each job to
one of them, and keeps a session's jobs in order. Mails and the outbox stay with the process that started them.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from processor.config import Config, load


def start(config: Config, waiting: int, batch: int) -> list[subprocess.Popen[bytes]]:
    """As many workers beside the present process as `workers` allows and `waiting` jobs are worth."""
    wanted = (os.cpu_count() or 1) if config.workers == "auto" else config.workers
    others = max(min(wanted, math.ceil(waiting / batch)) - 1, 0)
    command = [sys.executable, "-m", "processor.workers", str(config.file), str(1 + others)]
    return [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(others)]


def join(team: Sequence[subprocess.Popen[bytes]]) -> Iterator[dict[str, int]]:
    """Wait for the workers; how many jobs ended how. One that was killed counts nothing: its jobs are swept later."""
    for worker in team:
        answer, _ = worker.communicate()
        yield json.loads(answer) if worker.returncode == 0 and answer else {}


def main(path: Path, hands: int) -> None:
    """A worker's whole life; `hands` processes share the queue."""
    from processor.office import Office
    from processor.running import Pass, work_queue

    result = Pass()
    with Office(load(path)) as office:
        work_queue(office, result, hands=hands)
    sys.stdout.write(json.dumps(result.outcomes))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
