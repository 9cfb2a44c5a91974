"""The few errors that reach a person, each with its exit code and what to do about it.

A user's mistake is a `UserError`: the command line prints its sentence, never a traceback.
Anything else that escapes is a bug: the command line writes a report and exits with `EXIT_BUG`.
"""

from __future__ import annotations

EXIT_DONE = 0
EXIT_FINDINGS = 1
EXIT_USAGE = 2
EXIT_BUG = 70  # sysexits.h EX_SOFTWARE
EXIT_RETRY = 75  # sysexits.h EX_TEMPFAIL


class UserError(Exception):
    """Something that a person can put right.

    `message` says in French what is wrong and where; `remedy`, also in French, what to do.
    """

    exit_code = EXIT_USAGE

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


class ConfigError(UserError):
    """config.yaml cannot be used as it stands."""


class TemplateError(UserError):
    """A Word or mail template cannot be filled; the sessions that need it wait."""

    exit_code = EXIT_RETRY


class PdfError(UserError):
    """A PDF could not be made; the document is retried, then put aside."""

    exit_code = EXIT_RETRY


class OutboxError(UserError):
    """A file of the outbox cannot be written now (full disk, missing rights, open in Excel)."""

    exit_code = EXIT_RETRY


class UnreadableWorkbook(UserError):
    """The file dropped is not a workbook that can be read safely; `code` names the reason."""

    def __init__(self, code: str, message: str, remedy: str = "") -> None:
        super().__init__(message, remedy)
        self.code = code
