"""Composing a message and queuing it in one step: the only way by which a mail enters the ledger."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from processor.form.steps import ClientStep
from processor.ledger.rows import MailRow, NewRecipient, SessionRow
from processor.mail.compose import Attachment, compose, message_id_for
from processor.office import Office


def post(
    office: Office, kind: str, context: Mapping[str, Any], to: Sequence[NewRecipient], files: Sequence[Attachment] = (),
    *, about: str, row: SessionRow | None = None,
) -> MailRow:  # fmt: skip
    """Freeze the message of template `kind` and queue it; `about` says what it is the one message about.

    The same kind, session, recipients and `about` give the mail that was queued before: never twice. The
    Message-ID also holds the session's creation, so that two ledgers never make the same one.
    """
    config, ledger = office.config, office.ledger
    whom = "|".join(one.address.casefold() for one in to)
    key = hashlib.sha256(f"{kind}|{row.ref if row else ''}|{about}|{whom}".encode()).hexdigest()
    origin = row.created_at.isoformat() if row else ""
    identifier = message_id_for(f"{config.organisation.siret}|{origin}|{key}", config.mail.sender)
    composed = compose(
        kind, context, to, files, config=config, message_id=identifier, now=office.clock.now(), templates=config.folders.templates
    )
    return ledger.mails.plan(
        key=key, session_id=row.id if row else None, version=row.version if row else None, kind=kind, subject=composed.subject,
        message_id=identifier, content=composed.content, attachments=composed.attachments, to=composed.recipients,
    )  # fmt: skip


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
