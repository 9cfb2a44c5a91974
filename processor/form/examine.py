"""From dropped bytes to a session or findings: open, read, complete from the catalogue, apply the rules."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from processor.config import Config
from processor.errors import UnreadableWorkbook
from processor.form import catalogue, rules
from processor.form.findings import Finding, has_errors
from processor.form.opening import WorkbookReader
from processor.form.raw import RawWorkbook
from processor.form.reading import Reading, in_order, read
from processor.form.steps import Form
from processor.session import Session


@dataclass(frozen=True)
class Examined:
    """What a workbook holds: the session (complete only without errors), the findings; if it opened, its cells and
    where each answer stands."""

    session: Session
    findings: list[Finding]
    raw: RawWorkbook | None = None
    reading: Reading | None = None

    @property
    def ok(self) -> bool:
        return not has_errors(self.findings)


def examine(content: bytes, name: str, *, reader: WorkbookReader, config: Config, today: date) -> Examined:
    """Everything that can be said about this workbook on this (local) day. Never raises for what people typed."""
    try:
        raw = reader.read(content, name)
    except UnreadableWorkbook as problem:
        finding = Finding("error", problem.code, str(problem))
        return Examined(Session(Form(), config, today=today), [finding])
    return judge(read(raw), raw, config, today)


def judge(reading: Reading, raw: RawWorkbook | None, config: Config, today: date) -> Examined:
    """Catalogue and rules over a reading."""
    form, remarks = _completed(reading, config)
    reading = replace(reading, form=form, findings=[*reading.findings, *remarks])
    session = Session(form, config, ref=form.type.reference or "", today=today)
    if any(finding.code == "not_a_form" for finding in reading.findings):
        return Examined(session, reading.findings, raw, reading)
    broken = rules.broken_rules(rules.Case(reading, session, today))
    return Examined(session, in_order([*reading.findings, *broken]), raw, reading)


def _completed(reading: Reading, config: Config) -> tuple[Form, list[Finding]]:
    """The programme's blank fields filled from the course catalogue."""
    code = reading.form.session.course_code
    if not code:
        return reading.form, []
    courses = catalogue.courses(config.template(catalogue.FILE))
    known = courses.get(code.casefold())
    if known is None:
        listed = ", ".join(sorted(courses)) or "aucun"
        message = f"Le code « {code} » n’est pas au catalogue (codes connus : {listed.upper()}) : corrigez-le ou remplissez le programme."
        return reading.form, [reading.finding("warning", "course_code", ("session", "course_code"), message)]
    given: dict[str, Any] = {name: value for name, value in reading.form.session.__dict__.items() if value is not None}
    session = type(reading.form.session).model_validate(known | given)
    return reading.form.model_copy(update={"session": session}), []
