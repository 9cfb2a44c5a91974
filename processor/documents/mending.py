"""What Word and people leave in a template, put right before it is filled, whatever the engine.

- Tracked changes are accepted: LibreOffice prints them in colour and struck out, the embedded engine otherwise.
- Comments go: LibreOffice writes them into the PDF, and they are not meant for a client.
- Content controls are unwrapped: the embedded engine prints nothing of one that stands in a line, and Word fills
  one that is bound to the document's properties with something else.
- A page or section break in the paragraph of a `{%p … %}` moves to the next: docxtpl drops that paragraph whole.
- Quotes, no-break spaces and invisible characters that autocorrection puts inside a tag become what was meant.
- A .dotx or .docm (without macros) that was renamed is told to be a document.
"""

from __future__ import annotations

import re
from copy import deepcopy
from typing import Any

from lxml import etree

from processor.errors import TemplateError

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_TYPES = "[Content_Types].xml"
_DOCUMENT_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_MAIN_TYPE = re.compile(r"(template|document\.macroEnabled|template\.macroEnabledTemplate)\.main\+xml$")
_DROPPED = [
    _W + name
    for name in (
        "del", "moveFrom", "commentRangeStart", "commentRangeEnd", "commentReference", "annotationRef", "rPrChange", "pPrChange",
        "tblPrChange", "tblPrExChange", "tblGridChange", "trPrChange", "tcPrChange", "sectPrChange", "numberingChange", "cellIns",
        "cellDel", "cellMerge", "moveFromRangeStart", "moveFromRangeEnd", "moveToRangeStart", "moveToRangeEnd",
    )
]  # fmt: skip
_UNWRAPPED = [_W + name for name in ("ins", "moveTo", "sdt", "customXml", "smartTag", "dir", "bdo")]
_PROPERTIES = {_W + name for name in ("sdtPr", "sdtEndPr", "customXmlPr", "smartTagPr")}
_COMMENTS = ("comments", "commentsExtended", "commentsIds", "commentsExtensible", "people")
_SPACES = "\u00a0\u202f\u2007\u2009"
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_PARAGRAPH_TAG = re.compile(r"\{%p\s")
_VALUE_TAG = re.compile(r"\{\{(p|r|tr|tc)\s[^}]*\}\}")

Node = Any  # lxml ships no types


def mend(trees: dict[str, Node], members: dict[str, bytes], name: str) -> None:
    """Put the parsed parts of template `name` right, in place. Raises `TemplateError` for what cannot be meant."""
    for part, root in trees.items():
        if part.startswith("word/") and part.endswith(".xml"):
            _accept_changes(root)
            _unwrap(root)
            for paragraph in list(root.iter(_W + "p")):
                _keep_breaks(paragraph)
                if found := _VALUE_TAG.search(own_text(paragraph)):
                    raise TemplateError(
                        f"Modèle « {name} » : « {found[0]} » n’existe pas ici ; une valeur s’écrit {{{{ … }}}} sans la lettre"
                        f" « {found[1]} »."
                    )
    _forget_comments(trees, members)
    for override in trees.get(_TYPES, ()):
        if _MAIN_TYPE.search(override.get("ContentType") or ""):
            override.set("ContentType", _DOCUMENT_TYPE)


def mended(source: str) -> str:
    """A part's source with its tags as Jinja2 reads them: straight quotes, plain spaces, nothing invisible."""
    return _TAG.sub(lambda tag: _straight(tag[0]), source)


def spaced_tags(xml: str) -> str:
    """`{ %`, `% }` and `{%p` with the no-break space that French autocorrection puts beside a percent sign."""
    xml = re.sub(rf"\{{[{_SPACES}]+(?=[%{{])", "{", xml)
    xml = re.sub(rf"(?<=[%}}])[{_SPACES}]+\}}", "}", xml)
    return re.sub(rf"(\{{%(?:tr|tc|p|r))[{_SPACES}]", r"\1 ", xml)


def own_text(paragraph: Node) -> str:
    """The text of a paragraph without that of the text boxes in it; breaks and tabs are spaces."""
    return "".join(_text_of(node) for node in paragraph.iter() if _owner(node) is paragraph)


def _text_of(node: Node) -> str:
    if node.tag == _W + "t":
        return node.text or ""
    if node.tag in (_W + "tab", _W + "br", _W + "cr") and node.getparent().tag == _W + "r":
        return " "
    return "-" if node.tag == _W + "noBreakHyphen" else ""


