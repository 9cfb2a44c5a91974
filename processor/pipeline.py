"""The story of a dropped workbook: examined, registered, its documents made, its mail planned.

Each step looks at the ledger first and does only what is missing, so that a run killed anywhere is simply run
again: the version is there once, the PDFs are there once, the mail is a row with a unique key. Workbooks come in
batches, because one start of the PDF engine serves many documents.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from processor import corrections, followup, old_copy, stages
from processor.enclosures import enclosed
from processor.errors import PdfError, UserError
from processor.form import reading
from processor.form.choices import Funder
from processor.form.examine import Examined, examine
from processor.form.findings import Finding, has_errors
from processor.form.rules import OF_THE_DAY
from processor.form.steps import Form
from processor.inbox.claim import archive
from processor.inbox.names import DONE, REJECTED, classify
from processor.ledger.rows import JobRow, MailRow, SessionRow
from processor.life import OVER, Funding, Status, reached
from processor.mail.context import mail_context, rejection_context
from processor.mail.posting import Draft, draft, post, queue, to_client, to_coordinator
from processor.making import make_proposals, trouble_key
from processor.office import Office
from processor.outbox.files import write_atomically
from processor.outbox.names import report_name
from processor.session import Session

PROPOSAL = "proposition"
_RETRY_SECONDS = 60
_BUG_ATTEMPTS = 3


@dataclass
class Case:
    """One job on its way: what it was found to be, and how it ends."""

    job: JobRow
    examined: Examined | None = None
    row: SessionRow | None = None
    outcome: str = ""
    noted: followup.Noted | None = None
    followed_up: bool = False

    @property
    def name(self) -> str:
        return Path(self.job.path).name


class _Refused(Exception):
    """The workbook goes back: whatever its transaction did is undone."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = findings


def process(office: Office, jobs: Sequence[JobRow]) -> list[Case]:
    """Take these jobs as far as they go. What fails for a reason outside the workbook is retried later."""
    cases = [Case(job) for job in jobs]
    for case in cases:
        _guarded(office, case, _register)
    make_proposals(office, [case.row for case in cases if case.row is not None and not case.outcome])
    for case in cases:
        if case.row is not None and not case.outcome:
            _guarded(office, case, _finish)
    _advance(office, cases)
    put_away(office, [job for job in map(office.ledger.jobs.get, (case.job.id for case in cases)) if job.finished_at is not None])
    return cases


def _advance(office: Office, cases: Sequence[Case]) -> None:
    """What a note made possible (convocations, certificates) is done at once; the night does what fails here."""
    rows = [office.ledger.sessions.get(case.row.id) for case in cases if case.row is not None and case.followed_up]
    try:
        stages.advance(office, rows, office.today)
    except Exception:
        _report(office, "etapes")


def _guarded(office: Office, case: Case, step: Callable[[Office, Case], None]) -> None:
    """One workbook's trouble never stops the others: known trouble waits, a bug is tried again, then put aside."""
    ledger = office.ledger
    try:
        step(office, case)
    except UserError as trouble:
        _wait(office, case, str(trouble), blameless=True)
    except Exception:
        path = _report(office, str(case.job.id))
        if ledger.jobs.get(case.job.id).attempts < _BUG_ATTEMPTS:
            _wait(office, case, f"erreur interne, rapport dans {path.name}", blameless=False)
        else:
            quarantined(office, case.job, f"erreur interne répétée, rapport dans {path.name}")
            case.outcome = "failed"


def _report(office: Office, what: str) -> Path:
    """The report of a bug, for whoever is to mend it."""
    path = office.config.folders.state / "reports" / f"{office.now:%Y%m%d-%H%M%S}-{what}.txt"
    write_atomically(path, traceback.format_exc().encode())
    return path


def _wait(office: Office, case: Case, why: str, *, blameless: bool) -> None:
    if office.ledger.jobs.get(case.job.id).state == "running":
        office.ledger.jobs.retry(case.job.id, office.clock.now() + timedelta(seconds=_RETRY_SECONDS), why, blameless=blameless)
    case.outcome = "waiting"


