"""Delivery reports: what they say is read, whoever wrote them, and told once at the mail that they are about."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.ledger import Ledger
from processor.ledger.rows import MailRow, NewRecipient
from processor.mail.bounces import Bounce, bounces_in
from processor.todo import of_recipients
from tests.support import FakeClock

ID = "<0123abcd@organisme.example>"


def report(
    *, action: str = "failed", address: str = "alice@client.example", diagnostic: str = "smtp; 550 5.1.1 <alice@client.example>: inconnue",
    original: str = "message/rfc822", message_id: str = ID,
) -> bytes:  # fmt: skip
    """A report as mail servers write it (RFC 3464)."""
    returned = f"From: formation@organisme.example\r\nTo: {address}\r\nMessage-ID: {message_id}\r\nSubject: Convocation\r\n\r\n"
    returned += "Bonjour\r\n" if original == "message/rfc822" else ""
    return (
        "From: MAILER-DAEMON@relais.example\r\nTo: formation@organisme.example\r\nSubject: Undelivered Mail Returned to Sender\r\n"
        "MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status;\r\n boundary=\"B\"\r\n\r\n"
        "--B\r\nContent-Type: text/plain\r\n\r\nI'm sorry to have to inform you ...\r\n"
        "--B\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; relais.example\r\n\r\n"
        f"Final-Recipient: rfc822; {address}\r\nOriginal-Recipient: rfc822;{address}\r\nAction: {action}\r\nStatus: 5.1.1\r\n"
        f"Diagnostic-Code: {diagnostic}\r\n\r\n"
        f"--B\r\nContent-Type: {original}\r\n\r\n{returned}--B--\r\n"
    ).encode()  # fmt: skip


@pytest.mark.parametrize("original", ["message/rfc822", "text/rfc822-headers"])
def test_the_address_and_the_servers_words_are_read(original: str) -> None:
    words = "550 5.1.1 <alice@client.example>: inconnue"
    assert list(bounces_in(report(original=original))) == [Bounce(ID, "alice@client.example", words)]


@pytest.mark.parametrize(
    "content",
    [
        report(action="delayed"),
        report(action="relayed"),
        report(message_id=""),
        b"From: client@client.example\r\nSubject: Re: Convocation\r\n\r\nBonjour, je serai absent.\r\n",
        b"",
    ],
)
def test_other_messages_say_nothing(content: bytes) -> None:
    assert list(bounces_in(content)) == []


def test_a_report_cut_after_what_counts_is_enough() -> None:
    whole = report()
    assert list(bounces_in(whole[: whole.index(b"Subject: Convocation")])) == list(bounces_in(whole))


def test_words_hold_no_control_character() -> None:
    (one,) = bounces_in(report(diagnostic="smtp; 550 " + "\x07très long " * 100))
    assert len(one.words) <= 300
    assert all(char.isprintable() for char in one.words)


@given(st.binary(max_size=400))
def test_nothing_that_arrives_is_a_bug(noise: bytes) -> None:
    for content in (noise, report().replace(b"Reporting-MTA", noise), report()[: len(noise) * 3] + noise):
        for one in bounces_in(content):
            assert one.address


@pytest.fixture
def ledger(tmp_path: Path, clock: FakeClock) -> Ledger:
    return Ledger.open(f"sqlite:///{tmp_path / 'ledger.sqlite3'}", clock)


def left(ledger: Ledger, *addresses: str) -> MailRow:
    message = EmailMessage()
    message.set_content("Bonjour")
    mail = ledger.mails.plan(
        key="un", session_id=None, version=None, kind="convocation", subject="Convocation", message_id=ID,
        content=message.as_bytes(), attachments=[], to=[NewRecipient(one) for one in addresses],
    )  # fmt: skip
    ledger.mails.begin_sending(mail.id)
    return mail


def test_the_recipient_is_marked_once_and_a_person_is_told(ledger: Ledger) -> None:
    mail = left(ledger, "alice@client.example", "bruno@client.example")
    ledger.mails.sent(
        mail.id, dict.fromkeys(("alice@client.example", "bruno@client.example"), ("accepted", 250, "ok")), 250, "ok"
    )
    assert ledger.mails.bounced(ID, "Alice@Client.example", "550 inconnue")
    assert not ledger.mails.bounced(ID, "alice@client.example", "550 inconnue")
    assert not ledger.mails.bounced(ID, "quelquun@ailleurs.example", "550"), "whose mail it is cannot be told"
    assert not ledger.mails.bounced("<autre@x.example>", "alice@client.example", "550")
    ((found, recipients),) = ledger.mails.with_refusals()
    assert [one.state for one in recipients] == ["bounced", "accepted"]
    (task,) = of_recipients(found, recipients, "S2026-0001", "Atelier")
    assert task.what == "E-mail non remis : alice@client.example"
    assert "550 inconnue" in task.action


def test_an_address_rewritten_on_the_way_is_the_only_recipients(ledger: Ledger) -> None:
    mail = left(ledger, "alice@client.example")
    ledger.mails.sent(mail.id, {"alice@client.example": ("accepted", 250, "ok")}, 250, "ok")
    assert ledger.mails.bounced(ID, "a.modele@groupe.example", "552 boîte pleine")


def test_a_mail_in_doubt_that_comes_back_had_left(ledger: Ledger) -> None:
    mail = left(ledger, "alice@client.example")
    ledger.mails.in_doubt(mail.id, "réponse perdue")
    assert ledger.mails.bounced(ID, "alice@client.example", "550 inconnue")
    assert ledger.mails.get(mail.id).state == "sent"
    assert ledger.mails.recipients(mail.id)[0].state == "bounced"


def test_a_mail_that_never_left_cannot_come_back(ledger: Ledger) -> None:
    mail = left(ledger, "alice@client.example")
    ledger.mails.deferred(mail.id, ledger.store.clock.now(), {}, 451, "occupé")
    assert not ledger.mails.bounced(ID, "alice@client.example", "550")
