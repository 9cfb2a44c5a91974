"""`make pictures`: the pictures of the README and the guide, from the demo itself (needs LibreOffice and poppler)."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from openpyxl import load_workbook

from processor import running, workspace
from processor.config import load
from processor.form.blank import write_blank, write_filled
from processor.form.choices import ClientType, Funder
from processor.form.example import example
from processor.form.layout import cell_of
from processor.office import Office

HERE = Path(__file__).parent.parent / "docs" / "pictures"


def as_pdf(path: Path) -> Path:
    """`path` converted by LibreOffice beside itself."""
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            ["soffice", f"-env:UserInstallation={Path(profile).as_uri()}", "--headless", "--convert-to", "pdf", "--outdir", str(path.parent), str(path)],
            check=True, capture_output=True, timeout=120,
        )  # fmt: skip
    return path.with_suffix(".pdf")


def picture(pdf: Path, page: int, to: Path, resolution: int = 70) -> None:
    """One page as PNG."""
    to.parent.mkdir(parents=True, exist_ok=True)
    pages = ["-f", str(page), "-l", str(page), "-singlefile"]
    subprocess.run(["pdftoppm", "-png", "-r", str(resolution), *pages, str(pdf), str(to.with_suffix(""))], check=True, timeout=60)


def only(path: Path, sheet: str, to: Path) -> Path:
    """The workbook with one visible sheet, so that it is one picture."""
    book = load_workbook(path)
    for one in book.worksheets:
        one.sheet_state = "visible" if one.title == sheet else "hidden"
    book.active = book.sheetnames.index(sheet)
    book.save(to)
    return to


def main() -> None:
    folder = Path(tempfile.mkdtemp())
    workspace.create(folder / "d")
    config = load(folder / "d" / "config.yaml")
    config.watch.settle_seconds = 0
    with Office(config) as office:
        today = office.today
        blank = folder / "vierge.xlsx"
        blank.write_bytes(write_blank(config, today, ClientType.COMPANY, Funder.OPCO))
        bad = config.folders.inbox / "Session Bellevue.xlsx"
        bad.write_bytes(write_filled(example(ClientType.COMPANY, None, today, config), config, today))
        book = load_workbook(bad)
        for name, value in (
            ("siret", "732 829 320 00075"),
            ("phone", "06 12 34 56"),
            ("email", "contact chez atelier-bellevue.example"),
        ):
            sheet, address = cell_of(name)
            book[sheet][address] = value
        book["4 Stagiaires"]["D3"] = None
        book.save(bad)
        running.one_pass(office)
        workspace.fill_with_examples(config)
        running.one_pass(office)
    report = config.folders.outbox / "rejets" / "Session Bellevue - à corriger.xlsx"
    session = config.folders.outbox / "S2026-0001"
    shots = [
        (blank, "1 Type de client", "formulaire-1"),
        (blank, "2 Client", "formulaire-2"),
        (report, "Erreurs", "erreurs"),
        (report, "2 Client", "cellules-rouges"),
        (next(session.glob("*.xlsx")), "Vue d'ensemble", "result"),
        (config.folders.outbox / "sessions.xlsx", "Sessions", "registre"),
    ]
    for source, sheet, name in shots:
        picture(as_pdf(only(source, sheet, folder / f"{name}.xlsx")), 1, HERE / f"{name}.png")
    for kind in ("Devis", "Convention", "Programme"):
        picture(next((session / "documents").glob(f"{kind}*.pdf")), 1, HERE / f"{kind.lower()}.png", 60)
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
