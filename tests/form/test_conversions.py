"""Spreadsheet damage is repaired or named: one table a type, and properties over whatever people type."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from processor.form import conversions as read
from processor.form.choices import Funder, Opco
from processor.form.raw import CellError

D = Decimal


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("732 829 320 00074", "73282932000074"), ("732\u00a0829\u202f320 00074", "73282932000074"), (73282932000074.0, "73282932000074"),
        ("35600000000048", "35600000000048"), ("356 000 000 00006", "35600000000006"), ("  73282932000074 ", "73282932000074"), (None, None), ("", None),
    ],
)  # fmt: skip
def test_siret(typed: Any, meant: str | None) -> None:
    assert read.siret(typed) == meant


@pytest.mark.parametrize(
    ("typed", "code", "says"),
    [
        ("73282932000075", "siret_checksum", "faute de frappe"),
        ("7328293200007", "siret_length", "13"),
        ("7,32829E+13", "siret_scientific", "format Texte"),
    ],
)
def test_a_wrong_siret_says_what_to_do(typed: Any, code: str, says: str) -> None:
    with pytest.raises(PydanticCustomError) as error:
        read.siret(typed)
    assert error.value.type == code
    assert says in str(error.value)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (datetime(2027, 3, 1), date(2027, 3, 1)), ("3/3/26", date(2026, 3, 3)), ("03-mars-2026", date(2026, 3, 3)), ("1er mars 2027", date(2027, 3, 1)),
        ("lundi 1 mars 2027", date(2027, 3, 1)), ("2027-03-01", date(2027, 3, 1)), ("03.03.2027", date(2027, 3, 3)), (46447.0, date(2027, 3, 1)), ("15 févr. 2027", date(2027, 2, 15)),
    ],
)  # fmt: skip
def test_dates(typed: Any, meant: date) -> None:
    assert read.day(typed) == meant


@pytest.mark.parametrize("typed", ["31/02/2027", "demain", "13/13/2027", "semaine 12"])
def test_dates_that_do_not_exist(typed: str) -> None:
    with pytest.raises(PydanticCustomError):
        read.day(typed)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (time(9, 30), time(9, 30)), (0.395833333, time(9, 30)), ("9h30", time(9, 30)), ("9 h 30", time(9, 30)), ("09:30", time(9, 30)), ("9h", time(9)),
        (9, time(9)), (timedelta(hours=13, minutes=30), time(13, 30)), ("14 heures", time(14)),
    ],
)  # fmt: skip
def test_hours_of_the_day(typed: Any, meant: time) -> None:
    assert read.hour(typed) == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("1 250,50", D("1250.50")),
        ("1\u202f250,50\u00a0€", D("1250.50")),
        (1250.5, D("1250.5")),
        ("1.250,50", D("1250.50")),
        ("45", D(45)),
        (0.1 + 0.2, D("0.3")),
    ],
)
def test_money(typed: Any, meant: Decimal) -> None:
    assert read.money(typed) == meant


@pytest.mark.parametrize("typed", ["-5", "12,345", "douze", "1e9", "NaN", True])
def test_money_that_is_none(typed: Any) -> None:
    with pytest.raises(PydanticCustomError):
        read.money(typed)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("06 12 34 56 78", "+33612345678"),
        (612345678, "+33612345678"),
        ("+32 2 123 45 67", "+3221234567"),
        ("06.12.34.56.78", "+33612345678"),
        ("+33 (0)6 12 34 56 78", "+33612345678"),
    ],
)
def test_phones(typed: Any, meant: str) -> None:
    assert read.phone(typed) == meant


@pytest.mark.parametrize("typed", ["06 12 34 56", "06 12 34 56 78 ou 79", "néant"])
def test_phones_that_are_none(typed: str) -> None:
    with pytest.raises(PydanticCustomError):
        read.phone(typed)


@pytest.mark.parametrize(
    ("typed", "meant"), [(1000, "01000"), ("01000", "01000"), ("1000", "01000"), ("75 011", "75011"), (69002.0, "69002")]
)
def test_postcodes_keep_their_zeros(typed: Any, meant: str) -> None:
    assert read.postcode(typed) == meant


@pytest.mark.parametrize(
    "typed", ["a@x.fr; b@x.fr", "a@x.fr\nb@x.fr", "a chez x.fr", "a@x", "a@x.fr\r\nBcc: tous@x.fr", "a b@x.fr"]
)
def test_one_address_a_cell(typed: str) -> None:
    with pytest.raises(PydanticCustomError):
        read.email(typed)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("oui", True),
        ("OUI", True),
        ("x", True),
        ("✓", True),
        ("VRAI", True),
        (True, True),
        ("Non", False),
        ("FAUX", False),
        ("", None),
    ],
)
def test_yes_and_no(typed: Any, meant: bool | None) -> None:
    assert read.yes_no(typed) is meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("7", D(7)), ("3h30", D("3.5")), ("3,5", D("3.5")), (time(7, 0), D(7)), (timedelta(hours=14), D(14)), (14, D(14))],
)
def test_durations(typed: Any, meant: Decimal) -> None:
    assert read.duration(typed) == meant


def test_old_names_are_understood_and_new_ones_printed() -> None:
    assert read.chosen(Funder)("Pôle emploi") is Funder.FRANCE_TRAVAIL
    assert Funder.FRANCE_TRAVAIL.label == "France Travail (AIF)"
    assert read.chosen(Opco)("opcommerce") is Opco.OPCOMMERCE
    assert len(Opco) == 11


def test_a_cell_error_is_named() -> None:
    with pytest.raises(PydanticCustomError, match="#REF!"):
        read.line(CellError("#REF!"))


def test_idcc_gets_its_zeros_back() -> None:
    assert read.identifier(4)(44) == "0044"


CONVERSIONS = [
    read.siret,
    read.email,
    read.phone,
    read.postcode,
    read.reference,
    read.money,
    read.percent,
    read.duration,
    read.count,
    read.day,
    read.hour,
    read.yes_no,
    read.line,
    read.paragraphs,
]
ANYTHING = st.one_of(
    st.text(max_size=60), st.integers(), st.floats(), st.booleans(), st.none(), st.datetimes(), st.times(), st.timedeltas()
)


@given(value=ANYTHING, convert=st.sampled_from(CONVERSIONS))
def test_whatever_is_typed_gives_a_value_or_a_sentence(value: Any, convert: Any) -> None:
    try:
        convert(value)
    except PydanticCustomError as error:
        assert len(str(error)) > 10
        assert str(error).rstrip().endswith((".", "…", ")"))


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_dates_survive_the_ledger_and_french_typing(day: date) -> None:
    assert read.day(day.isoformat()) == day
    assert read.day(day.strftime("%d/%m/%Y")) == day


@given(st.decimals(0, 1_000_000, places=2))
def test_money_survives_french_typing(amount: Decimal) -> None:
    assert read.money(f"{amount:,.2f}".replace(",", "\u202f").replace(".", ",") + " €") == amount


@given(st.text(max_size=200))
def test_text_never_keeps_what_xml_forbids(text: str) -> None:
    found = read.text(text) or ""
    assert not any(ord(char) < 32 and char != "\n" for char in found)


@pytest.mark.parametrize("typed", ["CON", "nul", "Lpt1", "com9.2027", "aux.", "S2027-1."])
def test_a_reference_that_no_system_takes_as_a_folder_is_refused(typed: str) -> None:
    with pytest.raises(PydanticCustomError) as error:
        read.reference(typed)
    assert error.value.type == "reference"


@pytest.mark.parametrize("typed", ["CONVENTION-1", "S2027-0042", "Com10"])
def test_a_reference_may_look_like_a_reserved_name(typed: str) -> None:
    assert read.reference(typed) == typed


def test_a_percentage_is_no_amount() -> None:
    with pytest.raises(PydanticCustomError):
        read.money("80 %")
    assert read.percent("80\u00a0%") == D(80)
