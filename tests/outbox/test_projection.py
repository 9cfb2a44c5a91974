"""The outbox follows the ledger: what changed is seen, and what was deleted comes back."""

from __future__ import annotations

from typing import Any

from processor import running
from processor.config import Config
from processor.form.steps import Form
from processor.life import Status
from processor.office import Office
from processor.outbox import projection
from tests.outbox.views import reopened, texts
from tests.support import FakeClock


def register(office: Office) -> Any:
    return reopened((office.config.folders.outbox / projection.REGISTER).read_bytes())


def test_the_register_shows_what_changed_since_it_was_written(office: Office, clock: FakeClock, drop: Any, company: Form) -> None:
    drop(company)
    running.one_pass(office)
    assert register(office)["Sessions"]["B3"].value == Status.SENT.label
    (row,) = office.ledger.sessions.list()
    before = [one.what for one in projection.tasks(office, [row])]
    office.ledger.sessions.set_status(row.id, "session", Status.ACCEPTED, "devis accepté")
    projection.refresh(office)
    assert register(office)["Sessions"]["B3"].value == Status.ACCEPTED.label
    clock.advance(days=70)  # past the session's start
    after = [one.what for one in projection.tasks(office, office.ledger.sessions.list())]
    assert "Session commencée sans accord signé" in after
    assert "Session commencée sans accord signé" not in before


def test_a_session_is_up_to_date_once_written_and_its_deleted_files_come_back(office: Office, drop: Any, company: Form) -> None:
    drop(company)
    running.one_pass(office)
    assert office.ledger.sessions.list(stale=True) == []
    folder = office.config.folders.outbox / "S2026-0001"
    files = {path: path.read_bytes() for path in folder.rglob("*.*") if path.suffix != ".xlsx"}
    assert {path.suffix for path in files} == {".pdf", ".docx", ".eml"}
    for path in files:
        path.unlink()
    assert projection.refresh(office) == []
    assert {path: path.read_bytes() for path in files} == files


def test_the_coordinators_mails_are_kept_as_files_too(office: Office, config: Config) -> None:
    office.config.coordinator.email = "coordination@organisme.example"
    (config.folders.inbox / "mauvais.xlsx").write_bytes(b"nothing")
    running.one_pass(office)
    folder = config.folders.outbox / "mails"
    (copy,) = folder.iterdir()
    assert copy.name.startswith("2026-11-24 10h00 Classeur à corriger – mauvais.xlsx")
    content = copy.read_bytes()
    copy.unlink()
    projection.refresh(office)
    assert copy.read_bytes() == content


def test_a_session_whose_files_are_refused_stays_to_be_written(office: Office, drop: Any, company: Form) -> None:
    drop(company)
    running.one_pass(office)
    (row,) = office.ledger.sessions.list()
    office.ledger.sessions.mark_stale(row.id)
    folder = office.config.folders.outbox / row.ref
    folder.rename(folder.with_name("ailleurs"))
    folder.write_bytes(b"")  # a file where the folder should be
    assert len(projection.refresh(office, look_for_missing=False)) == 1
    assert [one.id for one in office.ledger.sessions.list(stale=True)] == [row.id]


def test_a_workbook_is_written_again_on_the_days_that_change_what_it_says(
    office: Office, clock: FakeClock, drop: Any, company: Form
) -> None:
    drop(company)
    running.one_pass(office)
    path = office.config.folders.outbox / "S2026-0001" / "S2026-0001.xlsx"
    first = path.read_bytes()
    clock.advance(days=1)
    projection.refresh(office)
    assert path.read_bytes() == first, "nothing but the days left, which are formulas"
    clock.advance(days=7)  # the client has had the proposal for a week
    projection.refresh(office, look_for_missing=False)
    assert "Documents signés non reçus" in texts(reopened(path.read_bytes())["Vue d'ensemble"])
    clock.advance(days=60)
    projection.refresh(office)
    assert "Session commencée sans accord signé" in texts(reopened(path.read_bytes())["Vue d'ensemble"])


def test_a_session_that_is_over_is_left_alone_by_the_days(office: Office, clock: FakeClock, drop: Any, company: Form) -> None:
    drop(company)
    running.one_pass(office)
    office.ledger.sessions.set_status(1, "session", Status.DROPPED, "sans suite")
    projection.refresh(office)
    path = office.config.folders.outbox / "S2026-0001" / "S2026-0001.xlsx"
    before = path.stat().st_mtime_ns
    clock.advance(days=60)
    projection.refresh(office)
    assert path.stat().st_mtime_ns == before
