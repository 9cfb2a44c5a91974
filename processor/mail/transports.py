"""Handing a message over: to an SMTP server in three steps, or nowhere (`folder`: the outbox keeps the `.eml`).

The steps are apart because the ledger commits between them: everything before DATA fails harmlessly, and after
the final dot nobody knows until the server has answered.
"""

from __future__ import annotations

import base64
import contextlib
import os
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import parseaddr
from typing import Protocol

from processor.config import Smtp
from processor.errors import ConfigError
from processor.life import KEPT


@dataclass(frozen=True)
class Reply:
    """The server's answer; code 0 when there was none (connection refused, lost, out of time)."""

    code: int
    words: str

    @property
    def accepted(self) -> bool:
        return 200 <= self.code < 300

    @property
    def permanent(self) -> bool:
        return 500 <= self.code < 600


class Refused(Exception):
    """A harmless failure before DATA, with the server's words."""

    def __init__(self, reply: Reply, *, connection: bool = False) -> None:
        super().__init__(reply.words)
        self.reply = reply
        self.connection = connection  # the server itself is out of reach: the next mail would fare no better


class Lost(Exception):
    """The connection ended, or time ran out, after DATA was begun: the message may have left."""


class Transport(Protocol):
    """One connection for the mails of a run."""

    def envelope(self, sender: str, recipients: Sequence[str]) -> dict[str, Reply]:
        """Connect if need be, MAIL, RCPT: each recipient's answer. Raises `Refused`."""
        ...

    def data(self, content: bytes) -> Reply:
        """DATA and the bytes: the server's last word. Raises `Lost`."""
        ...

    def close(self) -> None: ...


class FolderTransport:
    """Nothing leaves: every recipient is accepted, and the outbox shows the message as an `.eml` file."""

    def envelope(self, sender: str, recipients: Sequence[str]) -> dict[str, Reply]:
        return {address: Reply(250, KEPT) for address in recipients}

    def data(self, content: bytes) -> Reply:
        return Reply(250, KEPT)

    def close(self) -> None:
        """Nothing to close."""


