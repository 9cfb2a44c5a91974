"""Did a mail in doubt leave? Its Message-ID is looked up by IMAP in the Sent or archive folder."""

from __future__ import annotations

import contextlib
import imaplib
import ssl

from processor.config import Lookup
from processor.mail.transports import password

_SECONDS = 30


class LookupFailed(Exception):
    """The mailbox could not be asked; the doubt remains."""


def find(settings: Lookup, message_id: str) -> bool:
    """Whether a message of this Message-ID lies in the configured folder. Raises `LookupFailed`, `ConfigError`."""
    secret = password(settings.password_env) if settings.user else ""
    try:
        with contextlib.closing(_Box(settings)) as box:
            box.login(settings.user or "", secret)
            return box.holds(settings.folder, message_id)
    except (OSError, imaplib.IMAP4.error) as error:
        raise LookupFailed(f"recherche IMAP impossible ({' '.join(str(error).split())[:200]})") from error


class _Box:
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

    def holds(self, folder: str, message_id: str) -> bool:
        state, _ = self._imap.select(f'"{folder}"', readonly=True)
        if state != "OK":
            raise LookupFailed(f"le dossier IMAP « {folder} » n’existe pas")
        state, found = self._imap.search(None, "HEADER", "Message-ID", f'"{message_id}"')
        if state != "OK":
            raise LookupFailed("la recherche IMAP a été refusée")
        return bool(found and found[0] and found[0].split())

    def close(self) -> None:
        with contextlib.suppress(OSError, imaplib.IMAP4.error):
            self._imap.logout()
