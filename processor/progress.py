"""Where the facts noted on « Suivi » put a session, on its own track and on the funder's. Pure.

Both are read from all the facts together, so that an entry that is corrected or emptied takes back what it had
established. What time or the post has done since (convoquée, en cours, terminée) is not undone by a blank cell.
"""

from __future__ import annotations

from datetime import date

from processor.billing import pays_organisation
from processor.form.followup import FollowUp, FunderAnswer
from processor.life import SIDE_EXITS, Funding, Status, reached
from processor.session import Session

_BEFORE_THE_PROPOSAL = (Status.DRAFT, Status.TO_CORRECT, Status.TO_VALIDATE, Status.SENDING)


def status_of(answers: FollowUp, status: str, former: str | None, session: Session, today: date) -> str:
    """The session's state, from the one where it stands; `former` is the one before it was cancelled, dropped or postponed."""
    if answers.cancelled_on:
        return Status.CANCELLED
    if answers.dropped_on:
        return Status.DROPPED
    if answers.postponed_to and answers.postponed_to != session.start:
        return Status.POSTPONED
    if answers.paid_on and session.end < today:
        return Status.CLOSED
    here = Status.ENDED if status == Status.CLOSED else (former or Status.SENT) if status in SIDE_EXITS else status
    if here in _BEFORE_THE_PROPOSAL or reached(here, Status.CONVENED):
        return here
    return _agreed(answers) or Status.SENT


def _agreed(answers: FollowUp) -> Status | None:
    """How far the client and the organisation agree."""
    if answers.confirmed_on:
        return Status.CONFIRMED
    if answers.signed_on:
        return Status.SIGNED
    return Status.ACCEPTED if answers.accepted_on else None


def funding_of(answers: FollowUp, funding: str, session: Session) -> str:
    """The funder's state; « sans objet » stays. Money that comes to the client is not ours to call paid."""
    if funding == Funding.NONE:
        return funding
    if answers.paid_on and answers.funder_answer != FunderAnswer.REFUSED and pays_organisation(session):
        return Funding.PAID
    if answers.funder_answer:
        return answers.funder_answer.value
    return Funding.FILED if answers.funding_filed_on else Funding.TO_FILE
