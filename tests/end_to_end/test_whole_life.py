"""One session of each kind from the drop to closed, night after night, with every mail and document it gives rise to."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import icalendar
import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

from processor import running, stages
from processor.form.choices import ClientType, Funder
from processor.form.example import example
from processor.form.steps import Form
from processor.mail.posting import post
from processor.office import Office
from tests.conftest import TODAY
from tests.end_to_end.desk import Desk
from tests.support import FakeClock

Drop = Callable[..., Path]
CLIENT, MANAGER, TRAINER = "contact@atelier-bellevue.example", "formation@atelier-bellevue.example", "maxime@organisme.example"


@pytest.fixture
def desk(office: Office, clock: FakeClock) -> Desk:
    office.config.coordinator.email = "coordination@organisme.example"
    return Desk(office, clock)


def begin(desk: Desk, drop: Drop, form: Form) -> None:
    drop(form)
    running.one_pass(desk.office)
    assert desk.row.status == "proposition-envoyee"


def text_of(desk: Desk, kind: str) -> str:
    """The PDF text of the newest document of this kind."""
    one = [found for found in desk.office.ledger.documents.of_session(1) if found.kind == kind][-1]
    reader = PdfReader(io.BytesIO(desk.office.ledger.blobs.get(one.pdf_sha256)))
    return " ".join(" ".join(page.extract_text() for page in reader.pages).replace("\u00a0", " ").replace("\u202f", " ").split())


def test_a_company_its_opco_a_correction_a_postponement(desk: Desk, drop: Drop, company: Form) -> None:
    begin(desk, drop, company)
    (proposal,) = desk.mails("proposition")
    assert desk.attached(proposal) == {"devis", "convention", "programme"}
    assert desk.to("proposition") == sorted([CLIENT, MANAGER])

    # The agreement comes back after one reminder; the file is with the OPCO, which grants a part.
    desk.nights(date(2026, 11, 29))
    assert desk.sent()["non_retour"] == 1
    desk.note(
        {
            "Convention signée le": date(2026, 11, 28),
            "Demande de prise en charge": date(2026, 11, 29),
            "N° de la demande": "AK-27-1",
        }
    )
    assert (desk.row.status, desk.row.funding) == ("convention-signee", "deposee")
    desk.nights(date(2026, 12, 10))
    desk.note({"Réponse du financeur": "Accord partiel", "Montant accordé": 1000, "Réponse reçue le": date(2026, 12, 9)})
    assert (desk.row.status, desk.row.funding) == ("convention-signee", "accord-partiel")
    assert desk.sent()["non_retour"] == 1, "no reminder after the state is reached"

    # A misspelt address is corrected: no document says it, nothing is signed again.
    with desk.edited() as book:
        (cell,) = [one for row in book["4 Stagiaires"].iter_rows() for one in row if str(one.value).startswith("bruno.")]
        cell.value = "bruno.test@atelier-bellevue.example"
    assert (desk.row.version, desk.row.status) == (1, "convention-signee")
    assert len(desk.mails("proposition")) == 1

    # A misspelt name is on the convention: the documents leave again, the former signature is of the former version.
    with desk.edited() as book:
        (cell,) = [one for row in book["4 Stagiaires"].iter_rows() for one in row if one.value == "Bruno"]
        cell.value = "Brunot"
    assert (desk.row.version, desk.row.status) == (2, "proposition-envoyee")
    assert desk.standing() == {("devis", "sent"): 1, ("convention", "sent"): 1, ("programme", "sent"): 1}
    assert "signed_on" not in desk.row.facts
    desk.nights(date(2026, 12, 12))
    desk.note({"Convention signée le": date(2026, 12, 12)})
    assert desk.standing("convention") == {("convention", "signed"): 1}

    # Ten days before: convocations, each trainee his own; the trainer gets the sheets to sign.
    start = date(2027, 1, 25)
    desk.nights(start - timedelta(days=10))
    trainees = sorted(one.email or "" for one in desk.office.session_of(desk.row).form.trainees)
    assert desk.row.status == "convoquee"
    assert desk.to("convocation") == trainees
    assert desk.to("intervention") == [TRAINER]
    for mail in desk.mails("convocation"):
        (to,) = desk.office.ledger.mails.recipients(mail.id)
        assert desk.attached(mail) == {"convocation", "programme", "règlement", "agenda.ics"}
        content = desk.message(mail).as_string()
        assert not any(other in content for other in trainees if other != to.address)
    (papers,) = desk.mails("intervention")
    assert desk.attached(papers) == {"feuille", "programme", "agenda.ics"}
    assert desk.standing("convocation", "emargement") == {("convocation", "sent"): 5, ("emargement", "sent"): 1}
    sheets = text_of(desk, "emargement")
    assert "Matin : 9 h – 12 h 30" in sheets
    assert sheets.count("Madame Alice MODÈLE") == 2, "a page a day"

    # Postponed by four weeks: the client gets a modified proposal, everybody convened the new dates.
    desk.nights(date(2027, 1, 19))
    with desk.edited() as book:
        desk.fill(book, {"Reportée": date(2027, 2, 22)})
        desk.move(book, 28, start)
    assert (desk.row.version, desk.row.start, desk.row.status) == (3, "2027-02-22", "proposition-envoyee")
    assert desk.to("report") == sorted([*trainees, TRAINER])
    (news, *_) = desk.mails("report")
    body = desk.message(news).get_body(("plain",))
    assert body is not None
    assert "prévue du 25 au 26 janvier 2027" in body.get_content().replace("\u00a0", " ").replace("\r\n", " ")
    (diary,) = [part for part in desk.message(news).iter_attachments() if part.get_filename() == "agenda.ics"]
    events = icalendar.Calendar.from_ical(diary.get_payload(decode=True).decode()).walk("VEVENT")  # type: ignore[union-attr]
    assert [event.decoded("dtstart").date() for event in events] == [date(2027, 2, 22)] * 2 + [date(2027, 2, 23)] * 2
    desk.nights(date(2027, 1, 30))
    desk.note({"Convention signée le": date(2027, 1, 29)})
    desk.nights(date(2027, 2, 22))
    assert desk.to("convocation", version=3) == trainees
    assert desk.to("veille") == trainees
    assert desk.row.status == "en-cours"
    desk.nights(date(2027, 2, 24))
    assert desk.row.status == "terminee"
    assert "certificat" not in desk.sent(), "nobody certified before the attendance is checked"

    # One left early: what he followed is on his papers, and each gets his own.
    with desk.edited() as book:
        rows = {row[0].value: row for row in book["Présences"].iter_rows(min_row=4)}
        rows["Alice MODÈLE"][2].value, rows["Alice MODÈLE"][3].value = 10.5, "Acquis"
        desk.fill(book, {"Présences vérifiées le": date(2027, 2, 24)})
    assert desk.to("certificat") == sorted([*trainees, CLIENT, MANAGER])
    for mail in desk.mails("certificat"):
        readers = desk.office.ledger.mails.recipients(mail.id)
        if readers[0].role == "trainee":
            assert len(mail.attachments) == 2
            assert desk.attached(mail) == {"attestation", "certificat"}
            assert not any(other in desk.message(mail).as_string() for other in trainees if other != readers[0].address)
        else:
            assert len(mail.attachments) == 5
            assert desk.attached(mail) == {"certificat"}
    first = next(one for one in desk.office.ledger.documents.of_session(1, 3) if one.kind == "certificat")
    reader = PdfReader(io.BytesIO(desk.office.ledger.blobs.get(first.pdf_sha256)))
    assert "10 h 30" in reader.pages[0].extract_text().replace("\u00a0", " ")
    invoice = text_of(desk, "facture")
    for said in ("AKTO", "1 000,00 €", "935,80 €", "sans valeur de facture", "AK-27-1", "66,5 réalisées, 70 prévues"):
        assert said in invoice
    assert desk.standing("facture") == {("facture", "generated"): 1}, "it is for the coordinator alone"

    # A correction of the attendance: his papers again, nobody else's.
    before = len(desk.mails("certificat"))
    with desk.edited() as book:
        next(row for row in book["Présences"].iter_rows(min_row=4) if row[0].value == "Alice MODÈLE")[2].value = 14
    corrected = desk.mails("certificat")[before:]
    assert [desk.office.ledger.mails.recipients(one.id)[0].role for one in corrected] == ["trainee", "client"]
    assert desk.standing("certificat") == {("certificat", "sent"): 5, ("certificat", "replaced"): 1}

    desk.note({"Facturée le": date(2027, 2, 24), "Payée le": date(2027, 2, 24)})
    assert (desk.row.status, desk.row.funding) == ("cloturee", "paye")
    left = desk.sent()
    desk.nights(date(2027, 5, 10), every=5)
    assert desk.sent() - left == {"evaluation": 5}, "of a closed session, only the cold evaluation, two months later"
    assert desk.to("evaluation") == trainees
    assert all(one.state in ("sent", "cancelled") for one in desk.mails())
    book = load_workbook(desk.folder / f"{desk.row.ref}.xlsx")
    assert len(list((desk.folder / "mails").glob("*.eml"))) == sum(desk.sent().values())
    assert book["Vue d'ensemble"]["A1"].value.startswith("S2026-0001")


KINDS = [
    (ClientType.COMPANY, Funder.OWN_FUNDS, "Convention signée le", {"devis", "convention", "programme"}),
    (ClientType.PRIVATE, Funder.OWN_FUNDS, "Convention signée le", {"devis", "contrat", "programme"}),
    (ClientType.PRIVATE, Funder.CPF, "Devis accepté le", {"devis", "programme"}),
    (ClientType.PRIVATE, Funder.FRANCE_TRAVAIL, "Devis accepté le", {"devis", "programme"}),
    (ClientType.SELF_EMPLOYED, Funder.FIFPL, "Convention signée le", {"devis", "convention", "programme"}),
    (ClientType.SELF_EMPLOYED, Funder.AGEFICE, "Convention signée le", {"devis", "convention", "programme"}),
    (ClientType.SELF_EMPLOYED, Funder.FAFCEA, "Convention signée le", {"devis", "convention", "programme"}),
]


@pytest.mark.parametrize(("client", "funder", "agreed", "documents"), KINDS, ids=[f"{one[0]}-{one[1]}" for one in KINDS])
def test_every_kind_of_session_lives_to_its_end(
    desk: Desk, drop: Drop, client: ClientType, funder: Funder, agreed: str, documents: set[str]
) -> None:
    form = example(client, funder, TODAY, desk.office.config)
    begin(desk, drop, form)
    (proposal,) = desk.mails("proposition")
    assert desk.attached(proposal) == documents
    desk.nights(TODAY + timedelta(days=1))
    desk.note({agreed: TODAY + timedelta(days=1)})
    session = desk.office.session_of(desk.row)
    funded = funder != Funder.OWN_FUNDS
    if funded:
        desk.note({"Demande de prise en charge": TODAY + timedelta(days=1)})
        desk.nights(TODAY + timedelta(days=20), every=4)
        desk.note({"Réponse du financeur": "Accord total", "Réponse reçue le": TODAY + timedelta(days=20)})
        assert desk.row.funding == "accord-total"
    desk.nights(session.start - timedelta(days=14), every=5)
    desk.nights(session.start)
    desk.nights(session.end + timedelta(days=1), every=3)
    assert desk.row.status == "terminee"
    trainees = sorted({one.email or "" for one in form.trainees})
    assert desk.to("convocation") == trainees
    assert desk.to("veille") == trainees
    assert "non_retour" not in desk.sent()
    desk.note({"Présences vérifiées le": session.end + timedelta(days=1)})
    assert set(trainees) <= set(desk.to("certificat"))
    desk.note({"Facturée le": desk.office.today, "Payée le": desk.office.today})
    assert desk.row.status == "cloturee"
    refunds = client == ClientType.SELF_EMPLOYED
    assert desk.row.funding == ("accord-total" if refunds else "paye" if funded else "sans-objet")
    for day in (66, 97):  # within a week of either date, whatever working day it moved to
        desk.nights(session.end + timedelta(days=day), every=30)
    assert desk.to("evaluation") == trainees
    assert desk.sent()["agefice"] == (1 if funder == Funder.AGEFICE else 0), "his own refund, three months after the end"
    assert all(one.state == "sent" for one in desk.mails())
    assert len({one.message_id for one in desk.mails()}) == len(desk.mails())


def test_a_cancellation_is_told_once_to_whom_it_concerns_and_the_night_is_silent_after(
    desk: Desk, drop: Drop, company: Form
) -> None:
    begin(desk, drop, company)
    desk.note({"Convention signée le": TODAY})
    desk.nights(date(2027, 1, 16))
    desk.note({"Annulée le": date(2027, 1, 16), "Annulée par": "Organisme", "Motif de l’annulation": "Formateur souffrant."})
    trainees = [one.email or "" for one in desk.office.session_of(desk.row).form.trainees]
    assert desk.row.status == "annulee"
    assert desk.to("annulation") == sorted([CLIENT, MANAGER, TRAINER, *trainees])
    left = desk.sent()
    desk.nights(date(2027, 3, 31), every=5)
    assert desk.sent() == left


def test_postponing_needs_the_new_dates_on_sheet_3(desk: Desk, drop: Drop, company: Form) -> None:
    begin(desk, drop, company)
    with pytest.raises(AssertionError, match="dates_not_moved"), desk.edited() as book:
        desk.fill(book, {"Reportée": date(2027, 2, 22)})
    assert desk.row.version == 1
    assert desk.row.status == "proposition-envoyee"


@pytest.mark.parametrize("killed_at", [1, 3, 6])
def test_a_night_killed_while_convening_does_the_rest_the_next_time_and_nothing_twice(
    desk: Desk, drop: Drop, company: Form, monkeypatch: pytest.MonkeyPatch, killed_at: int
) -> None:
    begin(desk, drop, company)
    desk.note({"Convention signée le": TODAY})
    posted = []

    def dying(*given: object, **more: object) -> object:
        posted.append(given)
        if len(posted) == killed_at:
            raise KeyboardInterrupt
        return post(*given, **more)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(stages, "post", dying)
        with pytest.raises(KeyboardInterrupt):
            desk.nights(date(2027, 1, 16), every=53)
    desk.nights(date(2027, 1, 18))
    trainees = sorted(one.email or "" for one in desk.office.session_of(desk.row).form.trainees)
    assert desk.to("convocation") == trainees
    assert desk.to("intervention") == [TRAINER]
    assert desk.standing("convocation") == {("convocation", "sent"): 5}
