"""What goes with a mail: the standing documents meant for it, and only those that its reader may see."""

from __future__ import annotations

from collections.abc import Sequence

from processor.documents.plan import models, readable, title_of
from processor.ledger.rows import DocumentRow, NewRecipient, SessionRow
from processor.ledger.states import REPLACED
from processor.mail.compose import Attachment
from processor.mail.context import Joined
from processor.office import Office

Enclosed = tuple[list[Attachment], list[Joined]]


def standing(office: Office, row: SessionRow) -> list[DocumentRow]:
    """The documents of the version that stands: of each the newest, none that was replaced."""
    found = [one for one in office.ledger.documents.of_session(row.id, row.version) if one.state != REPLACED]
    newest = {(one.kind, one.trainee): one.id for one in found}
    return [one for one in found if newest[(one.kind, one.trainee)] == one.id]


def enclosed(office: Office, row: SessionRow, mail: str, to: NewRecipient, reader: str | None = None) -> Enclosed:
    """The files that go with a `mail` of this kind to this recipient; `reader` is the trainee's key, for a trainee."""
    known = models(office.config)
    chosen = [one for one in readable_by(office, row, to.role, reader) if mail in known[one.kind].goes_with]
    return as_files(office, chosen)


def readable_by(office: Office, row: SessionRow, role: str, reader: str | None) -> list[DocumentRow]:
    """The standing documents that somebody in `role` may receive."""
    known = models(office.config)
    return [
        one
        for one in standing(office, row)
        if readable(known.get(one.kind), role, of_trainee=one.trainee, reader=reader)
    ]  # fmt: skip


def as_files(office: Office, documents: Sequence[DocumentRow]) -> Enclosed:
    """The PDFs of these documents, and how the mail names them."""
    files = [Attachment(f"{one.name}.pdf", office.ledger.blobs.get(one.pdf_sha256)) for one in documents]
    several = [one.kind for one in documents]
    joined = [Joined(one.kind, _titled(office, one, several.count(one.kind)), f"{one.name}.pdf") for one in documents]
    return files, joined


def _titled(office: Office, one: DocumentRow, of_its_kind: int) -> str:
    """What the mail calls it; with the trainee's name where there is one for each."""
    title = title_of(office.config, one.kind)
    return f"{title} – {one.trainee.partition(' <')[0]}" if one.trainee and of_its_kind > 1 else title
