"""Where each question stands in the workbook: derived from the declaration, used by whoever writes or points."""

from __future__ import annotations

from functools import cache

from processor.form.fields import questions
from processor.form.raw import column_letters
from processor.form.steps import FIELD_SHEETS, TABLES, FieldSheet, TableSheet, field_sheet_of

TITLE_ROW, HEADER_ROW, FIRST_ROW = 1, 2, 3
LABEL, ANSWER, HELP, STATE = 1, 2, 3, 4
BESIDE_COLUMN = 6  # tables to the right of a field sheet start here, one blank column between them


@cache
def rows_of(sheet: FieldSheet) -> dict[str, int]:
    """The row of each answer; a band stands before a question that opens a section, except the first."""
    rows: dict[str, int] = {}
    row = FIRST_ROW
    for asked in questions(sheet.model):
        if asked.question.section and rows:
            row += 1
        rows[asked.name] = row
        row += 1
    return rows


@cache
def end_of(sheet: FieldSheet) -> int:
    """The first row below the sheet's fields."""
    return max(rows_of(sheet).values()) + 1


def cell_of(name: str) -> tuple[str, str]:
    """Sheet and address of a single answer: `siret` → (`2 Client`, `B5`)."""
    sheet, _ = field_sheet_of(name)
    return sheet.name, f"{column_letters(ANSWER)}{rows_of(sheet)[name]}"


def reference(name: str) -> str:
    """A single answer as formulas name it: `'2 Client'!$B$5`."""
    sheet, address = cell_of(name)
    return f"'{sheet}'!${address[0]}${address[1:]}"


@cache
def columns_of(table: TableSheet) -> dict[str, int]:
    """The column of each of the table's attributes."""
    first = 1
    if table.beside:
        first = BESIDE_COLUMN
        for other in TABLES:
            if other is table:
                break
            if other.beside == table.beside:
                first += len(questions(other.model)) + (1 if other.attribute != "slots" else 2)
    return {asked.name: first + number for number, asked in enumerate(questions(table.model))}


def column_range(attribute: str, name: str) -> str:
    """All cells of a table's column as formulas name them: `'4 Stagiaires'!$B$3:$B$62`."""
    table = next(one for one in TABLES if one.attribute == attribute)
    letters = column_letters(columns_of(table)[name])
    return f"'{table.name}'!${letters}${FIRST_ROW}:${letters}${FIRST_ROW + table.rows - 1}"


def field_sheet(attribute: str) -> FieldSheet:
    return next(sheet for sheet in FIELD_SHEETS if sheet.attribute == attribute)
