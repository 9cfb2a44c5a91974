"""The four tracks of a session's life, each with its own states: session, funding, documents, mails.

Slugs of the first two stand in the ledger and in config.yaml's reminders; those of documents and mails are the
state machines' (`ledger/states.py`). Labels are what people read.
"""

from __future__ import annotations

from processor.form.fields import Choice


class Status(Choice):
    """The session's own track; the last three are side exits."""

    DRAFT = "brouillon", "Brouillon"
    TO_CORRECT = "a-corriger", "À corriger"
    TO_VALIDATE = "a-valider", "À valider"
    SENDING = "envoi-en-cours", "Envoi en cours"
    SENT = "proposition-envoyee", "Proposition envoyée"
    ACCEPTED = "acceptee", "Acceptée"
    SIGNED = "convention-signee", "Convention signée"
    CONFIRMED = "confirmee", "Confirmée"
    CONVENED = "convoquee", "Convoquée"
    RUNNING = "en-cours", "En cours"
    ENDED = "terminee", "Terminée"
    CLOSED = "cloturee", "Clôturée"
    POSTPONED = "reportee", "Reportée"
    CANCELLED = "annulee", "Annulée"
    DROPPED = "sans-suite", "Sans suite"


class Funding(Choice):
    """The funder's track: three answers stand side by side between filed and paid."""

    NONE = "sans-objet", "Sans objet"
    TO_FILE = "a-deposer", "À déposer"
    FILED = "deposee", "Déposée"
    GRANTED = "accord-total", "Accord total"
    PARTLY = "accord-partiel", "Accord partiel"
    REFUSED = "refus", "Refus"
    PAID = "paye", "Payé"


class DocumentState(Choice):
    """A document's track; replaced by a later version is its end."""

    GENERATED = "generated", "Généré"
    SENT = "sent", "Envoyé"
    SIGNED = "signed", "Signé reçu"
    REFUSED = "refused", "Refusé"
    REPLACED = "replaced", "Remplacé"


class MailState(Choice):
    """A mail's track."""

    PLANNED = "planned", "En file"
    SENDING = "sending", "En cours d’envoi"
    SENT = "sent", "Envoyé"
    DEFERRED = "deferred", "Différé"
    FAILED = "failed", "Rejeté"
    IN_DOUBT = "in_doubt", "Incertain"
    HELD = "held", "Retenu"
    CANCELLED = "cancelled", "Annulé"


MAIL = {str(one): one.label for one in MailState}
RECIPIENT = {"planned": "en file", "accepted": "accepté", "deferred": "différé", "refused": "refusé", "bounced": "non remis"}
KEPT = "déposé dans le dossier, rien n’est parti"  # the server's words where there is no server
UNREACHED = {"refused": "Adresse refusée", "bounced": "E-mail non remis"}  # what did not get through, and what a person is told
ROLES = {
    "client": "Client",
    "training_manager": "Responsable de la formation",
    "trainee": "Stagiaire",
    "trainer": "Formateur",
    "coordinator": "Coordination",
}

SIDE_EXITS: tuple[Status, ...] = (Status.POSTPONED, Status.CANCELLED, Status.DROPPED)
MAIN_LINE: tuple[Status, ...] = tuple(status for status in Status if status not in (Status.TO_CORRECT, *SIDE_EXITS))
OVER: frozenset[Status] = frozenset({Status.CLOSED, *SIDE_EXITS})  # nothing is expected of such a session any more

# How far a state is along its track. States of one rank exclude each other; what has no rank is beside the track.
_STATUS_RANKS: dict[str, int] = {one: rank for rank, one in enumerate(status for status in Status if status not in SIDE_EXITS)}
_FUNDING_RANKS: dict[str, int] = {
    Funding.TO_FILE: 0, Funding.FILED: 1, Funding.GRANTED: 2, Funding.PARTLY: 2, Funding.REFUSED: 2, Funding.PAID: 3,
}  # fmt: skip


def reached(state: str, wanted: str) -> bool:
    """Whether a track that stands at `state` is at `wanted` or beyond; states of different tracks never are.

    Side exits (reportée, annulée, sans suite) and « sans objet » are reached only by being there.
    """
    if state == wanted:
        return True
    return any(ranks[state] > ranks[wanted] for ranks in (_STATUS_RANKS, _FUNDING_RANKS) if state in ranks and wanted in ranks)


def label(choices: type[Choice], slug: str) -> str:
    """The French label of a state; the slug itself if it is none."""
    try:
        return choices(slug).label
    except ValueError:
        return slug
