"""The few errors that reach a person, each with its exit code and what to do about it.

A user's mistake is a `UserError`: the command line prints its sentence, never a traceback.
Anything else that escapes is a bug: the command line writes a report and exits with `EXIT_BUG`.
"""

from __future__ import annotations

import errno

EXIT_DONE = 0
EXIT_FINDINGS = 1
EXIT_USAGE = 2
EXIT_BUG = 70  # sysexits.h EX_SOFTWARE
EXIT_RETRY = 75  # sysexits.h EX_TEMPFAIL

REASONS = {  # why a place named by a person cannot be read or written
    errno.ENOENT: "il n’existe pas",
    errno.EACCES: "les droits manquent",
    errno.EPERM: "les droits manquent",
    errno.EROFS: "le dossier est en lecture seule",
    errno.ENOSPC: "le disque est plein",
    errno.EISDIR: "c’est un dossier",
    errno.EEXIST: "un fichier porte déjà ce nom",
    errno.ENOTDIR: "un fichier porte le nom d’un dossier",
    errno.ENAMETOOLONG: "ce nom est trop long",
}


def why(error: OSError) -> str:
    """The reason in French; the system's own words if it is a rare one."""
    return REASONS.get(error.errno or 0, error.strerror or str(error))


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
