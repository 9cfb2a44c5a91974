"""« Tableau de bord » of the register: the service, sessions by status, money."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from openpyxl.chart import BarChart, PieChart, Reference
from openpyxl.chart.label import DataLabelList
from openpyxl.chart.marker import DataPoint

from processor import todo
from processor.bpf import Share, share
from processor.config import Config
from processor.form.choices import Funder
from processor.form.paint import EURO
from processor.ledger.rows import SessionRow
from processor.life import Status, label, reached
from processor.outbox.sheet import Sheet
from processor.outbox.styles import PALE, header, put, section, title
from processor.session import Session

_TITLE = "Tableau de bord"
_SIGNED, _OFFERED, _LOST = "Signé", "En proposition", "Refusé ou annulé"
_ROW = 0.53  # cm, the height of a row
_MONEY_COLOURS = ("4F9D69", "FFD400", "C9CDD2")


@dataclass(frozen=True)
class Line:
    """What the register keeps of a session while it is written: a form is a hundred times as large.

    `opco` is the name of the OPCO that pays, `share` its part of the yearly return, `coming` the next date.
    """

    row: SessionRow
    funder: Funder
    opco: str
    trainees: int
    share: Share
    coming: tuple[date, str] | None

    @classmethod
    def of(cls, row: SessionRow, session: Session, today: date) -> Line:
        coming = todo.deadlines(session, status=row.status, funding=row.funding, today=today)
        opco = session.form.type.opco
        name = opco.label if opco else ""
        return cls(row, session.funder, name, session.trainee_count, share(session, row.facts), coming[0] if coming else None)


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
    _money(sheet, row + 1, lines, config)
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
        bars.height, bars.width = _tall(len(shown)), 17
        bars.anchor = "E2"
        sheet.charts.append(bars)
    return row + 2 + max(len(shown), 1)


def _money(sheet: Sheet, row: int, lines: Sequence[Line], config: Config) -> None:
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
        pie.anchor = f"E{4 + math.ceil(_tall(len({one.row.status for one in lines})) / _ROW)}"
        sheet.charts.append(pie)


def _tall(bars: int) -> float:
    """The height (cm) of a chart of so many bars."""
    return max(6.0, 1.0 + 0.8 * bars)


def _plot(chart: Any, name: str, first: int, rows: int) -> None:
    """Draw the numbers of the column B under the names of the column A."""
    names, numbers = (Reference(range_string=f"'{_TITLE}'!${letters}${first}:${letters}${first + rows - 1}") for letters in "AB")
    chart.title = name
    chart.add_data(numbers)
    chart.set_categories(names)
