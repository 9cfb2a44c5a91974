"""TLS against real sockets: a certificate that we trust, one that we do not, a name that does not fit."""

from __future__ import annotations

import socket
import ssl
import subprocess
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from processor.config import Config, Smtp
from processor.ledger import Ledger
from processor.mail.sending import Sender
from processor.mail.transports import SmtpTransport
from tests.mail.faulty_smtp import FaultySmtp
from tests.mail.test_sending import CONTENT, plan
from tests.support import FakeClock


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a certificate for localhost and one for another name, both self-signed by OpenSSL."""
    folder = tmp_path_factory.mktemp("certificats")
    for name, subject in (("localhost", "DNS:localhost,IP:127.0.0.1"), ("other", "DNS:ailleurs.example")):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName={subject}",
             "-keyout", str(folder / f"{name}.key"), "-out", str(folder / f"{name}.pem")],
            check=True, capture_output=True,
        )  # fmt: skip
    return folder


def context(folder: Path, name: str) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
    return made


@pytest.fixture
def ledger(tmp_path: Path, clock: FakeClock) -> Ledger:
    return Ledger.open(f"sqlite:///{tmp_path / 'ledger.sqlite3'}", clock)


def starttls(port: int, trusted: Path | None) -> Config:
    config = Config()
    config.mail.transport = "smtp"
    config.mail.smtp = Smtp(host="localhost", port=port, security="starttls", timeout_seconds=5, ca_file=trusted)
    return config


@pytest.mark.parametrize(
    ("name", "trusted", "arrives"), [("localhost", True, True), ("localhost", False, False), ("other", True, False)]
)
def test_starttls_trusts_only_the_right_certificate(
    certificates: Path, ledger: Ledger, clock: FakeClock, name: str, trusted: bool, arrives: bool
) -> None:
    plan(ledger)
    script = {"EHLO": "250-faulty.example\r\n250 STARTTLS"}
    with FaultySmtp([script], context=context(certificates, name)) as server:
        config = starttls(server.port, certificates / f"{name}.pem" if trusted else None)
        report = Sender(ledger, config, clock, SmtpTransport(config.mail.smtp)).run()

    assert (report.sent, server.messages) == ((1, [CONTENT]) if arrives else (0, []))
    if not arrives:
        assert "certificat" in (ledger.mails.get(1).words or "")


def test_login_over_tls_with_the_password_of_the_environment(
    certificates: Path, ledger: Ledger, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMTP_PASSWORD", "sésame")
    seen: list[tuple[bytes, bytes]] = []

    class Handler:
        messages: list[bytes] = []  # noqa: RUF012

        async def handle_DATA(self, server: object, session: object, envelope: object) -> str:
            self.messages.append(envelope.content)  # type: ignore[attr-defined]
            return "250 ok"

    def authenticate(server: object, session: object, envelope: object, mechanism: str, data: object) -> AuthResult:
        assert isinstance(data, LoginPassword)
        seen.append((data.login, data.password))
        return AuthResult(success=True)

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    handler = Handler()
    controller = Controller(
        handler, hostname="127.0.0.1", port=port, tls_context=context(certificates, "localhost"), require_starttls=True,
        authenticator=authenticate, auth_required=True,
    )  # fmt: skip
    controller.start()
    try:
        plan(ledger)
        config = starttls(port, certificates / "localhost.pem")
        config.mail.smtp.user = "formation"
        report = Sender(ledger, config, clock, SmtpTransport(config.mail.smtp)).run()
    finally:
        controller.stop()
    assert report.sent == 1
    assert seen == [(b"formation", "sésame".encode())]
    assert len(handler.messages) == 1
