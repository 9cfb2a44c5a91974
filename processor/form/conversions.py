"""From what a spreadsheet cell holds to what the form means: spreadsheet damage is repaired or named.

Each function takes a cell's value (text, number, boolean, date, time, or ISO text when a form comes back from
the ledger) and returns the clean value, None for a blank, or raises `PydanticCustomError` with a French
sentence that says what to do. `types` at the end binds them to annotated types with their Excel format.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Annotated, Any

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError
from stdnum import luhn

from processor.form.fields import Choice, Format
from processor.form.raw import CellError
from processor.form.text import fold, tidy
from processor.outbox.files import safe_name

LONGEST_LINE = 300
LONGEST_TEXT = 8000
_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]|_x00[01][0-9A-F]_", re.IGNORECASE)
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("janvier", "janv", "jan"), ("fevrier", "fevr", "fev"), ("mars",), ("avril", "avr"), ("mai",),
            ("juin",), ("juillet", "juil"), ("aout",), ("septembre", "sept", "sep"), ("octobre", "oct"),
            ("novembre", "nov"), ("decembre", "dec"),
        ),
        start=1,
    )
    for name in names
}  # fmt: skip


def wrong(code: str, message: str) -> PydanticCustomError:
    """The error that becomes a finding; braces in what people typed are not a format."""
    return PydanticCustomError(code, "{message}", {"message": message})


def text(value: Any) -> str | None:
    """Any cell as text: numbers without `.0`, no control characters, no invisible spaces."""
    if value is None:
        return None
    if isinstance(value, CellError):
        raise wrong("cell_error", f"La cellule affiche l’erreur Excel {value.code} : saisissez la valeur.")
    if isinstance(value, bool):
        return "Oui" if value else "Non"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    if isinstance(value, datetime | date):
        return value.strftime("%d/%m/%Y")
    return tidy(_ILLEGAL.sub("", str(value))) or None


def line(value: Any) -> str | None:
    """Text on one line, at most `LONGEST_LINE` characters."""
    found = text(value)
    if found is None:
        return None
    found = " ".join(found.split("\n"))
    if len(found) > LONGEST_LINE:
        raise wrong("too_long", f"Ce texte compte {len(found)} caractères : raccourcissez-le à {LONGEST_LINE} au plus.")
    return found


def paragraphs(value: Any) -> str | None:
    """Text of several lines, at most `LONGEST_TEXT` characters."""
    found = text(value)
    if found is not None and len(found) > LONGEST_TEXT:
        raise wrong("too_long", f"Ce texte compte {len(found)} caractères : raccourcissez-le à {LONGEST_TEXT} au plus.")
    return found


def _digits(value: Any, length: int) -> str:
    """The digits of an identifier; leading zeros that Excel dropped come back up to `length`."""
    found = text(value) or ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return found.zfill(length)
    return re.sub(r"[\s.\-/ ]", "", found)


def siret(value: Any) -> str | None:
    """14 digits, Luhn; La Poste's establishments: digit sum a multiple of 5 (python-stdnum, INSEE note)."""
    if text(value) is None:
        return None
    shown = text(value) or ""
    if re.fullmatch(r"\d([.,]\d+)?[eE]\+?\d+", shown):
        raise wrong(
            "siret_scientific",
            f"Excel a transformé le SIRET en nombre ({shown}) et perdu des chiffres : mettez la cellule au format"
            " Texte et saisissez les 14 chiffres.",
        )
    number = _digits(value, 14)
    if not re.fullmatch(r"\d{14}", number):
        count = len(re.sub(r"\D", "", number))
        raise wrong(
            "siret_length",
            f"Le SIRET compte 14 chiffres et celui-ci en a {count} : recopiez-le depuis l’avis de situation"
            " SIRENE (avis-situation-sirene.insee.fr).",
        )
    post_office = number.startswith("356000000") and number != "35600000000048"
    if not (sum(map(int, number)) % 5 == 0 if post_office else luhn.is_valid(number)):
        raise wrong(
            "siret_checksum",
            "Ce SIRET contient une faute de frappe (la clé de contrôle ne correspond pas) : vérifiez les 14 chiffres.",
        )
    return number


