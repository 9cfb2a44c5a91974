"""What a coordinator fills in a session's workbook and drops back: « Suivi », « Présences » and « Messagerie »."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import Any

from processor import typography as fr
from processor.attendance import FACT
from processor.config import Config
from processor.documents.plan import title_of
from processor.form import paint
from processor.form.fields import Asked, questions
from processor.form.followup import (
    ATTENDANCE,
    FOLLOW_UP,
    FUNDER,
    MESSAGE_ROWS,
    MESSAGES,
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
from processor.form.paint import FAINT, GREY, WHITE
from processor.form.saving import letters_of
from processor.life import Funding, MailState, label
from processor.outbox.names import mail_file
from processor.outbox.overview import local
from processor.outbox.sheet import Sheet, rule, xml_of
from processor.outbox.styles import BAD, GOOD, INPUT, NOTE, PALE, header, put, section, title
from processor.outbox.view import SessionView

_SHOWN = 200  # characters of a message of before
_CHOICES_COLUMN = 8  # hidden: what « Destinataires » offers
_PEOPLE = ("Qui", "Nom", "E-mail", "Téléphone")
_WIDTHS = (34, 38, 62, 34, 20, 16)


def follow_up(view: SessionView, config: Config) -> Sheet:
    """« Suivi »: label, answer, help, as on the form's sheets; filled with the facts already known."""
    answers = from_facts(view.row.facts)
    sheet = Sheet(FOLLOW_UP, (42, 46, 58), tab=config.brand.accent, freeze="A3", header_row=2, landscape=False, fitted=False)
    title(sheet, SHEET.title, config.brand)
    how = "Remplissez ce qui est arrivé, enregistrez, puis déposez ce classeur dans le dossier inbox."
    put(sheet, 1, 3, how, border="", **NOTE)
    header(sheet, 2, ("Rubrique", "Votre réponse", "Aide"), config.brand, border="")
    sheet.heights[1] = 40
    row, idle = 3, False
    for asked in questions(FollowUp):
        if asked.question.section:
            idle = asked.question.section == FUNDER and view.row.funding == Funding.NONE
            shown = f"{asked.question.section} – sans objet : aucun financeur" if idle else asked.question.section
            section(sheet, row, shown, config.brand, last=3)
            row += 1
        if asked.name == "stamp":
            row += 1
            _field(sheet, row, asked, view.row.updated_at.isoformat(), colour=WHITE, size=9, italic=False, ink=FAINT)
        else:
            value = getattr(answers, asked.name)
            look: dict[str, Any] = {"colour": PALE, "ink": GREY} if idle and value is None else {}
            _field(sheet, row, asked, value, **look)
            sheet.rules += _rule(asked, f"B{row}")
        row += 1
    return sheet


def _field(sheet: Sheet, row: int, asked: Asked, value: object, *, colour: str = "", **look: Any) -> None:
    put(sheet, row, 1, asked.label, border="under", **look)
    colour = colour or (GOOD if value is not None else INPUT)
    put(sheet, row, 2, paint.plain(value), colour=colour, form=asked.format.number_format, align="text", **look)
    example = f" Ex. : {asked.question.example}" if asked.question.example else ""
    put(sheet, row, 3, f"{asked.question.help}{example}", border="under", **NOTE | look)
    sheet.heights[row] = 24


@lru_cache(maxsize=100)
def _rule(asked: Asked, cell: str) -> tuple[str, ...]:
    """What the answer's cell offers or accepts; the same on each session's sheet."""
    choices = asked.format.choices
    given = validation(asked, cell, f'"{",".join(one.label for one in choices)}"' if choices else None, beside=True)
    if given is None:
        return ()
    given.add(cell)
    return (xml_of(given),)


def attendance(view: SessionView, config: Config) -> Sheet:
    """« Présences »: a line a trainee, to be filled from the attendance sheets once the training is over."""
    sheet = Sheet(ATTENDANCE, (42, 18, 18, 28), tab=config.brand.accent, freeze="A4", header_row=3)
    title(sheet, "Présences et acquis", config.brand)
    how = "Après la formation : notez les heures suivies (vide : toutes ; 0 : absent) et les acquis, puis la date de vérification sur « Suivi »."
    put(sheet, 2, 1, fr.spaced(how), last=4, **NOTE)
    header(sheet, 3, [asked.label for asked in questions(Attendance)], config.brand)
    planned = fr.hours(view.session.hours)
    last = 3
    for last, (name, trainee) in enumerate(on_attendance(view.session.form).items(), start=4):
        noted = view.row.facts.get(FACT, {}).get(trainee.key, {})
        put(sheet, last, 1, name, bold=True)
        put(sheet, last, 2, planned)
        put(sheet, last, 3, Decimal(noted["hours"]) if "hours" in noted else None, colour=GOOD if noted else INPUT)
        outcome = Outcome(noted["outcome"]).label if "outcome" in noted else None
        put(sheet, last, 4, outcome, colour=GOOD if outcome else INPUT)
        sheet.heights[last] = 22
    if last > 3:
        offered = f'"{",".join(one.label for one in Outcome)}"'
        sheet.rules.append(rule(f"D4:D{last}", type="list", formula1=offered, allow_blank=True, showErrorMessage=True))
        sheet.rules.append(
            rule(
                f"C4:C{last}", type="decimal", operator="between", formula1="0", formula2=str(view.session.hours), allow_blank=True,
                errorTitle="Heures suivies", error=f"De 0 à {planned}.", showErrorMessage=True,
            )
        )  # fmt: skip
    return sheet


