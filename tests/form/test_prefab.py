"""The step sheets that are copied are those that are written: every cell, style, height and setting."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import pytest
from openpyxl import load_workbook

from processor.config import Config
from processor.form.blank import write_filled
from processor.form.choices import ClientType, Funder
from processor.form.example import example
from processor.form.prefab import step_pages
from processor.form.rules import FUNDERS_OF
from processor.form.saving import save
from processor.form.steps import Form

TODAY = date(2026, 11, 24)


def read(content: bytes) -> Any:
    return load_workbook(io.BytesIO(content))


def both(form: Form, config: Config) -> tuple[Any, Any]:
    """The sheets as `blank` writes them, and as they are copied."""
    copied = save(step_pages(form, config, TODAY), title="", author="")
    return read(write_filled(form, config, TODAY)), read(copied)


def look(cell: Any) -> tuple[object, ...]:
    return (
        cell.value, cell.data_type, cell.number_format, cell.quotePrefix, repr(cell.font), repr(cell.fill), repr(cell.border),
        repr(cell.alignment),
        cell.hyperlink and cell.hyperlink.location,
    )  # fmt: skip


def same(one: Any, other: Any) -> None:
    assert one.sheetnames == other.sheetnames
    for sheet in one.worksheets:
        twin = other[sheet.title]
        assert sheet.dimensions == twin.dimensions
        for row, mirrored in zip(sheet.iter_rows(), twin.iter_rows(), strict=True):
            for cell, mirror in zip(row, mirrored, strict=True):
                assert look(cell) == look(mirror), f"{sheet.title} {cell.coordinate}"
        assert {row: one.height for row, one in sheet.row_dimensions.items()} == {
            row: one.height for row, one in twin.row_dimensions.items()
        }
        assert (sheet.sheet_state, sheet.print_title_rows, sheet.print_area, sheet.freeze_panes) == (
            twin.sheet_state, twin.print_title_rows, twin.print_area, twin.freeze_panes,
        )  # fmt: skip
        assert [str(rule) for rule in sheet.data_validations.dataValidation] == [
            str(rule) for rule in twin.data_validations.dataValidation
        ]
        assert sheet.merged_cells.ranges == twin.merged_cells.ranges
        assert [one.sqref for one in sheet.conditional_formatting] == [one.sqref for one in twin.conditional_formatting]


@pytest.mark.parametrize(("client", "funder"), [(client, funders[0]) for client, funders in FUNDERS_OF.items()])
def test_a_filled_form_is_the_same_either_way(house: Config, client: ClientType, funder: Funder) -> None:
    same(*both(example(client, funder, TODAY, house), house))


def test_hostile_answers_stay_text(house: Config) -> None:
    form = example(ClientType.COMPANY, None, TODAY, house)
    session = form.session.model_copy(update={"title": "=1+1 <b>&amp;</b> ]]>", "content": '  Jour 1\n+ Jour 2 "é"\n' * 30})
    same(*both(form.model_copy(update={"session": session}), house))


def test_a_table_longer_than_its_sheet_keeps_every_row(house: Config) -> None:
    form = example(ClientType.COMPANY, None, TODAY, house)
    many = form.model_copy(update={"trainees": form.trainees * 20})
    _, copied = both(many, house)
    assert copied["4 Stagiaires"].max_row >= 2 + len(many.trainees)


def test_another_organisation_gets_its_own_sheets(house: Config) -> None:
    form = example(ClientType.COMPANY, None, TODAY, house)
    other = house.model_copy(deep=True)
    other.brand.colour = "004400"
    both(form, house)
    same(*both(form, other))
