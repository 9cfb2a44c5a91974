"""A sheet of the outbox while it is written: cells go straight to XML, and nothing is walked a second time.

What is known of a sheet before its first cell is declared when it is made: its columns' widths, what stays in view,
how it is printed. `styles.put` and its like fill it; `page` is what `form/saving.py` puts into the workbook.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from openpyxl.utils.cell import coordinate_from_string
from openpyxl.worksheet.datavalidation import DataValidation

from processor.form.looks import xml_bytes
from processor.form.paint import FACE, GREY
from processor.form.raw import column_number
from processor.form.saving import FILTER, MAIN, PRINT_AREA, PRINT_TITLES, RELATIONS, Page, cell_xml, clean, letters_of

_HIGHEST = 400.0  # points; Excel allows 409
_FOOTER = escape(f'&L&"{FACE},Regular"&9 &K{GREY[2:]}&A&R&"{FACE},Regular"&9 &K{GREY[2:]}Page &P sur &N')


class Sheet:
    """`widths` of the columns in characters; `freeze` is the first cell that moves; `header_row` is printed on each page.

    `tab` is the colour of its tab (RRGGBB). Rows grow with the text of their cells if `fitted`, never below `heights`.
    `filtered` puts a filter on the header of so many columns.
    """

    def __init__(
        self, title: str, widths: Sequence[float], *, tab: str, freeze: str = "", header_row: int = 1, landscape: bool = True,
        fitted: bool = True, filtered: int = 0,
    ) -> None:  # fmt: skip
        self.title, self.widths, self.heights = title, widths, dict[int, float]()
        self.printed_columns = ""  # as `A:E`, when not all are printed
        self.hidden_column = 0
        self.rules: list[str] = []
        self.charts: list[Any] = []
        self._tab, self._freeze, self._header_row, self._landscape = tab, freeze, header_row, landscape
        self._fitted, self._filtered = fitted, filtered
        self._rows: dict[int, dict[int, str]] = {}
        self._lines: dict[int, int] = {}
        self._merged: list[str] = []
        self._links: list[str] = []
        self._targets: list[str] = []

    def write(self, row: int, column: int, value: Any, style: int, formula: str = "") -> None:
        """A value under a style of the process's table; what stood there before is replaced.

        With a `formula` the value is the text that it gives today: shown where nothing computes (a protected view).
        """
        cells = self._rows.get(row)
        if cells is None:
            cells = self._rows[row] = {}
        if formula:
            head = f'<c r="{letters_of(column)}{row}" s="{style}" t="str">'
            cells[column] = f"{head}<f>{escape(formula)}</f><v>{escape(value)}</v></c>"
        else:
            cells[column] = cell_xml(row, column, style, value)

    def make_room(self, row: int, first: int, last: int, text: str, *, bold: bool) -> None:
        """Let the row be high enough for a wrapped text in these columns.

        Programs do not measure rows that hold merged cells, or that nobody has opened.
        """
        width = max((self.widths[first - 1] if first == last else sum(self.widths[first - 1 : last])) - 1, 1)
        if len(text) > width * 0.9 or "\n" in text:
            stretch = 1.15 if bold else 1.0 if len(text) <= width else 1.08
            lines = sum(math.ceil(max(len(part), 1) * stretch / width) for part in text.split("\n"))
            self._lines[row] = max(self._lines.get(row, 1), lines)

    def merge(self, row: int, first: int, last: int) -> None:
        """One cell of several in a row."""
        self._merged.append(f"{letters_of(first)}{row}:{letters_of(last)}{row}")

    def link(self, row: int, column: int, target: str) -> None:
        """Make a cell open a file (relative to the workbook) or an address."""
        self._targets.append(clean(target))
        self._links.append(f'<hyperlink ref="{letters_of(column)}{row}" r:id="rId{len(self._targets)}"/>')

    def lead(self, row: int, column: int, sheet: str, cell: str, text: str, tip: str = "") -> None:
        """Make a cell that shows `text` lead to another place of the workbook."""
        place, tip = quoteattr(f"'{sheet}'!{cell}"), f" tooltip={quoteattr(tip)}" if tip else ""
        self._links.append(f'<hyperlink ref="{letters_of(column)}{row}" location={place} display={quoteattr(text)}{tip}/>')

    @property
    def last_row(self) -> int:
        return max(self._rows, default=1)

    @property
    def page(self) -> Page:
        """The sheet as it goes into the workbook."""
        quoted = "'" + self.title.replace("'", "''") + "'"
        last, columns = self.last_row, max((max(cells) for cells in self._rows.values()), default=1)
        names = [(PRINT_TITLES, f"{quoted}!${self._header_row}:${self._header_row}")]
        shown = ""
        if self._filtered:
            area = f"A{self._header_row}:{letters_of(self._filtered)}{max(self._header_row + 1, last)}"
            shown = f'<autoFilter ref="{area}"/>'
            names.insert(0, (FILTER, f"{quoted}!{_fixed(area)}"))
        if self.printed_columns:
            first, end = self.printed_columns.split(":")
            names.append((PRINT_AREA, f"{quoted}!${first}$1:${end}${last}"))
        content = "".join(
            [
                f'<worksheet xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheetPr><tabColor rgb="00{self._tab}"/>',
                f'<pageSetUpPr fitToPage="1"/></sheetPr><dimension ref="A1:{letters_of(columns)}{last}"/>',
                f'<sheetViews><sheetView showGridLines="0" workbookViewId="0">{_pane(self._freeze)}</sheetView></sheetViews>',
                '<sheetFormatPr baseColWidth="8" defaultRowHeight="15"/>',
                self._columns(),
                f"<sheetData>{self._data(last)}</sheetData>",
                shown,
                _list("mergeCells", [f'<mergeCell ref="{area}"/>' for area in self._merged]),
                _list("dataValidations", self.rules),
                f"<hyperlinks>{''.join(self._links)}</hyperlinks>" if self._links else "",
                _printing(landscape=self._landscape),
                f'<drawing r:id="rId{len(self._targets) + 1}"/>' if self.charts else "",
                "</worksheet>",
            ]
        )
        return Page(self.title, content.encode(), names, targets=self._targets, charts=self.charts)

    def _data(self, last: int) -> str:
        lines = []
        for row in range(1, last + 1):
            cells = self._rows.get(row, {})
            height = self.heights.get(row, 0)
            if self._fitted:
                height = max(height, min(15 * self._lines.get(row, 1) + 5, _HIGHEST))
            if cells or height:
                tall = f' ht="{height:g}" customHeight="1"' if height else ""
                lines.append(f'<row r="{row}"{tall}>{"".join([cells[column] for column in sorted(cells)])}</row>')
        return "".join(lines)

    def _columns(self) -> str:
        lines = [
            f'<col min="{number}" max="{number}" width="{width:g}" customWidth="1"/>'
            for number, width in enumerate(self.widths, start=1)
        ]
        if self.hidden_column:
            lines.append(f'<col min="{self.hidden_column}" max="{self.hidden_column}" width="13" hidden="1" customWidth="1"/>')
        return f"<cols>{''.join(lines)}</cols>"


@lru_cache(maxsize=500)
def rule(cells: str, **given: Any) -> str:
    """The XML of a data validation of these cells, by the names of openpyxl's `DataValidation`."""
    return xml_of(DataValidation(sqref=cells, **given))


