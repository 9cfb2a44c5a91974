"""The commands as a user types them: real processes, exit codes, JSON on the last line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from openpyxl import load_workbook

from processor import workspace


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A working folder with the embedded engine and no settling time."""
    made = tmp_path / "travail"
    workspace.create(made)
    path = made / "config.yaml"
    settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    settings["pdf"]["engine"] = "embedded"
    settings["watch"]["settle_seconds"] = 0
    path.write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
    return made


def command(folder: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "processor", *map(str, words)],
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def last_line(done: subprocess.CompletedProcess[str]) -> Any:
    return json.loads(done.stdout.strip().splitlines()[-1])


@pytest.mark.parametrize("client", ["entreprise", "particulier", "independant"])
def test_an_example_is_valid(folder: Path, client: str) -> None:
    assert command(folder, "new", "exemple.xlsx", "--client", client, "--example").returncode == 0

    done = command(folder, "check", "exemple.xlsx", "--json")

    assert done.returncode == 0
    assert last_line(done) == {"files": [{"file": "exemple.xlsx", "ok": True, "findings": []}]}


def test_a_blank_workbook_says_what_is_missing_where(folder: Path) -> None:
    command(folder, "new", "vierge.xlsx", "--client", "entreprise", "--funder", "opco")

    done = command(folder, "check", "vierge.xlsx", "--json")

    assert done.returncode == 1
    (file,) = last_line(done)["files"]
    siret = next(one for one in file["findings"] if one["field"] == "siret")
    assert (siret["sheet"], siret["cell"], siret["severity"], siret["code"]) == ("2 Client", "B5", "error", "required")


def test_new_never_replaces_a_file(folder: Path) -> None:
    command(folder, "new", "a.xlsx")
    before = (folder / "a.xlsx").read_bytes()

    done = command(folder, "new", "a.xlsx", "--example")

    assert done.returncode == 2
    assert (folder / "a.xlsx").read_bytes() == before
    assert "Traceback" not in done.stderr


def test_a_funder_that_does_not_fund_this_client_is_refused(folder: Path) -> None:
    done = command(folder, "new", "a.xlsx", "--client", "entreprise", "--funder", "cpf", "--example")

    assert done.returncode == 2
    assert "opco" in done.stderr


def test_run_reports_each_workbook_once(folder: Path) -> None:
    command(folder, "new", "inbox/bon.xlsx", "--client", "entreprise", "--example")
    command(folder, "new", "inbox/vierge.xlsx", "--client", "particulier")

    done = command(folder, "run", "--json")

    assert done.returncode == 0
    report = last_line(done)
    assert report["sessions"] == {"sent": 1, "to_validate": 0, "rejected": 1, "unchanged": 0, "updated": 0, "failed": 0}
    assert report["mails"] == {"sent": 1, "deferred": 0, "failed": 0, "in_doubt": 0, "held": 0}
    assert (report["documents"], report["pdf_engine"]) == (3, "embedded")
    again = last_line(command(folder, "run", "--json"))
    assert set(again["sessions"].values()) == {0}


def test_status_tells_documents_and_mails(folder: Path) -> None:
    command(folder, "new", "inbox/bon.xlsx", "--client", "entreprise", "--example")
    command(folder, "run")

    (session,) = last_line(command(folder, "status", "--json"))["sessions"]

    assert (session["ref"], session["status"], session["funding"]) == ("S2026-0001", "proposition-envoyee", "a-deposer")
    assert [one["kind"] for one in session["documents"]] == ["devis", "convention", "programme"]
    assert session["mails"][0]["state"] == "sent"
    assert command(folder, "status", "INCONNUE").returncode == 2


def test_preview_leaves_no_trace(folder: Path) -> None:
    command(folder, "new", "a.xlsx", "--client", "particulier", "--example")

    done = command(folder, "preview", "a.xlsx", "--to", "apercu")

    assert done.returncode == 0
    assert len(list((folder / "apercu").glob("*.pdf"))) == 3
    assert not (folder / "state" / "ledger.sqlite3").exists()
    assert list((folder / "outbox").iterdir()) == []


def test_the_demo_runs_twice_and_sends_once(tmp_path: Path) -> None:
    first = command(tmp_path, "demo", "demo", "--json")
    second = command(tmp_path, "demo", "demo", "--json")

    assert (first.returncode, last_line(first)["sessions"]["sent"]) == (0, 3)
    assert (second.returncode, last_line(second)["sessions"]) == (
        0,
        {"sent": 0, "to_validate": 0, "rejected": 0, "unchanged": 3, "updated": 0, "failed": 0},
    )


