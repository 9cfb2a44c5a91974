"""A workbook as it was read: every cell with its sheet, its address as Excel shows it and its text as typed.

Nothing is interpreted here. The form reader looks for its labels in `RawSheet.rows()` and keeps the `RawCell`
beside each answer, so that a finding names the very cell. Rows and columns count from 1, as in Excel.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import NamedTuple

_ADDRESS = re.compile(r"\$?([A-Za-z]{1,3})\$?([1-9]\d{0,6})")

Position = tuple[int, int]  # (row, column), from 1


@dataclass(frozen=True, slots=True)
class CellError:
    """A cell that shows an error of Excel, for instance `#DIV/0!` or `#REF!`."""

    code: str


CellValue = str | bool | int | float | datetime | date | time | timedelta | CellError | None


def column_letters(column: int) -> str:
    """1 → A, 27 → AA."""
    letters = ""
    while column > 0:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_number(letters: str) -> int:
    """A → 1, AA → 27."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


def parse_address(address: str) -> Position:
    """`B5` (or `$B$5`) → (5, 2). Raises ValueError for anything else."""
    match = _ADDRESS.fullmatch(address)
    if match is None:
        raise ValueError(f"not a cell address: {address!r}")
    return int(match[2]), column_number(match[1])


class RawCell(NamedTuple):
    """One cell. `value` is typed as the workbook stores it, None for blank.

    A date comes as a `datetime` at midnight.
    """

    value: CellValue
    sheet: str
    row: int
    column: int

    @property
    def raw(self) -> str:
        """Its text as typed."""
        return raw_text(self.value)

    @property
    def address(self) -> str:
        """As Excel shows it, for instance `B5`."""
        return f"{column_letters(self.column)}{self.row}"

    @property
    def is_blank(self) -> bool:
        """Nothing that a person would see: empty, or only spaces of any kind."""
        return self.value is None or (isinstance(self.value, str) and not self.value.strip())


@dataclass(frozen=True, slots=True)
class MergedRange:
    """A merged range, bounds included; only its first cell holds a value."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int

    def covers(self, row: int, column: int) -> bool:
        return self.first_row <= row <= self.last_row and self.first_column <= column <= self.last_column


@dataclass(frozen=True)
class RawSheet:
    """One sheet. `cells` holds the filled cells only.

    `formulas` are the cells that hold a formula; `uncomputed` those of them whose result was never saved
    (their value is None although Excel would show one). `hidden` is the sheet's own state.
    """

    name: str
    cells: Mapping[Position, RawCell] = field(default_factory=dict)
    hidden: bool = False
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    formulas: frozenset[Position] = frozenset()
    uncomputed: frozenset[Position] = frozenset()
    merged: tuple[MergedRange, ...] = ()

    def cell(self, row: int, column: int) -> RawCell:
        """The cell at this place; a blank one where nothing is filled."""
        found = self.cells.get((row, column))
        return found if found is not None else RawCell(None, self.name, row, column)

    def at(self, address: str) -> RawCell:
        """The cell `B5`."""
        return self.cell(*parse_address(address))

    def rows(self) -> Iterator[tuple[int, list[RawCell]]]:
        """Rows that hold something, from the top, each with its filled cells from left to right."""
        yield from self._by_row.items()

    @cached_property
    def _by_row(self) -> dict[int, list[RawCell]]:
        grouped: dict[int, list[RawCell]] = {}
        for position in sorted(self.cells):
            grouped.setdefault(position[0], []).append(self.cells[position])
        return grouped

    def is_hidden(self, row: int, column: int) -> bool:
        """Whether the coordinator could not see this cell."""
        return self.hidden or row in self.hidden_rows or column in self.hidden_columns

    def merged_origin(self, row: int, column: int) -> RawCell:
        """The cell whose value shows at this place: itself, or the first one of its merged range."""
        for merged in self.merged:
            if merged.covers(row, column):
                return self.cell(merged.first_row, merged.first_column)
        return self.cell(row, column)


@dataclass(frozen=True)
class RawWorkbook:
    """All sheets in their order. `date1904`: dates were stored in the Macintosh calendar (converted)."""

    name: str
    sheets: tuple[RawSheet, ...]
    date1904: bool = False

    def sheet(self, name: str) -> RawSheet | None:
        """The sheet of exactly this name."""
        return next((sheet for sheet in self.sheets if sheet.name == name), None)

    @property
    def is_empty(self) -> bool:
        """No sheet, or no cell that a person would see."""
        return all(cell.is_blank for sheet in self.sheets for cell in sheet.cells.values())


def raw_text(value: CellValue) -> str:
    """A value as a French coordinator would see it typed: 12,5 · 03/02/2027 · 09:30 · VRAI."""
    match value:
        case None:
            return ""
        case bool():
            return "VRAI" if value else "FAUX"
        case str():
            return value
        case CellError(code):
            return code
        case datetime():
            return value.strftime("%d/%m/%Y" if value.time() == time() else "%d/%m/%Y %H:%M")
        case date():
            return value.strftime("%d/%m/%Y")
        case time():
            return value.strftime("%H:%M" if value.second == 0 else "%H:%M:%S")
        case timedelta():
            minutes = round(value.total_seconds() / 60)
            return f"{minutes // 60}:{minutes % 60:02d}"
        case float():
            return f"{value:.15g}".replace(".", ",")
        case _:
            return str(value)
