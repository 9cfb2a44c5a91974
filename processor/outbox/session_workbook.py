"""A session's own workbook, `outbox/REF/REF.xlsx`: everything that happened, then the step sheets as filled.

It goes round: the coordinator fills « Suivi », writes under « Messagerie » or corrects a step, and drops it back.
"""

from __future__ import annotations

from datetime import date

from processor import typography as fr
from processor.config import Config
from processor.documents.plan import title_of
from processor.form.paint import GREY, INK
from processor.form.prefab import step_pages
from processor.form.saving import save
from processor.life import RECIPIENT, ROLES, UNREACHED, DocumentState, label
from processor.outbox import desk, overview
from processor.outbox.names import document_file, mail_file
from processor.outbox.overview import local, mail_state
from processor.outbox.sheet import Sheet
from processor.outbox.styles import BAD, GOOD, WAIT, header, put, title
from processor.outbox.view import SessionView

DOCUMENT_COLOURS = {"sent": GOOD, "signed": GOOD, "refused": BAD, "generated": WAIT}
MAIL_COLOURS = {"sent": GOOD, "failed": BAD, "in_doubt": BAD, "held": WAIT, "deferred": WAIT}


def build(view: SessionView, config: Config, today: date) -> bytes:
    """The workbook's bytes. `today` is a local date."""
    sheets = (
        overview.sheet(view, config, today),
        _documents(view, config),
        _trainees(view, config),
        desk.people(view, config),
        _mails(view, config),
        desk.follow_up(view, config),
        desk.attendance(view, config),
    )
    form = view.session.form
    form = form.model_copy(update={"type": form.type.model_copy(update={"reference": view.row.ref})})
    return save(
        [*(one.page for one in sheets), *step_pages(form, config, today)],
        title=f"{view.row.ref} – {view.row.title}",
        author=config.organisation.name,
    )


def _documents(view: SessionView, config: Config) -> Sheet:
    """The version that stands first; what it replaced in grey."""
    widths = (24, 56, 22, 9, 14, 8, 19, 16, 17, 56)
    sheet = Sheet("Documents", widths, tab=config.brand.accent, freeze="B3", header_row=2)
    title(sheet, "Documents", config.brand)
    heads = ("Document", "Nom du fichier", "Numéro", "Version", "État", "Pages", "Fait le", "PDF", "Word", "Pourquoi ce document")
    header(sheet, 2, heads, config.brand)
    standing = sorted(view.documents, key=lambda one: (one.state == "replaced", -one.version, one.id))
    for number, one in enumerate(standing, start=3):
        made = local(one.created_at, config)
        state = label(DocumentState, one.state)
        ink = GREY if one.state == "replaced" else INK
        values = (title_of(config, one.kind), one.name, one.number, one.version, state, one.pages, made)
        for column, value in enumerate(values, start=1):
            put(sheet, number, column, value, ink=ink, colour=DOCUMENT_COLOURS.get(one.state, "") if column == 5 else "")
        for column, suffix, text in ((8, "pdf", "Ouvrir le PDF"), (9, "docx", "Ouvrir le Word")):
            put(sheet, number, column, text, link=f"documents/{document_file(one, suffix)}", align="centred")
        put(sheet, number, 10, fr.spaced(one.reason or ""))
    return sheet


def _trainees(view: SessionView, config: Config) -> Sheet:
    form = view.session.form
    sheet = Sheet("Stagiaires", (13, 26, 22, 40, 20, 30, 44), tab=config.brand.accent, freeze="A3", header_row=2)
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
    return sheet


def _mails(view: SessionView, config: Config) -> Sheet:
    """Newest first."""
    sheet = Sheet("Mails", (7, 19, 52, 48, 52, 16, 9, 44, 16), tab=config.brand.accent, freeze="A3", header_row=2)
    title(sheet, "Mails", config.brand)
    heads = ("N°", "Date", "Destinataires", "Sujet", "Pièces jointes", "État", "Essais", "Réponse du serveur", "Copie")
    header(sheet, 2, heads, config.brand)
    for number, (mail, recipients) in enumerate(reversed(view.mails), start=3):
        refused = any(one.state in UNREACHED for one in recipients)
        shown = "\n".join(
            f"{one.address} ({ROLES.get(one.role, one.role)}) : {RECIPIENT.get(one.state, one.state)}"
            + (f" – {one.words}" if one.words and one.state in (*UNREACHED, "deferred") else "")
            for one in recipients
        )
        put(sheet, number, 1, mail.id)
        put(sheet, number, 2, local(mail.finished_at or mail.sending_at or mail.planned_at, config))
        put(sheet, number, 3, fr.spaced(shown), colour=BAD if refused else "")
        put(sheet, number, 4, mail.subject)
        put(sheet, number, 5, "\n".join(mail.attachments))
        put(sheet, number, 6, mail_state(mail.state, mail.words), colour=MAIL_COLOURS.get(mail.state, ""), align="centred")
        put(sheet, number, 7, mail.attempts)
        put(sheet, number, 8, mail.words or "")
        sent = mail.state == "sent"
        copy = f"mails/{mail_file(mail, recipients, config)}" if sent else ""
        put(sheet, number, 9, "Lire la copie" if sent else "", link=copy, align="centred")
    return sheet
