"""The main job, from the drop to the outbox, in one process with the embedded engine."""

from __future__ import annotations

import email
import email.policy
import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

from processor import running
from processor.config import Config
from processor.form.choices import ClientType, Funder
from processor.form.example import example
from processor.form.steps import Form
from processor.office import Office
from tests.conftest import TODAY
from tests.support import FakeClock

Drop = Callable[..., Path]


def changed(form: Form, **steps: dict[str, object]) -> Form:
    """The form with other answers: `changed(form, session={"title": "…"})`."""
    updates = {name: getattr(form, name).model_copy(update=answers) for name, answers in steps.items()}
    return form.model_copy(update=updates)


def unticked(form: Form) -> Form:
    return changed(form, recap={"approved_price": None, "send": None})


@pytest.mark.parametrize(
    ("client", "kinds"),
    [
        (ClientType.COMPANY, ["Convention de formation", "Devis", "Programme"]),
        (ClientType.PRIVATE, ["Contrat de formation", "Devis", "Programme"]),
        (ClientType.SELF_EMPLOYED, ["Convention de formation", "Devis", "Programme"]),
    ],
)
def test_each_client_gets_devis_agreement_and_programme(office: Office, drop: Drop, client: ClientType, kinds: list[str]) -> None:
    drop(example(client, None, TODAY, office.config))

    result = running.one_pass(office)

    assert (result.exit_code, result.proposals_sent, result.documents) == (0, 1, 3)
    folder = office.config.folders.outbox / "S2026-0001"
    pdfs = sorted(path for path in (folder / "documents").glob("*.pdf"))
    assert [path.name.split(" S2026")[0] for path in pdfs] == kinds
    assert all("S2026-0001" in (PdfReader(path).pages[0].extract_text() or "") for path in pdfs)
    assert len(list((folder / "documents").glob("*.docx"))) == 3
    (eml,) = (folder / "mails").glob("*.eml")
    message = email.message_from_bytes(eml.read_bytes(), policy=email.policy.default)
    assert sorted(str(part.get_filename()) for part in message.iter_attachments()) == sorted(path.name for path in pdfs)


def test_cpf_gets_no_agreement_and_is_never_asked_for_money(office: Office, drop: Drop) -> None:
    drop(example(ClientType.PRIVATE, Funder.CPF, TODAY, office.config))

    running.one_pass(office)

    documents = office.config.folders.outbox / "S2026-0001" / "documents"
    assert sorted(path.name.split(" ")[0] for path in documents.glob("*.pdf")) == ["Devis", "Programme"]


def test_the_proposal_is_one_message_with_the_training_manager_in_copy(office: Office, drop: Drop, company: Form) -> None:
    drop(company)
    running.one_pass(office)

    (mail,) = office.ledger.mails.all()
    message = email.message_from_bytes(office.ledger.mails.content(mail), policy=email.policy.default)
    assert message["To"].addresses[0].addr_spec == company.client.email
    assert message["Cc"].addresses[0].addr_spec == company.client.manager_email
    assert message["Message-ID"] == mail.message_id
    assert [one.state for one in office.ledger.mails.recipients(mail.id)] == ["accepted", "accepted"]


def test_the_dropped_file_leaves_the_inbox_and_is_kept(office: Office, drop: Drop, company: Form) -> None:
    path = drop(company, "Atelier.xlsx")
    content = path.read_bytes()
    running.one_pass(office)

    assert not path.exists()
    assert (office.config.folders.inbox / "traites" / "2026-11" / "Atelier.xlsx").read_bytes() == content


def test_the_same_content_again_sends_nothing(office: Office, drop: Drop, company: Form) -> None:
    drop(company)
    running.one_pass(office)
    drop(company, "le même sous un autre nom.xlsx")

    again = running.one_pass(office)

    assert again.outcomes["unchanged"] == 1
    assert (again.proposals_sent, again.documents) == (0, 0)
    assert len(office.ledger.mails.all()) == 1


def test_without_the_ticks_documents_come_back_and_no_mail_leaves(office: Office, drop: Drop, company: Form) -> None:
    drop(unticked(company))

    result = running.one_pass(office)

    assert result.outcomes["to_validate"] == 1
    assert office.ledger.mails.all() == []
    assert office.ledger.sessions.by_ref("S2026-0001").status == "a-valider"  # type: ignore[union-attr]
    assert len(list((office.config.folders.outbox / "S2026-0001" / "documents").glob("*.pdf"))) == 3


def test_a_price_that_is_not_the_total_stops_the_sending(office: Office, drop: Drop, company: Form) -> None:
    drop(changed(company, recap={"approved_price": company.recap.approved_price + Decimal("0.01")}))  # type: ignore[operator]

    assert running.one_pass(office).outcomes["to_validate"] == 1
    assert office.ledger.mails.all() == []


def test_ticking_later_sends_the_version_that_was_previewed(office: Office, drop: Drop, company: Form) -> None:
    drop(unticked(company))
    running.one_pass(office)
    drop(company)

    result = running.one_pass(office)

    assert (result.proposals_sent, result.documents) == (1, 0)
    assert office.ledger.sessions.by_ref("S2026-0001").version == 1  # type: ignore[union-attr]


