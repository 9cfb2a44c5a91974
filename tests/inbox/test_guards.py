from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.errors import UnreadableWorkbook
from processor.inbox import guards
from tests.inbox import hostile


def refused(content: bytes, name: str = "Dupont.xlsx") -> str:
    with pytest.raises(UnreadableWorkbook) as caught:
        guards.check(content, name)
    assert caught.value.message.endswith(".")
    assert caught.value.remedy
    return caught.value.code


def outcome(content: bytes) -> str:
    try:
        guards.check(content, "x.xlsx")
    except UnreadableWorkbook as error:
        return error.code
    return ""


def test_an_ordinary_workbook_passes() -> None:
    guards.check(hostile.workbook(A1="x"), "Dupont.XLSX")


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"", "Dupont.xlsx", "empty_file"),
        (b"Nom;Prenom\n", "Dupont.xlsx", "not_a_workbook"),
        (b"<html>", "Dupont.xlsx", "not_a_workbook"),
        (hostile.ole(), "Dupont.xls", "old_format"),
        (hostile.ole(), "Dupont.xlsx", "old_format"),
        (hostile.ole(encrypted=True), "Dupont.xlsx", "encrypted"),
        (hostile.ole(), "lettre.doc", "other_format"),
        (b"%PDF-1.7", "devis.pdf", "other_format"),
        (b"PK\x03\x04", "Dupont.ods", "open_document"),
        (b"PK\x03\x04", "Dupont.xlsm", "macros"),
        (b"texte", "notes", "other_format"),
    ],
)
def test_kinds_of_files_are_told_apart(content: bytes, name: str, code: str) -> None:
    assert refused(content, name) == code


def test_case_1_a_truncated_zip_is_not_a_workbook() -> None:
    content = hostile.workbook(A1="x")
    assert refused(content[: len(content) // 2]) == "not_a_workbook"


def test_case_19_a_zip_bomb_is_refused_by_its_directory() -> None:
    bomb = hostile.with_parts(hostile.workbook(A1="x"), {"xl/media/a": bytes(70_000_000)})
    assert len(bomb) < 100_000
    assert refused(bomb) == "bomb"


def test_case_19_many_parts_that_add_up_are_refused() -> None:
    parts = {f"xl/media/{number}": bytes(9_000_000) for number in range(12)}
    assert refused(hostile.with_parts(hostile.workbook(A1="x"), parts)) == "bomb"


def test_case_19_a_part_that_swells_beyond_belief_is_refused() -> None:
    assert refused(hostile.with_parts(hostile.workbook(A1="x"), {"xl/media/a": bytes(12_000_000)})) == "bomb"


def test_case_19_too_many_members_are_refused_before_the_directory_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    content = hostile.with_parts(hostile.workbook(A1="x"), {f"xl/media/{number}": b"" for number in range(2001)})

    def never(*_: object) -> None:
        raise AssertionError("the directory was read")

    monkeypatch.setattr(zipfile, "ZipFile", never)
    assert refused(content) == "bomb"


def test_case_19_overlapping_members_are_refused() -> None:
    content = hostile.overlapping(hostile.workbook(A1="x"))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        offsets = [one.header_offset for one in archive.infolist()]
    assert len(set(offsets)) < len(offsets)
    assert refused(content) == "bomb"


@pytest.mark.parametrize("name", ["../evil", "xl/../../evil", "/etc/passwd", "..\\evil"])
def test_case_19_members_that_leave_the_archive_are_refused(name: str) -> None:
    assert refused(hostile.with_parts(hostile.workbook(A1="x"), {name: b"x"})) == "not_a_workbook"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_case_19_two_members_of_one_name_are_refused() -> None:
    content = hostile.workbook(A1="x")
    assert refused(hostile.with_parts(content, {"xl/workbook.xml": b"<x/>"})) == "not_a_workbook"
    assert refused(hostile.with_parts(content, {"xl/WORKBOOK.xml": b"<x/>"})) == "not_a_workbook"


@pytest.mark.parametrize("part", ["xl/vbaProject.bin", "xl/macrosheets/sheet1.xml"])
def test_case_19_macros_are_refused_under_any_name(part: str) -> None:
    assert refused(hostile.with_parts(hostile.workbook(A1="x"), {part: b"x"})) == "macros"


def test_an_encrypted_member_is_refused() -> None:
    assert refused(hostile.flagged_encrypted(hostile.workbook(A1="x"))) == "encrypted"


def test_an_open_document_renamed_is_told_apart() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", "<x/>")
    assert refused(stream.getvalue()) == "open_document"


def test_a_zip_of_photos_is_not_a_workbook() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("photo.jpg", b"x")
    assert refused(stream.getvalue()) == "not_a_workbook"


def test_a_file_too_large_is_refused() -> None:
    assert refused(b"PK\x03\x04" + bytes(guards.LARGEST_FILE)) == "too_large"


WORKBOOK = hostile.workbook(A1="x", B2=4)


@given(st.integers(0, len(WORKBOOK) - 1), st.binary(min_size=1, max_size=8))
def test_any_damage_is_an_answer_never_an_exception_of_the_library(at: int, damage: bytes) -> None:
    content = WORKBOOK[:at] + damage + WORKBOOK[at + len(damage) :]
    assert outcome(content) in {"", "not_a_workbook", "bomb", "encrypted", "empty_file", "old_format", "macros"}


@given(st.binary(max_size=300), st.sampled_from(["x.xlsx", "x.xls", "x", "x.ods"]))
def test_any_bytes_that_are_no_workbook_are_refused(content: bytes, name: str) -> None:
    assert refused(content, name)
