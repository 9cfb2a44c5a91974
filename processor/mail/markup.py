"""The light marking of mail templates: one text that becomes the plain part and the HTML part of a message.

A coordinator writes lines, as in any text; a line that starts with `# ` is a heading, `- ` a list item,
`> ` a framed remark, `| Libellé | valeur` a row of a table; `**words**` are bold and a web or mail address
becomes a link. A blank line ends a paragraph. Nothing else has a meaning.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import escape
from typing import Any

from markupsafe import Markup

from processor.typography import NBSP, spaced

_STARTS = {"# ": "titre", "- ": "liste", "> ": "encadre", "| ": "tableau"}
_ADDRESS = re.compile(r"(\S*(?:://|@)\S*)")
_BOLD = re.compile(r"\*\*(.+?)\*\*")
_LINK = re.compile(r"https?://[^\s<>«»\"]*[^\s<>«»\".,;:!?)]|[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")


@dataclass
class Block:
    """Consecutive lines of one kind: titre, liste, encadre, tableau or paragraphe."""

    kind: str
    lines: list[str] = field(default_factory=list)


def typeset(text: str) -> str:
    """French spaces and apostrophes everywhere but inside web and mail addresses."""
    parts = _ADDRESS.split(text)
    return "".join(part if number % 2 else _french(part) for number, part in enumerate(parts))


def _french(text: str) -> str:
    return re.sub(r"(?<=\w)'(?=[«\w])", "’", spaced(text))


def blocks(text: str) -> list[Block]:
    """The blocks of a rendered body, in order."""
    found: list[Block] = []
    joined = False
    for line in text.splitlines():
        if not line.strip():
            joined = False
            continue
        start = line.lstrip()
        kind = _STARTS.get(start[:2], "paragraphe")
        content = start[2:].strip() if kind != "paragraphe" else start.rstrip()
        if joined and found[-1].kind == kind and kind != "titre":
            found[-1].lines.append(content)
        else:
            found.append(Block(kind, [content]))
        joined = True
    return found


def as_text(found: list[Block]) -> str:
    """The plain part: readable as it stands, without marks."""
    return "\n\n".join("\n".join(_plain_line(block.kind, line) for line in block.lines) for block in found) + "\n"


def _plain_line(kind: str, line: str) -> str:
    plain = _BOLD.sub(r"\1", line)
    if kind == "titre":
        return f"{plain}\n{'-' * len(plain)}"
    if kind == "liste":
        return f"- {plain}"
    if kind == "tableau":
        label, value = _cells(plain)
        return f"{label}{NBSP}: {value}" if label and value else label or value
    return plain


def as_data(found: list[Block]) -> list[dict[str, Any]]:
    """The blocks for the HTML layout: `type`, and `lignes` as safe HTML (pairs of cells for a table)."""
    return [
        {
            "type": block.kind,
            "lignes": [
                [_html(cell) for cell in _cells(line)] if block.kind == "tableau" else _html(line) for line in block.lines
            ],
        }
        for block in found
    ]


def _cells(line: str) -> tuple[str, str]:
    label, _, value = line.partition("|")
    return label.strip(), value.strip()


def _html(line: str) -> Markup:
    """Escaped text with links and bold. What people typed is escaped first, so it can bring no element of its own."""
    made = ""
    last = 0
    for match in _LINK.finditer(line):
        target = match[0] if "://" in match[0] else f"mailto:{match[0]}"
        made += f'{escape(line[last : match.start()])}<a href="{escape(target)}">{escape(match[0])}</a>'
        last = match.end()
    return Markup(_BOLD.sub(r"<strong>\1</strong>", made + escape(line[last:])))
