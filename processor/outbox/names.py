"""How files of the outbox are called."""

from __future__ import annotations

from processor.ledger.rows import DocumentRow, MailRow
from processor.outbox.files import safe_name


def document_file(document: DocumentRow, suffix: str) -> str:
    """`Devis S2026-0001 v1 - Atelier.pdf`."""
    return f"{document.name}.{suffix}"


def mail_file(mail: MailRow) -> str:
    """`000012 - Votre proposition de formation.eml`."""
    return f"{safe_name(f'{mail.id:06d} - {mail.subject}', longest=90)}.eml"
