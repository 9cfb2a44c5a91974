"""How files of the outbox are called."""

from __future__ import annotations

from processor.ledger.rows import DocumentRow, MailRow
from processor.outbox.files import safe_name

_TO_CORRECT = " - à corriger"


def document_file(document: DocumentRow, suffix: str) -> str:
    """`Devis S2026-0001 v1 - Atelier.pdf`."""
    return f"{document.name}.{suffix}"


def mail_file(mail: MailRow) -> str:
    """`000012 - Votre proposition de formation.eml`."""
    return f"{safe_name(f'{mail.id:06d} - {mail.subject}', longest=90)}.eml"


def report_name(source: str) -> str:
    """`Dupont.xlsx` and `Dupont - à corriger.xlsx` both → `Dupont - à corriger.xlsx`."""
    stem = source.rsplit(".", 1)[0] if "." in source else source
    return f"{stem.removesuffix(_TO_CORRECT)}{_TO_CORRECT}.xlsx"
