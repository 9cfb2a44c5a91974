"""The workbook that a coordinator fills, written from the declaration; blank, or with a form's answers in it.

One path: a blank workbook is a filled one whose form is almost empty. No macro and nothing that Excel repairs:
lists, formats, formulas and conditional shading only. Formulas come from `formulas.py`, looks from `paint.py`.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.worksheet import Worksheet

from processor.config import Config
from processor.form import formulas, paint
from processor.form.choices import ClientType, Funder
from processor.form.fields import Asked, questions
from processor.form.hints import validation
from processor.form.layout import (
    ANSWER,
    BESIDE_COLUMN,
    FIRST_ROW,
    FUNDING_ROWS,
    HELP,
    LABEL,
    RECAP_ROWS,
    STATE,
    TITLE_ROW,
    columns_of,
    end_of,
    field_sheet,
    recap_row,
    reference,
    rows_of,
)
from processor.form.paint import Paint, band, font, put, shade
from processor.form.raw import column_letters
from processor.form.rules import FUNDERS_OF
from processor.form.steps import (
    EXPENSES,
    FIELD_SHEETS,
    FORM_VERSION,
    RECAP,
    SESSION,
    SHEET_NAMES,
    TABLES,
    TRAINEES,
    TYPE,
    FieldSheet,
    Form,
    TableSheet,
    TypeStep,
    all_asked,
)
from processor.typography import percent
from processor.working_days import french_holidays

LISTS = "Listes"
_WIDTHS = {SESSION: (32, 62, 42, 13, 3)}  # answers of several lines
_WIDTH = (32, 46, 52, 13, 3)
_COLUMN_WIDTHS = {
    "date": 16, "start": 13, "end": 13, "email": 38, "job": 28, "needs": 34, "titles": 46, "label": 44, "unit": 14, "kind": 26,
    "quantity": 12, "rebilled": 13,
}  # fmt: skip
_ROWS_DRAWN = {"slots": 12, "trainees": 15, "expenses": 12}  # the others appear as the table fills
_HIGHEST_ROW = 390.0  # Excel allows 409 points

FUNDING_MESSAGES = {
    Funder.OPCO: "L’entreprise transmet devis, convention et programme à son OPCO avant le début. Réponse possible : accord total, accord partiel ou refus. Commencer avant la réponse, c’est accepter de payer en cas de refus.",
    Funder.OWN_FUNDS: "Le client paie l’organisme lui-même. Un particulier ne verse rien avant la fin du délai de rétractation, puis 30 % au plus.",
    Funder.CPF: "Tout passe par Mon Compte Formation ; l’organisme est payé par la Caisse des dépôts. Ne demandez aucun paiement à côté. La formation doit avoir un code RNCP ou RS.",
    Funder.FRANCE_TRAVAIL: "Devis complet dans Kairos environ 15 jours avant le début. L’organisme est payé par France Travail.",
    Funder.FIFPL: "Le professionnel dépose sa demande au FIF PL, paie l’organisme, puis le fonds le rembourse.",
    Funder.AGEFICE: "Le dirigeant dépose sa demande avant le début, paie l’organisme, puis l’AGEFICE le rembourse. 7 heures au moins, dates exactes.",
    Funder.FAFCEA: "L’artisan dépose sa demande avant le début, paie l’organisme, puis le FAFCEA le rembourse.",
}

_BANDS = {
    "#progress": "Avancement",
    "#price": "Prix pour le client",
    "#internal": "Interne : jamais imprimé sur un document du client",
    "#funding": "Conditions du financeur",
}
_ROWS = {
    "group": ("Nombre de stagiaires", "Feuille 4."),
    "hours": ("Heures par stagiaire", "Durée de la feuille 3, ou somme des créneaux."),
    "days": ("Jours de formation", "Une date avec deux créneaux, ou un créneau de plus de 4 h 30, fait un jour ; sinon une demi-journée."),
    "quantity": ("Quantité facturée", "Selon le mode de prix : 1, les stagiaires, les jours ou les heures."),
    "training": ("Prix de la formation HT", "Quantité × prix unitaire."),
    "discount": ("Montant de la remise", "Sur la formation, pas sur les frais."),
    "training_net": ("Formation, remise déduite", ""),
    "rebilled": ("Frais de mission refacturés", "Feuille 5. Souvent refusés par les financeurs : ils restent à part."),
    "net_of_tax": ("Total HT", ""),
    "vat": ("Montant de la TVA", ""),
    "total": ("Total TTC", "C’est ce montant que vous recopiez dans « Je valide le prix »."),
    "per_hour": ("Prix par heure et par stagiaire", "Formation seule ; les OPCO y sont attentifs."),
    "own_expenses": ("Frais à la charge de l’organisme", "Frais non refacturés de la feuille 5."),
    "commission": ("Commission", ""),
    "net": ("Net pour l’organisme", "Formation, moins commission et frais à sa charge."),
    "message": ("À savoir", ""),
    "last_day": ("Dernier jour pour déposer la demande", "Compris ; selon la règle du financeur et la date de début."),
    "days_left": ("Jours restants", "À partir d’aujourd’hui."),
    "advised": ("Dépôt conseillé au plus tard le", ""),
    "earliest": ("Demande reçue à partir du", ""),
    "refund": ("Remboursement à demander avant le", ""),
}  # fmt: skip
_PLAIN = ("group", "hours", "days", "quantity")
_DISCREET = ("form_version",)


def write_blank(config: Config, today: date, client: ClientType | None = None, funder: Funder | None = None) -> bytes:
    """An empty session workbook, with the client's type and the funder already chosen when they are known."""
    chosen = TypeStep.model_validate({"client_type": client, "funder": funder, "agreement_choice": "automatique"})
    return write_filled(Form(type=chosen), config, today)


