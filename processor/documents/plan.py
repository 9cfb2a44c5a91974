"""Which documents exist, when each is made, who may read it, with which mail it goes, and how it is named.

`HOUSE` is the table; rows of config.yaml (`documents:`) add to it. A document that is not for somebody never
reaches him: every attachment is chosen by `readable`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from processor.config import Config, ExtraDocument
from processor.documents import word
from processor.errors import TemplateError
from processor.form.steps import Trainee
from processor.form.text import fold
from processor.outbox.files import safe_name
from processor.session import Session

Stage = Literal["proposal", "convocation", "completion"]
STAGES: tuple[Stage, ...] = get_args(Stage)

PAYER = frozenset({"client", "training_manager"})
_LEARNER = frozenset({"trainee"})
_TRAINER = frozenset({"trainer"})
_MAIL_OF: dict[Stage, str] = {"proposal": "proposition", "convocation": "convocation", "completion": "certificat"}
_TRAINEE_TAG = "stagiaire"  # a template that names one trainee is filled for each


@dataclass(frozen=True)
class Model:
    """A kind of document. `readers` are the roles that may receive it, `goes_with` the mails that carry it."""

    kind: str
    title: str
    prefix: str
    stage: Stage
    template: str
    readers: frozenset[str]
    goes_with: frozenset[str]
    each_trainee: bool = False
    reason: str = ""


def _house(
    kind: str, title: str, prefix: str, stage: Stage, readers: frozenset[str], goes_with: Sequence[str], reason: str,
    *, each_trainee: bool = False,
) -> Model:  # fmt: skip
    return Model(kind, title, prefix, stage, f"{kind}.docx", readers, frozenset(goes_with), each_trainee, reason)


HOUSE = (
    _house("devis", "Devis", "DEV", "proposal", PAYER, ["proposition", "non_retour"], "devis de la proposition"),
    _house("convention", "Convention de formation", "CONV", "proposal", PAYER, ["proposition", "non_retour"], ""),
    _house("contrat", "Contrat de formation", "CONT", "proposal", PAYER, ["proposition", "non_retour"], ""),
    _house(
        "programme", "Programme", "PROG", "proposal", PAYER | _LEARNER | _TRAINER, ["proposition", "non_retour", "convocation", "intervention"],
        "programme annexé",
    ),
    _house(
        "convocation", "Convocation", "CVOC", "convocation", PAYER | _LEARNER, ["convocation"],
        "session convenue, début proche", each_trainee=True,
    ),
    _house(
        "emargement", "Feuille d’émargement", "EMAR", "convocation", PAYER | _TRAINER, ["intervention"],
        "assiduité attestée par demi-journée (Code du travail, D.6353-1)",
    ),
    _house(
        "attestation", "Attestation de fin de formation", "ATT", "completion", _LEARNER, ["certificat"],
        "remise au stagiaire (Code du travail, L.6353-1)", each_trainee=True,
    ),
    _house(
        "certificat", "Certificat de réalisation", "CERT", "completion", PAYER | _LEARNER, ["certificat"],
        "justifie la réalisation auprès du financeur (arrêté du 21 décembre 2018)", each_trainee=True,
    ),
    _house("facture", "Facture préparatoire", "FACT", "completion", frozenset(), [], "à recopier dans le logiciel de facturation"),
)  # fmt: skip


@dataclass(frozen=True)
class Planned:
    """A document to make: its model, printed number and title, file name without suffix, why, and for which trainee."""

    model: Model
    title: str
    number: str
    name: str
    reason: str
    trainee: Trainee | None = None

    @property
    def kind(self) -> str:
        return self.model.kind

    @property
    def template(self) -> str:
        return self.model.template

    @property
    def trainee_key(self) -> str | None:
        return self.trainee.key if self.trainee else None


def models(config: Config) -> dict[str, Model]:
    """Every kind of document by its slug: the house's and those of config.yaml."""
    return {one.kind: one for one in (*(model for _, model in _extras(config)), *HOUSE)}


def title_of(config: Config, kind: str) -> str:
    """What people call this kind of document."""
    found = models(config).get(kind)
    return found.title if found else kind.capitalize()


def slug_of(name: str) -> str:
    """The kind of document that a row of config.yaml with this name makes."""
    return fold(name).replace(" ", "-")


def _extras(config: Config) -> list[tuple[ExtraDocument, Model]]:
    """The rows of config.yaml as models; no two documents of a session bear the same number."""
    taken, found = {one.prefix for one in HOUSE}, []
    for row in config.documents:
        letters = re.sub("[^a-z0-9]", "", fold(row.name)).upper()
        prefix = next(
            (letters[:size] for size in range(4, len(letters) + 1) if letters[:size] not in taken), f"{letters}{len(taken)}"
        )
        taken.add(prefix)
        found.append((row, _extra(row, prefix)))
    return found


def _extra(row: ExtraDocument, prefix: str) -> Model:
    """It goes with its stage's mail unless the row names another."""
    readers = {"client": PAYER, "trainee": _LEARNER, "trainer": _TRAINER}[row.audience]
    mail = row.attach_to or ("intervention" if row.audience == "trainer" else _MAIL_OF[row.when])
    return Model(
        slug_of(row.name), row.name, prefix, row.when, row.template, readers, frozenset({mail}), reason="ajouté dans les réglages"
    )


def documents_for(session: Session, stage: Stage = "proposal") -> list[Planned]:
    """What this stage makes. The proposal: devis, then convention or contrat or neither, then programme."""
    planned: list[Planned] = []
    for model in HOUSE:
        if model.stage != stage or (model.kind in ("convention", "contrat") and model.kind != session.agreement):
            continue
        reason = session.agreement_reason if model.kind == session.agreement else model.reason
        planned += _planned(model, session, reason, each_trainee=model.each_trainee)
    for row, model in _extras(session.config):
        wanted = (not row.client_types or session.client_type in row.client_types) and (
            not row.funders or session.funder in row.funders
        )
        if row.when == stage and wanted:
            planned += _planned(model, session, model.reason, each_trainee=_names_a_trainee(model, session.config))
    return planned


def _planned(model: Model, session: Session, reason: str, *, each_trainee: bool) -> list[Planned]:
    number = f"{model.prefix}-{session.ref}-v{session.version}"
    name = f"{model.title} {session.ref} v{session.version} - "
    title = f"{model.title} – {session.title}"
    if not each_trainee:
        return [Planned(model, title, number, safe_name(name + session.client_name, longest=100), reason)]
    return [
        Planned(
            model, title, f"{number}-{place:02d}",
            safe_name(f"{name}{place:02d} {one.full_name}", longest=100), reason, one,
        )
        for place, one in enumerate(session.form.trainees, start=1)
    ]  # fmt: skip


def _names_a_trainee(model: Model, config: Config) -> bool:
    """Whether the coordinator's template speaks of one trainee; a broken one is reported when it is filled."""
    try:
        return _TRAINEE_TAG in word.load(config.template(model.template), config.brand).tags
    except TemplateError:
        return False


def readable(model: Model | None, role: str, *, of_trainee: str | None, reader: str | None) -> bool:
    """Whether somebody in `role` may receive this document.

    `of_trainee` is the trainee whom it is about (None: the whole session), `reader` the trainee who would get it.
    """
    if model is None or role not in model.readers:
        return False
    return role != "trainee" or of_trainee is None or of_trainee == reader
