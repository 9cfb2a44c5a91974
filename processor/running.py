"""One pass over everything: what was dropped, what is due, then the outbox.

What writes workbooks is loaded where they are written: the workers beside the leading process write none.
"""

from __future__ import annotations

import logging
import math
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from processor import workers
from processor.errors import EXIT_DONE, EXIT_RETRY, ConfigError
from processor.heart import Heart
from processor.inbox.claim import claim
from processor.inbox.scan import InboxUnreachable, dropped
from processor.inbox.settling import Settling, Waiting
from processor.ledger.locks import alive, new_worker_name, worker_lock
from processor.ledger.rows import JobRow
from processor.mail.bounces import collect
from processor.mail.mailbox import MailboxError
from processor.mail.sending import Sent
from processor.office import Office
from processor.outbox.files import remove_leftovers
from processor.pipeline import PROPOSAL, process, put_away, quarantined, settle_sent

BATCH = 15  # workbooks a start of the PDF engine; measured: 45 gains nothing more
_LEAST = 4  # … when several processes share what is left, so that none waits long for the other's last batch
_DELIVERY_SECONDS = 0.5

_log = logging.getLogger(__name__)

Progress = Callable[[int, int], None]


@dataclass
class Pass:
    """What a pass did. `proposals_sent` are first ones: those of new versions count as updated. `waiting` are files not taken yet, `troubles` what the outbox or the mailbox refused."""

    outcomes: Counter[str] = field(default_factory=Counter)
    mails: Sent = field(default_factory=Sent)
    proposals_sent: int = 0
    documents: int = 0
    waiting: list[Waiting] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    left: int = 0
    engine: str = ""
    seconds: float = 0.0

    @property
    def exit_code(self) -> int:
        """75 if something is left to retry."""
        return EXIT_RETRY if self.left or self.waiting or self.troubles else EXIT_DONE

    def as_dict(self) -> dict[str, Any]:
        """As `run --json` gives it."""
        sessions = {name: self.outcomes[name] for name in ("to_validate", "rejected", "unchanged", "updated", "failed")}
        sessions["updated"] += self.outcomes["followed_up"]
        return {
            "sessions": {"sent": self.proposals_sent, **sessions},
            "mails": vars(self.mails),
            "documents": self.documents,
            "seconds": round(self.seconds, 3),
            "pdf_engine": self.engine,
        }


def take(office: Office, paths: Sequence[Path]) -> list[JobRow]:
    """A private copy of each settled file in the ledger, and its job. What was taken before is only put away."""
    ledger, taken = office.ledger, []
    known = {(job.path, job.sha256): job for job in ledger.jobs.to_archive()}
    for path in paths:
        copy = claim(path)
        if copy is None:
            continue
        if (path.name, copy.sha256) in known:
            put_away(office, [known[(path.name, copy.sha256)]])
            continue
        with ledger.store.transaction(lasting=False):  # the file stays in the inbox until its job is done
            ledger.blobs.put(copy.content)
            taken.append(ledger.jobs.add(path.name, copy.sha256))
    return taken


def settling_for(office: Office) -> Settling:
    """The settling rule as configured."""
    watch = office.config.watch
    return Settling(office.clock, watch.settle_seconds, watch.open_file_wait_minutes * 60)


def settled(office: Office) -> tuple[list[Path], list[Waiting]]:
    """What may be taken in a single pass: looked at until it is still, for a bounded time."""
    return settling_for(office).settled(lambda: dropped(office.config.folders.inbox))


def work(office: Office, result: Pass, progress: Progress | None = None, stopping: Callable[[], bool] = lambda: False) -> None:
    """Do the queue's jobs in batches, first those that a dead worker left; `stopping` ends it between two batches."""
    ledger, state = office.ledger, office.config.folders.state
    for job in ledger.jobs.sweep(lambda worker: alive(state, worker)).quarantined:
        quarantined(office, job, "il a interrompu le programme à chaque essai")
        result.outcomes["failed"] += 1
    put_away(office, ledger.jobs.to_archive())  # quarantined, or a crash or a folder that refused came between
    waiting = ledger.jobs.waiting()
    team = workers.start(office.config, waiting, BATCH)
    with Delivery(office, result) if waiting > BATCH else nullcontext():
        work_queue(office, result, progress, stopping, hands=1 + len(team))
        for outcomes in workers.join(team):
            result.outcomes.update(outcomes)


def work_queue(
    office: Office,
    result: Pass,
    progress: Progress | None = None,
    stopping: Callable[[], bool] = lambda: False,
    *,
    hands: int = 1,
) -> None:
    """One worker's part: batches of jobs, until none is left that may be taken now; `hands` processes share them."""
    ledger, name = office.ledger, new_worker_name()
    done, total = 0, ledger.jobs.waiting()
    with worker_lock(office.config.folders.state, name):
        while not stopping() and (jobs := ledger.jobs.claim(name, _batch(ledger.jobs.queued(), hands))):
            for case in process(office, jobs):
                result.outcomes[case.outcome] += 1
                _log.info("%s : %s", case.name, case.outcome)
            done += len(jobs)
            if progress:
                progress(done, max(total, done))


