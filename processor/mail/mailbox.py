"""The organisation's mailbox by IMAP, read only: its Sent folder, and the one where delivery reports come back."""

from __future__ import annotations

import contextlib
import imaplib
import ssl
from collections.abc import Iterator
from datetime import date

from processor.config import Lookup
from processor.mail.transports import password

_SECONDS = 30
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")  # RFC 3501: not the locale's


class MailboxError(Exception):
    """The mailbox could not be asked; its text (French) says why."""


class Mailbox:
    """An open connection; use `opened`."""

    def __init__(self, settings: Lookup) -> None:
        host = settings.imap_host or ""
        context = ssl.create_default_context(cafile=str(settings.ca_file) if settings.ca_file else None)
        if settings.security == "tls":
            self._imap: imaplib.IMAP4 = imaplib.IMAP4_SSL(host, settings.port, ssl_context=context, timeout=_SECONDS)
        else:
            self._imap = imaplib.IMAP4(host, settings.port, timeout=_SECONDS)
        if settings.security == "starttls":
            self._imap.starttls(context)

    def login(self, user: str, secret: str) -> None:
        if user:
            self._imap.authenticate("PLAIN", lambda _: f"\0{user}\0{secret}".encode())  # `login` takes ASCII only

    def select(self, folder: str) -> str:
        """Choose a folder; returns the name of its numbering (UIDVALIDITY), which changes when numbers start anew."""
        state, _ = self._imap.select(f'"{folder}"', readonly=True)
        if state != "OK":
            raise MailboxError(f"le dossier IMAP « {folder} » n’existe pas")
        _, validity = self._imap.response("UIDVALIDITY")
        return (validity[0] or b"").decode() if validity else ""

    def search(self, *criteria: str) -> list[int]:
        """The numbers (UID) of the messages that fit, in their order."""
        state, found = self._imap.uid("SEARCH", *criteria)
        if state != "OK":
            raise MailboxError("la recherche IMAP a été refusée")
        return sorted(int(one) for one in (found[0] or b"").split()) if found else []

    def fetch(self, number: int, most: int) -> bytes:
        """The first `most` bytes of a message, which stays unread."""
        state, answer = self._imap.uid("FETCH", str(number), f"(BODY.PEEK[]<0.{most}>)")
        if state != "OK":
            raise MailboxError("la lecture IMAP a été refusée")
        return next((part[1] for part in answer if isinstance(part, tuple)), b"")

    def close(self) -> None:
        with contextlib.suppress(OSError, imaplib.IMAP4.error):
            self._imap.logout()


@contextlib.contextmanager
def opened(settings: Lookup) -> Iterator[Mailbox]:
    """Log in, and out at the end. Raises `MailboxError`, and `ConfigError` when the password's variable is missing."""
    secret = password(settings.password_env) if settings.user else ""
    try:
        with contextlib.closing(Mailbox(settings)) as box:
            box.login(settings.user or "", secret)
            yield box
    except (OSError, imaplib.IMAP4.error) as error:
        raise MailboxError(f"la boîte IMAP ne répond pas ({' '.join(str(error).split())[:200]})") from error


def was_sent(settings: Lookup, message_id: str) -> bool:
    """Whether a message of this Message-ID lies in the configured Sent or archive folder: a doubt is settled by it."""
    with opened(settings) as box:
        box.select(settings.folder)
        return bool(box.search("HEADER", "Message-ID", f'"{message_id}"'))


def imap_date(day: date) -> str:
    """A day as IMAP searches for it: `24-Nov-2026`."""
    return f"{day.day}-{_MONTHS[day.month - 1]}-{day.year}"
