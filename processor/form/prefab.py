"""The step sheets of a session's workbook: written once for a house and a day, then filled for each session.

Of the 3 000 cells of a session's workbook 2 500 are labels, help, formulas and lists that every session has. What
`blank.add_step_sheets` writes for an empty form is kept as XML; a form's answers replace their cells in it.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.cell import Cell
from openpyxl.worksheet.worksheet import Worksheet

from processor.config import Config
from processor.form import blank, paint
from processor.form.fields import questions
from processor.form.layout import ANSWER, FIRST_ROW, columns_of, rows_of
from processor.form.saving import Row, SheetXml, cell_xml, new_workbook
from processor.form.steps import FIELD_SHEETS, FORM_VERSION, TABLES, Form


@dataclass(frozen=True)
class _Prefab:
    """An empty form's sheets: as openpyxl has them (for styles and print settings), and as XML."""

    book: Workbook
    sheets: Mapping[str, SheetXml]


def add_step_sheets(book: Workbook, form: Form, config: Config, today: date) -> dict[str, SheetXml]:
    """As `blank.add_step_sheets`, on a workbook of `saving.new_workbook`.

    The sheets added are empty: what is returned is for `saving.save`, which writes them.
    """
    if any(len(getattr(form, table.attribute)) > table.rows for table in TABLES):  # the sheet itself grows
        blank.add_step_sheets(book, form, config, today)
        return {}
    prefab = _prefab(config, today)
    sheets: Any = book
    sheets._sheets.extend(prefab.book.worksheets[1:])  # the empty form's own: only their names and print settings are used
    book.calculation.fullCalcOnLoad = True
    form = form.model_copy(update={"type": form.type.model_copy(update={"form_version": FORM_VERSION})})
    return {**prefab.sheets, **_filled(prefab, form)}


_known: dict[tuple[str, date], _Prefab] = {}


def _prefab(config: Config, today: date) -> _Prefab:
    key = (config.model_dump_json(), today)
    if key not in _known:
        book = new_workbook()
        blank.add_step_sheets(book, Form(), config, today)
        _known.clear()  # the day changed, or the configuration
        _known[key] = _Prefab(book, {sheet.title: SheetXml.of(sheet) for sheet in book.worksheets[1:]})
    return _known[key]


def _filled(prefab: _Prefab, form: Form) -> dict[str, SheetXml]:
    """The sheets that hold answers, with the answers of `form`."""
    changed: dict[str, dict[int, Row]] = {}

    def put(sheet: str, row: int, column: int, value: Any, height: float | None = None) -> None:
        rows = changed.setdefault(sheet, {})
        given, cells = rows.get(row) or prefab.sheets[sheet].rows[row]
        given = given if height is None else {**given, "ht": f"{height:g}"}
        rows[row] = given, {**cells, column: _cell(prefab.book[sheet], row, column, value)}

    for fields in FIELD_SHEETS:
        for asked in questions(fields.model):
            value = getattr(getattr(form, fields.attribute), asked.name)
            if value is not None:
                empty, height = (blank.height_of(asked, one, blank.widths_of(fields)) for one in (None, value))
                row = rows_of(fields)[asked.name]
                put(fields.name, row, ANSWER, blank.shown(asked, value), height if height != empty else None)
    for table in TABLES:
        columns = columns_of(table)
        for number, answers in enumerate(getattr(form, table.attribute)):
            for asked in questions(table.model):
                value = getattr(answers, asked.name)
                if value is not None and not asked.question.computed:
                    put(table.name, FIRST_ROW + number, columns[asked.name], blank.shown(asked, value))
    return {name: prefab.sheets[name].changed(rows) for name, rows in changed.items()}


def _cell(sheet: Worksheet, row: int, column: int, value: Any) -> str:
    """The empty form's cell with an answer in it."""
    model: Any = sheet.cell(row, column)
    cell: Any = Cell(sheet, row, column)
    styles: Any = sheet.parent
    cell._style = copy.copy(model._style)
    paint.put(cell, value)
    return cell_xml(row, column, styles._cell_styles.add(cell._style), cell._value, cell.data_type)
