"""Composing a message and queuing it in one step: the only way by which a mail enters the ledger."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from processor.form.steps import ClientStep
from processor.ledger.rows import MailRow, NewRecipient, SessionRow
from processor.mail.compose import Attachment, Composed, compose, message_id_for
from processor.office import Office


@dataclass(frozen=True)
class Draft:
    """A message composed and not queued yet."""

    key: str
    message_id: str
    kind: str
    composed: Composed
    row: SessionRow | None


def draft(
    office: Office, kind: str, context: Mapping[str, Any], to: Sequence[NewRecipient], files: Sequence[Attachment] = (),
    *, about: str, row: SessionRow | None = None,
) -> Draft:  # fmt: skip
    """The message of template `kind`; `about` says what it is the one message about.

    The Message-ID also holds the session's creation, so that two ledgers never make the same one. Composing takes
    longer than everything that is written about a mail: where it matters it is done before the transaction.
    """
    config = office.config
    key = key_of(kind, row, about, to)
    origin = row.created_at.isoformat() if row else ""
    identifier = message_id_for(f"{config.organisation.siret}|{origin}|{key}", config.mail.sender)
    composed = compose(
        kind, context, to, files, config=config, message_id=identifier, now=office.clock.now(), templates=config.folders.templates
    )
    return Draft(key, identifier, kind, composed, row)


def key_of(kind: str, row: SessionRow | None, about: str, to: Sequence[NewRecipient]) -> str:
    """Names the one mail of this kind about this to these people."""
    whom = "|".join(one.address.casefold() for one in to)
    return hashlib.sha256(f"{kind}|{row.ref if row else ''}|{about}|{whom}".encode()).hexdigest()


def queue(office: Office, one: Draft) -> MailRow:
    """Freeze and queue it. The same kind, session, recipients and `about` give the mail of before: never twice."""
    row, composed = one.row, one.composed
    return office.ledger.mails.plan(
        key=one.key, session_id=row.id if row else None, version=row.version if row else None, kind=one.kind,
        subject=composed.subject, message_id=one.message_id, content=composed.content, attachments=composed.attachments,
        to=composed.recipients,
    )  # fmt: skip


def post(
    office: Office, kind: str, context: Mapping[str, Any], to: Sequence[NewRecipient], files: Sequence[Attachment] = (),
    *, about: str, row: SessionRow | None = None,
) -> MailRow:  # fmt: skip
    """Compose and queue."""
    return queue(office, draft(office, kind, context, to, files, about=about, row=row))


def to_coordinator(office: Office) -> list[NewRecipient]:
    """The coordinator, if she has an address."""
    person = office.config.coordinator
    return [NewRecipient(person.email, person.name, "coordinator", "To")] if person.email else []


def to_client(client: ClientStep, name: str) -> list[NewRecipient]:
    """The client, with a copy to the training manager."""
    to = [NewRecipient(client.email or "", name, "client", "To")]
    if client.manager_email and client.manager_email != client.email:
        to.append(NewRecipient(client.manager_email, client.manager_name or "", "training_manager", "Cc"))
    return to
