"""Answers corrected without a new version: nothing is proposed nor signed again.

How to reach the trainees and trainers, which no document says; and anything once the training has begun. A fresh workbook (the one of the outbox) is taken as it is. Another one, the original form or an old copy, does not
bring back what was replaced since it was written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from processor.attendance import CHECKED, FACT
from processor.form.fields import Step, questions
from processor.form.steps import FIELD_SHEETS, TABLES, Form
from processor.ledger.rows import SessionRow
from processor.office import Office
from processor.session import Session
from processor.stages import CERTIFIED, TO_CERTIFY

REPLACED = "replaced_contacts"  # fact: what stood before, by answer (`trainees.0.email`), for the version that stands
CORRECTED_AT = "contacts_corrected_at"  # fact: when (UTC, ISO 8601)
_GROUPS = ("trainees", "trainers")


@dataclass
class Correction:
    """The corrected form, what changed and what was kept (French), the former values by answer, trainees by former key."""

    form: Form
    changed: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    replaced: dict[str, list[Any]] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)


def of_contacts(office: Office, row: SessionRow, dropped: Session, written: datetime | None) -> bool:
    """Take the corrections of a workbook that says what the version that stands says; whether anything changed.

    `written` says of when it is, if it is a session's own.
    """
    ledger, corrected_at = office.ledger, row.facts.get(CORRECTED_AT)
    fresh = written is not None and (corrected_at is None or datetime.fromisoformat(corrected_at) <= written)
    found = compared(office.session_of(row).form, dropped.form, {} if fresh else row.facts.get(REPLACED, {}))
    if found.kept:
        ledger.events.add(
            row.id, "session", None, "conflit", f"Plus récent que le classeur déposé, gardé : {' ; '.join(found.kept)}"
        )
    if not found.changed:
        return False
    ledger.versions.correct(row.id, found.form.model_dump_json())
    ledger.documents.rename_trainees(row.id, found.keys)
    former = row.facts.get(REPLACED, {})
    facts = {name: former.get(name, []) + values for name, values in found.replaced.items()}
    certified = row.facts.get(CERTIFIED)
    if certified:
        certified = {**certified, "people": _renamed(certified["people"], found.keys)}
    attendance = _renamed(row.facts.get(FACT, {}), found.keys)
    now = office.clock.now().isoformat()
    ledger.sessions.merge_facts(
        row.id, {REPLACED: {**former, **facts}, CORRECTED_AT: now, FACT: attendance or None, CERTIFIED: certified}
    )  # fmt: skip
    ledger.events.add(row.id, "session", None, "coordonnées", f"Coordonnées corrigées : {' ; '.join(found.changed)}")
    return True


def after_the_start(office: Office, row: SessionRow, dropped: Session) -> None:
    """The version that stands says what this workbook says; the papers of the end are made again where they change."""
    ledger, before = office.ledger, office.session_of(row).form
    after = dropped.form
    keys = {}
    if len(before.trainees) == len(after.trainees):
        keys = {old.key: new.key for old, new in zip(before.trainees, after.trainees, strict=True) if old.key != new.key}
    ledger.versions.correct(row.id, after.model_dump_json())
    ledger.documents.rename_trainees(row.id, keys)
    again = True if row.facts.get(CHECKED) else None
    attendance = _renamed(row.facts.get(FACT, {}), keys)
    ledger.sessions.merge_facts(row.id, {FACT: attendance or None, TO_CERTIFY: again})
    cause = f"Corrigé après le début, sans nouvelle proposition : {' ; '.join(_changed(before, after))}"
    ledger.events.add(row.id, "session", None, "corrigée", cause)


def _changed(before: Form, after: Form) -> list[str]:
    """The labels of the answers that differ, and the names of the tables."""
    found = []
    for sheet in FIELD_SHEETS:
        old, new = getattr(before, sheet.attribute), getattr(after, sheet.attribute)
        found += [asked.label for asked in questions(sheet.model) if getattr(old, asked.name) != getattr(new, asked.name)]
    return found + [table.title for table in TABLES if getattr(before, table.attribute) != getattr(after, table.attribute)]


def _renamed(by_trainee: Mapping[str, Any], keys: Mapping[str, str]) -> dict[str, Any]:
    return {keys.get(key, key): value for key, value in by_trainee.items()}


def compared(standing: Form, dropped: Form, replaced: Mapping[str, list[Any]]) -> Correction:
    """The standing form with the dropped one's contacts, but for values that were `replaced` since. Pure."""
    found = Correction(standing)
    rows: dict[str, list[Step]] = {}
    for group in _GROUPS:
        rows[group] = []
        for place, (old, new) in enumerate(zip(getattr(standing, group), getattr(dropped, group), strict=True)):
            rows[group].append(_row(found, f"{group}.{place}", old, new, replaced))
    found.form = standing.model_copy(update=rows)
    for before, after in zip(standing.trainees, found.form.trainees, strict=True):
        if before.key != after.key:
            found.keys[before.key] = after.key
    return found


def _row(found: Correction, place: str, old: Step, new: Step, replaced: Mapping[str, list[Any]]) -> Step:
    taken: dict[str, Any] = {}
    for asked in questions(type(old)):
        before, after = getattr(old, asked.name), getattr(new, asked.name)
        if asked.question.printed or before == after:
            continue
        answer, told = f"{place}.{asked.name}", f"{_who(old)}, {asked.label} : {before or 'rien'}"
        if after in replaced.get(answer, []):
            found.kept.append(told)
        else:
            taken[asked.name] = after
            found.changed.append(f"{told} → {after or 'rien'}")
            found.replaced[answer] = [before]
    return old.model_copy(update=taken)


def _who(row: Step) -> str:
    return str(getattr(row, "full_name", None) or getattr(row, "name", ""))
