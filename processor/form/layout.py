"""Where each question stands in the workbook: derived from the declaration, used by whoever writes or points."""

from __future__ import annotations

from functools import cache

from processor.form.fields import questions
from processor.form.raw import column_letters
from processor.form.steps import FIELD_SHEETS, RECAP, TABLES, FieldSheet, TableSheet, field_sheet_of

TITLE_ROW, HEADER_ROW, FIRST_ROW = 1, 2, 3
LABEL, ANSWER, HELP, STATE = 1, 2, 3, 4
BESIDE_COLUMN = 6  # tables to the right of a field sheet start here, one blank column between them

# What stands above the questions of « 6 Récapitulatif », one row each: the coordinator reads, then validates.
# A name with `#` is a band.
RECAP_ROWS = (
    "#progress", "type", "client", "session", "trainees", "expenses",
    "#price", "group", "hours", "days", "quantity", "training", "discount", "training_net", "rebilled", "net_of_tax", "vat", "total",
    "#internal", "per_hour", "own_expenses", "commission", "net",
    "#funding", "message", "last_day", "days_left", "advised", "earliest", "refund",
)  # fmt: skip
FUNDING_ROWS = RECAP_ROWS[RECAP_ROWS.index("#funding") :]  # also below the questions of « 1 Type de client »


@cache
def rows_of(sheet: FieldSheet) -> dict[str, int]:
    """The row of each answer; a band stands before a question that opens a section, except at the very top."""
    rows: dict[str, int] = {}
    row = FIRST_ROW + (len(RECAP_ROWS) if sheet.name == RECAP else 0)
    for asked in questions(sheet.model):
        if asked.question.section and row > FIRST_ROW:
            row += 1
        rows[asked.name] = row
        row += 1
    return rows


@cache
def end_of(sheet: FieldSheet) -> int:
    """The first row below the sheet's fields."""
    return max(rows_of(sheet).values()) + 1


def cell_of(name: str) -> tuple[str, str]:
    """Sheet and address of a single answer: `siret` → (`2 Client`, `B5`). Raises KeyError for an unknown name."""
    sheet, _ = field_sheet_of(name)
    return sheet.name, f"{column_letters(ANSWER)}{rows_of(sheet)[name]}"


def reference(name: str) -> str:
    """A single answer as formulas name it: `'2 Client'!$B$5`."""
    sheet, address = cell_of(name)
    return f"'{sheet}'!${address[0]}${address[1:]}"


def recap_row(name: str) -> int:
    """The row of `total`, `vat` … on « 6 Récapitulatif »."""
    return FIRST_ROW + RECAP_ROWS.index(name)


def recap_cell(name: str) -> str:
    """The address of `total`, `vat` … as formulas on « 6 Récapitulatif » name it: `$B$20`."""
    return f"${column_letters(ANSWER)}${recap_row(name)}"


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
                first += len(questions(other.model)) + 1
    return {asked.name: first + number for number, asked in enumerate(questions(table.model))}


def table_of(attribute: str) -> TableSheet:
    """The table that fills this attribute of the form (`slots`, `trainees` …). Raises KeyError."""
    for table in TABLES:
        if table.attribute == attribute:
            return table
    raise KeyError(attribute)


def column_of(attribute: str, name: str) -> str:
    """The letters of a table's column: (`trainees`, `email`) → `D`."""
    return column_letters(columns_of(table_of(attribute))[name])


def column_range(attribute: str, name: str) -> str:
    """All cells of a table's column as formulas name them: `'4 Stagiaires'!$B$3:$B$62`."""
    table, letters = table_of(attribute), column_of(attribute, name)
    return f"'{table.name}'!${letters}${FIRST_ROW}:${letters}${FIRST_ROW + table.rows - 1}"


def field_sheet(attribute: str) -> FieldSheet:
    """The field sheet that fills this attribute of the form (`type`, `client` …). Raises StopIteration."""
    return next(sheet for sheet in FIELD_SHEETS if sheet.attribute == attribute)
