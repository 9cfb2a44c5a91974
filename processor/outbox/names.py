"""How files of the outbox are called."""

from __future__ import annotations

from collections.abc import Sequence

from processor.config import Config
from processor.ledger.rows import DocumentRow, MailRow, RecipientRow
from processor.outbox.files import safe_name

_TO_CORRECT = " - à corriger"
_WHOLE = ("message", "rejet")  # mails whose subject is theirs alone; the others' goes on with the session's title
_SUBJECT, _NAME = 55, 30  # characters


def document_file(document: DocumentRow, suffix: str) -> str:
    """`Devis S2026-0001 v1 - Atelier.pdf`."""
    return f"{document.name}.{suffix}"


def report_name(source: str) -> str:
    """`Dupont.xlsx` and `Dupont - à corriger.xlsx` both → `Dupont - à corriger.xlsx`."""
    stem = source.rsplit(".", 1)[0] if "." in source else source
    return f"{stem.removesuffix(_TO_CORRECT)}{_TO_CORRECT}.xlsx"


def mail_file(mail: MailRow, recipients: Sequence[RecipientRow], config: Config) -> str:
    """`2027-01-12 07h30 Convocation - Alice MODÈLE (12).eml`: when it left, what, to whom, its number in the ledger."""
    when = (mail.finished_at or mail.planned_at).astimezone(config.zone)
    what = mail.subject if mail.kind in _WHOLE else mail.subject.split(" – ")[0]
    others = " et autres" if len(recipients) > 1 else ""
    whom = f" - {_short(recipients[0].name or recipients[0].address, _NAME)}{others}" if recipients else ""
    return f"{safe_name(f'{when:%Y-%m-%d %Hh%M} {_short(what, _SUBJECT)}{whom} ({mail.id})')}.eml"


def _short(text: str, longest: int) -> str:
    """Cut between two words where there are several."""
    text = " ".join(text.split())
    if len(text) <= longest:
        return text
    return (text[: longest + 1].rsplit(" ", 1)[0] if " " in text[: longest + 1] else text)[:longest].rstrip(" ,:;–-")
