"""« Vue d’ensemble », the first sheet of a session's workbook: where it stands, what to do, money, dates, timeline."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from processor import todo
from processor import typography as fr
from processor.config import Brand, Config
from processor.form.followup import ATTENDANCE, FOLLOW_UP, MESSAGES, FollowUp, from_facts
from processor.form.lists import FUNDING_MESSAGES
from processor.form.paint import EURO, GREY, INK
from processor.form.steps import RECAP
from processor.ledger import states
from processor.ledger.rows import EventRow, SessionRow
from processor.life import KEPT, MAIN_LINE, SIDE_EXITS, DocumentState, Funding, MailState, Status, label
from processor.outbox.sheet import Sheet
from processor.outbox.styles import BAD, DONE, GOOD, NOTE, PALE, WAIT, YELLOW, header, put, section, title
from processor.outbox.view import SessionView
from processor.session import Session

_TITLE = "Vue d'ensemble"  # as scripts look it up, with the keyboard's apostrophe
_LAST = 12  # columns of the grid: the cursor's cells
_COMING = 6  # dates shown, at most
_LEFT, _RIGHT = 7, 9  # the left block ends, the right one begins
_TRACKS = {"session": "Session", "funding": "Financement", "document": "Document", "mail": "E-mail", "service": "Service"}
_STATES = {"session": Status, "funding": Funding, "document": DocumentState, "mail": MailState}
_SHORTCUTS = {
    FOLLOW_UP: "Noter ce qui est arrivé",
    ATTENDANCE: "Heures suivies et acquis",
    MESSAGES: "Écrire à quelqu’un",
    "Documents": "Ouvrir les PDF et les Word",
    "Stagiaires": "Les inscrits",
    "Mails": "Tout ce qui est parti",
    RECAP: "Prix et envoi",
}
_SEVERITY = {"urgent": BAD, "soon": WAIT, "normal": GOOD}


def sheet(view: SessionView, config: Config, today: date) -> Sheet:
    """The sheet. `today` is a local date."""
    session, row, brand = view.session, view.row, config.brand
    sheet = Sheet(_TITLE, (19, *(14,) * (_LAST - 2), 16), tab=brand.accent, freeze="A4")
    title(sheet, f"{row.ref} – {fr.spaced(row.title)}", brand, _LAST)
    facts = f"{row.client} – {fr.period(session.start, session.end)} – {fr.hours(session.hours)}, {fr.count(session.trainee_count, 'stagiaire')} – version {row.version}"
    put(sheet, 2, 1, facts, last=_LAST - 1, border="", align="plain wrapped")
    put(sheet, 2, _LAST, f"Écrit le {fr.short_day(today)}", border="", align="right", **NOTE)
    sheet.heights[2] = 6 + 15 * math.ceil(len(facts) / 150)

    _shortcuts(sheet, brand)
    section(sheet, 4, "Où en est la session", brand, last=_LAST)
    line, reached = cursor(row.status, view.events)
    since = _since(view.events, "session", config.zone) | {Status.DRAFT: row.created_at.astimezone(config.zone).date()}
    _track(sheet, 5, line, reached, row.status, since)
    section(sheet, 8, f"Financement : {_funder(session)}", brand, last=_LAST)
    ranks = [one for one in Funding if (one == Funding.NONE) == (row.funding == Funding.NONE)]
    seen = {state for event in view.events if event.track == "funding" for state in (event.before, event.after)}
    behind = {one for one in Funding if one in seen}
    _track(sheet, 9, ranks, behind, row.funding, _since(view.events, "funding", config.zone))

    _papers(sheet, 12, view, brand)
    left = _to_do(sheet, 15, view, config, today)
    left = _deadlines(sheet, left + 1, view, config, today)
    right = _amounts(sheet, 15, session, config)
    free = _funding(sheet, max(left, right) + 1, view, config, today)
    _timeline(sheet, free + 1, view, config)
    return sheet


def _shortcuts(sheet: Sheet, brand: Brand) -> None:
    """Links to the other sheets of the workbook."""
    for column, (name, why) in enumerate(_SHORTCUTS.items(), start=1):
        text = f"{name} →"
        put(sheet, 3, column, text, ink=f"FF{brand.colour}", underlined=True, border="", align="short")
        sheet.lead(3, column, name, "A1", text, why)
    sheet.heights[3] = 22


def cursor(status: str, events: Sequence[EventRow]) -> tuple[list[Status], set[Status]]:
    """The states to show, and those that the session has behind it.

    A detour (à corriger, reportée, annulée, sans suite) appears only when the session is in it; then what lies
    behind is read from the timeline.
    """
    line = list(MAIN_LINE)
    if status in MAIN_LINE:
        return line, set(line[: line.index(Status(status))])
    been = [line.index(Status(one.after)) for one in events if one.track == "session" and one.after in MAIN_LINE]
    furthest = max(been, default=0)
    if status == Status.TO_CORRECT:
        line.insert(1, Status.TO_CORRECT)
    elif status in SIDE_EXITS:
        line.append(Status(status))
    return line, set(MAIN_LINE[: furthest + 1])


def _since(events: Sequence[EventRow], track: str, zone: ZoneInfo) -> dict[str, date]:
    """The local day on which each state was last entered."""
    return {one.after: one.at.astimezone(zone).date() for one in events if one.track == track}


def _track(
    sheet: Sheet,
    row: int,
    line: Sequence[Status | Funding],
    behind: set[Status] | set[Funding],
    here: str,
    since: Mapping[str, date],
) -> None:
    """One cell a state: the current one yellow and bold, those behind it in a soft green; below, since when."""
    for column, state in enumerate(line, start=1):
        current = state == here
        reached = current or state in behind
        colour = YELLOW if current else DONE if reached else PALE
        put(sheet, row, column, state.label, bold=current, ink=INK if reached else GREY, colour=colour, align="centred")
        day = since.get(state) if reached else None
        put(sheet, row + 1, column, f"{day:%d/%m}" if day else None, size=9, ink=GREY, border="", align="centred")
    sheet.heights[row] = 36


def _papers(sheet: Sheet, row: int, view: SessionView, brand: Brand) -> None:
    """How many documents and e-mails stand where: those of the version that stands, and everything written."""
    documents = Counter(one.state for one in view.documents)
    mails = Counter(mail.state for mail, _ in view.mails)
    answers = Counter(one.state for mail, recipients in view.mails if mail.state == states.SENT for one in recipients)
    made = documents.total() - documents[DocumentState.REPLACED]
    signed, refused = documents[DocumentState.SIGNED], documents[DocumentState.REFUSED]
    left = mails[MailState.SENT]
    waiting = mails.total() - left - mails[MailState.FAILED] - mails[MailState.CANCELLED]
    found = (
        (1, _LEFT, "Documents", (
            ("fait", made, GOOD), ("envoyé", documents[DocumentState.SENT] + signed + refused, GOOD), ("signé", signed, GOOD),
            ("refusé", refused, BAD),
        )),
        (_RIGHT, _LAST, "E-mails", (
            ("envoyé", left, GOOD), ("en attente", waiting, WAIT), ("refusé", mails[MailState.FAILED] + answers["refused"], BAD),
            ("non remis", answers["bounced"], BAD),
        )),
    )  # fmt: skip
    for first, last, name, counts in found:
        section(sheet, row, name, brand, first, last)
        for column, (what, number, colour) in enumerate(counts, start=first):
            shown = fr.count(number, what) if what[-1] in "ét" else f"{number}\u00a0{what}"
            put(sheet, row + 1, column, shown, colour=colour if number else PALE, ink=INK if number else GREY, align="centred")


def tasks(view: SessionView, config: Config, today: date) -> list[todo.Task]:
    """What a person should do for this session, in order."""
    row, mails = view.row, [mail for mail, _ in view.mails]
    found = todo.of_session(
        view.session, status=row.status, funding=row.funding, sent_on=todo.proposal_sent_on(mails, config.zone), today=today,
        facts=row.facts,
    )  # fmt: skip
    found += todo.of_mails(mails, {row.id: (row.ref, row.client)})
    for mail, recipients in view.mails:
        found += todo.of_recipients(mail, recipients, row.ref, row.client)
    return todo.in_order(found)


def of_day(session: Session, row: SessionRow, sent_on: date | None, day: date) -> Sequence[object]:
    """What the sheet says of this (local) day, but for the days left: tasks, dates to come, how pressing they are."""
    found = todo.of_session(session, status=row.status, funding=row.funding, sent_on=sent_on, today=day, facts=row.facts)
    coming = todo.deadlines(session, status=row.status, funding=row.funding, today=day)[:_COMING]
    return [*found, *((one, todo.severity_of(one[0], day)) for one in coming)]


def _to_do(sheet: Sheet, row: int, view: SessionView, config: Config, today: date) -> int:
    section(sheet, row, "À faire maintenant", config.brand, last=_LEFT)
    found = tasks(view, config, today)
    for number, task in enumerate(found, start=row + 1):
        colour = _SEVERITY[task.severity]
        put(sheet, number, 1, task.due or "sans attendre", colour=colour, align="centred")
        put(sheet, number, 2, fr.spaced(task.what), last=3, bold=True)
        put(sheet, number, 4, fr.spaced(task.action), last=_LEFT)
    if not found:
        waiting = _WAITING.get(view.row.status, "Rien : tout suit son cours.")
        put(sheet, row + 1, 1, fr.spaced(waiting), last=_LEFT, colour=GOOD)
    return row + 1 + max(len(found), 1)


_WAITING: dict[str, str] = {
    Status.SENDING: "Rien : la proposition part au prochain passage.",
    Status.SENT: "Rien pour l’instant : le client a la proposition. Notez sa réponse dans la feuille « Suivi ».",
    Status.CLOSED: "Rien : la session est clôturée.",
    Status.CANCELLED: "Rien : la session est annulée.",
    Status.DROPPED: "Rien : la proposition est classée sans suite.",
    Status.POSTPONED: "Corrigez les dates et les créneaux (feuille 3), puis déposez ce classeur : une nouvelle proposition partira.",
}  # fmt: skip


def _deadlines(sheet: Sheet, row: int, view: SessionView, config: Config, today: date) -> int:
    coming = todo.deadlines(view.session, status=view.row.status, funding=view.row.funding, today=today)[:_COMING]
    if not coming:
        return row - 1
    section(sheet, row, "Prochaines échéances", config.brand, last=_LEFT)
    for number, (day, what) in enumerate(coming, start=row + 1):
        put(sheet, number, 1, day, colour=_SEVERITY[todo.severity_of(day, today)], align="centred")
        text, formula = until(day, today)
        put(sheet, number, 2, text, formula=formula, last=3)
        put(sheet, number, 4, what, last=_LEFT)
    return row + 1 + len(coming)


def in_days(left: int) -> str:
    """`aujourd’hui`, `demain`, `dans 12 jours`, `dépassé de 3 jours`."""
    if left < 0:
        return f"dépassé de {fr.count(-left, 'jour')}"
    return {0: "aujourd’hui", 1: "demain"}.get(left, f"dans {fr.count(left, 'jour')}")


def until(day: date, today: date, before: str = "", after: str = "") -> tuple[str, str]:
    """`before`, how far `day` is and `after`: the text of today, and the formula that keeps it true."""
    left = f"({_date(day)}-TODAY())"
    late = f'"dépassé de "&-{left}&IF({left}=-1,"\u00a0jour","\u00a0jours")'
    coming = f'IF({left}=0,"aujourd’hui",IF({left}=1,"demain","dans "&{left}&"\u00a0jours"))'
    parts = [f'"{text.replace(chr(34), chr(34) * 2)}"' for text in (before, after)]
    formula = f"{parts[0]}&IF({left}<0,{late},{coming})&{parts[1]}"
    return f"{before}{in_days((day - today).days)}{after}", formula


def _date(day: date) -> str:
    return f"DATE({day.year},{day.month},{day.day})"


def _amounts(sheet: Sheet, row: int, session: Session, config: Config) -> int:
    """What the client pays, then what only the organisation sees."""
    price = session.price
    total = "Total TTC" if price.vat_percent else "Net à payer"
    rows = [
        ("Formation, remise déduite", price.training_net_cents),
        ("Frais de mission refacturés", price.expenses_cents),
        ("Total hors taxes", price.net_of_tax_cents),
        (f"TVA {fr.percent(price.vat_percent)}" if price.vat_percent else "TVA : aucune", price.vat_cents),
        (total, price.total_cents),
    ]
    internal = [
        ("Interne – prix par heure et par stagiaire", price.per_trainee_hour_cents or 0),
        ("Interne – frais à la charge de l’organisme", price.own_expenses_cents),
        (f"Interne – commission {fr.percent(config.pricing.commission_percent)}", price.commission_cents),
        ("Interne – net pour l’organisme", price.net_cents),
    ]
    section(sheet, row, "Montants", config.brand, _RIGHT, _LAST)
    for number, (text, cents) in enumerate(rows, start=row + 1):
        stressed = text == total
        put(sheet, number, _RIGHT, text, last=_LAST - 1, colour=PALE, bold=stressed)
        put(sheet, number, _LAST, cents / 100, bold=stressed, form=EURO)
    row += 1 + len(rows)
    section(sheet, row, "Interne – jamais montré au client", config.brand, _RIGHT, _LAST)
    for number, (text, cents) in enumerate(internal, start=row + 1):
        put(sheet, number, _RIGHT, text, last=_LAST - 1, italic=True, ink=GREY)
        put(sheet, number, _LAST, cents / 100, form=EURO, italic=True, ink=GREY)
    return row + 1 + len(internal)


def _funding(sheet: Sheet, row: int, view: SessionView, config: Config, today: date) -> int:
    """The funder's instructions with this session's dates; returns the first free row."""
    session = view.session
    lines: list[tuple[str, str | tuple[str, str]]] = [("À savoir", fr.spaced(FUNDING_MESSAGES[session.funder]))]
    due = session.deadline
    if due:
        if due.earliest:
            lines.append(("Demande reçue à partir du", fr.week_day(due.earliest)))
        if due.advised:
            lines.append(("Dépôt conseillé avant le", fr.week_day(due.advised)))
        last_day = fr.week_day(due.last_day)
        waits = view.row.funding == Funding.TO_FILE
        lines.append(("Dernier jour pour déposer", until(due.last_day, today, f"{last_day} (", ")") if waits else last_day))
        if due.refund:
            lines.append(("Remboursement à demander avant le", fr.week_day(due.refund)))
        if due.rule.source:
            lines.append(("Règle", due.rule.source))
    if session.form.type.funding_file:
        lines.append(("N° de dossier", session.form.type.funding_file))
    lines += _noted(from_facts(view.row.facts))
    section(sheet, row, "Instructions de financement", config.brand, last=_LAST)
    for number, (name, text) in enumerate(lines, start=row + 1):
        put(sheet, number, 1, name, last=3, colour=PALE)
        shown, formula = text if isinstance(text, tuple) else (text, "")
        put(sheet, number, 4, shown, formula=formula, last=_LAST, bold=name.startswith("Dernier jour"))
    return row + 1 + len(lines)


def _noted(known: FollowUp) -> Iterator[tuple[str, str]]:
    """What « Suivi » says of the funder: the request, then the answer."""
    if known.funding_filed_on:
        yield "Demande déposée le", fr.week_day(known.funding_filed_on)
    if known.funding_file:
        yield "N° de la demande", known.funding_file
    if known.funder_answer:
        when = f", reçue le {fr.day(known.answered_on)}" if known.answered_on else ""
        yield "Réponse du financeur", f"{known.funder_answer.label}{when}"
    if known.granted_amount is not None:
        yield "Montant accordé", fr.euros(int(known.granted_amount * 100))
    if known.refusal_reason:
        yield "Motif du refus", known.refusal_reason


def _timeline(sheet: Sheet, row: int, view: SessionView, config: Config) -> None:
    """Newest first; the subjects of mails without the session's title, which all of them have."""
    known_title = f" – {view.row.title}"
    section(sheet, row, "Chronologie", config.brand, last=_LAST)
    header(sheet, row + 1, ("Quand", "Piste", ("De", 2), ("À", 2), ("Cause", 6)), config.brand)
    columns = ((1, 1), (2, 2), (3, 4), (5, 6), (7, _LAST))
    for number, event in enumerate(reversed([one for one in view.events if _tells(one)]), start=row + 2):
        known = _STATES.get(event.track)
        before, after = (label(known, one or "") if known else one or "" for one in (event.before, event.after))
        if event.track == "mail":
            after = _MAIL_EVENTS.get(event.after) or mail_state(event.after, event.cause)
        values = (
            local(event.at, config),
            _TRACKS.get(event.track, event.track),
            before,
            after,
            fr.spaced(event.cause.replace(known_title, "")),
        )
        for (first, last), value in zip(columns, values, strict=True):
            put(sheet, number, first, value, last=last)


_MAIL_EVENTS = {"rebond": "Non remis"}


def mail_state(state: str, words: str | None) -> str:
    """Where a mail stands, as people read it; what was only put into the folder was not sent."""
    kept = state == states.SENT and words is not None and words.endswith(KEPT)
    return "Déposé" if kept else label(MailState, state)


def _tells(event: EventRow) -> bool:
    """Whether a person wants to read it: not the steps by which a mail left, nor that its documents left with it."""
    if event.track == "mail":
        return event.after not in (states.PLANNED, states.SENDING)
    return event.track != "document" or event.after != states.SENT


def local(moment: datetime, config: Config) -> datetime:
    """A time as a workbook shows it: local, to the second, without zone."""
    return moment.astimezone(config.zone).replace(tzinfo=None, microsecond=0)


def _funder(session: Session) -> str:
    opco, subrogation = session.form.type.opco, session.form.type.subrogation
    if not opco:
        return session.funder.label
    return f"{session.funder.label} – {opco.label}, {'avec' if subrogation else 'sans'} subrogation"
