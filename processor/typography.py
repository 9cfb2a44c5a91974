"""French typesetting: amounts, dates, hours, phones, names and no-break spaces (Imprimerie nationale's habits).

Pure functions from values to printed text. U+00A0 and U+202F are written as escapes, because an editor does
not show them. The packages that know French are loaded when something is first printed: a command that prints
nothing does not wait for them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

NBSP = "\u00a0"
THIN = "\u202f"
_PARTICLES = {"de", "du", "des", "d", "la", "le", "van", "von", "der", "den"}


@lru_cache(maxsize=2000)
def euros(cents: int) -> str:
    """123456 → `1 234,56 €` (U+202F between thousands, U+00A0 before €)."""
    return f"{_decimal(Decimal(cents) / 100, '#,##0.00')}{NBSP}€"


@lru_cache(maxsize=2000)
def number(value: Decimal | int) -> str:
    """A quantity without useless zeros: `2`, `3,5`, `1 200`."""
    return _decimal(value, "#,##0.##")


def percent(value: Decimal) -> str:
    """`20 %`."""
    return f"{number(value)}{NBSP}%"


def _decimal(value: Decimal | int, pattern: str) -> str:
    from babel.numbers import format_decimal

    return format_decimal(value, format=pattern, locale="fr_FR").replace(NBSP, THIN).replace(" ", THIN)


@lru_cache(maxsize=2000)
def euros_in_words(cents: int) -> str:
    """`mille quatre cents euros et cinquante centimes`, as the figures."""
    from num2words import num2words

    units, rest = divmod(cents, 100)
    words = num2words(units, lang="fr")
    of = " d’" if units and units % 1_000_000 == 0 else " "
    text = f"{words}{of}{'euro' if units < 2 else 'euros'}"
    if rest:
        text += f" et {num2words(rest, lang='fr')} {'centime' if rest == 1 else 'centimes'}"
    return text


def half_up(value: Decimal) -> int:
    """Cents, rounded half-up as money is."""
    return int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP))


@lru_cache(maxsize=2000)
def day(value: date) -> str:
    """`3 mars 2026`, `1er mars 2026`."""
    return f"{_ordinal(value)}{NBSP}{_date(value, 'MMMM y')}"


@lru_cache(maxsize=2000)
def week_day(value: date) -> str:
    """`lundi 3 mars 2026`."""
    return f"{_date(value, 'EEEE')} {day(value)}"


def short_day(value: date) -> str:
    """`03/03/2026`."""
    return value.strftime("%d/%m/%Y")


def period(start: date, end: date) -> str:
    """`le 3 mars 2026`, `du 3 au 5 mars 2026`, `du 30 mars au 2 avril 2026`."""
    if start == end:
        return f"le {day(start)}"
    if (start.year, start.month) == (end.year, end.month):
        return f"du {_ordinal(start)} au {day(end)}"
    if start.year == end.year:
        return f"du {_ordinal(start)}{NBSP}{_date(start, 'MMMM')} au {day(end)}"
    return f"du {day(start)} au {day(end)}"


def _date(value: date, pattern: str) -> str:
    from babel.dates import format_date

    return format_date(value, pattern, locale="fr_FR")


def _ordinal(value: date) -> str:
    return "1er" if value.day == 1 else str(value.day)


def hour(value: time) -> str:
    """`9 h`, `9 h 30`."""
    minutes = f"{NBSP}{value.minute:02d}" if value.minute else ""
    return f"{value.hour}{NBSP}h{minutes}"


def moment(value: datetime) -> str:
    """`03/03/2026 à 9 h 30`; the datetime is local already."""
    return f"{short_day(value)} à {hour(value.time())}"


def hours(value: Decimal) -> str:
    """`14 heures`, `3 h 30`, `1 heure`."""
    minutes = half_up(value * 60)
    whole, rest = divmod(minutes, 60)
    if rest:
        return f"{whole}{NBSP}h{NBSP}{rest:02d}"
    return f"{number(whole)}{NBSP}{'heure' if whole < 2 else 'heures'}"


def days(value: Decimal) -> str:
    """`1 jour`, `1,5 jour`, `2 jours`."""
    return f"{number(value)}{NBSP}{'jour' if value < 2 else 'jours'}"


def count(value: int, singular: str, plural: str | None = None) -> str:
    """`1 stagiaire`, `3 stagiaires`."""
    return f"{value}{NBSP}{singular if value < 2 else plural or singular + 's'}"


@lru_cache(maxsize=2000)
def phone(e164: str) -> str:
    """`06 12 34 56 78`; a foreign number in international form."""
    import phonenumbers

    number = phonenumbers.parse(e164, "FR")
    form = phonenumbers.PhoneNumberFormat
    shown = phonenumbers.format_number(number, form.NATIONAL if number.country_code == 33 else form.INTERNATIONAL)
    return shown.replace(" ", NBSP)


def siret(digits: str) -> str:
    """`732 829 320 00074`."""
    return f"{digits[:3]}{NBSP}{digits[3:6]}{NBSP}{digits[6:9]}{NBSP}{digits[9:]}" if len(digits) == 14 else digits


def last_name(name: str) -> str:
    """In capitals with accents; particles keep their case: `de La Tour` → `de La TOUR`."""
    return " ".join(word if word.lower() in _PARTICLES else word.upper() for word in name.split())


def person(civility: str | None, first: str | None, last: str | None) -> str:
    """`Madame Camille EXEMPLE`; without civility, the names only."""
    return " ".join(part for part in (civility, first, last_name(last) if last else None) if part)


def salutation(civility: str | None, last: str | None) -> str:
    """`Madame EXEMPLE`, or `Madame, Monsieur` when the civility is unknown."""
    return f"{civility} {last_name(last)}" if civility and last else "Madame, Monsieur"


def listing(items: Sequence[str]) -> str:
    """`a, b et c`."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} et {items[-1]}" if items else ""


@lru_cache(maxsize=1000)
def spaced(text: str) -> str:
    """No-break spaces where French wants them: inside « », before `: ; ! ? % €`, inside numbers, in what people typed.

    A colon inside a time or an address (`9:30`, `https://`) is left alone.
    """
    text = re.sub(r"«[ \u00a0\u202f]*", f"«{NBSP}", text)
    text = re.sub(r"[ \u00a0\u202f]*»", f"{NBSP}»", text)
    text = re.sub(r"[ \u202f]+([:;!?%€])", rf"{NBSP}\1", text)
    text = re.sub(r"(?<=\d) (?=\d)", NBSP, text)
    text = re.sub(r"(?<=[^\W\d])'(?=\w)", "’", text)
    return re.sub(r"(?<=[^\W\d_])([;!?]|:(?!\S))(?=\s|$)", rf"{NBSP}\1", text)


def sentence(text: str) -> str:
    """With a full stop, unless it has an end of its own: what people typed is followed by other sentences."""
    text = text.rstrip()
    return text if not text or text[-1] in ".!?…" else f"{text.rstrip(' ;:,' + NBSP)}."


def unstopped(text: str) -> str:
    """Without its full stop: our sentence goes on, or has one."""
    return text.rstrip(" .")


def lines(items: Iterable[str | None]) -> list[str]:
    """The items that say something."""
    return [item for item in items if item]
