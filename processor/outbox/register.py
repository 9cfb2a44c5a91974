"""The register, `outbox/sessions.xlsx`: all sessions, what needs a person, the mails, what was sent back."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from openpyxl import Workbook
from openpyxl.chart import BarChart, PieChart, Reference
from openpyxl.worksheet.worksheet import Worksheet

from processor.config import Config
from processor.form.choices import Funder
from processor.ledger.rows import MailRow, RecipientRow, RejectionRow, SessionRow
from processor.life import MAIL, RECIPIENT, Funding, Status, label
from processor.outbox.styles import BAD, EURO, GOOD, WAIT, YELLOW, finish, header, put, section, title
from processor.session import Session
from processor.todo import Task

_STATUS_COLOURS = {
    Status.TO_VALIDATE: WAIT, Status.SENDING: WAIT, Status.SENT: YELLOW, Status.POSTPONED: WAIT, Status.CANCELLED: BAD, Status.DROPPED: BAD,
}  # fmt: skip
_TASK_COLOURS = {"urgent": BAD, "soon": WAIT, "normal": GOOD}
_MAIL_COLOURS = {"sent": GOOD, "failed": BAD, "in_doubt": BAD, "held": WAIT, "deferred": WAIT}
_SIGNED = {Status.SIGNED, Status.CONFIRMED, Status.CONVENED, Status.RUNNING, Status.ENDED, Status.CLOSED}
_OFFERED = {Status.TO_VALIDATE, Status.SENDING, Status.SENT, Status.ACCEPTED}


@dataclass(frozen=True)
class RegisterView:
    """The whole ledger as the register shows it; `service` are the lines about the service itself."""

    sessions: Sequence[tuple[SessionRow, Session]]
    tasks: Sequence[Task]
    mails: Sequence[tuple[MailRow, str, Sequence[RecipientRow]]]
    rejections: Sequence[RejectionRow]
    service: Sequence[tuple[str, str]]


def build(view: RegisterView, config: Config) -> bytes:
    """The workbook's bytes."""
    book = Workbook()
    first = book.active
    assert first is not None
    first.title = "Sessions"
    _sessions(first, view, config)
    _tasks(book.create_sheet("À faire"), view, config)
    _mails(book.create_sheet("Mails"), view, config)
    _rejections(book.create_sheet("Rejets"), view, config)
    _dashboard(book.create_sheet("Tableau de bord"), view, config)
    for sheet in book.worksheets:
        sheet.sheet_properties.tabColor = config.brand.colour
    book.properties.title = f"Registre des sessions – {config.organisation.name}"
    book.properties.language = "fr-FR"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _sessions(sheet: Worksheet, view: RegisterView, config: Config) -> None:
    title(sheet, "Sessions de formation", config.brand)
    header(
        sheet,
        2,
        (
            "Référence",
            "Statut",
            "Financement",
            "Client",
            "Intitulé",
            "Financeur",
            "Début",
            "Fin",
            "Stagiaires",
            "Total",
            "Version",
            "À déposer avant",
        ),
        config.brand,
    )
    for number, (row, session) in enumerate(view.sessions, start=3):
        put(sheet, number, 1, row.ref, link=f"{row.ref}/{row.ref}.xlsx")
        status = Status.meant_by(row.status)
        put(
            sheet,
            number,
            2,
            label(Status, row.status),
            colour=_STATUS_COLOURS.get(status, GOOD) if isinstance(status, Status) else "",
        )
        put(sheet, number, 3, label(Funding, row.funding))
        put(sheet, number, 4, row.client)
        put(sheet, number, 5, row.title)
        put(sheet, number, 6, session.funder.label)
        for column, day in ((7, row.start), (8, row.end)):
            put(sheet, number, column, date.fromisoformat(day)).number_format = "DD/MM/YYYY"
        put(sheet, number, 9, session.trainee_count)
        put(sheet, number, 10, row.total_cents / 100).number_format = EURO
        put(sheet, number, 11, row.version)
        deadline = session.deadline.last_day if session.deadline and row.funding == Funding.TO_FILE else None
        put(sheet, number, 12, deadline).number_format = "DD/MM/YYYY"
    sheet.auto_filter.ref = f"A2:L{max(3, 2 + len(view.sessions))}"
    finish(sheet, (16, 20, 15, 32, 48, 20, 12, 12, 11, 14, 9, 15), freeze="B3")


def _tasks(sheet: Worksheet, view: RegisterView, config: Config) -> None:
    title(sheet, "À faire", config.brand)
    header(sheet, 2, ("Échéance", "Session", "Client", "Quoi", "Que faire"), config.brand)
    for number, task in enumerate(view.tasks, start=3):
        colour = _TASK_COLOURS[task.severity]
        put(sheet, number, 1, task.due or "dès que possible", colour=colour).number_format = "DD/MM/YYYY"
        put(sheet, number, 2, task.ref, link=f"{task.ref}/{task.ref}.xlsx" if task.ref else "")
        put(sheet, number, 3, task.client)
        put(sheet, number, 4, task.what)
        put(sheet, number, 5, task.action)
    if not view.tasks:
        put(sheet, 3, 1, "Rien à faire aujourd’hui.", boxed=False)
    finish(sheet, (17, 16, 32, 46, 80), freeze="A3")


