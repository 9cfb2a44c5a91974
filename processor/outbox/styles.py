"""The look that the outbox workbooks share, and writing that no typed text can turn into a formula."""

from __future__ import annotations

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
WRAP = Alignment(wrap_text=True, vertical="top")
_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


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
    cell.alignment = WRAP
    if boxed:
        cell.border = BOX
    if link:
        cell.hyperlink = link
        cell.font = Font(underline="single", color="FF0B5394", bold=bold)
    elif bold:
        cell.font = Font(bold=True)
    if colour:
        cell.fill = fill(colour)
    return cell


def title(sheet: Worksheet, text: str, brand: Brand, row: int = 1) -> None:
    cell = put(sheet, row, 1, text, boxed=False)
    cell.font = Font(size=16, bold=True, color=f"FF{brand.colour}")
    cell.alignment = Alignment(vertical="center")
    sheet.row_dimensions[row].height = 30


def section(sheet: Worksheet, row: int, text: str, brand: Brand) -> None:
    cell = put(sheet, row, 1, text, boxed=False)
    cell.font = Font(size=12, bold=True, color=f"FF{brand.accent}")


def header(sheet: Worksheet, row: int, labels: Sequence[str], brand: Brand, column: int = 1) -> None:
    for number, text in enumerate(labels):
        cell = put(sheet, row, column + number, text)
        cell.font = Font(bold=True, color="FFFFFFFF")
        cell.fill = fill(f"FF{brand.colour}")


def finish(sheet: Worksheet, widths: Sequence[float], *, freeze: str = "", landscape: bool = True) -> None:
    """Column widths, no gridlines, frozen header, one page wide in print."""
    for number, width in enumerate(widths, start=1):
        sheet.column_dimensions[column_letters(number)].width = width
    sheet.sheet_view.showGridLines = False
    if freeze:
        sheet.freeze_panes = freeze
    sheet.page_setup.paperSize = 9
    sheet.page_setup.orientation = "landscape" if landscape else "portrait"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
