from __future__ import annotations

import itertools
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from watchdog.events import DirModifiedEvent, FileCreatedEvent, FileDeletedEvent, FileOpenedEvent, FileSystemEvent

from processor.clock import SystemClock
from processor.errors import OutboxError
from processor.inbox import bell
from processor.inbox.settling import Settling
from processor.inbox.watch import Watch, stop_on_signals
from tests.inbox import hostile
from tests.support import FakeClock

CONTENT = hostile.workbook(A1="x")


class FakeObserver:
    """An observer that dies when told."""

    def __init__(self, inbox: Path, ring: Callable[[], None]) -> None:
        self.inbox, self.ring, self.alive, self.stopped = inbox, ring, True, False

    def is_alive(self) -> bool:
        return self.alive

    def stop(self) -> None:
        self.stopped = True
        raise RuntimeError("cannot join a thread that died")


class Service:
    """A watch over `inbox` with everything injected; `passes` is what each pass was given."""

    def __init__(self, inbox: Path, settle_seconds: float = 0, **options: Any) -> None:
        self.clock = FakeClock()
        self.passes: list[list[str]] = []
        self.observers: list[FakeObserver] = []
        self.settling = Settling(self.clock, settle_seconds, 3600)
        self.on_pass: Callable[[list[Path]], None] = self.take
        self.watch = Watch(
            inbox,
            self.settling,
            lambda ready: self.on_pass(ready),
            clock=self.clock,
            scan_seconds=5,
            wait=self.clock.sleep,
            **{"start_observer": self.observer, **options},
        )

    def observer(self, inbox: Path, ring: Callable[[], None]) -> FakeObserver:
        self.observers.append(FakeObserver(inbox, ring))
        return self.observers[-1]

    def take(self, ready: list[Path]) -> None:
        self.passes.append([path.name for path in ready])
        for path in ready:
            self.settling.taken(path)


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


def test_case_6_the_scan_alone_finds_what_events_never_announced(inbox: Path) -> None:
    service = Service(inbox, events=False)
    service.watch.look()
    (inbox / "a.xlsx").write_bytes(CONTENT)
    service.watch.look()
    assert service.passes == [[], ["a.xlsx"]]
    assert service.observers == []


def test_case_1_files_present_at_start_settle_like_any_other(inbox: Path) -> None:
    (inbox / "a.xlsx").write_bytes(CONTENT)
    service = Service(inbox, settle_seconds=2)
    service.watch.look()
    assert [one.path.name for one in service.watch.status.waiting] == ["a.xlsx"]
    service.clock.advance(seconds=2)
    service.watch.look()
    assert service.passes == [[], ["a.xlsx"]]
    assert service.watch.status.waiting == []


def test_case_7_the_share_goes_away_and_comes_back(inbox: Path) -> None:
    service = Service(inbox)
    service.watch.look()
    inbox.rename(inbox.with_name("parti"))
    service.watch.look()
    gone = service.clock.now()
    service.clock.advance(seconds=600)
    service.watch.look()
    assert service.watch.status.unreachable_since == gone
    assert service.watch.status.sentence(lambda when: when) == "dossier de dépôt inaccessible depuis le 02/03/2026 à 08:00"
    inbox.mkdir()
    (inbox / "a.xlsx").write_bytes(CONTENT)
    service.watch.look()
    assert service.watch.status.unreachable_since is None
    assert service.watch.status.sentence(lambda when: when) == "dernier passage à 08:10"
    assert service.passes == [[], [], [], ["a.xlsx"]]  # retries that are due run while the share is away
    assert len(service.observers) == 2
    assert service.observers[0].stopped


def test_case_7_an_observer_that_died_is_hung_again(inbox: Path) -> None:
    service = Service(inbox)
    service.watch.look()
    service.watch.look()
    assert len(service.observers) == 1
    service.observers[0].alive = False
    service.watch.look()
    assert len(service.observers) == 2


def test_case_7_an_observer_that_cannot_start_is_tried_again_later(inbox: Path) -> None:
    def no_watches_left(*_: object) -> FakeObserver:
        tries.append(1)
        raise OSError(28, "inotify watch limit reached")

    tries: list[int] = []
    service = Service(inbox, start_observer=no_watches_left)
    (inbox / "a.xlsx").write_bytes(CONTENT)
    service.watch.look()
    service.watch.look()
    assert len(tries) == 1
    assert service.passes[0] == ["a.xlsx"]
    service.clock.advance(seconds=60)
    service.watch.look()
    assert len(tries) == 2


