"""The hidden sheet « Listes »: what drop-down lists and formulas of the workbook look up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from openpyxl import Workbook

from processor.form.choices import ClientType, Funder
from processor.form.fields import Asked
from processor.form.layout import reference
from processor.form.paint import DATE, font
from processor.form.raw import column_letters
from processor.form.rules import FUNDERS_OF
from processor.form.steps import all_asked
from processor.typography import spaced
from processor.working_days import french_holidays

LISTS = "Listes"

FUNDING_MESSAGES = {
    Funder.OPCO: "L’entreprise transmet devis, convention et programme à son OPCO avant le début. Réponse possible : accord total, accord partiel ou refus. Commencer avant la réponse, c’est accepter de payer en cas de refus.",
    Funder.OWN_FUNDS: "Le client paie l’organisme lui-même. Un particulier ne verse rien avant la fin du délai de rétractation, puis 30 % au plus.",
    Funder.CPF: "Tout passe par Mon Compte Formation ; l’organisme est payé par la Caisse des dépôts. Ne demandez aucun paiement à côté. La formation doit avoir un code RNCP ou RS.",
    Funder.FRANCE_TRAVAIL: "Devis complet dans Kairos environ 15 jours avant le début. L’organisme est payé par France Travail.",
    Funder.FIFPL: "Le professionnel dépose sa demande au FIF PL, paie l’organisme, puis le fonds le rembourse.",
    Funder.AGEFICE: "Le dirigeant dépose sa demande avant le début, paie l’organisme, puis l’AGEFICE le rembourse. 7 heures au moins, dates exactes.",
    Funder.FAFCEA: "L’artisan dépose sa demande avant le début, paie l’organisme, puis le FAFCEA le rembourse.",
}


class Lists:
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
        self.messages = self._column("Messages", [spaced(FUNDING_MESSAGES[one]) for one in Funder])
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
                cell.number_format = DATE
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