def write_filled(form: Form, config: Config, today: date) -> bytes:
    """The session workbook with the answers of `form`; `today` (local) chooses the funding rules and holidays."""
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
    """Add the six step sheets, filled with the answers of `form`, and their hidden lists to `book`."""
    form = form.model_copy(update={"type": form.type.model_copy(update={"form_version": FORM_VERSION})})
    sheets = {name: book.create_sheet(name) for name in SHEET_NAMES}
    writer = _Writer(form, config, _Lists(book, today), Paint(config.brand))
    for sheet in FIELD_SHEETS:
        writer.fields(sheets[sheet.name], sheet)
    for table in TABLES:
        writer.table(sheets[table.name], table)
    writer.recap(sheets[RECAP])
    dates = formulas.funding_dates(config, today, writer.lists.holidays)
    writer.funding(sheets[TYPE], end_of(field_sheet("type")), dates)
    writer.funding(sheets[RECAP], recap_row("#funding"), dates)
    for name, one in sheets.items():
        one.sheet_properties.tabColor = config.brand.accent if name == RECAP else config.brand.colour
        one.sheet_view.showGridLines = False
        one.sheet_view.zoomScale = 100
        one.freeze_panes = f"A{FIRST_ROW}"
        paint.print_setup(one, landscape=name in (TRAINEES, EXPENSES), area=_print_area(name))
    book.calculation.fullCalcOnLoad = True  # openpyxl saves no results: Excel computes them when it opens


