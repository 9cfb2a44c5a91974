"""Which engine makes the PDFs: chosen once a run, never switched silently."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from processor.config import Pdf
from processor.documents.engines import libreoffice, word
from processor.documents.engines.base import PdfEngine
from processor.documents.engines.embedded import EmbeddedEngine
from processor.documents.engines.libreoffice import LibreOfficeEngine
from processor.documents.engines.word import WordEngine
from processor.errors import ConfigError


@dataclass(frozen=True)
class Availability:
    """An engine, whether it can be used here, and why (French)."""

    name: str
    usable: bool
    why: str


def available() -> list[Availability]:
    """The engines in the order in which `auto` tries them."""
    program, has_word = libreoffice.find(), word.installed()
    return [
        Availability(
            "word", has_word, "Microsoft Word, par docx2pdf" if has_word else "ni Word ni docx2pdf ici (Windows et macOS)"
        ),
        Availability("libreoffice", program is not None, f"{program}" if program else "LibreOffice n’est pas installé"),
        Availability(name="embedded", usable=True, why="intégré au programme (dxpdf), sans rien à installer"),
    ]


def chosen_name(settings: Pdf) -> str:
    """The engine that `choose` would take, whether it is usable here or not."""
    if settings.engine != "auto":
        return settings.engine
    return "libreoffice" if settings.pdf_a else next(one.name for one in available() if one.usable)


def choose(settings: Pdf, work: Path) -> PdfEngine:
    """The engine that config.yaml asks for; `work` is a private folder. Raises `ConfigError` if it is missing."""
    if settings.pdf_a and settings.engine in ("word", "embedded"):
        raise ConfigError(
            f"Le moteur PDF « {settings.engine} » (pdf.engine) ne sait pas faire de PDF/A (pdf.pdf_a).",
            "Choisissez « libreoffice », ou « pdf_a: false ».",
        )
    name = chosen_name(settings)
    if not any(one.usable for one in available() if one.name == name):
        raise ConfigError(
            f"Le moteur PDF « {name} » demandé par config.yaml (pdf.engine, pdf.pdf_a) n’est pas utilisable sur cette machine.",
            "Installez-le, ou choisissez « engine: auto » et « pdf_a: false ».",
        )
    if name == "word":
        return WordEngine()
    if name == "libreoffice":
        return LibreOfficeEngine(work / "libreoffice", pdf_a=settings.pdf_a)
    return EmbeddedEngine(work / "embedded")
