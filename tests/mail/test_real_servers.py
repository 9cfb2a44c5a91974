"""The whole protocol against Postfix and Dovecot: TLS, login, delivery, a refused recipient, the IMAP look-up."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from processor.config import Config, Lookup, Smtp
from processor.ledger import Ledger
from processor.ledger.rows import MailRow, NewRecipient
from processor.mail.bounces import collect
from processor.mail.mailbox import MailboxError, was_sent
from processor.mail.sending import Sender
from tests.mail.real_servers import PASSWORD, REFUSED, USER, Servers, missing, running
from tests.mail.test_bounces import report
from tests.support import FakeClock

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(missing()), reason=missing() or "ready")]


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with running(tmp_path_factory.mktemp("serveurs")) as started:
        yield started


@pytest.fixture
def ledger(tmp_path: Path, clock: FakeClock) -> Ledger:
    return Ledger.open(f"sqlite:///{tmp_path / 'ledger.sqlite3'}", clock)


@pytest.fixture
def settings(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.setenv("SMTP_PASSWORD", PASSWORD)
    monkeypatch.setenv("IMAP_PASSWORD", PASSWORD)
    config = Config()
    config.mail.transport = "smtp"
    config.mail.smtp = Smtp(
        host="localhost", port=servers.smtp, security="starttls", user=USER, timeout_seconds=20, ca_file=servers.certificate
    )
    config.mail.lookup = Lookup(
        imap_host="localhost", port=servers.imap, security="tls", user=USER, folder="Sent", ca_file=servers.certificate
    )
    return config


def plan(ledger: Ledger, number: str, *addresses: str) -> MailRow:
    content = f"From: formation@organisme.example\r\nTo: x\r\nSubject: essai\r\nMessage-ID: <{number}@organisme.example>\r\n\r\nBonjour\r\n"
    return ledger.mails.plan(
        key=number, session_id=None, version=None, kind="proposition", subject="Essai", message_id=f"<{number}@organisme.example>",
        content=content.encode(), attachments=[], to=[NewRecipient(one) for one in addresses or ("client@client.example",)],
    )  # fmt: skip


def received(servers: Servers, number: str) -> int:
    """How often the message lies in the archive; delivery takes a moment."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        count = sum(f"<{number}@".encode() in one for one in servers.delivered)
        if count:
            return count
        time.sleep(0.1)
    return 0


def test_a_mail_leaves_over_tls_with_a_login_and_arrives_once(
    ledger: Ledger, settings: Config, clock: FakeClock, servers: Servers
) -> None:
    mail = plan(ledger, "une-fois")
    report = Sender(ledger, settings, clock).run()
    Sender(ledger, settings, clock).run()

    assert report.sent == 1
    assert (ledger.mails.get(mail.id).words or "").startswith("2.0.0 Ok")
    assert received(servers, "une-fois") == 1


def test_a_wrong_password_is_put_off_with_the_servers_words(
    ledger: Ledger, settings: Config, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMTP_PASSWORD", "faux")
    mail = plan(ledger, "refusee")
    assert Sender(ledger, settings, clock).run().deferred == 1
    assert ledger.mails.get(mail.id).code == 535


def test_a_refused_recipient_does_not_keep_the_others_from_it(
    ledger: Ledger, settings: Config, clock: FakeClock, servers: Servers
) -> None:
    mail = plan(ledger, "deux", "client@client.example", REFUSED)
    assert Sender(ledger, settings, clock).run().sent == 1
    assert [one.state for one in ledger.mails.recipients(mail.id)] == ["accepted", "refused"]
    assert received(servers, "deux") == 1


def test_a_doubt_is_settled_by_the_mailbox(
    ledger: Ledger, settings: Config, clock: FakeClock, servers: Servers, tmp_path: Path
) -> None:
    elsewhere = Ledger.open(f"sqlite:///{tmp_path / 'avant la coupure.sqlite3'}", clock)
    plan(elsewhere, "arrivee")
    Sender(elsewhere, settings, clock).run()
    assert received(servers, "arrivee") == 1
    arrived, lost = plan(ledger, "arrivee"), plan(ledger, "perdue")  # the same moment, as a crash leaves it
    for one in (arrived, lost):
        ledger.mails.begin_sending(one.id)

    Sender(ledger, settings, clock).run()
    assert [mail.state for mail in ledger.mails.all()] == ["in_doubt", "in_doubt"], "not before the grace time"
    clock.advance(seconds=700)
    Sender(ledger, settings, clock).run()

    assert [mail.state for mail in ledger.mails.all()] == ["sent", "sent"]
    assert (received(servers, "arrivee"), received(servers, "perdue")) == (1, 1)


def test_a_mailbox_that_refuses_leaves_the_doubt(settings: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAP_PASSWORD", "faux")
    with pytest.raises(MailboxError):
        was_sent(settings.mail.lookup, "<x@x.example>")
    monkeypatch.setenv("IMAP_PASSWORD", PASSWORD)
    settings.mail.lookup.folder = "Nulle part"
    with pytest.raises(MailboxError, match="Nulle part"):
        was_sent(settings.mail.lookup, "<x@x.example>")


def test_reports_in_the_mailbox_are_read_once(ledger: Ledger, settings: Config, clock: FakeClock, servers: Servers) -> None:
    settings.mail.lookup.bounces = "INBOX"
    mail = plan(ledger, "revenue")
    Sender(ledger, settings, clock).run()
    assert collect(ledger, settings, clock) == 0
    inbox = servers.sent.parent / "new"
    for number, content in enumerate((b"Subject: Re: essai\r\n\r\nMerci\r\n", report(message_id="<revenue@organisme.example>"))):
        path = inbox / f"1.{number}.relais"
        path.write_bytes(content.replace(b"alice@", b"client@"))
        shutil.chown(path, "nobody")
    assert collect(ledger, settings, clock) == 0, "asked a moment ago"
    clock.advance(seconds=301)
    assert collect(ledger, settings, clock) == 1
    assert [one.state for one in ledger.mails.recipients(mail.id)] == ["bounced"]
    clock.advance(seconds=301)
    assert collect(ledger, settings, clock) == 0
    settings.mail.lookup.bounces = "Nulle part"
    clock.advance(seconds=301)
    with pytest.raises(MailboxError, match="Nulle part"):
        collect(ledger, settings, clock)
    assert collect(ledger, settings, clock) == 0, "not at each pass"
