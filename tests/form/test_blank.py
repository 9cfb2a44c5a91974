"""The session workbook: what it asks, what it keeps as text, and formulas that say what the code says.

LibreOffice, where it is installed, opens every variant in one go and saves it again: the second half compares
what it computed with `pricing.py` and `funding.py`.
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from processor.config import Config, load, resources
from processor.form.blank import add_step_sheets, write_blank, write_filled
from processor.form.choices import ClientType, Funder, Opco, PriceMode
from processor.form.conversions import text as tidied
from processor.form.example import example
from processor.form.fields import questions
from processor.form.formulas import NOT_ASKED, TO_FILL, UNKNOWN, WAITING, condition, state
from processor.form.layout import cell_of, columns_of, recap_cell, rows_of
from processor.form.lists import LISTS
from processor.form.opening import WorkbookReader
from processor.form.raw import column_letters
from processor.form.reading import read
from processor.form.rules import FUNDERS_OF
from processor.form.steps import FIELD_SHEETS, FORM_VERSION, RECAP, SHEET_NAMES, TABLES, Expense, FieldSheet, Form, all_asked
from processor.form.text import fold
from processor.session import Session
from processor.typography import spaced

CONFIG: Config = load(resources() / "config.yaml")
TODAY = date(2026, 3, 2)
PAIRS = [(client, funder) for client, funders in FUNDERS_OF.items() for funder in funders]


def opened(content: bytes, *, values: bool = False) -> Workbook:
    return load_workbook(io.BytesIO(content), data_only=values)


@pytest.fixture(scope="module")
def blank() -> Workbook:
    return opened(write_blank(CONFIG, TODAY))


@pytest.fixture(scope="module")
def reader() -> Iterator[WorkbookReader]:
    opening = WorkbookReader()
    yield opening
    opening.close()


def field_cells(sheet: FieldSheet) -> Iterator[tuple[Any, str]]:
    for asked in questions(sheet.model):
        yield asked, cell_of(asked.name)[1]


# What stands in the workbook


def test_one_sheet_a_step_and_the_lists_hidden(blank: Workbook) -> None:
    visible = [sheet.title for sheet in blank.worksheets if sheet.sheet_state == "visible"]
    assert visible == list(SHEET_NAMES)
    assert blank[LISTS].sheet_state == "hidden"


@pytest.mark.parametrize("sheet", FIELD_SHEETS, ids=lambda sheet: sheet.attribute)
def test_each_question_has_its_label_its_help_and_its_example(blank: Workbook, sheet: FieldSheet) -> None:
    for asked, answer in field_cells(sheet):
        row = answer.removeprefix("B")
        assert blank[sheet.name][f"A{row}"].value == asked.label
        beside = str(blank[sheet.name][f"C{row}"].value or "")
        if not beside.startswith("="):
            assert spaced(asked.question.help) in beside
            assert spaced(asked.question.example.replace("\n", " / ")) in beside


def test_nothing_else_on_a_sheet_can_be_taken_for_a_label(blank: Workbook) -> None:
    for sheet in FIELD_SHEETS:
        labels = {fold(label) for asked in questions(sheet.model) for label in asked.labels}
        own = set(rows_of(sheet).values())
        others = [str(cell.value) for cell in blank[sheet.name]["A"] if cell.value and cell.row not in own]
        assert others
        assert not labels & {fold(text) for text in others}


def test_table_headers_stand_on_row_2(blank: Workbook) -> None:
    for table in TABLES:
        for asked in questions(table.model):
            assert blank[table.name].cell(2, columns_of(table)[asked.name]).value == asked.label


def test_identifiers_keep_their_leading_zeros(blank: Workbook) -> None:
    for name in ("siret", "postcode", "phone", "idcc", "job_seeker_id", "reference"):
        sheet, address = cell_of(name)
        assert blank[sheet][address].number_format == "@"


def covering(sheet: Worksheet, address: str) -> list[Any]:
    return [rule for rule in sheet.data_validations.dataValidation if address in rule.sqref]


def listed(book: Workbook, source: str) -> list[str]:
    sheet, area = source.split("!")
    return [str(row[0].value) for row in book[sheet][area.replace("$", "")]]


def test_every_closed_list_is_a_drop_down_with_all_its_labels(blank: Workbook) -> None:
    seen = 0
    for sheet, asked in all_asked():
        if not asked.format.choices or asked.name == "funder":
            continue
        if isinstance(sheet, FieldSheet):
            address = cell_of(asked.name)[1]
        else:
            address = f"{column_letters(columns_of(sheet)[asked.name])}{2 + sheet.rows}"
        rules = [rule for rule in covering(blank[sheet.name], address) if rule.type == "list"]
        assert len(rules) == 1, asked.label
        assert listed(blank, rules[0].formula1) == [one.label for one in asked.format.choices]
        seen += 1
    assert seen > 8


def test_the_funder_list_depends_on_the_client(blank: Workbook) -> None:
    sheet, address = cell_of("funder")
    (rule,) = covering(blank[sheet], address)
    for client, funders in FUNDERS_OF.items():
        source = rule.formula1.split(f'$B$4="{client.label}",')[1].split(",")[0]
        assert listed(blank, source) == [one.label for one in funders]


def test_only_lists_are_strict_and_every_message_is_french_text(blank: Workbook) -> None:
    rules = [rule for sheet in blank.worksheets for rule in sheet.data_validations.dataValidation]
    assert {rule.type for rule in rules} >= {"list", "date", "time", "decimal", "custom", "textLength"}
    for rule in rules:
        if rule.type is None:
            continue
        assert rule.errorStyle == ("stop" if rule.type == "list" else "warning") or (
            rule.type == "list" and rule.errorStyle is None
        )
        assert rule.error
        assert rule.errorTitle


def test_nothing_exceeds_what_excel_accepts(blank: Workbook) -> None:
    """Beyond these lengths Excel repairs the file: 255 for a validation or a message, 32 for a title, 8192 for a formula."""
    for sheet in blank.worksheets:
        for rule in sheet.data_validations.dataValidation:
            assert len(rule.formula1 or "") <= 255
            assert max(len(rule.error or ""), len(rule.prompt or "")) <= 255
            assert max(len(rule.errorTitle or ""), len(rule.promptTitle or "")) <= 32
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    assert len(str(cell.value)) < 8192
                    assert all(len(literal) <= 255 for literal in re.findall(r'"([^"]*)"', str(cell.value)))
        assert all((dimension.height or 0) <= 409 for dimension in sheet.row_dimensions.values())


def test_shading_looks_at_its_own_sheet_only(blank: Workbook) -> None:
    """Excel keeps conditional formats that look at another sheet elsewhere in the file, and repairs those it finds here."""
    rules = [rule for sheet in blank.worksheets for ranged in sheet.conditional_formatting for rule in ranged.rules]
    assert rules
    assert not [formula for rule in rules for formula in rule.formula if "!" in formula]


def test_sheets_are_ready_to_print_and_to_scroll(blank: Workbook) -> None:
    for name in SHEET_NAMES:
        sheet = blank[name]
        assert sheet.freeze_panes == "A3"
        assert sheet.print_title_rows == "$2:$2"
        assert (sheet.page_setup.paperSize, sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (9, 1, 0)
        assert sheet.oddFooter is not None
        assert "&P" in str(sheet.oddFooter.right.text)
        assert not sheet.protection.sheet
        assert not sheet.sheet_view.showGridLines


def test_no_macro_no_outside_link() -> None:
    names = zipfile.ZipFile(io.BytesIO(write_blank(CONFIG, TODAY))).namelist()
    assert not [name for name in names if "vba" in name.lower() or "external" in name.lower()]


def test_the_version_is_filled_in_whatever_the_form_says() -> None:
    old = example(ClientType.COMPANY, None, TODAY, CONFIG)
    old = old.model_copy(update={"type": old.type.model_copy(update={"form_version": "2019-1"})})
    sheet, address = cell_of("form_version")
    assert opened(write_filled(old, CONFIG, TODAY))[sheet][address].value == FORM_VERSION


def test_a_blank_workbook_may_know_its_client() -> None:
    book = opened(write_blank(CONFIG, TODAY, ClientType.PRIVATE, Funder.CPF))
    assert book["1 Type de client"]["B4"].value == "Particulier"
    assert book["1 Type de client"]["B5"].value == Funder.CPF.label


def test_the_step_sheets_join_another_workbook() -> None:
    book = Workbook()
    book.worksheets[0].title = "Vue d'ensemble"
    add_step_sheets(book, example(ClientType.COMPANY, None, TODAY, CONFIG), CONFIG, TODAY)
    stream = io.BytesIO()
    book.save(stream)
    assert opened(stream.getvalue()).sheetnames[:2] == ["Vue d'ensemble", SHEET_NAMES[0]]


def test_the_validated_price_is_a_number_and_not_a_formula() -> None:
    form = example(ClientType.COMPANY, None, TODAY, CONFIG)
    sheet, address = cell_of("approved_price")
    cell = opened(write_filled(form, CONFIG, TODAY))[sheet][address]
    assert cell.data_type == "n"
    assert Decimal(str(cell.value)) == form.recap.approved_price


# What people typed


def test_siret_and_telephone_are_shown_as_people_write_them() -> None:
    book = opened(write_filled(example(ClientType.COMPANY, None, TODAY, CONFIG), CONFIG, TODAY))
    shown = {name: book["2 Client"][cell_of(name)[1]].value for name in ("siret", "phone", "postcode")}
    assert shown == {"siret": "732 829 320 00074", "phone": "04 74 00 00 01", "postcode": "01000"}


@pytest.mark.parametrize(("client", "funder"), PAIRS)
def test_what_is_written_is_read_back(reader: WorkbookReader, client: ClientType, funder: Funder) -> None:
    form = example(client, funder, TODAY, CONFIG)
    reading = read(reader.read(write_filled(form, CONFIG, TODAY), "x.xlsx"))
    assert reading.findings == []
    assert reading.form == form


@settings(max_examples=25, deadline=None)
@given(start=st.sampled_from("=+-@"), rest=st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=60))
def test_text_stays_text_whatever_it_begins_with(start: str, rest: str) -> None:
    typed = tidied(start + rest) or start
    form = Form.model_validate({"session": {"title": typed}, "trainees": [{"last_name": typed}]})
    book = opened(write_filled(form, CONFIG, TODAY))
    for cell in (book["3 Session"][cell_of("title")[1]], book["4 Stagiaires"]["B3"]):
        assert (cell.data_type, cell.value) == ("s", form.session.title)
        assert cell.quotePrefix


def test_a_long_programme_and_a_long_table_are_kept(reader: WorkbookReader) -> None:
    form = example(ClientType.COMPANY, None, TODAY, CONFIG)
    form = form.model_copy(
        update={
            "session": form.session.model_copy(update={"content": "Une ligne de programme.\n" * 300 + "Fin."}),
            "trainees": form.trainees * 30,
        }
    )
    assert read(reader.read(write_filled(form, CONFIG, TODAY), "x.xlsx")).form == form


# What the formulas say


def test_a_condition_compares_with_the_labels() -> None:
    needed = next(asked for _, asked in all_asked() if asked.name == "opco").question.required
    assert needed is not None
    assert condition(needed) == "AND('1 Type de client'!$B$4=\"Entreprise\",'1 Type de client'!$B$5=\"OPCO\")"


def test_an_answer_always_required_is_to_be_filled_for_everybody() -> None:
    asked = next(asked for sheet, asked in all_asked() if asked.name == "city")
    assert state(asked, 7) == f'=IF($B7<>"","✓","{TO_FILL}")'


def priced(mode: PriceMode, unit: str, *, discount: str | None = None, expenses: list[Expense] | None = None) -> Form:
    form = example(ClientType.COMPANY, Funder.OPCO, TODAY, CONFIG)
    session = form.session.model_copy(
        update={"price_mode": mode, "unit_price": Decimal(unit), "discount": Decimal(discount) if discount else None}
    )
    return form.model_copy(update={"session": session, "expenses": form.expenses if expenses is None else expenses})


def _expense(quantity: str, price: str, rebilled: str | None) -> Expense:
    return Expense.model_validate({"kind": "autre", "quantity": quantity, "unit_price": price, "rebilled": rebilled})


STANDARD = CONFIG.model_copy(
    update={
        "organisation": CONFIG.organisation.model_copy(update={"vat_regime": "standard"}),
        "pricing": CONFIG.pricing.model_copy(update={"commission_percent": Decimal(18)}),
    }
)
_ODD = [_expense("3", "33.35", "oui"), _expense("0.5", "0.25", None), _expense("7", "1.11", "non")]
PRICES: dict[str, tuple[Form, Config]] = {
    "forfait": (priced(PriceMode.FLAT, "1400"), CONFIG),
    "stagiaire": (priced(PriceMode.PER_TRAINEE, "333.33", discount="12.5"), STANDARD),
    "jour": (priced(PriceMode.PER_DAY, "950.55", discount="7.25", expenses=_ODD), STANDARD),
    "heure": (priced(PriceMode.PER_HOUR, "65.05", expenses=[]), STANDARD),
}
_one_half_day = PRICES["jour"][0]
_first = _one_half_day.slots[0]
PRICES["demi-journées"] = (
    _one_half_day.model_copy(
        update={
            "slots": [
                _first.model_copy(update={"start": time(8, 20), "end": time(12, 50)}),
                _first.model_copy(update={"date": date(2026, 5, 12), "start": time(9), "end": time(17)}),
                _first.model_copy(update={"date": date(2026, 5, 13), "end": time(12)}),
                _first.model_copy(update={"date": date(2026, 5, 13), "start": time(14), "end": time(17)}),
            ],
            "session": _one_half_day.session.model_copy(update={"hours": None}),
        }
    ),
    STANDARD,
)


def retyped(form: Form, **changes: Any) -> Form:
    return form.model_copy(update={"type": form.type.model_copy(update=changes)})


FUNDED = {f"{client.value}-{funder.value}": example(client, funder, TODAY, CONFIG) for client, funder in PAIRS} | {
    "atlas": retyped(example(ClientType.COMPANY, Funder.OPCO, TODAY, CONFIG), opco=Opco.ATLAS),
}
BLANKS = [(None, None), *PAIRS]


_PRIVATE = example(ClientType.PRIVATE, None, TODAY, CONFIG)
_TWO_TRAINEES = _PRIVATE.model_copy(update={"trainees": _PRIVATE.trainees * 2})


def with_cell(content: bytes, name: str, value: str) -> bytes:
    """The same workbook with another answer typed."""
    book = opened(content)
    sheet, address = cell_of(name)
    book[sheet][address].value = value
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


@pytest.fixture(scope="module")
def computed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Every variant as LibreOffice saves it again."""
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None:
        pytest.skip("LibreOffice is not installed")
    folder = tmp_path_factory.mktemp("computed")
    variants = {f"prix {name}": write_filled(form, config, TODAY) for name, (form, config) in PRICES.items()}
    variants |= {f"financeur {name}": write_filled(form, CONFIG, TODAY) for name, form in FUNDED.items()}
    variants |= {f"vierge {client}-{funder}": write_blank(CONFIG, TODAY, client, funder) for client, funder in BLANKS}
    variants["intrus"] = write_filled(retyped(FUNDED["atlas"], funder=Funder.CPF), CONFIG, TODAY)
    variants["deux stagiaires"] = write_filled(_TWO_TRAINEES, CONFIG, TODAY)
    variants["prix en lettres"] = with_cell(variants["prix jour"], "unit_price", "mille euros")
    for name, content in variants.items():
        (folder / f"{name}.xlsx").write_bytes(content)
    command = [office, f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless", "--convert-to", "xlsx"]
    out = folder / "out"
    done = subprocess.run(
        [*command, "--outdir", out, *sorted(folder.glob("*.xlsx"))], capture_output=True, timeout=180, check=True
    )
    assert b"error" not in done.stderr.lower()
    return {path.stem: path.read_bytes() for path in out.glob("*.xlsx")}


def recap_of(content: bytes) -> dict[str, Any]:
    sheet = opened(content, values=True)[RECAP]
    names = (
        "group",
        "hours",
        "days",
        "quantity",
        "training",
        "discount",
        "training_net",
        "rebilled",
        "net_of_tax",
        "vat",
        "total",
        "per_hour",
    )
    more = ("own_expenses", "commission", "net", "last_day", "days_left", "advised", "earliest", "refund", "message")
    return {name: sheet[recap_cell(name).replace("$", "")].value for name in names + more}


def cents(value: Any) -> int:
    return round(float(value) * 100)


@pytest.mark.slow
@pytest.mark.parametrize("name", list(PRICES))
def test_the_recap_says_what_pricing_says_to_the_cent(computed: dict[str, bytes], name: str) -> None:
    form, config = PRICES[name]
    session, recap = Session(form, config, today=TODAY), recap_of(computed[f"prix {name}"])
    price = session.price
    assert Decimal(str(recap["days"])) == session.days
    assert round(Decimal(str(recap["hours"])), 4) == round(session.hours, 4)
    assert round(Decimal(str(recap["quantity"])), 4) == round(price.training.quantity, 4)
    assert recap["group"] == 5
    expected = {
        "training": price.training.total_cents,
        "discount": price.discount_cents,
        "training_net": price.training_net_cents,
        "rebilled": price.expenses_cents,
        "net_of_tax": price.net_of_tax_cents,
        "total": price.total_cents,
        "per_hour": price.per_trainee_hour_cents,
        "own_expenses": price.own_expenses_cents,
        "commission": price.commission_cents,
        "net": price.net_cents,
    }
    assert {key: cents(recap[key]) for key in expected} == expected
    if config is STANDARD:
        assert cents(recap["vat"]) == price.vat_cents > 0
    else:
        assert recap["vat"] == "–"


def as_date(value: Any) -> Any:
    return value.date() if isinstance(value, datetime) else value


@pytest.mark.slow
@pytest.mark.parametrize("name", list(FUNDED))
def test_the_funder_s_dates_are_those_of_the_rules(computed: dict[str, bytes], name: str) -> None:
    deadline = Session(FUNDED[name], CONFIG, today=TODAY).deadline
    recap = recap_of(computed[f"financeur {name}"])
    shown = {key: as_date(recap[key]) for key in ("last_day", "advised", "earliest", "refund")}
    if deadline is None:
        assert set(shown.values()) == {"–"}
        return
    assert shown == {key: getattr(deadline, key) or "–" for key in shown}
    assert isinstance(recap["days_left"], int | float)
    today = deadline.last_day - timedelta(days=recap["days_left"])
    assert abs((today - date.today()).days) <= 1


@pytest.mark.slow
def test_a_funder_of_another_client_is_named_with_the_possible_ones(computed: dict[str, bytes]) -> None:
    message = recap_of(computed["intrus"])["message"]
    assert "ne finance pas" in message
    assert "OPCO, Fonds propres" in message
    book = opened(computed["intrus"], values=True)
    assert book["1 Type de client"]["D5"].value == "à revoir"


@pytest.mark.slow
@pytest.mark.parametrize(("client", "funder"), PAIRS)
def test_what_a_client_must_answer_is_marked(computed: dict[str, bytes], client: ClientType, funder: Funder) -> None:
    book = opened(computed[f"vierge {client}-{funder}"], values=True)
    answers = {"client_type": client, "funder": funder, "agreement_choice": "automatique"}
    filled = {*answers, "form_version"}
    for sheet in FIELD_SHEETS:
        for asked, address in field_cells(sheet):
            shown = book[sheet.name][address.replace("B", "D")].value
            question = asked.question
            if asked.name in filled:
                assert shown == "✓"
            elif not question.applies.holds(answers):
                undecided = any(answers.get(term) is None for term, _ in question.applies.terms)
                assert shown == (WAITING if undecided else NOT_ASKED), asked.label
            else:
                needed = question.required is not None and question.required.holds(answers)
                assert shown == (TO_FILL if needed else "facultatif"), asked.label


@pytest.mark.slow
def test_a_filled_example_is_complete_at_every_step(computed: dict[str, bytes]) -> None:
    for client, funder in PAIRS:
        recap = opened(computed[f"financeur {client.value}-{funder.value}"], values=True)[RECAP]
        steps = ("type", "client", "session", "trainees", "expenses")
        assert {recap[recap_cell(step).replace("$", "")].value for step in steps} == {"✓ Étape complète"}
        assert recap["C1"].value == "✓ Les documents partiront"


@pytest.mark.slow
def test_an_edit_after_the_validation_says_that_nothing_leaves(computed: dict[str, bytes]) -> None:
    recap = opened(computed["prix forfait"], values=True)[RECAP]  # another price than the one validated
    row = cell_of("approved_price")[1].removeprefix("B")
    assert recap[f"D{row}"].value == "à revoir"
    assert "rien ne partira" in recap[f"C{row}"].value
    assert recap["C1"].value == "Aperçu seulement\u00a0: rien ne partira"


@pytest.mark.slow
def test_a_price_in_letters_never_counts_as_zero(computed: dict[str, bytes]) -> None:
    recap = recap_of(computed["prix en lettres"])
    assert recap["total"] == recap["net"] == UNKNOWN
    assert recap["rebilled"] > 0


@pytest.mark.slow
def test_a_private_person_with_two_trainees_is_told(computed: dict[str, bytes]) -> None:
    recap = opened(computed["deux stagiaires"], values=True)[RECAP]
    assert "à revoir" in recap[recap_cell("trainees").replace("$", "")].value
    assert recap["C1"].value == "Aperçu seulement\u00a0: rien ne partira"


@pytest.mark.slow
def test_libreoffice_saves_the_same_answers(computed: dict[str, bytes], reader: WorkbookReader) -> None:
    for name, form in FUNDED.items():
        reading = read(reader.read(computed[f"financeur {name}"], "x.xlsx"))
        assert reading.findings == []
        assert reading.form == form


@pytest.mark.slow
def test_no_formula_fails(computed: dict[str, bytes]) -> None:
    for name, content in computed.items():
        for sheet in opened(content, values=True).worksheets:
            wrong = [cell.coordinate for row in sheet.iter_rows() for cell in row if cell.data_type == "e"]
            assert wrong == [], f"{name}, {sheet.title}"


@pytest.mark.slow
def test_lists_and_shading_survive_libreoffice(computed: dict[str, bytes], blank: Workbook) -> None:
    again = opened(computed["vierge None-None"])
    for name in SHEET_NAMES:
        assert len(again[name].conditional_formatting) > 0
        lists = [rule for rule in again[name].data_validations.dataValidation if rule.type == "list"]
        assert bool(lists) == any(rule.type == "list" for rule in blank[name].data_validations.dataValidation)