def test_another_content_under_the_same_reference_is_a_modified_proposal(office: Office, drop: Drop, company: Form) -> None:
    drop(company)
    running.one_pass(office)
    corrected = changed(
        company, type={"reference": "S2026-0001"}, session={"place": "Salle Acacia, 2 rue du Modèle, 01000 Bourg-en-Bresse"}
    )
    drop(corrected)

    result = running.one_pass(office)

    assert result.outcomes["updated"] == 1
    documents = office.ledger.documents.of_session(1)
    assert [(one.version, one.state) for one in documents] == [(1, "replaced")] * 3 + [(2, "sent")] * 3
    first, second = office.ledger.mails.all()
    assert first.subject != second.subject
    assert "modifi" in second.subject.lower()


def test_the_same_client_title_and_start_is_the_same_session_without_reference(office: Office, drop: Drop, company: Form) -> None:
    drop(company)
    running.one_pass(office)
    drop(changed(company, session={"methods": "Ateliers."}))
    running.one_pass(office)

    (row,) = office.ledger.sessions.list()
    assert row.version == 2


def test_a_reference_taken_by_another_session_is_refused(office: Office, drop: Drop, company: Form) -> None:
    drop(company)
    running.one_pass(office)
    other = example(ClientType.PRIVATE, None, TODAY, office.config)
    drop(changed(other, type={"reference": "s2026-0001"}, session={"title": "Tout autre chose"}, client={"last_name": "Autre"}))

    result = running.one_pass(office)

    assert result.outcomes["rejected"] == 1
    assert [(row.ref, row.version) for row in office.ledger.sessions.list()] == [("S2026-0001", 1)]


def test_two_sessions_dropped_together_get_two_references(office: Office, drop: Drop) -> None:
    for client in (ClientType.COMPANY, ClientType.PRIVATE):
        drop(example(client, None, TODAY, office.config), f"{client}.xlsx")

    running.one_pass(office)

    assert [row.ref for row in office.ledger.sessions.list()] == ["S2026-0001", "S2026-0002"]


def test_a_faulty_workbook_comes_back_marked_and_the_others_pass(office: Office, drop: Drop, company: Form) -> None:
    bad = drop(company, "fautif.xlsx")
    book = load_workbook(bad)
    book["2 Client"]["B5"] = "732 829 320 00075"
    book["4 Stagiaires"]["D3"] = "alice chez exemple"
    book.save(bad)
    drop(example(ClientType.PRIVATE, None, TODAY, office.config), "bon.xlsx")

    result = running.one_pass(office)

    assert (result.outcomes["rejected"], result.proposals_sent, result.exit_code) == (1, 1, 0)
    marked = load_workbook(office.config.folders.outbox / "rejets" / "fautif - à corriger.xlsx")
    assert marked.sheetnames[0] == "Erreurs"
    cells = [marked["2 Client"]["B5"], marked["4 Stagiaires"]["D3"]]
    assert all(cell.fill.fgColor.rgb == "FFF4A7A0" and cell.comment for cell in cells)
    links = [row[2].hyperlink for row in marked["Erreurs"].iter_rows(min_row=4, max_row=5)]
    assert [str(link.location or link.target).lstrip("#") for link in links if link] == ["'2 Client'!B5", "'4 Stagiaires'!D3"]
    assert (office.config.folders.inbox / "rejetes" / "fautif.xlsx").exists()


def test_the_corrected_report_passes_when_dropped_again(office: Office, drop: Drop, company: Form) -> None:
    bad = drop(company, "fautif.xlsx")
    book = load_workbook(bad)
    book["2 Client"]["B5"] = "123"
    book.save(bad)
    running.one_pass(office)
    report = office.config.folders.outbox / "rejets" / "fautif - à corriger.xlsx"
    book = load_workbook(report)
    book["2 Client"]["B5"] = "73282932000074"
    book.save(office.config.folders.inbox / report.name)

    result = running.one_pass(office)

    assert (result.proposals_sent, result.outcomes["rejected"]) == (1, 0)


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("texte.xlsx", b"bonjour", "Excel"),
        ("vide.xlsx", b"", "vide"),
        ("vieux.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, ".xls"),
        ("note.pdf", b"%PDF-1.4", ".xlsx"),
        ("tronqué.xlsx", b"PK\x03\x04" + b"\0" * 100, "Excel"),
    ],
)
def test_what_is_no_workbook_is_refused_clearly_and_kept(
    office: Office, name: str, content: bytes, word: str, clock: FakeClock
) -> None:
    (office.config.folders.inbox / name).write_bytes(content)
    running.settled(office)
    clock.sleep(3600)

    running.take(office, [office.config.folders.inbox / name])
    result = running.Pass()
    running.work(office, result)

    assert result.outcomes["rejected"] == 1
    (rejection,) = office.ledger.rejections.list()
    assert word in rejection.findings[0]["message"]
    assert (office.config.folders.inbox / "rejetes" / name).read_bytes() == content
    assert (office.config.folders.outbox / "rejets" / rejection.report).exists()


