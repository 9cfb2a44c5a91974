"""The PDF engine and nothing else, on the Word files that our job made: the time that no job can beat.

Its best known use: as many documents a start as our job gives it, a prepared profile of its own for each process.
One and two processes are tried, and the faster counts.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from processor.config import Config
from processor.documents.engines import Order, PdfEngine, choose
from processor.office import Office


@dataclass(frozen=True)
class Alone:
    """Seconds for `documents` documents by this number of processes at once."""

    seconds: float
    documents: int
    processes: int


def word_files(config: Config, folder: Path) -> list[Path]:
    """Every document that the job made, in Word, in the order made."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    with Office(config) as office:
        for row in office.ledger.sessions.list():
            for one in office.ledger.documents.of_session(row.id):
                path = folder / f"{one.id:05d}.docx"
                path.write_bytes(office.ledger.blobs.get(one.docx_sha256))
                paths.append(path)
    return paths


def best(config: Config, files: Sequence[Path], folder: Path, batch: int) -> list[Alone]:
    """One process and two, the faster first."""
    return sorted((_convert(config, files, folder, batch, processes) for processes in (1, 2)), key=lambda one: one.seconds)


def _convert(config: Config, files: Sequence[Path], folder: Path, batch: int, processes: int) -> Alone:
    engines = [choose(config.pdf, folder / "engines") for _ in range(processes)]
    for engine in engines:  # each makes its profile before the time runs
        engine.convert([Order(files[0], folder / "first.pdf")])
    batches = [files[at : at + batch] for at in range(0, len(files), batch)]
    queue = iter(batches)
    begun = time.perf_counter()
    with ThreadPoolExecutor(processes) as pool:
        made = sum(pool.map(lambda engine: sum(_work(engine, one, folder) for one in queue), engines))
    seconds = time.perf_counter() - begun
    for engine in engines:
        engine.close()
    if made != len(files):
        raise RuntimeError(f"{len(files) - made} documents were not converted")
    return Alone(seconds, len(files), processes)


def _work(engine: PdfEngine, files: Sequence[Path], folder: Path) -> int:
    results = engine.convert([Order(path, folder / f"{path.stem}.pdf") for path in files])
    return sum(one.ok for one in results)
