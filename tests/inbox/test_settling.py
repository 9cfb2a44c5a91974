from __future__ import annotations

import os
import struct
import sys
from pathlib import Path

import pytest

from processor.inbox.scan import InboxUnreachable, dropped
from processor.inbox.settling import Settling
from tests.inbox import hostile
from tests.support import FakeClock

CONTENT = hostile.workbook(A1="x")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def put(path: Path, content: bytes, clock: FakeClock, age: float = 0) -> Path:
    """Write with a modification time `age` seconds before the fake present."""
    path.write_bytes(content)
    touch(path, clock, age)
    return path


def touch(path: Path, clock: FakeClock, age: float = 0) -> None:
    moment = clock.now().timestamp() - age
    os.utime(path, (moment, moment))


def excel_owner(name: str, wide: str = "") -> bytes:
    narrow = name.encode("cp1252")
    head = bytes([len(narrow)]) + narrow.ljust(54)
    return head + struct.pack("<H", len(wide)) + wide.encode("utf-16-le").ljust(108)


def test_case_1_a_file_is_taken_once_it_stood_still_for_the_settle_time(tmp_path: Path, clock: FakeClock) -> None:
    settling = Settling(clock, 2, 3600)
    path = put(tmp_path / "Dupont.xlsx", CONTENT, clock)
    ready, waiting = settling.observe(dropped(tmp_path))
    assert ready == []
    assert [(one.path, one.why) for one in waiting] == [(path, "copie ou synchronisation en cours")]
    clock.advance(seconds=2)
    assert settling.observe(dropped(tmp_path)) == ([path], [])


def test_case_1_a_file_that_lies_there_at_start_waits_like_any_other(tmp_path: Path, clock: FakeClock) -> None:
    put(tmp_path / "Dupont.xlsx", CONTENT, clock, age=86_400)
    assert Settling(clock, 2, 3600).observe(dropped(tmp_path))[0] == []


def test_case_1_a_growing_copy_starts_over_at_each_change(tmp_path: Path, clock: FakeClock) -> None:
    settling = Settling(clock, 2, 3600)
    for length in (100, 200, len(CONTENT)):
        put(tmp_path / "Dupont.xlsx", CONTENT[:length], clock)
        assert settling.observe(dropped(tmp_path))[0] == []
        clock.advance(seconds=1.5)
    assert settling.observe(dropped(tmp_path))[0] == []
    clock.advance(seconds=0.5)
    assert len(settling.observe(dropped(tmp_path))[0]) == 1


def test_case_2_a_rename_over_the_file_starts_over(tmp_path: Path, clock: FakeClock) -> None:
    settling = Settling(clock, 2, 3600)
    path = put(tmp_path / "Dupont.xlsx", CONTENT, clock)
    settling.observe([path])
    clock.advance(seconds=2)
    moment = path.stat()
    other = tmp_path / "5C3E2A10"
    other.write_bytes(CONTENT)  # Excel: temporary file, then rename; here even with the same size and time
    os.utime(other, ns=(moment.st_atime_ns, moment.st_mtime_ns))
    other.replace(path)
    assert settling.observe([path])[0] == []


