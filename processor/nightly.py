"""The nightly run: a pass over everything, then what time brings: states, convocations, reminders, the digest.

Every step is keyed by what it is about, so that a second run the same night does nothing, and a missed night is
caught up once by the next.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from processor import night_report, reminders, stages
from processor import typography as fr
from processor.enclosures import enclosed
from processor.errors import UserError
from processor.heart import Heart
from processor.ledger.rows import NewRecipient, SessionRow
from processor.life import Status
from processor.mail.context import Task, digest_context, mail_context
from processor.mail.posting import key_of, post, to_client, to_coordinator
from processor.office import Office
from processor.outbox import projection
from processor.reminders import Due, Life
from processor.rerender import outdated, rerender
from processor.retention import due, purge
from processor.running import Pass, Progress, one_pass, send
from processor.session import Session

_AGREED = {Status.ACCEPTED, Status.SIGNED, Status.CONFIRMED}
_UNDER_WAY = {*_AGREED, Status.CONVENED, Status.RUNNING}


@dataclass
class Night:
    """What a nightly run did, or with `dry_run` would do: one French line each."""

    day: date
    lines: list[str] = field(default_factory=list)
    last: Pass = field(default_factory=Pass)


def run(office: Office, *, day: date | None = None, dry_run: bool = False, progress: Progress | None = None) -> Night:
    """The night of `day` (today without). A dry run only lists what would leave, be made again or be forgotten."""
    night = Night(day or office.today)
    if dry_run:
        night.lines += _foreseen(office, night.day)
        return night
    heart = Heart(office)
    heart.start()
    try:
        _work(office, night, progress)
    except BaseException as error:
        heart.beat(trouble=night_report.write(office, night, error))
        raise
    night_report.write(office, night)
    heart.beat(trouble=" ; ".join(night.last.troubles))
    return night


def _work(office: Office, night: Night, progress: Progress | None) -> None:
    """The night's steps, in the order in which one feeds the next; the mails of all leave at the end."""
    documents = office.ledger.documents.count()
    night.last = one_pass(office, progress, write_outbox=False)
    night.lines += rerender(office)
    night.lines += stages.advance(office, office.ledger.sessions.list(), night.day)
    for row in office.ledger.sessions.list():
        night.lines += _move_with_time(office, row, night.day)
    coordinator: list[Task] = []
    for row, life in _lives(office):
        for one in _open_reminders(office, row, life, night.day):
            try:
                coordinator += _remind(office, row, life, one)
                night.lines.append(_line(row, one))
            except UserError as trouble:  # a broken mail template: tried again the next night, the others go on
                night.lines.append(f"{_line(row, one)} : {trouble}")
    night.lines += purge(office, night.day)
    try:
        _digest(office, coordinator, night)
    except UserError as trouble:
        night.lines.append(f"point du jour : {trouble}")
    result = Pass(engine=office.engine.name)
    send(office, result)
    night.last.mails = night.last.mails.then(result.mails)
    night.last.proposals_sent += result.proposals_sent
    night.last.documents = office.ledger.documents.count() - documents
    office.ledger.meta.set("last_nightly", night.day.isoformat())
    night.last.troubles += [*result.troubles, *projection.refresh(office)]


def _foreseen(office: Office, day: date) -> list[str]:
    """What the night of `day` would do, as far as today's ledger tells."""
    lines = [f"{row.ref} : documents à refaire, le modèle a changé" for row, _ in outdated(office)]
    lines += _waiting(office)
    reminded: list[Task] = []
    for row, life in _lives(office):
        lines += _coming(office, row, day)
        for one in _open_reminders(office, row, life, day):
            lines.append(_line(row, one))
            reminded += _for_digest(row, life, one)
    lines += [f"{row.ref} : données personnelles à effacer le {fr.short_day(ends)}" for row, ends in due(office, day)]
    tasks = _tasks(office, reminded, day) if to_coordinator(office) else []
    return lines + ([_digest_line(tasks)] if tasks else [])


def _waiting(office: Office) -> list[str]:
    """Mails in the queue, which the next pass sends."""
    refs = {row.id: row.ref for row in office.ledger.sessions.list()}
    return [
        f"{refs.get(mail.session_id or 0, 'sans session')} : e-mail {mail.id} en file, « {mail.subject} »"
        for mail in office.ledger.mails.all("planned", "deferred")
    ]


def _lives(office: Office) -> Iterator[tuple[SessionRow, Life]]:
    ledger, zone = office.ledger, office.config.zone
    sent = ledger.mails.last_sent("proposition")
    for row, session in office.sessions_of(ledger.sessions.list()):
        life = Life(
            session=session,
            status=row.status,
            funding=row.funding,
            facts=row.facts,
            first_known=row.created_at.astimezone(zone).date(),
            sent_on=sent[row.id].astimezone(zone).date() if row.id in sent else None,
        )
        yield row, life


