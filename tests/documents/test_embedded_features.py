"""What `lint` says of the embedded engine, proved by the engine itself: with the feature it prints what it prints without."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import docx
import pytest
from docx.oxml import parse_xml
from pypdf import PdfReader

from processor.config import Config, Pdf
from processor.documents.engines import Order
from processor.documents.engines.embedded import EmbeddedEngine
from processor.documents.engines.fonts import house_characters
from processor.documents.lint import lint
from tests.documents.building import picture, saved

_NAMESPACES = {
    "w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "r": "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "wp": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
    "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
    "c": "http://schemas.openxmlformats.org/drawingml/2006/chart",
    "dgm": "http://schemas.openxmlformats.org/drawingml/2006/diagram",
    "pic": "http://schemas.openxmlformats.org/drawingml/2006/picture",
    "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
    "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
    "v": "urn:schemas-microsoft-com:vml",
    "o": "urn:schemas-microsoft-com:office:office",
}
_HERE = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in _NAMESPACES.items())


def run(properties: str, text: str = "<w:t>texte</w:t>") -> str:
    return f"<w:p><w:r><w:rPr>{properties}</w:rPr>{text}</w:r></w:p>"


def paragraph(properties: str) -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>texte</w:t></w:r></w:p>"


def shape(form: str, *, anchored: bool, text: str = "") -> str:
    box = f"<wps:txbx><w:txbxContent><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:txbxContent></wps:txbx>" if text else ""
    drawn = (
        '<a:graphic><a:graphicData uri="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"><wps:wsp><wps:cNvSpPr/>'
        '<wps:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="900000" cy="540000"/></a:xfrm>'
        f'<a:prstGeom prst="{form}"><a:avLst/></a:prstGeom><a:solidFill><a:srgbClr val="FF0000"/></a:solidFill>'
        f'<a:ln w="12700"><a:solidFill><a:srgbClr val="0000FF"/></a:solidFill></a:ln></wps:spPr>{box}'
        "<wps:bodyPr/></wps:wsp></a:graphicData></a:graphic>"
    )
    return f"<w:p><w:r><w:t>texte</w:t></w:r><w:r>{held(drawn, anchored=anchored)}</w:r></w:p>"


def held(graphic: str, *, anchored: bool = False, behind: int = 0) -> str:
    inner = '<wp:docPr id="5" name="F"/><wp:cNvGraphicFramePr/>' + graphic
    if not anchored:
        return f'<w:drawing><wp:inline><wp:extent cx="900000" cy="540000"/>{inner}</wp:inline></w:drawing>'
    return (
        f'<w:drawing><wp:anchor distT="0" distB="0" distL="0" distR="0" simplePos="0" relativeHeight="2" behindDoc="{behind}" locked="0"'
        ' layoutInCell="1" allowOverlap="1"><wp:simplePos x="0" y="0"/><wp:positionH relativeFrom="column"><wp:posOffset>0</wp:posOffset>'
        '</wp:positionH><wp:positionV relativeFrom="paragraph"><wp:posOffset>0</wp:posOffset></wp:positionV>'
        f'<wp:extent cx="900000" cy="540000"/><wp:wrapNone/>{inner}</wp:anchor></w:drawing>'
    )


def table(cell: str) -> str:
    return (
        '<w:tbl><w:tblPr><w:tblW w:w="3000" w:type="dxa"/></w:tblPr><w:tblGrid><w:gridCol w:w="3000"/></w:tblGrid><w:tr><w:tc><w:tcPr>'
        f'<w:tcW w:w="3000" w:type="dxa"/>{cell}</w:tcPr><w:p><w:r><w:t>texte</w:t></w:r></w:p></w:tc></w:tr></w:tbl>'
    )


def field(code: str) -> str:
    return f'<w:p><w:fldSimple w:instr=" {code} "><w:r><w:t>9</w:t></w:r></w:fldSimple></w:p>'


def drawn(kind: str, inner: str) -> str:
    uri = f"http://schemas.openxmlformats.org/drawingml/2006/{kind}"
    graphic = held(f'<a:graphic><a:graphicData uri="{uri}">{inner}</a:graphicData></a:graphic>')
    return f"<w:p><w:r><w:t>texte</w:t></w:r><w:r>{graphic}</w:r></w:p>"


def wordart() -> str:
    text = '<v:textpath style="font-family:Lato" string="FILIGRANE"/>'
    return f'<w:p><w:r><w:t>texte</w:t></w:r><w:r><w:pict><v:shape style="width:150pt;height:30pt">{text}</v:shape></w:pict></w:r></w:p>'


def checkbox() -> str:
    box = '<w:ffData><w:name w:val="C1"/><w:enabled/><w:checkBox><w:sizeAuto/><w:default w:val="1"/></w:checkBox></w:ffData>'
    end = '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    code = "<w:r><w:instrText> FORMCHECKBOX </w:instrText></w:r>"
    return f'<w:p><w:r><w:fldChar w:fldCharType="begin">{box}</w:fldChar></w:r>{code}{end}</w:p>'


PICTURE = (
    '<a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic><pic:nvPicPr><pic:cNvPr id="0" name="i"/>'
    "<pic:cNvPicPr/></pic:nvPicPr></pic:pic></a:graphicData></a:graphic>"
)
_PLAIN, _CELL = run(""), table("")
_BORDER = '<w:pBdr><w:bottom w:val="{}" w:sz="24" w:space="1" w:color="FF0000"/></w:pBdr>'
_LOST_SHAPE = "les zones de texte et formes"
DROPPED = [
    ("le texte barré", run("<w:strike/>"), _PLAIN),
    ("le texte doublement barré", run("<w:dstrike/>"), _PLAIN),
    ("les capitales automatiques", run("<w:caps/>"), _PLAIN),
    ("les petites capitales", run("<w:smallCaps/>"), _PLAIN),
    *(("le relief, le contour et l’ombre", run(f"<w:{name}/>"), _PLAIN) for name in ("emboss", "imprint", "outline", "shadow")),
    ("les points d’accentuation", run('<w:em w:val="dot"/>'), _PLAIN),
    *(("les soulignements", run(f'<w:u w:val="{kind}"/>'), run('<w:u w:val="single"/>')) for kind in ("double", "dotted", "wave")),
    *(
        ("les bordures autres", paragraph(_BORDER.format(kind)), paragraph(_BORDER.format("single")))
        for kind in ("double", "dotted", "dashed", "triple")
    ),
    ("les trames", paragraph('<w:shd w:val="pct25" w:color="000000" w:fill="FFFFFF"/>'), paragraph('<w:shd w:val="clear" w:fill="FFFFFF"/>')),
    ("le texte vertical", table('<w:textDirection w:val="btLr"/>'), _CELL),
    ("la place des cadres", paragraph('<w:framePr w:w="2000" w:wrap="around" w:vAnchor="text" w:hAnchor="page" w:x="3500" w:y="100"/>'), _PLAIN),
    ("le numéro de page", field("PAGE"), "<w:p><w:r><w:t>9</w:t></w:r></w:p>"),
    ("le numéro de page", field("NUMPAGES"), "<w:p><w:r><w:t>9</w:t></w:r></w:p>"),
    (_LOST_SHAPE, shape("roundRect", anchored=True, text="perdu"), _PLAIN),
    (_LOST_SHAPE, shape("ellipse", anchored=True), _PLAIN),
    (_LOST_SHAPE, shape("rect", anchored=False, text="perdu"), _PLAIN),
    (_LOST_SHAPE, shape("straightConnector1", anchored=True), _PLAIN),
    ("les graphiques", drawn("chart", '<c:chart r:id="rId1"/>'), _PLAIN),
    ("les SmartArt", drawn("diagram", '<dgm:relIds r:dm="rId1" r:lo="rId1" r:qs="rId1" r:cs="rId1"/>'), _PLAIN),
    ("le texte WordArt", wordart(), _PLAIN),
    ("les cases à cocher", run("", "<w:t>texte</w:t>") + checkbox(), run("") + "<w:p/>"),
]  # fmt: skip
OF_THE_PAGE = [
    ("les bordures de page", '<w:pgBorders><w:top w:val="single" w:sz="24" w:space="12" w:color="FF0000"/></w:pgBorders>'),
    ("les numéros de ligne", '<w:lnNumType w:countBy="1"/>'),
    ("le centrage vertical", '<w:vAlign w:val="center"/>'),
]
PRINTED = [
    run("<w:b/><w:i/>"), run('<w:u w:val="single"/>'), run('<w:strike w:val="0"/><w:caps w:val="false"/>'), run('<w:vertAlign w:val="superscript"/>'),
    run('<w:highlight w:val="yellow"/>'), run('<w:color w:val="FF0000"/>'), run('<w:spacing w:val="40"/>'), run('<w:w w:val="150"/>'),
    paragraph(_BORDER.format("single")), paragraph('<w:shd w:val="clear" w:fill="FFFF00"/>'), paragraph('<w:jc w:val="right"/>'),
    shape("rect", anchored=True, text="gardé"), shape("line", anchored=True), field("TITLE"),
]  # fmt: skip


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedEngine]:
    made = EmbeddedEngine(tmp_path_factory.mktemp("moteur"))
    yield made
    made.close()


def word(path: Path, body: str = "", of_the_page: str = "") -> Path:
    document = docx.Document()
    document.styles["Normal"].font.name = "Lato"
    for one in parse_xml(f"<w:body {_HERE}>{body}</w:body>"):
        document.element.body.insert(len(document.element.body) - 1, one)
    for one in parse_xml(f"<w:body {_HERE}>{of_the_page}</w:body>"):
        document.sections[0]._sectPr.append(one)
    return saved(document, path)


def drawing(engine: EmbeddedEngine, path: Path) -> tuple[bytes, str]:
    """What the engine draws on the first page, and its text."""
    (result,) = engine.convert([Order(path, path.with_suffix(".pdf"))])
    assert result.ok, result.error
    page = PdfReader(io.BytesIO(path.with_suffix(".pdf").read_bytes())).pages[0]
    content = page.get_contents()
    assert content is not None
    return content.get_data(), page.extract_text()


def said(path: Path) -> list[str]:
    found = lint(path, set(), Config(pdf=Pdf(engine="embedded")))
    return [one.message for one in found if one.code in ("dropped", "dark", "character")]


@pytest.mark.parametrize(("name", "with_it", "without"), DROPPED)
def test_what_is_said_to_be_dropped_is_dropped(
    engine: EmbeddedEngine, tmp_path: Path, name: str, with_it: str, without: str
) -> None:
    path, plain = word(tmp_path / "avec.docx", with_it), word(tmp_path / "sans.docx", without)

    assert [name in one for one in said(path)] == [True], said(path)
    assert said(plain) == []
    assert drawing(engine, path) == drawing(engine, plain)


@pytest.mark.parametrize(("name", "with_it"), OF_THE_PAGE)
def test_what_is_said_of_the_page_is_dropped(engine: EmbeddedEngine, tmp_path: Path, name: str, with_it: str) -> None:
    path, plain = word(tmp_path / "avec.docx", _PLAIN, with_it), word(tmp_path / "sans.docx", _PLAIN)

    assert [name in one for one in said(path)] == [True], said(path)
    assert drawing(engine, path) == drawing(engine, plain)


@pytest.mark.parametrize("body", PRINTED)
def test_nothing_is_said_of_what_is_printed(engine: EmbeddedEngine, tmp_path: Path, body: str) -> None:
    path = word(tmp_path / "avec.docx", body)

    assert said(path) == []
    assert drawing(engine, path) != drawing(engine, word(tmp_path / "sans.docx", _PLAIN)) or 'val="0"' in body


def test_a_raised_text_is_lowered(engine: EmbeddedEngine, tmp_path: Path) -> None:
    path = word(tmp_path / "t.docx", run('<w:position w:val="12"/>'))
    heights: list[float] = []
    for one in (path, word(tmp_path / "sans.docx", _PLAIN)):
        drawing(engine, one)
        page = PdfReader(one.with_suffix(".pdf")).pages[0]
        page.extract_text(visitor_text=lambda text, cm, tm, *_: heights.append(cm[5] - tm[5]) if "texte" in text else None)

    assert "décalé" in said(path)[0]
    assert len(set(heights)) == 2


def test_a_symbol_is_an_empty_glyph(engine: EmbeddedEngine, tmp_path: Path) -> None:
    path = word(tmp_path / "t.docx", run("", '<w:sym w:font="Wingdings" w:char="F0FE"/>'))

    assert "polices de symboles" in said(path)[0]
    assert drawing(engine, path)[1] == "\x00"


def test_an_unbreakable_hyphen_is_a_blank(engine: EmbeddedEngine, tmp_path: Path) -> None:
    path = word(tmp_path / "t.docx", run("", "<w:t>avant</w:t><w:noBreakHyphen/><w:t>après</w:t>"))

    assert "trait d’union" in said(path)[0]
    assert "avant-après" not in drawing(engine, path)[1]


def test_automatic_colour_stays_black_on_a_dark_ground(engine: EmbeddedEngine, tmp_path: Path) -> None:
    dark = '<w:shd w:val="clear" w:color="auto" w:fill="1B4965"/>'
    for number, body in enumerate((run(dark), paragraph(dark), table(dark))):
        path = word(tmp_path / f"{number}.docx", body)
        black = word(tmp_path / f"{number}-noir.docx", body.replace("<w:t>", '<w:rPr><w:color w:val="000000"/></w:rPr><w:t>', 1))
        assert ["fond sombre" in one for one in said(path)] == [True], number
        if number:  # a run has its properties already
            assert drawing(engine, path) == drawing(engine, black)
            assert said(black) == []
    light = run(dark.replace("1B4965", "F0F0F0"))
    assert said(word(tmp_path / "clair.docx", light)) == []


@pytest.mark.parametrize("char", "☐☒☑✔✓■★😀")
def test_a_character_without_glyph_is_named(engine: EmbeddedEngine, tmp_path: Path, char: str) -> None:
    path = word(tmp_path / "t.docx", run("", f"<w:t>case {char} fin</w:t>"))

    assert [f"« {char} »" in one for one in said(path)] == [True]
    assert char not in drawing(engine, path)[1]


def test_what_french_is_written_with_has_its_glyph(engine: EmbeddedEngine, tmp_path: Path) -> None:
    text = "Œuvre, où, ÀÉÇ « ça » – l’an — 12 500 € ½ • → … n° 1er m² ×"

    assert {ord(char) for char in text if not char.isspace()} <= house_characters()
    assert said(word(tmp_path / "t.docx", run("", f"<w:t>{text}</w:t>"))) == []


@pytest.mark.parametrize(("kind", "printed"), [("PNG", True), ("JPEG", True), ("GIF", True), ("BMP", True), ("TIFF", False)])
def test_pictures_that_are_not_printed_are_said(engine: EmbeddedEngine, tmp_path: Path, kind: str, printed: bool) -> None:
    document = docx.Document()
    document.styles["Normal"].font.name = "Lato"
    document.add_picture(str(picture(tmp_path / f"i.{kind.lower()}", 40, 20, kind)))
    path = saved(document, tmp_path / "t.docx")

    drawing(engine, path)
    assert bool(PdfReader(path.with_suffix(".pdf")).pages[0].images) == printed
    assert ["les images autres" in one for one in said(path)] == ([] if printed else [True])


def test_a_turned_picture_stays_straight_and_one_behind_the_text_is_said(engine: EmbeddedEngine, tmp_path: Path) -> None:
    document = docx.Document()
    document.styles["Normal"].font.name = "Lato"
    document.add_picture(str(picture(tmp_path / "i.png", 40, 20)))
    straight = saved(document, tmp_path / "droit.docx")
    document.element.body.xpath(".//a:xfrm")[0].set("rot", "5400000")
    turned = saved(document, tmp_path / "tourne.docx")

    assert [said(straight), ["rotation" in one for one in said(turned)]] == [[], [True]]
    assert drawing(engine, straight) == drawing(engine, turned)
    behind = f"<w:p><w:r>{held(PICTURE, anchored=True, behind=1)}</w:r></w:p>"
    assert ["derrière le texte" in one for one in said(word(tmp_path / "t.docx", behind))] == [True]
