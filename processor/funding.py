"""By when to apply to the funder, and what to tell whom. The rules are dated rows of config.yaml."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from processor.config import FundingRule
from processor.form.choices import Funder, Opco
from processor.working_days import add_working_days


@dataclass(frozen=True)
class Deadline:
    """The last day (included) to apply, from the rule that holds for this start.

    `missed_level` is how bad it is to be late; `earliest` the first day a request is received, `advised` the
    day by which it is better sent, `refund` the last day to ask for the refund; None where the rule has none.
    """

    rule: FundingRule
    last_day: date
    advised: date | None
    earliest: date | None
    refund: date | None

    @property
    def missed_level(self) -> Literal["error", "warning"]:
        return self.rule.level

    def days_left(self, today: date) -> int:
        """Calendar days from `today` to the last day; negative once it is past."""
        return (self.last_day - today).days


@dataclass(frozen=True)
class Named:
    """A funder as sentences need it: `OPCO AKTO`, `l’OPCO AKTO`, `à l’OPCO AKTO`; empty when nobody funds."""

    plain: str
    the: str
    to_the: str


def named(funder: Funder, opco: Opco | None) -> Named:
    """The funder's name, with its article, and after « à »."""
    if funder == Funder.OWN_FUNDS:
        return Named(funder.label, "", "")
    if funder in (Funder.CPF, Funder.FRANCE_TRAVAIL):
        bare = "Mon Compte Formation" if funder == Funder.CPF else "France Travail"
        return Named(funder.label, bare, f"à {bare}")
    if funder in (Funder.FIFPL, Funder.FAFCEA):
        return Named(funder.label, f"le {funder.label}", f"au {funder.label}")
    name = funder.label
    if funder == Funder.OPCO and opco:
        name = opco.label if "opco" in opco.label.lower() else f"OPCO {opco.label}"
    with_article = f"l’{name.removeprefix('L’')}"
    return Named(name, with_article, f"à {with_article}")


def rule_for(rules: Sequence[FundingRule], funder: Funder, opco: Opco | None, start: date) -> FundingRule | None:
    """The latest rule of this funder that holds for a session starting on `start`; an OPCO's own rule first."""
    fitting = [
        rule for rule in rules if rule.funder == funder and rule.since <= start and (rule.opco is None or rule.opco == opco)
    ]
    return max(fitting, key=lambda rule: (rule.opco is not None, rule.since), default=None)


def deadline(rules: Sequence[FundingRule], funder: Funder | None, opco: Opco | None, start: date, end: date) -> Deadline | None:
    """When to apply for a session from `start` to `end`; None when nobody must be asked."""
    rule = rule_for(rules, funder, opco, start) if funder else None
    if rule is None:
        return None
    sign = -1 if rule.direction == "before" else 1

    def away(days: int) -> date:
        if rule.unit == "working":
            return add_working_days(start, sign * days)
        return start + timedelta(days=sign * days)

    return Deadline(
        rule=rule,
        last_day=away(rule.days),
        advised=away(rule.advised_days) if rule.advised_days is not None else None,
        earliest=add_months(start, -rule.earliest_months) if rule.earliest_months else None,
        refund=add_months(end, rule.refund_months_after_end) if rule.refund_months_after_end else None,
    )


def add_months(day: date, months: int) -> date:
    """The same day `months` later (earlier if negative), or the month's last day."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
