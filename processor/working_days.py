"""Jours ouvrés: Monday to Friday less the eleven French public holidays (C. trav. L.3133-1), metropolitan."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache


@lru_cache(maxsize=64)
def french_holidays(year: int) -> frozenset[date]:
    """The eleven public holidays of a year, metropolitan France (C. trav. L.3133-1)."""
    import holidays  # loads 80 ms of other calendars

    return frozenset(holidays.country_holidays("FR", years=year))


def is_working_day(day: date) -> bool:
    return day.weekday() < 5 and day not in french_holidays(day.year)


def add_working_days(day: date, number: int) -> date:
    """`number` working days after `day`, before it if negative; `day` itself is not counted."""
    step = timedelta(days=1 if number >= 0 else -1)
    left = abs(number)
    while left:
        day += step
        if is_working_day(day):
            left -= 1
    return day


def working_days_between(first: date, last: date) -> int:
    """Working days after `first` up to and with `last`; negative when `last` is earlier."""
    if last < first:
        return -working_days_between(last, first)
    return sum(is_working_day(first + timedelta(days=number)) for number in range(1, (last - first).days + 1))


def same_or_next(day: date) -> date:
    """`day` if it is a working day, otherwise the next one."""
    return day if is_working_day(day) else add_working_days(day, 1)


def same_or_previous(day: date) -> date:
    """`day` if it is a working day, otherwise the one before."""
    return day if is_working_day(day) else add_working_days(day, -1)
