"""The look that the outbox workbooks share, and writing that no typed text can turn into a formula."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from processor.config import Brand
from processor.form.raw import column_letters

YELLOW = "FFFFD400"
PALE, LINE, GREY = "FFF3F6F9", "FFD5DCE3", "FF6B7680"
GOOD, WAIT, BAD = "FFDDEFDD", "FFFFF2CC", "FFF8D0CC"
EURO = '#,##0.00\\ "€"'
_SIDE = Side(style="thin", color=LINE)
BOX = Border(left=_SIDE, right=_SIDE, top=_SIDE, bottom=_SIDE)
WRAP = Alignment(wrap_text=True, vertical="center")
_NUMBER = Alignment(vertical="center", horizontal="right", indent=1)
_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def font(**look: Any) -> Font:
    """The workbooks' one typeface: without a name, each program chooses another."""
    return Font(**{"name": "Calibri", "size": 11, **look})


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
) -> Cell | MergedCell:
    """Write a value: text is stored as text whatever it begins with; `link` is relative to the workbook."""
    cell = sheet.cell(row, column)
    if isinstance(cell, MergedCell):
        return cell
    if isinstance(value, str):
        cell.value = _ILLEGAL.sub("", value)[:32_000]
        cell.data_type = "s"
    else:
        cell.value = value
    cell.alignment = WRAP if isinstance(value, str) else _NUMBER
    cell.font = font()
    if boxed:
        cell.border = BOX
    if link:
        cell.hyperlink = link
        cell.font = font(underline="single", color="FF0B5394", bold=bold)
    elif bold:
        cell.font = font(bold=True)
    if colour:
        cell.fill = fill(colour)
    return cell


def title(sheet: Worksheet, text: str, brand: Brand, row: int = 1) -> None:
    cell = put(sheet, row, 1, text, boxed=False)
    cell.font = font(size=16, bold=True, color=f"FF{brand.colour}")
    cell.alignment = Alignment(vertical="center")
    sheet.row_dimensions[row].height = 30


def section(sheet: Worksheet, row: int, text: str, brand: Brand) -> None:
    cell = put(sheet, row, 1, text, boxed=False)
    cell.font = font(size=12, bold=True, color=f"FF{brand.accent}")


def header(sheet: Worksheet, row: int, labels: Sequence[str], brand: Brand, column: int = 1) -> None:
    for number, text in enumerate(labels):
        cell = put(sheet, row, column + number, text)
        cell.font = font(bold=True, color="FFFFFFFF")
        cell.fill = fill(f"FF{brand.colour}")


def finish(sheet: Worksheet, widths: Sequence[float], *, freeze: str = "", landscape: bool = True) -> None:
    """Column widths, no gridlines, frozen header, one page wide in print."""
    for number, width in enumerate(widths, start=1):
        sheet.column_dimensions[column_letters(number)].width = width
    _fit_rows(sheet, widths)
    sheet.sheet_view.showGridLines = False
    if freeze:
        sheet.freeze_panes = freeze
    sheet.page_setup.paperSize = 9
    sheet.page_setup.orientation = "landscape" if landscape else "portrait"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


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
            if isinstance(cell.value, str) and cell.border.left.style and cell.column <= len(widths):
                width = spans.get((cell.row, cell.column), widths[cell.column - 1])
                lines = max(lines, sum(math.ceil(max(len(text), 1) * 1.12 / width) for text in cell.value.split("\n")))
        dimension = sheet.row_dimensions[row[0].row or 1]
        if dimension.height is None:
            dimension.height = min(15 * lines + 4, 400)
