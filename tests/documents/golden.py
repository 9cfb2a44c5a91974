"""The first pages as pictures, compared with those that a person approved: `python -m tests.documents.golden` makes them.

Rasterisers and versions of LibreOffice differ by hairs, so pictures are compared in blurred cells: what counts is
ink that is somewhere else, of another colour, or gone.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from PIL import Image, ImageChops, ImageFilter

from processor.config import Config, load, resources
from processor.documents.engines import choose
from tests.documents.gallery import Variant, make, pictures, variants

FOLDER = Path(__file__).parent / "golden"
ENGINES = ("libreoffice", "embedded")
SHOWN = ("entreprise, OPCO, subrogation", "particulier, fonds-propres", "logo large")
_DPI = 50
_CELL = 6  # pixels: about a line of text
_LEVEL = 24  # of 255: a cell differs if one of its colours does by more
_SHARE = 0.003  # of the cells may differ


def shown(house: Config, folder: Path) -> list[Variant]:
    """The variants whose first pages are kept."""
    return [one for one in variants(house, folder) if one.name in SHOWN]


def first_pages(house: Config, engine: str, folder: Path) -> dict[str, Image.Image]:
    """The first page of each document, by its file name."""
    chosen = choose(house.pdf.model_copy(update={"engine": engine}), folder / "moteur")
    try:
        made = make(shown(house, folder), chosen, folder / engine)
    finally:
        chosen.close()
    found = {}
    for (name, kind), pdf in made.items():
        if name == SHOWN[0] or (name == SHOWN[1] and kind == "contrat") or (name == SHOWN[2] and kind == "devis"):
            label = f"{kind} {name}" if name == SHOWN[2] else kind
            found[f"{label}.png"] = pictures(pdf, _DPI, last=1)[0]
    return found


def share_that_differs(left: Image.Image, right: Image.Image) -> float:
    """From 0 to 1: how much of the page is not the same."""
    if left.size != right.size:
        return 1.0
    difference = ImageChops.difference(_blurred(left), _blurred(right))
    cells = difference.resize((left.width // _CELL, left.height // _CELL), Image.Resampling.BOX)
    red, green, blue = cells.split()
    worst = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    return sum(worst.histogram()[_LEVEL:]) / (worst.width * worst.height)


def same(left: Image.Image, right: Image.Image) -> bool:
    """Whether a person would call it the same page."""
    return share_that_differs(left, right) <= _SHARE


def _blurred(picture: Image.Image) -> Image.Image:
    return picture.convert("RGB").filter(ImageFilter.GaussianBlur(1.5))


def main() -> None:
    house = load(resources() / "config.yaml")
    for engine in ENGINES:
        (FOLDER / engine).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            for name, page in first_pages(house, engine, Path(folder)).items():
                page.quantize(32).save(FOLDER / engine / name, optimize=True)


if __name__ == "__main__":
    main()
