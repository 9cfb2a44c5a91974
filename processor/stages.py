"""What follows the proposal: convocations, certificates, and the news of a change or a cancellation.

Called for the sessions whose workbook was just dropped, and by the nightly run for all. Each step looks at the
ledger first: documents are made where they are missing or no longer say what was noted, and a mail's key holds
what it carries, so that nothing leaves twice and a corrected certificate does leave.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from processor import making
from processor.attendance import attended
from processor.billing import invoices
from processor.documents.plan import Planned, documents_for
from processor.enclosures import enclosed, standing
from processor.errors import UserError
from processor.form.steps import Form, Trainee, answers_of
from processor.ledger.rows import MailRow, NewRecipient, SessionRow
from processor.ledger.states import CANCELLED, REPLACED
from processor.life import Status
from processor.mail.calendar import FILE_NAME, MIME, MIME_CANCEL, calendar_of
from processor.mail.compose import Attachment
from processor.mail.context import Change, mail_context
from processor.mail.posting import key_of, post, to_client
from processor.office import Office
from processor.session import Session

CERTIFIED = "certified"  # in the session's facts: what the certificates made last were made from
TO_CERTIFY = "to_certify"  # … : attendance was vouched for, or corrected, since
_AGREED = {Status.ACCEPTED, Status.SIGNED, Status.CONFIRMED}
DATED = ("proposition", "convocation", "intervention", "report", "modification", "veille")  # wrong once dates change
_Step = Callable[[Office, SessionRow, date], list[str]]
_INVITATIONS = ("convocation", "intervention")  # who got one of these is told of changes


@dataclass(frozen=True)
class Invitation:
    """A convocation to a trainee (by his key) or a trainer's papers, not queued yet; `told` is the night's line."""

    kind: str
    to: NewRecipient
    trainee: str | None
    told: str


def invitations(office: Office, row: SessionRow, day: date) -> list[Invitation]:
    """What is to leave now (local `day`): the session is agreed and begins within `nightly.convocation_days`, or it was
    convened and somebody has another address since."""
    begins_in = (date.fromisoformat(row.start) - day).days
    soon = row.status in _AGREED and begins_in <= office.config.nightly.convocation_days
    if begins_in < 0 or not (soon or row.status == Status.CONVENED):
        return []
    form = office.session_of(row).form
    found = [
        Invitation("convocation", to_trainee(one), one.key, f"{row.ref} : convocation de {one.full_name}")
        for one in form.trainees
        if one.email
    ]
    found += [
        Invitation("intervention", to, None, f"{row.ref} : dossier de {to.name or to.address}, formateur")
        for to in trainers(form)
    ]
    return [one for one in found if not office.ledger.mails.known(key_of(one.kind, row, _invited_to(row), [one.to]))]


def _invited_to(row: SessionRow) -> str:
    """What an invitation is about: these dates, this version."""
    return f"{row.start} version {row.version}"


def to_certify(row: SessionRow) -> bool:
    """Whether the coordinator vouched for the attendance, or corrected it since the certificates."""
    return bool(row.facts.get(TO_CERTIFY)) and row.status not in (Status.CANCELLED, Status.DROPPED)


def to_trainee(one: Trainee) -> NewRecipient:
    return NewRecipient(one.email or "", one.full_name, "trainee", "To")


def advance(office: Office, rows: Sequence[SessionRow], day: date) -> list[str]:
    """Convene and certify where it is time; one French line a message queued, or for what could not be made."""
    wanted: list[tuple[SessionRow, _Step, list[Planned]]] = []
    for row in rows:
        if invitations(office, row, day):
            wanted.append((row, _convene, _missing(office, row)))
        elif to_certify(row):
            _withdraw(office, row)
            wanted.append((row, _certify, _changed(office, row)))
    rendered = [(row, making.rendered(office, row, planned, today=True)) for row, _, planned in wanted]
    made = making.make(office, rendered, "faite avec {engine}")
    lines = []
    for row, step, planned in wanted:
        if row.id in made or not planned:
            try:
                lines += step(office, row, day)
            except UserError as trouble:  # a broken mail template: this session waits, the others go on
                office.ledger.meta.set(making.trouble_key(row), str(trouble))
                lines.append(f"{row.ref} : {trouble}")
            else:
                office.ledger.meta.set(making.trouble_key(row), None)
        else:
            lines.append(f"{row.ref} : {office.ledger.meta.get(making.trouble_key(row))}")
    return lines


def _missing(office: Office, row: SessionRow) -> list[Planned]:
    """The convocation's documents that this version does not have yet."""
    known = {(one.kind, one.trainee) for one in standing(office, row)}
    return [one for one in documents_for(office.session_of(row), "convocation") if (one.kind, one.trainee_key) not in known]


