from __future__ import annotations

import errno
import os
import re
import unicodedata
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.errors import OutboxError
from processor.outbox.files import HeldOpen, remove_leftovers, safe_name, write_atomically, write_workbook
from tests.support import FakeClock

NOW = datetime(2026, 3, 2, 9, 5)
SIBLING = "S2026-0001 (2026-03-02 09h05).xlsx"


def windows_error(number: int) -> PermissionError:
    error = PermissionError(errno.EACCES, "Accès refusé")
    error.winerror = number  # type: ignore[misc,attr-defined,unused-ignore]
    return error


def held(monkeypatch: pytest.MonkeyPatch, name: str, times: int, number: int = 32) -> list[int]:
    """The first `times` renames onto `name` are refused as Windows does while Excel has it open."""
    replace: Callable[..., Path] = Path.replace
    tries: list[int] = []

    def refuse(self: Path, target: Path) -> Path:
        if target.name == name:
            tries.append(1)
            if len(tries) <= times:
                raise windows_error(number)
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", refuse)
    return tries


@pytest.fixture
def target(tmp_path: Path) -> Path:
    path = tmp_path / "S2026-0001.xlsx"
    path.write_bytes(b"ancien")
    return path


def test_a_file_is_written_with_its_folders_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "REF" / "mails" / "1.eml"
    write_atomically(path, b"x")
    assert path.read_bytes() == b"x"
    assert list(path.parent.iterdir()) == [path]


def test_case_16_a_kill_during_the_save_leaves_the_old_file_whole(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", killed)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(target, b"nouveau")
    assert target.read_bytes() == b"ancien"
    assert list(target.parent.iterdir()) == [target]


def test_case_16_the_content_is_on_the_disk_before_it_takes_the_name(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bytes] = []
    fsync = os.fsync

    def noting(descriptor: int) -> None:
        seen.append(target.read_bytes())
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noting)
    write_atomically(target, b"nouveau")
    assert seen[0] == b"ancien"
    assert target.read_bytes() == b"nouveau"


def test_case_16_what_a_kill_left_is_removed(tmp_path: Path) -> None:
    folder = tmp_path / "REF"
    folder.mkdir()
    (folder / ".REF.xlsx.4711-1.part").write_bytes(b"x")
    (folder / "rapport.part").write_bytes(b"x")
    remove_leftovers(tmp_path)
    remove_leftovers(tmp_path / "absent")
    assert [path.name for path in folder.iterdir()] == ["rapport.part"]


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "le disque est plein"),
        (errno.EROFS, "lecture seule"),
        (errno.EACCES, "les droits manquent"),
        (errno.EIO, "Input/output error"),
    ],
)
def test_case_21_disk_full_or_no_rights_is_a_sentence_and_leaves_no_half_file(
    target: Path, monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    def fail(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OutboxError, match=words) as caught:
        write_atomically(target, b"nouveau")
    assert "sera refaite" in caught.value.remedy
    assert not isinstance(caught.value, HeldOpen)
    assert target.read_bytes() == b"ancien"
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux")
def test_case_21_a_folder_that_is_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "REF").write_bytes(b"")
    with pytest.raises(OutboxError, match="n’a pas pu être écrit"):
        write_atomically(tmp_path / "REF" / "REF.xlsx", b"x")


@pytest.mark.parametrize("number", [5, 32])
def test_case_15_a_workbook_open_for_a_moment_is_retried(target: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    clock = FakeClock()
    tries = held(monkeypatch, target.name, 2, number)
    assert write_workbook(target, b"nouveau", clock, NOW) == target
    assert len(tries) == 3
    assert 0 < clock.monotonic() <= 5
    assert target.read_bytes() == b"nouveau"


def test_case_15_a_workbook_open_in_excel_gets_a_sibling_until_it_is_closed(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        held(patch, target.name, 1000)
        written = write_workbook(target, b"nouveau", FakeClock(), NOW)
    assert written == target.with_name(SIBLING)
    assert written.read_bytes() == b"nouveau"
    assert target.read_bytes() == b"ancien"
    mine = target.with_name("S2026-0001 (copie de Camille).xlsx")
    mine.write_bytes(b"la mienne")
    assert write_workbook(target, b"nouveau", FakeClock(), NOW) == target
    assert sorted(path.name for path in target.parent.iterdir()) == sorted([mine.name, target.name])
    assert target.read_bytes() == b"nouveau"


def test_case_15_any_file_held_open_is_said_and_leaves_no_half_file(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held(monkeypatch, target.name, 1000)
    with pytest.raises(HeldOpen, match="ouvert dans un autre programme"):
        write_atomically(target, b"nouveau")
    assert list(target.parent.iterdir()) == [target]


def test_case_21_rights_are_not_taken_for_an_open_workbook(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, _: Path) -> Path:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OutboxError, match="droits"):
        write_workbook(target, b"nouveau", FakeClock(), NOW)
    assert list(target.parent.iterdir()) == [target]


@given(st.text(st.characters(), max_size=400))
def test_case_19_any_text_becomes_a_name_that_every_system_accepts(text: str) -> None:
    name = safe_name(text)
    assert name
    assert len(name) < 120
    assert len(name.encode()) < 240
    assert not re.search(r'[/\\:*?"<>|\x00-\x1f\x7f]', name)
    assert name[-1] not in ". "
    assert name[0] not in " ."
    assert unicodedata.is_normalized("NFC", name)
    assert Path(name).name == name
    assert safe_name(name) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("../../etc/passwd", "etc passwd"),
        ("CON", "_CON"),
        ("nul.xlsx", "_nul.xlsx"),
        ("COM1", "_COM1"),
        ("Console", "Console"),
        ("  ", "_"),
        ("..", "_"),
        ("Dupont & Fils <SARL>", "Dupont & Fils SARL"),
        ("Éloïse\u0301", unicodedata.normalize("NFC", "Éloïse\u0301")),
        ("facture\u202efdp.exe", "facture fdp.exe"),
        ("Devis 12. ", "Devis 12"),
        ("Elo\udcefse", "Elo se"),
    ],
)
def test_case_19_names(text: str, name: str) -> None:
    assert safe_name(text) == name
