"""A session's own workbook, `outbox/REF/REF.xlsx`: everything that happened, then the step sheets as filled."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from openpyxl import Workbook
from openpyxl.styles import Alignment
from openpyxl.worksheet.worksheet import Worksheet

from processor import typography as fr
from processor.config import Config
from processor.form.blank import add_step_sheets
from processor.form.lists import FUNDING_MESSAGES
from processor.ledger.rows import DocumentRow, EventRow, MailRow, RecipientRow, SessionRow
from processor.life import DOCUMENT, KINDS, MAIL, MAIN_LINE, RECIPIENT, ROLES, Funding, Status, label
from processor.outbox.names import document_file, mail_file
from processor.outbox.styles import BAD, EURO, GOOD, GREY, PALE, WAIT, YELLOW, fill, finish, font, header, put, section, title
from processor.session import Session

_MAIL_COLOURS = {"sent": GOOD, "failed": BAD, "in_doubt": BAD, "held": WAIT, "deferred": WAIT}


@dataclass(frozen=True)
class SessionView:
    """What the ledger knows of one session; `session` is the domain's view of the version that stands."""

    row: SessionRow
    session: Session
    documents: Sequence[DocumentRow]
    mails: Sequence[tuple[MailRow, Sequence[RecipientRow]]]
    events: Sequence[EventRow]


def build(view: SessionView, config: Config, today: date) -> bytes:
    """The workbook's bytes. `today` is a local date."""
    book = Workbook()
    first = book.active
    assert first is not None
    first.title = "Vue d’ensemble"
    _overview(first, view, config, today)
    _documents(book.create_sheet("Documents"), view, config)
    _trainees(book.create_sheet("Stagiaires"), view, config)
    _people(book.create_sheet("Messagerie"), view, config)
    _mails(book.create_sheet("Mails"), view, config)
    for sheet in book.worksheets:
        sheet.sheet_properties.tabColor = config.brand.accent
    form = view.session.form
    form = form.model_copy(update={"type": form.type.model_copy(update={"reference": view.row.ref})})
    add_step_sheets(book, form, config, today)
    book.properties.title = f"{view.row.ref} – {view.row.title}"
    book.properties.creator = config.organisation.name
    book.properties.language = "fr-FR"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _overview(sheet: Worksheet, view: SessionView, config: Config, today: date) -> None:
    session, row, brand = view.session, view.row, config.brand
    title(sheet, f"{row.ref} – {fr.spaced(row.title)}", brand)
    put(
        sheet, 2, 1, f"{row.client} – {fr.period(session.start, session.end)} – version {row.version}", boxed=False
    ).alignment = Alignment(vertical="center")
    section(sheet, 4, "Où en est la session", brand)
    current = Status.meant_by(row.status)
    line = MAIN_LINE if current in MAIN_LINE else (*MAIN_LINE, current)
    reached = line.index(current) if current in line else -1
    for number, status in enumerate(line, start=1):
        _step(sheet, 5, number, status.label if status else row.status, here=number - 1 == reached, past=number - 1 < reached)
    sheet.row_dimensions[5].height = 34
    section(sheet, 7, "Financement", brand)
    for number, funding in enumerate(Funding, start=1):
        _step(sheet, 8, number, funding.label, here=funding == row.funding, past=False)
    sheet.row_dimensions[8].height = 24
    line_number = _pairs(sheet, 10, "À faire maintenant", [("", text) for text in next_steps(view, config, today)], config)
    deadline = session.deadline
    funding_lines = [("Financeur", _funder(session)), ("À savoir", fr.spaced(FUNDING_MESSAGES[session.funder]))]
    if deadline:
        left = deadline.days_left(today)
        shown = (
            f"{fr.count(left, 'jour')} restants"
            if left > 1
            else "demain"
            if left == 1
            else "aujourd’hui"
            if left == 0
            else "délai dépassé"
        )
        funding_lines.append(("Dernier jour pour déposer la demande", f"{fr.week_day(deadline.last_day)} ({shown})"))
        if deadline.refund:
            funding_lines.append(("Dernier jour pour demander le remboursement", fr.week_day(deadline.refund)))
    if session.form.type.funding_file:
        funding_lines.append(("N° de dossier", session.form.type.funding_file))
    line_number = _pairs(sheet, line_number + 1, "Instructions de financement", funding_lines, config)
    price = session.price
    amounts = [
        ("Formation, remise déduite", price.training_net_cents),
        ("Frais de mission refacturés", price.expenses_cents),
        ("Total hors taxes", price.net_of_tax_cents),
    ]
    amounts += [(f"TVA {fr.percent(price.vat_percent)}", price.vat_cents)] if price.vat_percent else []
    amounts += [("Total TTC" if price.vat_percent else "Net à payer", price.total_cents)]
    internal = [
        ("Interne – prix par heure et par stagiaire", price.per_trainee_hour_cents or 0),
        ("Interne – frais à la charge de l’organisme", price.own_expenses_cents),
        ("Interne – commission", price.commission_cents),
        ("Interne – net pour l’organisme", price.net_cents),
    ]
    section(sheet, line_number + 1, "Montants", brand)
    for number, (text, cents) in enumerate(amounts + internal, start=line_number + 2):
        put(sheet, number, 1, text, colour=PALE, bold=text in ("Total TTC", "Net à payer"))
        cell = put(sheet, number, 2, cents / 100, bold=text in ("Total TTC", "Net à payer"))
        cell.number_format = EURO
        if text.startswith("Interne"):
            put(sheet, number, 1, text, colour=PALE).font = font(italic=True, color=GREY)
    line_number += 2 + len(amounts) + len(internal)
    section(sheet, line_number + 1, "Chronologie", brand)
    header(sheet, line_number + 2, ("Quand", "Piste", "De", "À", "Cause", "", "", "", "", ""), brand)
    for number, event in enumerate(reversed(view.events), start=line_number + 3):
        when = put(sheet, number, 1, event.at.astimezone(config.zone).replace(tzinfo=None))
        when.number_format = "DD/MM/YYYY HH:MM"
        for column, value in enumerate(
            (
                _TRACKS.get(event.track, event.track),
                _state(event.track, event.before),
                _state(event.track, event.after),
                event.cause,
            ),
            start=2,
        ):
            put(sheet, number, column, value)
        sheet.merge_cells(start_row=number, start_column=5, end_row=number, end_column=10)
    finish(sheet, (42, 22, 18, 18, 18, 16, 16, 16, 16, 16, 16), landscape=True)


