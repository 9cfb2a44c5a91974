"""The session's own workbook goes round: noted facts are applied, impossible ones refused at their cell."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from processor import nightly, running
from processor.form.steps import Form
from processor.office import Office
from tests.support import FakeClock

Note = Callable[..., running.Pass]


@pytest.fixture
def note(office: Office, drop: Callable[..., Path], company: Form, clock: FakeClock) -> Note:
    """Send a proposal; then write answers on « Suivi » of the session's workbook and drop it."""
    drop(company)
    running.one_pass(office)
    clock.advance(days=2)

    def noting(answers: dict[str, Any], source: bytes | None = None) -> running.Pass:
        outbox = office.config.folders.outbox / "S2026-0001" / "S2026-0001.xlsx"
        target = office.config.folders.inbox / "S2026-0001.xlsx"
        target.write_bytes(source or outbox.read_bytes())
        book = load_workbook(target)
        rows = {row[0].value: row[1] for row in book["Suivi"].iter_rows(max_col=2)}
        for label, value in answers.items():
            rows[label].value = value
        book.save(target)
        result = running.one_pass(office)
        clock.advance(days=1)
        return result

    return noting


def state(office: Office) -> tuple[str, str]:
    row = office.ledger.sessions.get(1)
    return row.status, row.funding


def test_acceptance_signature_and_the_funders_answer_move_their_tracks(office: Office, note: Note) -> None:
    assert note({"Devis accepté le": date(2026, 11, 25)}).as_dict()["sessions"]["updated"] == 1
    assert state(office) == ("acceptee", "a-deposer")
    note({"Convention signée le": date(2026, 11, 26), "Demande de prise en charge déposée le": date(2026, 11, 26)})
    assert state(office) == ("convention-signee", "deposee")
    note({"Réponse du financeur": "Accord partiel", "Montant accordé": 1000})
    assert state(office) == ("convention-signee", "accord-partiel")
    documents = {one.kind: one.state for one in office.ledger.documents.of_session(1)}
    assert documents == {"devis": "signed", "convention": "signed", "programme": "sent"}
    assert len(office.ledger.mails.all()) == 1, "nothing is mailed for it"


def test_noting_nothing_new_changes_nothing(office: Office, note: Note) -> None:
    note({"Devis accepté le": date(2026, 11, 25)})
    assert note({}).outcomes["unchanged"] == 1


@pytest.mark.parametrize(
    ("answers", "label", "code"),
    [
        ({"Convention signée le": date(2027, 6, 1)}, "Convention signée le", "future"),
        ({"Réponse du financeur": "Accord partiel"}, "Montant accordé", "required"),
        ({"Réponse du financeur": "Accord total", "Montant accordé": 99999}, "Montant accordé", "above_total"),
        ({"Annulée le": date(2026, 11, 25)}, "Annulée par", "required"),
        ({"Devis accepté le": "bientôt"}, "Devis accepté le", "date"),
    ],
)
def test_what_is_impossible_is_refused_at_its_cell_and_nothing_is_touched(
    office: Office, note: Note, answers: dict[str, Any], label: str, code: str
) -> None:
    before = office.ledger.sessions.get(1)
    assert note(answers).outcomes["rejected"] == 1
    finding = office.ledger.rejections.list()[0].findings[-1]
    book = load_workbook(office.config.folders.outbox / "rejets" / "S2026-0001 - à corriger.xlsx")
    assert (finding["code"], finding["sheet"]) == (code, "Suivi")
    assert book["Suivi"][f"A{finding['cell'][1:]}"].value == label
    assert (office.ledger.sessions.get(1).facts, state(office)) == (before.facts, (before.status, before.funding))


def test_an_old_copy_does_not_undo_newer_facts(office: Office, note: Note) -> None:
    old = (office.config.folders.outbox / "S2026-0001" / "S2026-0001.xlsx").read_bytes()
    note({"Devis accepté le": date(2026, 11, 25)})
    note({}, source=old)
    assert office.ledger.sessions.get(1).facts["accepted_on"] == "2026-11-25"
    assert any(event.after == "conflit" for event in office.ledger.events.of_session(1))


def test_cancellation_and_dropping_end_the_session(office: Office, note: Note) -> None:
    note({"Annulée le": date(2026, 11, 26), "Annulée par": "Client", "Motif de l’annulation": "réorganisation"})
    assert state(office)[0] == "annulee"


def agreements(office: Office) -> dict[str, str]:
    return {one.kind: one.state for one in office.ledger.documents.of_session(1) if one.kind != "programme"}


