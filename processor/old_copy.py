"""A copy of a session's workbook older than the version that stands: what it would undo without meaning to. Pure.

Each version knows the answers that it brought. What was corrected after the copy was written, and stands in the copy
as before, was not edited by whoever drops it: her other edits are welcome, this one is not one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from processor.form.reading import Path
from processor.form.steps import Form, answers_of
from processor.ledger.rows import VersionRow


def basis(versions: Sequence[VersionRow], written: datetime | None) -> VersionRow | None:
    """The version that a workbook written at this time shows, if a later one stands; versions oldest first."""
    shown = [one for one in versions if written is not None and one.created_at <= written]
    return shown[-1] if shown and shown[-1].number < versions[-1].number else None


def undone(shown: Form, standing: Form, dropped: Form, *, also_overwritten: bool) -> Iterator[Path]:
    """The answers (a table as a whole) that were corrected since and that the dropped form still has as shown.

    With `also_overwritten` those too that it corrects otherwise: somebody else's word, in another file.
    """

    def reverts(before: Any, now: Any, here: Any) -> bool:
        return bool(before != now != here and (here == before or also_overwritten))

    before, now, here = (answers_of(one, printed=True) for one in (shown, standing, dropped))
    for group, answers in before.items():
        if isinstance(answers, list):
            if reverts(answers, now[group], here[group]):
                yield (group,)
        else:
            yield from ((group, name) for name in answers if reverts(answers[name], now[group][name], here[group][name]))