def _register(office: Office, case: Case) -> None:
    """Examine the workbook; a faulty one goes back, a good one becomes a session's version in the ledger."""
    ledger, job = office.ledger, case.job
    content = ledger.blobs.get(job.sha256)
    case.examined = _examined(office, case.name, content)
    session = case.examined.session
    _forget_the_day(case.examined, _known(office, session))
    if not case.examined.ok:
        return _reject(office, case, content)
    if not ledger.jobs.bind(job.id, (session.ref or session.natural_key).casefold()):
        case.outcome = "waiting"
        return None
    try:
        with ledger.store.transaction():
            row = _known(office, session)
            noted = followup.read(case.examined.raw) if case.examined.raw else None
            clash = _another_session(office, row, session) if row and session.ref else _unknown_session(session, noted, row)
            case.noted = noted if row and row.version else None
            problems = [clash] if clash else _follow_up(office, case, row, session) if row else []
            if row is None and not problems:
                row = ledger.sessions.create(
                    ref=session.ref or None, status=Status.TO_VALIDATE, funding=_first_funding(session), **_described(session),
                    cause=f"classeur « {case.name} » déposé",
                )  # fmt: skip
            if row is not None and not problems and not _just_ended(row, ledger.sessions.get(row.id)):
                problems = _take_steps(office, case, row, session)
            if problems:
                raise _Refused(problems)
            if row is not None:
                case.row = ledger.sessions.get(row.id)
                settled = ledger.rejections.resolve(case.name, report_name(case.name))
    except _Refused as refused:
        case.examined.findings.extend(refused.findings)
        return _reject(office, case, content)
    if settled:
        with suppress(OSError):  # somebody may have it open
            (office.config.folders.outbox / "rejets" / report_name(case.name)).unlink()
    return None


def _examined(office: Office, name: str, content: bytes) -> Examined:
    if classify(name) == "conflicted":
        finding = Finding(
            "error", "conflicted_copy",
            "Ce fichier est une copie en conflit : deux personnes ont enregistré le même classeur. Comparez les deux, gardez-en un, et déposez-le"
            " sous son nom d’origine.",
        )  # fmt: skip
        return Examined(Session(Form(), office.config), [finding])
    return examine(content, name, reader=office.reader, config=office.config, today=office.today)


def _known(office: Office, session: Session) -> SessionRow | None:
    """The session that this workbook is about, if the ledger has it: by its reference, else by client, title and start."""
    sessions = office.ledger.sessions
    if session.ref:
        return sessions.by_ref(session.ref)
    alike = sessions.by_natural_key(session.natural_key)
    return next((row for row in alike if row.version and office.session_of(row).same_client(session)), None)


def _forget_the_day(examined: Examined, row: SessionRow | None) -> None:
    """A workbook that comes back with the dates it had is not refused because time went by."""
    if (
        row is not None
        and row.version
        and (row.start, row.end) == (examined.session.start.isoformat(), examined.session.end.isoformat())
    ):
        examined.findings[:] = [one for one in examined.findings if one.code not in OF_THE_DAY]


def _another_session(office: Office, row: SessionRow, session: Session) -> Finding | None:
    """The same reference on a workbook that shares nothing with the session is somebody else's."""
    if row.client == session.client_name or row.title == session.title:
        return None
    message = (
        f"La référence {row.ref} est déjà celle d’une autre session ({row.client}, {row.title}) : videz cette cellule pour créer une session, ou"
        " corrigez la référence."
    )
    return Finding("error", "reference_taken", message, "1 Type de client", "B3", "reference", session.ref)


def _unknown_session(session: Session, noted: followup.Noted | None, row: SessionRow | None) -> Finding | None:
    """A session's own workbook whose reference was changed would make a second session and a second proposal."""
    if row is not None or not session.ref or noted is None or followup.written_at(noted) is None:
        return None
    message = (
        f"Ce classeur est celui d’une session, et aucune session n’a la référence {session.ref} : remettez la sienne, ou"
        " videz cette cellule pour en faire une nouvelle session."
    )
    return Finding("error", "reference_unknown", message, "1 Type de client", "B3", "reference", session.ref)


def _follow_up(office: Office, case: Case, row: SessionRow, dropped: Session) -> list[Finding]:
    """Apply what the coordinator noted in the session's own workbook; what is impossible is returned, and nothing done."""
    noted = case.noted
    if noted is None:
        return []
    verdict = followup.judge(noted, row, office.session_of(row), office.today, office.clock.now(), followup.past_of(office, row))
    problems = [
        *verdict.findings,
        *followup.not_moved(noted, row, dropped),
        *followup.impossible_messages(noted, office, row, dropped),
    ]
    if has_errors(problems):
        return problems
    case.followed_up = followup.apply(office, row, verdict)
    return []


def _just_ended(before: SessionRow, now: SessionRow) -> bool:
    """Cancelled or dropped by this very workbook: what else it changes is no new proposal."""
    return now.status != before.status and now.status in (Status.CANCELLED, Status.DROPPED)