def _convene(office: Office, row: SessionRow, day: date) -> list[str]:
    """One message to each trainee and each trainer, with their documents and every slot for the diary."""
    ledger, session = office.ledger, office.session_of(row)
    diary = Attachment(FILE_NAME, calendar_of(session, now=office.clock.now()), MIME)
    wanted = invitations(office, row, day)
    with ledger.store.transaction():
        for one in wanted:
            files, joined = enclosed(office, row, one.kind, one.to, one.trainee)
            context = mail_context(session, recipient=one.to, today=office.today, documents=joined)
            post(office, one.kind, context, [one.to], [*files, diary], about=_invited_to(row), row=row)
        ledger.sessions.set_status(row.id, "session", Status.CONVENED, "convocations mises en file")
    return [one.told for one in wanted]


def trainers(form: Form) -> list[NewRecipient]:
    return [NewRecipient(one.email, one.name or "", "trainer", "To") for one in form.trainers if one.email]


def _basis(row: SessionRow, session: Session) -> dict[str, Any]:
    """What certificates and the invoice's draft are made from: hours and outcome of each, who is invoiced for what."""
    people = {}
    for one in session.form.trainees:
        found = attended(session, row.facts, one)
        people[one.key] = [str(found.hours), found.outcome.value if found.outcome else ""]
    said = json.dumps(answers_of(session.form, printed=True) | {"trainees": []}, sort_keys=True, ensure_ascii=False)
    content = hashlib.sha256(said.encode()).hexdigest()
    return {
        "version": row.version,
        "content": content,
        "people": people,
        "invoices": [[one.to, one.cents] for one in invoices(session, row.facts)],
    }


def _changed(office: Office, row: SessionRow) -> list[Planned]:
    """The documents of the end that are to be made: of those present, where what was noted is not certified yet."""
    session = office.session_of(row)
    basis, before = _basis(row, session), row.facts.get(CERTIFIED) or {}
    first = (before.get("version"), before.get("content")) != (basis["version"], basis["content"])
    chosen = []
    for one in documents_for(session, "completion"):
        if one.trainee is not None:
            new = first or before["people"].get(one.trainee.key) != basis["people"][one.trainee.key]
            if new and attended(session, row.facts, one.trainee).hours:
                chosen.append(one)
        elif first or before != basis:
            chosen.append(one)
    return chosen


def _withdraw(office: Office, row: SessionRow) -> None:
    """The certificates of somebody who is now noted absent stand no more."""
    session = office.session_of(row)
    absent = {one.key for one in session.form.trainees if not attended(session, row.facts, one).hours}
    kinds = {one.kind for one in documents_for(session, "completion") if one.trainee is not None}
    for one in standing(office, row):
        if one.trainee in absent and one.kind in kinds:
            office.ledger.documents.move(one.id, REPLACED, "noté absent sur « Présences »")


