"""A sheet as it is declared and filled, looked at as openpyxl opens it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from openpyxl.worksheet.worksheet import Worksheet

from processor.form.saving import save
from processor.outbox.sheet import Sheet, rule
from processor.outbox.styles import GOOD, put
from tests.outbox.views import reopened


def sheet(**declared: Any) -> Sheet:
    return Sheet("L’essai", (20, 10, 10), tab="C8553D", **declared)


def opened(made: Sheet) -> Worksheet:
    found = reopened(save([made.page], title="Essai & <suite>", author="Nous")).worksheets[0]
    assert isinstance(found, Worksheet)
    return found


@pytest.mark.parametrize("freeze", ["A3", "B3"])
def test_what_is_declared_is_what_opens(freeze: str) -> None:
    made = sheet(freeze=freeze, header_row=2, landscape=False, filtered=3)
    put(made, 4, 1, "x")
    made.printed_columns = "A:B"
    found = opened(made)
    assert found.freeze_panes == freeze
    assert found.auto_filter.ref == "A2:C4"
    assert (found.print_title_rows, found.print_area) == ("$2:$2", "'L’essai'!$A$1:$B$4")
    assert (found.page_setup.orientation, found.page_setup.paperSize) == ("portrait", 9)
    assert [found.column_dimensions[letters].width for letters in "ABC"] == [20, 10, 10]
    assert found.sheet_properties.tabColor is not None
    assert found.sheet_properties.tabColor.rgb == "00C8553D"
    assert found.oddFooter is not None
    assert found.oddFooter.right.text == "Page &P sur &N"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (3, 3),
        (Decimal("12.50"), 12.5),
        (0.1 + 0.2, 0.3),
        (date(2027, 3, 1), datetime(2027, 3, 1)),
        (datetime(2027, 3, 1, 9, 30), datetime(2027, 3, 1, 9, 30)),
        ("", None),
        (None, None),
        ("  deux\nlignes ", "  deux\nlignes "),
        ("un\x00 point\x0b", "un point"),
        ("]]> & <b>", "]]> & <b>"),
    ],
)
def test_values_stay_what_they_are(value: object, shown: object) -> None:
    made = sheet()
    put(made, 1, 1, value)
    found = opened(made)["A1"].value
    assert found == (pytest.approx(shown) if isinstance(shown, float) else shown)


def test_a_row_is_high_enough_for_its_text_and_a_merged_cell_has_the_width_of_its_columns() -> None:
    made = sheet()
    put(made, 1, 1, "mot " * 20)
    put(made, 2, 1, "mot " * 20, last=3, colour=GOOD)
    put(made, 3, 1, "mot")
    put(made, 4, 1, "mot " * 20, border="")  # flows over its neighbours
    found = opened(made)
    alone, merged, short, flowing = (found.row_dimensions[row].height for row in (1, 2, 3, 4))
    assert alone > merged > short == flowing
    assert [str(one) for one in found.merged_cells.ranges] == ["A2:C2"]
    assert found["A2"].fill.fgColor.rgb == GOOD


def test_links_lead_to_files_and_to_other_places() -> None:
    made = sheet()
    put(made, 1, 1, "Ouvrir", link="documents/100 % #1 & co.pdf")
    put(made, 2, 1, "Là", underlined=True)
    made.lead(2, 1, "L’essai", "B7", "Là", 'dit "ici"')
    found = opened(made)
    outside, inside = found["A1"].hyperlink, found["A2"].hyperlink
    assert outside is not None
    assert inside is not None
    assert outside.target == "documents/100 %25 %231 & co.pdf"
    assert (inside.target, inside.location, inside.tooltip) == (None, "'L’essai'!B7", 'dit "ici"')


def test_cells_offer_what_their_rule_says() -> None:
    made = sheet()
    made.rules.append(rule("A1:A3", type="list", formula1='"Oui,Non & non"', errorTitle="Choix", showErrorMessage=True))
    (found,) = opened(made).data_validations.dataValidation
    assert (str(found.sqref), found.formula1, found.errorTitle) == ("A1:A3", '"Oui,Non & non"', "Choix")
