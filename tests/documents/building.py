"""Small Word files made on the fly."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import docx
from docx.document import Document
from PIL import Image


def saved(document: Document, path: Path) -> Path:
    document.save(str(path))
    return path


def template(path: Path, *paragraphs: str) -> Path:
    """A Word file with these paragraphs, at `path`."""
    document = docx.Document()
    for text in paragraphs:
        document.add_paragraph(text)
    return saved(document, path)


def members(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def changed(path: Path, parts: Mapping[str, bytes]) -> Path:
    """The Word file at `path` with these members replaced or added."""
    whole = members(path.read_bytes()) | dict(parts)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in whole.items():
            archive.writestr(name, content)
    return path


def related(path: Path, kind: str, target: str, *, external: bool = True) -> Path:
    """The Word file at `path` with one more relationship of its document."""
    part = "word/_rels/document.xml.rels"
    mode = ' TargetMode="External"' if external else ""
    relation = (
        '<Relationship Id="rId99" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/'
        f'{kind}" Target="{target}"{mode}/></Relationships>'
    )
    return changed(path, {part: members(path.read_bytes())[part].replace(b"</Relationships>", relation.encode())})


def picture(path: Path, width: int, height: int, kind: str = "PNG") -> Path:
    Image.new("RGB", (width, height), "navy").save(path, kind)
    return path
