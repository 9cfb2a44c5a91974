"""What every engine promises, and the check that each PDF passes before anybody sees it."""

from __future__ import annotations

import contextlib
import io
import os
import re
import signal
import subprocess
import sys
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from processor.documents.archive import LARGEST

_TABLE = re.compile(rb"startxref\s+(\d+)\s+%%EOF")
_PAGE, _COUNT = re.compile(rb"/Type\s*/Page\b"), re.compile(rb"/Count (\d+)")


@dataclass(frozen=True)
class Order:
    """Make `pdf` from `docx`, with this title, author and language in its metadata."""

    docx: Path
    pdf: Path
    title: str = ""
    author: str = ""


@dataclass(frozen=True)
class Result:
    """`pages` of the PDF made; 0 and `error` (French) when there is none."""

    pdf: Path
    pages: int
    error: str = ""

    @property
    def ok(self) -> bool:
        return self.pages > 0


class PdfEngine(Protocol):
    """One engine, used by one worker at a time. `edition` names it with its options: a PDF of another is not its own."""

    name: str
    edition: str

    def convert(self, orders: Sequence[Order]) -> list[Result]:
        """A result for each order, in their order; a bad document never spoils the others."""
        ...

    def start_resident(self) -> None:
        """Keep running, until `close`, what takes long to start: for a service that gets a few documents at a time."""
        ...

    def close(self) -> None:
        """End whatever the engine keeps running."""
        ...


def verified(pdf: Path) -> Result:
    """Done means: the final name exists, begins with %PDF, ends with %%EOF and has pages."""
    try:
        content = pdf.read_bytes()
    except OSError:
        return Result(pdf, 0, "le moteur n’a produit aucun PDF")
    if not content.startswith(b"%PDF") or b"%%EOF" not in content[-1024:]:
        return Result(pdf, 0, "le PDF produit est incomplet")
    if pages := _plain_pages(content):
        return Result(pdf, pages)
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        pages = len(PdfReader(io.BytesIO(content)).pages)
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        return Result(pdf, 0, f"le PDF produit est illisible ({error})")
    return Result(pdf, pages) if pages else Result(pdf, 0, "le PDF produit n’a aucune page")


def _plain_pages(content: bytes) -> int:
    """The pages of a PDF as LibreOffice writes it (a plain table of objects, where it says to be); 0: ask pypdf.

    pypdf takes 3 ms to count them.
    """
    place = _TABLE.search(content, len(content) - 64)
    if place is None or content[int(place[1]) : int(place[1]) + 4] != b"xref" or b"/ObjStm" in content:
        return 0
    pages = len(_PAGE.findall(content))
    return pages if any(int(count) == pages for count in _COUNT.findall(content)) else 0


def unusable(docx: Path) -> str:
    """Why this Word file must not be given to an engine; empty when it may."""
    try:
        with zipfile.ZipFile(docx) as archive:
            if sum(info.file_size for info in archive.infolist()) > LARGEST:
                return "le document dépasse 50 Mo une fois décompressé"
            if "word/document.xml" not in archive.namelist():
                return "ce n’est pas un document Word"
    except (OSError, zipfile.BadZipFile):
        return "ce n’est pas un document Word lisible"
    return ""


def start(command: Sequence[str], environment: Mapping[str, str], **pipes: Any) -> subprocess.Popen[bytes]:
    """Start a program in its own session, so that it can be ended with all its children."""
    options: dict[str, Any] = {"creationflags": 0x200} if sys.platform == "win32" else {"start_new_session": True}
    return subprocess.Popen(command, env={**os.environ, **environment}, **pipes, **options)


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill a program and its whole group, and wait for it."""
    if sys.platform == "win32":
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(process.pid)], capture_output=True, check=False)
    else:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()


def time_limit(documents: int) -> float:
    """Seconds for a batch: 30, and 5 a document."""
    return 30 + 5 * documents
