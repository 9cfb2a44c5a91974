"""The register, `outbox/sessions.xlsx`: all sessions, what needs a person, the mails, what was sent back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from processor import todo
from processor import typography as fr
from processor.config import Config
from processor.form.paint import EURO
from processor.form.saving import save
from processor.ledger.rows import MailRow, RecipientRow, RejectionRow
from processor.life import OVER, RECIPIENT, UNREACHED, Funding, Status, label
from processor.outbox import dashboard, yearly_return
from processor.outbox.dashboard import Line
from processor.outbox.overview import local, mail_state, until
from processor.outbox.session_workbook import MAIL_COLOURS
from processor.outbox.sheet import Sheet
from processor.outbox.styles import BAD, DONE, GOOD, PALE, WAIT, YELLOW, header, put, title
from processor.todo import Task

STATUS_COLOURS: dict[str, str] = {
    Status.DRAFT: PALE, Status.TO_CORRECT: BAD, Status.TO_VALIDATE: WAIT, Status.SENDING: WAIT, Status.SENT: YELLOW,
    Status.ACCEPTED: "FFE2F0D9", Status.SIGNED: "FFC6E5C3", Status.CONFIRMED: "FFB5DDB8", Status.CONVENED: "FFBFDDF0",
    Status.RUNNING: "FF9CCBE8", Status.ENDED: "FFD9DDE8", Status.CLOSED: "FFE8EAED", Status.POSTPONED: "FFF9D9B5",
    Status.CANCELLED: BAD, Status.DROPPED: "FFEADBDB",
}  # fmt: skip
FUNDING_COLOURS: dict[str, str] = {
    Funding.TO_FILE: WAIT, Funding.GRANTED: GOOD, Funding.PARTLY: WAIT, Funding.REFUSED: BAD, Funding.PAID: DONE,
}  # fmt: skip
_OVER = OVER - {Status.POSTPONED}  # a postponed session is to be given its dates
_TASK_COLOURS = {"urgent": BAD, "soon": WAIT, "normal": GOOD}


@dataclass(frozen=True)
class RegisterView:
    """The whole ledger as the register shows it; `service` are the lines about the service itself."""

    lines: Sequence[Line]
    tasks: Sequence[Task]
    mails: Sequence[tuple[MailRow, str, Sequence[RecipientRow]]]
    rejections: Sequence[RejectionRow]
    service: Sequence[tuple[str, str]]


def build(view: RegisterView, config: Config, today: date) -> bytes:
    """The workbook's bytes. `today` is a local date."""
    sheets = (
        _sessions(view.lines, config, today),
        _tasks(view, config, today),
        _mails(view, config),
        _rejections(view, config),
        dashboard.sheet(view.lines, view.service, config),
        yearly_return.sheet(view.lines, config),
    )
    name = config.organisation.name
    return save([one.page for one in sheets], title=f"Registre des sessions – {name}", author=name)


def _sessions(lines: Sequence[Line], config: Config, today: date) -> Sheet:
    widths = (16, 22, 17, 34, 50, 28, 13, 13, 12, 16, 10, 22, 60)
    sheet = Sheet("Sessions", widths, tab=config.brand.colour, freeze="B3", header_row=2, filtered=len(widths))
    title(sheet, f"Sessions de formation – {config.organisation.name}", config.brand)
    heads = (
        "Référence", "Statut", "Financement", "Client", "Intitulé", "Financeur", "Début", "Fin", "Stagiaires", "Total", "Version",
        "Prochaine échéance", "Laquelle",
    )  # fmt: skip
    header(sheet, 2, heads, config.brand)
    for number, one in enumerate(_in_order(lines), start=3):
        row = one.row
        put(sheet, number, 1, row.ref, link=f"{row.ref}/{row.ref}.xlsx", bold=True)
        put(sheet, number, 2, label(Status, row.status), colour=STATUS_COLOURS.get(row.status, ""), align="centred")
        put(sheet, number, 3, label(Funding, row.funding), colour=FUNDING_COLOURS.get(row.funding, ""), align="centred")
        put(sheet, number, 4, row.client)
        put(sheet, number, 5, row.title)
        put(sheet, number, 6, f"{one.funder.label} – {one.opco}" if one.opco else one.funder.label)
        put(sheet, number, 7, date.fromisoformat(row.start), align="centred")
        put(sheet, number, 8, date.fromisoformat(row.end), align="centred")
        put(sheet, number, 9, one.trainees, align="centred")
        put(sheet, number, 10, row.total_cents / 100, form=EURO)
        put(sheet, number, 11, row.version, align="centred")
        day, what = one.coming or (None, "")
        put(sheet, number, 12, day, align="centred", colour=_TASK_COLOURS[todo.severity_of(day, today)] if day else "")
        text, formula = until(day, today, f"{what} (", ")") if day else ("", "")
        put(sheet, number, 13, text, formula=formula)
    if not lines:
        put(sheet, 3, 1, "Aucune session : déposez un classeur dans le dossier inbox.", last=len(heads))
    return sheet


