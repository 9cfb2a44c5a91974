"""The house's identity laid over a template: colours, font, logo, language, properties.

A template says "main colour" by theme colour accent1 (accent2 for the second), "our font" by Lato, and "the logo"
by a picture whose name or alternative text is « logo ». Word writes each in several ways, so the parts are
parsed, never searched by pattern.
"""

from __future__ import annotations

import colorsys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree

from processor.documents.mending import mend
from processor.errors import TemplateError

CORE = "docProps/core.xml"
_TYPES = "[Content_Types].xml"
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_WP = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_RELATION = f"{{{_PACKAGE}/relationships}}"
_CONTENT = f"{{{_PACKAGE}/content-types}}"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_CORE_RELATION = f"{_PACKAGE}/relationships/metadata/core-properties"
_CORE_TYPE = "application/vnd.openxmlformats-package.core-properties+xml"
_HOUSE_FONT = "Lato"
_WIDEST_LOGO = 2_880_000  # EMU, 8 cm: a wide logo keeps its place beside the name
_PARSER_OPTIONS: dict[str, Any] = {"resolve_entities": False, "no_network": True, "load_dtd": False}

Node = Any  # lxml ships no types


@dataclass(frozen=True)
class Identity:
    """`colour` and `accent` are RRGGBB; `logo` the bytes of a PNG or JPEG, empty for none."""

    colour: str
    accent: str
    font: str
    logo: bytes


def parsed(xml: bytes, what: str) -> Node:
    """The tree of a part. Raises `TemplateError` if it is not XML or declares a document type (entities)."""
    try:
        root = etree.fromstring(xml, etree.XMLParser(**_PARSER_OPTIONS))
    except etree.XMLSyntaxError as error:
        raise TemplateError(f"{what} n’est pas un document Word valable ({error.msg}).") from error
    if root.getroottree().docinfo.doctype:
        raise TemplateError(f"{what} déclare des entités XML : il est refusé.")
    return root


def lay_over(members: dict[str, bytes], identity: Identity, name: str) -> dict[str, bytes]:
    """The members of template `name` in this identity; every XML part has been parsed once when it returns."""
    trees = {part: parsed(xml, f"« {name} » ({part})") for part, xml in members.items() if part.endswith((".xml", ".rels"))}
    result = dict(members)
    mend(trees, result, name)
    for part in [part for part in trees if part.startswith("word/") and part.endswith(".xml")]:
        _colours(trees[part], identity)
        _font(trees[part], identity.font)
        for drawing in _logos(trees[part]):
            if identity.logo:
                _put_logo(drawing, part, trees, result, identity.logo)
            else:
                _drop_logo(drawing)
    if "word/styles.xml" in trees:
        _french(trees["word/styles.xml"])
    _forget_attached_template(trees)
    _register_core(trees, result)
    return result | {
        part: etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True) for part, root in trees.items()
    }


def _colours(root: Node, identity: Identity) -> None:
    """Theme colours 1 and 2, in the theme and wherever Word repeats their value beside the name."""
    values = {"accent1": identity.colour.upper(), "accent2": identity.accent.upper()}
    for accent, colour in values.items():
        for scheme in root.iter(_A + accent):
            scheme[:] = [etree.Element(_A + "srgbClr", val=colour)]
    for element in root.iter():
        for kind, own in (("Color", "val" if element.tag == _W + "color" else "color"), ("Fill", "fill")):
            value = values.get(element.get(f"{_W}theme{kind}", ""))
            if value is None:
                continue
            prefix = f"{_W}theme" if kind == "Color" else f"{_W}themeFill"
            element.set(_W + own, _toned(value, element.get(prefix + "Tint"), element.get(prefix + "Shade")))


def _toned(colour: str, tint: str | None, shade: str | None) -> str:
    """The colour lightened or darkened as Word does (ECMA-376 part 1, 17.18.40: luminance × n/255)."""
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4))
    hue, light, saturation = colorsys.rgb_to_hls(red, green, blue)
    if shade:
        light *= int(shade, 16) / 255
    if tint:
        light = light * int(tint, 16) / 255 + 1 - int(tint, 16) / 255
    return "".join(f"{round(part * 255):02X}" for part in colorsys.hls_to_rgb(hue, light, saturation))


def _font(root: Node, font: str) -> None:
    if font == _HOUSE_FONT:
        return
    for element in root.iter(_W + "rFonts", _W + "font", _A + "latin"):
        for key, value in element.attrib.items():
            if value == _HOUSE_FONT:
                element.set(key, font)


def _logos(root: Node) -> list[Node]:
    return [drawing for drawing in root.iter(_W + "drawing") if any(_is_logo(named) for named in drawing.iter(_WP + "docPr"))]


