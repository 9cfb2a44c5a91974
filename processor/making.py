"""Word and PDF of what is planned: rendered, converted in one batch, recorded; all documents of a session or none."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from processor.documents import tags, word
from processor.documents.engines import Order
from processor.documents.plan import Planned, documents_for
from processor.errors import UserError
from processor.ledger.journal import TROUBLE
from processor.ledger.rows import NewDocument, SessionRow
from processor.office import Office

_ENGINES = {"word": "Word", "libreoffice": "LibreOffice", "embedded": "le moteur intégré"}  # as the timeline names them


@dataclass(frozen=True)
class Rendered:
    """A document in Word; `template_sha256` names the template and the brand it was made with."""

    planned: Planned
    docx: bytes
    template_sha256: str


def make_proposals(office: Office, rows: Sequence[SessionRow]) -> None:
    """The documents of the standing version of these sessions, where they are missing."""
    missing = [row for row in rows if not office.ledger.documents.of_session(row.id, row.version)]
    wanted = []
    for row in missing:
        session = office.session_of(row)
        wanted.append((row, rendered(office, row, documents_for(session))))
    make(office, wanted, "version {version} faite avec {engine}")


def rendered(office: Office, row: SessionRow, planned: Sequence[Planned], *, today: bool = False) -> list[Rendered]:
    """The Word documents, all or none: a template that cannot be filled is told, and the session waits.

    They bear the version's date; with `today`, the day on which they are made.
    """
    session = office.session_of(row)
    dated = replace(session, today=office.today) if today else session
    made = []
    try:
        for one, context in zip(planned, tags.contexts(dated, planned, row.facts), strict=True):
            template = word.load(office.config.template(one.template), office.config.brand)
            docx = template.render(context, title=one.title, author=office.config.organisation.name)
            made.append(Rendered(one, docx, template.sha256))
    except UserError as trouble:
        office.ledger.meta.set(trouble_key(row), str(trouble))
        return []
    return made


def make(office: Office, wanted: Sequence[tuple[SessionRow, Sequence[Rendered]]], cause: str) -> set[int]:
    """Convert what has no PDF yet and record everything. Returns the ids of sessions whose documents are all there."""
    pdfs = _convert(office, [one for _, mine in wanted for one in mine])
    with office.ledger.store.transaction():
        return {row.id for row, mine in wanted if mine and _record(office, row, mine, pdfs, cause)}


def trouble_key(row: SessionRow) -> str:
    """Where the ledger keeps why a session's documents could not be made."""
    return f"{TROUBLE}{row.id}"


def _convert(office: Office, made: Sequence[Rendered]) -> dict[bytes, tuple[str, int]]:
    """SHA-256 and page count of the PDF by Word content, where it could be made.

    One batch for the engine; the same Word content is converted once.
    """
    folder = office.work / f"batch-{os.getpid()}"
    folder.mkdir(parents=True, exist_ok=True)
    ledger = office.ledger
    pdfs: dict[bytes, tuple[str, int]] = {}
    orders: dict[bytes, tuple[str, Order]] = {}
    for one in made:
        if one.docx in pdfs or one.docx in orders:
            continue
        key = word.content_key(one.docx, office.engine.edition)
        if known := ledger.documents.known_pdf(key):
            pdfs[one.docx] = known
            continue
        docx = (folder / key[:32]).with_suffix(".docx")
        docx.write_bytes(one.docx)
        orders[one.docx] = key, Order(docx, docx.with_suffix(".pdf"), one.planned.title, office.config.organisation.name)
    results = office.engine.convert([order for _, order in orders.values()]) if orders else []
    with ledger.store.transaction():  # one for the batch: each costs as much as what it keeps
        for (content, (key, _)), result in zip(orders.items(), results, strict=True):
            if result.ok:
                pdfs[content] = ledger.blobs.put(result.pdf.read_bytes()), result.pages
                ledger.documents.keep_pdf(key, *pdfs[content])
    for _, order in orders.values():
        order.docx.unlink(missing_ok=True)
        order.pdf.unlink(missing_ok=True)
    return pdfs


def _record(
    office: Office, row: SessionRow, made: Sequence[Rendered], pdfs: Mapping[bytes, tuple[str, int]], cause: str
) -> bool:  # fmt: skip
    ledger, engine = office.ledger, office.engine.name
    documents = []
    names = {one.name: one.docx_sha256 for one in ledger.documents.of_session(row.id)}
    for one in made:
        known = pdfs.get(one.docx)
        if known is None:
            by = _ENGINES.get(engine, engine)
            ledger.meta.set(trouble_key(row), f"Le PDF de « {one.planned.title} » n’a pas pu être fait par {by}.")
            return False
        pdf, pages = known
        docx = ledger.blobs.put(one.docx)
        documents.append(
            NewDocument(
                kind=one.planned.kind,
                number=one.planned.number,
                name=_free_name(office, one.planned.name, docx, names),
                docx_sha256=docx,
                pdf_sha256=pdf,
                template=one.planned.template,
                template_sha256=one.template_sha256,
                engine=engine,
                pages=pages,
                reason=one.planned.reason,
                trainee=one.planned.trainee_key,
            )
        )
    told: Mapping[str, object] = {"version": row.version, "engine": _ENGINES.get(engine, engine)}
    with ledger.store.transaction():
        ledger.documents.add(row.id, row.version, documents, cause.format(**told))
        ledger.meta.set(trouble_key(row), None)
    return True


def _free_name(office: Office, name: str, docx_sha256: str, names: Mapping[str, str]) -> str:
    """A file that somebody may have received keeps its name: another content of the same document gets the day."""
    candidate, number = name, 1
    while names.get(candidate, docx_sha256) != docx_sha256:
        candidate = f"{name} (refait le {office.today:%d-%m-%Y}{f', {number}' if number > 1 else ''})"
        number += 1
    return candidate
