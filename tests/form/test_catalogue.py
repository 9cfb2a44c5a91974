"""The catalogue: read by its labels, blank without a file, refused with its line when it is wrong, read again when it changes."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from processor.config import Brand, resources
from processor.form.catalogue import FIELDS, FILE, BadCatalogue, courses, write
from processor.form.choices import Modality
from processor.form.steps import SessionStep

COURSE = SessionStep.model_validate(
    {"course_code": "XLS-01", "title": "=1+1", "modality": "mixte", "unit_price": "950,50", "objectives": "Un\nDeux"}
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / FILE
    path.write_bytes(write([COURSE], Brand()))
    return path


def test_what_is_written_is_read_back(file: Path) -> None:
    assert courses(file) == {
        "xls-01": {
            "course_code": "XLS-01",
            "title": "=1+1",
            "modality": Modality.MIXED,
            "unit_price": Decimal("950.50"),
            "objectives": "Un\nDeux",
        }
    }


def test_a_title_that_looks_like_a_formula_is_text(file: Path) -> None:
    sheet = load_workbook(file).worksheets[0]
    assert [cell.data_type for cell in sheet[2] if cell.value == "=1+1"] == ["s"]


def test_without_a_catalogue_there_is_no_course(tmp_path: Path) -> None:
    assert courses(tmp_path / FILE) == {}


def test_columns_are_found_by_label_in_any_order_and_case(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(["PREREQUIS", "remarques internes", "code catalogue"])
    sheet.append(["Aucun", "à revoir", "abc"])
    sheet.append([None, None, None])
    sheet.append(["sans code", None, None])
    book.save(tmp_path / FILE)
    assert courses(tmp_path / FILE) == {"abc": {"prerequisites": "Aucun", "course_code": "ABC"}}


def test_a_changed_catalogue_is_read_again(file: Path) -> None:
    assert courses(file)["xls-01"]["title"] == "=1+1"
    file.write_bytes(write([COURSE.model_copy(update={"title": "Autre"})], Brand()))
    os.utime(file, ns=(1, 1))
    assert courses(file)["xls-01"]["title"] == "Autre"


def test_a_wrong_value_names_its_line(file: Path) -> None:
    book = load_workbook(file)
    book.worksheets[0].cell(2, FIELDS.index("unit_price") + 1).value = "beaucoup"
    book.save(file)
    with pytest.raises(BadCatalogue, match="ligne 2"):
        courses(file)


def test_something_else_than_a_workbook_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"not a workbook")
    with pytest.raises(BadCatalogue, match="illisible"):
        courses(tmp_path / FILE)


def test_the_delivered_catalogue_has_three_courses_that_fill_the_programme() -> None:
    delivered = courses(resources() / "templates" / FILE)
    assert set(delivered) == {"xls-01", "ecr-01", "ges-01"}
    needed = {
        "title",
        "nature",
        "modality",
        "hours",
        "audience",
        "prerequisites",
        "objectives",
        "content",
        "methods",
        "assessment",
    }
    assert all(needed <= set(course) for course in delivered.values())
