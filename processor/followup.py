"""The session's own workbook coming back: what the coordinator noted on « Suivi », and her messages.

`judge` is pure: from what was known and what the sheet says now it gives the new facts, the states that follow and
what is impossible. An old copy of the workbook does not undo newer facts: each fact remembers when it was set.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from processor import stages
from processor import typography as fr
from processor.attendance import CHECKED, FACT, as_fact
from processor.corrections import REPLACED as REPLACED_CONTACTS
from processor.documents.plan import title_of
from processor.enclosures import as_files, readable_by, standing
from processor.form.fields import Choice, questions
from processor.form.findings import Finding, has_errors
from processor.form.followup import (
    ATTENDANCE_TABLE,
    FOLLOW_UP,
    MESSAGE_TABLE,
    SHEET,
    Addressee,
    Attendance,
    CancelledBy,
    FollowUp,
    FunderAnswer,
    Message,
    addressees,
    facts_of,
    from_facts,
    on_attendance,
)
from processor.form.raw import RawCell, RawWorkbook
from processor.form.reading import Path, read_rows, read_step
from processor.form.text import fold
from processor.ledger.rows import DocumentRow, NewRecipient, SessionRow
from processor.ledger.states import CANCELLED, GENERATED, REFUSED, REPLACED, SENT, SIGNED
from processor.life import Funding, Status
from processor.mail.context import mail_context
from processor.mail.posting import post
from processor.office import Office
from processor.progress import funding_of, status_of
from processor.session import Session
from processor.typography import half_up

SET_AT = "set_at"  # fact: when each of the others was last set (UTC, ISO 8601)
_PAST = (
    "accepted_on", "signed_on", "confirmed_on", "funding_filed_on", "answered_on", "cancelled_on", "dropped_on", "attendance_checked_on",
    "invoiced_on", "paid_on",
)  # fmt: skip
_OF_A_VERSION = (  # what a new version of the documents makes void
    "accepted_on", "signed_on", "confirmed_on", "postponed_to", "cancelled_on", "cancelled_by", "cancel_reason", "dropped_on",
)  # fmt: skip
VOID = "void"  # fact: those of the version before, and when they became so (`at`)
_OF_A_FUNDER = ("funding_filed_on", "funding_file", "funder_answer", "granted_amount", "refusal_reason", "answered_on")
_ALL = {"tous", "tout"}  # « Documents joints »: whatever the reader may have
_AGREEMENTS = ("devis", "convention", "contrat")
_CANCELLATION = "annulation"  # the mail that tells it
_CANCELLATION_STANDS = (
    "L’annulation a déjà été annoncée : elle ne s’efface pas. Pour reprendre la session, corrigez ce qui change sur les feuilles d’étape"
    " (dates, créneaux…), validez le prix et l’envoi, puis déposez le classeur : une nouvelle proposition partira."
)


@dataclass(frozen=True)
class Noted:
    """What a returned workbook says beside its steps: the follow-up sheet and the messages, each with its cells."""

    follow_up: FollowUp
    messages: list[tuple[Message, int]]
    attendance: list[Attendance]
    findings: list[Finding]
    places: Mapping[Path, RawCell]

    def finding(self, code: str, path: Path, message: str) -> Finding:
        """An error at the cell of an answer."""
        cell = self.places.get(path)
        place = (cell.sheet, cell.address) if cell else (FOLLOW_UP, "")
        return Finding("error", code, message, *place, str(path[-1]), cell.raw if cell else "")


@dataclass
class Verdict:
    """What follows: facts to keep, the session's and the funder's state, conflicts (French), impossibilities."""

    facts: dict[str, Any] = field(default_factory=dict)
    status: str = ""
    funding: str = ""
    conflicts: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def read(workbook: RawWorkbook) -> Noted | None:
    """The follow-up of a session's workbook; None for a form that has none."""
    if workbook.sheet(FOLLOW_UP) is None:
        return None
    findings: list[Finding] = []
    places: dict[Path, RawCell] = {}
    follow_up = read_step(SHEET, workbook, places, findings)
    messages, cells = read_rows(MESSAGE_TABLE, workbook, findings)
    places |= cells
    attendance, cells = read_rows(ATTENDANCE_TABLE, workbook, findings)
    to_send = [(one, number) for number, one in enumerate(messages) if (one.text or one.to or one.subject) and not one.sent_on]
    return Noted(follow_up, to_send, attendance, findings, places | cells)


