"""The workbook's formulas, as text: conditions, states, totals and the funder's last day.

Pure: each function returns an Excel formula, in English function names as the file format wants them. They say
what `pricing.py`, `session.py` and `funding.py` say; tests recompute them with LibreOffice and compare.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from itertools import groupby

from processor.config import Config, FundingRule
from processor.form.choices import ClientType, Funder, Opco, PriceMode
from processor.form.fields import Asked, When, questions
from processor.form.layout import ANSWER, FIRST_ROW, STATE, column_range, end_of, recap_cell, reference, table_of
from processor.form.raw import column_letters
from processor.form.rules import FUNDERS_OF
from processor.form.steps import FieldSheet, TableSheet, field_sheet_of
from processor.typography import NBSP

WAITING, NOT_ASKED, TO_FILL, FILLED, OPTIONAL, WRONG = "en attente", "sans objet", "à remplir", "✓", "facultatif", "à revoir"
UNKNOWN = "à vérifier"
_REQUIRED_TABLES = ("slots", "trainers", "trainees")


def condition(when: When) -> str:
    """A condition on answers, comparing with the labels that people see."""
    terms = []
    for name, choices in when.terms:
        _, asked = field_sheet_of(name)
        assert asked.format.choices is not None
        tests = [f'{reference(name)}="{one.label}"' for one in asked.format.choices if one in choices]
        terms.append(tests[0] if len(tests) == 1 else f"OR({','.join(tests)})")
    return f"AND({','.join(terms)})" if terms else "TRUE"


def _undecided(when: When) -> str:
    """One of the answers that the condition looks at is still blank."""
    names = dict.fromkeys(name for name, _ in when.terms)
    blanks = [f'{reference(name)}=""' for name in names]
    return f"OR({','.join(blanks)})"


def state(asked: Asked, row: int) -> str:
    """What column « État » says of an answer."""
    question, answer = asked.question, f"${column_letters(ANSWER)}{row}"
    unfilled = f'"{OPTIONAL}"'
    if question.required is not None:
        unfilled = f'IF({condition(question.required)},"{TO_FILL}","{OPTIONAL}")' if question.required.terms else f'"{TO_FILL}"'
    filled = f'"{FILLED}"'
    if asked.name in _CHECKS:
        filled = f'IF({_CHECKS[asked.name]()},"{WRONG}","{FILLED}")'
    formula = f'IF({answer}<>"",{filled},{unfilled})'
    if question.applies.terms:
        absent = f'IF({_undecided(question.applies)},"{WAITING}","{NOT_ASKED}")'
        formula = f"IF({condition(question.applies)},{formula},{absent})"
    return f"={formula}"


def funder_unfit() -> str:
    """Client type and funder are both chosen and do not go together."""
    client, funder = reference("client_type"), reference("funder")
    fits = []
    for one in ClientType:
        choices = ",".join(f'{funder}="{each.label}"' for each in FUNDERS_OF[one])
        fits.append(f'AND({client}="{one.label}",OR({choices}))')
    return f'AND({client}<>"",{funder}<>"",NOT(OR({",".join(fits)})))'


def price_approved() -> str:
    """« Je valide le prix » is the total, to the cent. On « 6 Récapitulatif » only."""
    approved = reference("approved_price")
    return f"AND(ISNUMBER({approved}),IFERROR(ROUND({approved},2)=ROUND({recap_cell('total')},2),FALSE))"


def slot_hours() -> str:
    """The sum of the half-days, in hours; an error if a time is not one."""
    return f"ROUND(SUMPRODUCT({column_range('slots', 'end')}-{column_range('slots', 'start')})*24,4)"


def _hours_differ() -> str:
    return f"AND(COUNT({column_range('slots', 'end')})>0,IFERROR(ABS({reference('hours')}-{slot_hours()})*60>=1,FALSE))"


def _end_before_start() -> str:
    start, end = reference("start"), reference("end")
    return f"AND(ISNUMBER({start}),ISNUMBER({end}),{end}<{start})"


def _price_differs() -> str:
    return f"NOT({price_approved()})"


_CHECKS: dict[str, Callable[[], str]] = {
    "funder": funder_unfit,
    "end": _end_before_start,
    "hours": _hours_differ,
    "approved_price": _price_differs,
}


def filled_rows(table: TableSheet) -> str:
    """1 for each row of the table that holds something, 0 for the others (an array, for SUMPRODUCT)."""
    names = [asked.name for asked in questions(table.model) if not asked.question.computed]
    return f'--({"&".join(column_range(table.attribute, name) for name in names)}<>"")'


def missing_in(table: TableSheet) -> str:
    """How many required cells of the table's filled rows are blank; 1 for a table that must not be empty and is."""
    names = [asked.name for asked in questions(table.model) if asked.question.required]
    blanks = "+".join(f'({column_range(table.attribute, name)}="")' for name in names)
    rows = filled_rows(table)
    formula = f"SUMPRODUCT(({rows})*({blanks}))"
    return f"{formula}+(SUMPRODUCT({rows})=0)" if table.attribute in _REQUIRED_TABLES else formula


