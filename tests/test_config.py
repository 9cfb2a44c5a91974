"""config.yaml and the environment: who wins, and what a mistake says."""

from __future__ import annotations

from pathlib import Path

import pytest

from processor.config import Config, load, resources
from processor.errors import ConfigError


def written(folder: Path, text: str) -> Config:
    path = folder / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return load(path)


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROCESSOR_MAIL__SMTP__HOST", "relais")
    monkeypatch.setenv("PROCESSOR_WORKERS", "3")
    config = written(tmp_path, "mail: {transport: smtp, smtp: {host: fichier, port: 2525}}\nworkers: 1\n")
    assert (config.mail.transport, config.mail.smtp.host, config.mail.smtp.port, config.workers) == ("smtp", "relais", 2525, 3)
    assert isinstance(config, Config)


def test_where_the_file_is_is_not_a_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROCESSOR_CONFIG", "ailleurs.yaml")
    assert written(tmp_path, "workers: 2\n").workers == 2


def test_a_mistake_in_the_environment_names_its_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROCESSOR_MAIL__TRANSPORT", "pigeon")
    with pytest.raises(ConfigError, match=r"mail\.transport"):
        written(tmp_path, "")


def test_the_dated_tables_that_a_file_does_not_bring_are_the_delivered_ones(tmp_path: Path) -> None:
    house = load(resources() / "config.yaml")
    config = written(tmp_path, "reminders: []\n")
    assert config.reminders == []
    assert config.funding_rules == house.funding_rules
    assert config.vat_sentences == house.vat_sentences


def test_what_is_not_yaml_is_told_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="ligne 2"):
        written(tmp_path, "mail:\n  - : [\n")
