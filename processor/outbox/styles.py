"""The look that the outbox workbooks share, and writing that no typed text can turn into a formula.

Fonts, greys and borders are those of the form (`form/paint.py`): a session's workbook holds both kinds of sheets.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from typing import Any, Literal, NamedTuple

from openpyxl.styles import Alignment

from processor.config import Brand
from processor.form import paint
from processor.form.looks import style_of
from processor.form.paint import BOX, DATE, GREY, INK, UNDER, WHITE, Paint, like_a_formula
from processor.form.saving import clean
from processor.outbox.sheet import Sheet

YELLOW = "FFFFD400"
LINK = "FF0B5394"
PALE, INPUT = "FFF3F6F9", "FFFFFBE6"
DONE = "FFD5EADB"  # behind the cursor
GOOD, WAIT, BAD = "FFDDEFDD", "FFFFF2CC", "FFF8D0CC"
MOMENT, WHOLE = "DD/MM/YYYY HH:MM", "#,##0"

Align = Literal["text", "number", "centred", "flat", "top", "plain", "plain wrapped", "right", "short"]
_ALIGNMENTS: dict[str, Alignment] = {
    "text": paint.MIDDLE,
    "number": paint.RIGHT,
    "centred": Alignment(wrap_text=True, vertical="center", horizontal="center"),
    "flat": paint.FLAT,
    "top": paint.TOP,
    "plain": Alignment(vertical="center"),
    "plain wrapped": Alignment(vertical="center", wrap_text=True),
    "right": Alignment(horizontal="right"),
    "short": paint.CENTRED,
}
_BORDERS = {"box": BOX, "under": UNDER, "": None}


class _Look(NamedTuple):
    """All that a cell's style depends on."""

    bold: bool
    italic: bool
    size: float
    ink: str
    underlined: bool
    colour: str
    border: str
    align: Align
    form: str
    quoted: bool


@cache
def _style(look: _Look) -> int:
    return style_of(
        font=paint.font(look.size, bold=look.bold, italic=look.italic, colour=look.ink, underline=look.underlined),
        alignment=_ALIGNMENTS[look.align],
        border=_BORDERS[look.border],
        fill=paint.fill(look.colour) if look.colour else None,
        number_format=look.form or "General",
        quoted=look.quoted,
    )


def put(
    sheet: Sheet,
    row: int,
    column: int,
    value: Any,
    *,
    link: str = "",
    bold: bool = False,
    italic: bool = False,
    size: float = 11,
    ink: str = INK,
    underlined: bool = False,
    colour: str = "",
    border: Literal["box", "under", ""] = "box",
    align: Align | None = None,
    form: str = "",
    last: int = 0,
    formula: str = "",
) -> None:
    """Write a value: text is stored as text whatever it begins with; `link` is relative to the workbook.

    `ink` and `colour` (the background, none if blank) are AARRGGBB; `form` is a number format, dates and times have
    theirs without it. The cell covers the columns to `last`. A box makes room for its text in the row's height.
    `formula` is ours, never typed text; `value` is then what it gives today.
    """
    typed = False
    if isinstance(value, str):
        value = clean(value)
        typed = like_a_formula(value)
        if border == "box":
            sheet.make_room(row, column, last or column, value, bold=bold)
    elif value is not None:
        align = align or "number"
        form = form or (MOMENT if isinstance(value, datetime) else DATE if isinstance(value, date) else "")
    if link:
        ink, underlined = LINK, True
        sheet.link(row, column, link if link.startswith("mailto:") else link.replace("%", "%25").replace("#", "%23"))
    style = _style(_Look(bold, italic, size, ink, underlined, colour, border, align or "text", form, typed))
    sheet.write(row, column, value, style, formula)
    if last > column:
        for covered in range(column + 1, last + 1):
            sheet.write(row, covered, None, style)
        sheet.merge(row, column, last)


def title(sheet: Sheet, text: str, brand: Brand, last: int = 1) -> None:
    """The sheet's name in large; over columns up to `last` when it may be long."""
    align: Align = "plain wrapped" if last > 1 else "plain"
    put(sheet, 1, 1, text, last=last, size=18, bold=True, ink=f"FF{brand.colour}", border="", align=align)
    sheet.heights[1] = 12 + 24 * (1 if last == 1 else math.ceil(len(text) / 90))


def section(sheet: Sheet, row: int, text: str, brand: Brand, first: int = 1, last: int = 1) -> None:
    """A tinted band from column `first` to `last` that opens a block."""
    for column in range(first, last + 1):
        shown = text if column == first else None
        put(sheet, row, column, shown, bold=True, ink=f"FF{brand.accent}", colour=Paint(brand).band, border="", align="flat")
    sheet.heights[row] = 22


def header(sheet: Sheet, row: int, labels: Sequence[str | tuple[str, int]], brand: Brand, **look: Any) -> None:
    """The names of the columns; a name with a number takes so many."""
    column = 1
    for one in labels:
        text, columns = one if isinstance(one, tuple) else (one, 1)
        put(sheet, row, column, text, last=column + columns - 1, bold=True, ink=WHITE, colour=f"FF{brand.colour}", **look)
        column += columns
    sheet.heights[row] = 26


NOTE: dict[str, Any] = {"size": 9, "italic": True, "ink": GREY}  # small, grey and slanted: a remark
