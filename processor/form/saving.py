"""Saving a workbook whose sheets are XML already: nothing is walked twice, and what never changes is made once.

A `Page` is one sheet's XML. `outbox/sheet.py` writes it directly, `prefab.py` takes it from openpyxl's own writer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from openpyxl.drawing.spreadsheet_drawing import SpreadsheetDrawing
from openpyxl.packaging.extended import ExtendedProperties
from openpyxl.utils.datetime import to_excel
from openpyxl.writer.theme import theme_xml

from processor.documents.archive import Member, member, pack
from processor.form.looks import stylesheet, xml_bytes
from processor.form.raw import column_letters

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_SHEETML = "application/vnd.openxmlformats-officedocument.spreadsheetml"
PRINT_TITLES, PRINT_AREA, FILTER = "_xlnm.Print_Titles", "_xlnm.Print_Area", "_xlnm._FilterDatabase"
_HIDDEN, _UNSEEN = ' state="hidden"', ' hidden="1"'
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")

letters_of = lru_cache(maxsize=100)(column_letters)
_serial = lru_cache(maxsize=2000)(to_excel)
_packed = lru_cache(maxsize=32)(member)  # parts that are the same in each workbook are deflated once


@dataclass(frozen=True)
class Page:
    """A sheet's XML, and what the other parts of the workbook say of it.

    `names` are its defined names (`PRINT_AREA` … → a range); `targets` are links to other files, its relations
    rId1, rId2 …, and the drawing of its `charts` is the relation after them. `common`: many workbooks have the same.
    """

    title: str
    content: bytes
    names: Sequence[tuple[str, str]] = ()
    hidden: bool = False
    targets: Sequence[str] = ()
    charts: Sequence[Any] = ()
    common: bool = False


def clean(text: str) -> str:
    """Text as a workbook can hold it: no control character, at most 32 000 characters."""
    return _ILLEGAL.sub("", text)[:32_000]


def cell_xml(row: int, column: int, style: int | None, value: Any, *, formula: bool = False) -> str:
    """One cell; text is text whatever it begins with, unless it is said to be a formula."""
    head = f'<c r="{letters_of(column)}{row}"' if style is None else f'<c r="{letters_of(column)}{row}" s="{style}"'
    if value is None or value == "":
        return f"{head}/>"
    if isinstance(value, str):
        if formula:
            return f"{head}><f>{escape(value[1:])}</f><v/></c>"
        space = ' xml:space="preserve"' if value != value.strip() else ""
        return f'{head} t="inlineStr"><is><t{space}>{escape(value)}</t></is></c>'
    if isinstance(value, bool):
        return f'{head} t="b"><v>{int(value)}</v></c>'
    if isinstance(value, date | time | timedelta):
        value = _serial(value)
    return f'{head} t="n"><v>{f"{value:.16g}" if isinstance(value, float) else value}</v></c>'


def save(pages: Sequence[Page], *, title: str, author: str) -> bytes:
    """The workbook's bytes, the first page in front."""
    members, drawings = [], _Drawings()
    for number, page in enumerate(pages, start=1):
        path = f"xl/worksheets/sheet{number}.xml"
        members.append(_packed(path, page.content) if page.common else member(path, page.content))
        links = [("hyperlink", f'{quoteattr(target)} TargetMode="External"') for target in page.targets]
        if page.charts:
            links.append(("drawing", f'"/{drawings.add(page.charts)}"'))
        if links:
            members.append(member(f"xl/worksheets/_rels/sheet{number}.xml.rels", _relations(links)))
    types = [(f"xl/worksheets/sheet{number}.xml", f"{_SHEETML}.worksheet+xml") for number in range(1, len(pages) + 1)]
    return pack(
        [
            _packed("[Content_Types].xml", _content_types((*types, *drawings.types))),
            *_unchanging(),
            member("docProps/core.xml", _properties(title, author)),
            _packed("xl/styles.xml", stylesheet()),
            member("xl/workbook.xml", _book(pages)),
            _packed("xl/_rels/workbook.xml.rels", _book_relations(len(pages))),
            *members,
            *drawings.members,
        ]
    )


