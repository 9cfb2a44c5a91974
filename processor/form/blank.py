"""The workbook that a coordinator fills, written from the declaration; blank, or with a form's answers in it.

One path: a blank workbook is a filled one whose form is almost empty. No macro and nothing that Excel repairs:
lists, formats, formulas and conditional shading only. Formulas come from `formulas.py`, looks from `paint.py`.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date
from typing import Any

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from processor.config import Config
from processor.form import formulas, paint
from processor.form.choices import ClientType, Funder
from processor.form.fields import Asked, questions
from processor.form.hints import validation
from processor.form.layout import (
    ANSWER,
    BESIDE_COLUMN,
    FIRST_ROW,
    HELP,
    LABEL,
    STATE,
    TITLE_ROW,
    columns_of,
    end_of,
    field_sheet,
    recap_row,
    rows_of,
)
from processor.form.lists import Lists
from processor.form.paint import Paint, band, font, put, shade
from processor.form.raw import column_letters
from processor.form.steps import (
    EXPENSES,
    FIELD_SHEETS,
    FORM_VERSION,
    RECAP,
    SESSION,
    SHEET_NAMES,
    TABLES,
    TRAINEES,
    TYPE,
    FieldSheet,
    Form,
    TableSheet,
    TypeStep,
)
from processor.form.summary import Summary
from processor.typography import NBSP, phone, siret, spaced

_WIDTHS = {SESSION: (32, 62, 42, 13, 3)}  # answers of several lines
_WIDTH = (32, 46, 52, 13, 3)
_COLUMN_WIDTHS = {
    "date": 16, "start": 13, "end": 13, "email": 38, "job": 28, "needs": 34, "titles": 46, "label": 44, "unit": 14, "kind": 26,
    "quantity": 12, "rebilled": 13,
}  # fmt: skip
_ROWS_DRAWN = {"slots": 12, "trainees": 15, "expenses": 12}  # the others appear as the table fills
_HIGHEST_ROW = 390.0  # Excel allows 409 points


_DISCREET = ("form_version",)


def write_blank(config: Config, today: date, client: ClientType | None = None, funder: Funder | None = None) -> bytes:
    """An empty session workbook, with the client's type and the funder already chosen when they are known."""
    chosen = TypeStep.model_validate({"client_type": client, "funder": funder, "agreement_choice": "automatique"})
    return write_filled(Form(type=chosen), config, today)


def write_filled(form: Form, config: Config, today: date) -> bytes:
    """The session workbook with the answers of `form`; `today` (local) chooses the funding rules and holidays."""
    book = Workbook()
    if book.active is not None:
        book.remove(book.active)
    add_step_sheets(book, form, config, today)
    book.properties.title = form.session.title or "Session de formation"
    book.properties.creator = config.organisation.name
    book.properties.language = "fr-FR"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def add_step_sheets(book: Workbook, form: Form, config: Config, today: date) -> None:
    """Add the six step sheets, filled with the answers of `form`, and their hidden lists to `book`."""
    form = form.model_copy(update={"type": form.type.model_copy(update={"form_version": FORM_VERSION})})
    sheets = {name: book.create_sheet(name) for name in SHEET_NAMES}
    lists, brand = Lists(book, today), Paint(config.brand)
    writer, summary = _Writer(form, lists, brand), Summary(config, today, lists, brand)
    for sheet in FIELD_SHEETS:
        writer.fields(sheets[sheet.name], sheet)
    for table in TABLES:
        writer.table(sheets[table.name], table)
    summary.recap(sheets[RECAP])
    summary.funding(sheets[TYPE], end_of(field_sheet("type")))
    summary.funding(sheets[RECAP], recap_row("#funding"))
    for name, one in sheets.items():
        one.sheet_properties.tabColor = config.brand.accent if name == RECAP else config.brand.colour
        one.sheet_view.showGridLines = False
        one.sheet_view.zoomScale = 100
        one.freeze_panes = f"A{FIRST_ROW}"
        paint.print_setup(one, landscape=name in (TRAINEES, EXPENSES), area=_print_area(name))
    book.calculation.fullCalcOnLoad = True  # openpyxl saves no results: Excel computes them when it opens