class _Lists:
    """The hidden sheet: one column a list of choices, then the funders' messages and the public holidays."""

    def __init__(self, book: Workbook, today: date) -> None:
        self._sheet = book.create_sheet(LISTS)
        self._sheet.sheet_state = "hidden"
        self._columns = 0
        kinds = {asked.format.choices for _, asked in all_asked() if asked.format.choices}
        self._ranges = {
            kind.__name__: self._column(kind.__name__, [one.label for one in kind])
            for kind in sorted(kinds, key=lambda one: one.__name__)
        }
        self._ranges["YesNo"] = self._column("Oui ou non", ["Oui", "Non"])
        self.clients, self.funders = self._ranges[ClientType.__name__], self._ranges[Funder.__name__]
        self.messages = self._column("Messages", [FUNDING_MESSAGES[one] for one in Funder])
        self._fitting = {one: self._column(one.label, [each.label for each in FUNDERS_OF[one]]) for one in ClientType}
        self.possible = self._column(
            "Financeurs possibles", [", ".join(each.label for each in FUNDERS_OF[one]) for one in ClientType]
        )
        years = range(today.year - 1, today.year + 5)
        self.holidays = self._column("Jours fériés", [day for year in years for day in sorted(french_holidays(year))])

    def _column(self, head: str, values: Sequence[Any]) -> str:
        self._columns += 1
        self._sheet.cell(1, self._columns, head).font = font(bold=True)
        for row, value in enumerate(values, start=2):
            cell = self._sheet.cell(row, self._columns, value)
            if isinstance(value, date):
                cell.number_format = paint.DATE
        letters = column_letters(self._columns)
        return f"{LISTS}!${letters}$2:${letters}${len(values) + 1}"

    def source(self, asked: Asked) -> str | None:
        """The range of an answer's list; the funder's shows only those that fit the chosen client."""
        if asked.name == "funder":
            formula = self.funders
            for one, fitting in self._fitting.items():
                formula = f'IF({reference("client_type").split("!")[1]}="{one.label}",{fitting},{formula})'
            return formula
        if asked.format.choices:
            return self._ranges[asked.format.choices.__name__]
        return self._ranges["YesNo"] if asked.format.name == "yes_no" else None


