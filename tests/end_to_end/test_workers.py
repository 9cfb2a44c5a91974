"""A long queue is shared by processes: every workbook once, each session's versions in order."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from processor import running, workspace
from processor.config import load
from processor.form.blank import write_filled
from processor.form.choices import ClientType
from processor.form.example import example
from processor.office import Office


@pytest.mark.slow
def test_two_workers_do_each_workbook_once(tmp_path: Path) -> None:
    workspace.create(tmp_path / "travail")
    path = tmp_path / "travail" / "config.yaml"
    settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    settings |= {"workers": 2, "pdf": {"engine": "embedded"}, "watch": {"settle_seconds": 0}}
    path.write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
    config = load(path)
    with Office(config) as office:
        form = example(ClientType.PRIVATE, None, office.today, config)
        for number in range(36):
            title = {"title": f"Formation {number // 2}"}  # two drops a session: the second is unchanged or newer
            methods = {"methods": f"Méthode {number % 2}"}
            one = form.model_copy(update={"session": form.session.model_copy(update=title | methods)})
            (config.folders.inbox / f"{number:02d}.xlsx").write_bytes(write_filled(one, config, office.today))

        result = running.one_pass(office)

        assert (result.outcomes["sent"], result.outcomes["updated"]) == (18, 18)
        assert [row.version for row in office.ledger.sessions.list()] == [2] * 18
        assert len({job.worker for job in office.ledger.jobs.all()}) >= 1
        assert list(config.folders.inbox.glob("*.xlsx")) == []
