"""What mail templates may say: plain, typeset data under French names. Made once a message.

A trainee's data hold nobody else's name or address; internal amounts (commission, margins) are in no mail.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from processor import typography as fr
from processor.config import Config
from processor.documents.tags import day_hours
from processor.form.choices import ClientType, Funder
from processor.form.findings import Finding
from processor.form.steps import Slot, Trainee
from processor.funding import named
from processor.ledger.rows import NewRecipient
from processor.pricing import TAX_WORDS
from processor.session import Session
from processor.working_days import add_working_days, same_or_next

_CPF_DECLARATION_DAYS = 3  # entry and exit, working days (general terms of Mon Compte Formation)
_SHOWN_FINDINGS = 10
_MONEY_ROLES = {"client", "training_manager", "coordinator"}


@dataclass(frozen=True)
class Joined:
    """A document of the message: `kind` (devis, convention, contrat, programme …), title and file name."""

    kind: str
    title: str
    file_name: str


@dataclass(frozen=True)
class Task:
    """A line of the digest: what to do for which session, by when (None: as soon as possible)."""

    text: str
    ref: str
    client: str
    due: date | None


@dataclass(frozen=True)
class Change:
    """What a postponement, a change or a cancellation tells: why, the former dates, who decided."""

    reason: str = ""
    former_start: date | None = None
    former_end: date | None = None
    by: str = ""


def house_context(config: Config, *, today: date) -> dict[str, Any]:
    """The organisation and the day: what every mail may name."""
    house = config.organisation
    return {
        "organisation": {
            "nom": house.name,
            "forme_juridique": house.legal_form,
            "adresse": ", ".join(house.address_lines),
            "telephone": fr.phone(house.phone) if house.phone else "",
            "email": house.email,
            "site": house.website,
            "siret": fr.siret(house.siret),
            "nda": house.nda,
            "prefet_region": house.prefect_region,
            "reglement_interieur": house.internal_rules,
            "referent_handicap": house.disability_contact,
        },
        "coordination": {"nom": config.coordinator.name, "email": config.coordinator.email},
        "aujourd_hui": fr.week_day(today),
    }


def mail_context(
    session: Session, *, recipient: NewRecipient, today: date, documents: Sequence[Joined] = (), message: str | None = None,
    subject: str = "", modified: bool = False, change: Change | None = None,
) -> dict[str, Any]:  # fmt: skip
    """The data of a mail about `session` to `recipient`.

    `today` is a local date; `message` the coordinator's own text (the workbook's « Message au client » if
    None and the recipient is the client's); `modified` says that an earlier version was mailed.
    """
    form, config = session.form, session.config
    to_client = recipient.role in {"client", "training_manager"}
    own = form.recap.message if to_client else None
    trainee = _trainee(session, recipient) if recipient.role == "trainee" else None
    change = change or Change()
    former = fr.period(change.former_start, change.former_end or change.former_start) if change.former_start else ""
    return {
        **house_context(config, today=today),
        "salutation": _salutation(session, recipient, trainee),
        "destinataire": {"nom": recipient.name, "role": recipient.role},
        "stagiaire": _trainee_name(trainee) if trainee else "",
        "reference": session.ref,
        "version": session.version,
        "modifiee": modified,
        "client": {
            "nom": session.client_name,
            "contact": session.contact_name,
            "type": session.client_type.value,
            "telephone": fr.phone(form.client.phone) if form.client.phone and recipient.role in _MONEY_ROLES else "",
        },
        "intitule": session.title,
        "periode": fr.period(session.start, session.end),
        "date_debut": fr.week_day(session.start),
        "date_fin": fr.week_day(session.end),
        "duree": fr.hours(session.hours),
        "jours": fr.days(session.days),
        "modalite": form.session.modality.label if form.session.modality else "",
        "lieu": form.session.place or "",
        "lien": form.session.link or "",
        "journees": _days(session),
        "formateurs": fr.listing([one.name for one in form.trainers if one.name]),
        "nombre_stagiaires": fr.count(session.trainee_count, "stagiaire"),
        "effectif_minimum": form.session.min_trainees or 0,
        "effectif_maximum": form.session.max_trainees or 0,
        "effectif": session.trainee_count,
        "stagiaires": [] if recipient.role == "trainee" else [_trainee_name(one) for one in form.trainees],
        "stagiaires_sans_email": []
        if recipient.role == "trainee"
        else [_trainee_name(one) for one in form.trainees if not one.email],
        "certification": form.session.certification or "",
        **(_money(session, today) if recipient.role in _MONEY_ROLES else {}),
        "documents": [{"nature": one.kind, "titre": one.title, "fichier": one.file_name} for one in documents],
        "reglement_joint": any(one.kind.startswith("reglement") for one in documents),
        "documents_cites": fr.listing([f"{one.title[:1].lower()}{one.title[1:]}" for one in documents]),
        "message": (own if message is None else message) or "",
        "objet_libre": subject,
        "motif": fr.sentence(fr.spaced(" ".join(change.reason.split()))),
        "decideur": change.by,
        "ancienne_periode": former,
    }


def rejection_context(
    config: Config, *, today: date, file: str, findings: Sequence[Finding], corrected_copy: str = ""
) -> dict[str, Any]:
    """The data of `rejet`: a workbook refused, with its first findings and where its marked copy lies."""
    return {
        **house_context(config, today=today),
        "fichier": file,
        "copie": corrected_copy,
        "nombre_constats": fr.count(len(findings), "point"),
        "constats": [{"ou": _where(one), "texte": one.message} for one in findings[:_SHOWN_FINDINGS]],
        "constats_restants": max(len(findings) - _SHOWN_FINDINGS, 0),
    }


def digest_context(config: Config, *, today: date, tasks: Sequence[Task]) -> dict[str, Any]:
    """The data of `digest`: late tasks, today's, those of the week and the later ones, each by deadline."""
    week = today + timedelta(days=7)
    bands = {
        "Sans attendre": [one for one in tasks if one.due is None],
        "En retard": [one for one in tasks if one.due and one.due < today],
        "Aujourd’hui": [one for one in tasks if one.due == today],
        "Dans les sept jours": [one for one in tasks if one.due and today < one.due <= week],
        "Plus tard": [one for one in tasks if one.due and one.due > week],
    }
    return {
        **house_context(config, today=today),
        "nombre_taches": fr.count(len(tasks), "tâche"),
        "urgentes": sum(len(bands[name]) for name in ("Sans attendre", "En retard", "Aujourd’hui")),
        "groupes": [
            {"titre": title, "taches": [_task(one) for one in sorted(found, key=_by_deadline)]}
            for title, found in bands.items()
            if found
        ],
    }


