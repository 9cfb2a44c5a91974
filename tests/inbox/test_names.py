from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.inbox.names import classify, owner_files

ORDINARY = st.text("abcdefghijklmnopqrstuvwxyzéèçÀ0123456789 ’'-_&", min_size=1, max_size=40).filter(
    lambda text: text.strip() == text and "conflict" not in text.lower() and text[0] not in "~."
)


@pytest.mark.parametrize(
    "name",
    [
        "~$Dupont.xlsx",
        ".~lock.Dupont.xlsx#",
        "._Dupont.xlsx",
        "Dupont.xlsx.part",
        "Dupont.xlsx.ocTransferId123.part",
        "Dupont.tmp",
        "~WRL0001.tmp",
        "~DF3A.TMP",
        "Dupont.xlsx.crdownload",
        ".DS_Store",
        "Thumbs.db",
        "desktop.ini",
        ".Dupont.xlsx.~1a2b",
        ".sync_1234.db",
        ".owncloudsync.log",
        ".syncthing.Dupont.xlsx.tmp",
        "~syncthing~Dupont.xlsx.tmp",
        ".dropbox.attr",
        "Dupont.xlsx~",
        "Icon\r",
        "5C3E2A10",
        "Dupont.xlsx.k3Jd9a",
    ],
)
def test_case_3_system_and_temporary_files_are_ignored_by_name(name: str) -> None:
    assert classify(name) == "ignored"


@pytest.mark.parametrize(
    "name",
    [
        "Dupont (conflicted copy 2026-03-02 101112).xlsx",
        "Dupont (conflicted copy poste-7 2026-03-02).xlsx",
        "Dupont (PC-ACCUEIL's conflicted copy 2026-03-02).xlsx",
        "Dupont (PC-ACCUEIL’s conflicted copy 2026-03-02).xlsx",
        "Dupont (Copie en conflit de PC-ACCUEIL 2026-03-02).xlsx",
        "Dupont_conflict-20260302-101112.xlsx",
        "Dupont-conflict-20260302.xlsx",
        "Dupont.sync-conflict-20260302-101112-ABCDEFG.xlsx",
        "Dupont_PC-ACCUEIL_Mar-02-1011-2026_Conflict.xlsx",
        "Dupont (case conflict 2).xlsx",
    ],
)
def test_case_5_conflicted_copies_are_told_apart(name: str) -> None:
    assert classify(name) == "conflicted"


@pytest.mark.parametrize("name", ["Gestion des conflits.xlsx", "Conflict management.xlsx", "Atelier conflict-resolution.xlsx"])
def test_a_training_about_conflicts_is_an_ordinary_workbook(name: str) -> None:
    assert classify(name) == "workbook"


@pytest.mark.parametrize("name", ["Dupont.xls", "Dupont.ods", "Dupont.xlsm", "devis.pdf", "notes", "Dupont.xlsx.zip"])
def test_other_files_are_kept_for_a_visible_refusal(name: str) -> None:
    assert classify(name) == "other"


@given(ORDINARY)
def test_any_ordinary_name_is_a_workbook_and_its_owner_files_are_ignored(stem: str) -> None:
    path = Path(f"{stem}.xlsx")
    assert classify(path.name) == "workbook"
    assert classify(path.name.upper()) == "workbook"
    assert [classify(lock.name) for lock in owner_files(path)] == ["ignored", "ignored"]


@given(st.text(max_size=60))
def test_every_name_gets_an_answer(name: str) -> None:
    assert classify(name) in ("ignored", "conflicted", "workbook", "other")
