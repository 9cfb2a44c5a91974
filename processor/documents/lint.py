"""`lint`: what is wrong with a Word template before a client sees it."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from fontpkg_lato import FAMILY
from jinja2 import nodes

from processor.config import Config
from processor.documents import word
from processor.documents.archive import unpack
from processor.documents.engines import available
from processor.documents.sandbox import environment, paragraph_at
from processor.errors import TemplateError

_DEAD_TERMS = (
    ("OPCA", r"OPCA", "OPCO (depuis 2019)"),
    ("DIRECCTE", r"DIRECCTE", "DREETS (depuis 2021)"),
    ("Pôle emploi", r"(?i:p[ôo]le[ -]emploi)", "France Travail (depuis 2024)"),
    ("L.900-2", r"L\.? ?900-2", "L.6313-1"),
    ("R.6353-1", r"R\.? ?6353-1", "D.6353-1"),
    ("Datadock", r"(?i:data-?dock)", "Qualiopi, en toutes lettres"),
)
_DROPPED = {
    "strike": "le texte barré",
    "dstrike": "le texte doublement barré",
    "caps": "les capitales automatiques",
    "pgBorders": "les bordures de page",
    "txbxContent": "les zones de texte",
}
_LARGE_STYLES = 150_000  # bytes; python-docx's default template carries 350 kB and costs a third of the PDF's time
_LOOP = "loop"


@dataclass(frozen=True)
class TemplateFinding:
    """One remark; `code` is stable, `message` French, `where` the paragraph or part it is about."""

    severity: Literal["error", "warning"]
    code: str
    message: str
    where: str = ""


def lint(path: Path, known: set[str], config: Config) -> list[TemplateFinding]:
    """Everything to say about the template at `path`; `known` are the tags of `tags.all_tags`."""
    try:
        members = unpack(path.read_bytes(), path.name)
    except OSError as error:
        return [TemplateFinding("error", "unreadable", f"introuvable ou illisible ({error.strerror})")]
    except TemplateError as error:
        return [TemplateFinding("error", "unreadable", str(error))]
    found = [TemplateFinding("error", code, reason) for code, reason in word.hazards(members)]
    if not found:
        try:
            found += _tags(word.load(path, config.brand), known)
        except TemplateError as error:
            found.append(TemplateFinding("error", "syntax", str(error)))
    return list(dict.fromkeys([*found, *_content(members), *_engine(members, config)]))


def _tags(compiled: word.CompiledTemplate, known: set[str]) -> Iterator[TemplateFinding]:
    """Unknown tags, each with the paragraph where it stands."""
    for source in compiled.sources.values():
        for tag, full, line in _used(environment().parse(source), {}):
            if full is None or any(name == full or name.startswith((f"{full}.", f"{full}[]")) for name in known):
                continue
            root = re.split(r"[.\[]", full)[0]
            near = "" if any(re.split(r"[.\[]", name)[0] == root for name in known) else " (aucune balise ne commence ainsi)"
            yield TemplateFinding(
                "error",
                "unknown_tag",
                f"balise inconnue « {tag} »{near}{word.in_paragraph(source, line)}",
                paragraph_at(source, line),
            )


def _used(node: nodes.Node, scope: Mapping[str, str | None]) -> Iterator[tuple[str, str | None, int]]:
    """Each value that a template reads: as written, as the table of tags calls it, line.

    `scope` gives what a loop variable stands for (`ligne` → `prix.lignes[]`); None where a name is the template's own.
    """
    if isinstance(node, nodes.For):
        yield from _used(node.iter, scope)
        names = {one.name for one in (node.target, *node.target.find_all(nodes.Name)) if isinstance(one, nodes.Name)}
        base = _full(node.iter, scope)
        inner = {**scope, _LOOP: None, **dict.fromkeys(names, f"{base}[]" if base else None)}
        for child in (*node.body, *([node.test] if node.test else [])):
            yield from _used(child, inner)
        for child in node.else_:
            yield from _used(child, scope)
        return
    if isinstance(node, nodes.Name | nodes.Getattr | nodes.Getitem) and (written := _written(node)):
        yield written, _full(node, scope), node.lineno
        return
    own = dict.fromkeys(_assigned(node))
    for child in node.iter_child_nodes():
        if not (isinstance(node, nodes.Assign | nodes.AssignBlock) and child is node.target):
            yield from _used(child, {**scope, **own})


def _assigned(node: nodes.Node) -> Iterable[str]:
    """Names that `{% set %}` and `{% with %}` give below this node."""
    for one in node.find_all((nodes.Assign, nodes.AssignBlock, nodes.With)):
        targets = one.targets if isinstance(one, nodes.With) else list(one.iter_child_nodes(only=("target",)))
        yield from (target.name for target in targets if isinstance(target, nodes.Name))


def _written(node: nodes.Node) -> str:
    """`prix.total` for a name with its dots; empty if it is anything else."""
    if isinstance(node, nodes.Name):
        return str(node.name)
    if isinstance(node, nodes.Getattr):
        base = _written(node.node)
        return f"{base}.{node.attr}" if base else ""
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
        base = _written(node.node)
        return f"{base}.{node.arg.value}" if base and isinstance(node.arg.value, str) else f"{base}[]" if base else ""
    return ""


def _full(node: nodes.Node, scope: Mapping[str, str | None]) -> str | None:
    if isinstance(node, nodes.Filter) and node.node is not None:
        return _full(node.node, scope)  # `for x in liste|sort`
    root, dot, rest = _written(node).partition(".")
    name, bracket, _ = root.partition("[")
    base = scope.get(name, name)
    return f"{base}{'[]' if bracket else ''}{dot}{rest}" if base else None


def _content(members: Mapping[str, bytes]) -> Iterator[TemplateFinding]:
    texts = {part: xml.decode("utf-8", "replace") for part, xml in members.items() if word.PARTS.fullmatch(part)}
    for xml in texts.values():
        for paragraph in _paragraphs(xml):
            for term, pattern, now in _DEAD_TERMS:
                if re.search(rf"(?<!\w){pattern}(?!\w)", paragraph):
                    yield TemplateFinding("warning", "dead_term", f"« {term} » est périmé : {now}", paragraph[:120])
    names = [name for xml in texts.values() for name in re.findall(r'(?:name|descr|title)="([^"]*)"', xml)]
    if any("qualiopi" in name.lower() for name in (*names, *members)):
        yield TemplateFinding(
            "error",
            "qualiopi_logo",
            "le logo Qualiopi est interdit sur un document d’une formation : donnez le numéro de certificat en toutes lettres",
        )
    if len(members.get("word/styles.xml", b"")) > _LARGE_STYLES:
        yield TemplateFinding("warning", "large_styles", "la feuille de styles est très grosse : chaque PDF en est ralenti")


def _paragraphs(xml: str) -> Iterator[str]:
    for paragraph in xml.split("</w:p>"):
        text = html.unescape("".join(re.findall(r"<w:t(?: [^>]*)?>([^<]*)<", paragraph)))
        yield re.sub(r"[\u00a0\u202f]", " ", text).replace("\u2011", "-")


def _engine(members: Mapping[str, bytes], config: Config) -> Iterator[TemplateFinding]:
    """What the embedded engine would not print, when it is the one in use."""
    chosen = config.pdf.engine if config.pdf.engine != "auto" else next(one.name for one in available() if one.usable)
    if chosen != "embedded":
        return
    xml = "".join(content.decode("utf-8", "replace") for part, content in members.items() if word.PARTS.fullmatch(part))
    xml += "".join(_used_styles(members.get("word/styles.xml", b"").decode("utf-8", "replace"), xml))
    for element, name in _DROPPED.items():
        if re.search(rf'<w:{element}(?![\w])(?![^>]*w:val="(?:0|false|none)")', xml):
            yield TemplateFinding("warning", "dropped", f"le moteur intégré ne rend pas {name}")
    own = {FAMILY, config.brand.font}  # `doctor` speaks of the house's font, once for all templates
    if foreign := sorted(set(re.findall(r'<w:rFonts [^>]*?w:(?:ascii|hAnsi)="([^"]+)"', xml)) - own):
        names = ", ".join(f"« {html.unescape(name)} »" for name in foreign)
        yield TemplateFinding("warning", "font", f"le moteur intégré n’a pas la police {names} : il imprime en {FAMILY}")


def _used_styles(styles: str, xml: str) -> Iterator[str]:
    """The styles that a text uses, and those they are based on."""
    by_name = {found[1]: found[0] for found in re.finditer(r'<w:style [^>]*w:styleId="([^"]*)".*?</w:style>', styles, re.DOTALL)}
    wanted, seen = re.findall(r'<w:[prt](?:Style|blStyle) w:val="([^"]*)"', xml), set[str]()
    while wanted:
        name = wanted.pop()
        if name not in seen and name in by_name:
            seen.add(name)
            yield by_name[name]
            wanted += re.findall(r'<w:basedOn w:val="([^"]*)"', by_name[name])
