"""The course catalogue, `templates/catalogue.xlsx`: a code fills the programme's fields that were left blank.

`python -m processor.form.catalogue` writes the delivered example again. The file belongs to the organisation
(it lies beside its templates), so it is read with openpyxl, values only.
"""

from __future__ import annotations

import io
from functools import lru_cache
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from pydantic import ValidationError

from processor.errors import UserError
from processor.form.fields import Asked, questions
from processor.form.steps import SessionStep
from processor.form.text import fold

FILE = "catalogue.xlsx"
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
    try:
        rows = (
            load_workbook(path, read_only=True, data_only=True)
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


def write(rows: list[SessionStep]) -> bytes:
    """A catalogue workbook of these courses."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Catalogue"
    for column, asked in enumerate(_columns(), start=1):
        head = sheet.cell(1, column, asked.label)
        head.font = Font(bold=True, color="FFFFFFFF")
        head.fill = PatternFill("solid", fgColor="FF1B4965")
        sheet.column_dimensions[get_column_letter(column)].width = 46 if asked.format.long else max(asked.format.width, 16)
        for number, row in enumerate(rows, start=2):
            value = getattr(row, asked.name)
            cell = sheet.cell(number, column, getattr(value, "label", value))
            cell.number_format = asked.format.number_format
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.freeze_panes = "C2"
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
    (resources() / "templates" / FILE).write_bytes(write(steps))
