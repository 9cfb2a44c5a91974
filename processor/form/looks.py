"""One table of styles for all workbooks of the process: what a look is (font, fill, border …) is written once.

openpyxl finds each cell's look by hashing all its fields, then writes the whole table of a workbook. This table only
grows; cells name its lines by number, and it becomes XML again only when it has grown. For one thread.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.cell import Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill
from openpyxl.styles.stylesheet import write_stylesheet
from openpyxl.utils.indexed_list import IndexedList
from openpyxl.xml.functions import tostring

_TABLES = (
    "_fonts", "_fills", "_borders", "_alignments", "_protections", "_number_formats", "_date_formats", "_timedelta_formats",
    "_cell_styles", "_named_styles", "_differential_styles",
)  # fmt: skip
_FAST = ("_fonts", "_fills", "_borders", "_alignments", "_protections")


class _Known(IndexedList):  # type: ignore[type-arg]
    """Looks a shared style object up by its identity before hashing its fields (20 µs)."""

    def __init__(self, values: Iterable[Any]) -> None:
        super().__init__(values)
        self._seen: dict[int, tuple[Any, int]] = {}

    def add(self, value: Any) -> int:
        seen = self._seen.get(id(value))
        if seen is not None and seen[0] is value:
            return seen[1]
        place = int(super().add(value))
        if len(self._seen) < 1000:
            self._seen[id(value)] = (value, place)  # kept, so that its identity stays its own
        return place


@cache
def _table() -> Any:
    """The workbook whose tables all others share."""
    book: Any = Workbook()
    for name in _FAST:
        setattr(book, name, _Known(getattr(book, name)))
    return book


def new_workbook() -> Workbook:
    """An empty workbook (with openpyxl's first sheet) on the process's table of styles."""
    book = Workbook()
    for name in _TABLES:
        setattr(book, name, getattr(_table(), name))
    return book


def style_of(
    *, font: Font, alignment: Alignment, border: Border | None, fill: PatternFill | None, number_format: str, quoted: bool
) -> int:
    """The number of this look in the table of styles; it takes 100 µs, so ask once. `quoted`: typed text stays text."""
    cell: Any = Cell(_table().worksheets[0], 1, 1)
    cell.font, cell.alignment, cell.number_format, cell.quotePrefix = font, alignment, number_format, quoted
    if border:
        cell.border = border
    if fill:
        cell.fill = fill
    return int(_table()._cell_styles.add(cell._style))


@lru_cache(maxsize=200)
def quoted(style: int) -> int:
    """The same look for text that begins like a formula."""
    changed: Any = copy.copy(_table()._cell_styles[style])
    changed.quotePrefix = 1
    return int(_table()._cell_styles.add(changed))


def stylesheet() -> bytes:
    """The part `xl/styles.xml`, written again only when the table has grown."""
    book = _table()
    return _written((*(len(getattr(book, name)) for name in _TABLES[:-1]), book._differential_styles.count))


@lru_cache(maxsize=1)
def _written(_sizes: tuple[int, ...]) -> bytes:
    return xml_bytes(write_stylesheet(_table()))


def xml_bytes(tree: Any) -> bytes:
    """One of openpyxl's trees as it stands in a file."""
    made: Any = tostring(tree)
    return bytes(made)
