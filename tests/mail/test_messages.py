"""Messages: nothing typed opens a header of its own, each funder's block gives its dates, French reads as French."""

from __future__ import annotations

import email
import email.policy
import re
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from processor.config import Config, resources
from processor.form.choices import ClientType, Funder
from processor.form.example import example
from processor.ledger.rows import NewRecipient
from processor.mail.compose import Attachment, Composed, compose
from processor.mail.context import Joined, mail_context
from processor.session import Session
from tests.conftest import TODAY

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
DOCUMENTS = [
    Joined("devis", "Devis", "Devis.pdf"),
    Joined("convention", "Convention", "Convention.pdf"),
    Joined("programme", "Programme", "P.pdf"),
]


def session_of(house: Config, client: ClientType, funder: Funder) -> Session:
    return Session(example(client, funder, TODAY, house), house, "S2026-0001", 1, TODAY)


def written(
    house: Config, session: Session, kind: str = "proposition", to: NewRecipient | None = None, **more: object
) -> Composed:
    recipient = to or NewRecipient("client@client.example", "Madame Camille EXEMPLE")
    context = mail_context(session, recipient=recipient, today=TODAY, documents=DOCUMENTS, **more)  # type: ignore[arg-type]
    return compose(
        kind,
        context,
        [recipient],
        [Attachment("Devis été.pdf", b"%PDF")],
        config=house,
        message_id="<1@x.example>",
        now=NOW,
        templates=resources() / "templates",
    )


def read(composed: Composed) -> EmailMessage:
    message = email.message_from_bytes(composed.content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def body(composed: Composed) -> str:
    part = read(composed).get_body(("plain",))
    assert part is not None
    return re.sub(r"[\u00a0\u202f]", " ", part.get_content())


BLOCKS = [
    (ClientType.COMPANY, Funder.OPCO, ["AKTO", "26 décembre 2026", "subrogation", "refus"]),
    (ClientType.COMPANY, Funder.OWN_FUNDS, ["facture"]),
    (ClientType.PRIVATE, Funder.OWN_FUNDS, ["14 jours pour vous rétracter", "Ne versez rien", "420,00 €"]),
    (ClientType.PRIVATE, Funder.CPF, ["Mon Compte Formation"]),
    (ClientType.PRIVATE, Funder.FRANCE_TRAVAIL, ["France Travail"]),
    (ClientType.SELF_EMPLOYED, Funder.FIFPL, ["FIF PL", "4 février 2027", "rembourse"]),
    (ClientType.SELF_EMPLOYED, Funder.AGEFICE, ["AGEFICE", "10 janvier 2027", "rembourse"]),
    (ClientType.SELF_EMPLOYED, Funder.FAFCEA, ["FAFCEA", "rembourse"]),
]


@pytest.mark.parametrize(("client", "funder", "words"), BLOCKS, ids=[f"{client}-{funder}" for client, funder, _ in BLOCKS])
def test_the_proposal_tells_each_funders_clients_what_to_do_by_when(
    house: Config, client: ClientType, funder: Funder, words: list[str]
) -> None:
    text = body(written(house, session_of(house, client, funder)))
    assert [word for word in words if word not in text] == []
    assert "Pôle emploi" not in text


def test_a_cpf_holder_is_never_asked_for_money(house: Config) -> None:
    text = body(written(house, session_of(house, ClientType.PRIVATE, Funder.CPF)))
    assert "ni acompte, ni frais, ni complément" in text
    assert "facture" not in text.lower()


KINDS = sorted(
    path.stem for path in (resources() / "templates" / "mails").glob("[a-z]*.txt") if path.stem not in ("digest", "rejet")
)


@pytest.mark.parametrize("kind", KINDS)
def test_every_template_reads_as_french(house: Config, kind: str) -> None:
    for client, funder, _ in BLOCKS:
        session = session_of(house, client, funder)
        trainee = session.form.trainees[0]
        role = "trainee" if kind in ("convocation", "veille", "evaluation", "certificat") else "client"
        to = NewRecipient(str(trainee.email), f"{trainee.first_name} {trainee.last_name}", role)
        made = written(house, session, kind, to, message="Bonjour, un mot.", subject="Objet libre")
        part = read(made).get_body(("plain",))
        assert part is not None
        text = part.get_content()
        assert not re.search(r"[a-zé] [;:!?»]|« ", text), re.findall(r".{20}(?:[a-zé] [;:!?»]|« ).{5}", text)
        assert "{{" not in text
        assert "None" not in text
        assert not re.search(r"[a-z]'[a-z]", text)


def test_a_trainees_mail_shows_nobody_elses_address(house: Config) -> None:
    session = session_of(house, ClientType.COMPANY, Funder.OPCO)
    first, *others = session.form.trainees
    made = written(house, session, "convocation", NewRecipient(str(first.email), "Alice", "trainee"))
    assert not any(str(other.email) in made.content.decode() for other in others)
    with pytest.raises(ValueError, match="one message a trainee"):
        compose(
            "convocation", {}, [NewRecipient("a@x.example", role="trainee"), NewRecipient("b@x.example", role="trainee")],
            config=house, message_id="<1@x>", now=NOW, templates=resources() / "templates",
        )  # fmt: skip
