"""Sessions, mails and documents as the ledger would hand them to the outbox's sheets."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.worksheet.worksheet import Worksheet

from processor.config import Config
from processor.form.choices import ClientType, Funder
from processor.form.example import example
from processor.form.steps import Form
from processor.ledger.rows import DocumentRow, EventRow, MailRow, RecipientRow, RejectionRow, SessionRow
from processor.outbox.view import SessionView
from processor.session import Session
from tests.conftest import TODAY

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def form_of(config: Config, client: ClientType = ClientType.COMPANY, funder: Funder | None = Funder.OPCO) -> Form:
    return example(client, funder, TODAY, config)


def with_answers(form: Form, **steps: dict[str, Any]) -> Form:
    return form.model_copy(update={name: getattr(form, name).model_copy(update=answers) for name, answers in steps.items()})


def session_row(session: Session, **changes: Any) -> SessionRow:
    row = SessionRow(
        1, session.ref, "clé", "proposition-envoyee", "a-deposer", session.client_name, session.title, session.start.isoformat(),
        session.end.isoformat(), session.price.total_cents, 1, {}, True, NOW, NOW,
    )  # fmt: skip
    return replace(row, **changes)


def document(number: int, kind: str = "devis", **changes: Any) -> DocumentRow:
    row = DocumentRow(
        number, 1, 1, kind, None, f"DEV-S2026-0001-v{number}", "sent", f"Devis S2026-0001 v{number} - Atelier", "a", "b", "devis.docx",
        "c", "embedded", 2, NOW, "devis de la proposition",
    )  # fmt: skip
    return replace(row, **changes)


def mail(number: int = 1, **changes: Any) -> MailRow:
    row = MailRow(
        number, f"k{number}", 1, 1, "proposition", "Proposition de formation", f"<{number}@organisme.example>", "s", ["Devis.pdf"], "sent",
        1, None, NOW, NOW, NOW, NOW, 250, "250 accepté", False, False,
    )  # fmt: skip
    return replace(row, **changes)


def recipient(address: str = "contact@client.example", **changes: Any) -> RecipientRow:
    return replace(RecipientRow(1, 1, address, "Camille EXEMPLE", "client", "To", "accepted", 250, "ok"), **changes)


def event(track: str, before: str | None, after: str, cause: str = "cause", at: datetime = NOW) -> EventRow:
    return EventRow(1, 1, at, track, before, after, cause)


def rejection(**changes: Any) -> RejectionRow:
    finding = {"severity": "error", "sheet": "2 Client", "cell": "B5", "message": "Le SIRET est faux."}
    return replace(RejectionRow(1, 1, "fautif.xlsx", [finding], "fautif - à corriger.xlsx", NOW, None), **changes)


def view_of(config: Config, form: Form | None = None, *, row: dict[str, Any] | None = None, **parts: Any) -> SessionView:
    session = Session(form or form_of(config), config, "S2026-0001", 1, TODAY)
    known: dict[str, Any] = {
        "documents": [document(1)],
        "mails": [(mail(), [recipient()])],
        "events": [event("session", None, "a-valider"), event("session", "envoi-en-cours", "proposition-envoyee")],
    }
    return SessionView(session_row(session, **(row or {})), session, **(known | parts))


def reopened(content: bytes, *, values: bool = False) -> Workbook:
    """The workbook; with `values`, what its formulas gave on the day of writing."""
    return load_workbook(io.BytesIO(content), data_only=values)


def cells(sheet: Worksheet) -> Iterator[Cell]:
    """Every filled cell."""
    for row in sheet.iter_rows():
        yield from (cell for cell in row if not isinstance(cell, MergedCell) and cell.value is not None)


def find(sheet: Worksheet, text: object) -> Cell:
    """The first cell that holds `text`."""
    return next(cell for cell in cells(sheet) if cell.value == text)


def texts(sheet: Worksheet) -> str:
    return "\n".join(str(cell.value) for cell in cells(sheet))


def later(days: int) -> date:
    return date.fromordinal(TODAY.toordinal() + days)
