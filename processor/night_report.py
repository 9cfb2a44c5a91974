"""One page a night in `outbox/nuits`: what was done, what waits and why. Written after a failure too."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from processor import typography as fr
from processor.errors import OutboxError
from processor.life import MAIL
from processor.office import Office
from processor.outbox.files import write_atomically

if TYPE_CHECKING:
    from processor.nightly import Night

FOLDER = "nuits"
_KEPT = 30  # nights
_LONGEST = 40  # lines of one block: a page is read, a list is not


def write(office: Office, night: Night, error: BaseException | None = None) -> str:
    """Write the page of `night`; returns the sentence about `error`, empty without one."""
    trouble = f"Le passage de nuit s’est arrêté : {error or type(error).__name__}" if error is not None else ""
    folder = office.config.folders.outbox / FOLDER
    path = folder / f"{night.day.isoformat()}.txt"
    with suppress(OutboxError):  # an unreachable outbox is told by the heartbeat and the exit code
        before = path.read_bytes() if path.exists() else b""  # a second run the same night adds to the page
        write_atomically(path, b"\n\n".join(part for part in (before, _page(office, night, trouble).encode()) if part))
        for old in sorted(folder.glob("????-??-??.txt"))[:-_KEPT]:
            old.unlink(missing_ok=True)
    return trouble


def _page(office: Office, night: Night, trouble: str) -> str:
    last, mails = night.last, night.last.mails
    waiting = [f"{MAIL[state].capitalize()} : {number}" for state, number in _unsent(office).items()]
    waiting += [f"{one.path.name} : {one.why}" for one in last.waiting]
    waiting += [f"{one.path} : {one.error}" for one in office.ledger.jobs.all("queued") if one.error]
    facts = [
        f"{fr.count(last.outcomes.total(), 'classeur')}, {fr.count(last.documents, 'document')} ({last.engine or 'aucun moteur'})",
        f"{fr.count(mails.sent, 'e-mail envoyé', 'e-mails envoyés')}, {mails.deferred} différé(s), {mails.failed} rejeté(s)",
        f"Passage de {fr.number(round(last.seconds))} s, terminé le {fr.moment(office.now)}",
    ]
    blocks = {
        "Arrêt": [trouble] if trouble else [],
        "Bilan": facts,
        "Fait cette nuit": night.lines or ["rien de plus"],
        "En attente": waiting,
        "Ennuis": last.troubles,
    }
    title = f"Nuit du {fr.week_day(night.day)} – {office.config.organisation.name}"
    page = [title, "=" * len(title)]
    for name, lines in blocks.items():
        if lines:
            more = [f"- … et {len(lines) - _LONGEST} autres"] if len(lines) > _LONGEST else []
            page += ["", name, "-" * len(name), *(f"- {line}" for line in lines[:_LONGEST]), *more]
    return fr.spaced("\n".join(page)) + "\n"


def _unsent(office: Office) -> dict[str, int]:
    """How many mails have not left, by state."""
    counts = office.ledger.mails.counts()
    return {state: counts[state] for state in ("planned", "deferred", "held", "in_doubt", "failed") if counts.get(state)}
