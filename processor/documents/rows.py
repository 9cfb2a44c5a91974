"""The rows `documents:` of config.yaml, checked against what exists: names, client types, funders, mails.

A wrong word there would not stop anything: the document would be made for nobody, or join no mail, or take the
place of one of the house and its readers.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator

from processor.config import Config, ExtraDocument, resources
from processor.documents.plan import HOUSE, models, slug_of
from processor.errors import ConfigError
from processor.form.choices import ClientType, Funder
from processor.form.text import fold

_CARRIERS = {  # who gets the mails to which documents are joined; the reminders' are in config.yaml
    "proposition": {"client"},
    "convocation": {"trainee"},
    "intervention": {"trainer"},
    "certificat": {"client", "trainee"},
}
_AUDIENCE = {"client": "client", "training_manager": "client", "trainees": "trainee", "trainer": "trainer"}


def check(config: Config) -> None:
    """Raises `ConfigError`, a sentence a mistake."""
    found = [f"« {config.file.name} », documents, « {row.name} » : {mistake}" for row, mistake in _mistakes(config)]
    if found:
        raise ConfigError("\n".join(found))


def unattached(config: Config) -> Iterator[ExtraDocument]:
    """Rows whose document joins no mail to those who may read it: only « Écrire à » sends it."""
    known, carriers = models(config), _carriers(config)
    for row in config.documents:
        if not any(row.audience in carriers.get(mail, set()) for mail in known[slug_of(row.name)].goes_with):
            yield row


def _mistakes(config: Config) -> Iterator[tuple[ExtraDocument, str]]:
    house = {fold(word) for one in HOUSE for word in (one.kind, one.title)}
    seen = set[str]()
    for row in config.documents:
        name = fold(row.name)
        if not name:
            yield row, "un document a besoin d’un nom"
        elif name in house:
            yield row, "ce nom est déjà celui d’un document livré ; choisissez-en un autre"
        elif name in seen:
            yield row, "deux documents portent ce nom"
        seen.add(name)
        yield from ((row, one) for one in _unknown("client_types", row.client_types, (one.value for one in ClientType)))
        yield from ((row, one) for one in _unknown("funders", row.funders, (one.value for one in Funder)))
        mails = {
            path.stem
            for folder in (config.folders.templates, resources() / "templates")
            for path in (folder / "mails").glob("[!_]*.txt")
        }
        yield from ((row, one) for one in _unknown("attach_to", [row.attach_to] if row.attach_to else [], mails))


def _unknown(key: str, given: Iterable[str], known: Iterable[str]) -> Iterator[str]:
    choices = sorted(known)
    for word in given:
        if word not in choices:
            near = difflib.get_close_matches(word, choices, n=1, cutoff=0.4)
            yield f"{key} : « {word} » n’existe pas ; " + (
                f"vouliez-vous dire « {near[0]} » ?" if near else f"choix : {', '.join(choices)}"
            )


def _carriers(config: Config) -> dict[str, set[str]]:
    found = {mail: set(readers) for mail, readers in _CARRIERS.items()}
    for one in config.reminders:
        if one.to in _AUDIENCE:
            found.setdefault(one.template, set()).add(_AUDIENCE[one.to])
    return found
