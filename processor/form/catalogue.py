"""The course catalogue, `templates/catalogue.xlsx`: a code fills the programme's fields that were left blank.

`python -m processor.form.catalogue` writes the delivered example again. The file belongs to the organisation
(it lies beside its templates), so it is read with openpyxl, values only.
"""

from __future__ import annotations

import io
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from processor.config import Brand
from processor.errors import UserError
from processor.form.fields import Asked, questions
from processor.form.raw import column_letters
from processor.form.steps import SessionStep
from processor.form.text import fold

FILE = "catalogue.xlsx"
_FROZEN = 2  # code and title stay in sight
FIELDS = (
    "course_code", "title", "nature", "modality", "hours", "min_trainees", "max_trainees", "price_mode", "unit_price", "certification",
    "certification_code", "certifier", "certification_date", "audience", "prerequisites", "objectives", "content", "methods", "means",
    "assessment", "access_delay", "accessibility", "programme_version", "programme_date",
)  # fmt: skip


class BadCatalogue(UserError):
    """The catalogue cannot be read as it stands."""


def courses(path: Path) -> dict[str, dict[str, Any]]:
    """The answers of each course by its code (casefolded); empty without a catalogue. Raises `BadCatalogue`."""
    try:
        changed = path.stat().st_mtime_ns
    except OSError:
        return {}
    return _read(path, changed)


@lru_cache(maxsize=4)
def _read(path: Path, changed: int) -> dict[str, dict[str, Any]]:
    from openpyxl import load_workbook

    try:
        rows = (
            load_workbook(io.BytesIO(path.read_bytes()), read_only=True, data_only=True)
            .worksheets[0]
            .iter_rows(max_row=2000, max_col=60, values_only=True)
        )
        header = [fold(str(cell or "")) for cell in next(rows, ())]
    except Exception as error:  # openpyxl raises many kinds
        raise BadCatalogue(f"Le catalogue « {path.name} » est illisible ({error}).", "Rétablissez-le ou retirez-le.") from error
    by_label = {fold(label): asked for asked in _columns() for label in asked.labels}
    found: dict[str, dict[str, Any]] = {}
    for number, row in enumerate(rows, start=2):
        given = {
            by_label[label].name: value
            for label, value in zip(header, row, strict=False)
            if label in by_label and value is not None
        }
        if not given.get("course_code"):
            continue
        try:
            step = SessionStep.model_validate(given)
        except ValidationError as error:
            first = error.errors()[0]
            raise BadCatalogue(f"Catalogue « {path.name} », ligne {number} : {first['msg']}", "Corrigez cette ligne.") from error
        found[str(step.course_code).casefold()] = {name: value for name, value in step.__dict__.items() if value is not None}
    return found


def _columns() -> list[Asked]:
    asked = {one.name: one for one in questions(SessionStep)}
    return [asked[name] for name in FIELDS]


def write(rows: list[SessionStep], brand: Brand) -> bytes:
    """A catalogue workbook of these courses, one a row, in the organisation's colours."""
    from openpyxl import Workbook

    from processor.form import paint

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Catalogue"
    colours = paint.Paint(brand)
    for column, asked in enumerate(_columns(), start=1):
        head = sheet.cell(1, column, asked.label)
        head.font, head.fill = paint.font(bold=True, colour=paint.WHITE), paint.fill(colours.colour)
        head.alignment = paint.MIDDLE
        width = 46 if asked.format.long else max(asked.format.width, 16)
        sheet.column_dimensions[column_letters(column)].width = width
        for number, row in enumerate(rows, start=2):
            cell = sheet.cell(number, column)
            paint.put(cell, getattr(row, asked.name))
            cell.number_format, cell.font, cell.alignment, cell.border = (
                asked.format.number_format,
                paint.font(bold=column <= _FROZEN),
                paint.TOP,
                paint.BOX,
            )
    for number, row in enumerate(rows, start=2):
        longest = max(paint.lines(getattr(row, asked.name), 46) for asked in _columns() if asked.format.long)
        sheet.row_dimensions[number].height = min(15 * longest + 8, 390)
    sheet.row_dimensions[1].height = 34
    sheet.freeze_panes = f"{column_letters(_FROZEN + 1)}2"
    sheet.sheet_view.showGridLines = False
    sheet.sheet_properties.tabColor = brand.colour
    paint.print_setup(sheet, landscape=True, header_row=1)
    sheet.page_setup.fitToWidth = 4
    sheet.print_title_cols = f"A:{column_letters(_FROZEN)}"
    book.properties.title, book.properties.language = "Catalogue des formations", "fr-FR"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


if __name__ == "__main__":
    from datetime import date

    from processor.config import load, resources
    from processor.form.choices import ClientType
    from processor.form.example import example

    config = load(resources() / "config.yaml")
    samples = [example(client, None, date(2026, 1, 5), config).session for client in ClientType]
    codes = ("XLS-01", "ECR-01", "GES-01")
    steps = [
        sample.model_copy(update={name: None for name in SessionStep.model_fields if name not in FIELDS} | {"course_code": code})
        for sample, code in zip(samples, codes, strict=True)
    ]
    (resources() / "templates" / FILE).write_bytes(write(steps, config.brand))
