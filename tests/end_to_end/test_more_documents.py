"""Documents added by config.yaml alone: for whom, when, with which mail; and nobody gets what is not his."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from openpyxl import load_workbook

from processor import running
from processor.config import ExtraDocument
from processor.documents.house.parts import document, p, title
from processor.form.steps import Form
from processor.office import Office
from tests.conftest import TODAY
from tests.end_to_end.desk import Desk
from tests.support import FakeClock

Drop = Callable[..., Path]


@pytest.fixture
def desk(office: Office, clock: FakeClock, drop: Drop, company: Form) -> Desk:
    config = office.config
    rows = [
        {
            "name": "Conditions générales",
            "template": "cgv.docx",
            "for": "client",
            "when": "proposal",
            "client_types": ["entreprise"],
        },
        {"name": "Notice CPF", "template": "cgv.docx", "for": "client", "when": "proposal", "funders": ["cpf"]},
        {"name": "Badge", "template": "badge.docx", "for": "trainee", "when": "convocation"},
        {"name": "Plan d’accès", "template": "plan.docx", "for": "trainee", "when": "convocation", "attach_to": "veille"},
        {"name": "Consignes", "template": "plan.docx", "for": "trainer", "when": "convocation"},
    ]
    config.documents += [ExtraDocument.model_validate(row) for row in rows]
    (config.folders.templates / "cgv.docx").write_bytes(document(title("Conditions générales", "{{ client_nom }}")))
    (config.folders.templates / "badge.docx").write_bytes(document(p("{{ stagiaire.nom_complet }}")))
    (config.folders.templates / "plan.docx").write_bytes(document(p("{{ lieu }}")))
    drop(company)
    running.one_pass(office)
    return Desk(office, clock)


def names(desk: Desk, kind: str) -> list[set[str]]:
    return [desk.attached(mail) for mail in desk.mails(kind)]


def test_each_goes_with_its_mail_to_its_readers(desk: Desk) -> None:
    assert names(desk, "proposition") == [{"devis", "convention", "programme", "conditions"}]
    desk.note({"Convention signée le": TODAY})
    desk.nights(date(2027, 1, 12), every=10)
    desk.nights(date(2027, 1, 24))
    assert names(desk, "convocation") == [{"convocation", "programme", "règlement", "badge", "agenda.ics"}] * 5
    assert names(desk, "veille") == [{"plan"}] * 5
    assert names(desk, "intervention") == [{"feuille", "programme", "consignes", "agenda.ics"}]
    for mail in desk.mails("convocation"):
        (to,) = desk.office.ledger.mails.recipients(mail.id)
        (badge,) = [name for name in mail.attachments if name.startswith("Badge")]
        assert badge.endswith(f"{to.name}.pdf")
    assert len(list((desk.folder / "documents").glob("Badge*.pdf"))) == 5
    assert len(list((desk.folder / "documents").glob("Plan*.pdf"))) == 1, "what names no trainee is one file for all"


def test_a_broken_one_holds_its_session_with_a_clear_word(desk: Desk) -> None:
    desk.note({"Convention signée le": TODAY})
    (desk.office.config.folders.templates / "plan.docx").write_bytes(document(p("{{ lieux }}")))
    desk.nights(date(2027, 1, 18), every=55)
    assert not desk.mails("convocation")
    page = (desk.folder.parent / "nuits" / "2027-01-18.txt").read_text(encoding="utf-8")
    assert "plan.docx" in page
    assert "lieux" in page
    (desk.office.config.folders.templates / "plan.docx").write_bytes(document(p("{{ lieu }}")))
    desk.nights(date(2027, 1, 19))
    assert len(desk.mails("convocation")) == 5


def write_to(desk: Desk, whom: str, documents: str) -> None:
    """One line under « Écrire à », dropped."""
    with desk.edited() as book:
        sheet = book["Messagerie"]
        head = next(cell for row in sheet.iter_rows() for cell in row if cell.value == "Destinataires")
        columns = {sheet.cell(head.row, column).value: column for column in range(1, 6)}
        for label, value in (
            ("Destinataires", whom),
            ("Objet", "Un mot"),
            ("Texte", "Bonjour."),
            ("Documents joints", documents),
        ):
            sheet.cell(head.row + 1, columns[label]).value = value


def test_a_message_carries_what_its_reader_may_see(desk: Desk) -> None:
    write_to(desk, "Client", "Devis ; Conditions générales")
    write_to(desk, "Tous les stagiaires", "Tous")
    assert names(desk, "message") == [{"devis", "conditions"}, *[{"programme"}] * 5]


def test_a_trainee_is_not_sent_the_price(desk: Desk) -> None:
    with pytest.raises(AssertionError, match="not_for_reader"):
        write_to(desk, "Alice MODÈLE", "Convention de formation")
    assert not desk.mails("message")
    report = load_workbook(desk.folder.parent / "rejets" / "S2026-0001 - à corriger.xlsx")
    assert "Erreurs" in report.sheetnames


def test_what_was_written_before_is_not_written_again(desk: Desk) -> None:
    write_to(desk, "Alice MODÈLE", "")
    desk.note({"Devis accepté le": TODAY})
    assert len(desk.mails("message")) == 1
