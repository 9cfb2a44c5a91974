"""Each rule, broken on purpose in a workbook that is valid otherwise: code, severity and the very cell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.workbook.workbook import Workbook

from processor.config import Config
from processor.form.blank import write_filled
from processor.form.choices import ClientType, Funder
from processor.form.examine import Examined, examine
from processor.form.example import example
from processor.form.layout import cell_of
from processor.form.opening import WorkbookReader
from processor.form.raw import parse_address
from tests.conftest import TODAY

Edit = Callable[[Workbook], None]


def answer(name: str, value: Any) -> Edit:
    def edit(book: Workbook) -> None:
        sheet, address = cell_of(name)
        book[sheet][address] = value

    return edit


def cell(sheet: str, address: str, value: Any) -> Edit:
    return lambda book: book[sheet].__setitem__(address, value)


def both(*edits: Edit) -> Edit:
    def edit(book: Workbook) -> None:
        for one in edits:
            one(book)

    return edit


@dataclass
class Broken:
    """What to break in which example, and what must be found."""

    name: str
    client: ClientType
    funder: Funder
    edit: Edit
    code: str
    severity: str
    where: str

    def __str__(self) -> str:
        return self.name


def emptied(sheet: str, first: str, last: str) -> Edit:
    """The rows of a table cleared between two columns."""

    def edit(book: Workbook) -> None:
        for row in book[sheet][f"{first}3:{last}40"]:
            for one in row:
                one.value = None

    return edit


C, P, S = ClientType.COMPANY, ClientType.PRIVATE, ClientType.SELF_EMPLOYED
O, OWN, CPF, FT = Funder.OPCO, Funder.OWN_FUNDS, Funder.CPF, Funder.FRANCE_TRAVAIL  # noqa: E741
SLOT = "3 Session"


def at(name: str) -> str:
    return "!".join(cell_of(name))


BROKEN = [
    Broken("siret", C, O, answer("siret", "732 829 320 00075"), "siret_checksum", "error", at("siret")),
    Broken("required", C, O, answer("company", None), "required", "error", at("company")),
    Broken("required by funder", C, O, answer("opco", None), "required", "error", at("opco")),
    Broken("funder of another client", C, O, answer("funder", "CPF (Mon Compte Formation)"), "funder_client", "error", at("funder")),
    Broken("agreement without a reason", C, O, answer("agreement_choice", "Contrat"), "required", "error", at("agreement_reason")),
    Broken("agreement override", C, O, both(answer("agreement_choice", "Contrat"), answer("agreement_reason", "demande")), "agreement_override", "warning", at("agreement_choice")),
    Broken("share above the price", P, FT, answer("trainee_share", 5000), "trainee_share", "error", at("trainee_share")),
    Broken("signatory without a name", C, O, answer("signatory_last_name", None), "required", "error", at("signatory_last_name")),
    Broken("manager without e-mail", C, O, answer("manager_email", None), "manager_email", "warning", at("manager_email")),
    Broken("ape", C, O, answer("ape", "85A"), "ape", "warning", at("ape")),
    Broken("idcc", C, O, answer("idcc", "14"), "idcc", "warning", at("idcc")),
    Broken("iban", C, O, answer("iban", "FR7630006000011234567890188"), "iban", "warning", at("iban")),
    Broken("vat number", C, O, answer("vat_number", "FR00732829320"), "vat_number", "warning", at("vat_number")),
    Broken("France Travail identifier", P, FT, answer("job_seeker_id", "12345"), "job_seeker_id", "warning", at("job_seeker_id")),
    Broken("certification code", P, CPF, answer("certification_code", "5252"), "certification_code", "warning", at("certification_code")),
    Broken("CPF without a code", P, CPF, answer("certification_code", None), "required", "error", at("certification_code")),
    Broken("end before start", C, O, answer("end", date(2027, 1, 2)), "dates_order", "error", at("end")),
    Broken("year far away", C, O, answer("start", date(2036, 1, 25)), "date_far", "warning", at("start")),
    Broken("OPCO after the start", C, O, answer("start", TODAY), "opco_started", "error", at("start")),
    Broken("past start", C, OWN, answer("start", TODAY - timedelta(days=9)), "start_past", "warning", at("start")),
    Broken("AKTO 30 days", C, O, answer("start", TODAY + timedelta(days=29)), "funder_deadline", "warning", at("start")),
    Broken("CPF 11 working days", P, CPF, answer("start", TODAY + timedelta(days=13)), "funder_deadline", "error", at("start")),
    Broken("FAFCEA too early", S, Funder.FAFCEA, answer("start", TODAY + timedelta(days=120)), "funder_early", "warning", at("start")),
    Broken("AGEFICE under 7 hours", S, Funder.AGEFICE, answer("hours", 6), "agefice_hours", "warning", at("hours")),
    Broken("slot outside", C, O, cell(SLOT, "F3", date(2027, 2, 20)), "slot_outside", "error", "3 Session!F3"),
    Broken("slot backwards", C, O, cell(SLOT, "H3", "08:00"), "slot_order", "error", "3 Session!H3"),
    Broken("slot too long", C, O, cell(SLOT, "H4", "19:30"), "slot_long", "warning", "3 Session!H4"),
    Broken("slots overlap", C, O, cell(SLOT, "G4", "12:00"), "slot_overlap", "error", "3 Session!G4"),
    Broken("hours and slots", C, O, answer("hours", 21), "hours_sum", "error", at("hours")),
    Broken("two trainees for a private person", P, OWN, both(*(cell("4 Stagiaires", f"{letter}4", value) for letter, value in zip("BCD", ("Deux", "Dora", "dora@x.example"), strict=True))), "one_trainee", "error", "4 Stagiaires!B4"),
    Broken("same address twice", C, O, cell("4 Stagiaires", "D4", "alice.stagiaire@atelier-bellevue.example"), "trainee_twice", "warning", "4 Stagiaires!D4"),
    Broken("trainee without e-mail", C, O, cell("4 Stagiaires", "D3", None), "required", "error", "4 Stagiaires!D3"),
    Broken("minimum above maximum", C, O, answer("min_trainees", 11), "group_bounds", "error", at("min_trainees")),
    Broken("too many trainees", C, O, answer("max_trainees", 3), "group_above", "error", at("max_trainees")),
    Broken("too few trainees", C, O, answer("min_trainees", 8), "group_below", "warning", at("min_trainees")),
    Broken("remote without link", S, Funder.FIFPL, answer("link", None), "link_missing", "warning", at("link")),
    Broken("free of charge", C, O, answer("unit_price", 0), "price_zero", "warning", at("unit_price")),
    Broken("deposit above 30 %", P, OWN, answer("deposit", 50), "deposit", "error", at("deposit")),
    Broken("price not approved", C, O, answer("approved_price", 1), "price_mismatch", "warning", at("approved_price")),
    Broken("unreadable approval is no error", C, O, answer("approved_price", "d’accord"), "number", "warning", at("approved_price")),
    Broken("unknown course", C, O, answer("course_code", "NIX-99"), "course_code", "warning", at("course_code")),
    Broken("no slot", C, O, emptied("3 Session", "F", "J"), "slots_missing", "error", "3 Session!F3"),
    Broken("no trainer", C, O, emptied("3 Session", "K", "O"), "trainers_missing", "error", "3 Session!K3"),
    Broken("no trainee", C, O, emptied("4 Stagiaires", "A", "G"), "trainees_missing", "error", "4 Stagiaires!A3"),
    Broken("no sheet of trainees", C, O, lambda book: book.remove(book["4 Stagiaires"]), "sheet_missing", "error", "4 Stagiaires!"),
    Broken("form of another year", C, O, answer("form_version", "2024-1"), "form_version", "warning", at("form_version")),
]  # fmt: skip


def examined(client: ClientType, funder: Funder, edit: Edit, reader: WorkbookReader, config: Config) -> Examined:
    import io

    book = load_workbook(io.BytesIO(write_filled(example(client, funder, TODAY, config), config, TODAY)))
    edit(book)
    stream = io.BytesIO()
    book.save(stream)
    return examine(stream.getvalue(), "essai.xlsx", reader=reader, config=config, today=TODAY)


@pytest.mark.parametrize("broken", BROKEN, ids=str)
def test_a_broken_rule_is_found_at_its_cell(broken: Broken, reader: WorkbookReader, house: Config) -> None:
    found = examined(broken.client, broken.funder, broken.edit, reader, house)

    hits = [one for one in found.findings if one.code == broken.code and f"{one.sheet}!{one.cell}" == broken.where]
    assert [one.severity for one in hits] == [broken.severity], [(one.code, one.sheet, one.cell) for one in found.findings]
    assert hits[0].message.endswith((".", ")", " ?"))


def test_all_mistakes_come_at_once(reader: WorkbookReader, house: Config) -> None:
    edit = both(answer("siret", "1"), answer("email", "x"), answer("start", "hier"), cell("4 Stagiaires", "D3", "y"))
    codes = {one.code for one in examined(C, O, edit, reader, house).findings if one.severity == "error"}
    assert {"siret_length", "email", "date"} <= codes


def test_findings_come_in_the_order_of_sheets_and_cells(reader: WorkbookReader, house: Config) -> None:
    edit = both(
        cell("4 Stagiaires", "D10", "y"), cell("4 Stagiaires", "D9", "y"), answer("end", None), answer("ape", "85A"),
        answer("siret", "1"), cell(SLOT, "F3", "hier"), answer("opco", None),
    )  # fmt: skip
    places = [(one.sheet, *parse_address(one.cell)) for one in examined(C, O, edit, reader, house).findings]

    assert {name for name, *_ in places} >= {"1 Type de client", "2 Client", "3 Session", "4 Stagiaires"}
    assert places == sorted(places)


def test_labels_count_not_positions(reader: WorkbookReader, house: Config) -> None:
    """Rows inserted, case and accents changed, a column of the trainees moved."""

    def shuffle(book: Workbook) -> None:
        client = book["2 Client"]
        client.insert_rows(4, 3)
        client["A3"] = "  RAISON   SOCIALE : "
        trainees = book["4 Stagiaires"]
        for row in trainees.iter_rows(min_row=2, max_row=8):
            row[1].value, row[2].value = row[2].value, row[1].value
        book["4 Stagiaires"].insert_rows(4, 2)
        book.create_sheet("Mes notes")["A1"] = "à moi"

    found = examined(C, O, shuffle, reader, house)
    assert found.findings == []
    assert found.session.form == example(C, O, TODAY, house)


def test_formulas_that_nobody_computed_are_named(reader: WorkbookReader, house: Config) -> None:
    found = examined(C, O, answer("unit_price", "=900+50"), reader, house)
    assert next((one.code, one.cell) for one in found.findings if one.severity == "error") == (
        "formula_uncomputed",
        cell_of("unit_price")[1],
    )


def test_the_catalogue_fills_only_blanks(reader: WorkbookReader, house: Config) -> None:
    edit = both(answer("course_code", "xls-01"), answer("methods", None), answer("means", "Mes moyens."))
    session = examined(C, O, edit, reader, house).session.form.session
    assert session.methods
    assert session.means == "Mes moyens."
