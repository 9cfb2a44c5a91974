"""The house's font travels with the program, so that documents look the same on a machine without fonts."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape

from fontpkg_lato import FAMILY, ROOT

_STATIC = ("Regular", "Bold", "Italic", "BoldItalic")


def house_only(folder: Path) -> Path:
    """A small fontconfig file with the four static faces: the embedded engine reads every face that it is shown.

    The last family of every pattern is ours, so that an unknown font has a substitute.
    """
    return _written(folder / "fonts-embedded.conf", "")


def with_system(folder: Path) -> Path:
    """The machine's fonts and ours, for LibreOffice."""
    return _written(folder / "fonts-office.conf", '<include ignore_missing="yes">/etc/fonts/fonts.conf</include>')


def installed(font: str, engine: str) -> bool:
    """Whether `engine` would print in this font. Where the machine cannot be asked (no fontconfig) it is believed."""
    if font == FAMILY:
        return True
    if engine == "embedded":
        return False
    asked = shutil.which("fc-list")
    if asked is None:
        return True
    return bool(subprocess.run([asked, f":family={font}", "family"], capture_output=True, check=False).stdout.strip())


@cache
def house_characters() -> frozenset[int]:
    """The code points of which the house's font has a glyph, from its table of characters (OpenType, cmap format 4)."""
    font = (ROOT / "files" / "Lato-Regular.ttf").read_bytes()
    (tables,) = struct.unpack_from(">H", font, 4)
    entries = [struct.unpack_from(">4s4xII", font, 12 + 16 * number) for number in range(tables)]
    cmap = next(offset for tag, offset, _ in entries if tag == b"cmap")
    (count,) = struct.unpack_from(">H", font, cmap + 2)
    places = [cmap + struct.unpack_from(">4xI", font, cmap + 4 + 8 * number)[0] for number in range(count)]
    table = next(place for place in places if struct.unpack_from(">H", font, place) == (4,))
    half = struct.unpack_from(">H", font, table + 6)[0] // 2
    ends = struct.unpack_from(f">{half}H", font, table + 14)
    starts = struct.unpack_from(f">{half}H", font, table + 16 + 2 * half)
    return frozenset(code for first, last in zip(starts, ends, strict=True) for code in range(first, last + 1)) - {0xFFFF}


def _written(path: Path, extra: str) -> Path:
    """Write the configuration and the faces beside it; several processes may do so at once."""
    faces = path.parent / "fonts"
    faces.mkdir(parents=True, exist_ok=True)
    for style in _STATIC:
        face = faces / f"Lato-{style}.ttf"
        if not face.exists():
            _whole(face, (ROOT / "files" / face.name).read_bytes())
    family = f'<edit name="family" mode="append_last"><string>{FAMILY}</string></edit>'
    text = (
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
        f"{extra}<dir>{escape(str(faces.resolve()))}</dir><cachedir>{escape(str(path.parent.resolve() / 'font-cache'))}</cachedir>"
        f'<match target="pattern">{family}</match></fontconfig>'
    ).encode()
    if not path.exists() or path.read_bytes() != text:
        _whole(path, text)
    return path.resolve()


def _whole(path: Path, content: bytes) -> None:
    """Nobody ever reads half of it."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_bytes(content)
    part.replace(path)
