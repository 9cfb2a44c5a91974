"""What needs a person: each line appears on its day, and not once it is done."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from processor import todo
from processor.config import Config
from processor.form.choices import ClientType, Funder
from processor.form.steps import Form
from processor.ledger.rows import JobRow
from processor.life import Funding, Status
from processor.session import Session
from processor.todo import Task, deadlines, in_order, of_jobs, of_mails, of_recipients, of_rejections, of_session, severity_of
from tests.conftest import TODAY
from tests.outbox.views import NOW, form_of, mail, recipient, rejection, with_answers

CERTIFIED = {"attendance_checked_on": TODAY.isoformat()}


def session_of(
    config: Config, client: ClientType = ClientType.COMPANY, funder: Funder = Funder.OPCO, form: Form | None = None
) -> Session:
    return Session(form or form_of(config, client, funder), config, "S2026-0001", 1, TODAY)


def whats(
    session: Session, status: str, funding: str = "sans-objet", *, sent_on: date | None = None, today: date = TODAY,
    facts: dict[str, Any] | None = None,
) -> list[str]:  # fmt: skip
    found = of_session(session, status=status, funding=funding, sent_on=sent_on, today=today, facts=facts)
    return [one.what for one in found]


def test_a_proposal_to_validate_says_the_total_to_copy(house: Config) -> None:
    (task,) = of_session(session_of(house), status="a-valider", funding="sans-objet", sent_on=None, today=TODAY)
    assert task.what == "Proposition à valider"
    assert "1\u202f935,80\u00a0€" in task.action
    assert (task.ref, task.client, task.due) == ("S2026-0001", "Atelier Bellevue & Fils", None)


def test_the_funders_deadline_is_a_task_until_the_request_is_filed(house: Config) -> None:
    session = session_of(house)
    assert session.deadline is not None
    last = session.deadline.last_day
    (task,) = of_session(session, status="acceptee", funding="a-deposer", sent_on=None, today=last - timedelta(days=3))
    assert (task.due, task.severity, task.what) == (last, "soon", "Demande de financement à déposer")
    assert whats(session, "acceptee", "a-deposer", today=last + timedelta(days=1)) == ["Demande de financement en retard"]
    assert whats(session, "acceptee", "deposee", today=last) == []


def test_a_silent_funder_is_recalled_from_fifteen_days_before_the_start(house: Config) -> None:
    session = session_of(house)
    assert whats(session, "convention-signee", "deposee", today=session.start - timedelta(days=16)) == []
    assert whats(session, "convention-signee", "deposee", today=session.start - timedelta(days=15)) == [
        "Réponse du financeur non reçue"
    ]
    assert whats(session, "convention-signee", "accord-total", today=session.start - timedelta(days=15)) == []


@pytest.mark.parametrize(("funding", "what"), [("refus", "Financement refusé"), ("accord-partiel", "Financement partiel")])
def test_a_refusal_asks_who_pays_until_the_session_is_confirmed(house: Config, funding: str, what: str) -> None:
    session = session_of(house)
    today = session.start - timedelta(days=30)
    assert whats(session, "convention-signee", funding, today=today) == [what]
    assert whats(session, "confirmee", funding, today=today) == []


def test_signed_documents_are_missed_after_a_week(house: Config) -> None:
    session = session_of(house)
    assert whats(session, "proposition-envoyee", sent_on=TODAY - timedelta(days=6)) == []
    assert whats(session, "proposition-envoyee", sent_on=TODAY - timedelta(days=7)) == ["Documents signés non reçus"]
    assert whats(session, "convention-signee", sent_on=TODAY - timedelta(days=7)) == []


def test_a_session_that_begins_without_a_signature_is_urgent(house: Config) -> None:
    session = session_of(house)
    (task,) = of_session(session, status="acceptee", funding="sans-objet", sent_on=None, today=session.start)
    assert (task.what, task.severity) == ("Session commencée sans accord signé", "urgent")
    cpf = session_of(house, ClientType.PRIVATE, Funder.CPF)  # the platform's terms stand in for it
    assert whats(cpf, "acceptee", today=cpf.start) == []


def test_incomplete_groups_are_told_from_ten_days_before_the_start(house: Config) -> None:
    form = form_of(house)
    first = form.trainees[0].model_copy(update={"email": None, "first_name": "Alice", "last_name": "Modèle"})
    form = with_answers(
        form.model_copy(update={"trainees": [first, form.trainees[1]]}), session={"min_trainees": 3, "max_trainees": 1}
    )
    session = session_of(house, form=form)
    assert whats(session, "convoquee", today=session.start - timedelta(days=11)) == []
    assert whats(session, "convoquee", today=session.start - timedelta(days=10)) == [
        "E-mail manquant : Alice MODÈLE", "Effectif sous le minimum", "Effectif au-dessus du maximum",
    ]  # fmt: skip


def closing(session: Session, today: date, facts: dict[str, str]) -> list[Task]:
    return of_session(session, status="terminee", funding="sans-objet", sent_on=None, today=today, facts=facts)


def test_a_session_that_ended_waits_to_be_closed(house: Config) -> None:
    session = session_of(house)
    after = session.end + timedelta(days=1)
    assert whats(session, "terminee", today=after) == ["Présences à vérifier"]
    noted = {"attendance_checked_on": after.isoformat()}
    assert [one.what for one in closing(session, after, noted)] == ["Session à facturer"]
    noted |= {"invoiced_on": after.isoformat()}
    (waiting,) = closing(session, after, noted)
    assert (waiting.what, waiting.due) == ("Paiement attendu", after + timedelta(days=30))
    assert closing(session, after, noted | {"paid_on": after.isoformat()}) == []
    assert whats(session, "cloturee", today=after, facts=noted) == []
    assert whats(session, "cloturee", today=after) == ["Présences à vérifier"], "paid, and nobody certified"


def test_the_refund_is_recalled_a_month_before_its_last_day(house: Config) -> None:
    session = session_of(house, ClientType.SELF_EMPLOYED, Funder.AGEFICE)
    assert session.deadline is not None
    assert session.deadline.refund is not None
    near = session.deadline.refund - timedelta(days=30)
    assert whats(session, "cloturee", "accord-total", today=near, facts=CERTIFIED) == ["Remboursement à demander"]
    assert whats(session, "cloturee", "accord-total", today=near - timedelta(days=1), facts=CERTIFIED) == []
    assert whats(session, "cloturee", "paye", today=near, facts=CERTIFIED) == []


@pytest.mark.parametrize("status", ["annulee", "reportee", "sans-suite", "cloturee"])
@pytest.mark.parametrize("funding", list(Funding))
def test_nothing_is_asked_for_a_session_that_is_over(house: Config, status: str, funding: Funding) -> None:
    session = session_of(house)
    for today in (TODAY, session.start - timedelta(days=1), session.end + timedelta(days=1)):
        assert whats(session, status, funding, sent_on=TODAY - timedelta(days=30), today=today, facts=CERTIFIED) == []


@pytest.mark.parametrize(
    ("days", "severity"), [(-3, "urgent"), (0, "urgent"), (1, "urgent"), (2, "soon"), (7, "soon"), (8, "normal")]
)
def test_severity_follows_the_days_left(days: int, severity: str) -> None:
    assert severity_of(TODAY + timedelta(days=days), TODAY) == severity
    assert severity_of(None, TODAY) == "urgent"


@pytest.mark.parametrize(("state", "command"), [("failed", "resend 4"), ("in_doubt", "cancel 4"), ("held", "resend 4")])
def test_a_mail_that_waits_for_a_person_names_the_command_to_type(state: str, command: str) -> None:
    (task,) = of_mails([mail(4, state=state)], {1: ("S2026-0001", "Atelier")})
    assert f"processor {command}" in task.action
    assert (task.ref, task.client, task.severity) == ("S2026-0001", "Atelier", "urgent")


@pytest.mark.parametrize("state", ["planned", "sending", "sent", "deferred", "cancelled"])
def test_other_mails_are_nobodys_task(state: str) -> None:
    assert of_mails([mail(4, state=state)], {}) == []


def test_a_refused_address_is_told_with_the_servers_words() -> None:
    answers = [recipient(), recipient("faux@client.example", state="refused", words="550 inconnu")]
    (task,) = of_recipients(mail(), answers, "S2026-0001", "Atelier")
    assert "faux@client.example" in task.what
    assert "550 inconnu" in task.action
    assert of_recipients(mail(state="failed"), answers, "S2026-0001", "Atelier") == []  # told with the mail itself


def test_only_open_rejections_and_stuck_workbooks_are_tasks() -> None:
    assert [one.what for one in of_rejections([rejection(), rejection(resolved_at=NOW)])] == ["Classeur refusé : fautif.xlsx"]
    job = JobRow(1, "a.xlsx", "s", "queued", None, 1, None, None, None, "devis.docx illisible", None, NOW, None, None)
    assert [one.action for one in of_jobs([job, replace(job, error=None), replace(job, state="done")])] == [
        "devis.docx illisible"
    ]


def test_what_cannot_wait_comes_first_then_by_deadline() -> None:
    def one(due: date | None, severity: Any) -> Task:
        return Task(due, severity, "", "", "", "")

    soon, late, now = one(TODAY + timedelta(days=5), "soon"), one(TODAY - timedelta(days=2), "urgent"), one(None, "urgent")
    assert in_order([soon, late, now]) == [now, late, soon]


def test_deadlines_are_to_come_nearest_first_and_change_with_the_state(house: Config) -> None:
    session = session_of(house)
    offered = deadlines(session, status="proposition-envoyee", funding="a-deposer", today=TODAY)
    assert [day for day, _ in offered] == sorted(day for day, _ in offered)
    assert {what for _, what in offered} == {
        "Fin de validité du devis", "Dernier jour pour déposer la demande", "Convocation des stagiaires", "Début de la session",
        "Fin de la session",
    }  # fmt: skip
    running = deadlines(session, status=Status.RUNNING, funding="accord-total", today=session.start + timedelta(days=1))
    assert running == [(session.end, "Fin de la session")]
    assert deadlines(session, status="annulee", funding="a-deposer", today=TODAY) == []


def test_the_proposals_day_is_local_and_the_last_one_that_left(house: Config) -> None:
    late = NOW.replace(hour=23, minute=30)  # already the next day in Paris
    mails = [
        mail(1),
        mail(2, finished_at=late),
        mail(3, kind="rappel", finished_at=late + timedelta(days=3)),
        mail(4, state="failed"),
    ]
    assert todo.proposal_sent_on(mails, house.zone) == TODAY + timedelta(days=1)
    assert todo.proposal_sent_on([mail(4, state="planned", finished_at=None)], house.zone) is None
