"""LibreOffice without a display: one private profile, one process a batch, in its own session.

Measured: seeding `ooSetupLastVersion` in the profile skips a graphics self-test at each start (1029 → 356 ms).
`BlockUntrustedRefererLinks` stops remote images from being fetched and local ones from being copied in.
The exit code says nothing (0 for corrupt files): each PDF is verified, and what is missing is retried alone.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from processor.documents.engines.base import Order, Result, end, start, time_limit, unusable, verified
from processor.documents.engines.fonts import with_system

_FILTER = "MS Word 2007 XML"
_FRESH_PROFILE = 81  # exit code of a first start: run again, once
_ITEM = '<item oor:path="{path}"><prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop></item>'
_SETTINGS = (
    ("/org.openoffice.Setup/Product", "ooSetupLastVersion", "99.9"),
    ("/org.openoffice.Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("/org.openoffice.Office.Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("/org.openoffice.Office.Common/Misc", "UseLocking", "false"),
)


def find() -> Path | None:
    """`soffice.bin` itself (`soffice.com` on Windows): killing the wrapper would orphan it."""
    places = [shutil.which("soffice"), shutil.which("libreoffice")]
    if sys.platform == "win32":
        places += [r"C:\Program Files\LibreOffice\program\soffice.com"]
    elif sys.platform == "darwin":
        places += ["/Applications/LibreOffice.app/Contents/MacOS/soffice"]
    for place in places:
        if place and Path(place).exists():
            program = Path(place).resolve()
            binary = program.with_name("soffice.bin")
            return binary if binary.exists() else program
    return None


class LibreOfficeEngine:
    """`work` is a private folder of this engine: profile and fonts."""

    name = "libreoffice"

    def __init__(self, work: Path, *, pdf_a: bool = False, program: Path | None = None) -> None:
        self._work = work
        self._pdf_a = pdf_a
        self._program = program or find()

    def convert(self, orders: Sequence[Order]) -> list[Result]:
        results: dict[Path, Result] = {}
        batch: list[Order] = []
        for order in orders:
            reason = unusable(order.docx)
            order.pdf.unlink(missing_ok=True)
            if reason:
                results[order.pdf] = Result(order.pdf, 0, reason)
            else:
                batch.append(order)
        if batch:
            self._run(batch)
        for order in batch:
            result = verified(order.pdf)
            if not result.ok and len(batch) > 1:  # the others of a batch must not pay for one
                self._run([order])
                result = verified(order.pdf)
            results[order.pdf] = result
        return [results[order.pdf] for order in orders]

    def _run(self, orders: Sequence[Order]) -> None:
        """Convert in one start; what is done is done when the time is over."""
        staging = self._work / "staging"
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir(parents=True)
        sources = []
        for number, order in enumerate(orders):
            source = staging / f"{number}.docx"
            shutil.copyfile(order.docx, source)
            sources.append(source)
        for _ in range(2):
            if self._soffice(sources, staging) != _FRESH_PROFILE:
                break
        for source, order in zip(sources, orders, strict=True):
            made = source.with_suffix(".pdf")
            if made.exists():
                order.pdf.parent.mkdir(parents=True, exist_ok=True)
                shutil.move(made, order.pdf)

    def _soffice(self, sources: Sequence[Path], folder: Path) -> int:
        profile = self._work / "profile"
        _seed(profile)
        options = {"SelectPdfVersion": {"type": "long", "value": "2"}} if self._pdf_a else {}
        options |= {"UseTaggedPDF": {"type": "boolean", "value": "true"}}
        command = [
            str(self._program),
            f"-env:UserInstallation={profile.resolve().as_uri()}",
            "--headless", "--norestore", "--nologo", "--nofirststartwizard",
            f"--infilter={_FILTER}",
            "--convert-to", f"pdf:writer_pdf_Export:{json.dumps(options)}",
            "--outdir", str(folder),
            *map(str, sources),
        ]  # fmt: skip
        environment = {"FONTCONFIG_FILE": str(with_system(self._work)), "SAL_USE_VCLPLUGIN": "svp"}
        process = start(command, environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            return process.wait(time_limit(len(sources)))
        except subprocess.TimeoutExpired:
            return -1
        finally:
            end(process)

    def close(self) -> None:
        """Nothing stays running between batches."""


def _seed(profile: Path) -> None:
    settings = profile / "user" / "registrymodifications.xcu"
    if settings.exists():
        return
    settings.parent.mkdir(parents=True, exist_ok=True)
    items = "".join(_ITEM.format(path=path, name=name, value=value) for path, name, value in _SETTINGS)
    settings.write_text(
        '<?xml version="1.0" encoding="UTF-8"?><oor:items xmlns:oor="http://openoffice.org/2001/registry"'
        ' xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"{items}</oor:items>",
        encoding="utf-8",
    )
