"""What the embedded engine (dxpdf 0.8.1) does not print as Word does.

Each line was seen: a test prints a small document with and without it. What its strict parser refuses (an OLE
object, a fancy border …) is not listed: `lint` has it convert the template.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from fontpkg_lato import FAMILY

from processor.documents.engines.fonts import house_characters
from processor.documents.lint.finding import TemplateFinding, shortened
from processor.documents.mending import own_text
from processor.documents.word import PARTS

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_WP = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
_WPS = "{http://schemas.microsoft.com/office/word/2010/wordprocessingShape}"
_PIC = "{http://schemas.openxmlformats.org/drawingml/2006/picture}"
_V = "{urn:schemas-microsoft-com:vml}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_OFF = {"0", "false", "off", "none", "nil"}
_PLAIN_LINES = {None, "single", "thick", *_OFF}
_SYMBOLS = {"Wingdings", "Wingdings 2", "Wingdings 3", "Webdings", "Symbol"}
_PRINTED_PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".bmp")
_DRAWN_SHAPES = {"rect", "line"}
_DARK = 110  # of 255, luminance below which Word prints automatic text in white

Node = Any  # lxml ships no types


def _on(*names: str) -> Callable[[Node], bool]:
    """Whether one of these properties is set and not switched off."""
    return lambda node: any(node.tag == _W + name and node.get(_W + "val") not in _OFF for name in names)


def _val(name: str, *plain: str | None) -> Callable[[Node], bool]:
    """Whether the property has another value than these."""
    return lambda node: node.tag == _W + name and node.get(_W + "val") not in plain


def _lost_shape(node: Node) -> bool:
    """Only rectangles and lines that stand free are drawn."""
    if node.tag == _WPS + "wsp":
        form = next(node.iter(_A + "prstGeom"), None)
        anchored = next(node.iterancestors(_WP + "anchor", _WP + "inline")).tag == _WP + "anchor"
        grouped = node.getparent().tag != _A + "graphicData"
        return grouped or not anchored or form is None or form.get("prst") not in _DRAWN_SHAPES
    boxed = node.tag == _W + "txbxContent" and next(node.iterancestors(_WPS + "wsp"), None) is None
    return boxed and next(node.iterancestors(_MC + "Fallback"), None) is None


def _graphic(kind: str) -> Callable[[Node], bool]:
    return lambda node: node.tag == _A + "graphicData" and (node.get("uri") or "").endswith(f"/{kind}")


def _stale_number(node: Node) -> bool:
    code = node.get(_W + "instr") if node.tag == _W + "fldSimple" else node.text if node.tag == _W + "instrText" else ""
    return bool(re.match(r"\s*(PAGE|NUMPAGES)\b", code or "")) and node.getroottree().getroot().tag == _W + "document"


def _line(node: Node) -> bool:
    return node.getparent() is not None and node.getparent().tag in (_W + "pBdr", _W + "tblBorders", _W + "tcBorders") and (
        node.get(_W + "val") not in _PLAIN_LINES
    )  # fmt: skip


_DROPPED: tuple[tuple[Callable[[Node], bool], str], ...] = (
    (_on("strike"), "le texte barré"),
    (_on("dstrike"), "le texte doublement barré"),
    (_on("caps"), "les capitales automatiques"),
    (_on("smallCaps"), "les petites capitales"),
    (_on("emboss", "imprint", "outline", "shadow"), "le relief, le contour et l’ombre des caractères"),
    (_val("em", "none"), "les points d’accentuation"),
    (_val("position", "0"), "le texte décalé vers le haut ou le bas"),
    (_val("u", "single", "words", "thick", *_OFF), "les soulignements autres que simples"),
    (_line, "les bordures autres qu’un trait simple"),
    (lambda node: node.tag == _W + "shd" and (node.get(_W + "val") or "").startswith("pct"), "les trames de fond"),
    (_on("pgBorders"), "les bordures de page"),
    (_on("lnNumType"), "les numéros de ligne"),
    (lambda node: node.tag == _W + "background", "la couleur de page"),
    (lambda node: node.tag == _W + "vAlign" and node.getparent().tag == _W + "sectPr" and node.get(_W + "val") != "top", "le centrage vertical de la page"),
    (lambda node: node.tag == _W + "framePr" and node.get(_W + "dropCap") in (None, "none"), "la place des cadres"),
    (_val("textDirection", "lrTb"), "le texte vertical"),
    (_on("noBreakHyphen"), "le trait d’union insécable"),
    (lambda node: _on("sym")(node) or (node.tag == _W + "rFonts" and node.get(_W + "ascii") in _SYMBOLS), "les polices de symboles (Wingdings …)"),
    (lambda node: _on("checkBox")(node), "les cases à cocher de formulaire"),
    (_stale_number, "le numéro de page hors d’un en-tête ou d’un pied de page"),
    (_lost_shape, "les zones de texte et formes, sauf un rectangle ou un trait flottant"),
    (lambda node: node.tag == _V + "textpath", "le texte WordArt et les filigranes"),
    (_graphic("chart"), "les graphiques"),
    (_graphic("diagram"), "les SmartArt"),
    (lambda node: node.tag == _A + "xfrm" and node.get("rot") not in (None, "0") and node.getparent().getparent().tag == _PIC + "pic", "la rotation des images"),
    (lambda node: node.tag == _WP + "anchor" and node.get("behindDoc") in ("1", "true"), "les images placées derrière le texte"),
    (lambda node: node.tag == "{http://schemas.openxmlformats.org/officeDocument/2006/math}oMath", "les équations"),
)  # fmt: skip


def embedded(trees: Mapping[str, Node], members: Mapping[str, bytes], own_font: str) -> Iterator[TemplateFinding]:
    """Everything that the embedded engine changes in these mended parts."""
    roots = [root for part, root in trees.items() if PARTS.fullmatch(part)]
    styles = _Styles(trees, roots)
    nodes = [node for root in (*roots, *styles.used) for node in root.iter() if isinstance(node.tag, str)]
    names = [name for test, name in _DROPPED if any(test(node) for node in nodes)]
    if any(re.search(r"/media/[^/]+$", part) and not part.lower().endswith(_PRINTED_PICTURES) for part in members):
        names.append("les images autres que PNG, JPEG, GIF et BMP")
    for name in names:
        yield TemplateFinding("warning", "dropped", f"le moteur intégré ne rend pas {name}")
    for root in roots:
        for paragraph in root.iter(_W + "p"):
            text = own_text(paragraph)
            if missing := sorted({char for char in text if not char.isspace() and ord(char) not in house_characters()}):
                yield TemplateFinding(
                    "warning", "character", f"le moteur intégré n’a pas « {' '.join(missing)} »", shortened(text)
                )
            if any(styles.dark(run) for run in paragraph.iter(_W + "r")):
                message = "le moteur intégré imprime en noir le texte de couleur automatique, même sur un fond sombre : donnez-lui une couleur"
                yield TemplateFinding("warning", "dark", message, shortened(text))
    if foreign := sorted(styles.fonts() - _SYMBOLS - {FAMILY, own_font}):
        quoted = ", ".join(f"« {name} »" for name in foreign)
        yield TemplateFinding("warning", "font", f"le moteur intégré n’a pas la police {quoted} : il imprime en {FAMILY}")


class _Styles:
    """The styles that a text uses, with those they are based on, and what they say about fonts and colours."""

    def __init__(self, trees: Mapping[str, Node], roots: Sequence[Node]) -> None:
        sheet = trees.get("word/styles.xml")
        self._all: dict[str, Node] = (
            {one.get(_W + "styleId"): one for one in sheet.iter(_W + "style")} if sheet is not None else {}
        )
        self._defaults = list(sheet.iter(_W + "docDefaults")) if sheet is not None else []
        self._normal = [
            name for name, one in self._all.items() if one.get(_W + "default") and one.get(_W + "type") == "paragraph"
        ]
        self._theme = trees.get("word/theme/theme1.xml")
        self._roots = roots
        wanted = {name for root in roots for name in _values(root, "pStyle", "rStyle", "tblStyle")}
        self.used = [self._all[name] for name in self._with_bases({*wanted, *self._normal})]

    def _with_bases(self, wanted: set[str]) -> list[str]:
        found: list[str] = []
        queue = [name for name in wanted if name in self._all]
        while queue:
            name = queue.pop()
            if name not in found:
                found.append(name)
                queue += [base for base in _values(self._all[name], "basedOn") if base in self._all]
        return found

    def fonts(self) -> set[str]:
        """The names of the fonts of Latin text, those of the theme too."""
        found = set()
        for root in (*self._roots, *self.used, *self._defaults):
            for node in root.iter(_W + "rFonts"):
                for kind in ("ascii", "hAnsi"):
                    theme = node.get(f"{_W}{kind}Theme")
                    found.add(self._theme_font(theme) if theme else node.get(_W + kind))
        return {name for name in found if name}

    def _theme_font(self, name: str) -> str:
        if self._theme is None:
            return ""
        kind = "majorFont" if name.startswith("major") else "minorFont"
        return next((latin.get("typeface", "") for one in self._theme.iter(_A + kind) for latin in one.iter(_A + "latin")), "")

    def dark(self, run: Node) -> bool:
        """Whether this run prints text of no colour of its own on a dark ground."""
        text = "".join(node.text or "" for node in run.iter(_W + "t"))
        return bool(text.strip()) and not self._coloured(run) and any(_is_dark(shade) for shade in self._grounds(run))

    def _coloured(self, run: Node) -> bool:
        paragraph = next(run.iterancestors(_W + "p"))
        properties = [run.find(_W + "rPr")]
        names = {*_values(run, "rStyle"), *_values(paragraph, "pStyle")}
        properties += [self._all[name].find(_W + "rPr") for name in self._with_bases(names or {*self._normal})]
        colours = [one.find(_W + "color") for one in properties if one is not None]
        return any(one is not None and one.get(_W + "val") not in (None, "auto") for one in colours)

    def _grounds(self, run: Node) -> Iterator[Node]:
        """The nearest shading around a run: its own, its paragraph's or its cell's."""
        for node, properties in (
            (run, "rPr"),
            *((one, f"{one.tag.rpartition('}')[2]}Pr") for one in run.iterancestors(_W + "p", _W + "tc")),
        ):
            held = node.find(_W + properties)
            shade = held.find(_W + "shd") if held is not None else None
            if shade is not None and shade.get(_W + "fill") not in (None, "auto"):
                yield shade
                return


def _values(root: Node, *names: str) -> list[str]:
    """What these elements below `root` say."""
    return [node.get(_W + "val", "") for node in root.iter(*(_W + name for name in names))]


def _is_dark(shade: Node) -> bool:
    fill = shade.get(_W + "fill") or ""
    if not re.fullmatch("[0-9A-Fa-f]{6}", fill):
        return False
    red, green, blue = (int(fill[at : at + 2], 16) for at in (0, 2, 4))
    return 0.299 * red + 0.587 * green + 0.114 * blue < _DARK