def test_what_was_noted_by_mistake_is_taken_back(office: Office, note: Note) -> None:
    note({"Devis accepté le": date(2026, 11, 25)})
    assert agreements(office) == {"devis": "signed", "convention": "sent"}
    note(
        {
            "Convention signée le": date(2026, 11, 26),
            "Confirmée le": date(2026, 11, 26),
            "Demande de prise en charge déposée le": date(2026, 11, 26),
            "Réponse du financeur": "Accord total",
        }
    )
    assert state(office) == ("confirmee", "accord-total")
    assert agreements(office) == {"devis": "signed", "convention": "signed"}
    note({"Convention signée le": None, "Confirmée le": None, "Réponse du financeur": None})
    assert state(office) == ("acceptee", "deposee")
    assert agreements(office) == {"devis": "signed", "convention": "sent"}
    note({"Devis accepté le": None, "Demande de prise en charge déposée le": None})
    assert state(office) == ("proposition-envoyee", "a-deposer")
    assert agreements(office) == {"devis": "sent", "convention": "sent"}


def test_a_refusal_is_kept_on_the_documents_and_can_be_taken_back(office: Office, note: Note) -> None:
    note({"Devis accepté le": date(2026, 11, 25)})
    note({"Devis accepté le": None, "Sans suite le": date(2026, 11, 26)})
    assert state(office)[0] == "sans-suite"
    assert agreements(office) == {"devis": "refused", "convention": "refused"}
    note({"Sans suite le": None, "Devis accepté le": date(2026, 11, 27)})
    assert state(office)[0] == "acceptee"
    assert agreements(office) == {"devis": "signed", "convention": "sent"}


def test_a_cancellation_that_was_told_stands_until_a_new_version(office: Office, note: Note) -> None:
    note({"Annulée le": date(2026, 11, 26), "Annulée par": "Client"})
    assert note({"Annulée le": None}).outcomes["rejected"] == 1
    (finding,) = office.ledger.rejections.list(unresolved=True)[0].findings
    assert (finding["code"], finding["sheet"]) == ("told", "Suivi")
    assert state(office)[0] == "annulee"

    target = office.config.folders.inbox / "S2026-0001.xlsx"
    book = load_workbook(office.config.folders.outbox / "S2026-0001" / "S2026-0001.xlsx")
    (title,) = [row[1] for row in book["3 Session"].iter_rows(max_col=2) if row[0].value == "Intitulé de la formation"]
    title.value = "Une autre formation"
    book.save(target)
    running.one_pass(office)
    assert state(office)[0] == "proposition-envoyee"
    assert "cancelled_on" not in office.ledger.sessions.get(1).facts
    assert note({"Devis accepté le": date(2026, 11, 27)}).outcomes["rejected"] == 0
    assert state(office)[0] == "acceptee"


def test_what_else_a_cancelling_workbook_changes_is_no_new_proposal(office: Office, note: Note) -> None:
    book = load_workbook(office.config.folders.outbox / "S2026-0001" / "S2026-0001.xlsx")
    (title,) = [row[1] for row in book["3 Session"].iter_rows(max_col=2) if row[0].value == "Intitulé de la formation"]
    title.value = "Une autre formation"
    changed = io.BytesIO()
    book.save(changed)
    note({"Annulée le": date(2026, 11, 26), "Annulée par": "Client"}, source=changed.getvalue())
    assert state(office)[0] == "annulee"
    assert office.ledger.sessions.get(1).version == 1
    assert sorted(mail.kind for mail in office.ledger.mails.all()) == ["annulation", "proposition"]


def test_a_message_goes_once_to_each_trainee(office: Office, note: Note, clock: FakeClock) -> None:
    path = office.config.folders.outbox / "S2026-0001" / "S2026-0001.xlsx"
    book = load_workbook(path)
    sheet = book["Messagerie"]
    header = next(cell for row in sheet.iter_rows() for cell in row if cell.value == "Destinataires")
    columns = {sheet.cell(header.row, column).value: column for column in range(1, sheet.max_column + 1)}
    for label, value in (
        ("Destinataires", "Tous les stagiaires"),
        ("Objet", "Parking"),
        ("Texte", "Le parking est rue des Lilas."),
    ):
        sheet.cell(header.row + 1, columns[label]).value = value
    target = office.config.folders.inbox / "S2026-0001.xlsx"
    book.save(target)
    content = target.read_bytes()

    running.one_pass(office)
    clock.advance(seconds=5)
    target.write_bytes(content)
    running.one_pass(office)

    messages = [mail for mail in office.ledger.mails.all() if mail.kind == "message"]
    assert len(messages) == len(office.session_of(office.ledger.sessions.get(1)).form.trainees)
    assert {mail.state for mail in messages} == {"sent"}
    assert all(len(office.ledger.mails.recipients(mail.id)) == 1 for mail in messages)


