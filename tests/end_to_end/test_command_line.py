"""What the command line answers: one JSON object, the right exit code, French sentences, whole references."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from processor import cli, workspace

Called = tuple[int, str, str]
Call = Callable[..., Called]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A working folder with the embedded engine and no settling time."""
    made = tmp_path / "travail"
    workspace.create(made)
    change(made, pdf={"engine": "embedded"}, watch={"settle_seconds": 0})
    return made


def change(folder: Path, **sections: dict[str, Any]) -> None:
    path = folder / "config.yaml"
    settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    for name, values in sections.items():
        settings[name] |= values
    path.write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")


@pytest.fixture
def call(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """The entry point, as the shell calls it inside the working folder: exit code, stdout, stderr."""

    def called(*words: str | Path) -> Called:
        monkeypatch.chdir(folder)
        monkeypatch.setattr("sys.argv", ["processor", *map(str, words)])
        cli._console.cache_clear()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return called


def answer(called: Called) -> Any:
    """The one JSON object, on the last line of stdout."""
    lines = called[1].strip().splitlines()
    assert sum(line.startswith("{") for line in lines) == 1
    return json.loads(lines[-1])


@pytest.mark.parametrize(
    "words",
    [
        ("init", "fichier"),
        ("init", "fichier/dessous"),
        ("demo", "fichier"),
        ("new", "fichier/a.xlsx"),
        ("new", "inbox"),
        ("check", "inbox"),
        ("check", "absent.xlsx"),
        ("preview", "inbox"),
        ("preview", "exemple.xlsx", "--to", "fichier"),
        ("tags", "--to", "inbox"),
        ("service", "--to", "fichier"),
        ("status", "INCONNUE"),
        ("resend", "12"),
        ("resend", "douze"),
        ("new",),
        ("nouveau", "a.xlsx"),
        ("run", "--vite"),
        ("new", "a.xlsx", "--client", "x"),
        ("nightly", "--date", "demain"),
        ("--config", "absent.yaml", "run"),
        ("--config", "inbox", "run"),
    ],
    ids=" ".join,
)
def test_a_wrong_call_is_a_sentence_and_an_object(folder: Path, call: Call, words: tuple[str, ...]) -> None:
    (folder / "fichier").write_text("occupé", encoding="utf-8")
    if "exemple.xlsx" in words:
        call("new", "exemple.xlsx", "--example")

    done = call(*words, "--json")

    assert done[0] == 2, done
    told = answer(done)
    assert set(told) == {"error", "remedy"}
    assert told["error"] in done[2]
    assert not re.search("Invalid|Missing|No such|Errno|rapport", done[2])
    assert (folder / "fichier").read_text(encoding="utf-8") == "occupé"


def test_a_state_folder_that_cannot_be_made_is_a_sentence(folder: Path, call: Call) -> None:
    (folder / "state").write_text("", encoding="utf-8")

    code, _, told = call("run")

    assert code == 2
    assert "inaccessible" in told


@pytest.mark.parametrize("name", ["run", "nightly"])
def test_a_missing_inbox_is_told_in_json_too(folder: Path, call: Call, name: str) -> None:
    (folder / "inbox").rmdir()

    done = call(name, "--json")

    assert done[0] == 75
    answer(done)


def test_service_answers_in_json(call: Call) -> None:
    assert "processor.service" in answer(call("service", "--json"))["units"]
    assert answer(call("service", "--windows", "--json"))["commands"]
    assert len(answer(call("service", "--to", "unites", "--json"))["files"]) == 3


def test_preview_of_a_faulty_workbook_tells_its_findings(call: Call) -> None:
    call("new", "vierge.xlsx")

    done = call("preview", "vierge.xlsx", "--json")

    assert done[0] == 1
    told = answer(done)
    assert told["documents"] == []
    assert told["findings"] == answer(call("check", "vierge.xlsx", "--json"))["files"][0]["findings"]


def test_status_says_that_there_is_no_session(call: Call) -> None:
    assert "Aucune session" in call("status")[1]


def test_status_never_cuts_the_reference(folder: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    from rich.console import Console

    call("new", "inbox/a.xlsx", "--example")
    call("run")
    assert re.search(r"S\d{4}-0001", call("status")[1])

    reference = "S2026-REFERENCE-DE-QUARANTE-CARACTERES-01"
    rows = [dict.fromkeys(cli._FIRST_KEPT, "Une valeur assez longue") | {"Référence": reference}]
    for width in (200, 80, 60):
        console = Console(width=width, record=True, quiet=False)
        monkeypatch.setattr(cli, "_console", lambda console=console: console)
        console.print(cli._fitting(rows))
        assert reference in console.export_text()


def test_what_is_left_is_said(folder: Path, call: Call) -> None:
    change(folder, mail={"transport": "smtp", "smtp": {"host": "127.0.0.1", "port": 1, "security": "none"}})
    call("new", "inbox/a.xlsx", "--example")

    code, told, _ = call("run")

    assert code == 75
    assert "1\u00a0e-mail en attente ; prochain essai le " in told
    assert "processor run" in told


def test_doctor_says_that_the_coordinator_gets_nothing(call: Call) -> None:
    checks = {one["name"]: one for one in answer(call("doctor", "--json"))["checks"]}

    assert checks["coordination"]["ok"] is None
    assert "ni point du jour, ni avis de refus" in checks["coordination"]["text"]


def test_what_is_piped_is_not_wrapped(folder: Path, call: Call) -> None:
    lines = call("doctor")[1].splitlines()

    assert all(line[:1] in "✓✗!" for line in lines)
    assert any(len(line) > 100 for line in lines)
