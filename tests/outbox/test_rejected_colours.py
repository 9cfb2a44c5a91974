"""The marks of a rejected workbook are seen: the form's own conditional colours come after them, and return without them."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

from openpyxl import Workbook, load_workbook

from processor.config import load, resources
from processor.form.blank import write_blank
from processor.form.findings import Finding
from processor.form.layout import cell_of
from processor.outbox.rejected import mark

CONFIG = load(resources() / "config.yaml")
SHEET, ADDRESS = cell_of("approved_price")  # a cell with a conditional format of its own


def rules_at(book: Workbook) -> list[Any]:
    """The conditional formats that touch the cell, the first to win first."""
    found = [rule for shaded in book[SHEET].conditional_formatting if ADDRESS in shaded for rule in shaded.rules]
    return sorted(found, key=lambda rule: rule.priority)


def opened(content: bytes) -> Workbook:
    return load_workbook(io.BytesIO(content))


def test_a_mark_wins_over_the_form_s_colours_and_goes_away_with_the_mistake() -> None:
    blank = write_blank(CONFIG, date(2026, 3, 2))
    finding = Finding("error", "money", "Ce montant surprend.", SHEET, ADDRESS, "approved_price", "beaucoup")
    marked = mark(blank, [finding], "x.xlsx")
    before, after = rules_at(opened(blank)), rules_at(opened(marked))
    assert len(after) == len(before) + 1
    assert after[0].dxf.fill.bgColor.rgb == opened(marked)[SHEET][ADDRESS].fill.fgColor.rgb
    assert after[0].priority < after[1].priority
    corrected = mark(marked, [], "x.xlsx")
    assert [rule.formula for rule in rules_at(opened(corrected))] == [rule.formula for rule in before]


def test_marks_do_not_pile_up_when_the_workbook_comes_back() -> None:
    blank = write_blank(CONFIG, date(2026, 3, 2))
    finding = Finding("error", "required", "Remplissez cette cellule.", "2 Client", "B12", "first_name", "")
    once = mark(blank, [finding], "x.xlsx")
    twice = mark(once, [finding], "x.xlsx")
    counts = [
        sum(len(shaded.rules) for shaded in opened(content)["2 Client"].conditional_formatting) for content in (once, twice)
    ]
    assert counts[0] == counts[1]