def _certify(office: Office, row: SessionRow, _day: date) -> list[str]:
    """Each trainee gets his own papers; the client the certificates for the funder."""
    ledger, session, lines = office.ledger, office.session_of(row), []
    with ledger.store.transaction():
        for trainee in session.form.trainees:
            if trainee.email:
                lines += _send_papers(office, row, session, [to_trainee(trainee)], trainee.key)
        client = to_client(session.form.client, session.contact_name)
        if client[0].address.casefold() not in {(one.email or "").casefold() for one in session.form.trainees}:
            lines += _send_papers(office, row, session, client, None)
        ledger.sessions.merge_facts(row.id, {CERTIFIED: _basis(row, session), TO_CERTIFY: None})
    return lines


def _send_papers(office: Office, row: SessionRow, session: Session, to: Sequence[NewRecipient], trainee: str | None) -> list[str]:
    """Nothing if there is nothing for this reader; the same papers leave once."""
    files, joined = enclosed(office, row, "certificat", to[0], trainee)
    if not files:
        return []
    context = mail_context(session, recipient=to[0], today=office.today, documents=joined)
    papers = sorted(one.pdf_sha256 for one in standing(office, row) if f"{one.name}.pdf" in {file.name for file in files})
    before = len(office.ledger.mails.of_session(row.id))
    post(office, "certificat", context, to, files, about=" ".join(papers), row=row)
    queued = len(office.ledger.mails.of_session(row.id)) > before
    return [f"{row.ref} : certificats à {to[0].name or to[0].address}"] if queued else []


def tell_of_cancellation(office: Office, row: SessionRow, session: Session, *, reason: str, by: str) -> None:
    """To the client, if a proposal reached him, and to everybody who was convened, whose diary is cleared."""
    office.ledger.mails.cancel_waiting(row.id, DATED, "session annulée")
    mails = office.ledger.mails.of_session(row.id)
    change = Change(reason=reason, by=by)
    about = f"annulation version {row.version}"
    if any(mail.kind == "proposition" and mail.state != CANCELLED for mail in mails):
        _tell(office, row, session, "annulation", to_client(session.form.client, session.contact_name), change, about)
    diary = Attachment(FILE_NAME, calendar_of(session, now=office.clock.now(), cancelled=True), MIME_CANCEL)
    for to in _invited(office, mails):
        _tell(office, row, session, "annulation", [to], change, about, [diary])


def tell_of_change(office: Office, row: SessionRow) -> None:
    """A new version left: who was convened to an earlier one gets the new dates, places and diary.

    The client is told by the proposal itself.
    """
    ledger, session = office.ledger, office.session_of(row)
    mails = [mail for mail in ledger.mails.of_session(row.id) if (mail.version or 0) < row.version]
    here = {to.address for to in (*map(to_trainee, session.form.trainees), *trainers(session.form))}
    invited = [one for one in _invited(office, mails) if one.address in here]
    if not invited:
        return
    former = office.session_of(row, max(mail.version or 1 for mail in mails if mail.kind in _INVITATIONS))
    moved = (former.start, former.end) != (session.start, session.end)
    change = Change(former_start=former.start, former_end=former.end) if moved else Change()
    diary = Attachment(FILE_NAME, calendar_of(session, now=office.clock.now()), MIME)
    for to in invited:
        _tell(office, row, session, "report" if moved else "modification", [to], change, f"version {row.version}", [diary])


def _tell(
    office: Office, row: SessionRow, session: Session, kind: str, to: Sequence[NewRecipient], change: Change, about: str,
    files: Sequence[Attachment] = (),
) -> None:  # fmt: skip
    context = mail_context(session, recipient=to[0], today=office.today, change=change)
    post(office, kind, context, to, files, about=about, row=row)


def _invited(office: Office, mails: Sequence[MailRow]) -> list[NewRecipient]:
    """Who got, or is about to get, a convocation or the trainer's papers; each once."""
    found: dict[str, NewRecipient] = {}
    for mail in mails:
        if mail.kind in _INVITATIONS and mail.state != CANCELLED:
            for one in office.ledger.mails.recipients(mail.id):
                found[one.address] = NewRecipient(one.address, one.name, one.role, "To")
    return list(found.values())