def email(value: Any) -> str | None:
    """One address a cell, without a line break."""
    raw = "" if value is None else str(value)
    found = text(value)
    if found is None:
        return None
    if "\n" in found or "\r" in raw.strip() or "\n" in raw.strip():
        raise wrong("email_many", "La cellule contient un retour à la ligne : une seule adresse e-mail par cellule.")
    found = found.removeprefix("mailto:")
    if re.search(r"[;,]|\s", found):
        raise wrong("email_many", "Une seule adresse e-mail par cellule, sans espace, virgule ni point-virgule.")
    address = _address(found)
    if address is None:
        raise wrong("email", f"« {found} » n’est pas une adresse e-mail : attendu par exemple prenom.nom@exemple.fr.")
    return address


@lru_cache(maxsize=2000)  # a form is validated when it is dropped and again when it comes back from the ledger
def _address(text: str) -> str | None:
    """The address in its normal form; None if it is not one."""
    from email_validator import EmailNotValidError, validate_email

    try:
        return validate_email(text, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError:
        return None


def phone(value: Any) -> str | None:
    """French 10 digits or international, kept as E.164 (`+33612345678`)."""
    found = text(value)
    if found is None:
        return None
    digits = re.sub(r"[\s.\-/()_]", "", found)
    if isinstance(value, int | float) and len(digits) == 9:
        digits = "0" + digits  # Excel dropped the leading zero
    number = _e164(re.sub(r"^\+330", "+33", digits))
    if number is None:
        raise wrong(
            "phone",
            f"« {found} » n’est pas un numéro de téléphone : 10 chiffres (06 12 34 56 78) ou le format international (+32 …).",
        )
    return number


@lru_cache(maxsize=2000)
def _e164(digits: str) -> str | None:
    """None if nobody can have this number."""
    import phonenumbers

    try:
        number = phonenumbers.parse(digits, "FR")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number) or re.search(r"[^\d+]", digits):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def postcode(value: Any) -> str | None:
    """5 digits kept as text; 1000 → 01000. A foreign postcode is typed with its country letters (B-1000)."""
    found = text(value)
    if found is None:
        return None
    code = _digits(value, 5)
    if re.fullmatch(r"[A-Z]{1,3}\d{3,8}", code, re.IGNORECASE):
        return found.upper()
    if re.fullmatch(r"\d{4}", code):
        code = "0" + code
    if not re.fullmatch(r"\d{5}", code):
        raise wrong("postcode", f"« {found} » n’est pas un code postal : 5 chiffres, par exemple 01000.")
    return code


def identifier(length: int) -> Callable[[Any], str | None]:
    """Text whose leading zeros are put back up to `length` when Excel stored a number."""

    def convert(value: Any) -> str | None:
        found = line(value)
        if found is None:
            return None
        if isinstance(value, int | float) and not isinstance(value, bool):
            return found.zfill(length)
        return found.upper()

    return convert


def reference(value: Any) -> str | None:
    """The session's own name: it becomes a folder, so only letters, digits, `-`, `_`, `.`."""
    found = line(value)
    if found is None:
        return None
    if not re.fullmatch(r"[A-Za-zÀ-ÿ0-9][A-Za-zÀ-ÿ0-9._-]{0,59}", found) or ".." in found or found.endswith("."):
        raise wrong(
            "reference",
            f"« {found} » ne peut pas servir de référence : lettres, chiffres, tirets et points seulement,"
            " 60 caractères au plus (par exemple S2026-0042), ou laissez vide.",
        )
    if safe_name(found) != found:
        raise wrong("reference", f"Windows n’accepte pas de dossier nommé « {found} » : choisissez une autre référence.")
    return found


