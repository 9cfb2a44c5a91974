"""A session's own workbook: what a coordinator sees when she opens it, and what she may write into it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet

from processor import running
from processor.config import Config
from processor.form.choices import ClientType, Funder
from processor.form.fields import questions
from processor.form.followup import FollowUp, FunderAnswer, Message, addressees, facts_of, from_facts
from processor.form.saving import save
from processor.form.steps import SHEET_NAMES, Form
from processor.life import KEPT, Status
from processor.office import Office
from processor.outbox.names import mail_file
from processor.outbox.overview import cursor, in_days
from processor.outbox.session_workbook import build
from processor.outbox.sheet import Sheet
from processor.outbox.styles import put
from processor.outbox.view import SessionView
from tests.conftest import TODAY
from tests.outbox.views import NOW, cells, document, event, find, form_of, mail, recipient, reopened, texts, view_of, with_answers

YELLOW = "FFFFD400"


def overview_of(view: SessionView, config: Config, today: date = TODAY) -> Worksheet:
    return sheet_of(view, config, "Vue d'ensemble", today)


def sheet_of(view: SessionView, config: Config, name: str, today: date = TODAY) -> Worksheet:
    sheet = reopened(build(view, config, today), values=True)[name]
    assert isinstance(sheet, Worksheet)
    return sheet


def yellow(sheet: Worksheet) -> list[str]:
    return [str(cell.value) for cell in cells(sheet) if cell.fill.fgColor.rgb == YELLOW and cell.font.bold]


def test_the_sheets_are_those_of_the_contract_then_the_form(house: Config) -> None:
    names = reopened(build(view_of(house), house, TODAY)).sheetnames
    assert names[:5] == ["Vue d'ensemble", "Documents", "Stagiaires", "Messagerie", "Mails"]
    assert names[5:7] == ["Suivi", "Présences"]
    assert names[7:13] == list(SHEET_NAMES)


@pytest.mark.parametrize(("status", "shown"), [("a-valider", "À valider"), ("convoquee", "Convoquée"), ("cloturee", "Clôturée")])
def test_the_cursor_is_yellow_and_bold_on_the_current_state_only(house: Config, status: str, shown: str) -> None:
    assert yellow(overview_of(view_of(house, row={"status": status, "funding": "deposee"}), house)) == [shown, "Déposée"]


def test_states_behind_the_cursor_are_shaded_and_those_ahead_are_not(house: Config) -> None:
    sheet = overview_of(view_of(house, row={"status": "acceptee"}), house)
    behind, here, ahead = (find(sheet, name) for name in ("À valider", "Acceptée", "Confirmée"))
    assert len({str(cell.fill.fgColor.rgb) for cell in (behind, here, ahead)}) == 3
    assert behind.row == here.row == ahead.row


def test_a_cancelled_session_shows_how_far_it_had_come_and_not_further(house: Config) -> None:
    events = [
        event("session", None, "a-valider"),
        event("session", "envoi-en-cours", "proposition-envoyee"),
        event("session", "acceptee", "annulee"),
    ]
    line, behind = cursor("annulee", events)
    assert line[-1] == Status.CANCELLED
    assert Status.SENT in behind
    assert not behind & {Status.ACCEPTED, Status.CLOSED}
    assert "Annulée" in yellow(overview_of(view_of(house, row={"status": "annulee"}, events=events), house))


def test_amounts_are_numbers_and_internal_ones_say_so(house: Config) -> None:
    view = view_of(house)
    sheet = overview_of(view, house)
    beside = {str(cell.value): sheet.cell(cell.row, 12).value for cell in cells(sheet) if cell.column == 9}
    price = view.session.price
    assert beside["Net à payer"] == price.total_cents / 100
    assert beside["Interne – net pour l’organisme"] == price.net_cents / 100
    assert beside["Interne – prix par heure et par stagiaire"] == (price.per_trainee_hour_cents or 0) / 100


def test_the_funders_instructions_have_real_dates_and_the_days_left(house: Config) -> None:
    view = view_of(house)
    deadline = view.session.deadline
    assert deadline is not None
    text = texts(overview_of(view, house, deadline.last_day - timedelta(days=1)))
    assert "(demain)" in text
    assert str(deadline.last_day.year) in text
    assert "dépassé de 2 jours" in texts(overview_of(view, house, deadline.last_day + timedelta(days=2))).replace("\u00a0", " ")


def test_days_left_are_counted_by_the_workbook_itself(house: Config) -> None:
    book = reopened(build(view_of(house), house, TODAY))
    formulas = [str(cell.value) for cell in cells(book["Vue d'ensemble"]) if cell.data_type == "f"]
    assert len(formulas) > 3
    assert all("TODAY()" in one for one in formulas)
    assert "dans" not in texts(book["Vue d'ensemble"]).replace('"dans "', "")


def test_a_request_that_is_filed_has_no_days_left(house: Config) -> None:
    view = view_of(house, row={"funding": "deposee"}, events=[event("funding", "a-deposer", "deposee")])
    sheet = overview_of(view, house, view.session.start)
    assert "dépassé" not in texts(sheet)
    filed, to_file, refused = (str(find(sheet, name).fill.fgColor.rgb) for name in ("Déposée", "À déposer", "Refus"))
    assert len({filed, to_file, refused}) == 3


@pytest.mark.parametrize(
    ("days", "text"), [(0, "aujourd’hui"), (1, "demain"), (12, "dans 12\u00a0jours"), (-1, "dépassé de 1\u00a0jour")]
)
def test_days_are_said_as_people_say_them(days: int, text: str) -> None:
    assert in_days(days) == text


def test_what_to_do_next_says_the_total_to_copy(house: Config) -> None:
    text = texts(overview_of(view_of(house, row={"status": "a-valider"}), house))
    assert "Je valide le prix" in text
    assert "1\u202f935,80\u00a0€" in text


def test_a_refused_address_is_a_thing_to_do_with_the_servers_words(house: Config) -> None:
    refused = recipient("faux@client.example", state="refused", words="550 inconnu")
    view = view_of(house, mails=[(mail(), [recipient(), refused])])
    text = texts(overview_of(view, house))
    assert "faux@client.example" in text
    assert "550 inconnu" in text


def test_the_timeline_is_newest_first_in_local_time_and_french(house: Config) -> None:
    events = [
        event("session", None, "a-valider", "premier"),
        event("mail", "sending", "sent", "second", NOW + timedelta(hours=1)),
    ]
    sheet = overview_of(view_of(house, events=events), house)
    first, second = find(sheet, "premier"), find(sheet, "second")
    assert second.row < first.row
    assert sheet.cell(second.row, 1).value == (NOW + timedelta(hours=2)).replace(tzinfo=None)  # Paris in winter
    assert [sheet.cell(second.row, column).value for column in (2, 3, 5)] == ["E-mail", "En cours d’envoi", "Envoyé"]


@pytest.mark.parametrize("typed", ["=1+1", "+33 Conseil", "-2", "@SOMME(A1)", '=HYPERLINK("http://x")'])
def test_what_looks_like_a_formula_stays_text_in_every_sheet(house: Config, typed: str) -> None:
    form = with_answers(
        form_of(house), client={"company": typed, "last_name": typed, "manager_name": typed}, session={"title": typed}
    )
    trainee = form.trainees[0].model_copy(update={"last_name": typed, "job": typed})
    form = form.model_copy(update={"trainees": [trainee]})
    parts: dict[str, Any] = {
        "events": [event("session", None, "a-valider", typed)],
        "documents": [document(1, reason=typed, name=typed)],
        "mails": [(mail(subject=typed, words=typed, attachments=[typed]), [recipient(name=typed)])],
    }
    book = reopened(build(view_of(house, form, row={"facts": {"cancel_reason": typed}}, **parts), house, TODAY))
    for name in ("Vue d'ensemble", "Documents", "Stagiaires", "Messagerie", "Mails", "Suivi"):
        assert all("TODAY()" in str(cell.value) for cell in cells(book[name]) if cell.data_type == "f")
    assert find(book["Mails"], typed).quotePrefix
    assert find(book["Suivi"], typed).data_type == "s"


@given(st.text(min_size=1, max_size=60))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_can_be_written_and_is_never_a_formula(text: str) -> None:
    sheet = Sheet("Essai", (20,), tab="000000")
    put(sheet, 1, 1, text, link="x.pdf")
    read = reopened(save([sheet.page], title=text, author="")).worksheets[0]["A1"]
    assert read.data_type != "f"
    if text.isprintable():
        assert read.value == text


def test_every_link_is_relative_and_leads_to_a_file_of_the_outbox(office: Office, config: Config, drop: Any) -> None:
    form = with_answers(form_of(config), client={"company": "Études C# & 100 % Cie"})
    drop(form)
    running.one_pass(office)
    folder = config.folders.outbox / "S2026-0001"
    book = reopened((folder / "S2026-0001.xlsx").read_bytes())
    links = [
        str(cell.hyperlink.target)
        for name in ("Documents", "Mails")
        for cell in cells(book[name])
        if cell.hyperlink and cell.hyperlink.target and not cell.hyperlink.target.startswith("mailto:")
    ]
    assert len(links) == 7  # three documents as PDF and Word, one mail
    for link in links:
        assert not Path(link).is_absolute()
        assert "#" not in link
        assert (folder / link.replace("%23", "#").replace("%25", "%")).is_file()


def test_documents_that_were_replaced_stand_below_those_that_count(house: Config) -> None:
    sheet = sheet_of(view_of(house, documents=[document(1, state="replaced"), document(2, version=2)]), house, "Documents")
    assert [sheet.cell(row, 4).value for row in (3, 4)] == [2, 1]
    assert [sheet.cell(row, 5).value for row in (3, 4)] == ["Envoyé", "Remplacé"]


def test_mails_show_each_recipients_answer(house: Config) -> None:
    refused = recipient("b@client.example", role="training_manager", state="refused", words="550 inconnu")
    sheet = sheet_of(view_of(house, mails=[(mail(attempts=2), [recipient("a@client.example"), refused])]), house, "Mails")
    assert str(sheet["C3"].value).replace("\u00a0", " ") == (
        "a@client.example (Client) : accepté\nb@client.example (Responsable de la formation) : refusé – 550 inconnu"
    )
    assert (sheet["F3"].value, sheet["G3"].value, sheet["H3"].value) == ("Envoyé", 2, "250 accepté")
    assert sheet["B3"].value == NOW.replace(tzinfo=None) + timedelta(hours=1)


def test_a_mail_that_has_not_left_has_no_copy_to_open(house: Config) -> None:
    sheet = sheet_of(view_of(house, mails=[(mail(state="held", finished_at=None), [recipient(state="planned")])]), house, "Mails")
    assert sheet["F3"].value == "Retenu"
    assert sheet["I3"].hyperlink is None


def test_a_trainee_without_e_mail_is_marked(house: Config) -> None:
    form = form_of(house)
    form = form.model_copy(update={"trainees": [form.trainees[0].model_copy(update={"email": None})]})
    assert sheet_of(view_of(house, form), house, "Stagiaires")["D3"].value == "à demander"


def test_the_follow_up_shows_the_facts_as_dates_amounts_and_choices(house: Config) -> None:
    known = FollowUp(signed_on=date(2026, 12, 1), funder_answer=FunderAnswer.PARTLY, granted_amount=Decimal("1250.50"))
    sheet = sheet_of(view_of(house, row={"facts": facts_of(known) | {"other": 1}}), house, "Suivi")
    answers = {str(cell.value): sheet.cell(cell.row, 2).value for cell in cells(sheet) if cell.column == 1}
    assert answers["Convention signée le"].date() == date(2026, 12, 1)  # type: ignore[union-attr]
    assert answers["Réponse du financeur"] == "Accord partiel"
    assert answers["Montant accordé"] == 1250.5
    assert answers["Devis accepté le"] is None
    assert answers["État du classeur"] == NOW.isoformat()
    assert [asked.label for asked in questions(FollowUp) if asked.label not in answers] == []


def test_facts_survive_the_way_through_json() -> None:
    known = FollowUp(accepted_on=date(2026, 12, 1), funder_answer=FunderAnswer.REFUSED, refusal_reason="Budget épuisé")
    assert from_facts(facts_of(known)) == known
    assert facts_of(known)["paid_on"] is None


def test_the_follow_ups_choices_are_offered_as_lists(house: Config) -> None:
    sheet = sheet_of(view_of(house), house, "Suivi")
    lists = {rule.formula1 for rule in sheet.data_validations.dataValidation if rule.type == "list"}
    assert lists == {'"Accord total,Accord partiel,Refus"', '"Client,Organisme,Financeur"'}


def test_the_messages_block_offers_everybody_who_has_an_address(house: Config) -> None:
    form = form_of(house)
    unreachable = form.trainees[0].model_copy(update={"email": None})
    form = form.model_copy(update={"trainees": [unreachable, *form.trainees[1:]]})
    sheet = sheet_of(view_of(house, form), house, "Messagerie")
    rule = next(rule for rule in sheet.data_validations.dataValidation if str(rule.formula1).startswith("$H$1"))
    offered = [sheet.cell(row, 8).value for row in range(1, len(addressees(form)) + 1)]
    assert rule.formula1 == f"$H$1:$H${len(offered)}"
    assert offered[:4] == ["Client", "Responsable de la formation", "Tous les stagiaires", "Formateurs"]
    assert len(addressees(form)["Tous les stagiaires"]) == len(form.trainees) - 1
    assert sheet.column_dimensions["H"].hidden


def test_namesakes_are_told_apart_by_their_address(house: Config) -> None:
    form = form_of(house)
    one = form.trainees[0]
    form = form.model_copy(update={"trainees": [one, one.model_copy(update={"email": "autre@client.example"})]})
    offered = addressees(form)
    (mine,) = [found for label, found in offered.items() if label.endswith("(autre@client.example)")]
    assert [person.address for person in mine] == ["autre@client.example"]


def test_messages_already_written_stand_below_five_blank_lines(house: Config) -> None:
    written = mail(7, kind="message", subject="Salle changée", attachments=["Programme.pdf"])
    sheet = sheet_of(
        view_of(house, mails=[(mail(), [recipient()]), (written, [recipient(name="Alice MODÈLE")])]), house, "Messagerie"
    )
    head = find(sheet, "Destinataires")
    assert [sheet.cell(head.row, column).value for column in range(1, 6)] == [asked.label for asked in questions(Message)]
    blank = [sheet.cell(row, column).value for row in range(head.row + 1, head.row + 6) for column in range(1, 6)]
    assert blank == [None] * 25
    first = head.row + 6
    assert [sheet.cell(first, column).value for column in (1, 2, 4)] == ["Alice MODÈLE", "Salle changée", "Programme.pdf"]
    assert sheet.cell(first, 5).value == NOW.replace(tzinfo=None) + timedelta(hours=1)
    assert sheet.cell(first, 6).hyperlink is not None
    assert sheet.cell(first + 1, 1).value is None  # the proposal is no message of hers


def test_a_message_of_before_shows_its_words_and_leads_to_its_copy(house: Config) -> None:
    written = mail(7, kind="message", subject="Salle changée")
    parts: dict[str, Any] = {
        "mails": [(written, [recipient(name="Alice MODÈLE")])],
        "texts": {7: "Bonjour,\n\nSalle B. " + "mot " * 100},
    }
    sheet = sheet_of(view_of(house, **parts), house, "Messagerie")
    row = find(sheet, "Salle changée").row
    text = str(sheet.cell(row, 3).value)
    assert text.startswith("Salle B. mot")
    assert len(text) <= 202
    assert sheet.cell(row, 6).hyperlink is not None


def test_the_overview_counts_documents_and_mails(house: Config) -> None:
    documents = [document(1, state="replaced"), document(2, state="signed"), document(3), document(4, state="generated")]
    mails = [(mail(1), [recipient(), recipient(state="bounced")]), (mail(2, state="held"), [recipient()])]
    text = texts(overview_of(view_of(house, documents=documents, mails=mails), house)).replace("\u00a0", " ").split("\n")
    assert {"3 faits", "2 envoyés", "1 signé", "0 refusé", "1 envoyé", "1 en attente", "1 non remis"} <= set(text)


def test_the_overview_shows_what_the_funder_answered(house: Config) -> None:
    known = FollowUp(
        funding_file="AK-1", funder_answer=FunderAnswer.PARTLY, granted_amount=Decimal("1000"), answered_on=date(2026, 12, 9),
        refusal_reason="Plafond atteint",
    )  # fmt: skip
    text = texts(overview_of(view_of(house, row={"facts": facts_of(known)}), house)).replace("\u00a0", " ")
    for shown in ("AK-1", "Accord partiel, reçue le 9 décembre 2026", "Plafond atteint"):
        assert shown in text


def test_nothing_is_asked_of_a_funder_where_there_is_none(house: Config) -> None:
    view = view_of(house, form_of(house, ClientType.COMPANY, None), row={"funding": "sans-objet"})
    sheet = sheet_of(view, house, "Suivi")
    filed, signed = (
        sheet.cell(find(sheet, label).row, 2) for label in ("Demande de prise en charge déposée le", "Convention signée le")
    )
    assert filed.value is None
    assert filed.fill.fgColor.rgb != signed.fill.fgColor.rgb
    assert "sans objet" in texts(sheet)


def test_a_mail_kept_in_the_folder_is_not_said_to_be_sent(house: Config) -> None:
    view = view_of(
        house, mails=[(mail(words=KEPT), [recipient()])], events=[event("mail", "sending", "sent", f"« A » à B : {KEPT}")]
    )
    assert sheet_of(view, house, "Mails")["F3"].value == "Déposé"
    assert "Déposé" in texts(overview_of(view, house))


@pytest.mark.parametrize("subject", ["Court", "Un objet très long " * 20, "x" * 300, "a/b\\c:d*?<>|", "É" * 200])
def test_the_copy_of_a_mail_has_a_short_safe_and_stable_name(house: Config, subject: str) -> None:
    one = mail(12, subject=f"{subject} – titre", kind="convocation")
    name = mail_file(one, [recipient(name="Alice MODÈLE")], house)
    assert name == mail_file(replace(one, attempts=3), [recipient(name="Alice MODÈLE")], house)
    assert name.startswith("2026-11-24 10h00 ")
    assert name.endswith(" - Alice MODÈLE (12).eml")
    assert len(name) < 120
    assert not set(name) & set('/\\:*?"<>|')


def test_sheets_print_on_a4_without_gridlines_and_keep_their_headers(house: Config) -> None:
    book = reopened(build(view_of(house), house, TODAY))
    for name in ("Vue d'ensemble", "Documents", "Stagiaires", "Messagerie", "Mails", "Suivi"):
        sheet = book[name]
        assert sheet.page_setup.paperSize == 9
        assert not sheet.sheet_view.showGridLines
        assert sheet.freeze_panes


@pytest.mark.parametrize(
    ("client", "funder"),
    [(ClientType.PRIVATE, Funder.CPF), (ClientType.PRIVATE, None), (ClientType.SELF_EMPLOYED, Funder.AGEFICE)],
)
@pytest.mark.parametrize("status", list(Status))
def test_every_state_of_every_kind_of_session_can_be_shown(
    house: Config, client: ClientType, funder: Funder | None, status: Status
) -> None:
    form: Form = form_of(house, client, funder)
    view = view_of(house, form, row={"status": status, "funding": "sans-objet"})
    view = replace(view, documents=[], mails=[], events=[])
    assert status.label in yellow(overview_of(view, house))