def edited(office: Office, changes: dict[str, Any], source: bytes | None = None) -> running.Pass:
    """The session's workbook with other answers: by label on sheet 3, by their former value elsewhere; dropped."""
    outbox = office.config.folders.outbox / "S2026-0001" / "S2026-0001.xlsx"
    book = load_workbook(io.BytesIO(source or outbox.read_bytes()))
    for wanted, value in changes.items():
        labelled = [row[1] for row in book["3 Session"].iter_rows(max_col=2) if row[0].value == wanted]
        (cell,) = labelled or [one for row in book["4 Stagiaires"].iter_rows() for one in row if one.value == wanted]
        cell.value = value
    book.save(office.config.folders.inbox / "S2026-0001.xlsx")
    return running.one_pass(office)


def workbook(office: Office) -> bytes:
    return (office.config.folders.outbox / "S2026-0001" / "S2026-0001.xlsx").read_bytes()


def conflicts(office: Office) -> list[str]:
    return [event.cause for event in office.ledger.events.of_session(1) if event.after == "conflit"]


def test_an_old_copy_does_not_bring_an_old_version_back(office: Office, note: Note, clock: FakeClock) -> None:
    note({})
    old = workbook(office)
    assert edited(office, {"Lieu": "Salle Bleue"}).as_dict()["sessions"]["updated"] == 1
    clock.advance(days=1)

    note({"Devis accepté le": date(2026, 11, 27)}, source=old)
    row = office.ledger.sessions.get(1)
    assert (row.version, row.status) == (2, "acceptee"), "what was noted counts, the old step sheets do not"
    assert "date d’avant la version 2" in conflicts(office)[0]

    assert edited(office, {"Intitulé de la formation": "Autre titre"}, source=old).outcomes["rejected"] == 1
    (finding,) = office.ledger.rejections.list(unresolved=True)[0].findings
    assert (finding["code"], finding["sheet"], finding["field"]) == ("old_copy", "3 Session", "place")
    assert office.ledger.sessions.get(1).version == 2
    noted = {"Intitulé de la formation": "Autre titre"}
    book = load_workbook(io.BytesIO(old))
    {row[0].value: row[1] for row in book["Suivi"].iter_rows(max_col=2)}["Confirmée le"].value = date(2026, 11, 27)
    with_a_note = io.BytesIO()
    book.save(with_a_note)
    assert edited(office, noted, source=with_a_note.getvalue()).outcomes["rejected"] == 1
    assert "confirmed_on" not in office.ledger.sessions.get(1).facts, "a workbook that goes back changes nothing"

    both = {"Intitulé de la formation": "Autre titre", "Lieu": "Salle Bleue"}
    assert edited(office, both, source=old).outcomes["updated"] == 1, "it undoes nothing"
    assert office.session_of(office.ledger.sessions.get(1)).title == "Autre titre"


def test_a_corrected_address_needs_no_new_signature(office: Office, note: Note, drop: Callable[..., Path], company: Form) -> None:
    note({"Convention signée le": date(2026, 11, 26), "Présences vérifiées le": None})
    wrong = company.trainees[1].email or ""
    assert edited(office, {wrong: "juste@client.example"}).as_dict()["sessions"]["updated"] == 1
    row = office.ledger.sessions.get(1)
    assert (row.version, row.status) == (1, "convention-signee")
    assert office.session_of(row).form.trainees[1].email == "juste@client.example"
    assert [mail.kind for mail in office.ledger.mails.all()] == ["proposition"]
    drop(company, "original.xlsx")
    running.one_pass(office)
    assert office.session_of(office.ledger.sessions.get(1)).form.trainees[1].email == "juste@client.example", "an old file"
    assert "juste@client.example" in conflicts(office)[0]
    assert edited(office, {"juste@client.example": wrong}).outcomes["followed_up"] == 1, "the fresh workbook is believed"
    assert office.session_of(office.ledger.sessions.get(1)).form.trainees[1].email == wrong


