"""The register: what a coordinator sees each morning."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from openpyxl.worksheet.worksheet import Worksheet

from processor.config import Config
from processor.form.choices import ClientType, Funder
from processor.ledger.rows import SessionRow
from processor.life import Status
from processor.outbox.dashboard import Line, origin
from processor.outbox.register import RegisterView, build, stamp
from processor.session import Session
from processor.todo import Task
from tests.conftest import TODAY
from tests.outbox.views import (
    NOW,
    cells,
    find,
    form_of,
    later,
    mail,
    recipient,
    rejection,
    reopened,
    session_row,
    view_of,
    with_answers,
)

EMPTY = RegisterView([], [], [], [], [])


def register_of(config: Config, sessions: Sequence[tuple[SessionRow, Session]] = (), **parts: Any) -> dict[str, Worksheet]:
    lines = [Line.of(row, session, TODAY) for row, session in sessions]
    book = reopened(build(replace(EMPTY, lines=lines, **parts), config, TODAY))
    return {sheet.title: sheet for sheet in book.worksheets}


def one(config: Config, ref: str, status: str, **changes: Any) -> tuple[SessionRow, Session]:
    view = view_of(config)
    session = replace(view.session, ref=ref)
    return session_row(session, status=status, **changes), session


def row_values(sheet: Worksheet, row: int) -> list[object]:
    return [cell.value for cell in sheet[row]]


def test_the_sheets_of_the_contract_come_first_in_their_order(house: Config) -> None:
    assert list(register_of(house)) == ["Sessions", "À faire", "Mails", "Rejets", "Tableau de bord"]


def test_an_empty_register_says_so_in_words(house: Config) -> None:
    sheets = register_of(house)
    assert str(sheets["Sessions"]["A3"].value).startswith("Aucune session")
    assert sheets["À faire"]["A3"].value == "Rien à faire aujourd’hui."


def test_a_session_is_one_line_with_a_link_to_its_workbook(house: Config) -> None:
    row, session = one(house, "S2026-0001", "convention-signee", funding="accord-partiel")
    sheet = register_of(house, sessions=[(row, session)])["Sessions"]
    assert sheet["A3"].hyperlink is not None
    assert sheet["A3"].hyperlink.target == "S2026-0001/S2026-0001.xlsx"
    assert row_values(sheet, 3)[:6] == [
        "S2026-0001",
        "Convention signée",
        "Accord partiel",
        session.client_name,
        session.title,
        "OPCO",
    ]
    assert sheet["J3"].value == row.total_cents / 100
    assert sheet["G3"].value.date() == session.start
    assert sheet.auto_filter.ref == "A2:M3"


def test_each_status_has_its_colour_and_a_refusal_is_not_that_of_a_signature(house: Config) -> None:
    rows = [one(house, f"S2026-{number:04d}", status) for number, status in enumerate(Status)]
    sheet = register_of(house, sessions=rows)["Sessions"]
    colours = {cell.value: cell.fill.fgColor.rgb for cell in sheet["B"][2:]}
    assert len(colours) == len(Status)
    assert "00000000" not in colours.values()
    assert colours["Annulée"] != colours["Convention signée"] != colours["À valider"]


def test_the_next_deadline_is_the_nearest_day_to_come(house: Config) -> None:
    sheet = register_of(house, sessions=[one(house, "S2026-0001", "proposition-envoyee")])["Sessions"]
    assert sheet["L3"].value.date() == later(30)  # the quote's validity
    assert str(sheet["M3"].value).startswith("Fin de validité du devis")
    over = register_of(house, sessions=[one(house, "S2026-0001", "annulee")])["Sessions"]
    assert over["L3"].value is None


def test_tasks_keep_their_order_with_their_colour_and_link(house: Config) -> None:
    tasks = [
        Task(None, "urgent", "S2026-0001", "=1+1", "E-mail rejeté : x", "« processor resend 4 »"),
        Task(later(3), "soon", "", "", "Autre", "Faire"),
        Task(later(30), "normal", "S2026-0002", "B", "Encore", "Attendre"),
    ]
    sheet = register_of(house, tasks=tasks)["À faire"]
    assert sheet["A3"].value == "sans attendre"
    assert sheet["B4"].value == "dans 3\u00a0jours"
    assert sheet["C3"].hyperlink is not None
    assert sheet["C3"].hyperlink.target == "S2026-0001/S2026-0001.xlsx"
    assert sheet["C4"].hyperlink is None
    assert len({cell.fill.fgColor.rgb for cell in sheet["A"][2:]}) == 3
    assert (sheet["D3"].value, sheet["D3"].data_type) == ("=1+1", "s")
    assert "processor resend 4" in str(sheet["F3"].value)


def test_a_mail_shows_every_answer_and_marks_a_refusal(house: Config) -> None:
    answers = [recipient("a@x.example"), recipient("b@x.example", state="refused")]
    sheet = register_of(house, mails=[(mail(3, state="in_doubt", words="délai dépassé"), "S2026-0001", answers)])["Mails"]
    assert str(sheet["D3"].value).replace("\u00a0", " ") == "a@x.example : accepté\nb@x.example : refusé"
    assert (sheet["F3"].value, sheet["H3"].value) == ("Incertain", "délai dépassé")
    assert sheet["D3"].fill.fgColor.rgb == sheet["F3"].fill.fgColor.rgb


def test_a_rejection_links_to_the_marked_workbook_until_it_is_settled(house: Config) -> None:
    sheet = register_of(house, rejections=[rejection(), rejection(id=2, resolved_at=NOW)])["Rejets"]
    assert str(sheet["D3"].value).replace("\u00a0", " ") == "2 Client B5 : Le SIRET est faux."
    assert sheet["E3"].hyperlink is not None
    assert sheet["E3"].hyperlink.target == "rejets/fautif - à corriger.xlsx"
    assert (sheet["F3"].value, sheet["F4"].value) == ("à corriger", "corrigé")
    assert sheet["E4"].hyperlink is None


def test_the_dashboard_adds_up_signed_offered_and_lost(house: Config) -> None:
    rows = [
        one(house, "S1", "convention-signee", total_cents=100_00), one(house, "S2", "cloturee", total_cents=50_00),
        one(house, "S3", "a-valider", total_cents=7_00), one(house, "S4", "reportee", total_cents=3_00),
        one(house, "S5", "annulee", total_cents=2_00), one(house, "S6", "sans-suite", total_cents=1_00),
    ]  # fmt: skip
    sheet = register_of(house, sessions=rows)["Tableau de bord"]
    money = {name: sheet.cell(find(sheet, name).row, 2).value for name in ("Signé", "En proposition", "Refusé ou annulé")}
    assert money == {"Signé": 150, "En proposition": 10, "Refusé ou annulé": 3}
    assert [type(chart).__name__ for chart in sheet._charts] == ["BarChart", "PieChart"]  # type: ignore[attr-defined]


def test_the_yearly_return_counts_signed_sessions_by_origin_of_the_money(house: Config) -> None:
    signed = one(house, "S1", "convention-signee")
    sheet = register_of(house, sessions=[signed, (replace(signed[0], ref="S2"), signed[1]), one(house, "S3", "a-valider")])[
        "Tableau de bord"
    ]
    session = signed[1]
    line = row_values(sheet, find(sheet, "Heures-stagiaires").row + 1)
    hours = float(session.hours) * session.trainee_count
    assert line[:6] == [
        origin(session), "OPCO", session.end.year, 2 * session.trainee_count, 2 * hours, 2 * session.price.net_of_tax_cents / 100,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("client", "funder", "subrogation", "words"),
    [
        (ClientType.COMPANY, Funder.OPCO, True, "plan de développement"),
        (ClientType.COMPANY, Funder.OPCO, False, "Entreprises"),
        (ClientType.COMPANY, Funder.OWN_FUNDS, None, "Entreprises"),
        (ClientType.PRIVATE, Funder.CPF, None, "compte personnel"),
        (ClientType.PRIVATE, Funder.OWN_FUNDS, None, "titre individuel"),
        (ClientType.PRIVATE, Funder.FRANCE_TRAVAIL, None, "France Travail"),
        (ClientType.SELF_EMPLOYED, Funder.FIFPL, None, "non-salariés"),
    ],
)
def test_money_falls_under_the_heading_of_who_pays_the_organisation(
    house: Config, client: ClientType, funder: Funder, *, subrogation: bool | None, words: str
) -> None:
    form = with_answers(form_of(house, client, funder), type={"subrogation": subrogation})
    assert words in origin(Session(form, house))


def test_the_service_block_stands_on_the_dashboard(house: Config) -> None:
    sheet = register_of(house, service=[("Dernier passage", stamp(NOW, house))])["Tableau de bord"]
    assert [cell.value for cell in cells(sheet)][:4] == [
        "Tableau de bord",
        "Service",
        "Dernier passage",
        "24/11/2026 à 10\u00a0h",
    ]
    assert stamp(None, house) == "jamais"


def test_two_thousand_sessions_are_written_in_seconds(house: Config) -> None:
    row, session = one(house, "S2026-0001", "proposition-envoyee")
    before = time.process_time()
    lines = [Line.of(replace(row, id=number, ref=f"S2026-{number:04d}"), session, TODAY) for number in range(2000)]
    content = build(replace(EMPTY, lines=lines), house, TODAY)
    assert time.process_time() - before < 2  # a fifth on a quiet machine; looks made anew for each cell took many
    assert len(content) > 50_000
