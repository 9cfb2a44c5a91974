"""What a session costs, in whole cents: lines, discount, expenses apart, VAT, total, and the internal margins.

Totals are sums of the printed lines; each line is rounded half-up to the cent.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from processor.config import Pricing as PricingSettings
from processor.config import VatRegime
from processor.form.choices import PriceMode
from processor.form.steps import Form
from processor.typography import half_up

UNITS = {
    PriceMode.FLAT: "forfait",
    PriceMode.PER_TRAINEE: "stagiaire",
    PriceMode.PER_DAY: "jour",
    PriceMode.PER_HOUR: "heure",
}

TAX_WORDS: dict[VatRegime, str] = {"exempt": "net de taxe", "micro": "TVA non applicable", "standard": "TTC"}  # after a total


@dataclass(frozen=True)
class Line:
    """One printed line: quantity × unit price (cents) = total (cents), before tax."""

    label: str
    quantity: Decimal
    unit: str
    unit_cents: int
    total_cents: int

    @property
    def counted_unit(self) -> str:
        """The unit as it agrees with the quantity: 2 jours, 3 trajets; units written by hand in short stay (km)."""
        plural = self.quantity >= 2 and self.unit.isalpha() and len(self.unit) > 2 and self.unit[-1] not in "sx"
        return f"{self.unit}s" if plural else self.unit


@dataclass(frozen=True)
class Price:
    """All amounts in cents. `vat_percent` is zero when no VAT is due (exempt or micro regime).

    `own_expenses_cents`, `commission_cents` and `net_cents` are internal: never on a client's paper.
    """

    training: Line
    discount_percent: Decimal
    discount_cents: int
    training_net_cents: int
    expenses: tuple[Line, ...]
    expenses_cents: int
    net_of_tax_cents: int
    vat_percent: Decimal
    vat_cents: int
    total_cents: int
    per_trainee_hour_cents: int | None
    own_expenses_cents: int
    commission_cents: int
    net_cents: int


def price_of(form: Form, *, trainees: int, days: Decimal, hours: Decimal, regime: VatRegime, settings: PricingSettings) -> Price:
    """The price of the session described by `form`; an answer missing counts as zero."""
    mode = form.session.price_mode or PriceMode.FLAT
    quantity = {
        PriceMode.FLAT: Decimal(1),
        PriceMode.PER_TRAINEE: Decimal(trainees),
        PriceMode.PER_DAY: days,
        PriceMode.PER_HOUR: hours,
    }[mode]
    training = _line(form.session.title or "", quantity, UNITS[mode], form.session.unit_price or Decimal(0))
    discount_percent = form.session.discount or Decimal(0)
    discount = half_up(training.total_cents * discount_percent / 100)
    training_net = training.total_cents - discount
    expenses = [
        (
            _line(_expense_label(row.kind, row.label), row.quantity or Decimal(0), row.unit or "", row.unit_price or Decimal(0)),
            row.rebilled is not False,
        )
        for row in form.expenses
    ]
    rebilled = tuple(line for line, yes in expenses if yes)
    expenses_cents = sum(line.total_cents for line in rebilled)
    own = sum(line.total_cents for line, yes in expenses if not yes)
    net_of_tax = training_net + expenses_cents
    vat_percent = settings.vat_percent if regime == "standard" else Decimal(0)
    vat = half_up(net_of_tax * vat_percent / 100)
    commission = half_up(training_net * settings.commission_percent / 100)
    trainee_hours = hours * trainees
    return Price(
        training=training,
        discount_percent=discount_percent,
        discount_cents=discount,
        training_net_cents=training_net,
        expenses=rebilled,
        expenses_cents=expenses_cents,
        net_of_tax_cents=net_of_tax,
        vat_percent=vat_percent,
        vat_cents=vat,
        total_cents=net_of_tax + vat,
        per_trainee_hour_cents=half_up(training_net / trainee_hours) if trainee_hours else None,
        own_expenses_cents=own,
        commission_cents=commission,
        net_cents=training_net - commission - own,
    )


def _line(label: str, quantity: Decimal, unit: str, unit_price: Decimal) -> Line:
    return Line(label, quantity, unit, half_up(unit_price * 100), half_up(quantity * unit_price * 100))


def _expense_label(kind: object, label: str | None) -> str:
    shown = getattr(kind, "label", "") or "Frais"
    return f"{shown} – {label}" if label else shown
