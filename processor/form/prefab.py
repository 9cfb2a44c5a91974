"""The step sheets of a session's workbook: written once for a house and a day, then filled for each session.

Of the 3 000 cells of a session's workbook 2 500 are labels, help, formulas and lists that every session has. What
`blank.add_step_sheets` writes for an empty form is kept as XML; a form's answers replace their cells in it.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from openpyxl.worksheet._writer import WorksheetWriter
from openpyxl.worksheet.worksheet import Worksheet

from processor.config import Config
from processor.form import blank, paint
from processor.form.fields import questions
from processor.form.layout import ANSWER, FIRST_ROW, columns_of, rows_of
from processor.form.looks import new_workbook, quoted
from processor.form.saving import PRINT_AREA, PRINT_TITLES, Page, cell_xml, clean
from processor.form.steps import FIELD_SHEETS, FORM_VERSION, TABLES, Form

_EMPTY = "<sheetData></sheetData>"


@dataclass(frozen=True)
class _Row:
    """A row's attributes and its cells as XML, by column."""

    number: int
    attributes: dict[str, str]
    cells: dict[int, str]

    @cached_property
    def xml(self) -> str:
        given = "".join(f' {name}="{value}"' for name, value in self.attributes.items())
        return f'<row r="{self.number}"{given}>{"".join(self.cells.values())}</row>'

    def filled(self, answers: dict[int, str], height: float | None) -> _Row:
        return _Row(
            self.number,
            {**self.attributes, "ht": f"{height:g}"} if height else self.attributes,
            {**self.cells, **answers},
        )


@dataclass(frozen=True)
class _Prefab:
    """A sheet as openpyxl writes it, with rows that can be replaced; `styles` by row and column."""

    title: str
    before: str
    rows: dict[int, _Row]
    after: str
    styles: dict[tuple[int, int], int]
    names: tuple[tuple[str, str], ...]
    hidden: bool

    @classmethod
    def of(cls, sheet: Worksheet) -> _Prefab:
        """The sheet as it is now; it needs no other part of the workbook (no picture, no link to the outside)."""
        before, after = _frame(sheet)
        one: Any = sheet
        styles = {place: int(one.parent._cell_styles.add(cell._style)) for place, cell in one._cells.items() if cell.has_style}
        rows = {
            row: _Row(row, dict(one.row_dimensions.get(row, {})), {})
            for row in sorted({*one.row_dimensions, *(row for row, _ in one._cells)})
        }
        for (row, column), cell in sorted(one._cells.items()):
            if cell._value is not None or cell.has_style:
                style = styles.get((row, column))
                rows[row].cells[column] = cell_xml(row, column, style, cell._value, formula=cell.data_type == "f")
        names = ((PRINT_TITLES, sheet.print_titles), (PRINT_AREA, sheet.print_area))
        told = tuple((name, str(area)) for name, area in names if area)
        return cls(sheet.title, before, rows, after, styles, told, sheet.sheet_state != "visible")

    @cached_property
    def page(self) -> Page:
        """The sheet without answers, which many workbooks have."""
        return self._page({}, common=True)

    def filled(self, answers: Mapping[int, Mapping[int, Any]], heights: Mapping[int, float]) -> Page:
        """The sheet with these values, by row and column, in place of the empty cells; some rows have another height."""
        rows = {
            row: self.rows[row].filled(
                {column: self._cell(row, column, value) for column, value in values.items()}, heights.get(row)
            )
            for row, values in answers.items()
        }
        return self._page(rows, common=False)

    def _cell(self, row: int, column: int, value: Any) -> str:
        value = paint.plain(value)
        value = clean(value) if isinstance(value, str) else value
        style = self.styles.get((row, column))
        return cell_xml(row, column, quoted(style or 0) if paint.like_a_formula(value) else style, value)

    def _page(self, rows: Mapping[int, _Row], *, common: bool) -> Page:
        data = "".join(rows.get(number, row).xml for number, row in self.rows.items())
        content = f"{self.before}<sheetData>{data}</sheetData>{self.after}".encode()
        return Page(self.title, content, self.names, hidden=self.hidden, common=common)


def _frame(sheet: Any) -> tuple[str, str]:
    """What openpyxl writes of a sheet before its rows and after them."""
    out = io.BytesIO()
    writer: Any = WorksheetWriter(sheet, out)
    writer.write_top()
    sheet._hyperlinks.extend(cell.hyperlink for cell in sheet._cells.values() if cell.hyperlink)
    stream = writer.xf.send(True)  # noqa: FBT003  openpyxl's protocol
    with stream.element("sheetData"):
        stream.write("")
    writer.xf.send(None)
    writer.write_tail()
    writer.close()
    assert not writer._rels, "a sheet that is copied stands alone"
    before, _, after = out.getvalue().decode().partition(_EMPTY)
    return before, after


def step_pages(form: Form, config: Config, today: date) -> list[Page]:
    """The step sheets and their hidden lists with the answers of `form`, as `blank.add_step_sheets` makes them."""
    if any(len(getattr(form, table.attribute)) > table.rows for table in TABLES):  # the sheet itself grows
        return [one.page for one in _written(form, config, today)]
    form = form.model_copy(update={"type": form.type.model_copy(update={"form_version": FORM_VERSION})})
    answers: dict[str, dict[int, dict[int, Any]]] = {}
    heights: dict[str, dict[int, float]] = {}
    for sheet, row, column, value, height in _answers(form):
        answers.setdefault(sheet, {}).setdefault(row, {})[column] = value
        if height:
            heights.setdefault(sheet, {})[row] = height
    return [
        one.filled(answers[one.title], heights.get(one.title, {})) if one.title in answers else one.page
        for one in _prefabs(config, today)
    ]


def _answers(form: Form) -> Iterator[tuple[str, int, int, Any, float | None]]:
    """Each answer of the form: its sheet, row, column, what is shown, and the row's height if it needs another."""
    for fields in FIELD_SHEETS:
        rows, widths, given = rows_of(fields), blank.widths_of(fields), getattr(form, fields.attribute)
        for asked in questions(fields.model):
            value = getattr(given, asked.name)
            if value is not None:
                several = paint.lines(value, widths[ANSWER - 1]) > 1
                height = blank.height_of(asked, value, widths) if several else None
                yield fields.name, rows[asked.name], ANSWER, blank.shown(asked, value), height
    for table in TABLES:
        columns, inputs = columns_of(table), [asked for asked in questions(table.model) if not asked.question.computed]
        for row, given in enumerate(getattr(form, table.attribute), start=FIRST_ROW):
            for asked in inputs:
                value = getattr(given, asked.name)
                if value is not None:
                    yield table.name, row, columns[asked.name], blank.shown(asked, value), None


_known: dict[tuple[str, date], list[_Prefab]] = {}


def _prefabs(config: Config, today: date) -> list[_Prefab]:
    """The sheets of an empty form."""
    key = (config.model_dump_json(), today)
    if key not in _known:
        _known.clear()  # the day changed, or the configuration
        _known[key] = _written(Form(), config, today)
    return _known[key]


def _written(form: Form, config: Config, today: date) -> list[_Prefab]:
    book = new_workbook()
    blank.add_step_sheets(book, form, config, today)
    return [_Prefab.of(sheet) for sheet in book.worksheets[1:]]
