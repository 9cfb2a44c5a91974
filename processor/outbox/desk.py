"""What a coordinator fills in a session's workbook and drops back: « Suivi », « Présences » and « Messagerie »."""

from __future__ import annotations

from decimal import Decimal

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.worksheet import Worksheet

from processor import typography as fr
from processor.attendance import FACT
from processor.config import Config
from processor.documents.plan import title_of
from processor.form import paint
from processor.form.fields import Asked, questions
from processor.form.followup import (
    MESSAGE_ROWS,
    SHEET,
    Attendance,
    FollowUp,
    Message,
    Outcome,
    addressees,
    from_facts,
    on_attendance,
)
from processor.form.hints import validation
from processor.form.paint import Paint
from processor.life import MailState, label
from processor.outbox.names import mail_file
from processor.outbox.overview import local
from processor.outbox.styles import BAD, GOOD, INPUT, across, fill, finish, font, header, note, put, section, title
from processor.outbox.view import SessionView

_CHOICES_COLUMN = 8  # hidden: what « Destinataires » offers
_PEOPLE = ("Qui", "Nom", "E-mail", "Téléphone")
_WIDTHS = (34, 38, 62, 34, 20)


def follow_up(sheet: Worksheet, view: SessionView, config: Config) -> None:
    """« Suivi »: label, answer, help, as on the form's sheets; filled with the facts already known."""
    brand, answers = Paint(config.brand), from_facts(view.row.facts)
    paint.title(sheet, 1, SHEET.title, brand)
    for column, text in enumerate(("Rubrique", "Votre réponse", "Aide"), start=1):
        paint.header(sheet, column, text, brand)
    how = sheet.cell(1, 3, "Remplissez ce qui est arrivé, enregistrez, puis déposez ce classeur dans le dossier inbox.")
    how.font, how.alignment = font(size=9, italic=True, color=paint.GREY), paint.MIDDLE
    row = 3
    for asked in questions(FollowUp):
        if asked.question.section:
            paint.band(sheet, row, asked.question.section, brand, 3)
            row += 1
        if asked.name == "stamp":
            row += 1
            _field(sheet, row, asked, view.row.updated_at.isoformat())
            sheet.cell(row, 2).fill = fill(paint.WHITE)
            for column in (1, 2, 3):
                sheet.cell(row, column).font = font(size=9, color=paint.FAINT)
        else:
            _field(sheet, row, asked, getattr(answers, asked.name))
        row += 1
    for letters, width in zip("ABC", (42, 46, 58), strict=True):
        sheet.column_dimensions[letters].width = width
    sheet.sheet_view.showGridLines = False
    sheet.freeze_panes = "A3"
    paint.print_setup(sheet, landscape=False, header_row=2)


def _field(sheet: Worksheet, row: int, asked: Asked, value: object) -> None:
    name, answer, help_ = (sheet.cell(row, column) for column in (1, 2, 3))
    name.value, name.font, name.alignment, name.border = asked.label, font(), paint.MIDDLE, paint.UNDER
    answer.number_format, answer.font, answer.alignment, answer.border = (
        asked.format.number_format,
        font(),
        paint.MIDDLE,
        paint.BOX,
    )
    answer.fill = fill(GOOD if value is not None else INPUT)
    paint.put(answer, value)
    example = f" Ex. : {asked.question.example}" if asked.question.example else ""
    help_.value, help_.alignment, help_.border = f"{asked.question.help}{example}", paint.MIDDLE, paint.UNDER
    note(help_)
    sheet.row_dimensions[row].height = 24
    choices = asked.format.choices
    rule = validation(asked, answer.coordinate, f'"{",".join(one.label for one in choices)}"' if choices else None, beside=True)
    if rule and asked.name != "stamp":
        rule.add(answer.coordinate)
        sheet.add_data_validation(rule)


def attendance(sheet: Worksheet, view: SessionView, config: Config) -> None:
    """« Présences »: a line a trainee, to be filled from the attendance sheets once the training is over."""
    title(sheet, "Présences et acquis", config.brand)
    how = "Après la formation : notez les heures suivies (vide : toutes ; 0 : absent) et les acquis, puis la date de vérification sur « Suivi »."
    across(sheet, 2, 1, 4, fr.spaced(how)).font = font(size=9, italic=True, color=paint.GREY)
    asked_all = questions(Attendance)
    header(sheet, 3, [asked.label for asked in asked_all], config.brand)
    last = 3
    for last, (name, trainee) in enumerate(on_attendance(view.session.form).items(), start=4):
        noted = view.row.facts.get(FACT, {}).get(trainee.key, {})
        put(sheet, last, 1, name, bold=True)
        put(sheet, last, 2, fr.hours(view.session.hours))
        hours = put(sheet, last, 3, Decimal(noted["hours"]) if "hours" in noted else None, colour=GOOD if noted else INPUT)
        hours.number_format = "General"
        outcome = Outcome(noted["outcome"]).label if "outcome" in noted else None
        put(sheet, last, 4, outcome, colour=GOOD if outcome else INPUT)
        sheet.row_dimensions[last].height = 22
    if last > 3:
        offered = DataValidation(type="list", formula1=f'"{",".join(one.label for one in Outcome)}"', allow_blank=True)
        offered.add(f"D4:D{last}")
        limit = DataValidation(
            type="decimal", operator="between", formula1="0", formula2=str(view.session.hours), allow_blank=True
        )
        limit.error, limit.errorTitle = f"De 0 à {fr.hours(view.session.hours)}.", "Heures suivies"
        limit.add(f"C4:C{last}")
        for rule in (offered, limit):
            rule.showErrorMessage = True
            sheet.add_data_validation(rule)
    finish(sheet, (42, 18, 18, 28), freeze="A4", header_row=3)