_TRACKS = {"session": "Session", "funding": "Financement", "document": "Document", "mail": "E-mail", "service": "Service"}


def _state(track: str, slug: str | None) -> str:
    if slug is None:
        return ""
    match track:
        case "session":
            return label(Status, slug)
        case "funding":
            return label(Funding, slug)
        case "document":
            return DOCUMENT.get(slug, slug)
    return MAIL.get(slug, slug)


def _step(sheet: Worksheet, row: int, column: int, text: str, *, here: bool, past: bool) -> None:
    cell = put(sheet, row, column, text, bold=here)
    cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
    cell.fill = fill(YELLOW if here else GOOD if past else PALE)


def _pairs(sheet: Worksheet, row: int, heading: str, pairs: Sequence[tuple[str, str]], config: Config) -> int:
    """A block of lines; returns the first free row."""
    section(sheet, row, heading, config.brand)
    for number, (name, text) in enumerate(pairs, start=row + 1):
        put(sheet, number, 1, name or "•", colour=PALE)
        put(sheet, number, 2, text)
        sheet.merge_cells(start_row=number, start_column=2, end_row=number, end_column=10)
    return row + 1 + len(pairs)


def _funder(session: Session) -> str:
    opco = session.form.type.opco
    subrogation = session.form.type.subrogation
    name = f"{session.funder.label} – {opco.label}" if opco else session.funder.label
    return f"{name} – {'avec' if subrogation else 'sans'} subrogation" if opco else name


def next_steps(view: SessionView, config: Config, today: date) -> list[str]:
    """What a person should do now, in plain French."""
    session, steps = view.session, []
    if view.row.status == Status.TO_VALIDATE:
        steps.append(
            f"Relisez les documents, puis recopiez {fr.euros(session.price.total_cents)} dans « Je valide le prix » et répondez Oui à l’envoi (feuille 6) ; déposez ce classeur dans le dossier."
        )
    for mail, recipients in view.mails:
        refused = [one.address for one in recipients if one.state == "refused"]
        if mail.state == "failed" or refused:
            steps.append(
                f"E-mail {mail.id} rejeté ({', '.join(refused) or mail.words or ''}) : corrigez l’adresse (feuille 2) et redéposez, ou « processor resend {mail.id} »."
            )
        elif mail.state == "in_doubt":
            steps.append(
                f"E-mail {mail.id} incertain : demandez au client s’il l’a reçu, puis « processor resend {mail.id} » ou « processor cancel {mail.id} »."
            )
        elif mail.state == "held":
            steps.append(f"E-mail {mail.id} retenu par le plafond : « processor resend {mail.id} » pour le laisser partir.")
    if view.row.status == Status.SENT:
        steps.append("Attendez le retour des documents signés ; relancez le client si rien ne vient.")
    deadline = session.deadline
    if view.row.funding == Funding.TO_FILE and deadline:
        steps.append(f"La demande de financement doit être déposée au plus tard le {fr.day(deadline.last_day)}.")
    missing = [fr.person(None, one.first_name, one.last_name) for one in session.form.trainees if not one.email]
    if missing:
        steps.append(f"E-mail manquant : {fr.listing(missing)}.")
    return steps or ["Rien : tout suit son cours."]


