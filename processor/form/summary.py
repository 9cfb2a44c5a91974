"""What the workbook computes for whoever fills it: progress, price, internal amounts, the funder's dates."""

from __future__ import annotations

from datetime import date

from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.worksheet.worksheet import Worksheet

from processor.config import Config
from processor.form import formulas, paint
from processor.form.layout import (
    ANSWER,
    FIRST_ROW,
    FUNDING_ROWS,
    HELP,
    LABEL,
    RECAP_ROWS,
    STATE,
    TITLE_ROW,
    field_sheet,
    recap_row,
    reference,
    rows_of,
)
from processor.form.lists import Lists
from processor.form.paint import Paint, band, font, shade
from processor.form.steps import FIELD_SHEETS, SHEET_NAMES
from processor.typography import NBSP, percent, spaced

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
_UNFIT = "ne finance pas"


class Summary:
    """Writes the rows that nobody fills, on « 6 Récapitulatif » and below « 1 Type de client ».

    `today` (local) chooses the funding rules and the VAT sentence.
    """

    def __init__(self, config: Config, today: date, lists: Lists, brand: Paint) -> None:
        self.config, self.today, self.lists, self.brand = config, today, lists, brand
        self._dates = formulas.funding_dates(config, today, lists.holidays)

    def recap(self, one: Worksheet) -> None:
        """What stands above the questions of the last step: progress, price, internal amounts."""
        for number, name in enumerate(RECAP_ROWS, start=FIRST_ROW):
            if name in _BANDS:
                band(one, number, spaced(_BANDS[name]), self.brand, STATE)
        for sheet_name, name in zip(SHEET_NAMES[:-1], RECAP_ROWS[1:], strict=False):
            label, value = _line(one, recap_row(name), sheet_name, f"='{sheet_name}'!{_progress_cell(sheet_name)}", "")
            paint.link(label, sheet_name, FIRST_ROW, self.brand)
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
        one.cell(approved, HELP).value = (
            f'=IF($B{approved}="","Recopiez le total TTC affiché plus haut{NBSP}: toute modification ultérieure bloque l’envoi.",'
            f'IF({formulas.price_approved()},"✓ C’est bien le total TTC.","Ce n’est pas le total TTC affiché plus haut{NBSP}: rien ne partira."))'
        )
        one.row_dimensions[approved].height = 34
        one.conditional_formatting.add(f"B{approved}", shade(f'$D{approved}="{formulas.FILLED}"', back=paint.GREEN))

    def _note(self, name: str) -> str:
        """What depends on config.yaml: VAT and commission."""
        organisation, pricing = self.config.organisation, self.config.pricing
        if name == "vat" and organisation.vat_regime == "standard":
            return f"{percent(pricing.vat_percent)} du total HT."
        if name == "vat":
            sentences = [
                one for one in self.config.vat_sentences if one.regime == organisation.vat_regime and one.since <= self.today
            ]
            return max(sentences, key=lambda one: one.since).text if sentences else "Aucune TVA."
        return f"{percent(pricing.commission_percent)} de la formation." if name == "commission" else ""

    def _stress(self, one: Worksheet, name: str) -> None:
        for column in (LABEL, ANSWER):
            cell = one.cell(recap_row(name), column)
            cell.font, cell.fill = font(13, bold=True, colour=paint.WHITE), paint.fill(self.brand.colour)
        one.row_dimensions[recap_row(name)].height = 32

    def funding(self, one: Worksheet, row: int) -> None:
        """The funder's message and its real dates; `row` is that of the band."""
        at = {name: row + number for number, name in enumerate(FUNDING_ROWS)}
        band(one, row, _BANDS["#funding"], self.brand, STATE)
        client, funder = reference("client_type"), reference("funder")
        unfit = formulas.funder_unfit()
        message = (
            f'=IF(OR({client}="",{funder}=""),"Choisissez le type de client et le financeur.",IF({unfit},'
            f'{funder}&" {_UNFIT} ce type de client ("&{client}&"). Choisissez{NBSP}: "&INDEX({self.lists.possible},MATCH({client},{self.lists.clients},0)),'
            f'IFERROR(INDEX({self.lists.messages},MATCH({funder},{self.lists.funders},0)),"")))'
        )
        last = f"$B${at['last_day']}"
        everything = {"message": message, "days_left": f'=IF(ISNUMBER({last}),{last}-TODAY(),"")', **self._dates}
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
        # by its words: Excel takes no other sheet's cells in a conditional format
        warned = f'ISNUMBER(SEARCH("{_UNFIT}",$B${said.row}))'
        one.conditional_formatting.add(said.coordinate, shade(warned, back=paint.RED, ink=paint.RED_INK))
        late = f"IF(ISNUMBER($B${at['days_left']}),$B${at['days_left']}<7,FALSE)"
        one.conditional_formatting.add(
            f"B{at['last_day']}:B{at['days_left']}", shade(late, back=paint.RED, ink=paint.RED_INK, bold=True)
        )


def _line(one: Worksheet, row: int, text: str, formula: str, note: str) -> tuple[Cell | MergedCell, Cell | MergedCell]:
    """A row that the workbook fills: label, value, explanation."""
    label, value, help_ = (one.cell(row, column) for column in (LABEL, ANSWER, HELP))
    label.value, value.value, help_.value = text, formula, spaced(note) or None
    label.font, value.font, help_.font = font(), font(bold=True), font(9, italic=True, colour=paint.GREY)
    label.alignment, value.alignment, help_.alignment = paint.MIDDLE, paint.RIGHT, paint.MIDDLE
    for column in (LABEL, ANSWER, HELP, STATE):
        one.cell(row, column).border = paint.UNDER
    one.row_dimensions[row].height = max(22, 12.5 * paint.lines(note, 58) + 8)
    return label, value


def _progress_cell(sheet: str) -> str:
    """Where a sheet says what it still misses."""
    return f"$C${TITLE_ROW}" if any(one.name == sheet for one in FIELD_SHEETS) else f"$E${TITLE_ROW}"
