"""The engine that needs nothing installed: dxpdf (Rust, MIT), in a child that is kept between batches.

Run as a program it is that child: a JSON order a line on stdin, a JSON answer a line on stdout.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from processor.documents.engines.base import Order, Result, end, start, unusable, verified
from processor.documents.engines.fonts import house_only

_SECONDS = 30


class EmbeddedEngine:
    """One child process; killed and replaced when a document takes over `seconds` or crashes it."""

    name = edition = "embedded"

    def __init__(self, work: Path, *, seconds: float = _SECONDS) -> None:
        self._work = work
        self._seconds = seconds
        self._child: subprocess.Popen[bytes] | None = None

    def convert(self, orders: Sequence[Order]) -> list[Result]:
        return [self._convert(order) for order in orders]

    def _convert(self, order: Order) -> Result:
        reason = unusable(order.docx)
        if reason:
            return Result(order.pdf, 0, reason)
        order.pdf.unlink(missing_ok=True)
        for _ in range(2):  # a crash may be the fault of the document before
            answer = self._ask({"docx": str(order.docx), "pdf": str(order.pdf), "title": order.title, "author": order.author})
            if answer is not None:
                return Result(order.pdf, 0, answer) if answer else verified(order.pdf)
        return Result(order.pdf, 0, "le moteur intégré s’est arrêté sur ce document")

    def _ask(self, question: dict[str, str]) -> str | None:
        """The child's answer: an error (French), empty if none; None if the child died."""
        child = self._child if self._child is not None and self._child.poll() is None else self._renewed()
        assert child.stdin is not None
        assert child.stdout is not None
        late = threading.Event()

        def give_up() -> None:
            late.set()
            end(child)

        timer = threading.Timer(self._seconds, give_up)
        timer.start()
        try:
            child.stdin.write(json.dumps(question).encode() + b"\n")
            child.stdin.flush()
            line = child.stdout.readline()
        except OSError:
            line = b""
        finally:
            timer.cancel()
        try:
            error = str(json.loads(line)["error"])
            return f"mise en page impossible ({error})" if error else ""
        except ValueError:  # nothing, or a line cut by the end of the child
            self.close()
            return "le moteur intégré n’a pas répondu à temps" if late.is_set() else None

    def _renewed(self) -> subprocess.Popen[bytes]:
        self.close()
        self._work.mkdir(parents=True, exist_ok=True)
        self._child = start(
            [sys.executable, "-m", "processor.documents.engines.embedded"],
            {"FONTCONFIG_FILE": str(house_only(self._work))},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        return self._child

    def start_resident(self) -> None:
        """Its child is kept between batches anyway."""

    def close(self) -> None:
        if self._child is not None:
            end(self._child)
            for pipe in (self._child.stdin, self._child.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()
            self._child = None


def _serve() -> None:
    import dxpdf  # only the child loads it: FONTCONFIG_FILE must be set before

    answers = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)  # whatever the engine prints is not an answer
    for line in sys.stdin.buffer:
        order = json.loads(line)
        error = ""
        try:
            pdf = Path(order["pdf"])
            part = pdf.with_suffix(".part")
            dxpdf.convert_file(order["docx"], str(part))
            _name(part, order["title"], order["author"])
            part.replace(pdf)
        except Exception as problem:  # whatever a hostile document provokes is an answer, not an end
            error = f"{type(problem).__name__} {problem}"[:300]
        answers.write(json.dumps({"error": error}) + "\n")
        answers.flush()


def _name(pdf: Path, title: str, author: str) -> None:
    """Title, author and language, which the engine does not write."""
    from pypdf import PdfReader, PdfWriter
    from pypdf.generic import NameObject, TextStringObject

    writer = PdfWriter(clone_from=PdfReader(pdf))
    writer.add_metadata({"/Title": title, "/Author": author})
    writer.root_object[NameObject("/Lang")] = TextStringObject("fr-FR")
    writer.write(pdf)


if __name__ == "__main__":
    _serve()
