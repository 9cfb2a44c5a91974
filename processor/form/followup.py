"""What a coordinator writes into the session's own workbook, once the proposal has left: the follow-up and messages.

Declared like the form's steps, so that the sheets, their reader and the addresses of findings come from one
place. What the follow-up establishes is kept in the session's facts as JSON, under these names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator

from processor.form.conversions import Day, Hours, Line, Money, Paragraphs, chosen
from processor.form.fields import Choice, Step, ask, when
from processor.form.steps import FieldSheet, Form, TableSheet, Trainee, listed
from processor.typography import person

FOLLOW_UP, MESSAGES, ATTENDANCE = "Suivi", "Messagerie", "Présences"
FUNDER = "Le financeur"  # the block of « Suivi » about who pays
MESSAGE_ROWS = 5  # blank rows offered under « Écrire à »


class FunderAnswer(Choice):
    """What the funder may answer; the slugs are those of the funding track (`life.Funding`)."""

    GRANTED = "accord-total", "Accord total", "accord", "accepté"
    PARTLY = "accord-partiel", "Accord partiel", "partiel"
    REFUSED = "refus", "Refus", "refusé"


class CancelledBy(Choice):
    CLIENT = "client", "Client", "le client"
    ORGANISATION = "organisme", "Organisme", "l’organisme"
    FUNDER = "financeur", "Financeur", "le financeur", "OPCO"


class Outcome(Choice):
    """What the assessment found: the certificate of the end of training gives it (C. trav. L.6353-1)."""

    ACQUIRED = "acquis", "Acquis"
    PARTLY = "en-cours", "En cours d’acquisition", "partiellement acquis"
    NOT_ACQUIRED = "non-acquis", "Non acquis"
    NOT_ASSESSED = "non-evalue", "Non évalué"


OneOutcome = Annotated[Outcome, BeforeValidator(chosen(Outcome)), listed(Outcome)]
OneAnswer = Annotated[FunderAnswer, BeforeValidator(chosen(FunderAnswer)), listed(FunderAnswer)]
OneCanceller = Annotated[CancelledBy, BeforeValidator(chosen(CancelledBy)), listed(CancelledBy)]


class FollowUp(Step):
    """The sheet « Suivi »: what happened since, in the coordinator's words. Dates are local."""

    accepted_on: Day | None = ask(
        "Devis accepté le", "Date du « bon pour accord ».", section="Le client", aliases=("Devis signé le", "Accepté le")
    )
    signed_on: Day | None = ask(
        "Convention signée le",
        "Convention ou, pour un particulier, contrat : date de la signature du client.",
        aliases=("Contrat signé le", "Convention ou contrat signé le"),
    )
    confirmed_on: Day | None = ask(
        "Confirmée le",
        "La session aura lieu : financement et effectif suffisants, ou risque accepté.",
        aliases=("Session confirmée le",),
    )
    funding_filed_on: Day | None = ask(
        "Demande de prise en charge déposée le",
        "Jour du dépôt chez le financeur.",
        section=FUNDER,
        aliases=("Demande déposée le",),
    )
    funding_file: Line | None = ask(
        "N° de la demande",
        "Tel que le financeur l’a donné.",
        example="AK-2027-001234",
        aliases=("Numéro de la demande", "N° de dossier"),
    )
    funder_answer: OneAnswer | None = ask("Réponse du financeur", "Accord total, accord partiel ou refus.", aliases=("Réponse",))
    granted_amount: Money | None = ask(
        "Montant accordé",
        "En euros ; indispensable pour un accord partiel.",
        required=when(funder_answer=FunderAnswer.PARTLY),
        aliases=("Montant accordé (€)", "Montant pris en charge"),
    )
    refusal_reason: Line | None = ask("Motif du refus", "En cas de refus.", aliases=("Raison du refus",))
    answered_on: Day | None = ask("Réponse reçue le", "Date du courrier ou de l’e-mail du financeur.")
    postponed_to: Day | None = ask(
        "Reportée (nouvelle date de début)",
        "Corrigez aussi les dates et les créneaux de la feuille 3.",
        section="Report, annulation",
        aliases=("Reportée au", "Reportée", "Nouvelle date de début"),
    )
    cancelled_on: Day | None = ask(
        "Annulée le", "La session n’aura pas lieu : le client et ceux qui sont convoqués en sont avertis."
    )
    cancelled_by: OneCanceller | None = ask("Annulée par", "Client, organisme ou financeur.")
    cancel_reason: Line | None = ask("Motif de l’annulation", "En une phrase ; il est gardé dans la chronologie.")
    dropped_on: Day | None = ask(
        "Sans suite le", "Le client a refusé, ou n’a pas répondu.", aliases=("Classée sans suite le", "Devis refusé le")
    )
    attendance_checked_on: Day | None = ask(
        "Présences vérifiées le",
        "Feuilles d’émargement relues et feuille « Présences » à jour : les attestations et les certificats partent alors.",
        section="Fin de la formation",
        aliases=("Émargements vérifiés le",),
    )
    invoiced_on: Day | None = ask("Facturée le", "Date de la facture.", section="Facturation")
    paid_on: Day | None = ask("Payée le", "Date du dernier paiement : la session peut être clôturée.")
    stamp: Line | None = ask("État du classeur", "Ne pas modifier : dit au programme de quand date ce classeur.")


