"""What the outbox's sheets show of one session, read from the ledger beforehand: the sheets themselves ask nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from processor.ledger.rows import DocumentRow, EventRow, MailRow, RecipientRow, SessionRow
from processor.session import Session


@dataclass(frozen=True)
class SessionView:
    """`session` is the domain's view of the version that stands; documents, mails and events are oldest first.

    `texts` are the words of what the coordinator wrote herself, by the mail's id.
    """

    row: SessionRow
    session: Session
    documents: Sequence[DocumentRow]
    mails: Sequence[tuple[MailRow, Sequence[RecipientRow]]]
    events: Sequence[EventRow]
    texts: Mapping[int, str] = field(default_factory=dict)
