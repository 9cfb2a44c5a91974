"""Microsoft Word itself, through docx2pdf, on Windows and macOS.

Run as a program it converts one file (`… -m processor.documents.engines.word A.docx B.pdf`), so that a dialog
box or a hung Word costs a time limit, not the service. Residual risk: on Windows, Word is a server that outlives
the child which is killed; it is left to the user to close. Not tried on these systems here.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from processor.documents.engines.base import Order, Result, end, start, time_limit, unusable, verified


def installed() -> bool:
    """Whether docx2pdf can drive a Word on this machine."""
    if sys.platform not in ("win32", "darwin") or importlib.util.find_spec("docx2pdf") is None:
        return False
    if sys.platform == "win32":
        import winreg

        try:
            winreg.OpenKey(winreg.HKEY_CLASSES_ROOT, "Word.Application").Close()
        except OSError:
            return False
        return True
    return Path("/Applications/Microsoft Word.app").exists()


class WordEngine:
    """`limit` gives the seconds for a number of documents."""

    name = edition = "word"

    def __init__(self, *, limit: Callable[[int], float] = time_limit) -> None:
        self._limit = limit

    def convert(self, orders: Sequence[Order]) -> list[Result]:
        return [self._convert(order) for order in orders]

    def _convert(self, order: Order) -> Result:
        reason = unusable(order.docx)
        if reason:
            return Result(order.pdf, 0, reason)
        order.pdf.unlink(missing_ok=True)
        command = [sys.executable, "-m", "processor.documents.engines.word", str(order.docx), str(order.pdf)]
        process = start(command, {}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(self._limit(1))
        except subprocess.TimeoutExpired:
            return Result(order.pdf, 0, "Word n’a pas répondu à temps")
        finally:
            end(process)
        return verified(order.pdf)

    def start_resident(self) -> None:
        """A Word that stays open could show a dialog that nobody sees."""

    def close(self) -> None:
        """Word is started and ended for each document."""


if __name__ == "__main__":
    from docx2pdf import convert

    convert(sys.argv[1], sys.argv[2])