class _Writer:
    """Writes the sheets of one form."""

    def __init__(self, form: Form, lists: Lists, brand: Paint) -> None:
        self.form, self.lists, self.brand = form, lists, brand

    def fields(self, one: Worksheet, sheet: FieldSheet) -> None:
        """A sheet of questions: label, answer, help, state."""
        widths = widths_of(sheet)
        for letters, width in zip("ABCDE", widths, strict=True):
            one.column_dimensions[letters].width = width
        paint.title(one, LABEL, sheet.title, self.brand)
        for column, text in ((LABEL, "Rubrique"), (ANSWER, "Votre réponse"), (HELP, "Aide"), (STATE, "État")):
            paint.header(one, column, text, self.brand, paint.CENTRED if column == STATE else paint.MIDDLE)
        beside = [table for table in TABLES if table.beside == sheet.name]
        self._progress(one, HELP, formulas.ready() if sheet.name == RECAP else formulas.progress(sheet, beside))
        self._next(one, sheet.name, STATE)
        for asked in questions(sheet.model):
            row = rows_of(sheet)[asked.name]
            if asked.question.section and row > FIRST_ROW:
                band(one, row - 1, asked.question.section, self.brand, STATE)
            self._field(one, asked, row, getattr(getattr(self.form, sheet.attribute), asked.name), widths)
        first, last = min(rows_of(sheet).values()), end_of(sheet) - 1
        state, area = f"$D{first}", f"A{first}:D{last}"
        for words in (formulas.NOT_ASKED, formulas.WAITING):
            one.conditional_formatting.add(area, shade(f'{state}="{words}"', back=paint.SHADE, ink=paint.FAINT))
        for words, back, ink in (
            (formulas.TO_FILL, paint.AMBER, paint.AMBER_INK),
            (formulas.WRONG, paint.RED, paint.RED_INK),
            (formulas.FILLED, None, paint.GREEN_INK),
        ):
            if back:
                one.conditional_formatting.add(f"B{first}:B{last}", shade(f'{state}="{words}"', back=back))
            one.conditional_formatting.add(f"D{first}:D{last}", shade(f'{state}="{words}"', ink=ink, bold=True))

    def _field(self, one: Worksheet, asked: Asked, row: int, value: Any, widths: Sequence[int]) -> None:
        label, answer, note, state = (one.cell(row, column) for column in (LABEL, ANSWER, HELP, STATE))
        long, discreet = asked.format.long, asked.name in _DISCREET
        label.value = asked.label
        label.font = font(9, colour=paint.FAINT) if discreet else font(bold=asked.question.required is not None)
        answer.number_format, answer.font = asked.format.number_format, font(9, colour=paint.FAINT) if discreet else font()
        put(answer, shown(asked, value))
        note.value = _help(asked) or None
        note.font = font(9, italic=True, colour=paint.FAINT if discreet else paint.GREY)
        state.value, state.font = formulas.state(asked, row), font(9, colour=paint.GREY)
        label.alignment = answer.alignment = note.alignment = paint.TOP if long else paint.MIDDLE
        state.alignment = paint.CENTRED
        for cell in (label, note, state):
            cell.border = paint.UNDER
        answer.border = paint.BOX
        one.row_dimensions[row].height = height_of(asked, value, widths)
        rule = validation(asked, answer.coordinate, self.lists.source(asked), beside=True)
        if rule:
            rule.add(answer.coordinate)
            one.add_data_validation(rule)

    def _progress(self, one: Worksheet, column: int, formula: str) -> None:
        """What is still missing, beside the title."""
        cell = one.cell(TITLE_ROW, column, formula)
        cell.font, cell.alignment = font(11, bold=True, colour=paint.AMBER_INK), paint.FLAT
        done = f'LEFT(${cell.column_letter}${TITLE_ROW},1)="✓"'
        one.conditional_formatting.add(cell.coordinate, shade(done, ink=paint.GREEN_INK, bold=True))

    def _next(self, one: Worksheet, name: str, column: int) -> None:
        """A link to the following step."""
        number = SHEET_NAMES.index(name) + 1
        if number < len(SHEET_NAMES):
            cell = one.cell(TITLE_ROW, column, "Suite →")
            paint.link(cell, SHEET_NAMES[number], FIRST_ROW, self.brand)
            cell.alignment = paint.CENTRED

    def table(self, one: Worksheet, table: TableSheet) -> None:
        """A table with its header; rows below the first ones appear as it fills."""
        asked_all, columns = questions(table.model), columns_of(table)
        rows = getattr(self.form, table.attribute)
        number_of_rows = max(table.rows, len(rows))
        last, drawn = FIRST_ROW + number_of_rows - 1, _ROWS_DRAWN.get(table.attribute, table.rows)
        first_column = min(columns.values())
        paint.title(one, first_column, table.title, self.brand, 13 if table.beside else 18)
        inputs = [columns[asked.name] for asked in asked_all if not asked.question.computed]
        for asked in asked_all:
            column, letters = columns[asked.name], column_letters(columns[asked.name])
            paint.header(one, column, asked.label, self.brand)
            one.column_dimensions[letters].width = max(_COLUMN_WIDTHS.get(asked.name, asked.format.width), len(asked.label) + 5)
            for number in range(number_of_rows):
                cell = one.cell(FIRST_ROW + number, column)
                cell.number_format, cell.font = asked.format.number_format, font()
                cell.alignment = paint.RIGHT if asked.format.name == "money" else paint.MIDDLE
                if number < drawn:  # these are printed even when blank
                    cell.border = paint.BOX
                    if number % 2:
                        cell.fill = paint.fill(self.brand.row)
                if asked.question.computed:
                    cell.value = _line_total(table, FIRST_ROW + number)
                elif number < len(rows):
                    put(cell, shown(asked, getattr(rows[number], asked.name)))
            covered = f"{letters}{FIRST_ROW}:{letters}{last}"
            rule = validation(asked, f"{letters}{FIRST_ROW}", self.lists.source(asked), beside=False)
            if rule and not asked.question.computed:
                rule.add(covered)
                one.add_data_validation(rule)
            if asked.question.required:
                begin, end = (column_letters(inputs[at]) for at in (0, -1))
                started = f'AND(COUNTA(${begin}{FIRST_ROW}:${end}{FIRST_ROW})>0,{letters}{FIRST_ROW}="")'
                one.conditional_formatting.add(covered, shade(started, back=paint.AMBER))
        if drawn < number_of_rows:
            below = FIRST_ROW + drawn
            area = f"{column_letters(first_column)}{below}:{column_letters(max(columns.values()))}{last}"
            one.conditional_formatting.add(area, shade(formulas.row_reached(inputs, below), box=True))
        if not table.beside:
            for number in range(number_of_rows):
                one.row_dimensions[FIRST_ROW + number].height = 24
            self._progress(one, first_column + 4, formulas.table_progress(table))
            self._next(one, table.name, max(columns.values()))
        elif table.attribute == "slots":
            self._progress(one, max(columns.values()), formulas.slots_sum())


