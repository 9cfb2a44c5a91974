"""From a template and data to the bytes of a message. Pure: no network, no clock, the same input gives the same bytes.

Nothing that people typed can open a header of its own: subjects, names and file names lose line breaks and
control characters, and an address that holds one is refused.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime, parseaddr
from functools import lru_cache
from pathlib import Path
from typing import Any

from processor.config import Config
from processor.errors import UserError
from processor.ledger.rows import NewRecipient
from processor.mail import mime
from processor.mail.templates import write

LONGEST_SUBJECT = 200
LONGEST_NAME = 100
REHEARSAL_PREFIX = "[Répétition] "
_UNFIT = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}  # control, invisible and private characters, line and paragraph ends
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")  # RFC 5322 dot-atom
_DOMAIN = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*")


@dataclass(frozen=True)
class Attachment:
    """A file of the message: the name that the reader sees, its bytes, its media type (`application/pdf`, `text/calendar; method=PUBLISH`)."""

    name: str
    content: bytes
    mime: str = "application/pdf"


@dataclass(frozen=True)
class Composed:
    """A message ready to be frozen. `recipients` are those of the envelope, `attachments` the file names."""

    subject: str
    content: bytes
    recipients: tuple[NewRecipient, ...]
    attachments: tuple[str, ...]


class BadAddress(UserError):
    """An address that no message can be written to."""


def compose(
    kind: str, context: Mapping[str, Any], recipients: Sequence[NewRecipient], attachments: Sequence[Attachment] = (),
    *, config: Config, message_id: str, now: datetime, templates: Path,
) -> Composed:  # fmt: skip
    """The message of template `kind` for `recipients`.

    `now` is aware and printed in the organisation's zone; `templates` is the working folder's templates.
    With `mail.redirect_to` the message goes to that address alone and says for whom it was meant.
    Raises `TemplateError`, or `BadAddress`; `ValueError` when trainees would see each other's address.
    """
    meant = [_clean_recipient(one) for one in recipients]
    if not meant:
        raise ValueError("a message needs a recipient")
    if sum(one.role == "trainee" for one in meant) > 1:
        raise ValueError("one message a trainee: nobody sees another's address")
    envelope, notice = meant, ""
    if config.mail.redirect_to:
        address, name = _parsed(config.mail.redirect_to)
        envelope = [NewRecipient(address, name, meant[0].role, "To")]
        notice = f"Répétition : ce message aurait été adressé à {', '.join(one.address for one in meant)}."
    prefix = REHEARSAL_PREFIX if notice else ""
    written = write(kind, context, config=config, templates=templates, notice=notice, prefix=prefix)
    subject = one_line(written.subject, LONGEST_SUBJECT)
    files = [Attachment(file_name(one.name), one.content, one.mime) for one in attachments]
    text, html = mime.text("plain", written.text), mime.text("html", written.html)
    whole = mime.multipart("alternative", _boundary(message_id, 0), [text, html])
    if files:
        whole = mime.multipart("mixed", _boundary(message_id, 1), [whole, *map(_part, files)])
    headers = _headers(envelope, subject=subject, config=config, message_id=message_id, now=now)
    if notice:
        headers.append(mime.mailboxes("X-Original-To", [(one.address, "") for one in meant]))
    content = bytes(mime.Part([*headers, *whole.headers], whole.body))
    return Composed(subject, content, tuple(envelope), tuple(file.name for file in files))


def message_id_for(key: str, sender: str) -> str:
    """The Message-ID of the mail with this `key`, in the domain of `sender`: planned twice, it is the same."""
    address, _ = _parsed(sender)
    digest = hashlib.sha256(key.encode()).hexdigest()[:32]
    return f"<{digest}@{address.rpartition('@')[2]}>"


def one_line(text: str, longest: int) -> str:
    """Text fit for a header: one line, no control or invisible character, at most `longest` characters."""
    instead = {ord(char): " " if char in "\r\n\t\v\f" else "" for char in set(text) if unicodedata.category(char) in _UNFIT}
    visible = re.sub(r" +", " ", text.translate(instead)).strip()
    return visible if len(visible) <= longest else f"{visible[: longest - 1].rstrip()}…"


def file_name(name: str) -> str:
    """A file name that a mail reader saves as it stands, whatever the system."""
    return re.sub(r'[/\\:*?"<>|]', "-", one_line(unicodedata.normalize("NFC", name), 120)) or "document"


def _headers(
    envelope: Sequence[NewRecipient], *, subject: str, config: Config, message_id: str, now: datetime
) -> list[str]:  # fmt: skip
    headers = [mime.mailboxes("From", [_parsed(config.mail.sender)])]
    for name in ("To", "Cc"):
        if shown := [(one.address, one.name) for one in envelope if one.header == name]:
            headers.append(mime.mailboxes(name, shown))
    reply_to = config.mail.reply_to or config.organisation.email
    if reply_to:
        headers.append(mime.mailboxes("Reply-To", [_parsed(reply_to)]))
    return [
        *headers,
        mime.words("Subject", subject),
        mime.header("Date", format_datetime(now.astimezone(config.zone))),
        mime.header("Message-ID", message_id),
        mime.header("Auto-Submitted", "auto-generated"),  # RFC 3834: no vacation answer loops
        mime.header("Content-Language", "fr"),
        mime.header("MIME-Version", "1.0"),
    ]


def _part(file: Attachment) -> mime.Part:
    media, *settings = (setting.strip() for setting in file.mime.split(";"))
    parameters = [("charset", "utf-8")] if media.startswith("text/") else []
    parameters += [(name, value) for name, _, value in (one.partition("=") for one in settings)]
    return mime.file(media, parameters, file.name, file.content)


def _boundary(message_id: str, number: int) -> str:
    """From the Message-ID instead of chance."""
    return f"={hashlib.sha256(f'{message_id} {number}'.encode()).hexdigest()[:32]}="


def _clean_recipient(one: NewRecipient) -> NewRecipient:
    return NewRecipient(_address(one.address), one_line(one.name, LONGEST_NAME), one.role, one.header)


@lru_cache(maxsize=16)
def _parsed(text: str) -> tuple[str, str]:
    """Address and name of `Nom <adresse>`."""
    name, address = parseaddr(one_line(text, 400))
    return _address(address), one_line(name, LONGEST_NAME)


def _address(text: str) -> str:
    """The address in ASCII, its domain in the form that DNS knows. Raises `BadAddress`."""
    local, _, domain = text.rpartition("@")
    try:
        domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        domain = ""
    if not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(domain) or len(local) > 64:
        raise BadAddress(f"« {one_line(text, 100)} » n’est pas une adresse à laquelle un e-mail peut partir.")
    return f"{local}@{domain}"
