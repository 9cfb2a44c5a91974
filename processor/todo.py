"""What needs a person today, for the register's « À faire », the session's workbook and the morning's digest. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo
from typing import Any, Literal

from processor import typography as fr
from processor.attendance import CHECKED, FOLLOWED
from processor.ledger.rows import JobRow, MailRow, RecipientRow, RejectionRow
from processor.life import OVER, UNREACHED, Funding, Status, reached
from processor.session import Session

Severity = Literal["urgent", "soon", "normal"]

_SIGNATURE_DAYS = 7  # after the proposal
_ANSWER_DAYS = 15  # before the start
_GROUP_DAYS = 10  # before the start
_CLOSING_DAYS = 7  # after the end
_REFUND_DAYS = 30  # before the refund's last day


@dataclass(frozen=True)
class Task:
    """By when (local date; None: as soon as possible), how pressing, for which session, what, and what to do."""

    due: date | None
    severity: Severity
    ref: str
    client: str
    what: str
    action: str


def of_session(
    session: Session, *, status: str, funding: str, sent_on: date | None, today: date, facts: Mapping[str, Any] | None = None
) -> list[Task]:
    """The tasks of one session on this (local) day; none once it is over, but for the money still to be claimed.

    `facts` are what « Suivi » established.
    """
    found: list[tuple[date | None, str, str]] = []
    if status not in OVER:
        found += _proposal(session, status, sent_on, today)
        found += _funder(session, status, funding, today)
        found += _group(session, status, today)
        found += _closing(session, status, facts or {}, today)
    if status == Status.CLOSED:
        found += _attendance(session, facts or {})
    if status in (Status.ENDED, Status.CLOSED):
        found += _refund(session, funding, today)
    return [Task(due, severity_of(due, today), session.ref, session.client_name, what, action) for due, what, action in found]


def severity_of(due: date | None, today: date) -> Severity:
    """Urgent up to tomorrow (or when there is no date), soon within a week."""
    if due is None or due <= today + timedelta(days=1):
        return "urgent"
    return "soon" if due <= today + timedelta(days=7) else "normal"


def _proposal(session: Session, status: str, sent_on: date | None, today: date) -> Iterator[tuple[date | None, str, str]]:
    if status == Status.TO_VALIDATE:
        total = fr.euros(session.price.total_cents)
        yield (
            None,
            "Proposition à valider",
            f"Relire les documents ; feuille 6 : recopier {total} dans « Je valide le prix » et répondre Oui à l’envoi ; déposer le classeur.",
        )
    unsigned = not reached(status, Status.SIGNED) and session.agreement != "aucun"
    if unsigned and session.start <= today:
        yield None, "Session commencée sans accord signé", "Obtenir la signature sans attendre, ou reporter la session."
    elif status == Status.SENT and sent_on and (today - sent_on).days >= _SIGNATURE_DAYS:
        yield (
            sent_on + timedelta(days=_SIGNATURE_DAYS),
            "Accord du client non reçu" if session.agreement == "aucun" else "Documents signés non reçus",
            f"Relancer le client (proposition envoyée le {fr.day(sent_on)}).",
        )


def _funder(session: Session, status: str, funding: str, today: date) -> Iterator[tuple[date | None, str, str]]:
    deadline = session.deadline
    if deadline and funding == Funding.TO_FILE:
        late = deadline.last_day < today
        yield (
            deadline.last_day,
            "Demande de financement en retard" if late else "Demande de financement à déposer",
            f"Vérifier avec le client : {session.funder_name}, au plus tard le {fr.day(deadline.last_day)}.",
        )
    if funding == Funding.FILED and session.start - today <= timedelta(days=_ANSWER_DAYS):
        yield (
            session.start - timedelta(days=1),
            "Réponse du financeur non reçue",
            f"Relancer {session.funder_name} : commencer sans réponse, c’est accepter que le client paie en cas de refus.",
        )
    if funding in (Funding.PARTLY, Funding.REFUSED) and not reached(status, Status.CONFIRMED) and today < session.start:
        what = "Financement refusé" if funding == Funding.REFUSED else "Financement partiel"
        yield (
            session.start - timedelta(days=1),
            what,
            "Convenir avec le client de qui paie le reste, puis noter « Confirmée le » ou « Annulée le » sur « Suivi ».",
        )


def _group(session: Session, status: str, today: date) -> Iterator[tuple[date | None, str, str]]:
    if not timedelta(0) <= session.start - today <= timedelta(days=_GROUP_DAYS) or reached(status, Status.RUNNING):
        return
    eve = session.start - timedelta(days=1)
    missing = [fr.person(None, one.first_name, one.last_name) for one in session.form.trainees if not one.email]
    if missing:
        yield eve, f"E-mail manquant : {fr.listing(missing)}", "Demander l’adresse : sans elle, pas de convocation."
    low, high, number = session.form.session.min_trainees, session.form.session.max_trainees, session.trainee_count
    if low and number < low:
        yield eve, "Effectif sous le minimum", f"{fr.count(number, 'inscrit')} pour {low} : confirmer ou reporter."
    if high and number > high:
        yield eve, "Effectif au-dessus du maximum", f"{fr.count(number, 'inscrit')} pour {high} : dédoubler ou agrandir."


def _closing(session: Session, status: str, facts: Mapping[str, Any], today: date) -> Iterator[tuple[date | None, str, str]]:
    if not reached(status, Status.SIGNED) or session.end >= today:
        return
    due = session.end + timedelta(days=_CLOSING_DAYS)
    if not facts.get(CHECKED):
        yield from _attendance(session, facts)
    elif not facts.get("invoiced_on"):
        yield due, "Session à facturer", "La facture préparatoire est dans les documents ; noter « Facturée le » sur « Suivi »."
    elif not facts.get("paid_on"):
        invoiced = date.fromisoformat(facts["invoiced_on"])
        yield (
            invoiced + timedelta(days=session.config.pricing.payment_days),
            "Paiement attendu",
            "Noter « Payée le » sur « Suivi », ou relancer.",
        )


def _attendance(session: Session, facts: Mapping[str, Any]) -> Iterator[tuple[date | None, str, str]]:
    """Without it nobody has a certificate, whoever has paid."""
    if not facts.get(CHECKED) and FOLLOWED not in facts:
        yield (
            session.end + timedelta(days=_CLOSING_DAYS),
            "Présences à vérifier",
            "Relire les feuilles d’émargement, remplir « Présences », puis « Présences vérifiées le » sur « Suivi » : les certificats partent alors.",
        )


def _refund(session: Session, funding: str, today: date) -> Iterator[tuple[date | None, str, str]]:
    last = session.deadline.refund if session.deadline else None
    if last and funding not in (Funding.PAID, Funding.REFUSED) and last - timedelta(days=_REFUND_DAYS) <= today <= last:
        yield (
            last,
            "Remboursement à demander",
            f"Rappeler au client la demande à {session.funder_name}, au plus tard le {fr.day(last)}.",
        )


def of_mails(mails: Sequence[MailRow], refs: Mapping[int, tuple[str, str]]) -> list[Task]:
    """Mails that wait for a person; `refs` gives the reference and client of a session's id."""
    sentences = {
        "failed": ("E-mail rejeté", "Corriger l’adresse et redéposer le classeur, ou « processor resend {0} »."),
        "in_doubt": (
            "E-mail incertain",
            "Demander au destinataire s’il l’a reçu, puis « processor resend {0} » (non) ou « processor cancel {0} » (oui).",
        ),
        "held": ("E-mail retenu par le plafond", "« processor resend {0} » pour le laisser partir."),
    }
    tasks = []
    for mail in mails:
        if mail.state in sentences:
            what, action = sentences[mail.state]
            ref, client = refs.get(mail.session_id or 0, ("", ""))
            said = f" Réponse du serveur : {mail.words}" if mail.state == "failed" and mail.words else ""
            tasks.append(Task(None, "urgent", ref, client, f"{what} : {mail.subject}", action.format(mail.id) + said))
    return tasks


