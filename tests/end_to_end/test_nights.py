"""What the night does beside mails: documents made again, persons forgotten, its one page."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from processor import nightly, running
from processor.config import resources
from processor.form.choices import ClientType, Funder
from processor.form.example import example
from processor.form.steps import Form
from processor.life import Status
from processor.office import Office
from tests.conftest import TODAY
from tests.support import FakeClock

Drop = Callable[..., Path]


def states(office: Office) -> list[tuple[str, str]]:
    return [(one.kind, one.state) for one in office.ledger.documents.of_session(1)]


def change_template(office: Office, name: str, former: str, now: str) -> None:
    """The coordinator edits a template in Word."""
    source = zipfile.ZipFile(io.BytesIO((resources() / "templates" / name).read_bytes()))
    target = office.config.folders.templates / name
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for member in source.namelist():
            content = source.read(member)
            made.writestr(member, content.replace(former.encode(), now.encode()) if member == "word/document.xml" else content)


def without_ticks(form: Form) -> Form:
    return form.model_copy(update={"recap": form.recap.model_copy(update={"send": False})})


def test_a_changed_template_replaces_what_has_not_left(office: Office, drop: Drop, company: Form) -> None:
    drop(without_ticks(company))
    running.one_pass(office)
    change_template(office, "devis.docx", "Bon pour accord", "Bon pour accord ferme")

    night = nightly.run(office)

    assert any("modèle a changé" in line for line in night.lines)
    assert sorted(states(office)) == [
        ("convention", "generated"), ("devis", "generated"), ("devis", "replaced"), ("programme", "generated"),
    ]  # fmt: skip
    assert not office.ledger.mails.all()
    assert nightly.run(office).lines == []


def test_what_the_client_holds_stands_until_the_new_one_leaves(office: Office, drop: Drop, company: Form) -> None:
    drop(company)
    running.one_pass(office)
    folder = office.config.folders.outbox / "S2026-0001" / "documents"
    held = {path.name: path.read_bytes() for path in folder.glob("*.pdf")}
    change_template(office, "devis.docx", "Bon pour accord", "Bon pour accord ferme")

    nightly.run(office)

    assert ("devis", "sent") in states(office)
    assert ("devis", "generated") in states(office)
    assert len(office.ledger.mails.all()) == 1, "nothing is mailed by itself"
    assert {name: (folder / name).read_bytes() for name in held} == held
    assert len(list(folder.glob("Devis*.pdf"))) == 2


def test_a_signed_document_and_a_broken_template_change_nothing(office: Office, drop: Drop, company: Form) -> None:
    drop(company)
    running.one_pass(office)
    (office.config.folders.templates / "programme.docx").write_bytes(b"not a Word file")
    assert nightly.run(office).lines == []
    office.ledger.sessions.set_status(1, "session", Status.SIGNED, "reçue")
    change_template(office, "devis.docx", "Bon pour accord", "Bon pour accord ferme")
    before = states(office)
    nightly.run(office)
    assert states(office) == before


@pytest.fixture
def closed(office: Office, drop: Drop, company: Form, config: object, clock: FakeClock) -> Office:
    """Two sessions, one closed; the other shares its programme's PDF with nobody but its client with the first."""
    drop(company)
    private = example(ClientType.PRIVATE, Funder.OWN_FUNDS, TODAY, office.config)
    drop(private, "autre.xlsx")
    running.one_pass(office)
    for row in office.ledger.sessions.list():
        if row.title == company.session.title:
            office.ledger.sessions.set_status(row.id, "session", Status.CLOSED, "payée")
    office.config.retention.months_after_end = 36
    return office


def persons_in(office: Office) -> str:
    """Every text of the database."""
    found = []
    with office.ledger.store.reading() as connection:
        for table in ("sessions", "versions", "mails", "recipients", "documents", "events", "jobs", "rejections", "meta"):
            found += [repr(tuple(row)) for row in connection.execute(text(f"select * from {table}"))]
    return "\n".join(found)