class _Writer:
    """Writes the sheets of one form."""

    def __init__(self, form: Form, config: Config, lists: _Lists, brand: Paint) -> None:
        self.form, self.config, self.lists, self.brand = form, config, lists, brand

    def fields(self, one: Worksheet, sheet: FieldSheet) -> None:
        """A sheet of questions: label, answer, help, state."""
        widths = _WIDTHS.get(sheet.name, _WIDTH)
        for letters, width in zip("ABCDE", widths, strict=True):
            one.column_dimensions[letters].width = width
        paint.title(one, LABEL, sheet.title, self.brand)
        for column, text in ((LABEL, "Rubrique"), (ANSWER, "Votre réponse"), (HELP, "Aide"), (STATE, "État")):
            paint.header(one, column, text, self.brand, paint.CENTRED if column == STATE else paint.MIDDLE)
        beside = [table for table in TABLES if table.beside == sheet.name]
        self._progress(one, HELP, formulas.ready() if sheet.name == RECAP else formulas.progress(sheet, beside))
        self._next(one, sheet.name, STATE)
        for asked in questions(sheet.model):
            row = rows_of(sheet)[asked.name]
            if asked.question.section and row > FIRST_ROW:
                band(one, row - 1, asked.question.section, self.brand, STATE)
            self._field(one, asked, row, getattr(getattr(self.form, sheet.attribute), asked.name), widths)
        first, last = min(rows_of(sheet).values()), end_of(sheet) - 1
        state, area = f"$D{first}", f"A{first}:D{last}"
        for words in (formulas.NOT_ASKED, formulas.WAITING):
            one.conditional_formatting.add(area, shade(f'{state}="{words}"', back=paint.SHADE, ink=paint.FAINT))
        for words, back, ink in (
            (formulas.TO_FILL, paint.AMBER, paint.AMBER_INK),
            (formulas.WRONG, paint.RED, paint.RED_INK),
            (formulas.FILLED, None, paint.GREEN_INK),
        ):
            if back:
                one.conditional_formatting.add(f"B{first}:B{last}", shade(f'{state}="{words}"', back=back))
            one.conditional_formatting.add(f"D{first}:D{last}", shade(f'{state}="{words}"', ink=ink, bold=True))

    def _field(self, one: Worksheet, asked: Asked, row: int, value: Any, widths: Sequence[int]) -> None:
        label, answer, note, state = (one.cell(row, column) for column in (LABEL, ANSWER, HELP, STATE))
        long, discreet = asked.format.long, asked.name in _DISCREET
        label.value = asked.label
        label.font = font(9, colour=paint.FAINT) if discreet else font(bold=asked.question.required is not None)
        answer.number_format, answer.font = asked.format.number_format, font(9, colour=paint.FAINT) if discreet else font()
        put(answer, value)
        example = asked.question.example.replace("\n", " / ")
        note.value = " ".join(part for part in (asked.question.help, f"Ex. : {example}" if example else "") if part) or None
        note.font = font(9, italic=True, colour=paint.FAINT if discreet else paint.GREY)
        state.value, state.font = formulas.state(asked, row), font(9, colour=paint.GREY)
        label.alignment = answer.alignment = note.alignment = paint.TOP if long else paint.MIDDLE
        state.alignment = paint.CENTRED
        for cell in (label, note, state):
            cell.border = paint.UNDER
        answer.border = paint.BOX
        needed = max(
            15 * paint.lines(value, widths[1]),
            15 * paint.lines(asked.label, widths[0]),
            12.5 * paint.lines(note.value, widths[2] * 1.15),
        )
        one.row_dimensions[row].height = min(max(needed + 7, 48 if long else 22), _HIGHEST_ROW)
        rule = validation(asked, answer.coordinate, self.lists.source(asked), beside=True)
        if rule:
            rule.add(answer.coordinate)
            one.add_data_validation(rule)

    def _progress(self, one: Worksheet, column: int, formula: str) -> None:
        """What is still missing, beside the title."""
        cell = one.cell(TITLE_ROW, column, formula)
        cell.font, cell.alignment = font(11, bold=True, colour=paint.AMBER_INK), paint.FLAT
        done = f'LEFT(${cell.column_letter}${TITLE_ROW},1)="✓"'
        one.conditional_formatting.add(cell.coordinate, shade(done, ink=paint.GREEN_INK, bold=True))

    def _next(self, one: Worksheet, name: str, column: int) -> None:
        """A link to the following step."""
        number = SHEET_NAMES.index(name) + 1
        if number < len(SHEET_NAMES):
            cell = one.cell(TITLE_ROW, column, "Suite →")
            self._link(cell, SHEET_NAMES[number])
            cell.alignment = paint.CENTRED

    def _link(self, cell: Cell | MergedCell, sheet: str) -> None:
        cell.hyperlink = Hyperlink(ref=cell.coordinate, location=f"'{sheet}'!B{FIRST_ROW}", display=str(cell.value))
        cell.font = font(11, colour=self.brand.colour, underline=True)

    def table(self, one: Worksheet, table: TableSheet) -> None:
        """A table with its header; rows below the first ones appear as it fills."""
        asked_all, columns = questions(table.model), columns_of(table)
        rows = getattr(self.form, table.attribute)
        number_of_rows = max(table.rows, len(rows))
        last, drawn = FIRST_ROW + number_of_rows - 1, _ROWS_DRAWN.get(table.attribute, table.rows)
        first_column = min(columns.values())
        paint.title(one, first_column, table.title, self.brand, 13 if table.beside else 18)
        inputs = [columns[asked.name] for asked in asked_all if not asked.question.computed]
        for asked in asked_all:
            column, letters = columns[asked.name], column_letters(columns[asked.name])
            paint.header(one, column, asked.label, self.brand)
            one.column_dimensions[letters].width = max(_COLUMN_WIDTHS.get(asked.name, asked.format.width), len(asked.label) + 5)
            for number in range(number_of_rows):
                cell = one.cell(FIRST_ROW + number, column)
                cell.number_format, cell.font = asked.format.number_format, font()
                cell.alignment = paint.RIGHT if asked.format.name == "money" else paint.MIDDLE
                if number < drawn:  # these are printed even when blank
                    cell.border = paint.BOX
                if asked.question.computed:
                    cell.value = _line_total(table, FIRST_ROW + number)
                elif number < len(rows):
                    put(cell, getattr(rows[number], asked.name))
            covered = f"{letters}{FIRST_ROW}:{letters}{last}"
            rule = validation(asked, f"{letters}{FIRST_ROW}", self.lists.source(asked), beside=False)
            if rule and not asked.question.computed:
                rule.add(covered)
                one.add_data_validation(rule)
            if asked.question.required:
                begin, end = (column_letters(inputs[at]) for at in (0, -1))
                started = f'AND(COUNTA(${begin}{FIRST_ROW}:${end}{FIRST_ROW})>0,{letters}{FIRST_ROW}="")'
                one.conditional_formatting.add(covered, shade(started, back=paint.AMBER))
        area = f"{column_letters(first_column)}{FIRST_ROW}:{column_letters(max(columns.values()))}{last}"
        shown = formulas.row_shown(table, inputs, drawn)
        one.conditional_formatting.add(area, shade(f"AND({shown},MOD(ROW(),2)=0)", back=self.brand.row, box=True))
        one.conditional_formatting.add(area, shade(shown, box=True))
        if not table.beside:
            for number in range(number_of_rows):
                one.row_dimensions[FIRST_ROW + number].height = 24
            self._progress(one, first_column + 4, formulas.table_progress(table))
            self._next(one, table.name, max(columns.values()))
        elif table.attribute == "slots":
            self._progress(one, max(columns.values()), formulas.slots_sum())

    def recap(self, one: Worksheet) -> None:
        """What stands above the questions of the last step: progress, price, internal amounts."""
        for number, name in enumerate(RECAP_ROWS, start=FIRST_ROW):
            if name in _BANDS:
                band(one, number, _BANDS[name], self.brand, STATE)
        for sheet_name, name in zip(SHEET_NAMES[:-1], RECAP_ROWS[1:], strict=False):
            label, value = _line(one, recap_row(name), sheet_name, f"='{sheet_name}'!{_progress_cell(sheet_name)}", "")
            self._link(label, sheet_name)
            value.alignment = paint.MIDDLE
        first, last = recap_row("type"), recap_row("expenses")
        done = f'LEFT($B{first},1)="✓"'
        one.conditional_formatting.add(f"B{first}:B{last}", shade(done, ink=paint.GREEN_INK, bold=True))
        one.conditional_formatting.add(f"B{first}:B{last}", shade(f"NOT({done})", ink=paint.AMBER_INK, bold=True))
        internal = recap_row("#internal")
        for name, formula in formulas.totals(self.config).items():
            row = recap_row(name)
            text, note = _ROWS[name]
            label, value = _line(one, row, text, formula, self._note(name) or note)
            value.number_format = "General" if name in _PLAIN else paint.EURO
            if row > internal:
                label.font = value.font = font(10, italic=True, colour=paint.GREY)
        self._stress(one, "total")
        approved = rows_of(field_sheet("recap"))["approved_price"]
        match = formulas.price_approved()
        one.cell(approved, HELP).value = (
            f'=IF($B{approved}="","Recopiez le total TTC affiché plus haut : toute modification ultérieure bloque l’envoi.",'
            f'IF({match},"✓ C’est bien le total TTC.","Ce n’est pas le total TTC affiché plus haut : rien ne partira."))'
        )
        one.row_dimensions[approved].height = 34
        one.conditional_formatting.add(f"B{approved}", shade(match, back=paint.GREEN))

    def _note(self, name: str) -> str:
        """What depends on config.yaml: VAT and commission."""
        organisation, pricing = self.config.organisation, self.config.pricing
        if name == "vat" and organisation.vat_regime == "standard":
            return f"{percent(pricing.vat_percent)} du total HT."
        if name == "vat":
            sentences = [one for one in self.config.vat_sentences if one.regime == organisation.vat_regime]
            return max(sentences, key=lambda one: one.since).text if sentences else "Aucune TVA."
        return f"{percent(pricing.commission_percent)} de la formation." if name == "commission" else ""

    def _stress(self, one: Worksheet, name: str) -> None:
        for column in (LABEL, ANSWER):
            cell = one.cell(recap_row(name), column)
            cell.font, cell.fill = font(13, bold=True, colour=paint.WHITE), paint.fill(self.brand.colour)
        one.row_dimensions[recap_row(name)].height = 32

    def funding(self, one: Worksheet, row: int, dates: dict[str, str]) -> None:
        """The funder's message and its real dates; `row` is that of the band."""
        at = {name: row + number for number, name in enumerate(FUNDING_ROWS)}
        band(one, row, _BANDS["#funding"], self.brand, STATE)
        client, funder = reference("client_type"), reference("funder")
        unfit = formulas.funder_unfit()
        message = (
            f'=IF(OR({client}="",{funder}=""),"Choisissez le type de client et le financeur.",IF({unfit},'
            f'{funder}&" ne finance pas ce type de client ("&{client}&"). Choisissez : "&INDEX({self.lists.possible},MATCH({client},{self.lists.clients},0)),'
            f'IFERROR(INDEX({self.lists.messages},MATCH({funder},{self.lists.funders},0)),"")))'
        )
        last = f"$B${at['last_day']}"
        everything = {"message": message, "days_left": f'=IF(ISNUMBER({last}),{last}-TODAY(),"")', **dates}
        for name in FUNDING_ROWS[1:]:
            text, note = _ROWS[name]
            formula = everything[name]
            if name in ("last_day", "advised", "earliest", "refund", "days_left"):
                formula = f'=IF(({formula[1:]})="","–",{formula[1:]})'
            _, value = _line(one, at[name], text, formula, note)
            value.number_format = "0" if name == "days_left" else paint.DATE
            value.alignment = paint.FLAT
        said = one.cell(at["message"], ANSWER)
        one.merge_cells(start_row=at["message"], start_column=ANSWER, end_row=at["message"], end_column=STATE)
        said.number_format, said.alignment, said.font = "General", paint.MIDDLE, font(bold=True, colour=self.brand.colour)
        one.row_dimensions[at["message"]].height = 52
        one.conditional_formatting.add(said.coordinate, shade(unfit, back=paint.RED, ink=paint.RED_INK))
        late = f"IF(ISNUMBER($B${at['days_left']}),$B${at['days_left']}<7,FALSE)"
        one.conditional_formatting.add(
            f"B{at['last_day']}:B{at['days_left']}", shade(late, back=paint.RED, ink=paint.RED_INK, bold=True)
        )