@dataclass
class SmtpTransport:
    """smtplib, with a time limit over each step as a whole: its own is for a single read, and a server that
    drips a byte a second kept it for 39 s instead of 3."""

    settings: Smtp
    _server: smtplib.SMTP | None = field(default=None, repr=False)

    def check(self) -> None:
        """Connect and log in, nothing more. Raises `Refused`, `ConfigError` or `OSError`."""
        self._connected()

    def envelope(self, sender: str, recipients: Sequence[str]) -> dict[str, Reply]:
        try:
            server = self._connected()
            with self._limit(server):
                code, words = server.mail(parseaddr(sender)[1])
                if code != 250:
                    raise Refused(_reply(code, words))
                answers = {address: _reply(*server.rcpt(address)) for address in recipients}
                if not any(answer.accepted for answer in answers.values()):
                    server.rset()
            return answers
        except Refused as refusal:
            if refusal.reply.code == 421 or refusal.connection:
                self._drop()
            else:
                self._reset()
            raise
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            raise Refused(_from_exception(error), connection=True) from error

    def data(self, content: bytes) -> Reply:
        assert self._server is not None, "the envelope comes first"
        server = self._server
        try:
            with self._limit(server):
                code, words = server.docmd("DATA")
                if code != 354:  # refused at DATA itself: nothing left
                    return _reply(code, words)
                server.send(_dotted(content))
                code, words = server.getreply()
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            raise Lost(_from_exception(error).words) from error
        if code == 421:
            self._drop()
        return _reply(code, words)

    def close(self) -> None:
        """An error on QUIT after 250 is not a failure."""
        if self._server is not None:
            with contextlib.suppress(OSError, smtplib.SMTPException), self._limit(self._server):
                self._server.quit()
        self._drop()

    def _connected(self) -> smtplib.SMTP:
        if self._server is not None:
            return self._server
        use, seconds = self.settings, self.settings.timeout_seconds
        context = None  # 20 ms: it reads every certificate that the system trusts
        if use.security != "none":
            context = ssl.create_default_context(cafile=str(use.ca_file) if use.ca_file else None)
        server = smtplib.SMTP_SSL(timeout=seconds, context=context) if use.security == "tls" else smtplib.SMTP(timeout=seconds)
        server._host = use.host  # type: ignore[attr-defined]  # the name that the certificate must bear
        try:
            with self._limit(server):
                code, words = server.connect(use.host, use.port)
                if code != 220:
                    raise Refused(_reply(code, words), connection=True)
                server.ehlo_or_helo_if_needed()
                if use.security == "starttls":
                    if not server.has_extn("starttls"):
                        raise Refused(
                            Reply(0, "le serveur ne propose pas STARTTLS : rien n’est envoyé en clair"), connection=True
                        )
                    server.starttls(context=context)
                    server.ehlo()
                if use.user:
                    _log_in(server, use.user, password(use.password_env))
        except smtplib.SMTPAuthenticationError as error:
            raise Refused(_reply(error.smtp_code, error.smtp_error), connection=True) from error
        except smtplib.SMTPResponseException as error:
            raise Refused(_reply(error.smtp_code, error.smtp_error), connection=True) from error
        except ssl.SSLCertVerificationError as error:
            raise Refused(Reply(0, f"certificat du serveur refusé ({error.verify_message})"), connection=True) from error
        self._server = server
        return server

    @contextmanager
    def _limit(self, server: smtplib.SMTP) -> Iterator[None]:
        """Cut the connection when the block lasts longer than the time-out, however busy the server keeps us.

        Raises `TimeoutError` then, even if smtplib made an answer of what had come so far.
        """
        expired = threading.Event()

        def cut() -> None:
            expired.set()
            sock = getattr(server, "sock", None)
            if sock is not None:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(self.settings.timeout_seconds, cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
        if expired.is_set():
            raise TimeoutError

    def _reset(self) -> None:
        if self._server is not None:
            try:
                with self._limit(self._server):
                    self._server.rset()
            except (OSError, smtplib.SMTPException):
                self._drop()

    def _drop(self) -> None:
        if self._server is not None:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                self._server.close()
        self._server = None


def _log_in(server: smtplib.SMTP, user: str, secret: str) -> None:
    """smtplib cannot send a password with an accent; AUTH PLAIN can (RFC 4616: UTF-8)."""
    if (user + secret).isascii():
        server.login(user, secret)
        return
    server.ehlo_or_helo_if_needed()
    code, words = server.docmd("AUTH", "PLAIN " + base64.b64encode(f"\0{user}\0{secret}".encode()).decode())
    if code != 235:
        raise smtplib.SMTPAuthenticationError(code, words)


def password(variable: str) -> str:
    """The secret in the environment variable `variable`. Raises `ConfigError` naming it."""
    secret = os.environ.get(variable)
    if not secret:
        raise ConfigError(
            f"La variable d’environnement « {variable} » (mot de passe) est vide.",
            "Définissez-la pour le compte qui lance le programme.",
        )
    return secret


def _dotted(content: bytes) -> bytes:
    """As DATA wants it (RFC 5321, 4.5.2): a dot more before each that begins a line, and the dot that ends it all."""
    doubled = content.replace(b"\n.", b"\n..")
    return (b"." if content.startswith(b".") else b"") + doubled + (b"" if content.endswith(b"\r\n") else b"\r\n") + b".\r\n"


def _reply(code: int, words: bytes | str) -> Reply:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return Reply(code, " ".join(text.split())[:500])


def _from_exception(error: Exception) -> Reply:
    if isinstance(error, smtplib.SMTPResponseException):
        return _reply(error.smtp_code, error.smtp_error)
    if isinstance(error, TimeoutError):
        return Reply(0, "le serveur n’a pas répondu à temps")
    return Reply(0, f"connexion impossible ou perdue ({' '.join(str(error).split()) or type(error).__name__})"[:300])
