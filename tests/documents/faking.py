"""Programs that stand in for a PDF engine and misbehave when the document says so.

A document that contains HANG never ends (and leaves a child behind), CRASH ends the program, EMPTY gives 0 bytes,
CUT half a PDF, NOTHING no file. Everything else gives one blank page.
"""

from __future__ import annotations

import sys
from pathlib import Path

_BODY = """
import io, os, subprocess, sys, time, zipfile
from pathlib import Path
from pypdf import PdfWriter

HERE = Path(__file__).resolve().parent

def make(docx, pdf):
    text = zipfile.ZipFile(docx).read("word/document.xml").decode()
    if "HANG" in text:
        child = subprocess.Popen(["sleep", "600"])
        (HERE / "hung").write_text(f"{os.getpid()} {child.pid}")
        time.sleep(600)
    if "CRASH" in text:
        os.kill(os.getpid(), 9)
    if "NOTHING" in text:
        return
    writer, page = PdfWriter(), io.BytesIO()
    writer.add_blank_page(595, 842)
    writer.write(page)
    whole = page.getvalue()
    print("noise on stdout")
    Path(pdf).write_bytes(b"" if "EMPTY" in text else whole[: len(whole) // 2] if "CUT" in text else whole)
"""

_SOFFICE = (
    _BODY
    + """
sources = sys.argv[sys.argv.index("--outdir") + 2 :]
out = Path(sys.argv[sys.argv.index("--outdir") + 1])
with (HERE / "starts").open("a") as starts:
    starts.write(f"{len(sources)}\\n")
profile = next(arg for arg in sys.argv if arg.startswith("-env:UserInstallation="))
fresh = Path(profile.split("file://")[1]) / "fresh"
if (HERE / "ask-again").exists() and not fresh.exists():
    fresh.touch()
    sys.exit(81)
for source in sources:
    make(source, out / (Path(source).stem + ".pdf"))
"""
)


def soffice(folder: Path) -> Path:
    """An executable that takes LibreOffice's arguments; `folder/starts` has the number of documents of each start."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "soffice"
    program.write_text(f"#!{sys.executable}\n{_SOFFICE}", encoding="utf-8")
    program.chmod(0o755)
    return program


def starts(program: Path) -> list[int]:
    return [int(line) for line in (program.parent / "starts").read_text().split()]


def module(folder: Path, name: str, function: str) -> Path:
    """A Python module `name` whose `function` converts, for a child that imports it through PYTHONPATH."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.py").write_text(f"{_BODY}\n{function} = make\n", encoding="utf-8")
    return folder