def widths_of(sheet: FieldSheet) -> Sequence[int]:
    """Widths of the columns label, answer, help, state and the one beside, in characters."""
    return _WIDTHS.get(sheet.name, _WIDTH)


def height_of(asked: Asked, value: Any, widths: Sequence[int]) -> float:
    """The height of an answer's row, in points: label, answer and help are all to be read."""
    needed = max(
        15 * paint.lines(value, widths[1]),
        15 * paint.lines(asked.label, widths[0]),
        12.5 * paint.lines(_help(asked), widths[2] * 1.15),
    )
    return min(max(needed + 7, 48 if asked.format.long else 22), _HIGHEST_ROW)


def _help(asked: Asked) -> str:
    example = asked.question.example.replace("\n", " / ")
    return spaced(" ".join(part for part in (asked.question.help, f"Ex. : {example}" if example else "") if part))


def shown(asked: Asked, value: Any) -> Any:
    """An answer as people write it: SIRET and telephone in groups; the reader takes the spaces out again."""
    if value is None:
        return None
    match asked.format.name:
        case "siret":
            return siret(value).replace(NBSP, " ")
        case "phone":
            return phone(value).replace(NBSP, " ")
        case _:
            return value


def _line_total(table: TableSheet, row: int) -> str:
    """Quantity × unit price of an expense, blank for a blank row."""
    columns = columns_of(table)
    quantity, price = (f"${column_letters(columns[name])}{row}" for name in ("quantity", "unit_price"))
    return f'=IF(OR({quantity}="",{price}=""),"",IFERROR(ROUND({quantity}*{price},2),"{formulas.UNKNOWN}"))'


def _print_area(name: str) -> str | None:
    """The fields, then the tables beside them on a page of their own; everything on the other sheets."""
    tables = [table for table in TABLES if table.beside == name]
    if not tables:
        return None
    fields = next(sheet for sheet in FIELD_SHEETS if sheet.name == name)
    left = column_letters(BESIDE_COLUMN)
    right = column_letters(max(column for table in tables for column in columns_of(table).values()))
    last = FIRST_ROW + max(table.rows for table in tables) - 1
    return f"A1:D{end_of(fields) - 1},{left}1:{right}{last}"
