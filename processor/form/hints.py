"""Data validations: drop-down lists, and input hints with French prompts and messages.

Lists are strict, because their labels drive formulas. Everything else only warns: the reader understands more
than a spreadsheet rule can say (`9h30`, `3 mars 2027`, `1 250,50 €`).
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from openpyxl.worksheet.datavalidation import DataValidation

from processor.form.conversions import LONGEST_LINE
from processor.form.fields import Asked
from processor.typography import spaced

_TITLE, _TEXT = 32, 250  # what Excel shows of a title and of a text


class _Hint(NamedTuple):
    kind: Literal["decimal", "whole", "date", "time", "textLength", "custom"]
    formula: str
    message: str
    operator: Literal["greaterThanOrEqual", "lessThanOrEqual"] | None = None


_NUMBER = _Hint("decimal", "0", "Saisissez un nombre positif, par exemple 1250,50.", "greaterThanOrEqual")
_DIGITS = 'SUBSTITUTE(SUBSTITUTE({cell}," ",""),CHAR(160),"")'
_HINTS = {
    "date": _Hint("date", "36526", "Saisissez une date, par exemple 03/03/2027.", "greaterThanOrEqual"),
    "time": _Hint("time", "0", "Saisissez une heure, par exemple 9:30 ou 13:00.", "greaterThanOrEqual"),
    "money": _NUMBER._replace(message="Saisissez un montant en euros, par exemple 1250,50."),
    "quantity": _NUMBER,
    "hours": _NUMBER._replace(message="Saisissez un nombre d’heures, par exemple 14 ou 3,5."),
    "percent": _NUMBER._replace(message="Saisissez un pourcentage entre 0 et 100, par exemple 5."),
    "count": _Hint("whole", "0", "Saisissez un nombre entier.", "greaterThanOrEqual"),
    "siret": _Hint(
        "custom",
        f"AND(LEN({_DIGITS})=14,ISNUMBER(VALUE({_DIGITS})))",
        "Un SIRET compte 14 chiffres, par exemple 732 829 320 00074.",
    ),
    "email": _Hint(
        "custom",
        'AND(ISNUMBER(FIND("@",{cell})),ISNUMBER(FIND(".",{cell},FIND("@",{cell}))),ISERROR(FIND(" ",TRIM({cell}))))',
        "Une seule adresse e-mail par cellule, par exemple prenom.nom@exemple.fr.",
    ),
    "phone": _Hint("custom", f"LEN({_DIGITS})>=9", "10 chiffres, par exemple 06 12 34 56 78, ou le format international."),
    "postcode": _Hint("custom", "LEN(TRIM({cell}))>=4", "Un code postal compte 5 chiffres, par exemple 01000."),
    "text": _Hint("textLength", str(LONGEST_LINE), f"{LONGEST_LINE} caractères au plus.", "lessThanOrEqual"),
}
_PROMPTED = ("date", "time", "siret", "email", "phone", "postcode")


def validation(asked: Asked, first: str, source: str | None, *, beside: bool) -> DataValidation | None:
    """The rule of a field or a column, not yet applied; None for free text.

    `first` is the first cell that it covers, `source` the range of its list, `beside` says that help already
    stands beside the cell (then the prompt gives the expected shape only).
    """
    hint = _HINTS.get(asked.format.name)
    if source:
        rule = DataValidation(type="list", formula1=source, allow_blank=True, errorStyle="stop")
        rule.error = spaced("Choisissez une valeur de la liste : cliquez sur la flèche à droite de la cellule.")
    elif hint:
        formula = hint.formula.replace("{cell}", first)
        rule = DataValidation(type=hint.kind, operator=hint.operator, formula1=formula, allow_blank=True, errorStyle="warning")
        rule.error = spaced(f"{hint.message} Garder cette saisie quand même ?")
    elif not beside and asked.question.help:
        rule = DataValidation(type=None, allow_blank=True)
    else:
        return None
    rule.errorTitle = asked.label[:_TITLE]
    prompt = _prompt(asked, hint, beside=beside)
    if prompt:
        rule.promptTitle, rule.prompt = asked.label[:_TITLE], spaced(prompt)[:_TEXT]
    rule.showErrorMessage, rule.showInputMessage = True, bool(prompt)
    return rule


def _prompt(asked: Asked, hint: _Hint | None, *, beside: bool) -> str:
    shape = hint.message if hint and asked.format.name in _PROMPTED else ""
    if beside:
        return shape
    example = f"Ex. : {asked.question.example}" if asked.question.example and not shape else ""
    return " ".join(part for part in (asked.question.help, shape, example) if part)
