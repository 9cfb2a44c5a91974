"""The rows of config.yaml's tables, checked against what exists: names, client types, funders, states, mails.

A wrong word there would not stop anything: the document would be made for nobody, or join no mail, or take the
place of one of the house and its readers; the deadline would hold for nobody, the reminder would never stop.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from processor.config import Config, ExtraDocument, resources
from processor.config_mistakes import meant
from processor.documents.plan import HOUSE, models, slug_of
from processor.errors import ConfigError
from processor.form.choices import ClientType, Funder, Opco
from processor.form.text import fold
from processor.life import Funding, Status

_CARRIERS = {  # who gets the mails to which documents are joined; the reminders' are in config.yaml
    "proposition": {"client"},
    "convocation": {"trainee"},
    "intervention": {"trainer"},
    "certificat": {"client", "trainee"},
}
_AUDIENCE = {"client": "client", "training_manager": "client", "trainees": "trainee", "trainer": "trainer"}


def check(config: Config) -> None:
    """Raises `ConfigError`, a sentence a mistake."""
    found = [f"« {config.file.name} », {row} : {mistake}" for row, mistake in _mistakes(config)]
    if found:
        raise ConfigError("\n".join(found))


def unattached(config: Config) -> Iterator[ExtraDocument]:
    """Rows whose document joins no mail to those who may read it: only « Écrire à » sends it."""
    known, carriers = models(config), _carriers(config)
    for row in config.documents:
        if not any(row.audience in carriers.get(mail, set()) for mail in known[slug_of(row.name)].goes_with):
            yield row


def _mistakes(config: Config) -> Iterator[tuple[str, str]]:
    """Each with the table and the row."""
    house = {fold(word) for one in HOUSE for word in (one.kind, one.title)}
    mails = {
        path.stem
        for folder in (config.folders.templates, resources() / "templates")
        for path in (folder / "mails").glob("[!_]*.txt")
    }
    seen = set[str]()
    for row in config.documents:
        at, name = f"documents, « {row.name} »", fold(row.name)
        if not name:
            yield at, "un document a besoin d’un nom"
        elif name in house:
            yield at, "ce nom est déjà celui d’un document livré ; choisissez-en un autre"
        elif name in seen:
            yield at, "deux documents portent ce nom"
        seen.add(name)
        yield from _unknown(at, "client_types", row.client_types, ClientType)
        yield from _unknown(at, "funders", row.funders, Funder)
        yield from _unknown(at, "attach_to", [row.attach_to] if row.attach_to else [], mails)
    for number, rule in enumerate(config.funding_rules):
        yield from _unknown(f"funding_rules.{number}", "funder", [rule.funder], Funder)
        yield from _unknown(f"funding_rules.{number}", "opco", [rule.opco] if rule.opco else [], Opco)
    for reminder in config.reminders:
        at = f"reminders, « {reminder.name} »"
        yield from _unknown(at, "template", [reminder.template], mails)
        yield from _unknown(at, "until", reminder.until, [*Status, *Funding])
        yield from _unknown(at, "funders", reminder.funders, Funder)


def _unknown(row: str, key: str, given: Iterable[str], known: Iterable[str]) -> Iterator[tuple[str, str]]:
    choices = sorted(map(str, known))
    yield from ((row, f"{key} : « {word} » n’existe pas ; {meant(word, choices)}") for word in given if word not in choices)


def _carriers(config: Config) -> dict[str, set[str]]:
    found = {mail: set(readers) for mail, readers in _CARRIERS.items()}
    for one in config.reminders:
        if one.to in _AUDIENCE:
            found.setdefault(one.template, set()).add(_AUDIENCE[one.to])
    return found
