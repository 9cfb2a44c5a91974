from __future__ import annotations

import io
import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from datetime import time as day_time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.chart import BarChart
from openpyxl.styles import PatternFill
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from processor.errors import UnreadableWorkbook
from processor.form import child
from processor.form.opening import WorkbookReader
from processor.form.raw import CellError, MergedRange, RawSheet
from tests.inbox import hostile

ORDINARY = hostile.workbook(B2="x", C3=4)


@pytest.fixture(scope="module")
def reader() -> Iterator[WorkbookReader]:
    reader = WorkbookReader()
    yield reader
    reader.close()


def first_sheet(reader: WorkbookReader, content: bytes) -> RawSheet:
    return reader.read(content, "Dupont.xlsx").sheets[0]


def values(sheet: RawSheet) -> dict[str, Any]:
    return {cell.address: cell.value for cell in sheet.cells.values()}


def refused(reader: WorkbookReader, content: bytes) -> str:
    with pytest.raises(UnreadableWorkbook) as caught:
        reader.read(content, "Dupont.xlsx")
    assert caught.value.message.endswith(".")
    assert caught.value.remedy
    return caught.value.code


def outcome(reader: WorkbookReader, content: bytes) -> str:
    try:
        reader.read(content, "Dupont.xlsx")
    except UnreadableWorkbook as error:
        return error.code
    return ""


def process_id(reader: WorkbookReader) -> int:
    assert reader._child is not None
    return reader._child.pid


def test_case_20_addresses_are_those_of_excel_below_blank_rows_and_ghost_formats(reader: WorkbookReader) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["C5"], sheet["E7"], sheet["Z100"] = "001", "NA", "fin"
    sheet.cell(10_000, 3).fill = PatternFill("solid", fgColor="FF0000")
    book.create_sheet("Vide")
    book.create_sheet("Autre")["B2"] = "y"
    opened = reader.read(hostile.saved(book), "Dupont.xlsx")
    assert [one.name for one in opened.sheets] == ["Sheet", "Vide", "Autre"]
    assert values(opened.sheets[0]) == {"C5": "001", "E7": "NA", "Z100": "fin"}
    assert values(opened.sheets[2]) == {"B2": "y"}


