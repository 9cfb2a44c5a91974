"""Case 10: kill -9 between any two steps. Nothing lost, nothing doubled, no operator needed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.chaos import run


@pytest.mark.slow
def test_case_10_forty_kills_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    outcome = run(tmp_path / "travail", kills=40, seed=20261124, workbooks=36)

    assert (outcome.sessions, outcome.doubled, outcome.lost, outcome.disagreeing) == (36, 0, 0, [])
    assert outcome.sent + outcome.in_doubt == 36
