"""Documents added by config.yaml alone: for whom, when, with which mail; and nobody gets what is not his."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml
from openpyxl import load_workbook

from processor import running
from processor.config import Config, ExtraDocument, load
from processor.doctor import diagnose
from processor.documents.house.parts import document, p, title
from processor.documents.plan import PAYER, documents_for, models
from processor.documents.rows import unattached
from processor.errors import ConfigError
from processor.form.choices import ClientType
from processor.form.example import example
from processor.form.steps import Form
from processor.office import Office
from processor.outbox import projection
from processor.session import Session
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


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"name": "A", "for": "clients"}, "vouliez-vous dire « client » ?"),
        ({"name": "A", "when": "propsal"}, "vouliez-vous dire « proposal » ?"),
        ({"name": "A", "attach_to": "propositon"}, "« propositon » n’existe pas ; vouliez-vous dire « proposition » ?"),
        ({"name": "A", "client_types": ["entreprises"]}, "vouliez-vous dire « entreprise » ?"),
        ({"name": "A", "funders": ["cfp"]}, "vouliez-vous dire « cpf » ?"),
        ({"name": "DEVIS"}, "déjà celui d’un document livré"),
        ({"name": "Certificat de réalisation"}, "déjà celui d’un document livré"),
        ({"name": "reglement interieur"}, "deux documents portent ce nom"),
        ({"name": "…"}, "a besoin d’un nom"),
        ({"nom": "A"}, "« documents.0.nom » ; vouliez-vous dire « name » ?"),
        ({}, "« documents.0.name » manque"),
    ],
)
def test_a_wrong_row_is_refused_with_what_may_have_been_meant(tmp_path: Path, row: dict[str, object], said: str) -> None:
    rows = [{"template": "a.docx", **row}, {"name": "Règlement intérieur", "template": "reglement.docx"}]
    (tmp_path / "config.yaml").write_text(yaml.safe_dump({"documents": rows}), encoding="utf-8")

    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "config.yaml")

    assert said in str(caught.value)


def test_two_documents_never_bear_the_same_number(config: Config, company: Form) -> None:
    config.documents = [
        ExtraDocument(name=name, template="reglement.docx")
        for name in ("Certificat médical", "Plan", "Planning", "Plan d’accès", "Conventions", "A/B\\C", "..")
    ]

    made = documents_for(Session(company, config, "S1", 1, TODAY))

    assert len({one.number for one in made}) == len({one.name for one in made}) == len(made)
    assert not any(set("/\\") & set(one.name) for one in made)


def test_a_row_never_takes_the_readers_of_a_house_document(config: Config) -> None:
    config.documents = [ExtraDocument.model_validate({"name": "Devis", "template": "x.docx", "for": "trainee"})]

    assert models(config)["devis"].readers == PAYER


def test_a_document_that_joins_no_mail_is_remarked(config: Config) -> None:
    rows = [
        {"name": "A", "for": "trainee", "when": "proposal"},
        {"name": "B", "for": "client", "when": "convocation"},
        {"name": "C", "for": "trainee", "when": "convocation", "attach_to": "veille"},
        {"name": "D", "for": "trainer", "when": "convocation"},
        {"name": "E", "for": "client", "when": "completion"},
    ]
    config.documents = [ExtraDocument.model_validate({"template": "reglement.docx", **row}) for row in rows]

    assert [one.name for one in unattached(config)] == ["A", "B"]
    said = [one.text for one in diagnose(config) if one.name == "documents ajoutés"]
    assert [text.split(" »")[0] for text in said] == ["« A", "« B"]


def test_a_missing_template_is_told_by_doctor_and_holds_only_its_sessions(
    office: Office, clock: FakeClock, drop: Drop, company: Form
) -> None:
    config = office.config
    config.documents.append(ExtraDocument(name="Charte", template="absente.docx", client_types=["entreprise"]))
    drop(company, "a.xlsx")
    drop(example(ClientType.PRIVATE, None, TODAY, config), "b.xlsx")

    result = running.one_pass(office)

    assert dict(result.outcomes) == {"waiting": 1, "sent": 1}
    assert any(
        "« absente.docx » est introuvable" in one.action for one in projection.tasks(office, office.ledger.sessions.list())
    )
    assert any("absente.docx" in one.text for one in diagnose(config) if one.name == "modèles" and one.ok is False)
    (config.folders.templates / "absente.docx").write_bytes(document(p("{{ client_nom }}")))
    clock.advance(seconds=3600)
    assert dict(running.one_pass(office).outcomes) == {"sent": 1}


@pytest.mark.parametrize("mail", ["convocation", "non_retour", "digest"])
def test_a_broken_mail_template_never_stops_the_night(desk: Desk, mail: str) -> None:
    desk.office.config.coordinator.email = "coordination@organisme.example"
    broken = desk.office.config.folders.templates / "mails" / f"{mail}.txt"
    good = broken.read_text(encoding="utf-8")
    broken.write_text("Objet : {{ inconnue }}\n\n{% if %}", encoding="utf-8")
    if mail == "convocation":
        desk.note({"Convention signée le": TODAY})
    until = date(2026, 11, 28) if mail == "non_retour" else date(2027, 1, 19)
    desk.nights(until, every=60)

    page = (desk.folder.parent / "nuits" / f"{until}.txt").read_text(encoding="utf-8")
    assert f"{mail}.txt" in page
    assert mail not in {one.kind for one in desk.office.ledger.mails.all()}
    broken.write_text(good, encoding="utf-8")
    desk.nights(until + timedelta(days=1))
    assert mail in {one.kind for one in desk.office.ledger.mails.all()}
