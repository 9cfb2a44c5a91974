"""Cases 9, 12, 14, 17, 18, 20 and 23, each with its fault injected."""

from __future__ import annotations

import html
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import load_workbook

from processor import running
from processor.config import Config
from processor.documents import tags, word
from processor.documents.engines.base import Result
from processor.documents.plan import documents_for
from processor.errors import ConfigError, TemplateError
from processor.form.layout import cell_of
from processor.form.steps import Form
from processor.ledger import Ledger, refuse_network
from processor.mail.transports import FolderTransport, Reply
from processor.office import Office
from processor.session import Session
from tests.conftest import TODAY
from tests.support import FakeClock

Drop = Callable[..., Path]


def test_case_9_the_same_workbook_renamed_and_the_night_again_send_once(
    office: Office, drop: Drop, company: Form, clock: FakeClock
) -> None:
    for name in ("a.xlsx", "b.xlsx", "copie de a.xlsx"):
        drop(company, name)
    running.one_pass(office)
    clock.advance(days=1)
    drop(company, "a.xlsx")
    running.one_pass(office)

    assert [mail.state for mail in office.ledger.mails.all()] == ["sent"]
    assert len(office.ledger.sessions.list()) == 1


def test_case_12_a_server_down_for_hours_is_retried_across_restarts(
    config: Config, drop: Drop, company: Form, clock: FakeClock
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    config.mail.transport = "smtp"
    config.mail.smtp.host, config.mail.smtp.port, config.mail.smtp.security = "127.0.0.1", port, "none"
    drop(company)
    for _ in range(3):
        with Office(config, clock) as office:
            result = running.one_pass(office)
        assert result.exit_code == 75
        clock.advance(seconds=4000)
    config.mail.transport = "folder"
    with Office(config, clock) as office:
        assert running.one_pass(office).proposals_sent == 1
        (mail,) = office.ledger.mails.all()
        assert mail.attempts == 4


def test_case_14_a_rehearsal_sends_nothing_to_the_client(config: Config, drop: Drop, company: Form, clock: FakeClock) -> None:
    config.mail.redirect_to = "repetition@organisme.example"
    drop(company)
    with Office(config, clock) as office:
        running.one_pass(office)
        (mail,) = office.ledger.mails.all()
        assert [one.address for one in office.ledger.mails.recipients(mail.id)] == ["repetition@organisme.example"]
        assert mail.subject.startswith("[Répétition]")


def test_case_14_the_templates_hash_is_in_the_log(office: Office, drop: Drop, company: Form) -> None:
    drop(company)
    running.one_pass(office)
    assert {len(one.template_sha256) for one in office.ledger.documents.of_session(1)} == {64}


@pytest.mark.parametrize(
    "name", ["Dupont & Fils <SARL>", "a\x00b\x0bc\x1fd", "</w:t></w:r>", "{{ config }}", "{% if 1 %}", "A&lt;b"]
)
def test_case_17_hostile_names_are_printed_whole(house: Config, company: Form, name: str) -> None:
    form = company.model_copy(update={"client": company.client.model_copy(update={"company": name})})
    session = Session(form, house, "S1", 1, TODAY)
    planned = documents_for(session)[0]
    made = word.load(house.template(planned.template), house.brand).render(tags.context(session, planned), title=planned.title)

    text = html.unescape(word.text_of(made))
    shown = "".join(char for char in name if ord(char) >= 32).replace("'", "’")
    assert shown in text.replace("\u00a0", " ")
    assert "Prix" in text, "nothing after the name was swallowed"


def test_case_17_a_missing_variable_is_an_error_never_a_blank(house: Config, company: Form, tmp_path: Path) -> None:
    session = Session(company, house, "S1", 1, TODAY)
    planned = documents_for(session)[0]
    context = tags.context(session, planned)
    del context["intitule"]
    with pytest.raises(TemplateError, match="intitule"):
        word.load(house.template(planned.template), house.brand).render(context, title="x")


def test_case_18_a_pdf_that_fails_is_retried_and_nothing_is_mailed(
    office: Office, drop: Drop, company: Form, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = office.engine
    monkeypatch.setattr(engine, "convert", lambda orders: [Result(order.pdf, 0, "panne") for order in orders])
    drop(company)
    assert running.one_pass(office).exit_code == 75
    assert office.ledger.mails.all() == []
    monkeypatch.undo()
    clock.advance(seconds=3600)
    assert running.one_pass(office).proposals_sent == 1


def test_case_19_secrets_are_nowhere(
    config: Config, drop: Drop, company: Form, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMTP_PASSWORD", "motdepasse-tres-secret")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_refuse_login, args=(listener,), daemon=True).start()
        config.mail.transport = "smtp"
        config.mail.smtp.host, config.mail.smtp.port = "127.0.0.1", listener.getsockname()[1]
        config.mail.smtp.security, config.mail.smtp.user = "none", "formation"
        drop(company)
        with Office(config, clock) as office:
            running.one_pass(office)
    found = [path for path in config.root.rglob("*") if path.is_file() and b"motdepasse-tres-secret" in path.read_bytes()]
    assert found == []


def _refuse_login(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    stream = connection.makefile("rwb")
    stream.write(b"220 x\r\n")
    stream.flush()
    while line := stream.readline():
        verb = line.split()[0].upper()
        stream.write({b"EHLO": b"250-x\r\n250 AUTH PLAIN\r\n", b"AUTH": b"535 non\r\n"}.get(verb, b"250 ok\r\n"))
        stream.flush()


def test_case_20_another_years_form_says_so(office: Office, drop: Drop, company: Form) -> None:
    path = drop(company)
    book = load_workbook(path)
    sheet, address = cell_of("form_version")
    book[sheet][address] = "2019-1"
    book.save(path)
    case = running.one_pass(office)
    assert case.proposals_sent == 1, "a warning, not a refusal"


def test_case_23_a_state_folder_on_a_share_is_refused_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("processor.ledger.network_file_system", lambda path: "cifs")
    with pytest.raises(ConfigError, match=r"folders\.state"):
        refuse_network(tmp_path / "state")
    with pytest.raises(ConfigError):
        Ledger.open(f"sqlite:///{tmp_path / 'state' / 'ledger.sqlite3'}", FakeClock())


def test_the_folder_transport_lets_nothing_out() -> None:
    assert FolderTransport().data(b"x") == Reply(250, "déposé dans le dossier, rien n’est parti")