def _is_logo(named: Node) -> bool:
    return any((named.get(key) or "").strip().casefold() == "logo" for key in ("name", "descr", "title"))


def _drop_logo(drawing: Node) -> None:
    run = drawing.getparent()
    run.remove(drawing)
    if all(child.tag == _W + "rPr" or not (child.text or "x").strip() for child in run):  # the space beside it goes too
        run.getparent().remove(run)


def _put_logo(drawing: Node, part: str, trees: dict[str, Node], members: dict[str, bytes], logo: bytes) -> None:
    """The house's picture at the height of the placeholder, in its own proportions, uncropped."""
    from docx.image.exceptions import UnrecognizedImageError
    from docx.image.image import Image

    try:
        image = Image.from_blob(logo)
        ratio = image.px_width / image.px_height
    except (UnrecognizedImageError, ZeroDivisionError, EOFError, ValueError, KeyError) as error:
        raise TemplateError("Le logo de config.yaml (brand.logo) n’est pas une image PNG ou JPEG lisible.") from error
    blip, extent = next(drawing.iter(_A + "blip"), None), next(drawing.iter(_WP + "extent"), None)
    if blip is None or extent is None:
        return
    height = int(extent.get("cy"))
    width = min(int(height * ratio), max(_WIDEST_LOGO, int(extent.get("cx"))))
    height = int(width / ratio)
    for box in (extent, *(box for form in drawing.iter(_A + "xfrm") for box in form.iter(_A + "ext"))):
        box.set("cx", str(width))
        box.set("cy", str(height))
    for crop in list(drawing.iter(_A + "srcRect")):
        crop.getparent().remove(crop)
    blip[:] = []  # effects, and the vector twin that Word would prefer
    blip.attrib.clear()
    blip.set(_R + "embed", "rIdLogoMaison")
    target = f"media/logo-maison.{image.ext}"
    members[f"word/{target}"] = logo
    relations = f"word/_rels/{part.removeprefix('word/')}.rels"
    if relations not in trees:
        trees[relations] = etree.Element(_RELATION + "Relationships", nsmap={None: _RELATION[1:-1]})
    if not any(one.get("Id") == "rIdLogoMaison" for one in trees[relations]):
        relation = etree.SubElement(trees[relations], _RELATION + "Relationship")
        relation.attrib.update({"Id": "rIdLogoMaison", "Type": f"{_OFFICE}/image", "Target": target})
    if not any((one.get("Extension") or "").lower() == image.ext for one in trees[_TYPES]):
        trees[_TYPES].insert(0, etree.Element(_CONTENT + "Default", Extension=image.ext, ContentType=image.content_type))


def _french(styles: Node) -> None:
    """The document's default language: readers announce it, LibreOffice writes it into the PDF."""
    node = styles
    for position, name in enumerate(("docDefaults", "rPrDefault", "rPr", "lang")):
        child = node.find(_W + name)
        if child is None:
            child = etree.Element(_W + name)
            node.insert(0 if position < 2 else len(node), child)
        node = child
    node.set(_W + "val", "fr-FR")


def _forget_attached_template(trees: dict[str, Node]) -> None:
    """Word stores the path of the .dotx a file came from, and looks for it at each opening; it serves nothing here."""
    for attached in list(trees["word/settings.xml"].iter(_W + "attachedTemplate")) if "word/settings.xml" in trees else ():
        attached.getparent().remove(attached)
    for relation in list(relations_of(trees, "word/_rels/settings.xml.rels")):
        if relation.get("Type", "").endswith("/attachedTemplate"):
            relation.getparent().remove(relation)


def relations_of(trees: dict[str, Node], part: str) -> Iterator[Node]:
    """The relationships of a `.rels` part; none if it is not there."""
    if part in trees:
        yield from trees[part].iter(_RELATION + "Relationship")


def _register_core(trees: dict[str, Node], members: dict[str, bytes]) -> None:
    """A place for title and author, in templates that have none or keep it elsewhere."""
    for relation in list(relations_of(trees, "_rels/.rels")):
        if relation.get("Type") == _CORE_RELATION:
            old = relation.get("Target", "").lstrip("/")
            trees.pop(old, None)
            members.pop(old, None)
            for one in [one for one in trees[_TYPES] if one.get("PartName") == f"/{old}"]:
                trees[_TYPES].remove(one)
            relation.getparent().remove(relation)
    relation = etree.SubElement(trees["_rels/.rels"], _RELATION + "Relationship")
    relation.attrib.update({"Id": "rIdProprietesMaison", "Type": _CORE_RELATION, "Target": CORE})
    etree.SubElement(trees[_TYPES], _CONTENT + "Override", PartName=f"/{CORE}", ContentType=_CORE_TYPE)
    trees.pop(CORE, None)
    members.pop(CORE, None)
