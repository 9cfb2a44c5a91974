"""The look that the outbox workbooks share, and writing that no typed text can turn into a formula.

Fonts, greys and borders are those of the form (`form/paint.py`): a session's workbook holds both kinds of sheets.
"""

from __future__ import annotations

import copy
import math
import re
from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet.cell_range import CellRange
from openpyxl.worksheet.worksheet import Worksheet

from processor.config import Brand
from processor.form import paint
from processor.form.paint import BOX, FACE, GREY, INK, WHITE
from processor.form.raw import column_letters

YELLOW = "FFFFD400"
LINK = "FF0B5394"
PALE, INPUT = "FFF3F6F9", "FFFFFBE6"
DONE = "FFD5EADB"  # behind the cursor
GOOD, WAIT, BAD = "FFDDEFDD", "FFFFF2CC", "FFF8D0CC"
DATE, MOMENT, WHOLE = "DD/MM/YYYY", "DD/MM/YYYY HH:MM", "#,##0"
_WRAP = Alignment(wrap_text=True, vertical="center", horizontal="left", indent=1)
_NUMBER = Alignment(vertical="center", horizontal="right", indent=1)
_CENTRED = Alignment(wrap_text=True, vertical="center", horizontal="center")
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_FORMULA = ("=", "+", "-", "@")


@lru_cache(maxsize=200)
def font(*, size: float = 11, bold: bool = False, italic: bool = False, color: str = INK, underline: bool = False) -> Font:
    """The workbooks' one typeface: without a name, each program chooses another."""
    return Font(name=FACE, size=size, bold=bold, italic=italic, color=color, underline="single" if underline else None)


@lru_cache(maxsize=100)
def fill(colour: str) -> PatternFill:
    return PatternFill("solid", fgColor=colour)


def put(
    sheet: Worksheet,
    row: int,
    column: int,
    value: Any,
    *,
    link: str = "",
    bold: bool = False,
    colour: str = "",
    boxed: bool = True,
    form: str = "",
    centred: bool = False,
) -> Cell | MergedCell:
    """Write a value: text is stored as text whatever it begins with; `link` is relative to the workbook.

    `form` is a number format; dates and times have theirs without it.
    """
    cell = sheet.cell(row, column)
    if isinstance(cell, MergedCell):
        return cell
    if isinstance(value, str):
        cell.value = _ILLEGAL.sub("", value)[:32_000]
        cell.data_type = "s"
    else:
        cell.value = value
    typed = isinstance(value, str) and value.startswith(_FORMULA)
    number = not isinstance(value, str | None)
    form = form or (MOMENT if isinstance(value, datetime) else DATE if isinstance(value, date) else "")
    _dress(cell, (bool(link), bold, colour, boxed, form, centred, number, typed))
    if link:
        cell.hyperlink = link if link.startswith("mailto:") else link.replace("%", "%25").replace("#", "%23")
    return cell


def _dress(cell: Cell, look: tuple[bool, bool, str, bool, str, bool, bool, bool]) -> None:
    """Give the cell its look. Each is made once a table of styles and copied: making one costs more than the rest of the cell."""
    styled: Any = cell
    known = vars(styled.parent.parent._cell_styles).setdefault("looks", {})
    if look not in known:
        link, bold, colour, boxed, form, centred, number, typed = look
        cell.alignment = _CENTRED if centred else _NUMBER if number else _WRAP
        cell.font = font(bold=bold, color=LINK if link else INK, underline=link)
        if boxed:
            cell.border = BOX
        if colour:
            cell.fill = fill(colour)
        if form:
            cell.number_format = form
        cell.quotePrefix = typed  # stays text when somebody edits the cell
        known[look] = copy.copy(styled._style)
    styled._style = copy.copy(known[look])


def across(sheet: Worksheet, row: int, first: int, last: int, value: Any, **look: Any) -> Cell | MergedCell:
    """A value over several columns, as one cell."""
    for column in range(first + 1, last + 1):
        put(sheet, row, column, None, **{**look, "link": ""})
    cell = put(sheet, row, first, value, **look)
    merge(sheet, row, first, last)
    return cell


