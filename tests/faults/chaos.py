"""Chaos: the service is killed with SIGKILL at random moments while workbooks arrive and mails leave.

`python -m tests.faults.chaos --kills 200 --seed 7` runs it long and prints its figures. An SMTP server in this
process records every message that it accepted; the service is another process and dies without a word.
"""

from __future__ import annotations

import argparse
import email
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from datetime import date
from email.policy import default
from pathlib import Path

import yaml
from aiosmtpd.controller import Controller
from openpyxl import load_workbook

from processor import workspace
from processor.clock import SystemClock
from processor.config import Config, load
from processor.form.blank import write_filled
from processor.form.choices import ClientType
from processor.form.example import example
from processor.ledger import Ledger


class Recorder:
    """Keeps the Message-ID of every message accepted."""

    def __init__(self) -> None:
        self.received: Counter[str] = Counter()

    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:
        content: bytes = envelope.content  # type: ignore[attr-defined]
        self.received[str(email.message_from_bytes(content, policy=default)["Message-ID"])] += 1
        return "250 ok"


@dataclass
class Outcome:
    """What was found at the end; a mail is lost when it is neither received nor shown as in doubt or waiting."""

    kills: int
    workbooks: int
    sessions: int
    sent: int
    in_doubt: int
    doubled: int
    lost: int
    disagreeing: list[str]
    states: dict[str, int]
    troubles: list[str]
    seconds: float


def run(folder: Path, kills: int, seed: int, workbooks: int) -> Outcome:
    """Drop `workbooks`, kill the service `kills` times, let it finish, and compare."""
    chance = random.Random(seed)
    recorder = Recorder()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(recorder, hostname="127.0.0.1", port=port)
    controller.start()
    config = _prepare(folder, port)
    names = list(_workbooks(config, workbooks))
    begun = time.monotonic()
    try:
        for number in range(kills):
            while names and len(names) > workbooks * (kills - number) // (kills + 1):
                name, content = names.pop()
                (config.folders.inbox / name).write_bytes(content)
            process = _service(folder)
            time.sleep(chance.uniform(0.6, 3.0))  # any moment: the import, a batch, the dialogue with the server
            process.kill()
            process.wait()
        ledger = Ledger.open(config.ledger_url, SystemClock())
        process = _service(folder)
        _until_quiet(ledger, config)
        process.terminate()
        process.wait(60)
    finally:
        controller.stop()
    return _compare(ledger, config, recorder, kills, workbooks, time.monotonic() - begun)


def _prepare(folder: Path, port: int) -> Config:
    workspace.create(folder)
    path = folder / "config.yaml"
    settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    settings["pdf"]["engine"] = "embedded"
    settings["watch"] = {"settle_seconds": 0.1, "scan_seconds": 0.3}
    settings["mail"] |= {
        "transport": "smtp",
        "smtp": {"host": "127.0.0.1", "port": port, "security": "none"},
        "per_minute": 100_000,
    }
    settings["mail"]["retry"] = {"first_seconds": 1, "max_seconds": 2, "give_up_hours": 48}
    path.write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
    return load(path)


def _workbooks(config: Config, number: int) -> list[tuple[str, bytes]]:
    made = []
    for index in range(number):
        form = example(list(ClientType)[index % 3], None, date.today(), config)
        form = form.model_copy(
            update={
                "session": form.session.model_copy(update={"title": f"Formation {index:03d}"}),
                "type": form.type.model_copy(update={"reference": f"CHAOS-{index:03d}"}),
            }
        )
        made.append((f"{index:03d}.xlsx", write_filled(form, config, date.today())))
    return made


def _service(folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "processor", "watch"], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def _until_quiet(ledger: Ledger, config: Config, seconds: float = 300) -> None:
    """Until nothing is queued, planned or deferred, and the outbox shows it."""
    end = time.monotonic() + seconds
    calm = 0
    while time.monotonic() < end and calm < 5:
        counts = ledger.mails.counts()
        busy = ledger.jobs.waiting() + sum(counts.get(state, 0) for state in ("planned", "deferred", "sending"))
        stale = len(ledger.sessions.list(stale=True))
        left = list(config.folders.inbox.glob("*.xlsx"))
        calm = 0 if busy or stale or left else calm + 1
        time.sleep(0.3)


def _compare(ledger: Ledger, config: Config, recorder: Recorder, kills: int, workbooks: int, seconds: float) -> Outcome:
    mails = ledger.mails.all()
    lost = [mail for mail in mails if mail.state == "sent" and not recorder.received[mail.message_id]]
    disagreeing = []
    for row in ledger.sessions.list():
        book = load_workbook(config.folders.outbox / row.ref / f"{row.ref}.xlsx", read_only=True)
        shown = [line[0] for line in book["Mails"].iter_rows(min_row=3, values_only=True) if line[0]]
        if shown != [mail.id for mail in ledger.mails.of_session(row.id)]:
            disagreeing.append(row.ref)
    refs = Counter(row.ref for row in ledger.sessions.list())
    return Outcome(
        kills=kills,
        workbooks=workbooks,
        sessions=len(refs),
        sent=sum(mail.state == "sent" for mail in mails),
        in_doubt=sum(mail.state == "in_doubt" for mail in mails),
        doubled=sum(count > 1 for count in recorder.received.values()),
        lost=len(lost) + workbooks - sum(mail.state in ("sent", "in_doubt") for mail in mails),
        disagreeing=disagreeing,
        states=ledger.mails.counts(),
        troubles=[f"{job.path}: {job.state} {job.outcome} {job.error}" for job in ledger.jobs.all() if job.outcome != "sent"],
        seconds=seconds,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workbooks", type=int, default=150)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        sys.stdout.write(f"{run(Path(place) / 'travail', given.kills, given.seed, given.workbooks)}\n")
