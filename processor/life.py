"""The four tracks of a session's life, each with its own states: session, funding, documents, mails."""

from __future__ import annotations

from processor.form.fields import Choice


class Status(Choice):
    """The session's own track; the last three are side exits."""

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
    """The funder's track."""

    NONE = "sans-objet", "Sans objet"
    TO_FILE = "a-deposer", "À déposer"
    FILED = "deposee", "Déposée"
    GRANTED = "accord-total", "Accord total"
    PARTLY = "accord-partiel", "Accord partiel"
    REFUSED = "refus", "Refus"
    PAID = "paye", "Payé"


DOCUMENT = {"generated": "Généré", "sent": "Envoyé", "signed": "Signé reçu", "refused": "Refusé", "replaced": "Remplacé"}
MAIL = {
    "planned": "En file",
    "sending": "En cours d’envoi",
    "sent": "Envoyé",
    "deferred": "Différé",
    "failed": "Rejeté",
    "in_doubt": "Incertain",
    "held": "Retenu",
    "cancelled": "Annulé",
}
RECIPIENT = {"planned": "en file", "accepted": "accepté", "deferred": "différé", "refused": "refusé"}
ROLES = {
    "client": "Client",
    "training_manager": "Responsable de la formation",
    "trainee": "Stagiaire",
    "trainer": "Formateur",
    "coordinator": "Coordination",
}
KINDS = {"devis": "Devis", "convention": "Convention", "contrat": "Contrat", "programme": "Programme"}
MAIN_LINE = tuple(status for status in Status if status not in (Status.POSTPONED, Status.CANCELLED, Status.DROPPED))


def label(choices: type[Choice], slug: str) -> str:
    """The French label of a state."""
    found = choices.meant_by(slug)
    return found.label if found else slug