def number(value: Any) -> Decimal | None:
    """A decimal number: comma or point, spaces of any kind, a € sign. Raises for anything else."""
    if value is None or (isinstance(value, str) and not tidy(value)):
        return None
    if isinstance(value, Decimal):
        return value
    if isinstance(value, bool | datetime | date | time | timedelta):
        raise wrong("number", f"« {text(value)} » n’est pas un nombre : mettez la cellule au format Nombre.")
    if isinstance(value, int | float):
        return Decimal(repr(value)) if isinstance(value, int) else Decimal(f"{value:.12g}")
    found = text(value) or ""
    cleaned = re.sub(r"[\s  ]|€|EUR|euros?|HT|TTC", "", found, flags=re.IGNORECASE)
    if "," in cleaned and "." in cleaned:
        cleaned = cleaned.replace(".", "")
    try:
        result = Decimal(cleaned.replace(",", "."))
    except InvalidOperation:
        result = Decimal("NaN")
    if not result.is_finite():
        raise wrong("number", f"« {found} » n’est pas un nombre : saisissez par exemple 1 250,50.")
    return result


def _between(low: str, high: str, places: int, code: str, sentence: str) -> Callable[[Any], Decimal | None]:
    def convert(value: Any) -> Decimal | None:
        found = number(value)
        if found is None:
            return None
        if not Decimal(low) <= found <= Decimal(high):
            raise wrong(code, sentence)
        if found != round(found, places):
            raise wrong("decimals", f"« {text(value)} » a trop de décimales : {places} au plus.")
        return found

    return convert


money = _between("0", "10000000", 2, "money", "Un montant est compris entre 0 et 10 000 000 €, sans signe moins.")
percent_number = _between("0", "100", 2, "percent", "Un pourcentage est compris entre 0 et 100.")
quantity = _between("0", "100000", 2, "quantity", "Une quantité est comprise entre 0 et 100 000.")
hours = _between("0", "5000", 2, "hours", "Une durée est comprise entre 0 et 5 000 heures, par exemple 3,5.")


def percent(value: Any) -> Decimal | None:
    """`10`, `10 %` and a cell at 10 % (0.1) all mean ten."""
    if isinstance(value, float) and 0 < value < 1:
        value = value * 100
    return percent_number(re.sub(r"(?<=\d) ?%$", "", tidy(value)) if isinstance(value, str) else value)


def duration(value: Any) -> Decimal | None:
    """Hours: `7`, `3,5`, `3h30`, or a time of day that Excel understood as a duration."""
    if isinstance(value, timedelta):
        return Decimal(round(value.total_seconds() / 60)) / 60
    if isinstance(value, time):
        return Decimal(value.hour * 60 + value.minute) / 60
    found = text(value)
    match = re.fullmatch(r"(\d{1,4})\s*h(?:eures?)?\s*(\d{2})?", fold(found or ""))
    if match:
        return hours(Decimal(match[1]) + Decimal(match[2] or 0) / 60)
    return hours(value)


def count(value: Any) -> int | None:
    """A whole number from 0."""
    found = number(value)
    if found is None:
        return None
    if found != int(found) or not 0 <= found <= 100_000:
        raise wrong("count", f"« {text(value)} » : saisissez un nombre entier, sans signe moins.")
    return int(found)


