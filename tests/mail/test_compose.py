"""What leaves: headers that nobody can inject into, two readable parts, files with their accents, a visible rehearsal."""

from __future__ import annotations

import email
import email.policy
import unicodedata
from collections.abc import Sequence
from datetime import UTC, date, datetime
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processor.config import Config
from processor.ledger.rows import NewRecipient
from processor.mail.calendar import MIME
from processor.mail.compose import Attachment, BadAddress, Composed, compose, file_name, message_id_for, one_line
from processor.mail.context import house_context

NOW = datetime(2026, 7, 1, 8, 30, tzinfo=UTC)
NOWHERE = Path("no-templates-of-its-own")
CLIENT = NewRecipient("contact@client.example", "Camille Exemple")
HEADERS = {
    "from", "to", "cc", "reply-to", "subject", "date", "message-id", "auto-submitted", "content-language", "mime-version",
    "content-type",
}  # fmt: skip


def written(config: Config, subject: str = "Votre dossier", text: str = "Bonjour à vous") -> dict[str, Any]:
    """The data of `message`, the kind that needs the least."""
    free = {"salutation": "Madame, Monsieur", "message": text, "objet_libre": subject, "intitule": "Excel", "reference": ""}
    return {**house_context(config, today=date(2026, 7, 1)), **free, "documents": []}


def made(
    config: Config, to: Sequence[NewRecipient] = (CLIENT,), files: Sequence[Attachment] = (), subject: str = "Votre dossier",
    text: str = "Bonjour à vous",
) -> Composed:  # fmt: skip
    context = written(config, subject, text)
    return compose("message", context, to, files, config=config, message_id="<cle@organisme.example>", now=NOW, templates=NOWHERE)


def read(composed: Composed) -> EmailMessage:
    message = email.message_from_bytes(composed.content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def part(composed: Composed, kind: str) -> str:
    body = read(composed).get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def shown_name(composed: Composed) -> str:
    """The first recipient's name; read without Python's phrase parser, which puts spaces between encoded words."""
    plain = email.message_from_bytes(composed.content, policy=email.policy.compat32)
    return str(make_header(decode_header(parseaddr(plain["To"])[0])))


def test_the_headers_of_an_automatic_message(house: Config) -> None:
    manager = NewRecipient("rh@client.example", "Alix, Référence", "training_manager", "Cc")
    message = read(made(house, [CLIENT, manager]))
    assert message["From"] == "Organisme Exemple Formation <formation@organisme.example>"
    assert message["To"].addresses[0].addr_spec == "contact@client.example"
    assert [(one.display_name, one.addr_spec) for one in message["Cc"].addresses] == [("Alix, Référence", "rh@client.example")]
    assert message["Reply-To"] == "formation@organisme.example"
    assert message["Date"] == "Wed, 01 Jul 2026 10:30:00 +0200"
    assert message["Message-ID"] == "<cle@organisme.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "fr"


def test_a_configured_reply_address_wins(house: Config) -> None:
    mail = house.mail.model_copy(update={"reply_to": "Accueil <accueil@organisme.example>"})
    message = read(made(house.model_copy(update={"mail": mail})))
    assert message["Reply-To"].addresses[0].addr_spec == "accueil@organisme.example"


def test_text_and_html_say_the_same_and_html_is_escaped(house: Config) -> None:
    composed = made(house, text="Dupont & Fils <script>alert(1)</script>\n\n- un **point**\n\nhttps://visio.example/a?b=1&c=2")
    text, html = part(composed, "plain"), part(composed, "html")
    assert "Dupont & Fils <script>alert(1)</script>" in text
    assert "- un point\n" in text
    assert "<script" not in html
    assert "Dupont &amp; Fils &lt;script&gt;" in html
    assert "un <strong>point</strong>" in html
    assert '<a href="https://visio.example/a?b=1&amp;c=2">' in html


def test_nothing_is_fetched_by_the_reader(house: Config) -> None:
    html = part(made(house), "html").lower()
    assert all(fetching not in html for fetching in ("<img", "<link", "url(", "src=", "@import"))


def test_lines_are_short_and_seven_bit(house: Config) -> None:
    composed = made(house, files=[Attachment("Devis.pdf", bytes(range(256)) * 50)], text="é" * 5000, subject="à" * 500)
    assert composed.content.isascii()
    lines = composed.content.split(b"\r\n")
    assert max(map(len, lines)) <= 998
    assert all(b"\n" not in line and b"\r" not in line for line in lines)


def test_files_keep_their_accents_and_bytes(house: Config) -> None:
    name = "Devis – Société d’Été (S2026-0001, v1) – " + "très long " * 6 + ".pdf"
    composed = made(house, files=[Attachment(name, b"%PDF-1.7\r\n\x00\xff")])
    (found,) = read(composed).iter_attachments()
    assert found.get_filename() == name == composed.attachments[0]
    assert found.get_content() == b"%PDF-1.7\r\n\x00\xff"
    assert found.get_content_type() == "application/pdf"


def test_a_calendar_says_its_method(house: Config) -> None:
    (found,) = read(made(house, files=[Attachment("agenda.ics", b"BEGIN:VCALENDAR", MIME)])).iter_attachments()
    assert found["Content-Type"].params["method"] == "PUBLISH"
    assert found["Content-Type"].params["charset"] == "utf-8"


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("../../etc/passwd", "..-..-etc-passwd"),
        ("a\r\nContent-Type: text/html\r\n.pdf", "a Content-Type- text-html .pdf"),
        ("facture\u202efdp.exe", "facturefdp.exe"),
        ("  ", "document"),
    ],
)
def test_a_file_name_is_only_a_name(typed: str, shown: str) -> None:
    assert file_name(typed) == shown


