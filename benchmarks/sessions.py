"""Workbooks as a training organisation drops them: every kind of client and funder, groups of many sizes.

The same seed gives the same sessions, so that two runs can be compared.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from processor.config import Config
from processor.form.blank import write_filled
from processor.form.choices import ClientType, ExpenseKind, Funder
from processor.form.example import example
from processor.form.rules import FUNDERS_OF
from processor.form.steps import Form
from processor.session import Session
from processor.working_days import add_working_days

_KINDS = [(client, funder) for client, funders in FUNDERS_OF.items() for funder in funders]
_FIRST = ("Alice", "Bruno", "Chloé", "David", "Élise", "Farid", "Gaëlle", "Hugo", "Inès", "Jules", "Karim", "Léa")
_LAST = ("Modèle", "Test", "Essai", "Fiction", "Exemple", "Type", "Échantillon", "Référence")
_COMPANIES = ("Atelier", "Boulangerie", "Cabinet", "Domaine", "Entreprise", "Fabrique", "Garage", "Hôtel")
_THEMES = ("Excel", "Écrits professionnels", "Anglais des affaires", "Management d’équipe", "Sécurité au poste", "Photographie")
_HALF_DAYS = (("09:00", "12:30"), ("13:30", "17:00"))


def forms(count: int, today: date, config: Config, *, seed: int = 7) -> Iterator[Form]:
    """Valid forms with both ticks: 1 to 12 trainees, 2 to 10 half-days, 0 to 6 expenses, clients and funders in turn."""
    chance = random.Random(seed)
    for number in range(count):
        client, funder = _KINDS[number % len(_KINDS)]
        yield _varied(example(client, funder, today, config), number, chance, config)


def drop(made: Iterator[Form], inbox: Path, config: Config, today: date) -> int:
    """Write each form as a filled workbook into `inbox`; returns how many."""
    number = 0
    for number, form in enumerate(made, start=1):
        (inbox / f"Session {number:04d}.xlsx").write_bytes(write_filled(form, config, today))
    return number


def _varied(form: Form, number: int, chance: random.Random, config: Config) -> Form:
    answers = form.model_dump(exclude_none=True)
    days = chance.randint(1, 5)
    first = add_working_days(form.session.start or date.min, chance.randint(0, 10))
    dates = [add_working_days(first, day) for day in range(days)]
    kind = answers["slots"][0].get("kind")
    answers["slots"] = [{"date": day, "start": start, "end": end, "kind": kind} for day in dates for start, end in _HALF_DAYS]
    theme = chance.choice(_THEMES)
    answers["session"] |= {
        "title": f"{theme} – groupe {number + 1}",
        "start": dates[0],
        "end": dates[-1],
        "hours": Decimal(7 * days),
        "min_trainees": 1,
        "max_trainees": 12,
    }
    answers["client"] |= _client(form.type.client_type or ClientType.COMPANY, number, chance)
    answers["trainees"] = _trainees(answers, number, chance)
    answers["expenses"] = [_expense(line, chance) for line in range(chance.randint(0, 6))]
    varied = Form.model_validate(answers)
    total = Decimal(Session(varied, config).price.total_cents) / 100
    return varied.model_copy(update={"recap": varied.recap.model_copy(update={"approved_price": total})})


def _client(client: ClientType, number: int, chance: random.Random) -> dict[str, Any]:
    changed: dict[str, Any] = {"email": f"client{number}@client.example"}
    if client == ClientType.PRIVATE:
        return changed | {"first_name": chance.choice(_FIRST), "last_name": f"{chance.choice(_LAST)} {_letters(number)}"}
    return changed | {"company": f"{chance.choice(_COMPANIES)} {_letters(number)}", "siret": _siret(number)}


def _trainees(answers: dict[str, Any], number: int, chance: random.Random) -> list[dict[str, Any]]:
    """A company sends a group; a person or a self-employed one comes alone."""
    several = answers["type"]["client_type"] == ClientType.COMPANY
    return [
        {
            "civility": chance.choice(("madame", "monsieur")),
            "first_name": _FIRST[place],
            "last_name": f"{chance.choice(_LAST)} {_letters(number)}",
            "email": f"stagiaire{place}.{number}@client.example",
            "job": "Assistante de gestion",
        }
        for place in range(chance.randint(1, 12) if several else 1)
    ]


def _expense(line: int, chance: random.Random) -> dict[str, Any]:
    return {
        "kind": chance.choice(list(ExpenseKind)),
        "label": f"Frais {line + 1} de la session",
        "quantity": Decimal(chance.randint(1, 6)),
        "unit": "unité",
        "unit_price": Decimal(chance.randint(500, 20_000)) / 100,
        "rebilled": chance.random() < 0.5,
    }


def _letters(number: int) -> str:
    """A name that no other session has: 0 → AA, 1 → AB …"""
    high, low = divmod(number, 26)
    return f"{_letters(high - 26)}{chr(65 + low)}" if high >= 26 else f"{chr(65 + high)}{chr(65 + low)}"


def _siret(number: int) -> str:
    """Fourteen digits whose SIREN and whole both pass Luhn's check."""
    siren = _with_check(f"{73_000_000 + number:08d}")
    return _with_check(f"{siren}0001")


def _with_check(digits: str) -> str:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return f"{digits}{-total % 10}"


def funders() -> list[Funder]:
    """All funders that the sessions have."""
    return sorted({funder for _, funder in _KINDS})
