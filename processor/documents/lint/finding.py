"""What lint says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class TemplateFinding:
    """One remark; `code` is stable, `message` French, `where` the paragraph, line or part it is about."""

    severity: Literal["error", "warning"]
    code: str
    message: str
    where: str = ""


def shortened(text: str) -> str:
    """A paragraph as a finding quotes it."""
    text = " ".join(text.split())
    return text if len(text) <= 120 else f"{text[:119]}…"