def of_recipients(mail: MailRow, recipients: Sequence[RecipientRow], ref: str, client: str) -> list[Task]:
    """Addresses that a mail which left did not reach: refused by our server, or by a later one."""
    return [
        Task(
            None, "urgent", ref, client, f"{UNREACHED[one.state]} : {one.address}",
            f"Corriger l’adresse et lui transmettre « {mail.subject} ». Réponse du serveur : {one.words or one.code or 'aucune'}",
        )
        for one in recipients
        if mail.state == "sent" and one.state in UNREACHED
    ]  # fmt: skip


def of_troubles(troubles: Mapping[str, str], refs: Mapping[int, tuple[str, str]]) -> list[Task]:
    """Sessions, by the text of their id, whose documents could not be made, and why; tried again at each pass."""
    found = []
    for session_id, why in troubles.items():
        ref, client = refs.get(int(session_id), ("", ""))
        found.append(Task(None, "urgent", ref, client, "Documents impossibles à faire", why))
    return found


def of_rejections(rejections: Sequence[RejectionRow]) -> list[Task]:
    """Workbooks sent back and not dropped again."""
    return [
        Task(
            None,
            "urgent",
            "",
            "",
            f"Classeur refusé : {one.source}",
            f"Corriger « {one.report} » (dossier rejets) et le déposer de nouveau.",
        )
        for one in rejections
        if one.resolved_at is None
    ]


def of_jobs(jobs: Sequence[JobRow]) -> list[Task]:
    """Workbooks that wait for something outside them (a template, the disk …)."""
    return [
        Task(None, "urgent", "", "", f"En attente : {one.path}", one.error) for one in jobs if one.error and one.state == "queued"
    ]


def in_order(tasks: Sequence[Task]) -> list[Task]:
    """What has no date first (as soon as possible), then by deadline, the most pressing first."""
    rank = {"urgent": 0, "soon": 1, "normal": 2}
    return sorted(tasks, key=lambda task: (task.due or date.min, rank[task.severity], task.ref))


def deadlines(session: Session, *, status: str, funding: str, today: date) -> list[tuple[date, str]]:
    """The dates still to come of a session, nearest first, each with what it is; none once it is over."""
    if status in OVER:
        return []
    offered = not reached(status, Status.ACCEPTED)
    validity = timedelta(days=session.config.pricing.quote_validity_days)
    convocation = timedelta(days=session.config.nightly.convocation_days)
    dates = [(session.start, "Début de la session"), (session.end, "Fin de la session")]
    if offered and session.today != date.min:
        dates.append((session.today + validity, "Fin de validité du devis"))
    if not reached(status, Status.CONVENED):
        dates.append((session.start - convocation, "Convocation des stagiaires"))
    if session.deadline:
        due = session.deadline
        filing = [
            (due.advised, "Dépôt conseillé de la demande de financement"),
            (due.last_day, "Dernier jour pour déposer la demande"),
        ]
        dates += [(day, what) for day, what in filing if day and funding == Funding.TO_FILE]
        if due.refund and funding != Funding.PAID:
            dates.append((due.refund, "Dernier jour pour demander le remboursement"))
    return sorted((day, what) for day, what in dates if day >= today)


def proposal_sent_on(mails: Sequence[MailRow], zone: tzinfo) -> date | None:
    """The local day on which the last proposal left."""
    sent = [one.finished_at for one in mails if one.kind == "proposition" and one.state == "sent" and one.finished_at]
    return max(sent).astimezone(zone).date() if sent else None