def progress(sheet: FieldSheet, tables: Sequence[TableSheet] = ()) -> str:
    """How far a step is: what is missing or wrong on its sheet, in words."""
    letters = column_letters(STATE)
    states = f"${letters}${FIRST_ROW}:${letters}${end_of(sheet) - 1}"
    missing = "+".join([f'COUNTIF({states},"{TO_FILL}")', *(missing_in(table) for table in tables)])
    return _words(missing, f'COUNTIF({states},"{WRONG}")')


def ready() -> str:
    """On « 6 Récapitulatif »: whether the documents would leave."""
    first, last = recap_cell("type"), recap_cell("expenses")
    complete = f'SUMPRODUCT(--(LEFT({first}:{last},1)="✓"))=ROWS({first}:{last})'
    leaves = f'AND({complete},{price_approved()},{reference("send")}="Oui")'
    return f'=IF({leaves},"✓ Les documents partiront","Aperçu seulement{NBSP}: rien ne partira")'


def table_progress(table: TableSheet) -> str:
    """The same for a table that is a step of its own; a private person is the only trainee (L.6353-3)."""
    wrong = "0"
    if table.attribute == "trainees":
        wrong = f'({reference("client_type")}="{ClientType.PRIVATE.label}")*(SUMPRODUCT({filled_rows(table)})>1)'
    return _words(missing_in(table), wrong)


def _words(missing: str, wrong: str) -> str:
    return (
        f'=IF({wrong}>0,{wrong}&IF({wrong}=1," réponse à revoir"," réponses à revoir"),IF({missing}=0,"✓ Étape complète",'
        f'{missing}&IF({missing}=1," réponse à remplir"," réponses à remplir")))'
    )


def totals(config: Config) -> dict[str, str]:
    """The rows « Prix » and « Interne » of the recap by name: the amounts of `pricing.py`, to the cent."""
    at = recap_cell
    mode, unit = reference("price_mode"), _number("unit_price")
    dates, begin, end = (column_range("slots", name) for name in ("date", "start", "end"))
    # a date with two slots, or one longer than 4 h 30, is a day; otherwise half a day (session.py)
    half = f"(COUNTIF({dates},{dates})=1)*(ROUND(({end}-{begin})*1440,0)<=270)"
    days = f'SUMPRODUCT(({dates}<>"")*(1-0.5*{half})/(COUNTIF({dates},{dates})+({dates}="")))'
    stated = _number("hours")
    quantity, price, rebilled = (column_range("expenses", name) for name in ("quantity", "unit_price", "rebilled"))
    expenses = f"SUMPRODUCT(ROUND({quantity}*{price},2)*({rebilled}{{}}))"
    taxed = config.organisation.vat_regime == "standard"
    formulas = {
        "group": f"SUMPRODUCT({filled_rows(table_of('trainees'))})",
        "hours": f"IF({stated}>0,{stated},{slot_hours()})",
        "days": f"ROUND({days},1)",
        "quantity": _by_mode(mode, {PriceMode.PER_TRAINEE: "group", PriceMode.PER_DAY: "days", PriceMode.PER_HOUR: "hours"}),
        "training": f"ROUND({at('quantity')}*{unit},2)",
        "discount": f"ROUND({at('training')}*{_number('discount')}/100,2)",
        "training_net": f"ROUND({at('training')}-{at('discount')},2)",
        "rebilled": expenses.format('<>"Non"'),
        "net_of_tax": f"ROUND({at('training_net')}+{at('rebilled')},2)",
        # without VAT no rate and no zero is shown: the price is « net de taxe »
        "vat": f"ROUND({at('net_of_tax')}*{config.pricing.vat_percent}/100,2)" if taxed else '"–"',
        "total": f"ROUND({at('net_of_tax')}+{at('vat')},2)" if taxed else at("net_of_tax"),
        "per_hour": f'IF({at("group")}*{at("hours")}=0,"–",ROUND({at("training_net")}/({at("group")}*{at("hours")}),2))',
        "own_expenses": expenses.format('="Non"'),
        "commission": f"ROUND({at('training_net')}*{config.pricing.commission_percent}/100,2)",
        "net": f"ROUND({at('training_net')}-{at('commission')}-{at('own_expenses')},2)",
    }
    return {name: f'=IFERROR({formula},"{UNKNOWN}")' for name, formula in formulas.items()}