def test_persons_are_forgotten_when_their_time_is_up_and_the_figures_stay(closed: Office, clock: FakeClock) -> None:
    office = closed
    gone = next(row for row in office.ledger.sessions.list() if row.status == Status.CLOSED)
    other = next(row for row in office.ledger.sessions.list() if row.status != Status.CLOSED)
    before = office.session_of(gone)
    kept = {path: path.read_bytes() for path in (office.config.folders.outbox / other.ref).rglob("*.pdf")}
    clock.advance(days=(before.end - TODAY).days + 3 * 365)
    assert any("seront" in line or "effacées le" in line for line in nightly.run(office).lines), "announced within the week"
    clock.advance(days=8)

    night = nightly.run(office)

    assert f"{gone.ref} : données personnelles effacées" in night.lines
    assert not {"ALICE", "BRUNO", "DOMINIQUE", "ALIX"} & set(re.findall(r"\w+", persons_in(office).upper()))
    assert "stagiaire@atelier" not in persons_in(office)
    assert not (office.config.folders.outbox / gone.ref).exists()
    assert {path: path.read_bytes() for path in kept} == kept
    row = office.ledger.sessions.get(gone.id)
    after = office.session_of(row)
    assert (after.trainee_count, after.hours, after.price.total_cents, after.funder) == (
        before.trainee_count, before.hours, before.price.total_cents, before.funder,
    )  # fmt: skip
    assert (row.total_cents, row.start) == (gone.total_cents, gone.start)
    assert not list((office.config.folders.inbox / "traites").rglob("dépôt*.xlsx"))
    assert list((office.config.folders.inbox / "traites").rglob("autre*.xlsx"))
    assert not any("données personnelles" in line for line in nightly.run(office).lines)
    office.ledger.sessions.mark_stale()
    nightly.run(office)
    assert not (office.config.folders.outbox / gone.ref).exists(), "what is forgotten is not written again"


def test_a_crash_between_files_and_ledger_is_made_good_the_next_night(
    closed: Office, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = closed
    clock.advance(days=60 + 3 * 366 + 10)

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(office.ledger.retention, "forget", die)
        with pytest.raises(KeyboardInterrupt):
            nightly.run(office)
    assert "stagiaire@atelier" in persons_in(office)
    nightly.run(office)
    assert "stagiaire@atelier" not in persons_in(office)


def test_without_a_configured_age_nothing_is_forgotten(closed: Office, clock: FakeClock) -> None:
    closed.config.retention.months_after_end = None
    clock.advance(days=4000)
    nightly.run(closed)
    assert "stagiaire@atelier" in persons_in(closed)


def test_each_night_leaves_its_page_and_a_month_of_them_is_kept(
    office: Office, drop: Drop, company: Form, clock: FakeClock
) -> None:
    drop(company)
    nightly.run(office)
    folder = office.config.folders.outbox / "nuits"
    (page,) = folder.glob("*.txt")
    shown = page.read_text(encoding="utf-8").replace("\u00a0", " ")
    assert page.name == "2026-11-24.txt"
    assert "Nuit du mardi 24 novembre 2026" in shown
    assert "1 classeur, 3 documents (embedded)" in shown
    assert "1 e-mail envoyé" in shown
    first = office.today
    for number in range(1, 33):
        (folder / f"{first - timedelta(days=number)}.txt").write_text("avant", encoding="utf-8")
    nightly.run(office)
    assert len(list(folder.glob("*.txt"))) == 30


def test_a_night_that_fails_says_so_on_its_page_and_by_its_heartbeat(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> list[str]:
        raise RuntimeError("panne")

    monkeypatch.setattr(nightly, "rerender", fail)
    with pytest.raises(RuntimeError):
        nightly.run(office)
    assert "panne" in (office.config.folders.outbox / "nuits" / "2026-11-24.txt").read_text(encoding="utf-8")
    assert '"ok": false' in (office.config.folders.state / "heartbeat.json").read_text(encoding="utf-8")
