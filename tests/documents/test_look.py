"""What people look at: pages that hold together however long the lists are, and look as they were approved."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from PIL import Image, ImageChops
from pypdf import PdfReader

from processor.config import Config, resources
from processor.documents.archive import unpack
from processor.documents.engines import Order, choose
from processor.documents.house import BUILDERS
from tests.documents import golden
from tests.documents.gallery import make, pictures, variants

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
MARGIN, WIDTH = 56.7, 595.3  # points
HANGING = 8  # points: the embedded engine lets an apostrophe's breadth pass the margin


@dataclass(frozen=True)
class Document:
    variant: str
    kind: str
    pdf: Path

    @cached_property
    def pages(self) -> list[list[str]]:
        """The lines of each page, spaces made plain."""
        text = subprocess.run(["pdftotext", "-layout", str(self.pdf), "-"], capture_output=True, check=True, text=True).stdout
        return [[plain(line) for line in page.split("\n") if line.strip()] for page in text.split("\f") if page.strip()]

    @cached_property
    def bodies(self) -> list[list[str]]:
        """The pages without letterhead and footer."""
        return [
            page[1 : next(n for n, line in enumerate(page) if re.match(r"Organisme Exemple Formation – (SARL|1 place)", line))]
            for page in self.pages
        ]

    @cached_property
    def openers(self) -> set[str]:
        """Headings and header rows: what must not be left alone at a page's foot."""
        root = etree.fromstring(unpack(self.pdf.with_suffix(".docx").read_bytes(), "x")["word/document.xml"])
        found = set()
        for paragraph in root.iter(W + "p"):
            style = paragraph.find(f"{W}pPr/{W}pStyle")
            if style is not None and style.get(W + "val") in ("Heading1", "Heading2"):
                found.add(words_of(paragraph))
        for row in root.iter(W + "tr"):
            if row.find(f"{W}trPr/{W}tblHeader") is not None:
                found.add(plain(" ".join(words_of(cell) for cell in row.iter(W + "tc"))))
        return found


def catalogue(pdf: Path) -> Mapping[str, Any]:
    """What the PDF says of itself."""
    root: Any = PdfReader(pdf).trailer["/Root"]
    return dict(root.items())


def plain(text: str) -> str:
    return " ".join(re.sub(r"[\u00a0\u202f]", " ", text).split())


def words_of(element: etree._Element) -> str:
    return plain("".join(text.text or "" for text in element.iter(W + "t")))


@pytest.fixture(scope="module", params=golden.ENGINES)
def documents(request: pytest.FixtureRequest, house: Config, tmp_path_factory: pytest.TempPathFactory) -> list[Document]:
    """Every document of every variant, made by one engine in one batch."""
    folder = tmp_path_factory.mktemp("apparence")
    engine = choose(house.pdf.model_copy(update={"engine": request.param}), folder / "moteur")
    made = make(variants(house, folder), engine, folder / "documents")
    engine.close()
    return [Document(variant, kind, pdf) for (variant, kind), pdf in made.items()]


def test_every_page_says_which_of_how_many_it_is(documents: list[Document]) -> None:
    for one in documents:
        for number, page in enumerate(one.pages, start=1):
            assert page[-1].endswith(f"– page {number}/{len(one.pages)}"), (one.variant, one.kind, page[-1])


def test_no_page_is_empty_and_no_heading_is_left_at_a_foot(documents: list[Document]) -> None:
    wrong = []
    for one in documents:
        for number, body in enumerate(one.bodies, start=1):
            if not body or (number < len(one.bodies) and body[-1] in one.openers):
                wrong.append((one.variant, one.kind, number, body[-1:]))
    assert wrong == []


def test_usual_documents_take_few_pages_and_no_last_page_is_a_remnant(documents: list[Document]) -> None:
    pages = {(one.variant, one.kind): len(one.pages) for one in documents}
    for variant in ("entreprise, OPCO, subrogation", "particulier, cpf", "TVA 20 %"):
        assert [pages[variant, kind] for kind in ("devis", "programme")] == [1, 1]
    assert pages["entreprise, OPCO, subrogation", "convention"] == 2
    assert pages["particulier, france-travail, part payée", "contrat"] == 3, "the last one is to tear off"
    lists = [one for one in documents if one.kind != "emargement"]  # there one line to sign under its header is enough
    assert [(one.variant, one.kind, one.bodies[-1]) for one in lists if len(one.pages) > 1 and len(one.bodies[-1]) < 4] == []


def test_a_signature_is_never_alone_on_its_page(documents: list[Document]) -> None:
    wrong = []
    for one in documents:
        for number, body in enumerate(one.bodies, start=1):
            place = next((n for n, line in enumerate(body) if re.match(r"Fait (en deux exemplaires|à|le)|Le \d", line)), None)
            if place == 0:
                wrong.append((one.variant, one.kind, number, body))
            if any(re.match(r"Signature( et cachet)? :", line) for line in body):
                assert place is not None, (one.variant, one.kind, number)
    assert wrong == []


