"""The state machines: which state may follow which. Everything else is a bug and raises.

A mail goes `planned → sending → sent | deferred | failed | in_doubt`. `sending` is committed just before the
message's bytes leave (see `processor/mail/sending.py`), so that whoever finds it there after a crash knows
that it may have left. `held` waits for a person, `in_doubt` for a look-up or a person. `sent` and `cancelled`
are final: nothing leads out of them, which is what keeps a mail from being doubled.
"""

from __future__ import annotations

from typing import Final

PLANNED: Final = "planned"
SENDING: Final = "sending"
SENT: Final = "sent"
DEFERRED: Final = "deferred"
FAILED: Final = "failed"
IN_DOUBT: Final = "in_doubt"
HELD: Final = "held"
CANCELLED: Final = "cancelled"

MAIL: Final[dict[str, frozenset[str]]] = {
    PLANNED: frozenset({SENDING, DEFERRED, FAILED, HELD, CANCELLED}),  # deferred, failed: refused before DATA
    SENDING: frozenset({SENT, DEFERRED, FAILED, IN_DOUBT}),
    DEFERRED: frozenset({SENDING, DEFERRED, FAILED, PLANNED, CANCELLED}),  # planned: a person says “now”
    IN_DOUBT: frozenset({SENT, DEFERRED, PLANNED, CANCELLED}),  # deferred: arrived, but not for everybody
    HELD: frozenset({PLANNED, CANCELLED}),
    FAILED: frozenset({PLANNED, CANCELLED}),
    SENT: frozenset(),
    CANCELLED: frozenset(),
}

QUEUED: Final = "queued"
RUNNING: Final = "running"
DONE: Final = "done"
QUARANTINED: Final = "quarantined"

JOB: Final[dict[str, frozenset[str]]] = {
    QUEUED: frozenset({RUNNING}),
    RUNNING: frozenset({DONE, QUEUED, QUARANTINED}),
    DONE: frozenset(),
    QUARANTINED: frozenset({QUEUED}),  # a person says “again”
}

GENERATED: Final = "generated"
SIGNED: Final = "signed"
REFUSED: Final = "refused"
REPLACED: Final = "replaced"

DOCUMENT: Final[dict[str, frozenset[str]]] = {
    GENERATED: frozenset({SENT, SIGNED, REFUSED, REPLACED}),
    SENT: frozenset({SIGNED, REFUSED, REPLACED}),
    SIGNED: frozenset({SENT, REFUSED, REPLACED}),  # sent: the note of the signature was a mistake
    REFUSED: frozenset({SENT, SIGNED, REPLACED}),
    REPLACED: frozenset(),
}


class IllegalTransition(Exception):
    """A state change that the machine does not know: a bug, or somebody else was faster."""

    def __init__(self, what: str, before: str, after: str) -> None:
        super().__init__(f"{what}: {before} → {after}")
        self.before = before
        self.after = after


def check(machine: dict[str, frozenset[str]], what: str, before: str, after: str) -> None:
    """Raise `IllegalTransition` unless `machine` lets `after` follow `before`."""
    if after not in machine[before]:
        raise IllegalTransition(what, before, after)