def _money(session: Session, today: date) -> dict[str, Any]:
    """Price and funding: for the client and the coordinator, never for a trainee or a trainer."""
    price, form, config = session.price, session.form, session.config
    return {
        "montant": fr.euros(price.total_cents),
        "taxe": TAX_WORDS[config.organisation.vat_regime],
        "montant_formation": fr.euros(price.training_net_cents),
        "montant_frais": fr.euros(price.expenses_cents) if price.expenses_cents else "",
        "conditions_paiement": fr.unstopped(fr.spaced(form.session.payment_terms or ""))
        or f"à {config.pricing.payment_days}{fr.NBSP}jours à compter de la réception de la facture",
        "financement": _funding(session, today),
        "date_limite": fr.week_day(session.deadline.last_day) if session.deadline else "",
        "jours_restants": _remaining(session.deadline.days_left(today)) if session.deadline else "",
        "cpf": {
            "entree_avant": fr.week_day(add_working_days(session.start, _CPF_DECLARATION_DAYS)),
            "sortie_avant": fr.week_day(add_working_days(session.end, _CPF_DECLARATION_DAYS)),
        },
    }


def _funding(session: Session, today: date) -> dict[str, Any]:
    """The funder's rule with its real dates; a date that the rule does not know is empty."""
    form, due = session.form, session.deadline
    payer = named(session.funder, form.type.opco)
    share = session.trainee_share_cents
    withdrawal = session.withdrawal_days
    last_day = today + timedelta(days=withdrawal)  # at a distance, a working day or the next (C. conso. L.221-19)
    sign_by = session.start - timedelta(days=withdrawal + 1)
    left = due.days_left(today) if due else 0
    return {
        "code": session.funder.value,
        "nom": form.type.opco.label if session.funder == Funder.OPCO and form.type.opco else session.funder.label,
        "le": payer.the,
        "au": payer.to_the,
        "particulier": session.client_type == ClientType.PRIVATE,
        "document": session.agreement,
        "subrogation": form.type.subrogation is True,
        "numero_dossier": form.type.funding_file or "",
        "date_limite": fr.week_day(due.last_day) if due else "",
        "depassee": due is not None and left < 0,
        "jours_restants": _remaining(left) if due else "",
        "date_conseillee": fr.week_day(due.advised) if due and due.advised and due.advised >= today else "",
        "premier_jour": fr.week_day(due.earliest) if due and due.earliest else "",
        "pas_encore_ouvert": bool(due and due.earliest and due.earliest > today),
        "remboursement_avant": fr.week_day(due.refund) if due and due.refund else "",
        "part_stagiaire": fr.euros(share) if share else "",
        "agence": form.client.job_agency or "",
        "retractation_jours": withdrawal,
        "a_distance": form.session.distance_contract is True,
        "retractation_exemple": fr.week_day(same_or_next(last_day) if form.session.distance_contract else last_day),
        "signer_avant": fr.week_day(sign_by) if sign_by >= today else "",
        "echeances": [
            {"libelle": part.label, "date": fr.week_day(part.due) if part.due else "", "montant": fr.euros(part.cents)}
            for part in session.schedule
        ],
        "heures_par_type": [{"type": kind.label, "heures": fr.hours(hours)} for kind, hours in session.hours_by_kind.items()],
    }


