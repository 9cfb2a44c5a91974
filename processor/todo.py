"""What needs a person today, for the register's « À faire » and the morning's digest. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from processor import typography as fr
from processor.ledger.rows import JobRow, MailRow, RejectionRow
from processor.life import Funding, Status
from processor.session import Session

_SIGNATURE_DAYS = 7
_SOON_DAYS = 10


@dataclass(frozen=True)
class Task:
    """By when (local date; None: as soon as possible), how pressing, for which session, what, and what to do."""

    due: date | None
    severity: Literal["urgent", "soon", "normal"]
    ref: str
    client: str
    what: str
    action: str


def of_session(session: Session, *, status: str, funding: str, sent_on: date | None, today: date) -> list[Task]:
    """The tasks of one session on this (local) day."""
    tasks: list[Task] = []

    def add(due: date | None, what: str, action: str) -> None:
        pressing = (
            "urgent"
            if due is None or due <= today + timedelta(days=1)
            else "soon"
            if due <= today + timedelta(days=7)
            else "normal"
        )
        tasks.append(Task(due, pressing, session.ref, session.client_name, what, action))  # type: ignore[arg-type]

    over = status in (Status.CLOSED, Status.CANCELLED, Status.DROPPED, Status.POSTPONED)
    if status == Status.TO_VALIDATE:
        add(
            session.start - timedelta(days=15),
            "Proposition à valider",
            "Relire les documents, valider le prix et répondre Oui à l’envoi (feuille 6).",
        )
    deadline = session.deadline
    if deadline and funding == Funding.TO_FILE and not over:
        what = "Demande de financement en retard" if deadline.last_day < today else "Demande de financement à déposer"
        add(
            deadline.last_day,
            what,
            f"Vérifier avec le client : {session.funder.label}, au plus tard le {fr.day(deadline.last_day)}.",
        )
    if status == Status.SENT and sent_on and (today - sent_on).days >= _SIGNATURE_DAYS:
        add(
            sent_on + timedelta(days=_SIGNATURE_DAYS),
            "Documents signés non reçus",
            f"Relancer le client (proposition envoyée le {fr.day(sent_on)}).",
        )
    if not over and timedelta(0) <= session.start - today <= timedelta(days=_SOON_DAYS):
        missing = sum(not one.email for one in session.form.trainees)
        if missing:
            add(
                session.start - timedelta(days=1),
                f"{missing} stagiaire(s) sans e-mail",
                "Demander l’adresse pour la convocation.",
            )
        low = session.form.session.min_trainees
        if low and session.trainee_count < low:
            add(
                session.start - timedelta(days=1),
                "Effectif sous le minimum",
                f"{session.trainee_count} inscrit(s) pour {low} : confirmer ou reporter.",
            )
    return tasks


def of_mails(mails: Sequence[MailRow], refs: dict[int, tuple[str, str]]) -> list[Task]:
    """Mails that wait for a person; `refs` gives the reference and client of a session's id."""
    sentences = {
        "failed": ("E-mail rejeté", "Corriger l’adresse, ou « processor resend {0} »."),
        "in_doubt": ("E-mail incertain", "Demander au destinataire, puis « processor resend {0} » ou « processor cancel {0} »."),
        "held": ("E-mail retenu", "« processor resend {0} » pour le laisser partir."),
    }
    tasks = []
    for mail in mails:
        if mail.state in sentences:
            what, action = sentences[mail.state]
            ref, client = refs.get(mail.session_id or 0, ("", ""))
            tasks.append(Task(None, "urgent", ref, client, f"{what} : {mail.subject}", action.format(mail.id)))
    return tasks


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
    """The most pressing first, then by deadline."""
    rank = {"urgent": 0, "soon": 1, "normal": 2}
    return sorted(tasks, key=lambda task: (rank[task.severity], task.due or date.min, task.ref))
