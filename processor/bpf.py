"""What a session brings to the yearly bilan pédagogique et financier (C. trav. L.6352-11, form Cerfa 10443). Pure.

Three of its frames: C, where the money comes from; F-1, who was trained; F-3, to what end. The lines are named in
words: their numbers change with the form's editions (!).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from processor.attendance import followed
from processor.billing import FundsOf, invoices
from processor.form.choices import ClientType, Funder, Nature
from processor.session import Session


class Origin(StrEnum):
    """Frame C: origin of the products."""

    COMPANIES = "Entreprises, pour la formation de leurs salariés"
    CPF = "Gestionnaires des fonds : compte personnel de formation"
    SELF_EMPLOYED = "Gestionnaires des fonds : travailleurs non salariés"
    SKILLS_PLAN = "Gestionnaires des fonds : plan de développement des compétences"
    FRANCE_TRAVAIL = "France Travail"
    PERSONS = "Personnes, à titre individuel et à leurs frais"


class Learner(StrEnum):
    """Frame F-1: type of trainees."""

    EMPLOYEES = "Salariés d’employeurs privés, hors apprentis"
    APPRENTICES = "Apprentis"
    JOB_SEEKERS = "Personnes en recherche d’emploi"
    PERSONS = "Particuliers à leurs propres frais"
    OTHERS = "Autres stagiaires (CPF, travailleurs non salariés)"


class Aim(StrEnum):
    """Frame F-3: general aim of the services."""

    RNCP = "Certification enregistrée au RNCP"
    RS = "Certification ou habilitation enregistrée au répertoire spécifique"
    SKILLS_REVIEW = "Bilans de compétences"
    VAE = "Accompagnement à la validation des acquis de l’expérience"
    OTHER = "Autres formations professionnelles"


@dataclass(frozen=True)
class Share:
    """One session's part: products before tax (cents) by origin, the main one first; people trained and their hours together."""

    products: tuple[tuple[Origin, int], ...]
    learner: Learner
    aim: Aim
    trainees: int
    hours: Decimal


def share(session: Session, facts: Mapping[str, Any]) -> Share:
    """From the session and what « Suivi » and « Présences » established; nobody absent counts."""
    people, hours = followed(session, facts)
    total, net = session.price.total_cents, session.price.net_of_tax_cents
    payers = invoices(session, facts)
    cents = [net * one.cents // total if total else 0 for one in payers]
    products: dict[Origin, int] = {}
    for one, part in zip(payers, cents, strict=True):
        origin = _origin(session, one.payer)
        rounding = 0 if products else net - sum(cents)  # the first payer's
        products[origin] = products.get(origin, 0) + part + rounding
    return Share(tuple(products.items()), _learner(session), _aim(session), people, hours)


def _origin(session: Session, payer: FundsOf) -> Origin:
    """The fund of a self-employed person stands behind what he pays himself: it refunds him."""
    match payer:
        case FundsOf.CDC:
            return Origin.CPF
        case FundsOf.FRANCE_TRAVAIL:
            return Origin.FRANCE_TRAVAIL
        case FundsOf.OPCO:
            return Origin.SKILLS_PLAN
    if session.client_type == ClientType.COMPANY:
        return Origin.COMPANIES
    refunded = session.client_type == ClientType.SELF_EMPLOYED and session.funder != Funder.OWN_FUNDS
    return Origin.SELF_EMPLOYED if refunded else Origin.PERSONS


def _learner(session: Session) -> Learner:
    if session.form.session.nature == Nature.APPRENTICESHIP:
        return Learner.APPRENTICES
    if session.client_type == ClientType.COMPANY:
        return Learner.EMPLOYEES
    if session.client_type == ClientType.PRIVATE and session.funder != Funder.CPF:
        return Learner.JOB_SEEKERS if session.funder == Funder.FRANCE_TRAVAIL else Learner.PERSONS
    return Learner.OTHERS


def _aim(session: Session) -> Aim:
    code, nature = (session.form.session.certification_code or "").upper(), session.form.session.nature
    if nature == Nature.SKILLS_REVIEW:
        return Aim.SKILLS_REVIEW
    if nature == Nature.VAE:
        return Aim.VAE
    return Aim.RNCP if code.startswith("RNCP") else Aim.RS if code.startswith("RS") else Aim.OTHER