def test_case_8_a_bad_file_then_a_good_one(inbox: Path) -> None:
    service = Service(inbox)

    def failing(ready: list[Path]) -> None:
        if any(path.name == "a-bad.xlsx" for path in ready):
            raise ZeroDivisionError("bug")
        service.take(ready)

    service.on_pass = failing
    (inbox / "a-bad.xlsx").write_bytes(CONTENT)
    service.watch.look()
    assert service.watch.status.trouble == "bug"
    (inbox / "a-bad.xlsx").unlink()
    (inbox / "b-good.xlsx").write_bytes(CONTENT)
    service.watch.look()
    assert service.passes == [["b-good.xlsx"]]
    assert service.watch.status.trouble == ""


def test_case_21_a_pass_that_could_not_write_gets_its_files_again(inbox: Path) -> None:
    service = Service(inbox)

    def full(_: list[Path]) -> None:
        raise OutboxError("Le disque est plein.", "Libérez de la place.")

    service.on_pass = full
    (inbox / "a.xlsx").write_bytes(CONTENT)
    service.watch.look()
    assert service.watch.status.sentence(lambda when: when) == "Le disque est plein. Libérez de la place."
    service.on_pass = service.take
    service.watch.look()
    assert service.passes == [["a.xlsx"]]


def test_case_21_a_file_that_cannot_be_moved_away_is_handed_out_once(inbox: Path) -> None:
    service = Service(inbox)
    (inbox / "a.xlsx").write_bytes(CONTENT)
    for _ in range(3):
        service.watch.look()
    assert service.passes == [["a.xlsx"], [], []]


def test_the_loop_looks_each_scan_time_and_sooner_while_something_settles(inbox: Path) -> None:
    service = Service(inbox, settle_seconds=2)
    times: list[float] = []

    def note(_: list[Path]) -> None:
        times.append(service.clock.monotonic())
        if len(times) == 2:
            (inbox / "a.xlsx").write_bytes(CONTENT)
        if len(times) == 4:
            service.watch.stop()

    service.on_pass = note
    service.watch.run()
    assert [round(after - before, 3) for before, after in itertools.pairwise(times)] == [5, 5, 2]
    assert service.observers[0].stopped


def test_stop_during_a_pass_finishes_it_and_looks_no_more(inbox: Path) -> None:
    service = Service(inbox)
    done: list[bool] = []

    def stopping(_: list[Path]) -> None:
        service.watch.stop()
        assert service.watch.stopping
        done.append(True)

    service.on_pass = stopping
    service.watch.run()
    assert done == [True]


def test_the_bell_shortens_the_wait(inbox: Path) -> None:
    """The real watchdog and the real clock: a scan in ten minutes, a file now."""
    found = threading.Event()
    settling = Settling(SystemClock(), 0, 60)

    def on_pass(ready: list[Path]) -> None:
        if ready:
            found.set()
            watch.stop()
        started.set()

    started = threading.Event()
    watch = Watch(inbox, settling, on_pass, clock=SystemClock(), scan_seconds=600)
    thread = threading.Thread(target=watch.run)
    thread.start()
    try:
        assert started.wait(5)
        (inbox / "a.xlsx").write_bytes(CONTENT)
        assert found.wait(5)
    finally:
        watch.stop()
        thread.join(5)
    assert not thread.is_alive()


def test_case_7_the_real_observer_says_that_its_emitter_died(inbox: Path) -> None:
    observer = bell.start_watchdog(inbox, lambda: None)
    assert observer.is_alive()
    for emitter in observer._observer.emitters:  # type: ignore[attr-defined]
        emitter.stop()
        emitter.join(5)
    assert not observer.is_alive()
    observer.stop()


@pytest.mark.parametrize(
    ("event", "rings"),
    [
        (FileCreatedEvent("/inbox/a.xlsx"), True),
        (FileOpenedEvent("/inbox/a.xlsx"), False),  # our own look
        (FileCreatedEvent("/inbox/~$a.xlsx"), False),
        (FileDeletedEvent("/inbox/~$a.xlsx"), True),  # closed in Excel
        (DirModifiedEvent("/inbox"), True),
    ],
)
def test_only_what_matters_rings(event: FileSystemEvent, rings: bool) -> None:
    heard: list[bool] = []
    bell._Handler(lambda: heard.append(True)).dispatch(event)
    assert bool(heard) == rings


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_stop_the_loop_and_the_handlers_come_back(inbox: Path, number: signal.Signals) -> None:
    before = signal.getsignal(number)
    watch = Watch(inbox, Settling(SystemClock(), 0, 60), lambda _: None, clock=SystemClock(), scan_seconds=600, events=False)
    sender = threading.Timer(0.1, os.kill, (os.getpid(), number))
    begun = time.monotonic()
    with stop_on_signals(watch.stop):
        sender.start()
        watch.run()
    assert time.monotonic() - begun < 5
    assert signal.getsignal(number) == before