def _line(one: Worksheet, row: int, text: str, formula: str, note: str) -> tuple[Cell | MergedCell, Cell | MergedCell]:
    """A row that the workbook fills: label, value, explanation."""
    label, value, help_ = (one.cell(row, column) for column in (LABEL, ANSWER, HELP))
    label.value, value.value, help_.value = text, formula, note or None
    label.font, value.font, help_.font = font(), font(bold=True), font(9, italic=True, colour=paint.GREY)
    label.alignment, value.alignment, help_.alignment = paint.MIDDLE, paint.RIGHT, paint.MIDDLE
    for column in (LABEL, ANSWER, HELP, STATE):
        one.cell(row, column).border = paint.UNDER
    one.row_dimensions[row].height = max(22, 12.5 * paint.lines(note, 58) + 8)
    return label, value


def _line_total(table: TableSheet, row: int) -> str:
    """Quantity × unit price of an expense, blank for a blank row."""
    columns = columns_of(table)
    quantity, price = (f"${column_letters(columns[name])}{row}" for name in ("quantity", "unit_price"))
    return f'=IF(OR({quantity}="",{price}=""),"",IFERROR(ROUND({quantity}*{price},2),"{formulas.UNKNOWN}"))'


def _progress_cell(sheet: str) -> str:
    """Where a sheet says what it still misses."""
    return f"$C${TITLE_ROW}" if any(one.name == sheet for one in FIELD_SHEETS) else f"$E${TITLE_ROW}"


def _print_area(name: str) -> str | None:
    """The fields, then the tables beside them on a page of their own; everything on the other sheets."""
    tables = [table for table in TABLES if table.beside == name]
    if not tables:
        return None
    fields = next(sheet for sheet in FIELD_SHEETS if sheet.name == name)
    left = column_letters(BESIDE_COLUMN)
    right = column_letters(max(column for table in tables for column in columns_of(table).values()))
    last = FIRST_ROW + max(table.rows for table in tables) - 1
    return f"A1:D{end_of(fields) - 1},{left}1:{right}{last}"
