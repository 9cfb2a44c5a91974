"""The workbook that a coordinator fills, written from the declaration; blank, or with a form's answers in it.

No macro and nothing that Excel repairs: lists, formats, formulas and conditional shading only. What a person
typed is written as text even when it begins with `=`.
"""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.formatting.rule import Rule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.header_footer import HeaderFooterItem, _HeaderFooterPart
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from processor.config import Config
from processor.form.choices import Funder, Opco, PriceMode
from processor.form.fields import Asked, Choice, When, questions
from processor.form.layout import (
    ANSWER,
    FIRST_ROW,
    HEADER_ROW,
    HELP,
    LABEL,
    STATE,
    TITLE_ROW,
    column_range,
    columns_of,
    end_of,
    field_sheet,
    reference,
    rows_of,
)
from processor.form.raw import column_letters
from processor.form.steps import (
    EXPENSES,
    FIELD_SHEETS,
    FORM_VERSION,
    SHEET_NAMES,
    TABLES,
    FieldSheet,
    Form,
    TableSheet,
    TypeStep,
    all_asked,
    field_sheet_of,
)
from processor.funding import rule_for
from processor.working_days import french_holidays

LISTS = "Listes"
GREY, PALE, LINE, AMBER, GREEN = "FF8A949E", "FFF3F6F9", "FFD5DCE3", "FFFFF2CC", "FF2E7D32"
_SIDE = Side(style="thin", color=LINE)
_BOX = Border(left=_SIDE, right=_SIDE, top=_SIDE, bottom=_SIDE)
_WRAP = Alignment(wrap_text=True, vertical="center")
_TOP = Alignment(wrap_text=True, vertical="top")

FUNDING_MESSAGES = {
    Funder.OPCO: "L’entreprise transmet devis, convention et programme à son OPCO avant le début. Réponse possible : accord total, accord partiel ou refus. Commencer avant la réponse, c’est accepter de payer en cas de refus.",
    Funder.OWN_FUNDS: "Le client paie l’organisme lui-même. Un particulier ne verse rien avant la fin du délai de rétractation, puis 30 % au plus.",
    Funder.CPF: "Tout passe par Mon Compte Formation ; l’organisme est payé par la Caisse des dépôts. Ne demandez aucun paiement à côté. La formation doit avoir un code RNCP ou RS.",
    Funder.FRANCE_TRAVAIL: "Devis complet dans Kairos environ 15 jours avant le début. L’organisme est payé par France Travail.",
    Funder.FIFPL: "Le professionnel dépose sa demande au FIF PL, paie l’organisme, puis le fonds le rembourse.",
    Funder.AGEFICE: "Le dirigeant dépose sa demande avant le début, paie l’organisme, puis l’AGEFICE le rembourse. 7 heures au moins, dates exactes.",
    Funder.FAFCEA: "L’artisan dépose sa demande avant le début, paie l’organisme, puis le FAFCEA le rembourse.",
}


def blank_form(client: Choice | None = None, funder: Choice | None = None) -> Form:
    """An unanswered form, with the type already chosen when it is known."""
    return Form(
        type=TypeStep.model_validate(
            {"client_type": client, "funder": funder, "agreement_choice": "automatique", "form_version": FORM_VERSION}
        )
    )


def workbook(form: Form, config: Config, today: date) -> bytes:
    """The session workbook with the answers of `form`; formulas start from the rules that hold `today`."""
    book = Workbook()
    if book.active is not None:
        book.remove(book.active)
    add_step_sheets(book, form, config, today)
    book.properties.title = form.session.title or "Session de formation"
    book.properties.creator = config.organisation.name
    book.properties.language = "fr-FR"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def add_step_sheets(book: Workbook, form: Form, config: Config, today: date) -> None:
    """Add the six step sheets and the hidden lists to `book`."""
    sheets = {name: book.create_sheet(name) for name in SHEET_NAMES}
    lists = _Lists(book, config, today)
    paint = _Paint(f"FF{config.brand.colour}", f"FF{config.brand.accent}")
    for sheet in FIELD_SHEETS:
        _write_fields(sheets[sheet.name], sheet, form, lists, paint)
    for table in TABLES:
        _write_table(sheets[table.name], table, form, lists, paint)
    _write_funding(sheets["1 Type de client"], end_of(field_sheet("type")) + 1, config, lists, paint)
    _write_totals(sheets["6 Récapitulatif"], config, lists, paint)
    for name, one in sheets.items():
        _print_setup(one, name, landscape=name in ("3 Session", "4 Stagiaires", EXPENSES))
        one.sheet_properties.tabColor = paint.colour[2:]