@settings(max_examples=25, deadline=None)
@given(
    st.dictionaries(
        st.tuples(st.integers(1, 300), st.integers(1, 60)),
        st.one_of(
            st.text("abcé0123456789 ,.-NA", min_size=1, max_size=12),
            st.integers(-(10**9), 10**9),
            st.booleans(),
            st.dates(date(1901, 1, 1), date(2100, 1, 1)),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_case_20_every_cell_is_read_where_it_was_written(cells: dict[tuple[int, int], Any]) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for (row, column), value in cells.items():
        cell = sheet.cell(row, column)
        cell.value = value
        if isinstance(value, str):
            cell.data_type = "s"
    read = child.parse(hostile.saved(book))["sheets"][0]["cells"]
    expected = {
        place: datetime.combine(value, day_time()).isoformat() if isinstance(value, date) else value
        for place, value in cells.items()
    }
    assert {(row, column): value for row, column, value, *_ in read} == expected


def test_values_keep_their_type(reader: WorkbookReader) -> None:
    content = hostile.workbook(
        A1=True,
        A2=12,
        A3=12.5,
        A4=date(2027, 2, 3),
        A5=datetime(2027, 2, 3, 9, 30),
        A6=day_time(9, 30),
        A7=timedelta(hours=30),
        A8="1E5",
        A9="a\nb",
    )
    assert values(first_sheet(reader, content)) == {
        "A1": True,
        "A2": 12,
        "A3": 12.5,
        "A4": datetime(2027, 2, 3),
        "A5": datetime(2027, 2, 3, 9, 30),
        "A6": day_time(9, 30),
        "A7": timedelta(hours=30),
        "A8": "1E5",
        "A9": "a\nb",
    }


def test_case_20_hidden_parts_and_merged_ranges_are_told(reader: WorkbookReader) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"] = "x"
    sheet["A3"] = "caché"
    sheet.row_dimensions[3].hidden = True
    sheet.column_dimensions["D"].hidden = True
    sheet.merge_cells("B5:C6")
    book.create_sheet("Secrète")["A1"] = "y"
    book["Secrète"].sheet_state = "veryHidden"
    opened = reader.read(hostile.saved(book), "Dupont.xlsx")
    assert opened.sheets[0].hidden_rows == {3}
    assert opened.sheets[0].hidden_columns == {4}
    assert opened.sheets[0].merged == (MergedRange(5, 2, 6, 3),)
    assert [one.hidden for one in opened.sheets] == [False, True]


def test_case_20_formulas_never_calculated_are_told_from_those_with_a_result(reader: WorkbookReader) -> None:
    content = hostile.in_sheet_data(
        hostile.workbook(A1="x", B2="=SUM(C1:C3)"),
        b'<row r="7"><c r="B7"><f>1+1</f><v>2</v></c><c r="C7" t="str"><f>A9</f><v></v></c><c r="D7" t="e"><f>1/0</f>'
        b"<v>#DIV/0!</v></c></row>",
    )
    sheet = first_sheet(reader, content)
    assert sheet.uncomputed == {(2, 2)}
    assert sheet.formulas == {(2, 2), (7, 2), (7, 3), (7, 4)}
    assert sheet.at("B7").value == 2
    assert sheet.at("D7").value == CellError("#DIV/0!")


def test_case_20_a_value_says_nothing_of_the_cell_beside_it(reader: WorkbookReader) -> None:
    content = hostile.in_sheet_data(
        hostile.workbook(A1="x"),
        b'<row r="7"><c r="B7"><f>1+1</f></c><c r="C7"><v>3</v></c><c r="D7"><f>1+2</f><v>3</v></c><c r="E7"><f>2</f><v/></c>'
        b'<c r="F7" t="e"><v>#N/A</v></c><c r="G7"><v>4</v></c></row>',
    )
    sheet = first_sheet(reader, content)
    assert sheet.uncomputed == {(7, 2), (7, 5)}
    assert values(sheet) == {"A1": "x", "C7": 3, "D7": 3, "F7": CellError("#N/A"), "G7": 4}


def test_case_20_cells_without_an_address_follow_one_another(reader: WorkbookReader) -> None:
    content = hostile.rewritten(
        hostile.in_sheet_data(ORDINARY, b'<row r="5"><c><v>1</v></c><c t="e"><v>#REF!</v></c></row>'),
        lambda xml: re.sub(rb'(<c) r="[A-Z]+\d+"', rb"\1", xml),
    )
    assert values(first_sheet(reader, content))["B5"] == CellError("#REF!")
    assert values(first_sheet(reader, content))["A5"] == 1


def test_dates_of_the_macintosh_calendar_are_converted(reader: WorkbookReader) -> None:
    book = Workbook()
    book.epoch = CALENDAR_MAC_1904
    sheet = book.active
    assert sheet is not None
    sheet["B2"] = date(2027, 2, 3)
    opened = reader.read(hostile.saved(book), "Dupont.xlsx")
    assert opened.date1904
    assert opened.sheets[0].at("B2").value == datetime(2027, 2, 3)


@pytest.mark.filterwarnings("ignore:File contains an invalid specification")
def test_strict_workbooks_are_read(reader: WorkbookReader) -> None:
    sheet = first_sheet(reader, hostile.strict(hostile.workbook(B2="x", C3=4, D4="=1+1")))
    assert values(sheet) == {"B2": "x", "C3": 4}
    assert sheet.uncomputed == {(4, 4)}
    with io.BytesIO(hostile.strict(ORDINARY)) as stream:
        assert load_workbook(stream).sheetnames == []  # why openpyxl is not asked


def test_a_sheet_written_with_prefixes_is_read_alike(reader: WorkbookReader) -> None:
    def prefix(xml: bytes) -> bytes:
        return re.sub(rb"<(/?)([a-zA-Z])", rb"<\1x:\2", xml).replace(b"xmlns=", b"xmlns:x=")

    sheet = first_sheet(reader, hostile.rewritten(hostile.workbook(B2="x", C3=4, D4="=1+1", XFD9="loin"), prefix))
    assert values(sheet) == {"B2": "x", "C3": 4}
    assert sheet.uncomputed == {(4, 4)}


def test_a_chart_sheet_does_not_shift_the_others(reader: WorkbookReader) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["B2"] = "x"
    book.create_chartsheet("Graphique").add_chart(BarChart())
    book.create_sheet("Après")["B3"] = "y"
    opened = reader.read(hostile.saved(book), "Dupont.xlsx")
    assert [(one.name, values(one)) for one in opened.sheets] == [("Sheet", {"B2": "x"}), ("Après", {"B3": "y"})]


def test_case_20_a_workbook_without_data_is_said_to_be_empty(reader: WorkbookReader) -> None:
    assert refused(reader, hostile.workbook()) == "empty_workbook"
    assert refused(reader, hostile.workbook(A1="  \u00a0 ")) == "empty_workbook"


@pytest.mark.parametrize("address", ["XFD1048576", "XFD2", "B1048576", "CW3"])
def test_case_8_a_stray_cell_far_away_is_ignored_and_the_rest_is_read(reader: WorkbookReader, address: str) -> None:
    content = hostile.workbook(**{"B2": "x", "C3": 4, "D4": "=1+1", address: "perdue"})
    sheet = first_sheet(reader, content)
    assert values(sheet) == {"B2": "x", "C3": 4}
    assert sheet.uncomputed == {(4, 4)}


def test_case_8_what_follows_a_row_with_a_stray_cell_is_read(reader: WorkbookReader) -> None:
    content = hostile.in_sheet_data(
        ORDINARY,
        b'<row r="7"><c r="B7"><v>1</v></c><c r="XFD7"><f>1</f><v>2</v></c><c r="D7"><v>3</v></c></row>'
        b'<row r="8" hidden="1"><c r="B8"><f>1</f></c></row>',
    )
    sheet = first_sheet(reader, content)
    assert values(sheet) == {"B2": "x", "C3": 4, "B7": 1}
    assert sheet.uncomputed == {(8, 2)}
    assert sheet.hidden_rows == {8}


def test_case_8_formats_on_half_a_million_rows_are_ignored(reader: WorkbookReader) -> None:
    rows = b"".join(b'<row r="%d" ht="12"><c r="A%d" s="0"/></row>' % (row, row) for row in range(10, 300_000))
    assert values(first_sheet(reader, hostile.in_sheet_data(ORDINARY, rows))) == {"B2": "x", "C3": 4}


def test_case_8_a_merge_of_the_whole_sheet_costs_nothing(reader: WorkbookReader) -> None:
    merge = b'</sheetData><mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>'
    sheet = first_sheet(reader, hostile.rewritten(ORDINARY, lambda xml: xml.replace(b"</sheetData>", merge)))
    assert sheet.merged == (MergedRange(1, 1, child.MOST_ROWS, child.MOST_COLUMNS),)


def test_case_8_more_data_than_any_form_is_refused(reader: WorkbookReader) -> None:
    cells = b"<c><v>1</v></c>" * 90
    rows = b"".join(b'<row r="%d">' % row + cells + b"</row>" for row in range(10, 2600))
    assert refused(reader, hostile.in_sheet_data(ORDINARY, rows)) == "too_much"


def test_strings_in_a_table_are_read_as_excel_writes_them(reader: WorkbookReader) -> None:
    assert values(first_sheet(reader, hostile.with_shared_string(ORDINARY, "Éloïse & C".encode().replace(b"&", b"&amp;")))) == {
        "B2": "Éloïse & C",
        "C3": 4,
    }


def test_case_8_one_long_text_shown_everywhere_is_refused(reader: WorkbookReader) -> None:
    rows = b"".join(b'<row r="%d">' % row + b'<c t="s"><v>0</v></c>' * 10 + b"</row>" for row in range(10, 200))
    content = hostile.with_shared_string(hostile.in_sheet_data(ORDINARY, rows), b"x" * 30_000)
    assert len(content) < 50_000
    assert refused(reader, content) == "too_much"


@pytest.mark.parametrize("padding", [0, 100_000])
def test_case_19_declared_entities_are_refused_wherever_they_stand(reader: WorkbookReader, padding: int) -> None:
    assert refused(reader, hostile.declaring_entities(ORDINARY, padding)) == "unreadable"


def test_case_19_declared_entities_in_utf_16_are_refused(reader: WorkbookReader) -> None:
    def encode(xml: bytes) -> bytes:
        text = '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x [<!ENTITY a "b">]>' + xml.decode()[xml.index(b"<worksheet") :]
        return text.encode("utf-16")

    assert refused(reader, hostile.rewritten(ORDINARY, encode)) == "unreadable"


def test_case_19_billion_laughs_in_the_table_of_strings_are_refused(reader: WorkbookReader) -> None:
    nested = b"".join(b'<!ENTITY %c "%s">' % (98 + level, b"&%c;" % (97 + level) * 10) for level in range(9))
    content = hostile.with_shared_string(ORDINARY, b"&j;", b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + nested + b"]>")
    assert refused(reader, content) == "unreadable"


@pytest.mark.parametrize("part", [hostile.SHEET, "xl/workbook.xml", "xl/_rels/workbook.xml.rels"])
def test_case_19_an_external_entity_in_a_part_is_refused(reader: WorkbookReader, tmp_path: Path, part: str) -> None:
    (tmp_path / "secret").write_text("mot de passe")
    doctype = f'<!DOCTYPE x [<!ENTITY a SYSTEM "{(tmp_path / "secret").as_uri()}">]>'.encode()
    content = hostile.rewritten(ORDINARY, lambda xml: re.sub(rb"^(<\?xml[^>]*>\s*)?", rb"\g<0>" + doctype, xml, count=1), part)
    assert refused(reader, content) == "unreadable"


def test_case_19_an_external_entity_in_the_table_of_strings_is_refused(reader: WorkbookReader, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("mot de passe")
    doctype = f'<!DOCTYPE x [<!ENTITY a SYSTEM "{(tmp_path / "secret").as_uri()}">]>'.encode()
    assert refused(reader, hostile.with_shared_string(ORDINARY, b"[&a;]", doctype)) == "unreadable"


def test_case_19_a_link_to_another_workbook_is_ignored(reader: WorkbookReader) -> None:
    relation = (
        b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="x" '
        b'Target="file:///etc/passwd" TargetMode="External"/></Relationships>'
    )
    content = hostile.with_parts(ORDINARY, {"xl/externalLinks/_rels/externalLink1.xml.rels": relation})
    assert values(first_sheet(reader, content)) == {"B2": "x", "C3": 4}


def test_broken_xml_is_an_answer(reader: WorkbookReader) -> None:
    assert refused(reader, hostile.rewritten(ORDINARY, lambda xml: xml[:300])) == "unreadable"


def test_an_ordinary_file_is_read_in_milliseconds_by_the_same_child(reader: WorkbookReader) -> None:
    reader.read(ORDINARY, "Dupont.xlsx")
    before = process_id(reader)
    spent = []
    for _ in range(5):
        begun = time.perf_counter()
        reader.read(ORDINARY, "Dupont.xlsx")
        spent.append(time.perf_counter() - begun)
    assert process_id(reader) == before
    assert min(spent) < 0.05


def test_case_8_a_child_that_died_is_replaced(reader: WorkbookReader) -> None:
    reader.read(ORDINARY, "Dupont.xlsx")
    before = process_id(reader)
    assert reader._child is not None
    reader._child.kill()
    reader._child.wait()
    assert values(first_sheet(reader, ORDINARY)) == {"B2": "x", "C3": 4}
    assert process_id(reader) != before


def test_case_8_a_file_that_crashes_its_reader_twice_is_put_aside_and_the_next_is_read(
    reader: WorkbookReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader.read(ORDINARY, "Dupont.xlsx")
    start = reader._running
    started = []

    def dying() -> Any:
        process = start()
        process.kill()
        process.wait()
        started.append(process.pid)
        return process

    with monkeypatch.context() as patch:
        patch.setattr(reader, "_running", dying)
        assert refused(reader, ORDINARY) == "crashed"
    assert len(set(started)) == 2
    assert values(first_sheet(reader, ORDINARY)) == {"B2": "x", "C3": 4}


@pytest.mark.skipif(sys.platform == "win32", reason="SIGSTOP")
def test_case_8_a_file_that_hangs_is_given_up_and_the_next_is_read() -> None:
    reader = WorkbookReader(seconds=0.3)
    try:
        reader._running()
        os.kill(process_id(reader), signal.SIGSTOP)
        begun = time.monotonic()
        assert refused(reader, ORDINARY) == "too_long"
        assert time.monotonic() - begun < 3
        reader._seconds = 20
        assert values(first_sheet(reader, ORDINARY)) == {"B2": "x", "C3": 4}
    finally:
        reader.close()


def test_case_8_a_child_that_swells_is_killed() -> None:
    reader = WorkbookReader(memory=1024 * 1024)  # less than the interpreter itself: any file that takes a moment
    rows = b"".join(b'<row r="%d"><c r="A%d" s="0"/></row>' % (row, row) for row in range(10, 300_000))
    try:
        assert refused(reader, hostile.in_sheet_data(ORDINARY, rows)) == "memory"
    finally:
        reader.close()


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX limits")
def test_case_8_the_child_bounds_its_own_memory(reader: WorkbookReader) -> None:
    reader.read(ORDINARY, "Dupont.xlsx")
    limits = Path(f"/proc/{process_id(reader)}/limits")
    if not limits.exists():
        pytest.skip("no /proc")
    assert re.search(rf"Max data size\s+{child.MEMORY}\s", limits.read_text())


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_a_stop_sent_to_the_whole_group_leaves_the_present_reading_alone(reader: WorkbookReader) -> None:
    reader.read(ORDINARY, "Dupont.xlsx")
    before = process_id(reader)
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(before, number)
    reader.read(ORDINARY, "Dupont.xlsx")
    assert process_id(reader) == before


def test_case_19_the_child_never_loads_a_module_from_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pandas.py").write_text(f"open({str(tmp_path / 'taken')!r}, 'w')")
    monkeypatch.chdir(tmp_path)
    reader = WorkbookReader()
    try:
        assert values(first_sheet(reader, ORDINARY)) == {"B2": "x", "C3": 4}
    finally:
        reader.close()
    assert not (tmp_path / "taken").exists()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(ORDINARY) - 1), st.binary(min_size=1, max_size=6))
def test_any_damage_is_an_answer(reader: WorkbookReader, at: int, damage: bytes) -> None:
    content = ORDINARY[:at] + damage + ORDINARY[at + len(damage) :]
    assert outcome(reader, content) in {
        "",
        "not_a_workbook",
        "bomb",
        "encrypted",
        "macros",
        "unreadable",
        "empty_workbook",
        "too_much",
    }