def test_an_unknown_key_is_refused_with_the_nearest_one(folder: Path) -> None:
    (folder / "config.yaml").write_text("mail: {transprot: smtp}", encoding="utf-8")

    done = command(folder, "run")

    assert done.returncode == 2
    assert "transport" in done.stderr


def test_a_missing_configuration_says_how_to_make_one(tmp_path: Path) -> None:
    done = command(tmp_path, "run")

    assert done.returncode == 2
    assert "processor init" in done.stderr


def test_init_does_not_overwrite(folder: Path) -> None:
    assert command(folder, "init", ".").returncode == 2


def test_the_delivered_templates_pass_lint(folder: Path) -> None:
    done = command(folder, "lint", "--json")

    assert (done.returncode, last_line(done)["findings"]) == (0, [])


def test_lint_names_an_unknown_tag(folder: Path) -> None:
    import docx

    document = docx.Document()
    document.add_paragraph("Prix : {{ prix.totale }}, voir l’OPCA")
    document.save(str(folder / "templates" / "devis.docx"))

    done = command(folder, "lint", "templates/devis.docx", "--json")

    assert done.returncode == 1
    assert {"unknown_tag", "dead_term"} <= {one["code"] for one in last_line(done)["findings"]}


def test_tags_are_listed_with_label_and_example(folder: Path) -> None:
    done = command(folder, "tags", "--json", "--to", "balises.xlsx")

    tags = {one["name"]: one for one in last_line(done)["tags"]}
    assert tags["client_siret"]["label"] == "SIRET"
    assert tags["prix.total"]["example"]
    assert load_workbook(folder / "balises.xlsx")["Balises"]["A2"].value.startswith("{{")


def test_doctor_explains_the_engine_and_the_example_organisation(folder: Path) -> None:
    checks = last_line(command(folder, "doctor", "--json"))["checks"]

    assert any(one["name"] == "moteur PDF embedded" and "choisi" in one["text"] for one in checks)
    assert any(one["name"] == "organisme" and one["ok"] is None for one in checks)


def test_cancelling_a_sent_mail_is_refused(folder: Path) -> None:
    command(folder, "new", "inbox/bon.xlsx", "--client", "entreprise", "--example")
    command(folder, "run")

    done = command(folder, "cancel", "1")

    assert done.returncode == 2
    assert "Envoyé" in done.stderr
    assert command(folder, "resend", "99").returncode == 2


def test_service_gives_units_that_name_this_folder(folder: Path) -> None:
    assert command(folder, "service", "--to", "unites").returncode == 0
    unit = (folder / "unites" / "processor.service").read_text(encoding="utf-8")
    assert str(folder / "config.yaml") in unit
    assert "watch" in unit
    assert "02:30" in (folder / "unites" / "processor-nightly.timer").read_text(encoding="utf-8")
    assert "schtasks" in command(folder, "service", "--windows").stdout


def test_nightly_dry_run_changes_nothing(folder: Path) -> None:
    command(folder, "new", "inbox/bon.xlsx", "--client", "entreprise", "--example")

    done = command(folder, "nightly", "--date", "2027-01-01", "--dry-run", "--json")

    assert done.returncode == 0
    assert last_line(done)["lines"] == []
    assert (folder / "inbox" / "bon.xlsx").exists()


def test_the_global_options_may_stand_anywhere(folder: Path, tmp_path: Path) -> None:
    before = command(tmp_path, "--config", folder / "config.yaml", "--json", "status")
    after = command(tmp_path, "status", "--json", "--config", folder / "config.yaml")
    assert last_line(before) == last_line(after) == {"sessions": []}


def test_lint_covers_mails_and_warns_with_exit_code_1(folder: Path) -> None:
    mail = folder / "templates" / "mails" / "veille.txt"
    mail.write_text(mail.read_text(encoding="utf-8") + "\nDatadock\n{{ perdu }}\n", encoding="utf-8")

    done = command(folder, "lint", "--json")

    found = {one["code"]: one for one in last_line(done)["findings"]}
    assert (done.returncode, set(found)) == (1, {"dead_term", "unknown_tag"})
    assert found["unknown_tag"]["template"] == "veille.txt"
    assert found["unknown_tag"]["where"].startswith("ligne ")

    mail.write_text(mail.read_text(encoding="utf-8").replace("{{ perdu }}", ""), encoding="utf-8")
    assert command(folder, "lint", "templates/mails/veille.txt").returncode == 1