def _number(name: str) -> str:
    """An answer as a number, blank as zero; text that is not one is an error, never a silent zero."""
    return f'IF({reference(name)}="",0,{reference(name)}*1)'


def _by_mode(mode: str, rows: dict[PriceMode, str]) -> str:
    formula = "1"
    for one, row in rows.items():
        formula = f'IF({mode}="{one.label}",{recap_cell(row)},{formula})'
    return formula


def funding_dates(config: Config, today: date, holidays: str) -> dict[str, str]:
    """Last day, advised day, first day and refund day of the chosen funder, blank where its rule has none.

    `holidays` is the range of public holidays. Rules that begin after `today` are compared with the start date.
    """
    start = reference("start")

    def shifted(rule: FundingRule, days: int) -> str:
        signed = -days if rule.direction == "before" else days
        return f"WORKDAY({start},{signed},{holidays})" if rule.unit == "working" else f"{start}{signed:+d}"

    def last(rule: FundingRule) -> str:
        return shifted(rule, rule.days)

    def advised(rule: FundingRule) -> str:
        return '""' if rule.advised_days is None else shifted(rule, rule.advised_days)

    def earliest(rule: FundingRule) -> str:
        return f"EDATE({start},-{rule.earliest_months})" if rule.earliest_months else '""'

    def refund(rule: FundingRule) -> str:
        months, end = rule.refund_months_after_end, reference("end")
        return f'IF(ISNUMBER({end}),EDATE({end},{months}),"")' if months else '""'

    kinds = {"last_day": last, "advised": advised, "earliest": earliest, "refund": refund}
    formulas = {}
    for name, value in kinds.items():
        formula = '""'
        for test, rules in _cases(config.funding_rules):
            found = '""'
            for rule in rules:
                found = value(rule) if rule.since <= today else f"IF({start}>={_day(rule.since)},{value(rule)},{found})"
            formula = f"IF({test},{found},{formula})"
        formulas[name] = f'=IF(ISNUMBER({start}),{formula},"")'
    return formulas


def _cases(rules: Sequence[FundingRule]) -> list[tuple[str, list[FundingRule]]]:
    """The rules of each funder by date, then of single OPCOs: the later case wins, as in `funding.rule_for`."""

    def key(rule: FundingRule) -> tuple[bool, str, str]:
        return rule.opco is not None, rule.funder, rule.opco or ""

    cases = []
    for (special, funder, opco), found in groupby(sorted(rules, key=lambda rule: (*key(rule), rule.since)), key=key):
        test = f'{reference("funder")}="{Funder(funder).label}"'
        if special:
            test = f'AND({test},{reference("opco")}="{Opco(opco).label}")'
        cases.append((test, list(found)))
    return cases


def _day(value: date) -> str:
    return f"DATE({value.year},{value.month},{value.day})"


def row_reached(columns: Sequence[int], row: int) -> str:
    """Relative to `row`: it holds something in these columns, or the row above does."""
    first, last = column_letters(columns[0]), column_letters(columns[-1])
    return f"COUNTA(${first}{row - 1}:${last}{row})>0"


def slots_sum() -> str:
    """Beside the slots: their sum against the stated hours."""
    hours, total = reference("hours"), slot_hours()
    return (
        f'=IFERROR(IF(COUNT({column_range("slots", "end")})=0,"",IF({hours}="",{total}&" h",'
        f'IF(ABS({hours}-{total})*60<1,"✓ "&{total}&" h",{total}&" h sur "&{hours}&" h"))),"Heures à revoir")'
    )
