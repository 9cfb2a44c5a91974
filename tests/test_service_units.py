"""The scheduler's files: valid whatever the folder is called, and naming no secret."""

from __future__ import annotations

import configparser
import shlex
from pathlib import Path

import pytest

from processor import service_units, workspace
from processor.config import Config, load


@pytest.fixture
def awkward(tmp_path: Path) -> Config:
    folder = tmp_path / "Mon dossier 100 % formation"
    workspace.create(folder)
    return load(folder / "config.yaml")


def test_a_folder_with_spaces_and_a_percent_sign(awkward: Config) -> None:
    for name, text in service_units.systemd(awkward, "formation").items():
        unit = configparser.RawConfigParser(strict=False)
        unit.read_string(text)
        if not unit.has_section("Service"):
            assert unit["Timer"]["OnCalendar"] == "*-*-* 02:30:00 Europe/Paris"
            continue
        words = [word.replace("%%", "%") for word in shlex.split(unit["Service"]["ExecStart"])]
        assert words[1:5] == ["-m", "processor", "--config", str(awkward.file)], name
        assert unit["Service"]["WorkingDirectory"].replace("%%", "%") == str(awkward.root)
        assert unit["Service"]["User"] == "formation"


def test_windows_quotes_both_paths(awkward: Config) -> None:
    for command in service_units.windows(awkward)[:2]:
        assert f'--config \\"{awkward.file}\\" ' in command