def _take_steps(office: Office, case: Case, row: SessionRow, session: Session) -> list[Finding]:
    """The step sheets: another content makes the next version, another e-mail or telephone corrects the one that stands.

    An old copy of the session's workbook undoes nothing newer. Once the training has begun nothing is proposed any more.
    """
    ledger = office.ledger
    if not row.version:
        _add_version(office, case, row, session)
        return []
    written = followup.written_at(case.noted) if case.noted else None
    standing, versions = office.session_of(row), ledger.versions.of_session(row.id)
    shown = old_copy.basis(versions, written)
    if shown is not None:
        former = office.session_of(row, shown.number)
        if former.fingerprint == session.fingerprint != standing.fingerprint:
            cause = (
                f"« {case.name} » date d’avant la version {row.version} : ses feuilles d’étape, inchangées, ne sont pas reprises"
            )
            ledger.events.add(row.id, "session", None, "conflit", cause)
            return []
        theirs = case.name not in {one.source for one in versions[shown.number :]}
        undone = list(old_copy.undone(former.form, standing.form, session.form, also_overwritten=theirs))
        if undone:
            return [_newer(case, path, row) for path in undone]
    if standing.fingerprint == session.fingerprint:
        case.followed_up |= corrections.of_contacts(office, row, session, written)
        if session.sendable:
            approved = office.session_of(row).form.model_copy(update={"recap": session.form.recap})
            ledger.versions.validate(row.id, approved.model_dump_json())
    elif reached(row.status, Status.RUNNING):
        corrections.after_the_start(office, row, session)
        ledger.sessions.update(row.id, **_described(session))
        case.followed_up = True
    else:
        _add_version(office, case, row, session)
    return []


def _newer(case: Case, path: reading.Path, row: SessionRow) -> Finding:
    assert case.examined is not None
    assert case.examined.reading is not None
    message = (
        f"Corrigé depuis, dans la version {row.version} : ce classeur est plus ancien et l’annulerait. Refaites vos corrections dans le"
        f" classeur de l’outbox, {row.ref}.xlsx."
    )
    return case.examined.reading.finding("error", "old_copy", path, message)


def _add_version(office: Office, case: Case, row: SessionRow, session: Session) -> None:
    ledger = office.ledger
    version = ledger.versions.add(
        row.id,
        fingerprint=session.fingerprint,
        form=session.form.model_dump_json(),
        sha256=case.job.sha256,
        source=case.name,
        job_id=case.job.id,
        validated=session.sendable,
    )
    if version > 1:
        former = office.session_of(row, row.version)
        ledger.sessions.update(row.id, **_described(session))
        ledger.mails.cancel_waiting(row.id, stages.DATED, f"remplacé par la version {version}", before=version)
        ledger.sessions.set_status(row.id, "session", Status.TO_VALIDATE, f"version {version} : le contenu a changé")
        funding = _first_funding(session) if former.funder != session.funder else None
        followup.make_void(office, row, funding=funding)


def _described(session: Session) -> dict[str, Any]:
    """What the ledger's row says of the form."""
    return {
        "natural_key": session.natural_key, "client": session.client_name, "title": session.title,
        "start": session.start.isoformat(), "end": session.end.isoformat(), "total_cents": session.price.total_cents,
    }  # fmt: skip


def _first_funding(session: Session) -> str:
    return Funding.NONE if session.funder == Funder.OWN_FUNDS else Funding.TO_FILE


def _finish(office: Office, case: Case) -> None:
    """Plan the proposal when both words of the coordinator stand; then say how the workbook ended."""
    ledger = office.ledger
    assert case.row is not None
    assert case.examined is not None
    row = case.row
    if not ledger.documents.of_session(row.id, row.version):
        raise PdfError(
            ledger.meta.get(trouble_key(row)) or "Les documents n’ont pas pu être faits.",
            "Ils seront refaits au prochain passage.",
        )
    mails = [mail for mail in ledger.mails.of_session(row.id) if mail.kind == PROPOSAL]
    before = {mail.version for mail in mails if mail.state != "cancelled"}
    fresh = ledger.versions.brought_by(row.id, row.version) == case.job.id
    planned = case.examined.session.sendable and row.version not in before and row.status not in OVER
    proposal = _draft_proposal(office, row, mails) if planned else None
    with ledger.store.transaction():
        if proposal is not None:
            _queue_proposal(office, row, proposal)
        if case.noted is not None:
            case.followed_up |= followup.send_messages(office, row, office.session_of(row), case.noted) > 0
        case.outcome = "updated" if fresh and row.version > 1 else "sent" if planned else "to_validate" if fresh else "unchanged"
        if case.outcome == "unchanged" and case.followed_up:
            case.outcome = "followed_up"
        ledger.jobs.finish(case.job.id, case.outcome, row.id)


