"""Documents made, and the PDFs kept for Word contents that come again."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection, bindparam, func, select

from processor.ledger import states
from processor.ledger.journal import Events
from processor.ledger.rows import DocumentRow, MailRow, NewDocument, build
from processor.ledger.statements import Statement, add, change
from processor.ledger.store import Store
from processor.ledger.tables import documents, pdfs, sessions

_BY_ID = Statement(select(documents).where(documents.c.id == bindparam("id")))
_ALL = select(documents).where(documents.c.session_id == bindparam("session")).order_by(documents.c.id)
_OF_SESSION = Statement(_ALL)
_OF_VERSION = Statement(_ALL.where(documents.c.version == bindparam("version")))
_KNOWN_PDF = Statement(select(pdfs.c.pdf_sha256, pdfs.c.pages).where(pdfs.c.content_key == bindparam("key")))
_KEEP_PDF = Statement(pdfs.insert())


class Documents:
    def __init__(self, store: Store, events: Events) -> None:
        self._store = store
        self._events = events

    def add(self, session_id: int, version: int, made: Sequence[NewDocument], cause: str) -> None:
        """Record what was made for a version.

        It replaces its kind in earlier versions, and the same document of this version unless that was sent: what the
        client holds stands until its successor leaves too. What stands with the same content is left as it is.
        """
        with self._store.transaction() as connection:
            standing = [one for one in self.of_session(session_id) if one.state != states.REPLACED]
            same = {(one.version, one.kind, one.trainee, one.docx_sha256): one.id for one in standing}
            for one in made:  # same words from another template: it need not be looked at again
                known_id = same.get((version, one.kind, one.trainee, one.docx_sha256))
                if known_id is not None:
                    change(connection, documents, known_id, template_sha256=one.template_sha256)
            made = [one for one in made if (version, one.kind, one.trainee, one.docx_sha256) not in same]
            known = {(one.kind, one.trainee) for one in made}
            kinds = {one.kind for one in made}
            for old in standing:
                unsent = old.state == states.GENERATED and (old.kind, old.trainee) in known
                if unsent or (old.version < version and old.kind in kinds):
                    self._move(connection, old, states.REPLACED, f"remplacé par la version {version}")
            now = self._store.now()
            for new in made:
                values = {**vars(new), "session_id": session_id, "version": version, "state": states.GENERATED}
                add(connection, documents, **values, created_at=now)
            names = ", ".join(new.number for new in made)
            if made:
                self._events.add(session_id, "document", None, states.GENERATED, f"{cause} : {names}")

    def get(self, document_id: int) -> DocumentRow:
        """The document; raises `KeyError` if there is none."""
        with self._store.reading() as connection:
            row = _BY_ID.first(connection, id=document_id)
        if row is None:
            raise KeyError(document_id)
        return build(DocumentRow, row)

    def of_session(self, session_id: int, version: int | None = None) -> list[DocumentRow]:
        """A session's documents in the order made, of one version or of all."""
        with self._store.reading() as connection:
            if version is None:
                rows = _OF_SESSION.rows(connection, session=session_id)
            else:
                rows = _OF_VERSION.rows(connection, session=session_id, version=version)
        return [build(DocumentRow, row) for row in rows]

    def names(self) -> dict[int, list[str]]:
        """By session: the file names, without suffix, of all documents ever made for it."""
        found: dict[int, list[str]] = {}
        with self._store.reading() as connection:
            for session_id, name in connection.execute(select(documents.c.session_id, documents.c.name)):
                found.setdefault(session_id, []).append(name)
        return found

    def count(self) -> int:
        """All documents ever made."""
        with self._store.reading() as connection:
            return connection.scalar(select(func.count()).select_from(documents)) or 0

    def move(self, document_id: int, after: str, cause: str) -> None:
        """Sent, signed, refused or replaced; nothing happens if it is so already."""
        with self._store.transaction() as connection:
            self._move(connection, self.get(document_id), after, cause)

    def _move(self, connection: Connection, document: DocumentRow, after: str, cause: str) -> None:
        """`document` was read in this transaction."""
        if document.state == after:
            return
        states.check(states.DOCUMENT, document.number, document.state, after)
        change(connection, documents, document.id, state=after)
        self._events.add(document.session_id, "document", document.state, after, f"{document.number} : {cause}")

    def rename_trainees(self, session_id: int, keys: Mapping[str, str]) -> None:
        """The trainees' documents stay theirs under another key (their address was corrected)."""
        with self._store.transaction() as connection:
            for one in self.of_session(session_id):
                if one.trainee is not None and one.trainee in keys:
                    change(connection, documents, one.id, trainee=keys[one.trainee])

    def left_with(self, mail: MailRow) -> None:
        """The documents that a sent mail carried are sent too, and replace what was sent of them before."""
        carried = set(mail.attachments)
        with self._store.transaction() as connection:
            known = self.of_session(mail.session_id, mail.version) if mail.session_id and carried else []
            for one in known:
                if one.state == states.GENERATED and f"{one.name}.pdf" in carried:
                    self._move(connection, one, states.SENT, f"parti avec l’e-mail {mail.id}")
                    for old in known:
                        if old.state == states.SENT and (old.kind, old.trainee) == (one.kind, one.trainee):
                            self._move(connection, old, states.REPLACED, f"remplacé par l’envoi de l’e-mail {mail.id}")

    def templates_in_use(self, statuses: Collection[str]) -> dict[int, set[tuple[str, str]]]:
        """By session in one of `statuses`: the (template, SHA-256) of the newest of each document of its version."""
        query = (
            select(
                documents.c.session_id, documents.c.kind, documents.c.trainee, documents.c.template, documents.c.template_sha256
            )
            .join(sessions, (sessions.c.id == documents.c.session_id) & (sessions.c.version == documents.c.version))
            .where(sessions.c.status.in_(statuses), documents.c.state.in_((states.GENERATED, states.SENT)))
            .order_by(documents.c.id)
        )
        newest: dict[tuple[int, str, str | None], tuple[str, str]] = {}
        with self._store.reading() as connection:
            for session_id, kind, trainee, template, sha256 in connection.execute(query):
                newest[(session_id, kind, trainee)] = (template, sha256)
        found: dict[int, set[tuple[str, str]]] = {}
        for (session_id, _, _), used in newest.items():
            found.setdefault(session_id, set()).add(used)
        return found

    def known_pdf(self, content_key: str) -> tuple[str, int] | None:
        """SHA-256 and page count of the PDF already made from this Word content by this engine."""
        with self._store.reading() as connection:
            row = _KNOWN_PDF.first(connection, key=content_key)
        return None if row is None else (row[0], row[1])

    def keep_pdf(self, content_key: str, pdf_sha256: str, pages: int) -> None:
        with self._store.transaction() as connection:
            if self.known_pdf(content_key) is None:
                _KEEP_PDF.run(connection, content_key=content_key, pdf_sha256=pdf_sha256, pages=pages)