def test_long_lists_are_whole_and_their_header_comes_again(documents: list[Document]) -> None:
    by = {(one.variant, one.kind): one for one in documents}
    for kind in ("convention", "emargement"):
        text = "\n".join(line for page in by["60 stagiaires", kind].pages for line in page)
        assert [n for n in range(1, 61) if f"EXEMPLE-{n:02d}" not in text] == []
    continued = [body for body in by["60 stagiaires", "convention"].bodies[1:] if any("EXEMPLE-" in line for line in body)]
    assert continued
    assert all("Nom Fonction" in body[0] for body in continued)
    calendar = "\n".join(line for page in by["40 créneaux", "convention"].pages for line in page)
    assert len(set(re.findall(r"(?:lundi|mardi|mercredi|jeudi) \d+\S* \w+ 2027 9 h", calendar))) == 20
    expenses = "\n".join(line for page in by["25 frais", "devis"].pages for line in page)
    assert [n for n in range(1, 26) if f"Déjeuner n° {n} " not in expenses] == []


def test_nothing_leaves_the_margins_or_covers_something_else(documents: list[Document]) -> None:
    wrong = []
    for one in documents:
        found = subprocess.run(["pdftotext", "-bbox", str(one.pdf), "-"], capture_output=True, check=True, text=True).stdout
        for number, page in enumerate(found.split("<page ")[1:], start=1):
            boxes = [
                tuple(map(float, box))
                for box in re.findall(r'xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)"', page)
            ]
            wrong += [
                (one.variant, one.kind, number, box)
                for box in boxes
                if box[0] < MARGIN - HANGING or box[2] > WIDTH - MARGIN + HANGING
            ]
            wrong += [(one.variant, one.kind, number, box) for box in overlapping(boxes)]
    assert wrong == []


Box = tuple[float, ...]


def overlapping(boxes: list[Box]) -> list[Box]:
    """Words of which another covers a third."""
    found: list[Box] = []
    ordered = sorted(boxes, key=lambda box: box[1])
    for place, one in enumerate(ordered):
        for other in ordered[place + 1 :]:
            if other[1] >= one[3]:
                break
            width, height = min(one[2], other[2]) - max(one[0], other[0]), min(one[3], other[3]) - max(one[1], other[1])
            if width > 0 and height > 0 and width * height > min(area(one), area(other)) / 3:
                found.append(one)
    return found


def area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


@pytest.mark.parametrize("engine", golden.ENGINES)
def test_first_pages_look_as_they_were_approved(engine: str, house: Config, tmp_path: Path) -> None:
    known = {path.name for path in (golden.FOLDER / engine).glob("*.png")}
    pages = golden.first_pages(house, engine, tmp_path)
    assert set(pages) == known, "make golden"
    different = []
    for name, page in pages.items():
        with Image.open(golden.FOLDER / engine / name) as approved:
            share = golden.share_that_differs(page, approved.convert("RGB"))
            if not golden.same(page, approved.convert("RGB")):
                seen = tmp_path / f"différence {engine} {name}"
                ImageChops.difference(page, approved.convert("RGB")).save(seen)
                different.append(f"{name} : {share:.1%} de la page, voir {seen}")
    assert different == [], "regardez, puis « make golden » si le changement est voulu"


def test_the_comparison_sees_what_a_person_would_see(house: Config, tmp_path: Path) -> None:
    page = golden.first_pages(house, "embedded", tmp_path)["devis.png"]
    noise = page.resize((page.width * 2, page.height * 2), Image.Resampling.BICUBIC).resize(page.size, Image.Resampling.BOX)
    assert golden.same(page, noise), "a rasteriser's hair is nothing"
    moved = Image.new("RGB", page.size, "white")
    moved.paste(page, (0, 8))
    assert not golden.same(page, moved), "everything a line lower"
    without = page.copy()
    without.paste("white", (0, 0, page.width // 2, 45))
    assert not golden.same(page, without), "no letterhead"
    red, green, blue = page.split()
    assert not golden.same(page, Image.merge("RGB", (blue, green, red))), "another colour"


def test_the_comparison_sees_another_font_and_a_lost_logo(house: Config, tmp_path: Path) -> None:
    other = house.model_copy(update={"brand": house.brand.model_copy(update={"font": "DejaVu Serif"})})
    own, changed = (golden.first_pages(one, "libreoffice", tmp_path / one.brand.font) for one in (house, other))
    assert not golden.same(own["devis.png"], changed["devis.png"])
    assert not golden.same(own["devis logo large.png"], own["devis.png"])


def test_the_committed_templates_are_what_the_builders_make() -> None:
    for name, build in BUILDERS.items():
        committed = unpack((resources() / "templates" / name).read_bytes(), name)
        assert committed == unpack(build(), name), f"{name} : make templates"


def test_a_pdf_can_be_read_aloud(documents: list[Document]) -> None:
    for one in documents[:4]:
        reader = PdfReader(one.pdf)
        assert reader.metadata is not None
        assert reader.metadata.title
        assert catalogue(one.pdf)["/Lang"].lower().startswith("fr")


def test_libreoffice_tags_its_pdfs_and_makes_pdf_a_2b_when_asked(house: Config, tmp_path: Path) -> None:
    settings = house.pdf.model_copy(update={"engine": "libreoffice", "pdf_a": True})
    docx = tmp_path / "devis.docx"
    docx.write_bytes(BUILDERS["certificat.docx"]())
    engine = choose(settings, tmp_path / "moteur")
    (result,) = engine.convert([Order(docx, tmp_path / "devis.pdf", "Devis")])
    engine.close()
    assert result.ok, result.error
    root = catalogue(result.pdf)
    assert root["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in root
    assert root["/OutputIntents"]
    told = root["/Metadata"].get_data().decode()
    assert re.search(r"pdfaid:part>2<", told)
    assert re.search(r"pdfaid:conformance>B<", told)
    assert pictures(result.pdf, 20)
