from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

import pytest

from processor.errors import UnreadableWorkbook
from processor.inbox import claim as module
from processor.inbox import guards
from processor.inbox.claim import archive, claim


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def dropped(tmp_path: Path) -> Path:
    path = tmp_path / "Dupont.xlsx"
    path.write_bytes(b"un")
    return path


def test_a_claim_is_the_bytes_and_their_hash(dropped: Path) -> None:
    taken = claim(dropped)
    assert taken is not None
    assert (taken.content, taken.sha256) == (b"un", digest(b"un"))


def test_case_1_a_file_that_changes_while_it_is_copied_is_not_taken(dropped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = module._read

    def slow(path: Path, expected: os.stat_result) -> bytes | None:
        content = read(path, expected)
        path.write_bytes(b"deux, plus long")
        return content

    monkeypatch.setattr(module, "_read", slow)
    assert claim(dropped) is None


def test_case_2_a_file_saved_again_keeps_its_place(dropped: Path, tmp_path: Path) -> None:
    dropped.write_bytes(b"deux")
    assert archive(dropped, digest(b"un"), tmp_path / "traites") is None
    assert dropped.read_bytes() == b"deux"


def test_case_2_a_save_between_the_check_and_the_move_gets_its_place_back(
    dropped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = module._free

    def saved_meanwhile(target: Path, sha256: str) -> Path:
        dropped.write_bytes(b"deux")
        return free(target, sha256)

    monkeypatch.setattr(module, "_free", saved_meanwhile)
    assert archive(dropped, digest(b"un"), tmp_path / "traites") is None
    assert dropped.read_bytes() == b"deux"
    assert list((tmp_path / "traites").iterdir()) == []


def test_the_dropped_file_moves_into_its_folder(dropped: Path, tmp_path: Path) -> None:
    target = archive(dropped, digest(b"un"), tmp_path / "traites" / "2026-03")
    assert target == tmp_path / "traites" / "2026-03" / "Dupont.xlsx"
    assert target.read_bytes() == b"un"
    assert not dropped.exists()
    assert archive(dropped, digest(b"un"), tmp_path / "traites") is None


def test_nothing_in_the_archive_is_overwritten(dropped: Path, tmp_path: Path) -> None:
    folder = tmp_path / "traites"
    names = set()
    for _ in range(4):
        dropped.write_bytes(b"un")
        target = archive(dropped, digest(b"un"), folder)
        assert target is not None
        names.add(target.name)
    assert len(names) == 4
    assert all(name.startswith("Dupont") and name.endswith(".xlsx") for name in names)


def test_an_archive_on_another_disk_gets_a_copy(dropped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def across(self: Path, target: Path) -> Path:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(Path, "rename", across)
    target = archive(dropped, digest(b"un"), tmp_path / "traites")
    assert target is not None
    assert target.read_bytes() == b"un"
    assert not dropped.exists()


def test_case_21_a_full_archive_disk_leaves_the_original_and_no_half_file(
    dropped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def across(self: Path, target: Path) -> Path:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    def full(self: Path, content: bytes) -> int:
        with self.open("wb") as stream:
            stream.write(content[:1])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "rename", across)
    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space"):
        archive(dropped, digest(b"un"), tmp_path / "traites")
    assert dropped.read_bytes() == b"un"
    assert list((tmp_path / "traites").iterdir()) == []


def test_case_21_a_read_only_inbox_refuses_the_move_and_keeps_the_file(
    dropped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, target: Path) -> Path:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(PermissionError):
        archive(dropped, digest(b"un"), tmp_path / "traites")
    assert dropped.read_bytes() == b"un"


def test_case_4_a_file_that_another_program_keeps_to_itself_is_tried_again(
    dropped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def held(*_: object) -> bytes:
        raise PermissionError(errno.EACCES, "The process cannot access the file")

    monkeypatch.setattr(module, "_read", held)
    assert claim(dropped) is None
    with pytest.raises(PermissionError):
        archive(dropped, digest(b"un"), tmp_path / "traites")


def test_case_19_a_link_is_never_followed_and_is_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"mot de passe")
    link = tmp_path / "Dupont.xlsx"
    link.symlink_to(secret)
    taken = claim(link)
    assert taken is not None
    assert taken.content == b""
    with pytest.raises(UnreadableWorkbook, match="lien"):
        guards.check(taken.content, link.name)
    target = archive(link, taken.sha256, tmp_path / "rejetes")
    assert target is not None
    assert target.is_symlink()
    assert not link.is_symlink()
    assert secret.read_bytes() == b"mot de passe"


def test_case_19_a_link_put_in_place_of_the_file_at_the_last_moment_is_not_followed(
    dropped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_bytes(b"xx")
    read = module._read

    def swapped(path: Path, expected: os.stat_result) -> bytes | None:
        path.unlink()
        path.symlink_to(tmp_path / "secret")
        return read(path, expected)

    monkeypatch.setattr(module, "_read", swapped)
    assert claim(dropped) is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="POSIX")
def test_case_19_a_pipe_is_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.xlsx")
    taken = claim(tmp_path / "pipe.xlsx")
    assert taken is not None
    assert taken.content == b""


def test_a_file_beyond_the_limit_is_cut_so_that_the_guard_refuses_it(tmp_path: Path) -> None:
    path = tmp_path / "gros.xlsx"
    with path.open("wb") as stream:
        stream.truncate(guards.LARGEST_FILE * 3)
    taken = claim(path)
    assert taken is not None
    assert len(taken.content) == guards.LARGEST_FILE + 1
    with pytest.raises(UnreadableWorkbook):
        guards.check(taken.content, path.name)
    assert archive(path, taken.sha256, tmp_path / "rejetes") is not None


def test_a_file_that_went_away_is_no_claim(tmp_path: Path) -> None:
    assert claim(tmp_path / "absent.xlsx") is None
