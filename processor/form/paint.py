"""How the workbook looks: fonts, fills and borders from the brand, and the few gestures that repeat them."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.formatting.rule import Rule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.worksheet.header_footer import HeaderFooterItem
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from processor.config import Brand
from processor.form.fields import Choice
from processor.form.layout import HEADER_ROW

FACE = "Calibri"  # on every machine with Excel; LibreOffice has a font of the same widths
INK, GREY, FAINT, WHITE = "FF22303C", "FF6B7785", "FFA9B2BB", "FFFFFFFF"
AMBER, AMBER_INK = "FFFFF3D6", "FF9A5B00"
GREEN, GREEN_INK = "FFE3F2E6", "FF1E7A3C"
RED, RED_INK = "FFFBE1DE", "FFB3261E"
SHADE = "FFF1F3F5"
LINE = "FFD9DFE5"
EURO = '#,##0.00\\ "€"'
DATE = "DD/MM/YYYY"
_HAIR = Side(style="thin", color=LINE)
BOX = Border(left=_HAIR, right=_HAIR, top=_HAIR, bottom=_HAIR)
UNDER = Border(bottom=_HAIR)
TOP = Alignment(horizontal="left", vertical="top", wrap_text=True, indent=1)
MIDDLE = Alignment(horizontal="left", vertical="center", wrap_text=True, indent=1)
FLAT = Alignment(horizontal="left", vertical="center", indent=1)
CENTRED = Alignment(horizontal="center", vertical="center")
RIGHT = Alignment(horizontal="right", vertical="center", indent=1)


@lru_cache(maxsize=200)
def font(size: float = 11, *, bold: bool = False, italic: bool = False, colour: str = INK, underline: bool = False) -> Font:
    """A font of the workbook; every one names its face, because Excel has no default for one that does not."""
    return Font(name=FACE, size=size, bold=bold, italic=italic, color=colour, underline="single" if underline else None)


@lru_cache(maxsize=100)
def fill(colour: str) -> PatternFill:
    """A plain background (AARRGGBB)."""
    return PatternFill("solid", fgColor=colour)


class Paint:
    """The brand's colours: the strong one for headers, tints of it for bands and rows, the accent for sections."""

    def __init__(self, brand: Brand) -> None:
        self.colour, self.accent = f"FF{brand.colour}", f"FF{brand.accent}"
        self.band = _tint(brand.colour, 0.90)
        self.row = _tint(brand.colour, 0.96)


@lru_cache(maxsize=50)
def _tint(colour: str, share: float) -> str:
    """`colour` (RRGGBB) mixed with this share of white."""
    parts = (int(colour[at : at + 2], 16) for at in (0, 2, 4))
    return "FF" + "".join(f"{round(part + (255 - part) * share):02X}" for part in parts)


def plain(value: Any) -> Any:
    """An answer as a cell holds it: choices by label, yes and no in words."""
    if isinstance(value, Choice):
        return value.label
    if isinstance(value, bool):
        return "Oui" if value else "Non"
    return value


def like_a_formula(value: Any) -> bool:
    """Whether a spreadsheet would take this text for a formula when somebody edits the cell."""
    return isinstance(value, str) and value.startswith(("=", "+", "-", "@"))


def put(cell: Cell | MergedCell, value: Any) -> None:
    """Write an answer; text never becomes a formula."""
    if value is None or isinstance(cell, MergedCell):
        return
    cell.value = plain(value)
    if isinstance(cell.value, str):
        cell.data_type = "s"
        cell.quotePrefix = like_a_formula(cell.value)


def shade(formula: str, *, back: str | None = None, ink: str | None = None, bold: bool = False, box: bool = False) -> Rule:
    """A conditional format while the formula holds. Excel takes its background from `bgColor`."""
    style = DifferentialStyle(
        font=Font(color=ink, bold=bold or None) if ink else None,
        fill=PatternFill("solid", bgColor=back, fgColor=back) if back else None,
        border=BOX if box else None,
    )
    return Rule(type="expression", dxf=style, formula=[formula])


def title(sheet: Worksheet, column: int, text: str, paint: Paint, size: float = 18) -> None:
    cell = sheet.cell(1, column, text)
    cell.font, cell.alignment = font(size, bold=True, colour=paint.colour), Alignment(vertical="center")
    sheet.row_dimensions[1].height = 40


def header(sheet: Worksheet, column: int, text: str, paint: Paint, alignment: Alignment = MIDDLE) -> None:
    cell = sheet.cell(HEADER_ROW, column, text)
    cell.font, cell.fill = font(bold=True, colour=WHITE), fill(paint.colour)
    cell.alignment = alignment
    sheet.row_dimensions[HEADER_ROW].height = 26


def band(sheet: Worksheet, row: int, text: str, paint: Paint, columns: int) -> None:
    """A thin row that opens a section."""
    for column in range(1, columns + 1):
        sheet.cell(row, column).fill = fill(paint.band)
    cell = sheet.cell(row, 1, text)
    cell.font, cell.alignment = font(11, bold=True, colour=paint.accent), FLAT
    sheet.row_dimensions[row].height = 22


def link(cell: Cell | MergedCell, sheet: str, row: int, paint: Paint) -> None:
    """Make a cell lead to another sheet of the workbook."""
    cell.hyperlink = Hyperlink(ref=cell.coordinate, location=f"'{sheet}'!B{row}", display=str(cell.value))
    cell.font = font(11, colour=paint.colour, underline=True)


def lines(text: object, width: float) -> int:
    """How many lines a text takes in a column of this width (characters)."""
    return sum(max(1, math.ceil(len(part) / max(width - 2, 1))) for part in str(text or "").split("\n"))


def print_setup(sheet: Worksheet, *, landscape: bool, area: str | None = None, header_row: int = HEADER_ROW) -> None:
    """A4, as wide as the page, the header row on every page, page numbers at the foot."""
    sheet.page_setup.paperSize = 9
    sheet.page_setup.orientation = "landscape" if landscape else "portrait"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = f"{header_row}:{header_row}"
    if area:
        sheet.print_area = area
    margins = sheet.page_margins
    margins.left = margins.right = 0.45
    margins.top, margins.bottom, margins.header, margins.footer = 0.5, 0.65, 0.25, 0.3
    sheet.print_options.horizontalCentered = True
    footer = HeaderFooterItem()
    for part, text in ((footer.left, "&A"), (footer.right, "Page &P sur &N")):
        part.text, part.size, part.font, part.color = text, 9, f"{FACE},Regular", GREY[2:]
    sheet.oddFooter = footer
