"""The house's colours, font, logo and language on a template, as Word writes it."""

from __future__ import annotations

import io
from pathlib import Path

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm

from processor.config import Brand
from processor.documents import word
from processor.errors import TemplateError
from tests.documents.building import members, picture, saved, template


def rendered(path: Path, brand: Brand) -> bytes:
    return word.load(path, brand).render({}, title="Essai")


def with_logo(tmp_path: Path, **named: str) -> Path:
    """A template whose header holds a picture 2 cm high; `named` are attributes of its docPr."""
    document = docx.Document()
    run = document.sections[0].header.paragraphs[0].add_run()
    run._r.set(qn("w:rsidR"), "00AB12CD")  # as Word does after an edit
    run.add_picture(str(picture(tmp_path / "placeholder.png", 10, 10)), height=Mm(20))
    for key, value in named.items():
        next(run._r.iter(qn("wp:docPr"))).set(key, value)
    document.sections[0].header.paragraphs[0].add_run("Nom")
    return saved(document, tmp_path / "t.docx")


def test_theme_colours_become_the_house_s(tmp_path: Path) -> None:
    document = docx.Document()
    paragraph = document.add_paragraph()
    for attributes in (
        'w:val="4F81BD" w:themeColor="accent1"',
        'w:themeColor="accent2" w:val="C0504D"',
        'w:val="00FF00"',
        'w:val="B8CCE4" w:themeColor="accent1" w:themeTint="66"',
        'w:val="365F91" w:themeColor="accent1" w:themeShade="80"',
    ):
        paragraph.add_run("x")._r.get_or_add_rPr().append(parse_xml(f"<w:color {nsdecls('w')} {attributes}/>"))
    made = members(rendered(saved(document, tmp_path / "t.docx"), Brand(colour="0000ff", accent="112233")))

    found = [one.get(qn("w:val")) for one in parse_xml(made["word/document.xml"]).iter(qn("w:color"))]

    assert found == ["0000FF", "112233", "00FF00", "9999FF", "000080"]
    (accent,) = parse_xml(made["word/theme/theme1.xml"]).iter(qn("a:accent1"))
    assert [(one.tag, one.get("val")) for one in accent] == [(qn("a:srgbClr"), "0000FF")]


def test_the_shading_of_a_cell_follows_and_its_text_colour_stays(tmp_path: Path) -> None:
    document = docx.Document()
    cell = document.add_table(rows=1, cols=1).cell(0, 0)
    shading = f'<w:shd {nsdecls("w")} w:val="clear" w:color="auto" w:themeFill="accent1" w:fill="4F81BD"/>'
    cell._tc.get_or_add_tcPr().append(parse_xml(shading))
    made = members(rendered(saved(document, tmp_path / "t.docx"), Brand(colour="0000FF")))

    (found,) = parse_xml(made["word/document.xml"]).iter(qn("w:shd"))

    assert [found.get(qn(f"w:{key}")) for key in ("val", "color", "fill")] == ["clear", "auto", "0000FF"]


def test_the_house_font_is_replaced_and_no_other(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_paragraph().add_run("Lato").font.name = "Lato"
    document.add_paragraph().add_run("x").font.name = "Courier New"
    made = docx.Document(io.BytesIO(rendered(saved(document, tmp_path / "t.docx"), Brand(font="Marque & Fils"))))

    assert [paragraph.runs[0].font.name for paragraph in made.paragraphs] == ["Marque & Fils", "Courier New"]
    assert made.paragraphs[0].text == "Lato"


@pytest.mark.parametrize(
    "named", [{"name": "logo"}, {"name": "Image 1", "descr": "Logo"}, {"name": "Image 1", "title": " LOGO "}]
)
@pytest.mark.parametrize(
    ("size", "kind", "expected"),
    [((300, 100), "PNG", (60, 20)), ((100, 200), "JPEG", (10, 20)), ((1000, 100), "PNG", (80, 8))],
)
def test_the_logo_takes_the_place_of_its_namesake(
    tmp_path: Path, named: dict[str, str], size: tuple[int, int], kind: str, expected: tuple[int, int]
) -> None:
    logo = picture(tmp_path / "maison.bin", *size, kind)

    made = docx.Document(io.BytesIO(rendered(with_logo(tmp_path, **named), Brand(logo=logo))))

    header = made.sections[0].header
    (blip,) = header._element.iter(qn("a:blip"))
    (extent,) = header._element.iter(qn("wp:extent"))
    assert header.part.related_parts[blip.get(qn("r:embed"))].blob == logo.read_bytes()
    assert (int(extent.get("cx")), int(extent.get("cy"))) == (Mm(expected[0]), Mm(expected[1]))


def test_without_a_logo_the_placeholder_goes_and_the_text_stays(tmp_path: Path) -> None:
    made = docx.Document(io.BytesIO(rendered(with_logo(tmp_path, name="logo"), Brand(logo=None))))

    header = made.sections[0].header
    assert not list(header._element.iter(qn("w:drawing")))
    assert header.paragraphs[0].text == "Nom"


def test_another_picture_is_left_alone(tmp_path: Path) -> None:
    path = with_logo(tmp_path, name="Photo de la salle")

    made = docx.Document(io.BytesIO(rendered(path, Brand(logo=picture(tmp_path / "l.png", 3, 1)))))

    (extent,) = made.sections[0].header._element.iter(qn("wp:extent"))
    assert extent.get("cx") == extent.get("cy")


def test_a_logo_that_is_no_picture_is_named(tmp_path: Path) -> None:
    logo = tmp_path / "logo.png"
    logo.write_text("<svg/>")

    with pytest.raises(TemplateError, match=r"brand\.logo"):
        rendered(with_logo(tmp_path, name="logo"), Brand(logo=logo))


def test_a_missing_logo_is_named(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match=r"absent\.png.*introuvable"):
        rendered(template(tmp_path / "t.docx", "x"), Brand(logo=tmp_path / "absent.png"))


def test_the_document_speaks_french(tmp_path: Path) -> None:
    styles = parse_xml(members(rendered(template(tmp_path / "t.docx", "x"), Brand()))["word/styles.xml"])

    languages = [one.get(qn("w:val")) for one in styles.find(qn("w:docDefaults")).iter(qn("w:lang"))]

    assert languages == ["fr-FR"]