def xml_of(validation: DataValidation) -> str:
    """A data validation as a sheet's `rules` hold it."""
    return xml_bytes(validation.to_tree("dataValidation")).decode()


def _list(name: str, items: Sequence[str]) -> str:
    return f'<{name} count="{len(items)}">{"".join(items)}</{name}>' if items else ""


def _fixed(area: str) -> str:
    """`A2:M9` → `$A$2:$M$9`."""
    cells = (coordinate_from_string(cell) for cell in area.split(":"))
    return ":".join(f"${letters}${row}" for letters, row in cells)


@lru_cache(maxsize=20)
def _pane(freeze: str) -> str:
    """The part of a view that stays while the rest moves."""
    if not freeze:
        return '<selection activeCell="A1" sqref="A1"/>'
    letters, row = coordinate_from_string(freeze)
    columns, rows = column_number(letters) - 1, row - 1
    across = f' xSplit="{columns}"' if columns else ""
    moving = "bottomRight" if columns else "bottomLeft"
    others = '<selection pane="topRight"/><selection pane="bottomLeft"/>' if columns else ""
    return (
        f'<pane{across} ySplit="{rows}" topLeftCell="{freeze}" activePane="{moving}" state="frozen"/>'
        f'{others}<selection pane="{moving}" activeCell="A1" sqref="A1"/>'
    )


def _printing(*, landscape: bool) -> str:
    """A4, one page wide, the name of the sheet and the page at the foot; as `paint.print_setup`."""
    return (
        '<printOptions horizontalCentered="1"/><pageMargins left="0.45" right="0.45" top="0.5" bottom="0.65" header="0.25" footer="0.3"/>'
        f'<pageSetup orientation="{"landscape" if landscape else "portrait"}" paperSize="9" fitToHeight="0" fitToWidth="1"/>'
        f"<headerFooter><oddFooter>{_FOOTER}</oddFooter></headerFooter>"
    )
