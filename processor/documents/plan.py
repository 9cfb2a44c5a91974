"""Which documents for whom, and how each is numbered and named."""

from __future__ import annotations

from dataclasses import dataclass

from processor.outbox.files import safe_name
from processor.session import Session

PREFIXES = {"devis": "DEV", "convention": "CONV", "contrat": "CONT", "programme": "PROG"}
TITLES = {
    "devis": "Devis",
    "convention": "Convention de formation",
    "contrat": "Contrat de formation",
    "programme": "Programme",
}


@dataclass(frozen=True)
class Planned:
    """A document to make: its `kind`, Word template, printed number, file name without suffix, and why it is made."""

    kind: str
    template: str
    title: str
    number: str
    name: str
    reason: str


def documents_for(session: Session) -> list[Planned]:
    """Devis, then convention or contrat or neither, then programme (domain table of documents)."""
    reasons = {"devis": "devis de la proposition", "programme": "programme annexé"}
    if session.agreement != "aucun":
        reasons = {"devis": reasons["devis"], session.agreement: session.agreement_reason, "programme": reasons["programme"]}
    return [_planned(kind, session, reason) for kind, reason in reasons.items()]


def _planned(kind: str, session: Session, reason: str) -> Planned:
    title = TITLES[kind]
    return Planned(
        kind=kind,
        template=f"{kind}.docx",
        title=f"{title} – {session.title}",
        number=f"{PREFIXES[kind]}-{session.ref}-v{session.version}",
        name=safe_name(f"{title} {session.ref} v{session.version} - {session.client_name}", longest=100),
        reason=reason,
    )
