"""The register: what a coordinator sees each morning."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from openpyxl.worksheet.worksheet import Worksheet

from processor.config import Config
from processor.ledger.rows import SessionRow
from processor.life import Status
from processor.outbox.dashboard import Line
from processor.outbox.register import RegisterView, build, stamp
from processor.session import Session
from processor.todo import Task
from tests.conftest import TODAY
from tests.outbox.views import (
    NOW,
    cells,
    find,
    later,
    mail,
    recipient,
    rejection,
    reopened,
    session_row,
    view_of,
)

EMPTY = RegisterView([], [], [], [], [])


def register_of(config: Config, sessions: Sequence[tuple[SessionRow, Session]] = (), **parts: Any) -> dict[str, Worksheet]:
    lines = [Line.of(row, session, TODAY) for row, session in sessions]
    book = reopened(build(replace(EMPTY, lines=lines, **parts), config, TODAY), values=True)
    return {sheet.title: sheet for sheet in book.worksheets}


def one(config: Config, ref: str, status: str, **changes: Any) -> tuple[SessionRow, Session]:
    view = view_of(config)
    session = replace(view.session, ref=ref)
    return session_row(session, status=status, **changes), session


def row_values(sheet: Worksheet, row: int) -> list[object]:
    return [cell.value for cell in sheet[row]]


def test_the_sheets_of_the_contract_come_first_in_their_order(house: Config) -> None:
    assert list(register_of(house)) == ["Sessions", "À faire", "Mails", "Rejets", "Tableau de bord", "Bilan"]


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
        "OPCO – AKTO",
    ]
    assert sheet["J3"].value == row.total_cents / 100
    assert sheet["G3"].value.date() == session.start
    assert sheet.auto_filter.ref == "A2:M3"


def test_what_is_over_stands_below_the_others_which_begin_with_the_first(house: Config) -> None:
    rows = [
        one(house, "S1", "cloturee", start="2026-01-10"), one(house, "S2", "acceptee", start="2027-03-01"),
        one(house, "S3", "annulee", start="2026-09-01"), one(house, "S4", "reportee", start="2026-12-01"),
        one(house, "S5", "sans-suite", start="2026-05-01"),
    ]  # fmt: skip
    sheet = register_of(house, sessions=rows)["Sessions"]
    assert [cell.value for cell in sheet["A"][2:]] == ["S4", "S2", "S3", "S5", "S1"]


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


def frame(sheet: Worksheet, name: str) -> list[list[object]]:
    """The rows of a frame of « Bilan » up to its total, blank cells left out."""
    row = next(cell.row for cell in cells(sheet) if name in str(cell.value)) + 2
    found: list[list[object]] = []
    while sheet.cell(row, 1).value:
        found.append([cell.value for cell in sheet[row] if cell.value is not None])
        row += 1
    return found


def test_the_yearly_return_splits_what_is_over_into_its_frames(house: Config) -> None:
    partly = {"funder_answer": "accord-partiel", "granted_amount": "1000", "attendance": {}}
    ended, session = one(house, "S1", "terminee", facts=partly, end="2027-01-26")
    absent = {"attendance": {session.form.trainees[0].key: {"hours": "0"}, session.form.trainees[1].key: {"hours": "7"}}}
    rows = [
        (ended, session),
        (replace(ended, ref="S2", status="cloturee", facts=absent), session),
        (replace(ended, ref="S3", status="convention-signee"), session),
        (replace(ended, ref="S4", status="proposition-envoyee"), session),
    ]
    sheet = register_of(house, sessions=rows)["Bilan"]
    people, hours = session.trainee_count, float(session.hours)
    net = session.price.net_of_tax_cents / 100
    followed = hours * people + hours * (people - 2) + 7
    assert frame(sheet, "Cadre C") == [
        ["Entreprises, pour la formation de leurs salariés", "OPCO", 1, people - 1, hours * (people - 2) + 7, 2 * net - 1000],
        ["Gestionnaires des fonds : plan de développement des compétences", "OPCO", 1, people, hours * people, 1000],
        ["Total", 2, 2 * people - 1, followed, 2 * net],
    ]
    for name, kind in (("F-1", "Salariés d’employeurs privés, hors apprentis"), ("F-3", "Autres formations professionnelles")):
        assert frame(sheet, name) == [[kind, 2, 2 * people - 1, followed], ["Total", 2, 2 * people - 1, followed]]
    assert frame(sheet, "pas encore terminées")[-1] == ["Total", 1, people, hours * people, net]


def test_a_register_without_signed_sessions_has_an_empty_return(house: Config) -> None:
    sheet = register_of(house, sessions=[one(house, "S1", "a-valider")])["Bilan"]
    assert sheet["A4"].value == "Aucune session signée pour l’instant."


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