def test_the_same_input_gives_the_same_bytes(house: Config) -> None:
    files = [Attachment("a.pdf", b"%PDF")]
    assert made(house, files=files).content == made(house, files=files).content


def test_message_ids_tell_mails_apart_and_never_change() -> None:
    sender = "Organisme <formation@organisme.example>"
    first = message_id_for("S2026-0001|1|proposition", sender)
    assert first == message_id_for("S2026-0001|1|proposition", sender)
    assert first != message_id_for("S2026-0001|2|proposition", sender)
    assert first.endswith("@organisme.example>")


def test_rehearsal_goes_to_one_address_and_says_for_whom(house: Config) -> None:
    mail = house.mail.model_copy(update={"redirect_to": "essai@organisme.example"})
    manager = NewRecipient("rh@client.example", "", "training_manager", "Cc")
    composed = made(house.model_copy(update={"mail": mail}), [CLIENT, manager])
    message = read(composed)
    assert [one.address for one in composed.recipients] == ["essai@organisme.example"]
    assert message["To"] == "essai@organisme.example"
    assert message["Cc"] is None
    assert message["X-Original-To"] == "contact@client.example, rh@client.example"
    assert composed.subject.startswith("[Répétition] ")
    notice = "Répétition\u00a0: ce message aurait été adressé à contact@client.example, rh@client.example."
    assert part(composed, "plain").startswith(notice)
    assert "ce message aurait été adressé" in part(composed, "html")


def test_without_rehearsal_there_is_no_trace_of_one(house: Config) -> None:
    composed = made(house)
    assert "X-Original-To" not in read(composed)
    assert "Répétition" not in composed.subject + part(composed, "plain")


def test_blind_copies_are_in_the_envelope_alone(house: Config) -> None:
    composed = made(house, [CLIENT, NewRecipient("copie@organisme.example", "", "coordinator", "Bcc")])
    assert "copie@organisme.example" in [one.address for one in composed.recipients]
    assert b"copie@" not in composed.content


def test_two_trainees_never_share_a_message(house: Config) -> None:
    trainees = [NewRecipient(f"{name}@x.example", "", "trainee") for name in ("a", "b")]
    with pytest.raises(ValueError, match="one message a trainee"):
        made(house, trainees)


def test_a_message_needs_somebody(house: Config) -> None:
    with pytest.raises(ValueError, match="needs a recipient"):
        made(house, [])


@pytest.mark.parametrize(
    "address",
    [
        "a@x.example\r\nBcc: b@y.example",
        "a@x.example, b@y.example",
        "a b@x.example",
        "<a@x.example>",
        "@x.example",
        "a@",
        "a@x..example",
        "",
    ],
)
def test_a_doubtful_address_is_refused(house: Config, address: str) -> None:
    with pytest.raises(BadAddress):
        made(house, [NewRecipient(address)])


def test_an_accented_domain_is_written_as_the_network_knows_it(house: Config) -> None:
    composed = made(house, [NewRecipient("a@société.example")])
    assert composed.recipients[0].address == "a@xn--socit-esab.example"


@settings(max_examples=100, deadline=None)
@given(subject=st.text(max_size=300), name=st.text(max_size=150), file=st.text(max_size=150), text=st.text(max_size=300))
def test_nothing_typed_becomes_a_header(house: Config, subject: str, name: str, file: str, text: str) -> None:
    """Whatever is typed, the message has its own headers only, and the words come back as they were cleaned."""
    files = [Attachment(f"{file}.pdf", b"%PDF")]
    composed = made(house, [NewRecipient("a@x.example", name)], files, f"x{subject}\r\nBcc: b@y.example", text)
    message = read(composed)
    assert {key.lower() for key in message} <= HEADERS
    assert len(message["To"].addresses) == 1
    assert message["To"].addresses[0].addr_spec == "a@x.example"
    assert shown_name(composed) == one_line(name, 100)
    assert message["Subject"] == composed.subject
    (attached,) = message.iter_attachments()
    assert attached.get_filename() == composed.attachments[0]
    assert not message.defects


@given(st.text())
def test_one_line_is_one_line(text: str) -> None:
    found = one_line(text, 80)
    assert len(found) <= 80
    assert len(found.splitlines()) <= 1
    assert not {"Cc", "Cf", "Cs", "Zl", "Zp"} & {unicodedata.category(char) for char in found}
