"""Where answers stand: the addresses that coordinators and scripts know, and no two things in one place."""

from __future__ import annotations

import pytest

from processor.form.fields import questions
from processor.form.layout import BESIDE_COLUMN, RECAP_ROWS, cell_of, column_of, columns_of, recap_row, reference, rows_of
from processor.form.steps import FIELD_SHEETS, TABLES, FieldSheet, all_asked


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("reference", ("1 Type de client", "B3")),
        ("company", ("2 Client", "B3")),
        ("legal_form", ("2 Client", "B4")),
        ("siret", ("2 Client", "B5")),
        ("title", ("3 Session", "B4")),
    ],
)
def test_known_addresses(name: str, place: tuple[str, str]) -> None:
    assert cell_of(name) == place


def test_a_reference_is_absolute_and_quotes_its_sheet() -> None:
    assert reference("siret") == "'2 Client'!$B$5"


def test_an_unknown_answer_has_no_address() -> None:
    with pytest.raises(KeyError):
        cell_of("inconnu")


@pytest.mark.parametrize("sheet", FIELD_SHEETS, ids=lambda sheet: sheet.attribute)
def test_every_question_has_its_own_row_in_the_order_of_the_declaration(sheet: FieldSheet) -> None:
    rows = list(rows_of(sheet).values())
    assert list(rows_of(sheet)) == [asked.name for asked in questions(sheet.model)]
    assert rows == sorted(set(rows))


@pytest.mark.parametrize("sheet", FIELD_SHEETS, ids=lambda sheet: sheet.attribute)
def test_a_row_is_free_above_each_section(sheet: FieldSheet) -> None:
    rows = rows_of(sheet)
    for asked in questions(sheet.model):
        if asked.question.section and rows[asked.name] > 3:
            assert rows[asked.name] - 1 not in rows.values()


def test_the_totals_stand_above_the_validation() -> None:
    first_question = int(cell_of("approved_price")[1].removeprefix("B"))
    assert recap_row("total") < first_question
    assert recap_row(RECAP_ROWS[-1]) < first_question - 1  # the band « Validation » between them


def test_tables_beside_a_field_sheet_do_not_touch() -> None:
    slots, trainers = (set(columns_of(table).values()) for table in TABLES if table.beside)
    assert min(slots) == BESIDE_COLUMN
    assert min(trainers) - max(slots) == 2


def test_columns_of_a_table_by_letter() -> None:
    assert (column_of("trainees", "email"), column_of("slots", "date"), column_of("expenses", "kind")) == ("D", "F", "A")


def test_every_question_of_the_form_has_a_place() -> None:
    for sheet, asked in all_asked():
        assert asked.name in (rows_of(sheet) if isinstance(sheet, FieldSheet) else columns_of(sheet))
