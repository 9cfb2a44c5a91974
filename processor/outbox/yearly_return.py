"""« Bilan » of the register: what the yearly bilan pédagogique et financier asks for, a year after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum

from processor import typography as fr
from processor.bpf import Aim, Learner, Origin, Share
from processor.config import Config
from processor.form.choices import Funder
from processor.form.paint import EURO
from processor.life import Status, reached
from processor.outbox.dashboard import Line
from processor.outbox.sheet import Sheet
from processor.outbox.styles import NOTE, PALE, WHOLE, header, put, section, title

_LAST = 6
_WIDTHS = (64, 30, 12, 14, 20, 18)
_ENDED = "sessions terminées"
_COMING = "sessions signées, pas encore terminées (prévision)"


@dataclass
class Sum:
    """Sessions, people, hours followed together, products before tax (cents)."""

    sessions: int = 0
    trainees: int = 0
    hours: float = 0
    cents: int = 0

    def add(self, share: Share) -> None:
        """Its people and hours; the money falls to several origins."""
        self.sessions += 1
        self.trainees += share.trainees
        self.hours += float(share.hours)


def sheet(lines: Sequence[Line], config: Config) -> Sheet:
    """The sheet: the newest year first, what is over before what is to come."""
    sheet = Sheet("Bilan", _WIDTHS, tab=config.brand.colour)
    title(sheet, "Bilan pédagogique et financier", config.brand)
    how = (
        "Une session compte dans l’année de son dernier jour, avec les heures suivies (feuille « Présences ») et ce qui est facturé à chacun."
        " Les cadres sont ceux du Cerfa 10443 ; vérifiez leurs lignes dans l’imprimé de l’année."
    )
    put(sheet, 2, 1, fr.spaced(how), last=_LAST, border="", **NOTE)
    sheet.heights[2] = 30
    row = 4
    for year in sorted({_year(one) for one in lines}, reverse=True):
        of_year = [one for one in lines if _year(one) == year]
        ended = [one for one in of_year if reached(one.row.status, Status.ENDED)]
        signed = [one for one in of_year if reached(one.row.status, Status.SIGNED) and one not in ended]
        if ended:
            row = _products(sheet, row, f"{year} – Cadre C : produits par origine, {_ENDED}", ended, config)
            row = _people(
                sheet,
                row,
                f"{year} – Cadre F-1 : type de stagiaires",
                "Stagiaires",
                ended,
                Learner,
                lambda one: one.learner,
                config,
            )
            row = _people(
                sheet, row, f"{year} – Cadre F-3 : objectif des prestations", "Objectif", ended, Aim, lambda one: one.aim, config
            )
        if signed:
            row = _products(sheet, row, f"{year} – Produits par origine, {_COMING}", signed, config)
    if row == 4:
        put(sheet, 4, 1, "Aucune session signée pour l’instant.", last=_LAST)
    return sheet


def _year(one: Line) -> int:
    return int(one.row.end[:4])


def _products(sheet: Sheet, row: int, name: str, lines: Iterable[Line], config: Config) -> int:
    """By origin of the money and funder; people and hours stand at the first payer of their session, once."""
    sums: dict[tuple[Origin, Funder], Sum] = {}
    for one in lines:
        for place, (origin, cents) in enumerate(one.share.products):
            found = sums.setdefault((origin, one.funder), Sum())
            found.cents += cents
            if place == 0:
                found.add(one.share)
    section(sheet, row, name, config.brand, last=_LAST)
    header(
        sheet, row + 1, ("Origine des produits", "Financeur", "Sessions", "Stagiaires", "Heures-stagiaires", "Produits HT"), config.brand
    )  # fmt: skip
    row += 2
    for (origin, funder), values in _in_order(sums):
        put(sheet, row, 1, origin.value)
        put(sheet, row, 2, funder.label)
        _numbers(sheet, row, values, money=True)
        row += 1
    return _total(sheet, row, sums.values(), money=True)


def _in_order(sums: dict[tuple[Origin, Funder], Sum]) -> list[tuple[tuple[Origin, Funder], Sum]]:
    """As the form and the workbook list them."""
    origins, funders = list(Origin), list(Funder)
    return sorted(sums.items(), key=lambda item: (origins.index(item[0][0]), funders.index(item[0][1])))


def _people(
    sheet: Sheet, row: int, name: str, head: str, lines: Iterable[Line], kinds: type[StrEnum], kind_of: Callable[[Share], StrEnum],
    config: Config,
) -> int:  # fmt: skip
    sums = {kind: Sum() for kind in kinds}
    for one in lines:
        sums[kind_of(one.share)].add(one.share)
    section(sheet, row, name, config.brand, last=_LAST)
    header(sheet, row + 1, ((head, 2), "Sessions", "Stagiaires", "Heures-stagiaires"), config.brand)
    row += 2
    for kind, values in sums.items():
        if values.sessions:
            put(sheet, row, 1, kind.value, last=2)
            _numbers(sheet, row, values)
            row += 1
    return _total(sheet, row, sums.values())


def _numbers(sheet: Sheet, row: int, values: Sum, *, money: bool = False, bold: bool = False) -> None:
    for column, value in enumerate((values.sessions, values.trainees, values.hours), start=3):
        put(sheet, row, column, value, form=WHOLE, bold=bold)
    if money:
        put(sheet, row, _LAST, values.cents / 100, form=EURO, bold=bold)


def _total(sheet: Sheet, row: int, sums: Iterable[Sum], *, money: bool = False) -> int:
    """The last row of a frame; returns the row where the next one begins."""
    found = list(sums)
    whole = Sum(*(sum(getattr(one, part.name) for one in found) for part in fields(Sum)))
    put(sheet, row, 1, "Total", last=2, bold=True, colour=PALE)
    _numbers(sheet, row, whole, money=money, bold=True)
    return row + 2