def _move_with_time(office: Office, row: SessionRow, day: date) -> list[str]:
    """A session under way begins and ends by itself."""
    start, end = date.fromisoformat(row.start), date.fromisoformat(row.end)
    if row.status in _UNDER_WAY and end < day:
        after, cause = Status.ENDED, "la dernière journée est passée"
        if row.facts.get("paid_on"):
            after, cause = Status.CLOSED, "la dernière journée est passée, et le paiement est noté"
    elif row.status in _UNDER_WAY - {Status.RUNNING} and start <= day <= end:
        after, cause = Status.RUNNING, "la formation a commencé"
    else:
        return []
    moved = office.ledger.sessions.set_status(row.id, "session", after, cause)
    return [f"{row.ref} : {after.label.lower()}"] if moved else []


def _coming(office: Office, row: SessionRow, day: date) -> list[str]:
    """What `stages.advance` would do for this session on `day`."""
    convened = [one.told for one in stages.invitations(office, row, day)]
    return convened or ([f"{row.ref} : attestations et certificats"] if stages.to_certify(row) else [])


def _open_reminders(office: Office, row: SessionRow, life: Life, day: date) -> list[Due]:
    """Due, and not given before."""
    return [
        one
        for one in reminders.due(office.config.reminders, life, day)
        if not office.ledger.reminders.done(row.id, one.rule.name, one.day.isoformat())
    ]


def _line(row: SessionRow, one: Due) -> str:
    whom = {
        "coordinator": "coordination",
        "client": "client",
        "trainees": "stagiaires",
        "trainer": "formateurs",
        "training_manager": "responsable formation",
    }
    return f"{row.ref} : rappel « {one.rule.name} » ({whom[one.rule.to]})"


def _remind(office: Office, row: SessionRow, life: Life, one: Due) -> list[Task]:
    """Queue the reminder's mails; what is for the coordinator becomes a line of her digest."""
    ledger, session = office.ledger, life.session
    with ledger.store.transaction():
        ledger.reminders.mark(row.id, one.rule.name, one.day.isoformat())
        for to, trainee in _groups(session, one.rule.to):
            files, joined = enclosed(office, row, one.rule.template, to[0], trainee)
            context = mail_context(session, recipient=to[0], today=office.today, documents=joined)
            post(office, one.rule.template, context, to, files, about=f"{one.rule.name} {one.day}", row=row)
    return _for_digest(row, life, one)


def _for_digest(row: SessionRow, life: Life, one: Due) -> list[Task]:
    """The coordinator's line, if the reminder is hers; a deadline counts more than the day on which it is recalled."""
    if one.rule.to != "coordinator":
        return []
    due_on = life.session.deadline.last_day if life.session.deadline and one.rule.relative_to == "funding_deadline" else one.day
    return [Task(f"{one.rule.name[:1].upper()}{one.rule.name[1:]}", row.ref, row.client, due_on)]


def _groups(session: Session, to: str) -> list[tuple[list[NewRecipient], str | None]]:
    """One message a group; each trainee (with his key) and each trainer is a group of their own."""
    form = session.form
    match to:
        case "client":
            return [(to_client(form.client, session.contact_name), None)]
        case "training_manager" if form.client.manager_email:
            return [([NewRecipient(form.client.manager_email, form.client.manager_name or "", "training_manager", "To")], None)]
        case "trainees":
            return [([stages.to_trainee(one)], one.key) for one in form.trainees if one.email]
        case "trainer":
            return [([one], None) for one in stages.trainers(form)]
    return []


def _digest(office: Office, reminded: list[Task], night: Night) -> None:
    """One message a day to the coordinator."""
    to = to_coordinator(office)
    tasks = _tasks(office, reminded, night.day) if to else []
    about = night.day.isoformat()
    if tasks and not office.ledger.mails.known(key_of("digest", None, about, to)):
        post(office, "digest", digest_context(office.config, today=night.day, tasks=tasks), to, about=about)
        night.lines.append(_digest_line(tasks))


def _tasks(office: Office, reminded: list[Task], day: date) -> list[Task]:
    """The reminders of this night, then what the register lists as pressing or for the next two weeks."""
    found = [
        Task(f"{one.what} – {one.action}", one.ref, one.client, one.due)
        for one in projection.tasks(office, office.ledger.sessions.list())
        if one.severity != "normal" or (one.due and one.due <= day + timedelta(days=14))
    ]
    return reminded + found


def _digest_line(tasks: list[Task]) -> str:
    return f"point du jour : {fr.count(len(tasks), 'ligne')}"
