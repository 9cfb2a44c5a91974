"""From a template and data to the bytes of a message. Pure: no network, no clock, the same input gives the same bytes.

Nothing that people typed can open a header of its own: subjects, names and file names lose line breaks and
control characters, and an address that holds one is refused.
"""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import parseaddr, quote
from pathlib import Path
from typing import Any

from processor.config import Config
from processor.errors import UserError
from processor.ledger.rows import NewRecipient
from processor.mail.templates import write

LONGEST_SUBJECT = 200
LONGEST_NAME = 100
REHEARSAL_PREFIX = "[Répétition] "
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


class _Folding(EmailPolicy):
    """RFC 2047 done whole: Python 3.11 loses spaces between encoded words when it folds a mixed header."""

    def fold(self, name: str, value: str) -> str:
        addresses = getattr(value, "addresses", None)
        if addresses is not None:
            return f"{name}: {f',{self.linesep} '.join(_mailbox(one, self.linesep) for one in addresses)}{self.linesep}"
        if not value.isascii() and getattr(value, "params", None) is None:
            return f"{name}: {_encoded(value, len(name) + 2, self.linesep)}{self.linesep}"
        return str(super().fold(name, value))

    def fold_binary(self, name: str, value: str) -> bytes:
        return self.fold(name, value).encode("ascii")


def _mailbox(one: Address, linesep: str) -> str:
    name = one.display_name
    if not name:
        return one.addr_spec
    shown = f'"{quote(name)}"' if name.isascii() else _encoded(name, 4, linesep)
    return f"{shown} <{one.addr_spec}>" if len(shown) < 60 else f"{shown}{linesep} <{one.addr_spec}>"


def _encoded(text: str, used: int, linesep: str) -> str:
    return Header(text, "utf-8", maxlinelen=76, header_name="x" * used).encode(linesep=linesep)


_POLICY = _Folding(linesep="\r\n", cte_type="7bit", max_line_length=76)


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
    message = EmailMessage(policy=_POLICY)
    _set_headers(message, envelope, subject=subject, config=config, message_id=message_id, now=now)
    if notice:
        message["X-Original-To"] = ", ".join(one.address for one in meant)
    message.set_content(written.text, cte="quoted-printable")
    message.add_alternative(written.html, subtype="html", cte="quoted-printable")
    files = [Attachment(file_name(one.name), one.content, one.mime) for one in attachments]
    for number, file in enumerate(files):
        _attach(message, file, _mark(message_id, number))
    message["Content-Language"] = "fr"  # last: each part made takes the Content-* headers that it finds
    _fix_boundaries(message, message_id)
    content = message.as_bytes()
    for number, file in enumerate(files):
        content = content.replace(_in_lines(_mark(message_id, number)), _in_lines(file.content), 1)
    return Composed(subject, content, tuple(envelope), tuple(file.name for file in files))


def message_id_for(key: str, sender: str) -> str:
    """The Message-ID of the mail with this `key`, in the domain of `sender`: planned twice, it is the same."""
    address, _ = _parsed(sender)
    digest = hashlib.sha256(key.encode()).hexdigest()[:32]
    return f"<{digest}@{address.rpartition('@')[2]}>"


def one_line(text: str, longest: int) -> str:
    """Text fit for a header: one line, no control or invisible character, at most `longest` characters."""
    visible = "".join(" " if char in "\r\n\t\v\f" else char for char in text)
    visible = "".join(char for char in visible if unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
    visible = re.sub(r" +", " ", visible).strip()
    return visible if len(visible) <= longest else f"{visible[: longest - 1].rstrip()}…"


def file_name(name: str) -> str:
    """A file name that a mail reader saves as it stands, whatever the system."""
    return re.sub(r'[/\\:*?"<>|]', "-", one_line(unicodedata.normalize("NFC", name), 120)) or "document"


def _set_headers(
    message: EmailMessage, envelope: Sequence[NewRecipient], *, subject: str, config: Config, message_id: str, now: datetime
) -> None:
    sender = _header_address(*_parsed(config.mail.sender))
    message["From"] = sender
    for header in ("To", "Cc"):
        if shown := [_header_address(one.address, one.name) for one in envelope if one.header == header]:
            message[header] = shown
    reply_to = config.mail.reply_to or config.organisation.email
    if reply_to:
        message["Reply-To"] = _header_address(*_parsed(reply_to))
    message["Subject"] = subject
    message["Date"] = now.astimezone(config.zone)
    message["Message-ID"] = one_line(message_id, LONGEST_SUBJECT)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no vacation answer loops


def _mark(message_id: str, number: int) -> bytes:
    """Stands for a file's content until the message is bytes: `email` handles a file line by line, which took 6 ms."""
    return hashlib.sha256(f"{message_id} file {number}".encode()).digest()


def _in_lines(content: bytes) -> bytes:
    """Base64 as a message has it: lines of 76 characters."""
    text = base64.b64encode(content)
    return b"".join(text[at : at + 76] + b"\r\n" for at in range(0, len(text), 76))


def _attach(message: EmailMessage, file: Attachment, content: bytes) -> None:
    media, *settings = (part.strip() for part in file.mime.split(";"))
    maintype, _, subtype = media.partition("/")
    params = {"charset": "utf-8"} if maintype == "text" else {}
    params |= {name: value for name, _, value in (one.partition("=") for one in settings)}
    message.add_attachment(content, maintype=maintype, subtype=subtype, filename=file.name, params=params)


def _fix_boundaries(message: EmailMessage, message_id: str) -> None:
    """Boundaries from the Message-ID instead of chance."""
    parts = [part for part in message.walk() if part.is_multipart()]
    for number, part in enumerate(parts):
        digest = hashlib.sha256(f"{message_id} {number}".encode()).hexdigest()[:32]
        part.set_boundary(f"={digest}=")


def _clean_recipient(one: NewRecipient) -> NewRecipient:
    return NewRecipient(_address(one.address), one_line(one.name, LONGEST_NAME), one.role, one.header)


def _header_address(address: str, name: str) -> Address:
    return Address(display_name=name, addr_spec=address)


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