@pytest.mark.parametrize("content", [CONTENT[: len(CONTENT) // 2], b"", bytes(5000)])
def test_case_1_a_copy_without_its_end_waits_longer_but_not_for_ever(tmp_path: Path, clock: FakeClock, content: bytes) -> None:
    settling = Settling(clock, 2, 3600)
    path = put(tmp_path / "Dupont.xlsx", content, clock)
    settling.observe([path])
    clock.advance(seconds=10)
    assert [one.why for one in settling.observe([path])[1]] == ["fichier encore incomplet"]
    clock.advance(seconds=20)
    assert settling.observe([path]) == ([path], [])


def test_without_settle_time_all_that_is_whole_is_taken_at_once(tmp_path: Path, clock: FakeClock) -> None:
    whole = [put(tmp_path / name, content, clock) for name, content in [("a.xlsx", CONTENT), ("b.xlsx", b"a;b"), ("c.pdf", b"")]]
    put(tmp_path / "d.xlsx", CONTENT[:300], clock)
    put(tmp_path / "e.xlsx", CONTENT, clock)
    put(tmp_path / "~$e.xlsx", excel_owner("Camille"), clock)
    ready, waiting = Settling(clock, 0, 3600).observe(dropped(tmp_path))
    assert sorted(ready) == whole
    assert sorted(one.path.name for one in waiting) == ["d.xlsx", "e.xlsx"]


@pytest.mark.parametrize(
    ("lock", "content", "who"),
    [
        ("~$Dupont.xlsx", excel_owner("Camille Exemple"), "Camille Exemple"),
        ("~$Dupont.xlsx", excel_owner("?", "Łucja Exemple"), "Łucja Exemple"),
        ("~$Dupont.xlsx", b"", "quelqu’un"),
        ("~$Dupont.xlsx", b"\x05a\n\x1b[b", "a [b"),
        (".~lock.Dupont.xlsx#", b",camille,poste-7,02.03.2026 09:00,file:///x;", "camille"),
        (".~lock.Dupont.xlsx#", "Éloïse Exemple,eloise,poste-7,02.03.2026 09:00,file:///x;".encode(), "Éloïse Exemple"),
        (".~lock.Dupont.xlsx#", b"\xff\xfe" + b"x" * 900, None),
    ],
)
def test_case_4_an_open_workbook_waits_and_says_who_holds_it(
    tmp_path: Path, clock: FakeClock, lock: str, content: bytes, who: str | None
) -> None:
    settling = Settling(clock, 2, 3600)
    path = put(tmp_path / "Dupont.xlsx", CONTENT, clock)
    put(tmp_path / lock, content, clock)
    settling.observe([path])
    clock.advance(seconds=60)
    ready, [waiting] = settling.observe([path])
    assert ready == []
    assert waiting.open_by
    assert waiting.open_by in waiting.why
    assert len(waiting.open_by) <= 60
    if who is not None:
        assert waiting.open_by == who


def test_case_4_closing_the_workbook_lets_it_through(tmp_path: Path, clock: FakeClock) -> None:
    settling = Settling(clock, 2, 3600)
    path = put(tmp_path / "Dupont.xlsx", CONTENT, clock)
    lock = put(tmp_path / "~$Dupont.xlsx", excel_owner("Camille"), clock)
    settling.observe([path])
    clock.advance(seconds=60)
    lock.unlink()
    assert settling.observe([path])[0] == [path]


def test_case_4_a_stale_lock_does_not_block_for_ever(tmp_path: Path, clock: FakeClock) -> None:
    settling = Settling(clock, 2, 3600)
    path = put(tmp_path / "Dupont.xlsx", CONTENT, clock)
    lock = put(tmp_path / "~$Dupont.xlsx", excel_owner("Camille"), clock)
    settling.observe([path])
    clock.advance(seconds=3599)
    touch(lock, clock)  # even if something keeps touching it
    assert settling.observe([path])[0] == []
    clock.advance(seconds=1)
    touch(lock, clock)
    assert settling.observe([path])[0] == [path]


def test_case_4_a_lock_left_by_a_crash_yesterday_does_not_block_each_single_run(tmp_path: Path, clock: FakeClock) -> None:
    path = put(tmp_path / "Dupont.xlsx", CONTENT, clock, age=80_000)
    put(tmp_path / ".~lock.Dupont.xlsx#", b",camille,x,y,z;", clock, age=86_400)
    assert Settling(clock, 0, 3600).observe([path])[0] == [path]


def test_a_single_run_looks_twice_the_settle_time_apart(tmp_path: Path, clock: FakeClock) -> None:
    path = put(tmp_path / "Dupont.xlsx", CONTENT, clock)
    begun = clock.monotonic()
    assert Settling(clock, 2, 3600).settled(lambda: dropped(tmp_path)) == ([path], [])
    assert clock.monotonic() - begun == 2


def test_a_single_run_takes_a_broken_file_in_the_end_and_leaves_an_open_one(tmp_path: Path, clock: FakeClock) -> None:
    broken = put(tmp_path / "a.xlsx", CONTENT[:300], clock)
    held = put(tmp_path / "b.xlsx", CONTENT, clock)
    put(tmp_path / "~$b.xlsx", excel_owner("Camille"), clock)
    begun = clock.monotonic()
    ready, waiting = Settling(clock, 2, 3600).settled(lambda: dropped(tmp_path))
    assert ready == [broken]
    assert [one.path for one in waiting] == [held]
    assert clock.monotonic() - begun <= 32


def test_a_single_run_does_not_wait_for_ever_for_a_file_that_never_settles(tmp_path: Path, clock: FakeClock) -> None:
    path = put(tmp_path / "a.xlsx", CONTENT, clock)

    def growing() -> list[Path]:
        with path.open("ab") as stream:
            stream.write(b"x")
        return [path]

    ready, waiting = Settling(clock, 2, 3600).settled(growing)
    assert ready == []
    assert len(waiting) == 1


def test_what_was_taken_and_could_not_be_moved_comes_back_only_when_it_changes(tmp_path: Path, clock: FakeClock) -> None:
    settling = Settling(clock, 0, 3600)
    path = put(tmp_path / "Dupont.xlsx", CONTENT, clock)
    assert settling.observe([path])[0] == [path]
    settling.taken(path)
    clock.advance(seconds=60)
    assert settling.observe([path]) == ([], [])
    put(path, CONTENT + b"\0", clock)
    assert settling.observe([path])[0] == [path]


def test_what_disappeared_is_forgotten(tmp_path: Path, clock: FakeClock) -> None:
    settling = Settling(clock, 2, 3600)
    path = put(tmp_path / "Dupont.xlsx", CONTENT, clock)
    settling.observe([path])
    assert settling.observe([]) == ([], [])
    clock.advance(seconds=10)
    assert settling.observe([path])[0] == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="POSIX")
def test_case_19_a_pipe_or_a_link_never_hangs_the_look(tmp_path: Path, clock: FakeClock) -> None:
    os.mkfifo(tmp_path / "pipe.xlsx")
    os.mkfifo(tmp_path / "~$link.xlsx")
    (tmp_path / "link.xlsx").symlink_to("/dev/zero")
    ready, waiting = Settling(clock, 0, 3600).observe(dropped(tmp_path))
    assert sorted(path.name for path in ready) == ["link.xlsx", "pipe.xlsx"]
    assert waiting == []


def test_case_3_the_scan_skips_what_is_not_ours_and_gives_the_oldest_first(tmp_path: Path, clock: FakeClock) -> None:
    for name, age in [("b.xlsx", 50), ("a.xlsx", 10), ("~$a.xlsx", 0), (".DS_Store", 0), ("c.xlsx.part", 0)]:
        put(tmp_path / name, b"", clock, age)
    for folder in ("traites", "rejetes"):
        (tmp_path / folder).mkdir()
        put(tmp_path / folder / "vieux.xlsx", b"", clock)
    assert [path.name for path in dropped(tmp_path)] == ["b.xlsx", "a.xlsx"]


@pytest.mark.skipif(sys.platform != "linux", reason="names are bytes on Linux only")
def test_a_name_in_an_old_code_page_becomes_readable(tmp_path: Path) -> None:
    with open(os.fsencode(tmp_path) + b"/\xc9lo\xefse.xlsx", "wb") as stream:  # noqa: PTH123
        stream.write(CONTENT)
    assert [path.name for path in dropped(tmp_path)] == ["Éloïse.xlsx"]
    assert (tmp_path / "Éloïse.xlsx").read_bytes() == CONTENT


def test_case_7_an_inbox_that_cannot_be_listed_is_said(tmp_path: Path) -> None:
    with pytest.raises(InboxUnreachable, match="inaccessible"):
        dropped(tmp_path / "absent")