@dataclass(frozen=True)
class Past:
    """What the ledger knows beside the facts: the state before a side exit, and whether a cancellation was told."""

    former: str | None = None
    cancellation_told: bool = False


def past_of(office: Office, row: SessionRow) -> Past:
    """From the session's timeline and mails."""
    exits = [one.before for one in office.ledger.events.of_session(row.id) if one.track == "session" and one.after == row.status]
    told = any(mail.kind == _CANCELLATION and mail.state != CANCELLED for mail in office.ledger.mails.of_session(row.id))
    return Past(exits[-1] if exits else None, told)


def judge(noted: Noted, row: SessionRow, session: Session, today: date, now: datetime, past: Past) -> Verdict:
    """What the sheet changes for the session `row` on this (local) day."""
    verdict = Verdict(status=row.status, funding=row.funding, findings=list(noted.findings))
    answers, known = noted.follow_up, row.facts
    set_at: dict[str, str] = dict(known.get(SET_AT, {}))
    void: dict[str, str] = known.get(VOID, {})
    read_on = _moment(answers.stamp)
    for name, value in facts_of(answers).items():
        before = known.get(name)
        if value == before or ("follow_up", name) not in noted.places:
            continue
        if name in void and value == void[name] and (read_on is None or read_on < datetime.fromisoformat(void["at"])):
            continue  # said of the version before, and still in the copy of the workbook that she had then
        newer = name in set_at and (read_on is None or datetime.fromisoformat(set_at[name]) > read_on)
        if newer:
            shown = noted.places[("follow_up", name)]
            verdict.conflicts.append(
                f"« Suivi » {shown.address} : le classeur déposé, plus ancien, dit « {shown.raw or 'rien'} » ; « {before or 'rien'} » est gardé"
            )
            continue
        verdict.facts[name] = value
        set_at[name] = now.isoformat()
    _attendance(verdict, noted, known, session, read_on, set_at, now)
    if verdict.facts:
        merged = FollowUp.model_validate(
            {key: value for key, value in (known | verdict.facts).items() if key in FollowUp.model_fields}
        )
        verdict.findings += _impossible(merged, noted, row, session, today)
        if known.get("cancelled_on") and not merged.cancelled_on and past.cancellation_told:
            verdict.findings.append(noted.finding("told", ("follow_up", "cancelled_on"), _CANCELLATION_STANDS))
        verdict.facts[SET_AT] = set_at
        verdict.status = status_of(merged, row.status, past.former, session, today)
        verdict.funding = funding_of(merged, row.funding, session)
    return verdict


def _attendance(
    verdict: Verdict, noted: Noted, known: Mapping[str, Any], session: Session, read_on: datetime | None, set_at: dict[str, str],
    now: datetime,
) -> None:  # fmt: skip
    """« Présences »: hours within the session's, of its trainees; an old copy does not undo what was noted since."""
    trainees, said = on_attendance(session.form), {}
    for number, row in enumerate(noted.attendance):
        trainee = trainees.get(row.trainee or "")
        path = (ATTENDANCE_TABLE.attribute, number)
        if trainee is None and as_fact(row):
            message = (
                "Cette ligne ne nomme aucun stagiaire de la session : reprenez la feuille « Présences » du classeur de l’outbox."
            )
            verdict.findings.append(noted.finding("unknown_trainee", (*path, "trainee"), message))
        elif row.hours is not None and not 0 <= row.hours <= session.hours:
            message = f"La formation dure {fr.hours(session.hours)} : les heures suivies vont de 0 à cette durée."
            verdict.findings.append(noted.finding("above_duration", (*path, "hours"), message))
        elif trainee is not None and as_fact(row):
            said[trainee.key] = as_fact(row)
    before = known.get(FACT, {})
    if not noted.attendance or said == before:
        return
    if before and FACT in set_at and (read_on is None or datetime.fromisoformat(set_at[FACT]) > read_on):
        verdict.conflicts.append(
            "« Présences » : le classeur déposé est plus ancien que ce qui a été noté depuis ; rien n’y est repris"
        )
        return
    verdict.facts[FACT] = said
    set_at[FACT] = now.isoformat()