def _book(pages: Sequence[Page]) -> bytes:
    """The workbook's own part: its sheets, and their names for printing and filtering."""
    sheets = "".join(
        f'<sheet name={quoteattr(page.title)} sheetId="{number}"{_HIDDEN if page.hidden else ""} r:id="rId{number}"/>'
        for number, page in enumerate(pages, start=1)
    )
    names = "".join(
        f'<definedName name="{name}" localSheetId="{number}"{_UNSEEN if name == FILTER else ""}>{escape(area)}</definedName>'
        for number, page in enumerate(pages)
        for name, area in page.names
    )
    return (
        f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><workbookPr/><bookViews><workbookView activeTab="0"/></bookViews>'
        f"<sheets>{sheets}</sheets><definedNames>{names}</definedNames>"
        '<calcPr calcId="124519" fullCalcOnLoad="1"/></workbook>'  # no results are saved: the program computes them
    ).encode()


class _Drawings:
    """The charts of a workbook and the drawings that hold them."""

    def __init__(self) -> None:
        self.members: list[Member] = []
        self.types: list[tuple[str, str]] = []
        self._drawings = self._charts = 0

    def add(self, charts: Sequence[Any]) -> str:
        """One sheet's charts; returns the path of their drawing."""
        drawing: Any = SpreadsheetDrawing()
        self._drawings += 1
        drawing.charts, drawing._id = list(charts), self._drawings
        for chart in charts:
            self._charts += 1
            chart._id = self._charts
            self._part(chart.path[1:], chart.mime_type, chart._write())
        path: str = drawing.path[1:]
        self._part(path, drawing.mime_type, drawing._write())
        self.members.append(member(f"xl/drawings/_rels/drawing{drawing._id}.xml.rels", xml_bytes(drawing._write_rels())))
        return path

    def _part(self, path: str, kind: str, tree: Any) -> None:
        self.members.append(member(path, xml_bytes(tree)))
        self.types.append((path, kind))


@cache
def _unchanging() -> tuple[Member, ...]:
    """The parts that are the same in all workbooks."""
    roots = (
        ("officeDocument", '"/xl/workbook.xml"'),
        (f"{_PACKAGE}/relationships/metadata/core-properties", '"/docProps/core.xml"'),
        ("extended-properties", '"/docProps/app.xml"'),
    )
    return (
        member("_rels/.rels", _relations(roots)),
        member("docProps/app.xml", xml_bytes(ExtendedProperties().to_tree())),
        member("xl/theme/theme1.xml", theme_xml.encode()),
    )


@lru_cache(maxsize=8)
def _book_relations(sheets: int) -> bytes:
    paths = [("worksheet", f'"/xl/worksheets/sheet{number}.xml"') for number in range(1, sheets + 1)]
    return _relations([*paths, ("styles", '"/xl/styles.xml"'), ("theme", '"/xl/theme/theme1.xml"')])


def _relations(links: Iterable[tuple[str, str]]) -> bytes:
    """A part's relations rId1, rId2 … : each with its kind, and its target in quotes with what follows."""
    lines = (
        f'<Relationship Id="rId{number}" Type="{kind if "/" in kind else f"{RELATIONS}/{kind}"}" Target={target}/>'
        for number, (kind, target) in enumerate(links, start=1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{"".join(lines)}</Relationships>'.encode()


@lru_cache(maxsize=8)
def _content_types(sheets_and_drawings: Sequence[tuple[str, str]]) -> bytes:
    office = "application/vnd.openxmlformats-officedocument"
    parts = (
        ("xl/workbook.xml", f"{_SHEETML}.sheet.main+xml"),
        ("xl/styles.xml", f"{_SHEETML}.styles+xml"),
        ("xl/theme/theme1.xml", f"{office}.theme+xml"),
        ("docProps/core.xml", "application/vnd.openxmlformats-package.core-properties+xml"),
        ("docProps/app.xml", f"{office}.extended-properties+xml"),
        *sheets_and_drawings,
    )
    lines = "".join(f'<Override PartName="/{path}" ContentType="{kind}"/>' for path, kind in parts)
    return (
        f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
        f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>{lines}</Types>'
    ).encode()


def _properties(title: str, author: str) -> bytes:
    """What the program shows of the file: its title, who wrote it and when."""
    made = f'xsi:type="dcterms:W3CDTF">{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}'
    return (
        f'<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"'
        ' xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:creator>{escape(clean(author))}</dc:creator><dc:title>{escape(clean(title))}</dc:title><dc:language>fr-FR</dc:language>"
        f"<dcterms:created {made}</dcterms:created><dcterms:modified {made}</dcterms:modified></cp:coreProperties>"
    ).encode()
