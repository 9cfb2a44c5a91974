"""Who is to be invoiced for what, once the training is over (the rules of who is paid, by funder)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Any

from processor.form.choices import Funder
from processor.life import Funding
from processor.session import Session
from processor.typography import half_up


class FundsOf(Enum):
    """Whose money an invoice asks for."""

    CLIENT = "client"
    OPCO = "opco"
    CDC = "cdc"  # Caisse des dépôts, for a CPF session
    FRANCE_TRAVAIL = "france-travail"


@dataclass(frozen=True)
class Invoice:
    """One invoice to draw up: to whom, how much (cents, all taxes included), and why."""

    payer: FundsOf
    to: str
    cents: int
    why: str


def invoices(session: Session, facts: Mapping[str, Any]) -> list[Invoice]:
    """With subrogation the OPCO is invoiced for what it granted and the company for the rest; France Travail for all but
    the person's share; the Caisse des dépôts for a CPF session; otherwise the client for everything."""
    total, funder = session.price.total_cents, session.funder
    if funder == Funder.CPF:
        return [Invoice(FundsOf.CDC, "Caisse des dépôts (Mon Compte Formation)", total, "après déclaration du service fait")]
    if funder == Funder.FRANCE_TRAVAIL:
        share = session.trainee_share_cents
        theirs = Invoice(FundsOf.FRANCE_TRAVAIL, "France Travail", total - share, "aide individuelle à la formation")
        return [theirs, *([Invoice(FundsOf.CLIENT, session.client_name, share, "part de la personne")] if share else [])]
    granted = granted_cents(session, facts) if funder == Funder.OPCO and session.form.type.subrogation else 0
    rows = []
    if granted:
        name = session.form.type.opco.label if session.form.type.opco else funder.label
        rows.append(Invoice(FundsOf.OPCO, name, granted, "part accordée, subrogation de paiement"))
    if total - granted:
        rows.append(Invoice(FundsOf.CLIENT, session.client_name, total - granted, "reste à charge" if granted else "totalité"))
    return rows


def pays_organisation(session: Session) -> bool:
    """Whether the funder's money comes to the organisation; otherwise it refunds the client, who pays himself."""
    if session.funder == Funder.OPCO:
        return session.form.type.subrogation is True
    return session.funder in (Funder.CPF, Funder.FRANCE_TRAVAIL)


def granted_cents(session: Session, facts: Mapping[str, Any]) -> int:
    """What the funder granted, in cents: nothing before its answer."""
    if facts.get("funder_answer") == Funding.GRANTED:
        return session.price.total_cents
    if facts.get("funder_answer") == Funding.PARTLY:
        return half_up(Decimal(str(facts.get("granted_amount") or 0)) * 100)
    return 0
