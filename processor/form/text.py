"""Comparing what people type: case, accents, spaces and punctuation do not matter."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_SPACES = re.compile(r"[\s\u00a0\u202f\u2009\u200b\ufeff]+")


def tidy(text: str) -> str:
    """NFC, without the spaces that nobody sees: leading, trailing, repeated, no-break or of no width.

    Line breaks are kept, because long answers have paragraphs.
    """
    lines = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(_SPACES.sub(" ", line).strip() for line in lines).strip()


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """A label or choice reduced to what tells it apart: `N° de dossier (OPCO) *` → `n de dossier opco`."""
    decomposed = unicodedata.normalize("NFKD", text.replace("œ", "oe").replace("Œ", "OE"))
    letters = "".join(char for char in decomposed if not unicodedata.combining(char)).casefold()
    return " ".join(re.sub(r"[^a-z0-9€%]+", " ", letters).split())
