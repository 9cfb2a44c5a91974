"""What a template says that it must not: dead terms of the law, a Qualiopi logo; and what it loses or never fills."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from processor.config import Config
from processor.documents.lint.finding import TemplateFinding, shortened
from processor.documents.mending import own_text
from processor.documents.word import PARTS

_DEAD_TERMS = (
    ("OPCA", r"OPCAs?|Opcas?", "OPCO (depuis 2019)"),
    ("DIRECCTE", r"(?i:direcctes?)", "DREETS (depuis 2021)"),
    ("Pôle emploi", r"(?i:p[ôo]le[ -]?emploi)", "France Travail (depuis 2024)"),
    ("L.900-2", r"(?i:l)\.? *900-2", "L.6313-1"),
    ("R.6353-1", r"(?i:r)\.? *6353-1", "D.6353-1"),
    ("Datadock", r"(?i:data[ -]?dock)", "Qualiopi, en toutes lettres"),
)
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_DRAWN = re.compile(r"\{[^}]*(drawingml|vml|office:office|picture)[^}]*\}")
_DESCRIBING = {"name", "descr", "title", "alt", "string"}
_PICTURE = (_W + "drawing", _W + "pict", _W + "object")
_QUALIOPI = re.compile("|".join(re.escape("qualiopi".encode(code).decode("latin-1")) for code in ("ascii", "utf-16-le")), re.I)
_LARGE_STYLES = 150_000  # bytes; python-docx's default template carries 350 kB and costs a third of the PDF's time
_TAGS = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_BLOCKS = (("p", _W + "p", "son paragraphe"), ("tr", _W + "tr", "sa ligne"), ("tc", _W + "tc", "sa cellule"))
_FIELD = re.compile(r"\s*MERGEFIELD\s+\"?([^\"\\]+?)\"?\s*(?:\\|$)")

Node = Any  # lxml ships no types


def dead_terms(text: str) -> Iterator[TemplateFinding]:
    """Terms that the law gave up, whatever spaces and hyphens they are written with."""
    plain = re.sub("[\u00ad\u200b-\u200f\u2060\ufeff]", "", unicodedata.normalize("NFC", text))
    plain = re.sub("[\u2010-\u2013]", "-", re.sub("[\u00a0\u202f\u2009]", " ", plain))
    for term, pattern, now in _DEAD_TERMS:
        if re.search(rf"(?<!\w)(?:{pattern})(?!\w)", plain):
            yield TemplateFinding("warning", "dead_term", f"« {term} » est périmé : {now}", shortened(text))


def lone_braces(text: str) -> Iterator[TemplateFinding]:
    """A brace outside the tags is a tag badly written, and would be printed."""
    if found := re.search(r"[^\s{}]*[{}][^{}]{0,40}[}]?", _TAGS.sub("", text)):
        yield TemplateFinding(
            "warning", "brace", f"« {found[0].strip()} » sera imprimé tel quel : une balise s’écrit {{{{ … }}}}", shortened(text)
        )


def content(trees: Mapping[str, Node], members: Mapping[str, bytes], config: Config) -> Iterator[TemplateFinding]:
    """Everything about what the mended parts say. `trees` are the parsed parts of `members`."""
    printed = [root for part, root in trees.items() if PARTS.fullmatch(part)]
    for root in printed:
        for paragraph in root.iter(_W + "p"):
            text = own_text(paragraph)
            yield from dead_terms(text)
            yield from lone_braces(text)
        for described in _descriptions(root):
            yield from dead_terms(described)
        yield from _lost(root)
        yield from _merge_fields(root)
    yield from _never_filled(trees)
    yield from _qualiopi(printed, members, config)
    if len(members.get("word/styles.xml", b"")) > _LARGE_STYLES:
        yield TemplateFinding("warning", "large_styles", "la feuille de styles est très grosse : chaque PDF en est ralenti")


def _descriptions(root: Node) -> Iterator[str]:
    """Names and alternative texts of pictures and shapes."""
    for node in root.iter():
        if isinstance(node.tag, str) and _DRAWN.match(node.tag):
            yield from (value for key, value in node.attrib.items() if key.rpartition("}")[2] in _DESCRIBING)


def _lost(root: Node) -> Iterator[TemplateFinding]:
    """docxtpl drops the whole paragraph, row or cell of a `{%p`, `{%tr` or `{%tc`, with whatever else is in it."""
    for letter, element, place in _BLOCKS:
        mark = re.compile(rf"\{{[%#]{letter}\s[^}}]*[%#]\}}")
        for block in root.iter(element):
            inside = (
                [block] if letter == "p" else [one for one in block.iter(_W + "p") if next(one.iterancestors(element)) is block]
            )
            text = " ".join(own_text(one) for one in inside)
            if not mark.search(text):
                continue
            rest = mark.sub("", text, count=1).strip()
            if rest or next(block.iter(*_PICTURE), None) is not None:
                what = f"« {shortened(rest)} »" if rest else "une image"
                message = f"{what} disparaîtra : « {{%{letter} … %}} » doit être seul dans {place}"
                yield TemplateFinding("error", "lost", message, shortened(text))


def _merge_fields(root: Node) -> Iterator[TemplateFinding]:
    codes = [node.get(_W + "instr") or "" for node in root.iter(_W + "fldSimple")]
    pieces = (node.text or "" if node.tag == _W + "instrText" else "\n" for node in root.iter(_W + "instrText", _W + "fldChar"))
    for code in (*codes, *"".join(pieces).split("\n")):
        if found := _FIELD.match(code):
            message = f"le champ de fusion « {found[1]} » n’est pas rempli : écrivez une balise {{{{ … }}}}"
            yield TemplateFinding("warning", "merge_field", message)


def _never_filled(trees: Mapping[str, Node]) -> Iterator[TemplateFinding]:
    """Tags where nothing is filled: in a chart, a SmartArt drawing, the address of a link."""
    for part, root in trees.items():
        if re.match(r"word/(charts|diagrams)/[^/]+\.xml", part):
            texts, place = ["".join(root.itertext())], "un graphique ou un SmartArt"
        elif part.endswith(".rels"):
            texts, place = [one.get("Target") or "" for one in root], "l’adresse d’un lien"
        else:
            continue
        for text in texts:
            if found := re.search(r"\{\{.*?\}\}", unquote(text), re.DOTALL):
                yield TemplateFinding("error", "not_filled", f"« {found[0]} » ne sera pas rempli dans {place}")


def _qualiopi(printed: list[Node], members: Mapping[str, bytes], config: Config) -> Iterator[TemplateFinding]:
    """By file name, alternative text, or the words that graphics programs leave inside the picture; its mere pixels are not known."""
    names = [*members, *(name for root in printed for name in _descriptions(root))]
    pictures = [content for part, content in members.items() if "/media/" in part or "/embeddings/" in part]
    if logo := config.brand.logo:
        names.append(logo.name)
        pictures.append(logo.read_bytes() if logo.is_file() else b"")
    if any("qualiopi" in name.casefold() for name in names) or any(_QUALIOPI.search(one.decode("latin-1")) for one in pictures):
        yield TemplateFinding(
            "error",
            "qualiopi_logo",
            "le logo Qualiopi est interdit sur un document d’une formation : donnez le numéro de certificat en toutes lettres",
        )
