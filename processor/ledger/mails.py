"""Mails: a row before it is a mail, its bytes frozen, every change of state checked and told in the timeline."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, func, select, update

from processor.ledger import states
from processor.ledger.blobs import Blobs
from processor.ledger.documents import Documents
from processor.ledger.journal import Events
from processor.ledger.rows import MailRow, NewRecipient, RecipientRow, build, stamp
from processor.ledger.statements import Statement, add, change
from processor.ledger.store import Store
from processor.ledger.tables import mails, recipients, sessions

BOUNCED = "bounced"  # a recipient's state: accepted, then not delivered
Answer = tuple[str, int | None, str]  # a recipient's state (accepted, deferred, refused), code, server's words

_BY_ID = Statement(select(mails).where(mails.c.id == bindparam("id")))
_BY_KEY = Statement(select(mails).where(mails.c.key == bindparam("key")))
_OF_SESSION = Statement(select(mails).where(mails.c.session_id == bindparam("session")).order_by(mails.c.id))
_IN_STATE = Statement(select(mails).where(mails.c.state == bindparam("state")).order_by(mails.c.id))
_DUE = Statement(
    select(mails)
    .where(
        (mails.c.state == states.PLANNED) | ((mails.c.state == states.DEFERRED) & (mails.c.next_attempt_at <= bindparam("now")))
    )
    .order_by(mails.c.id)
)
_LEFT = Statement(select(mails.c.id, mails.c.session_id).where(mails.c.kind == bindparam("kind"), mails.c.state == states.SENT))
_LATEST_OF_VERSION = Statement(
    select(mails.c.session_id, mails.c.id, mails.c.state)
    .join(sessions, (sessions.c.id == mails.c.session_id) & (sessions.c.version == mails.c.version))
    .where(sessions.c.status == bindparam("status"), mails.c.kind == bindparam("kind"))
    .order_by(mails.c.id)
)
_COUNTS = Statement(select(mails.c.state, func.count()).group_by(mails.c.state))
_RECIPIENTS = Statement(select(recipients).where(recipients.c.mail_id == bindparam("mail")).order_by(recipients.c.id))
_ANSWERED = Statement(
    update(recipients)
    .where(recipients.c.mail_id == bindparam("mail"), recipients.c.address == bindparam("whose"))
    .values(state=bindparam("state"), code=bindparam("code"), words=bindparam("words"))
)


class Mails:
    def __init__(self, store: Store, blobs: Blobs, events: Events, documents: Documents) -> None:
        self._store = store
        self._blobs = blobs
        self._events = events
        self._documents = documents

    def plan(
        self, *, key: str, session_id: int | None, version: int | None, kind: str, subject: str, message_id: str,
        content: bytes, attachments: Sequence[str], to: Sequence[NewRecipient],
    ) -> MailRow:  # fmt: skip
        """Write the intent to send; the mail of the same `key` is returned if it was planned before."""
        with self._store.transaction() as connection:
            known = _BY_KEY.first(connection, key=key)
            if known is not None:
                return build(MailRow, known)
            now = self._store.now()
            mail_id = add(
                connection, mails, key=key, session_id=session_id, version=version, kind=kind, subject=subject,
                message_id=message_id, sha256=self._blobs.put(content),
                attachments=json.dumps(list(attachments), ensure_ascii=False), state=states.PLANNED,
                attempts=0, planned_at=now, queued_at=now, released=False, resend_of_doubt=False,
            )  # fmt: skip
            for one in to:
                add(connection, recipients, mail_id=mail_id, state="planned", **vars(one))
            self._events.add(session_id, "mail", None, states.PLANNED, f"« {subject} » mis en file")
            return self.get(mail_id)

    def known(self, key: str) -> bool:
        """Whether the mail of this `key` was planned, whatever became of it."""
        with self._store.reading() as connection:
            return connection.scalar(select(mails.c.id).where(mails.c.key == key)) is not None

    def get(self, mail_id: int) -> MailRow:
        """The mail; raises `KeyError` if there is none."""
        with self._store.reading() as connection:
            row = _BY_ID.first(connection, id=mail_id)
        if row is None:
            raise KeyError(mail_id)
        return build(MailRow, row)

    def content(self, mail: MailRow) -> bytes:
        """The frozen bytes."""
        return self._blobs.get(mail.sha256)

    def recipients(self, mail_id: int) -> list[RecipientRow]:
        with self._store.reading() as connection:
            return [build(RecipientRow, row) for row in _RECIPIENTS.rows(connection, mail=mail_id)]

    def with_recipients(self) -> list[tuple[MailRow, list[RecipientRow]]]:
        """Every mail, newest first, with its recipients."""
        known: dict[int, list[RecipientRow]] = {}
        with self._store.reading() as connection:
            for row in connection.execute(select(recipients).order_by(recipients.c.id)):
                known.setdefault(row.mail_id, []).append(build(RecipientRow, row))
        return [(mail, known.get(mail.id, [])) for mail in self._rows(select(mails).order_by(mails.c.id.desc()))]

    def with_refusals(self) -> list[tuple[MailRow, list[RecipientRow]]]:
        """Mails that left and did not reach all of their recipients (refused, or bounced since), oldest first."""
        refused = select(recipients.c.mail_id).where(recipients.c.state.in_(("refused", BOUNCED)))
        found = self._rows(select(mails).where(mails.c.state == states.SENT, mails.c.id.in_(refused)).order_by(mails.c.id))
        return [(mail, self.recipients(mail.id)) for mail in found]

    def left(self, kind: str) -> dict[int, int | None]:
        """The mails of this kind that left, each with its session."""
        with self._store.reading() as connection:
            return dict(_LEFT.rows(connection, kind=kind))

    def last_sent(self, kind: str) -> dict[int, datetime]:
        """By session: when the last mail of this kind left."""
        query = (
            select(mails.c.session_id, func.max(mails.c.finished_at))
            .where(mails.c.kind == kind, mails.c.state == states.SENT, mails.c.session_id.is_not(None))
            .group_by(mails.c.session_id)
        )
        with self._store.reading() as connection:
            return {row[0]: datetime.fromisoformat(row[1]) for row in connection.execute(query) if row[1]}

    def latest_of_version(self, kind: str, status: str) -> dict[int, tuple[int, str]]:
        """By session in `status`: id and state of the last mail of this kind for the version that stands."""
        with self._store.reading() as connection:
            found = _LATEST_OF_VERSION.rows(connection, kind=kind, status=status)
            return {session_id: (mail_id, state) for session_id, mail_id, state in found}

    def all(self, *wanted: str) -> list[MailRow]:
        """Mails in the `wanted` states (all without any), oldest first."""
        if len(wanted) == 1:
            with self._store.reading() as connection:
                return [build(MailRow, row) for row in _IN_STATE.rows(connection, state=wanted[0])]
        query = select(mails).order_by(mails.c.id)
        return self._rows(query.where(mails.c.state.in_(wanted)) if wanted else query)

    def of_session(self, session_id: int) -> list[MailRow]:
        with self._store.reading() as connection:
            return [build(MailRow, row) for row in _OF_SESSION.rows(connection, session=session_id)]

    def of_no_session(self) -> list[MailRow]:
        """Mails about no session, which go to the coordinator."""
        return self._rows(select(mails).where(mails.c.session_id.is_(None)).order_by(mails.c.id))

    def due(self) -> list[MailRow]:
        """Planned mails, and deferred ones whose time has come."""
        with self._store.reading() as connection:
            return [build(MailRow, row) for row in _DUE.rows(connection, now=self._store.now())]

    def counts(self) -> dict[str, int]:
        """How many mails are in each state."""
        with self._store.reading() as connection:
            return dict(_COUNTS.rows(connection))

    def begin_sending(self, mail_id: int) -> None:
        """Committed just before DATA: from here the message may have left."""
        self._move(mail_id, states.SENDING, "", attempted=True, sending_at=self._store.now())

    def sent(self, mail_id: int, answers: Mapping[str, Answer], code: int | None, words: str) -> None:
        """Accepted by the server, and with it the documents that it carries."""
        with self._store.transaction():
            self._answers(mail_id, answers)
            mail = self._move(mail_id, states.SENT, words, code=code, finished_at=self._store.now(), next_attempt_at=None)
            self._documents.left_with(mail)

    def deferred(self, mail_id: int, next_attempt: datetime, answers: Mapping[str, Answer], code: int | None, words: str) -> None:
        """To be tried again at `next_attempt`; an attempt that never reached DATA is counted here."""
        with self._store.transaction():
            self._answers(mail_id, answers)
            uncounted = self.get(mail_id).state != states.SENDING
            self._move(
                mail_id, states.DEFERRED, words, attempted=uncounted, code=code, next_attempt_at=stamp(next_attempt)
            )  # fmt: skip

    def failed(self, mail_id: int, answers: Mapping[str, Answer], code: int | None, words: str) -> None:
        with self._store.transaction():
            self._answers(mail_id, answers)
            self._move(mail_id, states.FAILED, words, code=code, finished_at=self._store.now(), next_attempt_at=None)

    def in_doubt(self, mail_id: int, words: str) -> None:
        """The bytes may have left, and no answer says so."""
        self._move(mail_id, states.IN_DOUBT, words)

    def found_sent(self, mail_id: int, words: str) -> None:
        """The look-up found the message where sent mail is kept."""
        answers = {one.address: ("accepted", None, words) for one in self.recipients(mail_id) if one.state == "planned"}
        self.sent(mail_id, answers, None, words)

    def bounced(self, message_id: str, address: str, words: str) -> bool:
        """A later server could not deliver it to this address; False if that is known, or no mail of ours.

        A mail in doubt that comes back had left. An address that was rewritten on the way is the only recipient's.
        """
        with self._store.transaction() as connection:
            mail = next(iter(self._rows(select(mails).where(mails.c.message_id == message_id))), None)
            if mail is None or mail.state not in (states.SENT, states.IN_DOUBT):
                return False
            if mail.state == states.IN_DOUBT:
                self.found_sent(mail.id, "parti : un avis de non-remise en est revenu")
            everybody = self.recipients(mail.id)
            meant = [one for one in everybody if one.address.casefold() == address.casefold()]
            one = next(iter(meant or (everybody if len(everybody) == 1 else ())), None)
            if one is None or one.state == BOUNCED:
                return False
            connection.execute(update(recipients).where(recipients.c.id == one.id).values(state=BOUNCED, words=words))
            self._events.add(
                mail.session_id, "mail", mail.state, "rebond", f"« {mail.subject} » non remis à {one.address} : {words}"
            )
            return True

    def again(self, mail_id: int, cause: str, *, doubt: bool = False) -> None:
        """Back in the queue with the same bytes and Message-ID: a person's word, or a doubt that is settled."""
        mail = self.get(mail_id)
        self._move(
            mail_id, states.PLANNED, cause, queued_at=self._store.now(), next_attempt_at=None, finished_at=None,
            released=True, resend_of_doubt=doubt or mail.state == states.IN_DOUBT,
        )  # fmt: skip

    def hold(self, mail_id: int, cause: str) -> None:
        """Over the cap of a run: a person releases it."""
        self._move(mail_id, states.HELD, cause)

    def cancel(self, mail_id: int, cause: str) -> None:
        self._move(mail_id, states.CANCELLED, cause, finished_at=self._store.now())

    def cancel_waiting(self, session_id: int, kinds: Collection[str], cause: str, *, before: int | None = None) -> int:
        """Mails of these kinds that have not left never will; only those of versions before `before`. Returns how many."""
        waiting = (states.PLANNED, states.DEFERRED, states.HELD)
        old = [
            mail
            for mail in self.of_session(session_id)
            if mail.kind in kinds and mail.state in waiting and (before is None or (mail.version or 0) < before)
        ]
        for mail in old:
            self.cancel(mail.id, cause)
        return len(old)

    def _rows(self, query: Select[Any]) -> list[MailRow]:
        with self._store.reading() as connection:
            return [build(MailRow, row) for row in connection.execute(query)]

    def _answers(self, mail_id: int, answers: Mapping[str, Answer]) -> None:
        with self._store.transaction() as connection:
            for address, (state, code, words) in answers.items():
                _ANSWERED.run(connection, mail=mail_id, whose=address, state=state, code=code, words=words)

    def _move(self, mail_id: int, after: str, cause: str, *, attempted: bool = False, **values: Any) -> MailRow:
        """A checked change of state, told in the timeline; the mail as it was before."""
        with self._store.transaction() as connection:
            mail = self.get(mail_id)
            states.check(states.MAIL, f"mail {mail_id}", mail.state, after)
            if cause:
                values["words"] = cause
            if attempted:
                values["attempts"] = mail.attempts + 1
            change(connection, mails, mail_id, state=after, **values)
            whom = ", ".join(one.name or one.address for one in self.recipients(mail_id))
            self._events.add(mail.session_id, "mail", mail.state, after, f"« {mail.subject} » à {whom} : {cause}".rstrip(" :"))
            return mail