def _remaining(days: int) -> str:
    if days < 0:
        return f"dépassée depuis {fr.count(-days, 'jour')}"
    return "aujourd’hui" if days == 0 else "demain" if days == 1 else f"dans {fr.count(days, 'jour')}"


def _salutation(session: Session, recipient: NewRecipient, trainee: Trainee | None) -> str:
    """By civility when it is known; the coordinator and the trainers are colleagues."""
    if recipient.role in {"coordinator", "trainer"}:
        return "Bonjour"
    if recipient.role == "trainee":
        found = trainee.civility if trainee else None
        return fr.salutation(found.label if found else None, trainee.last_name if trainee else None)
    if recipient.role == "client":
        client = session.form.client
        return fr.salutation(client.civility.label if client.civility else None, client.last_name)
    return "Madame, Monsieur"


def _trainee(session: Session, recipient: NewRecipient) -> Trainee | None:
    """The trainee behind an address; by name as well, because two may share an address."""
    same = [one for one in session.form.trainees if one.email and one.email.lower() == recipient.address.lower()]
    named = [one for one in same if recipient.name and (one.last_name or "").lower() in recipient.name.lower()]
    return next(iter(named or same), None)


def _trainee_name(one: Trainee) -> str:
    return fr.person(None, one.first_name, one.last_name)


def _days(session: Session) -> list[dict[str, str]]:
    """One row a day with its hours; the kind of each slot where a session mixes kinds."""
    mixed = len(session.hours_by_kind) > 1
    rows: dict[date, list[Slot]] = {}
    for slot in sorted(session.form.slots, key=_begins):
        if slot.date and slot.start and slot.end:
            rows.setdefault(slot.date, []).append(slot)
    default = session.default_slot_kind if mixed else None
    return [{"date": fr.week_day(day), "horaires": day_hours(slots, default)} for day, slots in rows.items()]


def _begins(slot: Slot) -> datetime:
    return datetime.combine(slot.date or date.max, slot.start or time.min)


def _where(finding: Finding) -> str:
    return " ".join(part for part in (finding.sheet, finding.cell) if part)


def _by_deadline(task: Task) -> date:
    return task.due or date.max


def _task(task: Task) -> dict[str, str]:
    return {
        "texte": task.text,
        "reference": task.ref,
        "client": task.client,
        "echeance": fr.week_day(task.due) if task.due else "",
    }