def test_who_was_convened_at_a_wrong_address_is_convened_again_alone(
    office: Office, note: Note, company: Form, clock: FakeClock
) -> None:
    note({"Convention signée le": date(2026, 11, 26)})
    start = office.session_of(office.ledger.sessions.get(1)).start
    clock.advance(days=(start - office.today).days - 5)
    nightly.run(office)
    convened = [mail for mail in office.ledger.mails.all() if mail.kind == "convocation"]
    assert len(convened) == len(company.trainees)
    edited(office, {company.trainees[1].email or "": "juste@client.example"})
    assert office.ledger.sessions.get(1).status == "convoquee"
    again = [mail for mail in office.ledger.mails.all() if mail.kind == "convocation"][len(convened) :]
    assert [office.ledger.mails.recipients(mail.id)[0].address for mail in again] == ["juste@client.example"]
    assert sorted(name.split()[0] for name in again[0].attachments) == ["Convocation", "Programme", "Règlement", "agenda.ics"]
    nightly.run(office)
    assert len([mail for mail in office.ledger.mails.all() if mail.kind == "convocation"]) == len(convened) + 1
    made = [one for one in office.ledger.documents.of_session(1) if one.kind == "convocation"]
    assert len(made) == len(company.trainees), "the document does not change"


def message(office: Office, to: str, text: str | None, source: bytes | None = None, **columns: str) -> running.Pass:
    """The first blank line of « Écrire à », filled; dropped."""
    book = load_workbook(io.BytesIO(source or workbook(office)))
    sheet = book["Messagerie"]
    header = next(cell for row in sheet.iter_rows() for cell in row if cell.value == "Destinataires")
    places = {sheet.cell(header.row, column).value: column for column in range(1, sheet.max_column + 1)}
    for label, value in {"Destinataires": to, "Texte": text, **columns}.items():
        sheet.cell(header.row + 1, places[label]).value = value
    book.save(office.config.folders.inbox / "S2026-0001.xlsx")
    return running.one_pass(office)


def written_to(office: Office) -> list[str]:
    mails = [mail for mail in office.ledger.mails.all() if mail.kind == "message"]
    return [office.ledger.mails.recipients(mail.id)[0].address for mail in mails]


def test_several_people_are_named_as_they_are_typed(office: Office, note: Note, company: Form) -> None:
    note({})
    assert message(office, "alice modèle ; CLIENT", "Bonjour").outcomes["followed_up"] == 1
    assert written_to(office) == [company.trainees[0].email, company.client.email]


def test_the_same_words_from_a_newer_workbook_are_meant(office: Office, note: Note, clock: FakeClock) -> None:
    note({})
    old = workbook(office)
    message(office, "Client", "Merci de répondre.", source=old)
    clock.advance(seconds=5)
    message(office, "Client", "Merci de répondre.", source=old)
    assert len(written_to(office)) == 1
    clock.advance(days=1)
    message(office, "Client", "Merci de répondre.")
    assert len(written_to(office)) == 2


def test_a_line_without_text_comes_back(office: Office, note: Note) -> None:
    note({})
    assert message(office, "Client", None, Objet="Parking").outcomes["rejected"] == 1
    assert office.ledger.rejections.list(unresolved=True)[0].findings[-1]["code"] == "required"


def test_a_message_goes_to_the_address_corrected_in_the_same_workbook(office: Office, note: Note, company: Form) -> None:
    note({})
    book = load_workbook(io.BytesIO(workbook(office)))
    (cell,) = [one for row in book["4 Stagiaires"].iter_rows() for one in row if one.value == company.trainees[1].email]
    cell.value = "juste@client.example"
    changed = io.BytesIO()
    book.save(changed)
    message(office, "Bruno TEST", "Bonjour", source=changed.getvalue())
    assert written_to(office) == ["juste@client.example"]


def test_another_funder_begins_his_own_track(office: Office, note: Note) -> None:
    note({"Demande de prise en charge déposée le": date(2026, 11, 26), "Réponse du financeur": "Accord total"})
    assert state(office)[1] == "accord-total"
    book = load_workbook(io.BytesIO(workbook(office)))
    answers = {row[0].value: row[1] for row in book["1 Type de client"].iter_rows(max_col=2)}
    answers["Financeur"].value, answers["OPCO"].value, answers["Subrogation"].value = "Fonds propres", None, None
    book.save(office.config.folders.inbox / "S2026-0001.xlsx")
    assert running.one_pass(office).outcomes["updated"] == 1
    assert state(office)[1] == "sans-objet"
    assert "funder_answer" not in office.ledger.sessions.get(1).facts


def test_the_returned_report_settles_its_rejection(office: Office, note: Note) -> None:
    note({"Annulée le": date(2026, 11, 25)})
    report = office.config.folders.outbox / "rejets" / "S2026-0001 - à corriger.xlsx"
    book = load_workbook(report)
    answers = {row[0].value: row[1] for row in book["Suivi"].iter_rows(max_col=2)}
    answers["Annulée par"].value = "Client"
    book.save(office.config.folders.inbox / report.name)
    running.one_pass(office)
    assert state(office)[0] == "annulee"
    assert office.ledger.rejections.list(unresolved=True) == []
    assert not report.exists()


