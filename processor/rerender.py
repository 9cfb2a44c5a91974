"""When a Word template changes, the documents made from it are made again at night, as long as nobody agreed to them.

Before the proposal leaves they replace the former ones. Afterwards they stand beside what the client holds until
the coordinator sends them (« Écrire à »): nothing is mailed by itself, and a signed document is never touched.
"""

from __future__ import annotations

from functools import cache

from processor import making
from processor.documents import word
from processor.documents.plan import documents_for
from processor.errors import TemplateError
from processor.ledger.rows import SessionRow
from processor.life import Status
from processor.office import Office

_OPEN = (Status.TO_VALIDATE, Status.SENT)


def outdated(office: Office) -> list[tuple[SessionRow, set[str]]]:
    """Sessions not agreed yet with the names of the templates that changed since their documents were made."""
    config = office.config

    @cache
    def current(template: str) -> str | None:
        try:
            return word.load(config.template(template), config.brand).sha256
        except TemplateError:
            return None  # broken: the documents that exist stand, `lint` says what is wrong

    found = []
    for session_id, used in office.ledger.documents.templates_in_use(_OPEN).items():
        changed = {name for name, sha256 in used if current(name) not in (None, sha256)}
        if changed:
            found.append((office.ledger.sessions.get(session_id), changed))
    return found


def rerender(office: Office) -> list[str]:
    """Make them again; one French line a session whose documents changed or could not be made."""
    wanted = []
    for row, changed in outdated(office):
        planned = [one for one in documents_for(office.session_of(row)) if one.template in changed]
        wanted.append((row, making.rendered(office, row, planned)))
    before = {row.id: len(office.ledger.documents.of_session(row.id)) for row, _ in wanted}
    made = making.make(office, wanted, "le modèle a changé, refait avec {engine}")
    lines = []
    for row, _ in wanted:
        if row.id not in made:
            lines.append(f"{row.ref} : {office.ledger.meta.get(making.trouble_key(row))}")
        elif len(office.ledger.documents.of_session(row.id)) > before[row.id]:
            sent = " ; le client a encore les anciens" if row.status == Status.SENT else ""
            lines.append(f"{row.ref} : documents refaits, le modèle a changé{sent}")
    return lines
