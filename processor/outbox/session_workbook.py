"""A session's own workbook, `outbox/REF/REF.xlsx`: everything that happened, then the step sheets as filled.

It goes round: the coordinator fills « Suivi », writes under « Messagerie » or corrects a step, and drops it back.
"""

from __future__ import annotations

from datetime import date

from openpyxl.worksheet.worksheet import Worksheet

from processor import typography as fr
from processor.config import Config
from processor.documents.plan import title_of
from processor.form.followup import ATTENDANCE, FOLLOW_UP, MESSAGES
from processor.form.paint import GREY
from processor.form.prefab import add_step_sheets
from processor.form.saving import new_workbook, save
from processor.life import RECIPIENT, ROLES, DocumentState, MailState, label
from processor.outbox import desk, overview
from processor.outbox.names import document_file, mail_file
from processor.outbox.overview import local
from processor.outbox.styles import BAD, GOOD, WAIT, finish, font, header, put, title
from processor.outbox.view import SessionView

DOCUMENT_COLOURS = {"sent": GOOD, "signed": GOOD, "refused": BAD, "generated": WAIT}
MAIL_COLOURS = {"sent": GOOD, "failed": BAD, "in_doubt": BAD, "held": WAIT, "deferred": WAIT}


def build(view: SessionView, config: Config, today: date) -> bytes:
    """The workbook's bytes. `today` is a local date."""
    book = new_workbook()
    first = book.active
    assert first is not None
    first.title = "Vue d'ensemble"  # as scripts look it up, with the keyboard's apostrophe
    overview.write(first, view, config, today)
    _documents(book.create_sheet("Documents"), view, config)
    _trainees(book.create_sheet("Stagiaires"), view, config)
    desk.people(book.create_sheet(MESSAGES), view, config)
    _mails(book.create_sheet("Mails"), view, config)
    desk.follow_up(book.create_sheet(FOLLOW_UP), view, config)
    desk.attendance(book.create_sheet(ATTENDANCE), view, config)
    for sheet in book.worksheets:
        sheet.sheet_properties.tabColor = config.brand.accent
    form = view.session.form
    form = form.model_copy(update={"type": form.type.model_copy(update={"reference": view.row.ref})})
    steps = add_step_sheets(book, form, config, today)
    book.properties.title = f"{view.row.ref} – {view.row.title}"
    book.properties.creator = config.organisation.name
    book.properties.language = "fr-FR"
    return save(book, steps)


def _documents(sheet: Worksheet, view: SessionView, config: Config) -> None:
    """The version that stands first; what it replaced in grey."""
    title(sheet, "Documents", config.brand)
    heads = ("Document", "Nom du fichier", "Numéro", "Version", "État", "Pages", "Fait le", "PDF", "Word", "Pourquoi ce document")
    header(sheet, 2, heads, config.brand)
    standing = sorted(view.documents, key=lambda one: (one.state == "replaced", -one.version, one.id))
    for number, one in enumerate(standing, start=3):
        made = local(one.created_at, config)
        state = label(DocumentState, one.state)
        values = (title_of(config, one.kind), one.name, one.number, one.version, state, one.pages, made)
        for column, value in enumerate(values, start=1):
            cell = put(sheet, number, column, value, colour=DOCUMENT_COLOURS.get(one.state, "") if column == 5 else "")
            if one.state == "replaced":
                cell.font = font(color=GREY)
        for column, suffix, text in ((8, "pdf", "Ouvrir le PDF"), (9, "docx", "Ouvrir le Word")):
            put(sheet, number, column, text, link=f"documents/{document_file(one, suffix)}", centred=True)
        put(sheet, number, 10, fr.spaced(one.reason or ""))
    finish(sheet, (24, 56, 22, 9, 14, 8, 19, 16, 17, 56), freeze="B3", header_row=2)


def _trainees(sheet: Worksheet, view: SessionView, config: Config) -> None:
    form = view.session.form
    title(sheet, f"Stagiaires – {fr.count(len(form.trainees), 'inscrit')}", config.brand)
    header(sheet, 2, ("Civilité", "Nom", "Prénom", "E-mail", "Téléphone", "Fonction", "Aménagements"), config.brand)
    for number, one in enumerate(form.trainees, start=3):
        put(sheet, number, 1, one.civility.label if one.civility else "")
        put(sheet, number, 2, fr.last_name(one.last_name or ""), bold=True)
        put(sheet, number, 3, one.first_name or "")
        if one.email:
            put(sheet, number, 4, one.email, link=f"mailto:{one.email}")
        else:
            put(sheet, number, 4, "à demander", colour=BAD)
        put(sheet, number, 5, fr.phone(one.phone) if one.phone else "")
        put(sheet, number, 6, one.job or "")
        put(sheet, number, 7, one.needs or "")
    finish(sheet, (13, 26, 22, 40, 20, 30, 44), freeze="A3", header_row=2)


def _mails(sheet: Worksheet, view: SessionView, config: Config) -> None:
    """Newest first."""
    title(sheet, "Mails", config.brand)
    heads = ("N°", "Date", "Destinataires", "Sujet", "Pièces jointes", "État", "Essais", "Réponse du serveur", "Copie")
    header(sheet, 2, heads, config.brand)
    for number, (mail, recipients) in enumerate(reversed(view.mails), start=3):
        refused = any(one.state == "refused" for one in recipients)
        shown = "\n".join(
            f"{one.address} ({ROLES.get(one.role, one.role)}) : {RECIPIENT.get(one.state, one.state)}"
            + (f" – {one.words}" if one.words and one.state in ("refused", "deferred") else "")
            for one in recipients
        )
        put(sheet, number, 1, mail.id)
        put(sheet, number, 2, local(mail.finished_at or mail.sending_at or mail.planned_at, config))
        put(sheet, number, 3, fr.spaced(shown), colour=BAD if refused else "")
        put(sheet, number, 4, mail.subject)
        put(sheet, number, 5, "\n".join(mail.attachments))
        put(sheet, number, 6, label(MailState, mail.state), colour=MAIL_COLOURS.get(mail.state, ""), centred=True)
        put(sheet, number, 7, mail.attempts)
        put(sheet, number, 8, mail.words or "")
        sent = mail.state == "sent"
        put(sheet, number, 9, "Lire la copie" if sent else "", link=f"mails/{mail_file(mail)}" if sent else "", centred=True)
    finish(sheet, (7, 19, 52, 48, 52, 16, 9, 44, 16), freeze="A3", header_row=2)
