"""config.yaml: what is refused, and the sentence that says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from processor.config import Config, load
from processor.errors import ConfigError

_REMINDER = "template: veille, relative_to: start, days: [1], to: client"


def loaded(folder: Path, text: str) -> Config:
    path = folder / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return load(path)


def refused(folder: Path, text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        loaded(folder, text)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "key", "nearest"),
    [
        ("mail: {transprot: smtp}", "mail.transprot", "transport"),
        ("coordinator: {mail: x}", "coordinator.mail", "e-mail"),
        ("mail: {smtp: {hots: x}}", "mail.smtp.hots", "host"),
        ("reminders: [{name: x, tmplate: y}]", "reminders.0.tmplate", "template"),
        ("documents: [{name: x, template: y, fro: client}]", "documents.0.fro", "for"),
        ("funding_rules: [{funder: cpf, day: 3}]", "funding_rules.0.day", "days"),
        ("vat_sentences: [{regime: exempt, since: 2020-01-01, txt: x}]", "vat_sentences.0.txt", "text"),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest_one(tmp_path: Path, text: str, key: str, nearest: str) -> None:
    assert f"clé inconnue « {key} » ; vouliez-vous dire « {nearest} » ?" in refused(tmp_path, text)


@pytest.mark.parametrize("key", ["root", "file"])
def test_internal_keys_are_unknown(tmp_path: Path, key: str) -> None:
    assert f"clé inconnue « {key} »" in refused(tmp_path, f"{key}: x")


@pytest.mark.parametrize(
    ("text", "key", "said"),
    [
        ('nightly: {hour: "26:99"}', "nightly.hour", "une heure de 00:00 à 23:59"),
        ("timezone: Europe/Pari", "timezone", "« Europe/Paris »"),
        ("timezone: ../etc", "timezone", "« Europe/Paris »"),
        ("timezone: Europe", "timezone", "vouliez-vous dire"),
        ("workers: beaucoup", "workers", "auto ou un nombre entier"),
        ("workers: 0", "workers", "au moins 1"),
        ("watch: {polling: peut-être}", "watch.polling", "auto ou true ou false"),
        ("watch: {scan_seconds: 0}", "watch.scan_seconds", "plus de 0"),
        ("pricing: {vat_percent: 120}", "pricing.vat_percent", "au plus 100"),
        ("pricing: {payment_days: trente}", "pricing.payment_days", "un nombre entier"),
        ("brand: {colour: bleu}", "brand.colour", "six chiffres"),
        ("vat_sentences: [{regime: exempt, since: demain, text: x}]", "vat_sentences.0.since", "une date"),
        ("mail: smtp", "mail", "une section"),
        ("reminders: {a: b}", "reminders", "une liste"),
        ("organisation: {name: null}", "organisation.name", "un texte"),
        ("mail: {transport: stmp}", "mail.transport", "« smtp »"),
    ],
)
def test_a_value_that_cannot_be_is_refused_in_french(tmp_path: Path, text: str, key: str, said: str) -> None:
    sentence = refused(tmp_path, text)

    assert sentence.startswith(f"« config.yaml », « {key} » : ")
    assert said in sentence
    assert "Input" not in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize(
    ("text", "word", "nearest"),
    [
        ("funding_rules: [{funder: cfp, days: 3}]", "cfp", "cpf"),
        ("funding_rules: [{funder: opco, opco: akt, days: 3}]", "akt", "akto"),
        (f"reminders: [{{name: x, {_REMINDER}, until: [acceptée]}}]", "acceptée", "acceptee"),
        (f"reminders: [{{name: x, {_REMINDER}, funders: [opca]}}]", "opca", "opco"),
        (f"reminders: [{{name: x, {_REMINDER.replace('veille', 'veile')}}}]", "veile", "veille"),
    ],
)
def test_a_word_that_names_nothing_is_refused_with_the_nearest_one(tmp_path: Path, text: str, word: str, nearest: str) -> None:
    assert f"« {word} » n’existe pas ; vouliez-vous dire « {nearest} » ?" in refused(tmp_path, text)


def test_a_reminder_may_use_a_template_of_the_working_folder(tmp_path: Path) -> None:
    (tmp_path / "templates" / "mails").mkdir(parents=True)
    (tmp_path / "templates" / "mails" / "relance.txt").write_text("Objet : x\n\ny\n", encoding="utf-8")

    text = f"reminders: [{{name: x, {_REMINDER.replace('veille', 'relance')}, until: [acceptee, paye]}}]"

    assert loaded(tmp_path, text).reminders[0].template == "relance"


@pytest.mark.parametrize("text", ["a: [1", "- liste", "1: x"])
def test_what_is_no_settings_file_is_refused(tmp_path: Path, text: str) -> None:
    assert refused(tmp_path, text).startswith("« config.yaml »")


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_bytes("organisation: {name: Été}".encode("latin-1"))

    with pytest.raises(ConfigError, match="UTF-8"):
        load(tmp_path / "config.yaml")


def test_an_unreadable_variable_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROCESSOR_MAIL", "smtp")

    assert "PROCESSOR_" in refused(tmp_path, "timezone: Europe/Paris")
