"""LibreOffice without a display: one private profile an engine, one process a batch, in its own session.

Measured: seeding `ooSetupLastVersion` in the profile skips a graphics self-test at each start (1029 → 356 ms).
`BlockUntrustedRefererLinks` stops remote images from being fetched and local ones from being copied in.
The exit code says nothing (0 for corrupt files): each PDF is verified, and what is missing is tried again, the
first missing alone because it is the one that stopped the others. A resident LibreOffice saves the start
(three documents: 0.36 → 0.24 s), which serves where documents come one session at a time.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from processor.documents.engines.base import Order, Result, end, start, time_limit, unusable, verified
from processor.documents.engines.fonts import with_system
from processor.documents.engines.slot import Slot

_FILTER = "MS Word 2007 XML"
_FRESH_PROFILE = 81  # exit code of a first start: run again, once
_RESIDENT_LIMIT = 500  # documents before a resident is replaced; 880 were measured without growth
_LOOK_SECONDS = 0.05
_ITEM = '<item oor:path="{path}"><prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop></item>'
_SETTINGS = (
    ("/org.openoffice.Setup/Product", "ooSetupLastVersion", "99.9"),
    ("/org.openoffice.Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("/org.openoffice.Office.Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("/org.openoffice.Office.Common/Misc", "UseLocking", "false"),
)
_EMPTY = (
    '<?xml version="1.0" encoding="UTF-8"?><office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' office:version="1.3" office:mimetype="application/vnd.oasis.opendocument.text"><office:body><office:text/></office:body>'
    "</office:document>"
)


def find() -> Path | None:
    """`soffice.bin` itself (`soffice.com` on Windows): killing the wrapper would orphan it."""
    if sys.platform == "win32":
        com = Path(r"C:\Program Files\LibreOffice\program\soffice.com")
        found = shutil.which("soffice.com")
        return Path(found) if found else com if com.exists() else None
    places = [shutil.which("soffice"), shutil.which("libreoffice"), "/Applications/LibreOffice.app/Contents/MacOS/soffice"]
    for place in (*places, *sorted(Path("/opt").glob("libreoffice*/program/soffice"), reverse=True)):
        if place and Path(place).exists():
            binary = Path(place).resolve().with_name("soffice.bin")
            return binary if binary.exists() else Path(place)
    return None


class LibreOfficeEngine:
    """`work` is a folder of the engines of this machine: each takes a part of it for itself alone.

    `limit` gives the seconds for a number of documents; as long without a new PDF as one document may take is
    the end too, so that a batch does not wait its whole time for the one that hangs.
    """

    name = "libreoffice"

    def __init__(
        self,
        work: Path,
        *,
        pdf_a: bool = False,
        program: Path | None = None,
        limit: Callable[[int], float] = time_limit,
    ) -> None:
        self._work = work
        self._pdf_a = pdf_a
        self.edition = f"{self.name} PDF/A" if pdf_a else self.name
        self._program = program or find()
        self._limit = limit
        self._slot: Slot | None = None
        self._stays = False
        self._resident: subprocess.Popen[bytes] | None = None
        self._converted = 0

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
        results |= self._batch(batch)
        return [results[order.pdf] for order in orders]

    def _batch(self, batch: Sequence[Order]) -> dict[Path, Result]:
        results = self._attempt(batch)
        lost = [order for order in batch if not results[order.pdf].ok]
        while lost:
            suspect, rest = lost[:1], lost[1:]
            results |= self._attempt(suspect)
            results |= self._attempt(rest)
            lost = [order for order in rest if not results[order.pdf].ok]
            if lost == rest:  # nothing of the rest came: each on its own, once, then it is over
                for order in rest if len(rest) > 1 else ():
                    results |= self._attempt([order])
                break
        return results

    def _attempt(self, orders: Sequence[Order]) -> dict[Path, Result]:
        """Convert in one start; what is done is done when the time is over."""
        if not orders:
            return {}
        staging = self._folder / "staging"
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir(parents=True)
        sources = [staging / f"{number}.docx" for number in range(len(orders))]
        for source, order in zip(sources, orders, strict=True):
            shutil.copyfile(order.docx, source)
        reason = self._soffice(sources, staging)
        results = {}
        for source, order in zip(sources, orders, strict=True):
            made = source.with_suffix(".pdf")
            if made.exists():
                order.pdf.parent.mkdir(parents=True, exist_ok=True)
                shutil.move(made, order.pdf)
            result = verified(order.pdf)
            results[order.pdf] = Result(order.pdf, 0, f"{result.error}{reason}") if not result.ok and reason else result
        return results

    def _soffice(self, sources: Sequence[Path], folder: Path) -> str:
        """Run one conversion; what LibreOffice said or how it ended, for the error of what is missing."""
        options = {"SelectPdfVersion": {"type": "long", "value": "2"}} if self._pdf_a else {}
        options |= {"UseTaggedPDF": {"type": "boolean", "value": "true"}}
        task = [
            f"--infilter={_FILTER}",
            "--convert-to", f"pdf:writer_pdf_Export:{json.dumps(options)}",
            "--outdir", str(folder),
            *map(str, sources),
        ]  # fmt: skip
        if self._stays:
            self.start_resident()
        self._converted += len(sources)
        log = folder / "said.txt"
        for _ in range(2):
            with log.open("wb") as said:
                process = self._start(task, said)
                in_time = self._watched(process, folder, len(sources))
            if not in_time:
                self._end_resident()  # it is the one that hangs; the process above only waited for it
                return ", le délai est dépassé"
            if process.returncode != _FRESH_PROFILE:
                break
        last = log.read_text("utf-8", "replace").strip().splitlines()[-1:]
        return f" (LibreOffice : {last[0][:200]})" if last and len(sources) == 1 and "->" not in last[0] else ""

    def _start(self, task: Sequence[str], said: object = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
        profile = self._folder / "profile"
        _seed(profile)
        if self._resident is None:
            (profile / ".lock").unlink(missing_ok=True)  # of a process that was killed: this profile is ours alone
        common = [str(self._program), f"-env:UserInstallation={profile.resolve().as_uri()}"]
        common += ["--headless", "--norestore", "--nologo", "--nofirststartwizard"]
        environment = {"FONTCONFIG_FILE": str(with_system(self._work)), "SAL_USE_VCLPLUGIN": "svp"}
        process = start([*common, *task], environment, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT)
        if self._slot is not None and self._resident is None:  # what is handed to a resident ends by itself
            self._slot.remember(process.pid)
        return process

    def _watched(self, process: subprocess.Popen[bytes], folder: Path, documents: int) -> bool:
        """Wait for the end; False if it had to be killed, with all its children."""
        over, killed = threading.Event(), threading.Event()

        def watch() -> None:
            begun = quiet_since = time.monotonic()
            seen = 0
            while not over.wait(_LOOK_SECONDS):
                now, done = time.monotonic(), sum(1 for _ in folder.glob("*.pdf"))
                if done != seen:
                    seen, quiet_since = done, now
                if now - begun > self._limit(documents) or now - quiet_since > self._limit(1):
                    killed.set()
                    end(process)
                    return

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        process.wait()
        over.set()
        watcher.join()
        end(process)  # children that it left behind
        return not killed.is_set()

    def start_resident(self) -> None:
        """Keep a LibreOffice running until `close`; each conversion is then handed to it. Where that cannot be
        (Windows, a start that fails) conversions go on as before."""
        if sys.platform == "win32":
            return
        self._stays = True
        if self._resident is not None and (self._resident.poll() is not None or self._converted >= _RESIDENT_LIMIT):
            self._end_resident()
        if self._resident is not None:
            return
        keep = self._folder / "keep.fodt"
        keep.write_text(_EMPTY, encoding="utf-8")
        lock = self._folder / "profile" / ".lock"
        give_up = time.monotonic() + self._limit(1)
        for _ in range(2):  # a fresh profile ends the first start
            process = self._start(["--view", str(keep)])
            while process.poll() is None and time.monotonic() < give_up:
                if lock.exists():  # written once its pipe listens
                    self._resident, self._converted = process, 0
                    return
                time.sleep(_LOOK_SECONDS)
            end(process)

    def _end_resident(self) -> None:
        if self._resident is not None:
            end(self._resident)
            self._resident = None

    @property
    def _folder(self) -> Path:
        if self._slot is None:
            self._slot = Slot.take(self._work)
        return self._slot.folder

    def close(self) -> None:
        """End the resident, if there is one, and leave the profile to the next."""
        self._stays = False
        self._end_resident()
        if self._slot is not None:
            self._slot.leave()
            self._slot = None


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