def written_at(noted: Noted) -> datetime | None:
    """Of when the workbook is: the moment of the ledger that it shows."""
    return _moment(noted.follow_up.stamp)


def _moment(stamp: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(stamp) if stamp else None
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment


def _impossible(answers: FollowUp, noted: Noted, row: SessionRow, session: Session, today: date) -> list[Finding]:
    found: list[Finding] = []

    def refuse(name: str, code: str, message: str) -> None:
        found.append(noted.finding(code, ("follow_up", name), message))

    for name in _PAST:
        day = getattr(answers, name)
        if day is not None and day > today:
            refuse(name, "future", f"Le {fr.day(day)} n’est pas encore arrivé : notez ce qui s’est passé, à sa date.")
    if row.status in (Status.TO_VALIDATE, Status.SENDING):
        for name in ("accepted_on", "signed_on", "confirmed_on"):
            if getattr(answers, name):
                refuse(
                    name,
                    "not_sent",
                    "La proposition n’est pas encore partie : elle ne peut être ni acceptée, ni signée, ni confirmée.",
                )
    if answers.attendance_checked_on and answers.attendance_checked_on < session.end:
        end = fr.day(session.end)
        refuse(CHECKED, "not_ended", f"La formation se termine le {end} : les présences ne peuvent pas être vérifiées avant.")
    if answers.funder_answer and row.funding == Funding.NONE:
        refuse(
            "funder_answer",
            "no_funder",
            "Cette session est payée par le client : aucun financeur n’a à répondre. Videz cette cellule.",
        )
    if answers.funder_answer == FunderAnswer.PARTLY and answers.granted_amount is None:
        refuse("granted_amount", "required", "Un accord partiel a un montant : saisissez-le.")
    if answers.granted_amount == 0:
        refuse("granted_amount", "zero", "Un accord de 0 € est un refus : corrigez le montant ou la réponse.")
    if answers.funder_answer == FunderAnswer.REFUSED and answers.granted_amount is not None:
        refuse("granted_amount", "refused", "Un refus n’a pas de montant : videz cette cellule ou corrigez la réponse.")
    if answers.granted_amount is not None and answers.granted_amount * 100 > session.price.total_cents:
        refuse("granted_amount", "above_total", f"Le montant accordé dépasse le prix ({fr.euros(session.price.total_cents)}).")
    if answers.cancelled_on and answers.cancelled_by is None:
        refuse("cancelled_by", "required", "Dites qui annule : client, organisme ou financeur.")
    if answers.cancelled_on and answers.dropped_on:
        refuse("dropped_on", "both_ends", "Une session est annulée ou sans suite, pas les deux : videz l’une des deux dates.")
    return found


def not_moved(noted: Noted, row: SessionRow, dropped: Session) -> list[Finding]:
    """A postponement whose new dates are not on sheet 3 of the same workbook: nobody could be told them."""
    day = noted.follow_up.postponed_to
    if day is None or day.isoformat() == row.facts.get("postponed_to") or day == dropped.start:
        return []
    message = (
        f"La feuille « 3 Session » commence encore le {fr.day(dropped.start)} : corrigez-y les dates et les créneaux, validez le prix"
        " et l’envoi (feuille 6), puis déposez le classeur ; la proposition repart avec les nouvelles dates."
    )
    return [noted.finding("dates_not_moved", ("follow_up", "postponed_to"), message)]


def make_void(office: Office, row: SessionRow, *, funding: str | None) -> None:
    """A new version of the documents is not accepted nor signed yet, whatever the one before was.

    `funding` is the track's first state when another funder pays than before: nothing is filed with him yet.
    """
    ledger = office.ledger
    facts = ledger.sessions.get(row.id).facts
    names = _OF_A_VERSION if funding is None else (*_OF_A_VERSION, *_OF_A_FUNDER)
    former = {name: facts[name] for name in names if name in facts}
    if former:
        void = {VOID: {**former, "at": office.clock.now().isoformat()}}
        ledger.sessions.merge_facts(row.id, {**dict.fromkeys(former), **void})
        ledger.events.add(row.id, "session", None, "sans effet", f"Noté pour la version {row.version} : {_told(former)}")
    ledger.sessions.merge_facts(row.id, {REPLACED_CONTACTS: None})
    if funding is not None:
        ledger.sessions.set_status(row.id, "funding", funding, "le financeur a changé")


def _told(facts: Mapping[str, Any]) -> str:
    """Facts as « Suivi » shows them: `Devis accepté le 25 novembre 2026, Montant accordé 1 000,00 €`."""
    answers = from_facts(facts)
    return fr.listing(
        [
            f"{asked.label} {_shown(getattr(answers, asked.name))}"
            if facts[asked.name] is not None
            else f"{asked.label} (effacé)"
            for asked in questions(FollowUp)
            if asked.name in facts
        ]
    )


def _shown(value: Any) -> str:
    match value:
        case date():
            return fr.day(value)
        case Decimal():
            return fr.euros(half_up(value * 100))
        case Choice():
            return value.label
    return str(value)


def impossible_messages(noted: Noted, office: Office, row: SessionRow, session: Session) -> list[Finding]:
    """Messages to nobody of this session, or with a document that is not for their reader."""
    known = {fold(name): people for name, people in addressees(session.form).items()}
    found = []
    for message, number in noted.messages:
        strangers = [name for name in _split(message.to) or [""] if fold(name) not in known]
        if strangers:
            text = f"« {strangers[0]} » n’est pas un destinataire de cette session : choisissez dans la liste."
            found.append(noted.finding("addressee", ("messages", number, "to"), text))
            continue
        if not message.text:
            found.append(
                noted.finding(
                    "required", ("messages", number, "text"), "Le texte du message manque : écrivez-le, ou videz la ligne."
                )
            )
        people = _people(message, known)
        for wanted in _split(message.documents):
            text = _cannot_go(office, row, wanted, people)
            if text:
                found.append(noted.finding("not_for_reader", ("messages", number, "documents"), text))
    return found


def _split(text: str | None) -> list[str]:
    """What a cell names, one by one."""
    return [part.strip() for part in (text or "").replace(",", ";").split(";") if part.strip()]


def _people(message: Message, known: Mapping[str, Sequence[Addressee]]) -> list[Addressee]:
    """Everybody whom « Destinataires » names, each once."""
    return list(dict.fromkeys(person for name in _split(message.to) for person in known[fold(name)]))


def _cannot_go(office: Office, row: SessionRow, wanted: str, people: Sequence[Addressee]) -> str:
    """Why this document does not go to these people; empty if it does."""
    if fold(wanted) in _ALL:
        return ""
    made = {fold(title_of(office.config, one.kind)): one.kind for one in standing(office, row)}
    kind = made.get(fold(wanted)) or (fold(wanted) if fold(wanted) in made.values() else None)
    if kind is None:
        return f"« {wanted} » n’est pas un document de cette session : choisissez dans la liste."
    for one in people:
        if not any(document.kind == kind for document in readable_by(office, row, one.role, one.trainee)):
            return f"« {wanted} » n’est pas destiné à {one.name or one.address} : retirez-le, ou écrivez à quelqu’un d’autre."
    return ""


def _chosen(office: Office, row: SessionRow, message: Message, to: Addressee) -> list[DocumentRow]:
    """The documents that the message joins, as far as this reader may have them."""
    wanted = {fold(one) for one in _split(message.documents)}
    return [
        one
        for one in readable_by(office, row, to.role, to.trainee)
        if wanted & _ALL or {fold(title_of(office.config, one.kind)), one.kind} & wanted
    ]


def apply(office: Office, row: SessionRow, verdict: Verdict) -> bool:
    """Write the verdict into the ledger; whether anything changed. Call it in a transaction, without errors."""
    assert not has_errors(verdict.findings)
    ledger = office.ledger
    for conflict in verdict.conflicts:
        ledger.events.add(row.id, "session", None, "conflit", conflict)
    if not verdict.facts:
        return False
    facts = ledger.sessions.merge_facts(row.id, verdict.facts)
    if facts.get(CHECKED):
        ledger.sessions.merge_facts(row.id, {stages.TO_CERTIFY: True})
    said = _told({name: value for name, value in verdict.facts.items() if name in FollowUp.model_fields})
    cause = f"« Suivi » : {said}" if said else "« Présences »"
    moved = ledger.sessions.set_status(row.id, "session", verdict.status, cause)
    funded = ledger.sessions.set_status(row.id, "funding", verdict.funding, cause)
    if not moved and not funded:
        ledger.events.add(row.id, "session", None, "noté", cause)
    if moved and verdict.status == Status.CANCELLED:
        by = CancelledBy(facts["cancelled_by"]).label.lower()
        stages.tell_of_cancellation(office, row, office.session_of(row), reason=facts.get("cancel_reason") or "", by=by)
    _move_agreements(office, row, facts)
    return True


def _move_agreements(office: Office, row: SessionRow, facts: Mapping[str, Any]) -> None:
    """Devis, convention and contrat as the facts say: come back signed, refused, or still with the client.

    What came back signed is what was sent; a newer one that never left is nothing any more.
    """
    ledger = office.ledger
    agreements = [one for one in ledger.documents.of_session(row.id, row.version) if one.kind in _AGREEMENTS]
    sent = {one.kind for one in agreements if one.state != GENERATED and one.state != REPLACED}
    for one in agreements:
        signed = facts.get("signed_on") or (one.kind == "devis" and facts.get("accepted_on"))
        if one.state == REPLACED or (one.state == GENERATED and not signed):
            continue
        if one.state == GENERATED and one.kind in sent:
            ledger.documents.move(one.id, REPLACED, "un autre exemplaire est revenu signé")
        elif signed:
            ledger.documents.move(one.id, SIGNED, "reçu signé")
        elif facts.get("dropped_on"):
            ledger.documents.move(one.id, REFUSED, "proposition sans suite")
        else:
            ledger.documents.move(one.id, SENT, "de nouveau attendu : la note a été effacée")


def send_messages(office: Office, row: SessionRow, session: Session, noted: Noted) -> int:
    """Queue each message once, one mail a recipient. Returns how many were queued now.

    The same words from a workbook written since are another message, meant so.
    """
    ledger, before = office.ledger, len(office.ledger.mails.of_session(row.id))
    known = {fold(name): people for name, people in addressees(session.form).items()}
    for message, _ in noted.messages:
        for person in _people(message, known):
            files, joined = as_files(office, _chosen(office, row, message, person))
            to = NewRecipient(person.address, person.name, person.role, "To")
            subject = message.subject or f"Votre formation {session.title}"
            context = mail_context(
                session, recipient=to, today=office.today, documents=joined, message=message.text, subject=subject
            )
            about = f"{noted.follow_up.stamp}|{subject}|{message.text}|{(message.documents or '').casefold()}"
            post(office, "message", context, [to], files, about=about, row=row)
    return len(ledger.mails.of_session(row.id)) - before
