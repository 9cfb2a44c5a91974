"""Messages: nothing typed opens a header of its own, each funder's block gives its dates, French reads as French."""

from __future__ import annotations

import email
import email.policy
import re
from datetime import UTC, datetime
from decimal import Decimal
from email.message import EmailMessage

import pytest

from processor.config import Config, resources
from processor.form.choices import AgreementChoice, ClientType, Funder
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


KINDS = sorted(
    path.stem for path in (resources() / "templates" / "mails").glob("[a-z]*.txt") if path.stem not in ("digest", "rejet")
)


BLOCKS = [
    (ClientType.COMPANY, Funder.OPCO, ["AKTO", "26 décembre 2026", "subrogation", "refus"]),
    (ClientType.COMPANY, Funder.OWN_FUNDS, ["facture"]),
    (ClientType.PRIVATE, Funder.OWN_FUNDS, ["14 jours pour vous rétracter", "Ne versez rien", "420,00 €"]),
    (ClientType.PRIVATE, Funder.CPF, ["Mon Compte Formation", "8 janvier 2027"]),
    (ClientType.PRIVATE, Funder.FRANCE_TRAVAIL, ["France Travail", "10 janvier 2027", "n’avez rien à payer"]),
    (ClientType.SELF_EMPLOYED, Funder.FIFPL, ["FIF PL", "4 février 2027", "rembourse"]),
    (ClientType.SELF_EMPLOYED, Funder.AGEFICE, ["AGEFICE", "10 janvier 2027", "rembourse"]),
    (ClientType.SELF_EMPLOYED, Funder.FAFCEA, ["FAFCEA", "25 janvier 2027", "rembourse"]),
    (ClientType.SELF_EMPLOYED, Funder.OWN_FUNDS, ["910,00 € net de taxe"]),
]


@pytest.mark.parametrize(("client", "funder", "words"), BLOCKS, ids=[f"{client}-{funder}" for client, funder, _ in BLOCKS])
def test_the_proposal_tells_each_funders_clients_what_to_do_by_when(
    house: Config, client: ClientType, funder: Funder, words: list[str]
) -> None:
    text = body(written(house, session_of(house, client, funder)))
    assert [word for word in words if word not in text] == []
    assert "Pôle emploi" not in text


def told(house: Config, client: ClientType, funder: Funder, kind: str = "proposition", **answers: object) -> str:
    session = session_of(house, client, funder)
    form = session.form.model_copy(update={"type": session.form.type.model_copy(update=answers)})
    return body(written(house, Session(form, house, session.ref, session.version, TODAY), kind))


def test_a_france_travail_trainee_who_pays_a_part_signs_a_contract_for_it(house: Config) -> None:
    text = told(house, ClientType.PRIVATE, Funder.FRANCE_TRAVAIL, trainee_share=Decimal(300))
    assert "Votre part est de 300,00 €" in text
    assert "signez-le au plus tard le dimanche 10 janvier 2027" in text
    assert "ne versez rien avant la fin de ce délai" in text
    assert "Renvoyez-nous le contrat daté et signé" in text
    assert "Vous n’avez rien à payer" not in text
    assert "Vous n’avez rien à payer" in told(house, ClientType.PRIVATE, Funder.FRANCE_TRAVAIL)


def test_a_company_without_subrogation_learns_what_it_must_send_afterwards(house: Config) -> None:
    text = told(house, ClientType.COMPANY, Funder.OPCO, subrogation=False)
    assert "la facture acquittée et les certificats de réalisation à lui transmettre" in text
    assert "règle directement notre organisme" not in text


def test_a_self_employed_person_who_pays_himself_has_nothing_to_apply_for(house: Config) -> None:
    text = told(house, ClientType.SELF_EMPLOYED, Funder.OWN_FUNDS)
    assert "aucune demande de prise en charge à déposer" in text
    assert "910,00 € net de taxe ; règlement : à 30 jours à compter de la réception de la facture." in text


def test_a_signed_quote_stands_for_the_agreement_where_there_is_none(house: Config) -> None:
    text = told(house, ClientType.COMPANY, Funder.OPCO, agreement_choice=AgreementChoice.NONE)
    assert "signé, il tient lieu de convention" in text
    assert "la convention signée" not in text


SUBJECTS = [
    (ClientType.PRIVATE, Funder.CPF, "Commande à valider"),
    (ClientType.PRIVATE, Funder.FRANCE_TRAVAIL, "Devis à valider"),
    (ClientType.COMPANY, Funder.OPCO, "Documents à nous retourner"),
]


@pytest.mark.parametrize(("client", "funder", "subject"), SUBJECTS)
def test_who_has_nothing_to_return_is_not_asked_to(house: Config, client: ClientType, funder: Funder, subject: str) -> None:
    assert written(house, session_of(house, client, funder), "non_retour").subject.startswith(subject)


@pytest.mark.parametrize("funder", [Funder.FIFPL, Funder.FAFCEA, Funder.AGEFICE])
def test_funders_are_named_with_their_article(house: Config, funder: Funder) -> None:
    session = session_of(house, ClientType.SELF_EMPLOYED, funder)
    for kind in KINDS:
        made = written(house, session, kind)
        assert not re.search(r"(?:à|de|Prévenez|par) (?:FIF PL|FAFCEA|AGEFICE)", f"{made.subject} {body(made)}"), kind


def test_a_cpf_holder_is_never_asked_for_money(house: Config) -> None:
    text = body(written(house, session_of(house, ClientType.PRIVATE, Funder.CPF)))
    assert "ni acompte, ni frais, ni complément" in text
    assert "facture" not in text.lower()


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