def _batch(queued: int, hands: int) -> int:
    """How many workbooks to take at once: smaller batches towards the end, where the others would wait."""
    return BATCH if hands == 1 else max(_LEAST, min(BATCH, math.ceil(queued / (2 * hands))))


def send(office: Office, result: Pass) -> list[int]:
    """Mails that are due, and what follows from those that left; the sessions whose proposal left, by id."""
    mails = office.ledger.mails
    before = mails.left(PROPOSAL)
    result.mails = result.mails.then(office.sender.run(result.mails.tried))
    _collect_bounces(office, result)
    settle_sent(office)
    left = {mail_id: session_id for mail_id, session_id in mails.left(PROPOSAL).items() if mail_id not in before}
    result.proposals_sent += sum(mails.get(mail_id).version == 1 for mail_id in left)
    return [session_id for session_id in left.values() if session_id is not None]


def _collect_bounces(office: Office, result: Pass) -> None:
    """A mailbox that does not answer keeps no mail from leaving; it is told, and asked again."""
    try:
        collect(office.ledger, office.config, office.clock)
    except (MailboxError, ConfigError) as trouble:
        result.troubles.append(f"Avis de non-remise : {trouble}")


class Delivery:
    """Sends and writes while the batches of a long queue are made: whoever waits for the PDF engine leaves a core idle.

    A thread of the process that leads the pass. What it cannot do is done, and told, at the end of the pass.
    """

    def __init__(self, office: Office, result: Pass) -> None:
        self._office, self._result = office, result
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="delivery", daemon=True)

    def __enter__(self) -> Delivery:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        from processor.outbox import projection

        try:
            while not self._over.wait(_DELIVERY_SECONDS):
                sessions = self._office.ledger.sessions
                projection.write_sessions(self._office, [sessions.get(one) for one in send(self._office, self._result)])
        except Exception:  # the end of the pass meets the same trouble, and tells it
            _log.exception("delivery stopped")


def one_pass(office: Office, progress: Progress | None = None, *, write_outbox: bool = True) -> Pass:
    """The command `run`: inbox, due retries, mails, outbox (which the night writes once, at its own end)."""
    from processor.outbox import projection

    result = Pass(engine=office.engine.name)
    begun = office.clock.monotonic()
    ledger = office.ledger
    documents = ledger.documents.count()
    try:
        ready, result.waiting = settled(office)
    except InboxUnreachable as trouble:  # what is due leaves all the same
        result.troubles.append(str(trouble))
    else:
        take(office, ready)
    work(office, result, progress)
    send(office, result)
    if write_outbox:
        result.troubles += projection.refresh(office)
    result.documents = ledger.documents.count() - documents
    counts = ledger.mails.counts()
    result.left = ledger.jobs.waiting() + counts.get("deferred", 0) + counts.get("planned", 0)
    result.seconds = office.clock.monotonic() - begun
    return result


def serve(office: Office) -> None:
    """The service (`watch`): passes until SIGTERM or Ctrl-C, each finished before the next begins.

    Raises `ConfigError` if another service works on the same ledger.
    """
    from processor.inbox.watch import Watch, stop_on_signals
    from processor.outbox import projection
    from processor.outbox.register import stamp

    with office.ledger.store.exclusive("service") as mine:
        if not mine:
            raise ConfigError(
                "Un autre service travaille déjà avec ce registre.", "Arrêtez-le, ou lancez « processor run » pour un passage."
            )
        remove_leftovers(office.config.folders.outbox)
        heart = Heart(office)
        settling = settling_for(office)
        shown: list[str] = []

        def on_pass(ready: list[Path]) -> None:
            result = Pass(engine=office.engine.name)
            take(office, ready)
            for path in ready:
                settling.taken(path)
            work(office, result, stopping=lambda: watch.stopping)
            send(office, result)
            sentence = watch.status.sentence(lambda moment: moment.astimezone(office.config.zone))
            state = "accessible" if watch.status.unreachable_since is None else sentence
            waiting = [f"{one.path.name} : {one.why}" for one in watch.status.waiting]
            if [state, *waiting] != shown:
                shown[:] = [state, *waiting]
                office.ledger.meta.set("service", " ; ".join(["en marche", *shown]))
            result.troubles += projection.refresh(office, look_for_missing=bool(ready))
            heart.beat(trouble=" ; ".join(result.troubles))

        watch = Watch(
            office.config.folders.inbox, settling, on_pass, clock=office.clock, scan_seconds=office.config.watch.scan_seconds,
            events=office.config.watch.polling is not True,
        )  # fmt: skip
        heart.start()
        with stop_on_signals(watch.stop):
            office.engine.start_resident()
            watch.run()
        office.ledger.meta.set("service", f"arrêté le {stamp(office.clock.now(), office.config)}")
        projection.refresh(office, look_for_missing=False)
        heart.stop()