def test_a_sessions_workbook_with_a_changed_reference_is_no_new_session(office: Office, note: Note) -> None:
    book = load_workbook(io.BytesIO(workbook(office)))
    answers = {row[0].value: row[1] for row in book["1 Type de client"].iter_rows(max_col=2)}
    answers["Référence"].value = "S2026-0099"
    book.save(office.config.folders.inbox / "copie.xlsx")
    assert running.one_pass(office).outcomes["rejected"] == 1
    assert office.ledger.rejections.list()[0].findings[-1]["code"] == "reference_unknown"
    assert len(office.ledger.sessions.list()) == 1


def test_two_copies_edited_by_two_people_are_not_laid_over_one_another(office: Office, note: Note) -> None:
    note({})
    old = workbook(office)
    for number, place in enumerate(("Salle A", "Salle B")):
        book = load_workbook(io.BytesIO(old))
        (cell,) = [row[1] for row in book["3 Session"].iter_rows(max_col=2) if row[0].value == "Lieu"]
        cell.value = place
        book.save(office.config.folders.inbox / f"copie {number}.xlsx")
    result = running.one_pass(office)
    assert (result.outcomes["updated"], result.outcomes["rejected"]) == (1, 1)
    assert office.session_of(office.ledger.sessions.get(1)).form.session.place == "Salle A"
    assert office.ledger.rejections.list()[0].findings[-1]["code"] == "old_copy"


def test_what_was_noted_is_told_in_the_timeline(office: Office, note: Note) -> None:
    note({"Demande de prise en charge déposée le": date(2026, 11, 25), "N° de la demande": "AK-1"})
    note({"N° de la demande": "AK-2"})
    causes = [event.cause.replace("\u00a0", " ") for event in office.ledger.events.of_session(1)]
    assert "« Suivi » : Demande de prise en charge déposée le 25 novembre 2026 et N° de la demande AK-1" in causes
    assert "« Suivi » : N° de la demande AK-2" in causes


def test_a_first_proposal_counts_as_sent_beside_an_update(
    office: Office, drop: Callable[..., Path], company: Form, clock: FakeClock
) -> None:
    drop(company)
    running.one_pass(office)
    clock.advance(days=1)
    client = company.client.model_copy(update={"company": "Un autre client", "email": "autre@client.example"})
    drop(company.model_copy(update={"client": client}), "autre.xlsx")
    unready = company.recap.model_copy(update={"send": False})
    session = company.session.model_copy(update={"place": "Salle Bleue"})
    drop(company.model_copy(update={"session": session, "recap": unready}), "modifié.xlsx")
    told = running.one_pass(office).as_dict()
    assert (told["sessions"]["sent"], told["sessions"]["updated"], told["mails"]["sent"]) == (1, 1, 1)


def test_a_corrected_siret_is_no_second_session(office: Office, drop: Callable[..., Path], company: Form) -> None:
    wrong = company.client.model_copy(update={"siret": "73282932000074"})
    drop(company.model_copy(update={"client": wrong}), "un.xlsx")
    running.one_pass(office)
    right = company.client.model_copy(update={"siret": "35600000000048"})
    drop(company.model_copy(update={"client": right}), "deux.xlsx")
    assert running.one_pass(office).outcomes["updated"] == 1
    stranger = right.model_copy(
        update={"siret": "55208131766522", "email": "x@y.example", "phone": "0612345678", "address": "1 rue Z"}
    )
    drop(company.model_copy(update={"client": stranger}), "trois.xlsx")
    running.one_pass(office)
    assert len(office.ledger.sessions.list()) == 2, "a namesake is somebody else"


def test_a_correction_after_the_end_proposes_nothing(office: Office, note: Note, company: Form, clock: FakeClock) -> None:
    note({"Convention signée le": date(2026, 11, 26)})
    end = office.session_of(office.ledger.sessions.get(1)).end
    for day in (-12, 1):
        clock.advance(days=(end - office.today).days + day)
        nightly.run(office)
    note({"Présences vérifiées le": office.today})
    before = len(office.ledger.mails.all())
    assert edited(office, {"Bruno": "Brunot"}).outcomes["followed_up"] == 1
    row = office.ledger.sessions.get(1)
    assert (row.version, row.status) == (1, "terminee")
    later = office.ledger.mails.all()[before:]
    assert [mail.kind for mail in later] == ["certificat", "certificat"], "his papers again, and the client's"
    assert len([mail for mail in office.ledger.mails.all() if mail.kind == "proposition"]) == 1
    assert edited(office, {}).outcomes["unchanged"] == 1