def merge(sheet: Worksheet, row: int, first: int, last: int) -> None:
    """One cell of several in a row, which have their look: openpyxl's own `merge_cells` takes 2 ms to give it."""
    if last > first:
        sheet.merged_cells.add(CellRange(min_row=row, min_col=first, max_row=row, max_col=last))


def title(sheet: Worksheet, text: str, brand: Brand, last: int = 1) -> None:
    """The sheet's name in large; over columns up to `last` when it may be long."""
    cell = across(sheet, 1, 1, last, text, boxed=False)
    cell.font = font(size=18, bold=True, color=f"FF{brand.colour}")
    cell.alignment = Alignment(vertical="center", wrap_text=last > 1)
    sheet.row_dimensions[1].height = 12 + 24 * (1 if last == 1 else math.ceil(len(text) / 90))


def section(sheet: Worksheet, row: int, text: str, brand: Brand, first: int = 1, last: int = 1) -> None:
    """A tinted band from column `first` to `last` that opens a block."""
    for column in range(first, last + 1):
        sheet.cell(row, column).fill = fill(paint.Paint(brand).band)
    cell = put(sheet, row, first, text, boxed=False)
    cell.fill = fill(paint.Paint(brand).band)
    cell.font = font(bold=True, color=f"FF{brand.accent}")
    cell.alignment = Alignment(vertical="center", horizontal="left", indent=1)
    sheet.row_dimensions[row].height = 22


def header(sheet: Worksheet, row: int, labels: Sequence[str], brand: Brand, column: int = 1) -> None:
    for number, text in enumerate(labels):
        cell = put(sheet, row, column + number, text)
        cell.font = font(bold=True, color=WHITE)
        cell.fill = fill(f"FF{brand.colour}")
    sheet.row_dimensions[row].height = 26


def note(cell: Cell | MergedCell) -> None:
    """Small, grey and slanted: a remark."""
    cell.font = font(size=9, italic=True, color=GREY)


def finish(
    sheet: Worksheet, widths: Sequence[float], *, freeze: str = "", landscape: bool = True, header_row: int = 0, filtered: int = 0
) -> None:
    """Column widths, row heights, no gridlines, frozen header, A4 one page wide; a filter on so many columns."""
    for number, width in enumerate(widths, start=1):
        sheet.column_dimensions[column_letters(number)].width = width
    _fit_rows(sheet, widths)
    sheet.sheet_view.showGridLines = False
    if freeze:
        sheet.freeze_panes = freeze
    paint.print_setup(sheet, landscape=landscape, header_row=header_row or 1)
    if filtered:
        sheet.auto_filter.ref = f"A{header_row}:{column_letters(filtered)}{max(header_row + 1, sheet.max_row)}"


def _fit_rows(sheet: Worksheet, widths: Sequence[float]) -> None:
    """Heights for wrapped text: programs do not measure rows that hold merged cells, or that nobody has opened."""
    spans = {
        (one.min_row, one.min_col): sum(widths[one.min_col - 1 : one.max_col])
        for one in sheet.merged_cells.ranges
        if one.min_row == one.max_row
    }
    for row in sheet.iter_rows():
        lines = 1
        for cell in row:
            if isinstance(cell.value, str) and cell.column <= len(widths) and cell.border.left.style:
                width = max(spans.get((cell.row, cell.column), widths[cell.column - 1]) - 1, 1)
                if len(cell.value) > width * 0.9 or "\n" in cell.value:
                    stretch = 1.15 if cell.font.bold else 1.0 if len(cell.value) <= width else 1.08
                    lines = max(lines, sum(math.ceil(max(len(text), 1) * stretch / width) for text in cell.value.split("\n")))
        dimension = sheet.row_dimensions[row[0].row or 1]
        dimension.height = max(dimension.height or 0, min(15 * lines + 5, 400))