def people(sheet: Worksheet, view: SessionView, config: Config) -> None:
    """« Messagerie »: everybody whom the session concerns, then « Écrire à » and what was written."""
    form, client = view.session.form, view.session.form.client
    title(sheet, "Messagerie", config.brand)
    header(sheet, 2, _PEOPLE, config.brand)
    known = [("Client", view.session.contact_name, client.email, client.phone)]
    if client.signatory_last_name:
        known.append(("Signataire", view.session.signatory_name, None, None))
    if client.manager_name or client.manager_email:
        known.append(("Responsable de la formation", client.manager_name or "", client.manager_email, client.manager_phone))
    if client.billing_email:
        known.append(("Facturation", client.billing_name or "", client.billing_email, None))
    known += [("Formateur", one.name or "", one.email, None) for one in form.trainers]
    known += [("Stagiaire", fr.person(None, one.first_name, one.last_name), one.email, one.phone) for one in form.trainees]
    for number, (role, name, email, phone) in enumerate(known, start=3):
        put(sheet, number, 1, role)
        put(sheet, number, 2, name)
        put(
            sheet,
            number,
            3,
            email or "",
            link=f"mailto:{email}" if email else "",
            colour="" if email or role == "Signataire" else BAD,
        )
        put(sheet, number, 4, fr.phone(phone) if phone else "")
    row = 4 + len(known)
    _write_to(sheet, row, view, config)
    shortcut = sheet.cell(1, 5, "Écrire à ↓")
    shortcut.hyperlink = Hyperlink(ref="E1", location=f"'{sheet.title}'!A{row + 3}", display="Écrire à ↓")
    shortcut.font, shortcut.alignment = font(color=f"FF{config.brand.colour}", underline=True), paint.CENTRED
    finish(sheet, _WIDTHS, freeze="A3", header_row=2)
    sheet.print_area = f"A1:E{sheet.max_row}"


def _write_to(sheet: Worksheet, row: int, view: SessionView, config: Config) -> None:
    """The block to fill: blank lines first, then the messages of before."""
    section(sheet, row, "Écrire à", config.brand, last=5)
    how = "Une ligne par message : remplissez, enregistrez, déposez ce classeur dans le dossier inbox. Chaque destinataire reçoit le sien ; personne ne voit les autres adresses."
    across(sheet, row + 1, 1, 5, fr.spaced(how)).font = font(size=9, italic=True, color=paint.GREY)
    asked_all = questions(Message)
    header(sheet, row + 2, [asked.label for asked in asked_all], config.brand)
    first = row + 3
    for number in range(first, first + MESSAGE_ROWS):
        for column, asked in enumerate(asked_all, start=1):
            put(sheet, number, column, None, colour="" if asked.name == "sent_on" else INPUT).number_format = "@"
            sheet.cell(number, column).alignment = paint.TOP
        sheet.row_dimensions[number].height = 48
    _offer(sheet, view, first, config)
    sent = [(mail, recipients) for mail, recipients in view.mails if mail.kind == "message"]
    for number, (mail, recipients) in enumerate(reversed(sent), start=first + MESSAGE_ROWS):
        left = mail.state == "sent"
        when = local(mail.finished_at, config) if left and mail.finished_at else label(MailState, mail.state)
        put(sheet, number, 1, ", ".join(one.name or one.address for one in recipients))
        put(sheet, number, 2, mail.subject)
        put(sheet, number, 3, "Lire la copie" if left else "", link=f"mails/{mail_file(mail)}" if left else "")
        put(sheet, number, 4, " ; ".join(mail.attachments))
        put(sheet, number, 5, when, colour=GOOD if left else "")


def _offer(sheet: Worksheet, view: SessionView, first: int, config: Config) -> None:
    """The lists of the blank lines: recipients from a hidden column, documents of the version that stands."""
    rows = f"{first}:{{0}}{first + MESSAGE_ROWS - 1}"
    choices = list(addressees(view.session.form))
    letters = get_column_letter(_CHOICES_COLUMN)
    for number, text in enumerate(choices, start=1):
        put(sheet, number, _CHOICES_COLUMN, text, boxed=False)
    sheet.column_dimensions[letters].hidden = True
    if choices:
        to = DataValidation(type="list", formula1=f"${letters}$1:${letters}${len(choices)}", allow_blank=True, errorStyle="stop")
        to.error, to.errorTitle, to.showErrorMessage = "Choisissez un destinataire de la liste.", "Destinataires", True
        to.add(f"A{rows.format('A')}")
        sheet.add_data_validation(to)
    kinds = [title_of(config, one.kind) for one in view.documents if one.version == view.row.version and one.state != "replaced"]
    if kinds:
        joined = DataValidation(type="list", formula1=f'"{",".join(["Tous", *dict.fromkeys(kinds)])}"', allow_blank=True)
        joined.showErrorMessage = False  # several may be typed
        joined.prompt, joined.promptTitle, joined.showInputMessage = (
            "Plusieurs : séparez-les par un point-virgule.",
            "Documents",
            True,
        )
        joined.add(f"D{rows.format('D')}")
        sheet.add_data_validation(joined)
