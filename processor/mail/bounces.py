"""Mails that a server took and that another could not deliver: delivery reports (RFC 3464), read from the mailbox.

Anybody can write such a report, so it only tells a person to look: it sends nothing and takes nothing back.
"""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.errors import MessageError
from email.message import Message
from typing import Any

from processor.clock import Clock
from processor.config import Config, Lookup
from processor.ledger import Ledger
from processor.mail.mailbox import imap_date, opened

_SEEN = "bounces_seen"  # meta key: numbering and number of the last report read
_ASK_AGAIN = "bounces_ask_again"  # meta key: not before
_EVERY = timedelta(minutes=5)
_FIRST_LOOK = timedelta(days=7)
_MOST_REPORTS = 200  # a pass
_MOST_BYTES = 256 * 1024  # a report repeats the message after what counts
_LONGEST_WORDS = 300


@dataclass(frozen=True)
class Bounce:
    """A message that did not reach an address, and the server's words for it."""

    message_id: str
    address: str
    words: str


def collect(ledger: Ledger, config: Config, clock: Clock) -> int:
    """Note the reports that came since the last time, at most every five minutes; how many mails are concerned.

    Raises `MailboxError`, and `ConfigError` when the password's variable is missing.
    """
    settings = config.mail.lookup
    if not settings.imap_host or not settings.bounces:
        return 0
    again = ledger.meta.get(_ASK_AGAIN)
    if again is not None and clock.now() < datetime.fromisoformat(again):
        return 0
    ledger.meta.set(_ASK_AGAIN, (clock.now() + _EVERY).isoformat())  # a mailbox that hangs is not asked at each pass either
    reports, seen = _new_reports(settings, ledger.meta.get(_SEEN), clock)
    noted = 0
    for content in reports:
        for one in bounces_in(content):
            noted += ledger.mails.bounced(one.message_id, one.address, one.words)
    ledger.meta.set(_SEEN, seen)
    return noted


def _new_reports(settings: Lookup, seen: str | None, clock: Clock) -> tuple[list[bytes], str]:
    """The reports after the one `seen`, and what to remember of the last."""
    with opened(settings) as box:
        numbering = box.select(settings.bounces or "")
        known, _, last = (seen or "").rpartition(":")
        since = imap_date((clock.now() - _FIRST_LOOK).date())
        begun = int(last) if last and known == numbering else 0
        newer = ("UID", f"{begun + 1}:*") if begun else ("SINCE", since)
        found = [one for one in box.search(*newer, "HEADER", "Content-Type", "multipart/report") if one > begun]
        numbers = found[:_MOST_REPORTS]
        return [box.fetch(one, _MOST_BYTES) for one in numbers], f"{numbering}:{numbers[-1] if numbers else begun}"


def bounces_in(content: bytes) -> Iterator[Bounce]:
    """What a delivery report says was not delivered; nothing for another message, or for a delay."""
    try:
        report = email.message_from_bytes(content, policy=email.policy.compat32)
        parts = list(report.walk())
    except (MessageError, ValueError, RecursionError):
        return
    message_id = _original(parts)
    if report.get_content_type() != "multipart/report" or not message_id:
        return
    for part in parts:
        inner: Any = part.get_payload()
        if part.get_content_type() == "message/delivery-status" and isinstance(inner, list):
            for recipient in inner[1:]:
                address = _value(recipient, "Original-Recipient") or _value(recipient, "Final-Recipient")
                if address and str(recipient.get("Action", "")).strip().lower() == "failed":
                    words = _value(recipient, "Diagnostic-Code") or str(recipient.get("Status", ""))
                    yield Bounce(message_id, address, words)


def _original(parts: list[Message]) -> str:
    """The Message-ID of the message that the report is about, from the copy or the headers that it holds."""
    for part in parts:
        kind = part.get_content_type()
        inner: Any = part.get_payload()
        if kind == "message/rfc822" and isinstance(inner, list) and inner:
            return str(inner[0].get("Message-ID", "")).strip()
        if kind == "text/rfc822-headers":
            text = part.get_payload(decode=True)
            headers = email.message_from_bytes(text if isinstance(text, bytes) else b"", policy=email.policy.compat32)
            return str(headers.get("Message-ID", "")).strip()
    return ""


def _value(fields: Message, name: str) -> str:
    """`550 5.1.1 unknown` of `smtp; 550 5.1.1 unknown`, on one line."""
    text = " ".join(re.sub(r"[\x00-\x1f\x7f]", " ", str(fields.get(name, "")).partition(";")[2]).split())
    return text[:_LONGEST_WORDS]