def _documents(sheet: Worksheet, view: SessionView, config: Config) -> None:
    title(sheet, "Documents", config.brand)
    header(sheet, 2, ("Document", "Numéro", "Version", "État", "Pages", "Fait le", "PDF", "Word", "Pourquoi"), config.brand)
    for number, one in enumerate(view.documents, start=3):
        made = one.created_at.astimezone(config.zone).replace(tzinfo=None)
        values = (KINDS.get(one.kind, one.kind), one.number, one.version, DOCUMENT[one.state], one.pages, made)
        for column, value in enumerate(values, start=1):
            cell = put(sheet, number, column, value)
            if isinstance(value, datetime):
                cell.number_format = "DD/MM/YYYY HH:MM"
        for column, suffix in ((7, "pdf"), (8, "docx")):
            name = document_file(one, suffix)
            put(sheet, number, column, name, link=f"documents/{name}")
        put(sheet, number, 9, one.reason or "")
    finish(sheet, (16, 24, 9, 13, 8, 17, 52, 52, 50), freeze="A3")


def _trainees(sheet: Worksheet, view: SessionView, config: Config) -> None:
    title(sheet, "Stagiaires", config.brand)
    header(sheet, 2, ("Civilité", "Nom", "Prénom", "E-mail", "Téléphone", "Fonction", "Aménagements"), config.brand)
    for number, one in enumerate(view.session.form.trainees, start=3):
        phone = fr.phone(one.phone) if one.phone else ""
        civility = one.civility.label if one.civility else ""
        for column, value in enumerate(
            (
                civility,
                fr.last_name(one.last_name or ""),
                one.first_name or "",
                one.email or "",
                phone,
                one.job or "",
                one.needs or "",
            ),
            start=1,
        ):
            put(sheet, number, column, value, colour=BAD if column == 4 and not value else "")
    finish(sheet, (12, 24, 20, 36, 20, 28, 40), freeze="A3")


def _people(sheet: Worksheet, view: SessionView, config: Config) -> None:
    title(sheet, "Messagerie – tous ceux que la session concerne", config.brand)
    header(sheet, 2, ("Qui", "Nom", "E-mail", "Téléphone"), config.brand)
    form = view.session.form
    client = form.client
    people = [("Client", view.session.contact_name, client.email, client.phone)]
    if client.signatory_last_name:
        people.append(("Signataire", view.session.signatory_name, None, None))
    if client.manager_name or client.manager_email:
        people.append(("Responsable de la formation", client.manager_name or "", client.manager_email, client.manager_phone))
    if client.billing_email:
        people.append(("Facturation", client.billing_name or "", client.billing_email, None))
    people += [("Formateur", one.name or "", one.email, None) for one in form.trainers]
    people += [("Stagiaire", fr.person(None, one.first_name, one.last_name), one.email, one.phone) for one in form.trainees]
    for number, (role, name, email, phone) in enumerate(people, start=3):
        put(sheet, number, 1, role)
        put(sheet, number, 2, name)
        put(sheet, number, 3, email or "", link=f"mailto:{email}" if email else "")
        put(sheet, number, 4, fr.phone(phone) if phone else "")
    finish(sheet, (30, 36, 42, 22), freeze="A3")


def _mails(sheet: Worksheet, view: SessionView, config: Config) -> None:
    title(sheet, "Mails", config.brand)
    header(
        sheet,
        2,
        ("N°", "Date", "Destinataires", "Sujet", "Pièces jointes", "État", "Essais", "Réponse du serveur", "Copie"),
        config.brand,
    )
    for number, (mail, recipients) in enumerate(view.mails, start=3):
        when = (mail.finished_at or mail.sending_at or mail.planned_at).astimezone(config.zone).replace(tzinfo=None)
        shown = "\n".join(
            f"{one.address} ({ROLES.get(one.role, one.role)}) : {RECIPIENT.get(one.state, one.state)}" for one in recipients
        )
        put(sheet, number, 1, mail.id)
        put(sheet, number, 2, when).number_format = "DD/MM/YYYY HH:MM"
        put(sheet, number, 3, shown)
        put(sheet, number, 4, mail.subject)
        put(sheet, number, 5, "\n".join(mail.attachments))
        put(sheet, number, 6, MAIL[mail.state], colour=_MAIL_COLOURS.get(mail.state, ""))
        put(sheet, number, 7, mail.attempts)
        put(sheet, number, 8, mail.words or "")
        name = mail_file(mail)
        put(sheet, number, 9, name if mail.state == "sent" else "", link=f"mails/{name}" if mail.state == "sent" else "")
    finish(sheet, (6, 17, 46, 46, 46, 14, 8, 40, 34), freeze="A3")
