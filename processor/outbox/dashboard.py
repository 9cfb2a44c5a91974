"""« Tableau de bord » of the register: the service, sessions by status, money, and what the yearly return asks for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from openpyxl.chart import BarChart, PieChart, Reference
from openpyxl.chart.label import DataLabelList
from openpyxl.chart.marker import DataPoint

from processor import todo
from processor.config import Config
from processor.form.choices import ClientType, Funder
from processor.form.paint import EURO
from processor.ledger.rows import SessionRow
from processor.life import Status, label, reached
from processor.outbox.sheet import Sheet
from processor.outbox.styles import PALE, WHOLE, header, put, section, title
from processor.session import Session

_TITLE = "Tableau de bord"
_LAST = 6
_SIGNED, _OFFERED, _LOST = "Signé", "En proposition", "Refusé ou annulé"
_MONEY_COLOURS = ("4F9D69", "FFD400", "C9CDD2")


@dataclass(frozen=True)
class Line:
    """What the register keeps of a session while it is written: a form is a hundred times as large.

    `hours` are a trainee's, `net_cents` without tax, `origin` the heading of the yearly return, `coming` the next date.
    """

    row: SessionRow
    funder: Funder
    trainees: int
    hours: float
    net_cents: int
    end_year: int
    origin: str
    coming: tuple[date, str] | None

    @classmethod
    def of(cls, row: SessionRow, session: Session, today: date) -> Line:
        coming = todo.deadlines(session, status=row.status, funding=row.funding, today=today)
        return cls(
            row, session.funder, session.trainee_count, float(session.hours), session.price.net_of_tax_cents, session.end.year,
            origin(session), coming[0] if coming else None,
        )  # fmt: skip


def sheet(lines: Sequence[Line], service: Sequence[tuple[str, str]], config: Config) -> Sheet:
    """The sheet; every session counts once, with the version that stands."""
    brand = config.brand
    sheet = Sheet(_TITLE, (40, 28, 18, 16, 20, 20, 14, 14, 14), tab=brand.colour)
    title(sheet, _TITLE, brand)
    section(sheet, 2, "Service", brand, last=3)
    for number, (name, text) in enumerate(service, start=3):
        put(sheet, number, 1, name, colour=PALE)
        put(sheet, number, 2, text, last=3)
    row = _statuses(sheet, 4 + len(service), lines, config)
    row = _money(sheet, row + 1, lines, config)
    _yearly_return(sheet, row + 1, lines, config)
    return sheet


def _statuses(sheet: Sheet, row: int, lines: Sequence[Line], config: Config) -> int:
    counts = Counter(one.row.status for one in lines)
    amounts: Counter[str] = Counter()
    for one in lines:
        amounts[one.row.status] += one.row.total_cents
    section(sheet, row, "Sessions par statut", config.brand, last=3)
    header(sheet, row + 1, ("Statut", "Sessions", "Total"), config.brand)
    shown = [status for status in Status if counts[status]]
    for number, status in enumerate(shown, start=row + 2):
        put(sheet, number, 1, label(Status, status))
        put(sheet, number, 2, counts[status])
        put(sheet, number, 3, amounts[status] / 100, form=EURO)
    if shown:
        bars = BarChart()
        bars.type, bars.legend, bars.gapWidth = "bar", None, 60
        _plot(bars, "Sessions par statut", row + 2, len(shown))
        bars.series[0].graphicalProperties.solidFill = config.brand.colour
        bars.x_axis.scaling.orientation = "maxMin"  # as in the table, from top to bottom
        bars.x_axis.delete = bars.y_axis.delete = False
        bars.y_axis.majorGridlines, bars.y_axis.crosses = None, "max"  # numbers at the foot
        bars.y_axis.number_format, bars.y_axis.majorUnit = "0", max(1, max(counts.values()) // 5)
        bars.height, bars.width = max(6.0, 1.0 + 0.8 * len(shown)), 17
        bars.anchor = "H2"
        sheet.charts.append(bars)
    return row + 2 + max(len(shown), 1)


def _money(sheet: Sheet, row: int, lines: Sequence[Line], config: Config) -> int:
    money = {_SIGNED: 0, _OFFERED: 0, _LOST: 0}
    for one in lines:
        status = one.row.status
        lost = status in (Status.CANCELLED, Status.DROPPED)
        money[_LOST if lost else _SIGNED if reached(status, Status.SIGNED) else _OFFERED] += one.row.total_cents
    section(sheet, row, "Montants", config.brand, last=3)
    for number, (name, cents) in enumerate(money.items(), start=row + 1):
        put(sheet, number, 1, name, colour=PALE)
        put(sheet, number, 2, cents / 100, form=EURO)
        share = cents / sum(money.values()) if any(money.values()) else 0
        put(sheet, number, 3, share, form="0\\ %")
    if any(money.values()):
        pie = PieChart()
        _plot(pie, "Montants", row + 1, len(money))
        for index, colour in enumerate(_MONEY_COLOURS):
            point = DataPoint(idx=index)
            point.graphicalProperties.solidFill = colour
            pie.series[0].dPt.append(point)
        pie.dataLabels = DataLabelList()
        pie.dataLabels.showPercent = True
        for other in ("showVal", "showCatName", "showSerName", "showLegendKey", "showLeaderLines"):
            setattr(pie.dataLabels, other, False)
        pie.height, pie.width = 7.5, 17
        pie.anchor = "H20"
        sheet.charts.append(pie)
    return row + 1 + len(money)


def _plot(chart: Any, name: str, first: int, rows: int) -> None:
    """Draw the numbers of the column B under the names of the column A."""
    names, numbers = (Reference(range_string=f"'{_TITLE}'!${letters}${first}:${letters}${first + rows - 1}") for letters in "AB")
    chart.title = name
    chart.add_data(numbers)
    chart.set_categories(names)


def _yearly_return(sheet: Sheet, row: int, lines: Sequence[Line], config: Config) -> None:
    """Signed sessions in the frames of the bilan pédagogique et financier (Cerfa 10443): by origin of the money."""
    section(
        sheet,
        row,
        "Bilan pédagogique et financier – sessions signées, par année de fin et origine des produits",
        config.brand,
        last=_LAST,
    )
    header(
        sheet,
        row + 1,
        ("Origine des produits", "Financeur", "Année", "Stagiaires", "Heures-stagiaires", "Produits HT"),
        config.brand,
    )
    frames: dict[tuple[int, str, Funder], list[float]] = {}
    for one in lines:
        if reached(one.row.status, Status.SIGNED):
            frame = frames.setdefault((-one.end_year, one.origin, one.funder), [0, 0, 0])
            frame[0] += one.trainees
            frame[1] += one.hours * one.trainees
            frame[2] += one.net_cents / 100
    for number, ((year, name, funder), values) in enumerate(sorted(frames.items()), start=row + 2):
        put(sheet, number, 1, name)
        put(sheet, number, 2, funder.label)
        put(sheet, number, 3, -year)
        for column, value in enumerate(values, start=4):
            put(sheet, number, column, value, form=EURO if column == _LAST else WHOLE)
    if not frames:
        put(sheet, row + 2, 1, "Aucune session signée pour l’instant.", last=_LAST)


def origin(session: Session) -> str:
    """The return's heading under which this session's money falls."""
    match session.funder, session.client_type:
        case Funder.CPF, _:
            return "Fonds de la formation : compte personnel de formation"
        case Funder.FRANCE_TRAVAIL, _:
            return "France Travail"
        case ((Funder.FIFPL | Funder.AGEFICE | Funder.FAFCEA), _):
            return "Fonds de la formation : travailleurs non-salariés"
        case Funder.OPCO, _ if session.form.type.subrogation:
            return "Fonds de la formation : plan de développement des compétences"
        case _, ClientType.COMPANY:
            return "Entreprises, pour la formation de leurs salariés"
    return "Personnes à titre individuel et à leurs frais"