@pytest.mark.parametrize(
    "name", ["Dupont & Fils <SARL>", "=1+1", "+33 Conseil", "Société 🚀 Démo", "{{ 7*7 }}", "Été « d’Ô » & Cie"]
)
def test_names_are_printed_as_typed_and_never_executed(office: Office, drop: Drop, company: Form, name: str) -> None:
    drop(changed(company, client={"company": name}))

    assert running.one_pass(office).proposals_sent == 1

    book = load_workbook(office.config.folders.outbox / "sessions.xlsx")
    assert book["Sessions"]["D3"].value == name
    assert book["Sessions"]["D3"].data_type == "s"
    devis = next((office.config.folders.outbox / "S2026-0001" / "documents").glob("Devis*.docx"))
    assert "49" not in str(load_workbook(office.config.folders.outbox / "sessions.xlsx")["Sessions"]["D3"].value)
    assert devis.exists()


def test_a_reference_cannot_leave_the_outbox(office: Office, drop: Drop, company: Form) -> None:
    drop(changed(company, type={"reference": "../../etc"}))

    assert running.one_pass(office).outcomes["rejected"] == 1
    assert office.ledger.rejections.list()[0].findings[0]["code"] == "reference"


def test_everything_in_the_outbox_can_be_rebuilt(office: Office, drop: Drop, company: Form) -> None:
    drop(company)
    running.one_pass(office)
    outbox = office.config.folders.outbox
    before = {
        path.relative_to(outbox): path.stat().st_size for path in outbox.rglob("*.*") if path.is_file() and path.suffix != ".xlsx"
    }
    for path in sorted(outbox.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()

    result = running.one_pass(office)

    after = {
        path.relative_to(outbox): path.stat().st_size for path in outbox.rglob("*.*") if path.is_file() and path.suffix != ".xlsx"
    }
    assert {name for name in before if name.parts[-1] != ".gitkeep"} == set(after)
    assert (outbox / "sessions.xlsx").exists()
    assert (outbox / "S2026-0001" / "S2026-0001.xlsx").exists()
    assert result.proposals_sent == 0


def test_the_session_workbook_dropped_as_it_is_changes_nothing(office: Office, drop: Drop, company: Form) -> None:
    drop(company)
    running.one_pass(office)
    source = office.config.folders.outbox / "S2026-0001" / "S2026-0001.xlsx"
    (office.config.folders.inbox / "S2026-0001.xlsx").write_bytes(source.read_bytes())

    assert running.one_pass(office).outcomes["unchanged"] == 1


def test_a_broken_template_makes_its_sessions_wait_and_says_why(
    office: Office, drop: Drop, company: Form, config: Config, clock: FakeClock
) -> None:
    template = config.folders.templates / "devis.docx"
    good = template.read_bytes()
    template.write_bytes(b"plus un modele")
    drop(company)

    waiting = running.one_pass(office)

    assert waiting.exit_code == 75
    assert office.ledger.mails.all() == []
    register = load_workbook(config.folders.outbox / "sessions.xlsx")
    assert any("devis.docx" in str(cell.value) for row in register["À faire"].iter_rows() for cell in row)
    template.write_bytes(good)
    clock.sleep(3600)
    assert running.one_pass(office).proposals_sent == 1


def test_the_commission_is_internal(office: Office, drop: Drop, config: Config) -> None:
    config.pricing.commission_percent = Decimal(18)
    drop(example(ClientType.COMPANY, None, TODAY, config))
    running.one_pass(office)

    folder = office.config.folders.outbox / "S2026-0001"
    net = "1 462,10"  # 1 805 € less 18 % and the expenses that are not re-invoiced … shown in the recap only
    for pdf in (folder / "documents").glob("*.pdf"):
        text = " ".join((page.extract_text() or "") for page in PdfReader(pdf).pages)
        assert "ommission" not in text
        assert net not in text.replace("\u202f", " ")
    overview = load_workbook(folder / "S2026-0001.xlsx")["Vue d'ensemble"]
    assert any("commission" in str(cell.value) for row in overview.iter_rows() for cell in row)


def test_a_folder_without_templates_uses_the_delivered_ones(office: Office, drop: Drop, company: Form, config: Config) -> None:
    shutil.rmtree(config.folders.templates)
    drop(company)
    assert running.one_pass(office).proposals_sent == 1


def test_a_cancelled_proposal_can_be_sent_again_by_dropping_the_workbook(office: Office, drop: Drop, company: Form) -> None:
    office.config.mail.max_per_run = 0
    drop(company)
    running.one_pass(office)
    (held,) = office.ledger.mails.all()
    office.ledger.mails.cancel(held.id, "à la demande")
    running.one_pass(office)
    assert office.ledger.sessions.get(1).status == "a-valider"
    office.config.mail.max_per_run = 10
    drop(company, "encore.xlsx")

    assert running.one_pass(office).proposals_sent == 1
    assert [mail.state for mail in office.ledger.mails.all()] == ["cancelled", "sent"]
