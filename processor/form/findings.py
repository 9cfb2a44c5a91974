"""What is wrong with a workbook: one sentence a finding, at the very cell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Finding:
    """`sheet` and `cell` as Excel shows them (`cell` is empty for a whole sheet or file); `field` the answer's
    name in the declaration; `code` a stable name of the mistake; `message` French, says what to do; `value`
    what was typed.
    """

    severity: Severity
    code: str
    message: str
    sheet: str = ""
    cell: str = ""
    field: str = ""
    value: str = ""

    def as_dict(self) -> dict[str, Any]:
        """As `check --json` gives it."""
        return {
            "sheet": self.sheet,
            "cell": self.cell,
            "field": self.field,
            "severity": self.severity,
            "code": self.code,
            "message": self.message,
            "value": self.value,
        }


def has_errors(findings: Iterable[Finding]) -> bool:
    return any(finding.severity == "error" for finding in findings)