SHEET = FieldSheet(FOLLOW_UP, "Suivi – ce qui s’est passé depuis", "follow_up", FollowUp)


class Message(Step):
    """One line of « Écrire à »: it leaves when the workbook is dropped, one message a recipient."""

    to: Line | None = ask("Destinataires", "Choisissez dans la liste.", aliases=("Destinataire", "À"))
    subject: Line | None = ask("Objet", "Une ligne.", aliases=("Sujet",))
    text: Paragraphs | None = ask("Texte", "Alt+Entrée : nouvelle ligne.", aliases=("Message",))
    documents: Line | None = ask("Documents joints", "Facultatif : Devis ; Programme … ou Tous.", aliases=("Pièces jointes",))
    sent_on: Line | None = ask("Envoyé le", "Rempli par le programme : cette ligne est partie.")


MESSAGE_TABLE = TableSheet(MESSAGES, "Écrire à", "messages", Message, MESSAGE_ROWS, "message")


class Attendance(Step):
    """One trainee's presence: blank hours are all of them, zero is an absence (no certificate)."""

    trainee: Line | None = ask("Stagiaire", "Rempli par le programme.")
    planned: Line | None = ask("Heures prévues", "Rempli par le programme.", computed=True)
    hours: Hours | None = ask("Heures suivies", "Vide : toutes ; 0 : absent.", example="14")
    outcome: OneOutcome | None = ask("Acquis de la formation", "Résultat de l’évaluation.", aliases=("Acquis", "Résultat"))


ATTENDANCE_TABLE = TableSheet(ATTENDANCE, "Présences et acquis", "attendance", Attendance, 60, "stagiaire")


@dataclass(frozen=True)
class Addressee:
    """Somebody that a message may go to; `role` is the ledger's (client, training_manager, trainee, trainer).

    `trainee` is his key, by which his own documents are told from the others'.
    """

    role: str
    name: str
    address: str
    trainee: str | None = None


def facts_of(follow_up: FollowUp) -> dict[str, Any]:
    """The answers as JSON values, blanks as None (which removes a fact)."""
    return follow_up.model_dump(mode="json", exclude={"stamp"})


def from_facts(facts: Mapping[str, Any]) -> FollowUp:
    """The sheet's answers from the session's facts; facts of other origin are left aside."""
    return FollowUp.model_validate({name: value for name, value in facts.items() if name in FollowUp.model_fields})


def addressees(form: Form) -> dict[str, tuple[Addressee, ...]]:
    """The choices of « Destinataires » and who each means; nobody without an e-mail is offered."""
    client = form.client
    found: dict[str, tuple[Addressee, ...]] = {}
    if client.email:
        found["Client"] = (Addressee("client", person(None, client.first_name, client.last_name), client.email),)
    if client.manager_email:
        found["Responsable de la formation"] = (Addressee("training_manager", client.manager_name or "", client.manager_email),)
    trainees = tuple(Addressee("trainee", one.full_name, one.email, one.key) for one in form.trainees if one.email)
    if trainees:
        found["Tous les stagiaires"] = trainees
    trainers = tuple(Addressee("trainer", one.name or "", one.email) for one in form.trainers if one.email)
    if trainers:
        found["Formateurs"] = trainers
    names = [one.name for one in trainees]
    for one in trainees:  # namesakes are told apart by their address
        found[one.name if names.count(one.name) == 1 else f"{one.name} ({one.address})"] = (one,)
    return found


def on_attendance(form: Form) -> dict[str, Trainee]:
    """The trainees as « Présences » names them; namesakes are told apart by their key."""
    names = [one.full_name for one in form.trainees]
    return {one.full_name if names.count(one.full_name) == 1 else one.key: one for one in form.trainees}
