"""What we write, read back by Python's `email`: the same words, short lines, nothing but ASCII."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterable
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import getaddresses

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from processor.mail import mime
from processor.mail.compose import file_name, one_line

ONE_LINE = st.text(max_size=250).map(lambda text: one_line(text, 200))
NAMES = st.text(max_size=150).map(lambda text: one_line(text, 100))


def read(part: mime.Part) -> EmailMessage:
    written = bytes(part)
    assert written.isascii()
    assert max(map(len, written.split(b"\r\n"))) <= 78
    assert b"\n" not in written.replace(b"\r\n", b"")
    assert b"\r" not in written.replace(b"\r\n", b"")
    message = email.message_from_bytes(written, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def of(headers: Iterable[str]) -> EmailMessage:
    return read(mime.Part(list(headers), b""))


@given(ONE_LINE)
@example("a" * 200)
@example("=?utf-8?q?pas_un_mot?=")
@example("é" * 27)
@example("👩‍🏫 " * 60)
def test_what_people_wrote_comes_back(written: str) -> None:
    message = of([mime.words("Subject", written), mime.header("Date", "x")])
    assert message["Subject"] == written
    assert message.keys() == ["Subject", "Date"]


@given(NAMES, NAMES)
@example('Dupont "Le Grand" \\ Fils', "Alix, Référence")
@example("a b " * 25, "=?utf-8?q?pas_un_mot?=")
def test_names_come_back_beside_their_address(first: str, second: str) -> None:
    written = mime.mailboxes("Reply-To", [("a@client.example", first), (f"{'b' * 30}@client.example", second)])
    message = of([written])
    assert [one.addr_spec for one in message["Reply-To"].addresses] == ["a@client.example", f"{'b' * 30}@client.example"]
    raw = email.message_from_string(written, policy=email.policy.compat32)["Reply-To"]
    assert [str(make_header(decode_header(name))) for name, _ in getaddresses([raw])] == [first, second]


@given(st.text(max_size=200))
@example("Devis – Société d’Été (S2026-0001, v1) – " + "très long " * 6 + ".pdf")
@example("x" * 120)
@example("it's 100% sure; really.pdf")
def test_file_names_come_back(typed: str) -> None:
    name = file_name(typed)
    message = read(mime.file("application/pdf", [], name, b"%PDF"))
    assert message.get_filename() == name
    assert message.get_content_type() == "application/pdf"


@given(st.binary(max_size=500))
def test_files_come_back_to_the_byte(content: bytes) -> None:
    assert read(mime.file("application/pdf", [], "a.pdf", content)).get_content() == content


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=500))
@example(".\n..\nFrom moi\n=3D\n" + "e" * 75 + " \n" + "é" * 300)
@example("\r\r\n\n")
def test_texts_come_back_without_blanks_at_the_end_of_lines(written: str) -> None:
    lines = [line.rstrip(b" \t") for line in written.encode().splitlines()]
    found = read(mime.text("plain", written)).get_payload(decode=True)
    assert isinstance(found, bytes)
    assert found == b"".join(line + b"\r\n" for line in lines)


@pytest.mark.parametrize("last", [b"", b"a", b"a\r\n"])
def test_parts_stay_apart(last: bytes) -> None:
    inner = mime.multipart("alternative", "=in=", [mime.text("plain", "Bonjour"), mime.text("html", "<p>Bonjour")])
    message = read(mime.multipart("mixed", "=out=", [inner, mime.file("text/calendar", [("method", "PUBLISH")], "a.ics", last)]))
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/calendar",
    ]  # fmt: skip
    assert [part.get_payload(decode=True) for part in message.iter_attachments()] == [last]
    assert message.get_body(("html",)).get_content() == "<p>Bonjour\r\n"  # type: ignore[union-attr]