def _mails(sheet: Worksheet, view: RegisterView, config: Config) -> None:
    title(sheet, "Mails", config.brand)
    header(sheet, 2, ("N°", "Date", "Session", "Destinataires", "Sujet", "État", "Essais", "Réponse du serveur"), config.brand)
    for number, (mail, ref, recipients) in enumerate(view.mails, start=3):
        put(sheet, number, 1, mail.id)
        when = (mail.finished_at or mail.sending_at or mail.planned_at).astimezone(config.zone).replace(tzinfo=None)
        put(sheet, number, 2, when).number_format = "DD/MM/YYYY HH:MM"
        put(sheet, number, 3, ref)
        put(sheet, number, 4, "\n".join(f"{one.address} : {RECIPIENT.get(one.state, one.state)}" for one in recipients))
        put(sheet, number, 5, mail.subject)
        put(sheet, number, 6, MAIL[mail.state], colour=_MAIL_COLOURS.get(mail.state, ""))
        put(sheet, number, 7, mail.attempts)
        put(sheet, number, 8, mail.words or "")
    sheet.auto_filter.ref = f"A2:H{max(3, 2 + len(view.mails))}"
    finish(sheet, (7, 17, 16, 48, 56, 14, 8, 46), freeze="A3")


def _rejections(sheet: Worksheet, view: RegisterView, config: Config) -> None:
    title(sheet, "Classeurs refusés", config.brand)
    header(sheet, 2, ("Date", "Fichier déposé", "Erreurs", "Première erreur", "Classeur à corriger", "État"), config.brand)
    for number, one in enumerate(view.rejections, start=3):
        errors = [finding for finding in one.findings if finding.get("severity") == "error"]
        put(sheet, number, 1, one.at.astimezone(config.zone).replace(tzinfo=None)).number_format = "DD/MM/YYYY HH:MM"
        put(sheet, number, 2, one.source)
        put(sheet, number, 3, len(errors))
        first = errors[0] if errors else {}
        where = " ".join(part for part in (first.get("sheet"), first.get("cell")) if part)
        put(sheet, number, 4, " : ".join(part for part in (where, first.get("message", "")) if part))
        put(sheet, number, 5, one.report, link=f"rejets/{one.report}" if one.resolved_at is None else "")
        put(sheet, number, 6, "corrigé" if one.resolved_at else "à corriger", colour=GOOD if one.resolved_at else BAD)
    finish(sheet, (17, 40, 9, 90, 44, 13), freeze="A3")


def _dashboard(sheet: Worksheet, view: RegisterView, config: Config) -> None:
    """Sessions by status, money, and the frames of the yearly bilan pédagogique et financier."""
    brand = config.brand
    title(sheet, "Tableau de bord", brand)
    section(sheet, 2, "Service", brand)
    for number, (name, text) in enumerate(view.service, start=3):
        put(sheet, number, 1, name)
        put(sheet, number, 2, text)
    row = 4 + len(view.service)
    statuses = Counter(label(Status, one.status) for one, _ in view.sessions)
    section(sheet, row, "Sessions par statut", brand)
    header(sheet, row + 1, ("Statut", "Sessions"), brand)
    shown = [status.label for status in Status if statuses[status.label]]
    for number, name in enumerate(shown, start=row + 2):
        put(sheet, number, 1, name)
        put(sheet, number, 2, statuses[name])
    if shown:
        bars = BarChart()
        bars.title, bars.type, bars.legend = "Sessions par statut", "bar", None
        bars.add_data(Reference(sheet, min_col=2, min_row=row + 2, max_row=row + 1 + len(shown)))
        bars.set_categories(Reference(sheet, min_col=1, min_row=row + 2, max_row=row + 1 + len(shown)))
        bars.height, bars.width = 7, 14
        sheet.add_chart(bars, "G2")
    row += 3 + len(shown)
    money = {"Signé": 0, "En proposition": 0, "Perdu": 0}
    for one, _ in view.sessions:
        money["Signé" if one.status in _SIGNED else "En proposition" if one.status in _OFFERED else "Perdu"] += one.total_cents
    section(sheet, row, "Montants", brand)
    for number, (name, cents) in enumerate(money.items(), start=row + 1):
        put(sheet, number, 1, name)
        put(sheet, number, 2, cents / 100).number_format = EURO
    if any(money.values()):
        pie = PieChart()
        pie.title = "Montants"
        pie.add_data(Reference(sheet, min_col=2, min_row=row + 1, max_row=row + 3))
        pie.set_categories(Reference(sheet, min_col=1, min_row=row + 1, max_row=row + 3))
        pie.height, pie.width = 7, 14
        sheet.add_chart(pie, "G18")
    row += 5
    section(sheet, row, "Bilan pédagogique et financier (sessions signées), par financeur et par année", brand)
    header(sheet, row + 1, ("Année", "Financeur", "Stagiaires", "Heures-stagiaires", "Produits"), brand)
    frames: dict[tuple[int, Funder], list[float]] = {}
    for one, session in view.sessions:
        if one.status in _SIGNED:
            frame = frames.setdefault((session.start.year, session.funder), [0, 0, 0])
            frame[0] += session.trainee_count
            frame[1] += float(session.hours) * session.trainee_count
            frame[2] += one.total_cents / 100
    for number, ((year, funder), values) in enumerate(sorted(frames.items()), start=row + 2):
        put(sheet, number, 1, year)
        put(sheet, number, 2, funder.label)
        for column, value in enumerate(values, start=3):
            put(sheet, number, column, value).number_format = EURO if column == 5 else "#,##0"
    finish(sheet, (34, 26, 13, 18, 16, 4), landscape=True)


def stamp(moment: datetime | None, config: Config) -> str:
    """A time as the service block shows it."""
    return moment.astimezone(config.zone).strftime("%d/%m/%Y à %H h %M") if moment else "jamais"
