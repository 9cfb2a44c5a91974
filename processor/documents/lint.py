"""`lint`: what is wrong with a Word template before a client sees it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from processor.config import Config
from processor.documents import word
from processor.documents.archive import unpack
from processor.documents.engines import available
from processor.errors import TemplateError

_DEAD_TERMS = {
    "OPCA": "OPCO (depuis 2019)",
    "DIRECCTE": "DREETS (depuis 2021)",
    "Pôle emploi": "France Travail (depuis 2024)",
    "L.900-2": "L.6313-1",
    "R.6353-1": "D.6353-1",
    "Datadock": "Qualiopi, en toutes lettres",
}
_DROPPED = {
    "w:strike": "le texte barré",
    "w:dstrike": "le texte doublement barré",
    "w:caps": "les capitales automatiques",
    "w:pgBorders": "les bordures de page",
    "w:txbxContent": "les zones de texte",
}
_LARGE_STYLES = 150_000


@dataclass(frozen=True)
class TemplateFinding:
    """One remark; `code` is stable, `message` French."""

    severity: Literal["error", "warning"]
    code: str
    message: str


def lint(path: Path, known: set[str], config: Config) -> list[TemplateFinding]:
    """Everything to say about the template at `path`; `known` are the tags of `tags.all_tags`."""
    try:
        members = unpack(path.read_bytes(), path.name)
        compiled = word.load(path, config.brand)
    except OSError as error:
        return [TemplateFinding("error", "unreadable", f"introuvable ou illisible ({error.strerror})")]
    except TemplateError as error:
        return [TemplateFinding("error", "syntax", str(error))]
    return [*_tags(compiled, known), *_content(members), *_engine(members, config)]


def _tags(compiled: word.CompiledTemplate, known: set[str]) -> Iterator[TemplateFinding]:
    """Unknown tags, each with the paragraph where it stands."""
    roots = {re.split(r"[.\[]", name)[0] for name in known}
    for source in compiled.sources.values():
        loops = {name: f"{base}[]" for name, base in re.findall(r"for\s+(\w+)\s+in\s+([\w.]+)", source)}
        for number, line in enumerate(source.splitlines(), start=1):
            for tag in _used(line):
                root = tag.split(".")[0]
                full = tag.replace(root, loops[root], 1) if root in loops else tag
                prefixes = any(name == full or name.startswith((f"{full}.", f"{full}[")) for name in known)
                if root == "loop" or prefixes:
                    continue
                near = " (aucune balise ne commence ainsi)" if root not in roots and root not in loops else ""
                yield TemplateFinding(
                    "error", "unknown_tag", f"balise inconnue « {tag} »{near}{word.in_paragraph(source, number)}"
                )


def _used(line: str) -> Iterator[str]:
    for expression in re.findall(r"\{\{(.*?)\}\}|\{%\s*(?:if|elif)\s+(.*?)%\}|\{%\s*for\s+\w+\s+in\s+(.*?)%\}", line):
        bare = re.sub(r"'[^']*'|\"[^\"]*\"|\|\s*\w+", " ", " ".join(expression))
        for name in re.findall(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*", bare):
            if name not in {"and", "or", "not", "in", "is", "if", "else", "true", "false", "none", "defined"}:
                yield name


def _content(members: dict[str, bytes]) -> Iterator[TemplateFinding]:
    texts = {part: xml.decode("utf-8", "replace") for part, xml in members.items() if word.PARTS.fullmatch(part)}
    plain = " ".join(re.sub(r"<[^>]+>", "", xml) for xml in texts.values())
    for term, now in _DEAD_TERMS.items():
        if re.search(rf"(?<!\w){re.escape(term)}(?!\w)", plain.replace("\u00a0", " "), 0 if term.isupper() else re.IGNORECASE):
            yield TemplateFinding("warning", "dead_term", f"« {term} » est périmé : {now}")
    pictures = " ".join(re.findall(r'(?:name|descr|title)="([^"]*)"', " ".join(texts.values()))) + " ".join(members)
    if "qualiopi" in pictures.lower():
        yield TemplateFinding(
            "error",
            "qualiopi_logo",
            "le logo Qualiopi est interdit sur un document d’une formation : donnez le numéro de certificat en toutes lettres",
        )
    for part, xml in members.items():
        if (
            part.endswith(".rels")
            and re.search(rb'TargetMode="External"', xml)
            and re.search(rb"/(image|attachedTemplate|oleObject|frame)\"", xml)
        ):
            yield TemplateFinding(
                "error", "external", "le modèle va chercher une image ou un modèle ailleurs : insérez-le dans le document"
            )
    if len(members.get("word/styles.xml", b"")) > _LARGE_STYLES:
        yield TemplateFinding("warning", "large_styles", "la feuille de styles est très grosse : chaque PDF en est ralenti")


def _engine(members: dict[str, bytes], config: Config) -> Iterator[TemplateFinding]:
    """What the embedded engine would not print, when it is the one in use."""
    chosen = config.pdf.engine if config.pdf.engine != "auto" else next(one.name for one in available() if one.usable)
    if chosen != "embedded":
        return
    xml = b"".join(content for part, content in members.items() if word.PARTS.fullmatch(part)).decode("utf-8", "replace")
    for element, name in _DROPPED.items():
        if f"<{element}" in xml:
            yield TemplateFinding("warning", "dropped", f"le moteur intégré ne rend pas {name}")