def people(view: SessionView, config: Config) -> Sheet:
    """« Messagerie »: everybody whom the session concerns, then « Écrire à » and what was written."""
    form, client = view.session.form, view.session.form.client
    sheet = Sheet(MESSAGES, _WIDTHS, tab=config.brand.accent, freeze="A3", header_row=2)
    sheet.printed_columns = "A:E"
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
        colour = "" if email or role == "Signataire" else BAD
        put(sheet, number, 3, email or "", link=f"mailto:{email}" if email else "", colour=colour)
        put(sheet, number, 4, fr.phone(phone) if phone else "")
    row = 4 + len(known)
    _write_to(sheet, row, view, config)
    text = "Écrire à ↓"
    put(sheet, 1, 5, text, ink=f"FF{config.brand.colour}", underlined=True, border="", align="short")
    sheet.lead(1, 5, MESSAGES, f"A{row + 3}", text)
    return sheet


def _write_to(sheet: Sheet, row: int, view: SessionView, config: Config) -> None:
    """The block to fill: blank lines first, then the messages of before."""
    section(sheet, row, "Écrire à", config.brand, last=5)
    how = "Une ligne par message : remplissez, enregistrez, déposez ce classeur dans le dossier inbox. Chaque destinataire reçoit le sien ; personne ne voit les autres adresses."
    put(sheet, row + 1, 1, fr.spaced(how), last=5, **NOTE)
    asked_all = questions(Message)
    header(sheet, row + 2, [asked.label for asked in asked_all], config.brand)
    first = row + 3
    for number in range(first, first + MESSAGE_ROWS):
        for column, asked in enumerate(asked_all, start=1):
            put(sheet, number, column, None, colour="" if asked.name == "sent_on" else INPUT, form="@", align="top")
        sheet.heights[number] = 48
    _offer(sheet, view, first, config)
    sent = [(mail, recipients) for mail, recipients in view.mails if mail.kind == "message"]
    for number, (mail, recipients) in enumerate(reversed(sent), start=first + MESSAGE_ROWS):
        left = mail.state == "sent"
        when = local(mail.finished_at, config) if left and mail.finished_at else label(MailState, mail.state)
        put(sheet, number, 1, ", ".join(one.name or one.address for one in recipients))
        put(sheet, number, 2, mail.subject)
        put(sheet, number, 3, _beginning(view.texts.get(mail.id, "")))
        put(sheet, number, 4, " ; ".join(mail.attachments))
        put(sheet, number, 5, when, colour=GOOD if left else "")
        if left:
            put(sheet, number, 6, "Lire la copie", link=f"mails/{mail_file(mail, recipients, config)}")


def _beginning(text: str) -> str:
    """The first words of a message, without its salutation."""
    greeting, _, rest = text.replace("\r\n", "\n").partition("\n\n")
    words = (rest if greeting.rstrip().endswith(",") else text).strip()
    return words if len(words) <= _SHOWN else words[:_SHOWN].rsplit(" ", 1)[0] + " …"


def _offer(sheet: Sheet, view: SessionView, first: int, config: Config) -> None:
    """The lists of the blank lines: recipients from a hidden column, documents of the version that stands."""
    last = first + MESSAGE_ROWS - 1
    choices, letters = list(addressees(view.session.form)), letters_of(_CHOICES_COLUMN)
    for number, text in enumerate(choices, start=1):
        put(sheet, number, _CHOICES_COLUMN, text, border="")
    sheet.hidden_column = _CHOICES_COLUMN
    if choices:
        sheet.rules.append(
            rule(
                f"A{first}:A{last}", type="list", formula1=f"${letters}$1:${letters}${len(choices)}", allow_blank=True, errorStyle="stop",
                errorTitle="Destinataires", error="Choisissez un destinataire de la liste.", showErrorMessage=True,
            )
        )  # fmt: skip
    kinds = [title_of(config, one.kind) for one in view.documents if one.version == view.row.version and one.state != "replaced"]
    if kinds:
        sheet.rules.append(
            rule(
                f"D{first}:D{last}", type="list", formula1=f'"{",".join(["Tous", *dict.fromkeys(kinds)])}"', allow_blank=True,
                showErrorMessage=False,  # several may be typed
                promptTitle="Documents", prompt="Plusieurs : séparez-les par un point-virgule.", showInputMessage=True,
            )
        )  # fmt: skip