def _draft_proposal(office: Office, row: SessionRow, mails: Sequence[MailRow]) -> Draft:
    """The proposal to the client (copy to the training manager), one for each version; `mails` are those of before."""
    session = office.session_of(row)
    to = to_client(session.form.client, session.contact_name)
    files, joined = enclosed(office, row, PROPOSAL, to[0])
    mailed = any(mail.state in ("sent", "in_doubt", "sending") for mail in mails)
    cancelled = sum(mail.state == "cancelled" and mail.version == row.version for mail in mails)
    context = mail_context(session, recipient=to[0], today=office.today, documents=joined, modified=mailed)
    return draft(office, PROPOSAL, context, to, files, about=f"version {row.version}, envoi {cancelled + 1}", row=row)


def _queue_proposal(office: Office, row: SessionRow, proposal: Draft) -> None:
    mail = queue(office, proposal)
    office.ledger.sessions.set_status(row.id, "session", Status.SENDING, f"proposition mise en file (e-mail {mail.id})")
    if row.version > 1:
        stages.tell_of_change(office, row)


def settle_sent(office: Office) -> None:
    """What becomes of sessions « envoi en cours »: sent with their documents, or to validate again if cancelled."""
    sessions = office.ledger.sessions
    with office.ledger.store.transaction():
        for session_id, (mail_id, state) in office.ledger.mails.latest_of_version(PROPOSAL, Status.SENDING).items():
            if state == "sent":
                sessions.set_status(session_id, "session", Status.SENT, f"e-mail {mail_id} accepté par le serveur")
            elif state == "cancelled":
                sessions.set_status(session_id, "session", Status.TO_VALIDATE, f"e-mail {mail_id} annulé par une personne")


def _reject(office: Office, case: Case, content: bytes) -> None:
    """Send the workbook back with its faults marked, and tell the coordinator if she has an address."""
    assert case.examined is not None
    refuse(office, case.job, case.examined.findings, content if case.examined.raw is not None else None)
    case.outcome = "rejected"
    office.ledger.jobs.finish(case.job.id, "rejected")


def quarantined(office: Office, job: JobRow, why: str) -> None:
    """A workbook that no attempt got through: put aside, visibly."""
    message = f"Le traitement de ce classeur a échoué ({why}). Recopiez vos réponses dans un classeur vierge, ou montrez le rapport au responsable technique."
    refuse(office, job, [Finding("error", "quarantined", message)], None)
    if office.ledger.jobs.get(job.id).state == "running":
        office.ledger.jobs.quarantine(job.id, why)


def refuse(office: Office, job: JobRow, findings: Sequence[Finding], original: bytes | None) -> None:
    """The report in outbox/rejets, the row in the ledger, the mail to the coordinator."""
    from processor.outbox.rejected import report  # openpyxl: only where a workbook goes back

    ledger, config, source = office.ledger, office.config, Path(job.path).name
    name = report_name(source)
    write_atomically(config.folders.outbox / "rejets" / name, report(original, findings, source))
    with ledger.store.transaction():
        ledger.rejections.resolve(source, name)
        ledger.rejections.add(job.id, source, [finding.as_dict() for finding in findings], name)
        ledger.events.add(None, "service", None, "rejected", f"« {source} » refusé : {len(findings)} constat(s)")
        to = to_coordinator(office)
        if to:
            context = rejection_context(
                config, today=office.today, file=source, findings=findings, corrected_copy=f"rejets/{name}"
            )
            post(office, "rejet", context, to, about=f"{job.path}|{job.sha256}|{job.taken_at.isoformat()}")


def put_away(office: Office, jobs: Sequence[JobRow]) -> None:
    """Move the dropped files out of the inbox; where that is refused they stay, and are not processed twice."""
    inbox = office.config.folders.inbox
    moved: dict[int, str] = {}
    for job in jobs:
        rejected = job.outcome in ("rejected", "failed")
        folder = inbox / REJECTED if rejected else inbox / DONE / f"{office.now:%Y-%m}"
        try:
            target = archive(inbox / job.path, job.sha256, folder)
        except OSError:
            continue
        moved[job.id] = str(target.relative_to(inbox)) if target else ""
    office.ledger.jobs.archived(moved)