def _owner(node: Node) -> Node | None:
    return next(node.iterancestors(_W + "p"), None)


def _straight(tag: str) -> str:
    tag = re.sub(rf"[«‹][\s{_SPACES}]*|[\s{_SPACES}]*[»›]|[“”„‟]", '"', _INVISIBLE.sub("", tag))
    return re.sub("[‘’‚‛]", "'", re.sub(f"[{_SPACES}]", " ", tag))


def _accept_changes(root: Node) -> None:
    for mark in list(root.iter(_W + "del")):
        holder = mark.getparent()
        if holder is not None and holder.tag == _W + "trPr":
            row = holder.getparent()
            row.getparent().remove(row)
        elif holder is not None and holder.tag == _W + "rPr" and holder.getparent().tag == _W + "pPr":
            _join_next(holder.getparent().getparent())
    for gone in list(root.iter(*_DROPPED)):
        gone.getparent().remove(gone)


def _join_next(paragraph: Node) -> None:
    """A paragraph whose mark was deleted becomes the beginning of the next one."""
    following = paragraph.getnext()
    if following is None or following.tag != _W + "p":
        return
    at = 1 if len(following) and following[0].tag == _W + "pPr" else 0
    following[at:at] = [child for child in paragraph if child.tag != _W + "pPr"]
    paragraph.getparent().remove(paragraph)


def _unwrap(root: Node) -> None:
    for wrapper in list(root.iter(*_UNWRAPPED)):
        parent = wrapper.getparent()
        content = wrapper.find(_W + "sdtContent") if wrapper.tag == _W + "sdt" else wrapper
        at = parent.index(wrapper)
        parent.remove(wrapper)
        parent[at:at] = [child for child in content if child.tag not in _PROPERTIES] if content is not None else []


def _keep_breaks(paragraph: Node) -> None:
    """Move the breaks out of a paragraph that holds only a `{%p … %}`."""
    if not _PARAGRAPH_TAG.search(own_text(paragraph)):
        return
    settings = paragraph.find(_W + "pPr")
    section = settings.find(_W + "sectPr") if settings is not None else None
    if section is not None:
        kept = etree.Element(_W + "p")
        etree.SubElement(kept, _W + "pPr").append(deepcopy(section))
        settings.remove(section)
        paragraph.addnext(kept)
    breaks = [one for one in paragraph.iter(_W + "br") if one.get(_W + "type") == "page"]
    before = settings.find(_W + "pageBreakBefore") if settings is not None else None
    if before is not None and before.get(_W + "val") not in ("0", "false", "off"):
        breaks.append(before)
    for one in breaks:
        one.getparent().remove(one)
    if breaks:
        _begin_page(paragraph)


def _begin_page(after: Node) -> None:
    """The next text begins a page; what is only a tag gives it on (`_keep_breaks` comes to it later)."""
    following = after.getnext()
    if following is None or following.tag != _W + "p":
        following = etree.Element(_W + "p")
        after.addnext(following)
    settings = following.find(_W + "pPr")
    if settings is None:
        settings = etree.Element(_W + "pPr")
        following.insert(0, settings)
    if settings.find(_W + "pageBreakBefore") is None:
        early = ("pStyle", "keepNext", "keepLines")  # the order that the schema demands
        at = sum(1 for child in settings if child.tag in {_W + name for name in early})
        settings.insert(at, etree.Element(_W + "pageBreakBefore"))


def _forget_comments(trees: dict[str, Node], members: dict[str, bytes]) -> None:
    for part, root in [(part, root) for part, root in trees.items() if part.endswith(".rels")]:
        for relation in [one for one in root.iter(_RELATION) if one.get("Type", "").rsplit("/", 1)[-1] in _COMMENTS]:
            target = _resolved(part, relation.get("Target", ""))
            relation.getparent().remove(relation)
            trees.pop(target, None)
            members.pop(target, None)
            for override in [one for one in trees.get(_TYPES, ()) if one.get("PartName") == f"/{target}"]:
                override.getparent().remove(override)


def _resolved(rels: str, target: str) -> str:
    """`comments.xml`, named in `word/_rels/document.xml.rels`, is `word/comments.xml`; from the root if it has a slash."""
    return target[1:] if target.startswith("/") else f"{rels.split('_rels/')[0]}{target}"