class _Paint:
    """The brand, as openpyxl wants it."""

    def __init__(self, colour: str, accent: str) -> None:
        self.colour = colour
        self.band = PatternFill("solid", fgColor=colour)
        self.title = Font(name="Calibri", size=16, bold=True, color=colour)
        self.header = Font(name="Calibri", bold=True, color="FFFFFFFF")
        self.section = Font(name="Calibri", bold=True, color=accent)


class _Lists:
    """The hidden sheet: one column a list of choices, then the funders' messages and the public holidays."""

    def __init__(self, book: Workbook, config: Config, today: date) -> None:
        self._sheet = book.create_sheet(LISTS)
        self._sheet.sheet_state = "hidden"
        self._ranges: dict[str, str] = {}
        kinds = {asked.format.choices for _, asked in all_asked() if asked.format.choices}
        for choices in sorted(kinds, key=lambda one: one.__name__):
            self._ranges[choices.__name__] = self._column([one.label for one in choices])
        self._ranges["YesNo"] = self._column(["Oui", "Non"])
        self.funders = self._column([one.label for one in Funder])
        self.messages = self._column([FUNDING_MESSAGES[one] for one in Funder])
        days = [day for year in range(today.year, today.year + 4) for day in sorted(french_holidays(year))]
        self.holidays = self._column(days)

    def _column(self, values: list[Any]) -> str:
        column = self._sheet.max_column + 1 if self._ranges else 1
        for row, value in enumerate(values, start=1):
            cell = self._sheet.cell(row, column, value)
            if isinstance(value, date):
                cell.number_format = "DD/MM/YYYY"
        letters = column_letters(column)
        return f"{LISTS}!${letters}$1:${letters}${len(values)}"

    def range_of(self, asked: Asked) -> str | None:
        if asked.format.choices:
            return self._ranges[asked.format.choices.__name__]
        return self._ranges["YesNo"] if asked.format.name == "yes_no" else None


def formula_of(condition: When) -> str:
    """A condition on answers as an Excel formula, comparing with the labels that people see."""
    terms = []
    for name, choices in condition.terms:
        _, asked = field_sheet_of(name)
        assert asked.format.choices is not None
        labels = sorted(one.label for one in asked.format.choices if one in choices)
        terms.append("OR(" + ",".join(f'{reference(name)}="{label}"' for label in labels) + ")")
    return f"AND({','.join(terms)})" if terms else "TRUE"


def _shade(formulas: list[str], fill: PatternFill | None = None, font: Font | None = None, *, last: bool = False) -> Rule:
    """A conditional format while the formula holds."""
    return Rule(type="expression", dxf=DifferentialStyle(font=font, fill=fill), formula=formulas, stopIfTrue=last)


def put(cell: Cell | MergedCell, value: Any) -> None:
    """Write an answer: text is text whatever it begins with; choices by label; decimals as numbers."""
    match value:
        case None:
            return
        case Choice():
            value = value.label
        case bool():
            value = "Oui" if value else "Non"
        case Decimal():
            value = float(value)
    if isinstance(cell, MergedCell):
        return
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"
        cell.quotePrefix = value.startswith(("=", "+", "-", "@"))


