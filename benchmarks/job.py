"""The real commands as processes of their own: how long they take, and the most memory that the process itself had."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import yaml

from processor import workspace
from processor.config import Config, load

_LOOK_SECONDS = 0.1
_UNLIMITED = 1_000_000


@dataclass(frozen=True)
class Measured:
    """Seconds, MB (most of the process itself, without its children), and what `--json` printed."""

    seconds: float
    memory: float
    answer: dict[str, Any]


def prepare(folder: Path, engine: str, port: int, *, settle_seconds: float = 0) -> Config:
    """A working folder as `processor init` makes it, that sends to the server on `port` without any cap."""
    workspace.create(folder)
    path = folder / "config.yaml"
    settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    settings["pdf"]["engine"] = engine
    settings["watch"]["settle_seconds"] = settle_seconds
    settings["mail"] |= {"transport": "smtp", "max_per_run": _UNLIMITED, "per_minute": _UNLIMITED}
    settings["mail"]["smtp"] |= {"host": "127.0.0.1", "port": port, "security": "none"}
    path.write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
    return load(path)


def started(config: Config, *words: str) -> subprocess.Popen[bytes]:
    """`processor WORDS` in that folder."""
    command = [sys.executable, "-m", "processor", *words]
    return subprocess.Popen(command, cwd=config.file.parent, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def run(config: Config, *words: str) -> Measured:
    """`processor WORDS --json` from its start to its end, start of Python included."""
    begun = time.perf_counter()
    process = started(config, *words, "--json")
    memory = 0.0
    while process.poll() is None:
        memory = max(memory, _memory(process.pid))
        time.sleep(_LOOK_SECONDS)
    seconds = time.perf_counter() - begun
    assert process.stdout is not None
    lines = process.stdout.read().decode().splitlines()
    answer = json.loads(lines[-1]) if lines else {}
    if process.returncode != 0:
        raise RuntimeError(f"processor {' '.join(words)} ended with {process.returncode}: {answer}")
    return Measured(seconds, memory, answer)


def _memory(pid: int) -> float:
    """MB: the high-water mark where the system keeps one, otherwise what is used now."""
    try:
        found = psutil.Process(pid).memory_info().rss / 1e6
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except (psutil.Error, OSError):
        return 0.0
    peak: Sequence[str] = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(peak[0].split()[1]) * 1024 / 1e6 if peak else found
