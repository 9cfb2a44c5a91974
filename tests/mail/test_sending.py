"""The sender's protocol against servers that fail at every moment: nothing lost, nothing sent twice by itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from processor.config import Config, Smtp
from processor.errors import ConfigError
from processor.ledger import Ledger
from processor.ledger.rows import MailRow, NewRecipient
from processor.mail.mailbox import MailboxError
from processor.mail.sending import Sender, Sent
from processor.mail.transports import SmtpTransport
from tests.mail.faulty_smtp import FaultySmtp, Script
from tests.support import FakeClock

CONTENT = b"Subject: essai\r\n\r\nBonjour\r\n"
Send = Callable[[FaultySmtp], Sent]


@pytest.fixture
def ledger(tmp_path: Path, clock: FakeClock) -> Ledger:
    return Ledger.open(f"sqlite:///{tmp_path / 'ledger.sqlite3'}", clock)


@pytest.fixture
def settings() -> Config:
    config = Config()
    config.mail.transport = "smtp"
    config.mail.smtp = Smtp(host="127.0.0.1", security="none", timeout_seconds=0.6)
    return config


def plan(ledger: Ledger, *addresses: str, number: int = 1, content: bytes = CONTENT) -> MailRow:
    to = [NewRecipient(one) for one in addresses or ("client@client.example",)]
    return ledger.mails.plan(
        key=f"clé {number}", session_id=None, version=None, kind="proposition", subject="Essai", message_id=f"<{number}@x.example>",
        content=content, attachments=[], to=to,
    )  # fmt: skip


def sender(
    ledger: Ledger, settings: Config, clock: FakeClock, server: FaultySmtp, look_up: Callable[[str], bool] | None = None
) -> Sender:
    settings.mail.smtp.port = server.port
    return Sender(ledger, settings, clock, SmtpTransport(settings.mail.smtp), look_up=look_up, chance=lambda: 0.5)


def states(ledger: Ledger) -> list[str]:
    return [mail.state for mail in ledger.mails.all()]


def test_an_honest_server_gets_each_mail_once_over_one_connection(ledger: Ledger, settings: Config, clock: FakeClock) -> None:
    for number in range(3):
        plan(ledger, number=number)
    with FaultySmtp([{}]) as server:
        report = sender(ledger, settings, clock, server).run()
        again = sender(ledger, settings, clock, server).run()

    assert (report.sent, again.sent) == (3, 0)
    assert server.messages == [CONTENT] * 3
    assert server.connections == 1


@pytest.mark.parametrize("text", [b".", b"..\r\n.\r\nfin", b".a\r\n\r\n.b\r\n..c\r\n"])
def test_lines_that_begin_with_a_dot_arrive_as_they_were(ledger: Ledger, settings: Config, clock: FakeClock, text: bytes) -> None:
    plan(ledger, content=text)
    with FaultySmtp([{}]) as server:
        assert sender(ledger, settings, clock, server).run().sent == 1

    assert [message.removesuffix(b"\r\n") for message in server.messages] == [text.removesuffix(b"\r\n")]


HARMLESS: list[tuple[str, Script]] = [
    ("server busy at the greeting", {"greeting": "421 trop de monde"}),
    ("dropped at the greeting", {"greeting": "drop"}),
    ("greylisting", {"RCPT": "451 4.7.1 revenez plus tard"}),
    ("sender refused for now", {"MAIL": "452 place"}),
    ("dropped after MAIL", {"RCPT": "drop"}),
    ("hangs at EHLO", {"EHLO": "hang"}),
    ("drips at EHLO", {"EHLO": "drip"}),
    ("refused for now at DATA", {"DATA": "451 plus tard"}),
    ("refused for now after the dot", {"dot": "452 disque plein"}),
    ("closing after the dot", {"dot": "421 fermeture"}),
]


@pytest.mark.parametrize("script", [script for _, script in HARMLESS], ids=[name for name, _ in HARMLESS])
def test_a_passing_failure_is_tried_again_and_arrives_once(
    ledger: Ledger, settings: Config, clock: FakeClock, script: Script
) -> None:
    mail = plan(ledger)
    with FaultySmtp([script, {}]) as server:
        first = sender(ledger, settings, clock, server).run()
        accepted_first = len(server.messages)
        too_early = sender(ledger, settings, clock, server).run()
        clock.advance(seconds=600)
        second = sender(ledger, settings, clock, server).run()

    assert (first.sent, first.deferred, too_early.sent, second.sent) == (0, 1, 0, 1)
    assert ledger.mails.get(mail.id).state == "sent"
    assert len(server.messages) == accepted_first + 1


@pytest.mark.parametrize(
    "script", [{"RCPT": "550 5.1.1 inconnu au bataillon"}, {"dot": "554 refusé"}, {"MAIL": "550 expéditeur refusé"}]
)
def test_a_final_refusal_keeps_the_servers_words(ledger: Ledger, settings: Config, clock: FakeClock, script: Script) -> None:
    mail = plan(ledger)
    with FaultySmtp([script]) as server:
        report = sender(ledger, settings, clock, server).run()

    assert report.failed == 1
    (recipient,) = ledger.mails.recipients(mail.id)
    assert recipient.state == "refused"
    assert str(recipient.words) in script[next(iter(script))]


@pytest.mark.parametrize("act", ["drop", "hang", "drip"])
def test_case_11_an_answer_lost_after_the_final_dot_is_in_doubt_and_stays_so(
    ledger: Ledger, settings: Config, clock: FakeClock, act: str
) -> None:
    mail = plan(ledger)
    with FaultySmtp([{"dot": act}, {}]) as server:
        report = sender(ledger, settings, clock, server).run()
        clock.advance(days=3)
        sender(ledger, settings, clock, server).run()

    assert (report.sent, report.in_doubt) == (0, 1)
    assert ledger.mails.get(mail.id).state == "in_doubt"
    assert len(server.messages) == 1


def test_an_error_on_quit_after_250_is_no_failure(ledger: Ledger, settings: Config, clock: FakeClock) -> None:
    plan(ledger)
    with FaultySmtp([{"QUIT": "drop"}]) as server:
        assert sender(ledger, settings, clock, server).run().sent == 1


def test_case_13_each_recipients_answer_is_kept(ledger: Ledger, settings: Config, clock: FakeClock) -> None:
    mail = plan(ledger, "bon@x.example", "inconnu@x.example")
    with FaultySmtp([{"RCPT2": "550 inconnu"}]) as server:
        assert sender(ledger, settings, clock, server).run().sent == 1

    assert [(one.address, one.state) for one in ledger.mails.recipients(mail.id)] == [
        ("bon@x.example", "accepted"),
        ("inconnu@x.example", "refused"),
    ]
    assert ledger.mails.get(mail.id).state == "sent"


def test_a_recipient_put_off_gets_it_later_and_the_others_not_twice(ledger: Ledger, settings: Config, clock: FakeClock) -> None:
    mail = plan(ledger, "bon@x.example", "gris@x.example")
    with FaultySmtp([{"RCPT2": "451 plus tard"}, {}]) as server:
        sender(ledger, settings, clock, server).run()
        clock.advance(seconds=600)
        sender(ledger, settings, clock, server).run()

    assert ledger.mails.get(mail.id).state == "sent"
    assert [one.state for one in ledger.mails.recipients(mail.id)] == ["accepted", "accepted"]
    assert len(server.messages) == 2, "one to each"


def test_a_crash_between_data_and_the_answer_is_in_doubt(ledger: Ledger, settings: Config, clock: FakeClock) -> None:
    mail = plan(ledger)
    ledger.mails.begin_sending(mail.id)
    with FaultySmtp([{}]) as server:
        sender(ledger, settings, clock, server).run()

    assert states(ledger) == ["in_doubt"]
    assert server.messages == []


@pytest.mark.parametrize(("found", "state", "messages"), [(True, "sent", 0), (False, "sent", 1)])
def test_a_doubt_is_looked_up_after_the_grace_time(
    ledger: Ledger, settings: Config, clock: FakeClock, found: bool, state: str, messages: int
) -> None:
    mail = plan(ledger)
    ledger.mails.begin_sending(mail.id)
    asked: list[str] = []

    def look_up(message_id: str) -> bool:
        asked.append(message_id)
        return found

    with FaultySmtp([{}]) as server:
        sender(ledger, settings, clock, server, look_up).run()
        assert asked == [], "too early"
        clock.advance(seconds=601)
        sender(ledger, settings, clock, server, look_up).run()

    assert asked == ["<1@x.example>"]
    assert ledger.mails.get(mail.id).state == state
    assert len(server.messages) == messages


def test_a_look_up_that_fails_leaves_the_doubt(ledger: Ledger, settings: Config, clock: FakeClock) -> None:
    mail = plan(ledger)
    ledger.mails.begin_sending(mail.id)

    def look_up(message_id: str) -> bool:
        raise MailboxError("boîte fermée")

    clock.advance(days=1)
    with FaultySmtp([{}]) as server:
        sender(ledger, settings, clock, server, look_up).run()
        clock.advance(days=1)
        sender(ledger, settings, clock, server, look_up).run()
    assert ledger.mails.get(mail.id).state == "in_doubt"


def test_in_doubt_resend_sends_the_same_message_again(ledger: Ledger, settings: Config, clock: FakeClock) -> None:
    settings.mail.in_doubt = "resend"
    mail = plan(ledger)
    ledger.mails.begin_sending(mail.id)
    with FaultySmtp([{}]) as server:
        sender(ledger, settings, clock, server).run()
        clock.advance(seconds=700)
        sender(ledger, settings, clock, server).run()

    assert (ledger.mails.get(mail.id).state, server.messages) == ("sent", [CONTENT])


def test_a_persons_word_sends_a_doubtful_mail_with_the_same_identifier(
    ledger: Ledger, settings: Config, clock: FakeClock
) -> None:
    mail = plan(ledger)
    ledger.mails.begin_sending(mail.id)
    ledger.mails.in_doubt(mail.id, "coupure")
    ledger.mails.again(mail.id, "à la demande")
    with FaultySmtp([{}]) as server:
        sender(ledger, settings, clock, server).run()

    row = ledger.mails.get(mail.id)
    assert (row.state, row.message_id, row.resend_of_doubt) == ("sent", mail.message_id, True)


def test_waits_grow_and_end(ledger: Ledger, settings: Config, clock: FakeClock) -> None:
    mail = plan(ledger)
    waits: list[float] = []
    with FaultySmtp([{"RCPT": "451 non"}]) as server:
        for _ in range(200):
            sender(ledger, settings, clock, server).run()
            row = ledger.mails.get(mail.id)
            if row.state == "failed":
                break
            assert row.next_attempt_at is not None
            waits.append((row.next_attempt_at - clock.now()).total_seconds())
            clock.advance(seconds=waits[-1] + 1)

    assert waits[:4] == [60, 120, 240, 480]
    assert max(waits) == 3600
    assert ledger.mails.get(mail.id).state == "failed"
    assert clock.now() - mail.planned_at < timedelta(hours=50)


def test_the_breaker_spares_a_dead_server(ledger: Ledger, settings: Config, clock: FakeClock) -> None:
    for number in range(10):
        plan(ledger, number=number)
    with FaultySmtp([{"greeting": "421 panne"}]) as server:
        sender(ledger, settings, clock, server).run()
        after_first = server.connections
        sender(ledger, settings, clock, server).run()

    assert after_first == 3
    assert server.connections == after_first
    assert states(ledger).count("planned") == 7


def test_beyond_the_cap_mails_are_held_until_a_person_releases_them(ledger: Ledger, settings: Config, clock: FakeClock) -> None:
    settings.mail.max_per_run = 2
    for number in range(4):
        plan(ledger, number=number)
    with FaultySmtp([{}]) as server:
        report = sender(ledger, settings, clock, server).run()
        sender(ledger, settings, clock, server).run()
        assert (report.sent, report.held) == (2, 2)
        assert len(server.messages) == 2
        ledger.mails.again(3, "relâché")
        sender(ledger, settings, clock, server).run()

    assert states(ledger) == ["sent", "sent", "sent", "held"]


def test_the_rate_a_minute_is_kept(ledger: Ledger, settings: Config, clock: FakeClock) -> None:
    settings.mail.per_minute = 2
    for number in range(5):
        plan(ledger, number=number)
    begun = clock.monotonic()
    with FaultySmtp([{}]) as server:
        sender(ledger, settings, clock, server).run()

    assert len(server.messages) == 5
    assert clock.monotonic() - begun >= 120


def test_starttls_that_disappears_sends_nothing_in_clear(ledger: Ledger, settings: Config, clock: FakeClock) -> None:
    settings.mail.smtp.security = "starttls"
    plan(ledger)
    with FaultySmtp([{}]) as server:
        report = sender(ledger, settings, clock, server).run()

    assert (report.sent, report.deferred, server.messages) == (0, 1, [])
    assert "STARTTLS" in (ledger.mails.get(1).words or "")


def test_a_missing_password_names_its_variable(
    ledger: Ledger, settings: Config, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SMTP_PASSWORD", raising=False)
    settings.mail.smtp.user = "formation"
    plan(ledger)
    with FaultySmtp([{}]) as server, pytest.raises(ConfigError, match="SMTP_PASSWORD"):
        sender(ledger, settings, clock, server).run()
    assert states(ledger) == ["planned"]


def test_a_refused_login_is_tried_again_later(
    ledger: Ledger, settings: Config, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMTP_PASSWORD", "secret-de-test")
    settings.mail.smtp.user = "formation"
    plan(ledger)
    with FaultySmtp([{"AUTH": "454 plus tard"}, {}]) as server:
        report = sender(ledger, settings, clock, server).run()
        clock.advance(seconds=600)
        sender(ledger, settings, clock, server).run()

    assert (report.deferred, states(ledger)) == (1, ["sent"])
    events = ledger.mails.get(1).words or ""
    assert "secret-de-test" not in events


def test_two_senders_never_send_together(ledger: Ledger, settings: Config, clock: FakeClock) -> None:
    plan(ledger)
    with FaultySmtp([{}]) as server, ledger.store.exclusive("sender"):
        assert sender(ledger, settings, clock, server).run().sent == 0
    assert states(ledger) == ["planned"]


def test_planning_the_same_mail_again_gives_the_same_row(ledger: Ledger) -> None:
    first, second = plan(ledger), plan(ledger)
    assert (first.id, len(ledger.mails.all())) == (second.id, 1)


def test_superseded_proposals_that_have_not_left_never_do(ledger: Ledger, settings: Config, clock: FakeClock) -> None:
    job = ledger.jobs.add("x.xlsx", "0" * 64)
    row = ledger.sessions.create(
        ref="S1", natural_key="k", status="a-valider", funding="sans-objet", client="c", title="t", start="2027-01-01", end="2027-01-01",
        total_cents=1, cause="essai",
    )  # fmt: skip
    ledger.mails.plan(
        key="a",
        session_id=row.id,
        version=1,
        kind="proposition",
        subject="v1",
        message_id="<a@x>",
        content=CONTENT,
        attachments=[],
        to=[NewRecipient("a@x.example")],
    )
    assert ledger.mails.cancel_waiting(row.id, ["proposition"], "remplacé", before=2) == 1
    with FaultySmtp([{}]) as server:
        assert sender(ledger, settings, clock, server).run().sent == 0
    assert job.state == "queued"