def _in_order(lines: Sequence[Line]) -> list[Line]:
    """The first to begin in front; what is over below the others, the latest first."""
    over = [one for one in lines if one.row.status in _OVER]
    others = [one for one in lines if one.row.status not in _OVER]
    others.sort(key=lambda one: (one.row.start, one.row.ref))
    return others + sorted(over, key=lambda one: (one.row.start, one.row.ref), reverse=True)


def _tasks(view: RegisterView, config: Config, today: date) -> Sheet:
    """Its tab is in the accent's colour when there is something to do."""
    widths, tab = (16, 24, 16, 34, 50, 90), config.brand.accent if view.tasks else config.brand.colour
    sheet = Sheet("À faire", widths, tab=tab, freeze="A3", header_row=2, filtered=len(widths))
    title(sheet, f"À faire – {fr.short_day(today)}", config.brand)
    heads = ("Échéance", "Délai", "Session", "Client", "Quoi", "Que faire")
    header(sheet, 2, heads, config.brand)
    for number, task in enumerate(view.tasks, start=3):
        colour = _TASK_COLOURS[task.severity]
        put(sheet, number, 1, task.due or "sans attendre", colour=colour, align="centred")
        text, formula = until(task.due, today) if task.due else ("", "")
        put(sheet, number, 2, text, formula=formula, colour=colour)
        put(sheet, number, 3, task.ref, link=f"{task.ref}/{task.ref}.xlsx" if task.ref else "")
        put(sheet, number, 4, task.client)
        put(sheet, number, 5, fr.spaced(task.what), bold=task.severity == "urgent")
        put(sheet, number, 6, fr.spaced(task.action))
    if not view.tasks:
        put(sheet, 3, 1, "Rien à faire aujourd’hui.", last=len(heads), colour=GOOD)
    return sheet


def _mails(view: RegisterView, config: Config) -> Sheet:
    widths = (8, 19, 16, 52, 58, 16, 9, 50)
    sheet = Sheet("Mails", widths, tab=config.brand.colour, freeze="A3", header_row=2, filtered=len(widths))
    title(sheet, "Mails", config.brand)
    heads = ("N°", "Date", "Session", "Destinataires", "Sujet", "État", "Essais", "Réponse du serveur")
    header(sheet, 2, heads, config.brand)
    for number, (mail, ref, recipients) in enumerate(view.mails, start=3):
        refused = any(one.state in UNREACHED for one in recipients)
        put(sheet, number, 1, mail.id)
        put(sheet, number, 2, local(mail.finished_at or mail.sending_at or mail.planned_at, config))
        put(sheet, number, 3, ref, link=f"{ref}/{ref}.xlsx" if ref else "")
        answers = "\n".join(f"{one.address} : {RECIPIENT.get(one.state, one.state)}" for one in recipients)
        put(sheet, number, 4, fr.spaced(answers), colour=BAD if refused else "")
        put(sheet, number, 5, mail.subject)
        put(sheet, number, 6, mail_state(mail.state, mail.words), colour=MAIL_COLOURS.get(mail.state, ""), align="centred")
        put(sheet, number, 7, mail.attempts, align="centred")
        put(sheet, number, 8, mail.words or "")
    return sheet


def _rejections(view: RegisterView, config: Config) -> Sheet:
    widths = (19, 40, 9, 90, 50, 14)
    sheet = Sheet("Rejets", widths, tab=config.brand.colour, freeze="A3", header_row=2, filtered=len(widths))
    title(sheet, "Classeurs refusés", config.brand)
    heads = ("Date", "Fichier déposé", "Erreurs", "Première erreur", "Classeur à corriger", "État")
    header(sheet, 2, heads, config.brand)
    for number, one in enumerate(view.rejections, start=3):
        errors = [finding for finding in one.findings if finding.get("severity") == "error"]
        waiting = one.resolved_at is None
        put(sheet, number, 1, local(one.at, config))
        put(sheet, number, 2, one.source)
        put(sheet, number, 3, len(errors), align="centred")
        first = errors[0] if errors else {}
        where = " ".join(part for part in (first.get("sheet"), first.get("cell")) if part)
        put(sheet, number, 4, fr.spaced(" : ".join(part for part in (where, first.get("message", "")) if part)))
        put(sheet, number, 5, one.report, link=f"rejets/{one.report}" if waiting else "")
        put(sheet, number, 6, "à corriger" if waiting else "corrigé", colour=BAD if waiting else GOOD, align="centred")
    if not view.rejections:
        put(sheet, 3, 1, "Aucun classeur refusé.", last=len(heads), colour=GOOD)
    return sheet


def stamp(moment: datetime | None, config: Config) -> str:
    """A time as the service block shows it."""
    return fr.moment(moment.astimezone(config.zone)) if moment else "jamais"
