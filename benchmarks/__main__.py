"""Measure the job in one run beside a plain script (a) and beside the PDF engine alone (b): `python -m benchmarks`.

Machines are noisy: only ratios within one run say something. Workbooks are made before the time runs.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import platform
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psutil
import yaml

from benchmarks import engine_alone, job, naive, postbox, sessions, steps, watching
from processor.config import Config, load
from processor.office import Office
from processor.running import BATCH

_STAGE_SAMPLE = 30  # sessions: two batches
_SMALL = 100  # sessions of the run whose memory is compared with the large one's


@dataclass
class Report:
    """Named figures, printed as they come."""

    figures: dict[str, Any] = field(default_factory=dict)

    def heading(self, text: str) -> None:
        print(f"\n{text}\n{'-' * len(text)}", flush=True)

    def add(self, key: str, label: str, value: float, unit: str) -> None:
        self.figures[key] = round(value, 4)
        print(f"  {label:<58} {value:>10,.2f} {unit}", flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    asked = _arguments(arguments)
    report = Report()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="processor-bench-")))
        box = stack.enter_context(postbox.running(folder / "postbox"))
        _machine(report, asked.engine)
        if asked.sessions:
            _whole_job(report, folder, box, asked)
        if asked.watch:
            _watch(report, folder, box, asked)
        if asked.nightly:
            _nightly(report, folder, box, asked)
    if asked.json:
        sys.stdout.write(json.dumps(report.figures) + "\n")


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--sessions", type=int, default=200, help="sessions of the whole job (0: leave it out)")
    parser.add_argument("--engine", default="libreoffice", choices=("libreoffice", "embedded"), help="PDF engine")
    parser.add_argument(
        "--naive-sample", type=int, default=12, metavar="N", help="sessions of the plain script, then scaled (0: none)"
    )
    parser.add_argument("--watch", type=int, default=0, metavar="N", help="drops into the running service")
    parser.add_argument("--nightly", type=int, default=0, metavar="N", help="unchanged sessions of a nightly run")
    parser.add_argument("--json", action="store_true", help="the figures as one JSON object on the last line")
    return parser.parse_args(arguments)


def _machine(report: Report, engine: str) -> None:
    memory = psutil.virtual_memory().total / 1e9
    print(
        f"{psutil.cpu_count()} cores, {memory:.0f} GB, {platform.platform()}, Python {platform.python_version()}, engine {engine}"
    )
    report.figures["cores"] = psutil.cpu_count()


def _today(config: Config) -> date:
    with Office(config) as office:
        return office.today


def _whole_job(report: Report, folder: Path, box: postbox.Postbox, asked: argparse.Namespace) -> None:
    """Stages first (they warm the disk's cache for everybody), then (a) on a sample, our job, (b)."""
    count = asked.sessions
    config = job.prepare(folder / "job", asked.engine, box.port)
    today = _today(config)
    forms = list(sessions.forms(count, today, config))
    sessions.drop(iter(forms), config.folders.inbox, config, today)
    workbooks = sorted(config.folders.inbox.glob("*.xlsx"))
    _stages(report, folder, box, asked, today)

    plain = None
    if asked.naive_sample:
        report.heading(f"(a) plain script, {asked.naive_sample} sessions, scaled to {count}")
        chosen = range(0, count, max(count // asked.naive_sample, 1))
        pairs = [(workbooks[number], forms[number]) for number in chosen][: asked.naive_sample]
        times = naive.run(pairs, config, folder / "naive", today)
        plain = times.total * count / times.sessions
        for name in ("read", "fill", "convert", "send"):
            report.add(f"plain_{name}_ms", f"{name}, ms a session", 1000 * getattr(times, name) / times.sessions, "ms")
        report.add("plain_s", "whole, scaled", plain, "s")

    report.heading(f"our job, {count} sessions, as `processor run`")
    done = job.run(config, "run")
    assert done.answer["sessions"]["sent"] == count, done.answer
    report.add("job_s", "whole", done.seconds, "s")
    report.add("job_ms", "a session", 1000 * done.seconds / count, "ms")
    report.add("documents", "documents", done.answer["documents"], "")
    report.add("job_memory_mb", "most memory of the parent", done.memory, "MB")

    report.heading("(b) the PDF engine alone on the same Word files")
    files = engine_alone.word_files(config, folder / "word")
    runs = engine_alone.best(config, files, folder / "alone", max(round(BATCH * len(files) / count), 1))
    for one in runs:
        report.add(f"engine_{one.processes}_s", f"{one.processes} process(es), {one.documents} documents", one.seconds, "s")

    report.heading("ratios of this run")
    if plain:
        report.add("times_faster", "plain script / our job (to reach: at least 15)", plain / done.seconds, "")
    report.add("over_engine", "our job / engine alone (to reach: at most 1.25)", done.seconds / runs[0].seconds, "")


def _stages(report: Report, folder: Path, box: postbox.Postbox, asked: argparse.Namespace, today: date) -> None:
    config = _alone(job.prepare(folder / "stages", asked.engine, box.port))
    with Office(config) as office:
        for first in (True, False):  # the first session starts children and compiles templates: not counted
            skip, count = (0, 1) if first else (1, min(_STAGE_SAMPLE, asked.sessions))
            forms = list(sessions.forms(skip + count, today, config))[skip:]
            sessions.drop(iter(forms), config.folders.inbox, config, today)
            found = steps.stages(office)
    report.heading(f"each stage, one after the other in one process, {count} sessions")
    for name, milliseconds in found.items():
        report.add(f"stage: {name}", name, milliseconds, "ms a session")
    report.add("stages_ms", "together", sum(found.values()), "ms a session")


def _alone(config: Config) -> Config:
    """The same with one worker."""
    settings = yaml.safe_load(config.file.read_text(encoding="utf-8")) | {"workers": 1}
    config.file.write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
    return load(config.file)


def _watch(report: Report, folder: Path, box: postbox.Postbox, asked: argparse.Namespace) -> None:
    config = job.prepare(folder / "watch", asked.engine, box.port, settle_seconds=2)
    today = _today(config)
    made = folder / "drops"
    made.mkdir()
    sessions.drop(sessions.forms(asked.watch, today, config, seed=8), made, config, today)
    report.heading(f"`processor watch`: {asked.watch} drops, one after the other, settle time {config.watch.settle_seconds:g} s")
    found = sorted(watching.waits(config, sorted(made.glob("*.xlsx")), box))
    for key, label, value in (
        ("watch_median_s", "from the drop to the mail handed over, median", statistics.median(found)),
        ("watch_worst_s", "… slowest", found[-1]),
        ("watch_over_settle_s", "median beyond the settle time (to reach: at most 1.5)", statistics.median(found) - 2),
    ):
        report.add(key, label, value, "s")


def _nightly(report: Report, folder: Path, box: postbox.Postbox, asked: argparse.Namespace) -> None:
    """Sessions are made with the embedded engine: nothing is converted at night when nothing changed."""
    memory = {}
    for count in sorted({min(_SMALL, asked.nightly), asked.nightly}):
        config = job.prepare(folder / f"nightly{count}", "embedded", box.port)
        today = _today(config)
        sessions.drop(sessions.forms(count, today, config), config.folders.inbox, config, today)
        report.heading(f"{count} sessions, embedded engine")
        done = job.run(config, "run")
        memory[count] = done.memory
        report.add(f"run_{count}_ms", "`processor run`, a session", 1000 * done.seconds / count, "ms")
        report.add(f"run_{count}_mb", "… most memory of the parent", done.memory, "MB")
        for label, words in (
            ("first", ["nightly"]),
            ("unchanged", ["nightly"]),
            ("unchanged, the day after", ["nightly", "--date", (today + timedelta(days=1)).isoformat()]),
        ):
            night = job.run(config, *words)
            key = label.replace(", ", "_").replace(" ", "_")
            report.add(f"night_{count}_{key}_ms", f"`processor nightly`, {label}", 1000 * night.seconds / count, "ms a session")
            report.add(f"night_{count}_{key}_mb", "… most memory of the parent", night.memory, "MB")
    report.add(
        "memory_growth_mb", "growth of the parent (to reach: at most 50)", max(memory.values()) - min(memory.values()), "MB"
    )


if __name__ == "__main__":
    main()