def day(value: Any) -> date | None:
    """A date: a date cell, ISO, `3/3/26`, `03-mars-2026`, `3 mars 2026`, `lundi 3 mars 2026`, `1er mars 2026`."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, float | int) and not isinstance(value, bool) and 20_000 < value < 80_000:
        return date(1899, 12, 30) + timedelta(days=int(value))  # a date in a cell that is not formatted as one
    found = text(value)
    if found is None:
        return None
    words = fold(found)
    iso = re.fullmatch(r"(\d{4}) (\d{1,2}) (\d{1,2})(?: .*)?", words)
    numeric = re.fullmatch(r"(\d{1,2}) (\d{1,2}) (\d{2}|\d{4})(?: .*)?", words)
    written = re.fullmatch(r"(?:[a-z]+ )?(\d{1,2})(?:er)? ([a-z]+) (\d{2}|\d{4})", words)
    try:
        if iso:
            return date(int(iso[1]), int(iso[2]), int(iso[3]))
        if numeric:
            return date(_year(numeric[3]), int(numeric[2]), int(numeric[1]))
        if written and written[2] in _MONTHS:
            return date(_year(written[3]), _MONTHS[written[2]], int(written[1]))
    except ValueError:
        raise wrong("date", f"« {found} » n’existe pas dans le calendrier : vérifiez le jour et le mois.") from None
    raise wrong("date", f"« {found} » n’est pas une date : saisissez-la sous la forme 03/03/2027.")


def _year(text: str) -> int:
    return int(text) if len(text) == 4 else 2000 + int(text)


def hour(value: Any) -> time | None:
    """A time of day: a time cell, a fraction of a day, `9h30`, `9 h 30`, `9:30`, `9h`, `9`."""
    if isinstance(value, datetime):
        return value.time().replace(second=0, microsecond=0)
    if isinstance(value, time):
        return value.replace(second=0, microsecond=0)
    if isinstance(value, timedelta):
        value = value.total_seconds() / 86_400
    if isinstance(value, float) and 0 <= value < 1:
        minutes = round(value * 24 * 60) % 1440
        return time(minutes // 60, minutes % 60)
    found = text(value)
    if found is None:
        return None
    match = re.fullmatch(r"(\d{1,2}) ?(?:h|heures?)? ?(\d{2})?(?: ?m(?:in|n)?)?(?: 00)?", fold(found))
    if match and int(match[1]) < 24 and int(match[2] or 0) < 60:
        return time(int(match[1]), int(match[2] or 0))
    raise wrong("time", f"« {found} » n’est pas une heure : saisissez-la sous la forme 9:30 ou 9h30.")


def yes_no(value: Any) -> bool | None:
    """« oui / Oui / OUI / x / ✓ / VRAI » or « non / Non / FAUX »; blank is neither."""
    if isinstance(value, bool):
        return value
    found = text(value)
    if found is None:
        return None
    if found in {"✓", "✔", "☑", "☒", "X", "x"} or fold(found) in {"oui", "o", "yes", "vrai", "true", "1", "ok"}:
        return True
    if found in {"-", "–", "✗", "☐"} or fold(found) in {"non", "n", "no", "faux", "false", "0"}:
        return False
    raise wrong("yes_no", f"« {found} » : répondez par Oui ou Non.")


def chosen(choices: type[Choice]) -> Callable[[Any], Choice | None]:
    """A member of a closed list, as a person would write it."""

    def convert(value: Any) -> Choice | None:
        if isinstance(value, choices):
            return value
        found = text(value)
        if found is None:
            return None
        member = choices.meant_by(found)
        if member is None:
            listed = ", ".join(f"« {one.label} »" for one in choices)
            raise wrong("choice", f"« {found} » n’est pas dans la liste : choisissez {listed}.")
        return member

    return convert


Line = Annotated[str, BeforeValidator(line), Format("text", "@", 30)]
Paragraphs = Annotated[str, BeforeValidator(paragraphs), Format("long", "@", 60, long=True)]
Siret = Annotated[str, BeforeValidator(siret), Format("siret", "@", 20)]
Email = Annotated[str, BeforeValidator(email), Format("email", "@", 34)]
Phone = Annotated[str, BeforeValidator(phone), Format("phone", "@", 18)]
Postcode = Annotated[str, BeforeValidator(postcode), Format("postcode", "@", 12)]
Reference = Annotated[str, BeforeValidator(reference), Format("reference", "@", 18)]
Code = Annotated[str, BeforeValidator(identifier(0)), Format("code", "@", 18)]
Idcc = Annotated[str, BeforeValidator(identifier(4)), Format("idcc", "@", 10)]
JobSeekerId = Annotated[str, BeforeValidator(identifier(8)), Format("job_seeker", "@", 16)]
Money = Annotated[Decimal, BeforeValidator(money), Format("money", '#,##0.00\\ "€"', 14)]
Percent = Annotated[Decimal, BeforeValidator(percent), Format("percent", "General", 10)]
Quantity = Annotated[Decimal, BeforeValidator(quantity), Format("quantity", "General", 10)]
Hours = Annotated[Decimal, BeforeValidator(duration), Format("hours", "General", 10)]
Count = Annotated[int, BeforeValidator(count), Format("count", "0", 10)]
Day = Annotated[date, BeforeValidator(day), Format("date", "DD/MM/YYYY", 14)]
Hour = Annotated[time, BeforeValidator(hour), Format("time", "HH:MM", 10)]
YesNo = Annotated[bool, BeforeValidator(yes_no), Format("yes_no", "@", 10)]