def _write_fields(one: Worksheet, sheet: FieldSheet, form: Form, lists: _Lists, paint: _Paint) -> None:
    _title(one, sheet.title, paint)
    for column, text in ((LABEL, "Rubrique"), (ANSWER, "Votre réponse"), (HELP, "Aide"), (STATE, "État")):
        _header(one, HEADER_ROW, column, text, paint)
    answers = getattr(form, sheet.attribute)
    for asked in questions(sheet.model):
        row = rows_of(sheet)[asked.name]
        if asked.question.section and row > FIRST_ROW:
            band = one.cell(row - 1, LABEL, asked.question.section)
            band.font = paint.section
            one.row_dimensions[row - 1].height = 22
            band.alignment = Alignment(vertical="bottom")
        label, answer, note, state = (one.cell(row, column) for column in (LABEL, ANSWER, HELP, STATE))
        label.value, label.font, label.alignment = asked.label, Font(bold=asked.question.required is not None), _TOP
        answer.number_format, answer.alignment = asked.format.number_format, _TOP if asked.format.long else _WRAP
        put(answer, getattr(answers, asked.name))
        example = f"Ex. : {asked.question.example}" if asked.question.example else ""
        note.value = " ".join(part for part in (asked.question.help, example) if part) or None
        note.font, note.alignment = Font(size=9, italic=True, color=GREY), _TOP
        state.value = _state_formula(asked, row)
        state.font, state.alignment = Font(size=9, color=GREY), Alignment(vertical="center", horizontal="center")
        for cell in (label, answer, note, state):
            cell.border = _BOX
        length = len(str(getattr(answers, asked.name) or ""))
        one.row_dimensions[row].height = (
            max(66, min(15 * (length // 44 + 2), 220))
            if asked.format.long
            else max(18, 13 * (len(note.value or "") // 62 + 1) + 5)
        )
        if asked.name == "form_version":
            label.font = answer.font = Font(size=8, color=GREY)
        _validate(one, asked, answer.coordinate, lists)
    last = end_of(sheet) - 1
    area = f"A{FIRST_ROW}:C{last}"
    one.conditional_formatting.add(
        area,
        _shade(
            [f'$D{FIRST_ROW}="sans objet"'],
            fill=PatternFill("solid", bgColor="FFE3E6E9"),
            font=Font(color="FFB4BCC4"),
            last=True,
        ),
    )
    one.conditional_formatting.add(
        f"B{FIRST_ROW}:B{last}", _shade([f'$D{FIRST_ROW}="à remplir"'], fill=PatternFill("solid", bgColor=AMBER))
    )
    one.conditional_formatting.add(f"D{FIRST_ROW}:D{last}", _shade([f'$D{FIRST_ROW}="✓"'], font=Font(color=GREEN, bold=True)))
    one.conditional_formatting.add(
        f"D{FIRST_ROW}:D{last}", _shade([f'$D{FIRST_ROW}="à remplir"'], font=Font(color="FFB26A00", bold=True))
    )
    for letter, width in zip("ABCDE", (36, 46, 58, 12, 3), strict=True):
        one.column_dimensions[letter].width = width
    one.freeze_panes = f"A{FIRST_ROW}"
    one.sheet_view.showGridLines = False


def _state_formula(asked: Asked, row: int) -> str:
    question = asked.question
    required = formula_of(question.required) if question.required else "FALSE"
    return f'=IF(NOT({formula_of(question.applies)}),"sans objet",IF($B{row}<>"","✓",IF({required},"à remplir","facultatif")))'


def _validate(one: Worksheet, asked: Asked, where: str, lists: _Lists) -> None:
    """Drop-down lists are strict; dates, hours and numbers only warn, because the reader understands more."""
    source = lists.range_of(asked)
    kind = asked.format.name
    if source:
        rule = DataValidation(type="list", formula1=source, allow_blank=True)
        rule.error, rule.errorTitle = "Choisissez une valeur de la liste.", asked.label[:32]
    elif kind == "date":
        rule = DataValidation(type="date", operator="greaterThan", formula1="18264", allow_blank=True, errorStyle="warning")
        rule.error, rule.errorTitle = "Saisissez une date, par exemple 03/03/2027.", asked.label[:32]
    elif kind in ("money", "quantity", "hours", "percent", "count"):
        rule = DataValidation(type="decimal", operator="greaterThanOrEqual", formula1="0", allow_blank=True, errorStyle="warning")
        rule.error, rule.errorTitle = "Saisissez un nombre.", asked.label[:32]
    else:
        return
    if kind == "choice" or asked.question.help:
        rule.prompt, rule.promptTitle = asked.question.help[:250] or None, asked.label[:32]
    rule.showErrorMessage = rule.showInputMessage = True
    rule.add(where)
    one.add_data_validation(rule)


def _write_table(one: Worksheet, table: TableSheet, form: Form, lists: _Lists, paint: _Paint) -> None:
    columns = columns_of(table)
    first = min(columns.values())
    title = one.cell(TITLE_ROW, first, table.title)
    title.font = paint.title if not table.beside else Font(bold=True, size=12, color=paint.colour)
    one.row_dimensions[TITLE_ROW].height = 30
    rows = getattr(form, table.attribute)
    asked_all = questions(table.model)
    last = FIRST_ROW + max(table.rows, len(rows)) - 1
    for asked in asked_all:
        column = columns[asked.name]
        _header(one, HEADER_ROW, column, asked.label, paint)
        for number in range(last - FIRST_ROW + 1):
            cell = one.cell(FIRST_ROW + number, column)
            cell.number_format, cell.border, cell.alignment = asked.format.number_format, _BOX, _WRAP
            if number % 2:
                cell.fill = PatternFill("solid", fgColor=PALE)
            if asked.question.computed:
                cell.value = _computed(table, columns, FIRST_ROW + number)
            elif number < len(rows):
                put(cell, getattr(rows[number], asked.name))
        letters = column_letters(column)
        one.column_dimensions[letters].width = (
            max(asked.format.width, len(asked.label) + 4) if asked.format.name != "choice" else 24
        )
        _validate(one, asked, f"{letters}{FIRST_ROW}:{letters}{last}", lists)
    if not table.beside:
        one.freeze_panes = f"A{FIRST_ROW}"
        one.sheet_view.showGridLines = False
    needed = [columns[asked.name] for asked in asked_all if asked.question.required]
    if needed:
        left, right = column_letters(first), column_letters(first + len(asked_all) - 1)
        for column in needed:
            letters = column_letters(column)
            rule = f'AND(COUNTA(${left}{FIRST_ROW}:${right}{FIRST_ROW})>{sum(asked.question.computed for asked in asked_all)},{letters}{FIRST_ROW}="")'
            one.conditional_formatting.add(
                f"{letters}{FIRST_ROW}:{letters}{last}", _shade([rule], fill=PatternFill("solid", bgColor=AMBER))
            )


def _computed(table: TableSheet, columns: dict[str, int], row: int) -> str:
    quantity, price = (f"{column_letters(columns[name])}{row}" for name in ("quantity", "unit_price"))
    return f'=IF({quantity}="","",ROUND({quantity}*{price},2))'


def _write_funding(one: Worksheet, row: int, config: Config, lists: _Lists, paint: _Paint) -> None:
    """The funder's message with the computed last day; dates have cells of their own, so that every Excel shows them."""
    head = one.cell(row, LABEL, "Conditions du financeur")
    head.font = paint.section
    funder, start = reference("funder"), reference("start")
    message = one.cell(
        row + 1,
        LABEL,
        f'=IF({funder}="","Choisissez le type de client et le financeur.",IFERROR(INDEX({lists.messages},MATCH({funder},{lists.funders},0)),""))',
    )
    one.merge_cells(start_row=row + 1, start_column=LABEL, end_row=row + 1, end_column=STATE)
    message.alignment, message.fill = _WRAP, PatternFill("solid", fgColor=PALE)
    one.row_dimensions[row + 1].height = 48
    _formula(one, row + 2, "Dernier jour pour déposer la demande", _last_day(config, lists), "DD/MM/YYYY", paint)
    last = f"$B${row + 2}"
    _formula(one, row + 3, "Jours restants", f'=IF({last}="","",{last}-TODAY())', "0", paint)
    one.cell(row + 2, HELP, f'=IF({start}="","Donnez la date de début (feuille 3).","")').font = Font(
        size=9, italic=True, color=GREY
    )
    red = _shade([f"AND(ISNUMBER($B{row + 3}),$B{row + 3}<7)"], font=Font(color="FFB3261E", bold=True))
    one.conditional_formatting.add(f"B{row + 2}:B{row + 3}", red)


def _last_day(config: Config, lists: _Lists) -> str:
    """The rule of each funder (and OPCO) as nested IFs over the start date."""
    start, funder, opco = reference("start"), reference("funder"), reference("opco")
    formula = '""'
    cases: list[tuple[str, str]] = []
    today = date.today()
    for one in Funder:
        rule = rule_for(config.funding_rules, one, None, today)
        if rule is not None:
            cases.append((f'{funder}="{one.label}"', _shifted(start, rule.days, rule.unit, rule.direction, lists)))
    for special in Opco:
        rule = rule_for(config.funding_rules, Funder.OPCO, special, today)
        if rule is not None and rule.opco:
            cases.append(
                (
                    f'AND({funder}="{Funder.OPCO.label}",{opco}="{special.label}")',
                    _shifted(start, rule.days, rule.unit, rule.direction, lists),
                )
            )
    for test, value in cases:
        formula = f"IF({test},{value},{formula})"
    return f'=IF(ISNUMBER({start}),{formula},"")'


def _shifted(start: str, days: int, unit: str, direction: str, lists: _Lists) -> str:
    sign = "-" if direction == "before" else "+"
    return f"WORKDAY({start},{sign}{days},{lists.holidays})" if unit == "working" else f"{start}{sign}{days}"


def _write_totals(one: Worksheet, config: Config, lists: _Lists, paint: _Paint) -> None:
    """Totals by formulas below the two ticks; the same amounts as `processor/pricing.py`."""
    row = end_of(field_sheet("recap")) + 1
    one.cell(row, LABEL, "Totaux (calculés)").font = paint.section
    euro = '#,##0.00\\ "€"'
    dates, begin, end = (column_range("slots", name) for name in ("date", "start", "end"))
    alone = f"(COUNTIF({dates},{dates})=1)*(({end}-{begin})*24<=4.5)"
    days = f'=IFERROR(SUMPRODUCT(({dates}<>"")*(1-0.5*{alone})/(COUNTIF({dates},{dates})+({dates}=""))),0)'
    quantity, price = column_range("expenses", "quantity"), column_range("expenses", "unit_price")
    rebilled = column_range("expenses", "rebilled")
    mode, unit = reference("price_mode"), reference("unit_price")
    vat = float(config.pricing.vat_percent) if config.organisation.vat_regime == "standard" else 0
    at = {name: f"$B${row + 1 + number}" for number, name in enumerate(_TOTALS)}
    formulas = {
        "trainees": f'=SUMPRODUCT(--({column_range("trainees", "last_name")}<>""))',
        "hours": f"=N({reference('hours')})",
        "days": days,
        "quantity": f'=IF({mode}="{PriceMode.PER_TRAINEE.label}",{at["trainees"]},IF({mode}="{PriceMode.PER_DAY.label}",{at["days"]},IF({mode}="{PriceMode.PER_HOUR.label}",{at["hours"]},1)))',
        "training": f"=ROUND({at['quantity']}*N({unit}),2)",
        "discount": f"=ROUND({at['training']}*N({reference('discount')})/100,2)",
        "training_net": f"={at['training']}-{at['discount']}",
        "expenses": f'=SUMPRODUCT(ROUND({quantity}*{price},2)*({rebilled}<>"Non"))',
        "net_of_tax": f"={at['training_net']}+{at['expenses']}",
        "vat": f"=ROUND({at['net_of_tax']}*{vat:g}/100,2)",
        "total": f"={at['net_of_tax']}+{at['vat']}",
        "per_hour": f'=IF({at["trainees"]}*{at["hours"]}=0,"",ROUND({at["training_net"]}/({at["trainees"]}*{at["hours"]}),2))',
        "commission": f"=ROUND({at['training_net']}*{float(config.pricing.commission_percent):g}/100,2)",
        "net": f'={at["training_net"]}-{at["commission"]}-SUMPRODUCT(ROUND({quantity}*{price},2)*({rebilled}="Non"))',
    }
    for number, (name, label) in enumerate(_TOTALS.items(), start=1):
        plain = name in ("trainees", "hours", "days", "quantity")
        _formula(one, row + number, label, formulas[name], "General" if plain else euro, paint)
        if name == "total":
            for column in (LABEL, ANSWER):
                cell = one.cell(row + number, column)
                cell.font, cell.fill = Font(bold=True, size=12, color="FFFFFFFF"), paint.band
    approved = rows_of(field_sheet("recap"))["approved_price"]
    match = f"AND(ISNUMBER($B{approved}),ROUND($B{approved},2)=ROUND({at['total']},2))"
    one.cell(
        approved, HELP
    ).value = f'=IF($B{approved}="","Recopiez le total TTC ci-dessous : toute modification ultérieure bloque l’envoi.",IF({match},"✓ Le prix validé est le total.","Le prix validé n’est pas le total : rien ne partira."))'
    one.conditional_formatting.add(f"B{approved}", _shade([match], fill=PatternFill("solid", bgColor="FFDDEFDD")))
    _write_funding(one, row + len(_TOTALS) + 2, config, lists, paint)


_TOTALS = {
    "trainees": "Nombre de stagiaires",
    "hours": "Heures par stagiaire",
    "days": "Jours de formation",
    "quantity": "Quantité facturée",
    "training": "Prix de la formation HT",
    "discount": "Montant de la remise",
    "training_net": "Formation, remise déduite",
    "expenses": "Frais de mission refacturés",
    "net_of_tax": "Total HT",
    "vat": "Montant de la TVA",
    "total": "Total TTC (à recopier pour valider)",
    "per_hour": "Interne – prix par heure et par stagiaire",
    "commission": "Interne – commission",
    "net": "Interne – net pour l’organisme",
}


def _formula(one: Worksheet, row: int, label: str, formula: str, number_format: str, paint: _Paint) -> None:
    head, value = one.cell(row, LABEL, label), one.cell(row, ANSWER, formula)
    value.number_format, value.alignment = number_format, Alignment(horizontal="right")
    head.border = value.border = _BOX
    head.fill = value.fill = PatternFill("solid", fgColor=PALE)
    if label.startswith("Interne"):
        head.font = value.font = Font(italic=True, size=9, color=GREY)


def _title(one: Worksheet, text: str, paint: _Paint) -> None:
    cell = one.cell(TITLE_ROW, 1, text)
    cell.font = paint.title
    cell.alignment = Alignment(vertical="center")
    one.row_dimensions[TITLE_ROW].height = 30


def _header(one: Worksheet, row: int, column: int, text: str, paint: _Paint) -> None:
    cell = one.cell(row, column, text)
    cell.font, cell.fill, cell.border = paint.header, paint.band, _BOX
    cell.alignment = Alignment(vertical="center", wrap_text=True)
    one.row_dimensions[row].height = 22


def _print_setup(one: Worksheet, name: str, *, landscape: bool) -> None:
    one.page_setup.paperSize = 9
    one.page_setup.orientation = "landscape" if landscape else "portrait"
    one.page_setup.fitToWidth, one.page_setup.fitToHeight = 1, 0
    one.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    one.print_title_rows = f"{HEADER_ROW}:{HEADER_ROW}"
    one.oddFooter = HeaderFooterItem(center=_HeaderFooterPart(f"{name} – page &P/&N"))
    one.page_margins.left = one.page_margins.right = 0.4
