"""What lies in the inbox: the truth that events only announce."""

from __future__ import annotations

from pathlib import Path

from processor.errors import UserError
from processor.inbox import names


class InboxUnreachable(UserError):
    """The shared folder cannot be listed now; it may come back."""

    exit_code = 75


def dropped(inbox: Path) -> list[Path]:
    """The files to look at, oldest first. Raises `InboxUnreachable`."""
    try:
        entries = [entry for entry in inbox.iterdir() if names.classify(entry.name) != "ignored"]
        files = [entry for entry in entries if not entry.is_dir() or entry.is_symlink()]
        return sorted(files, key=_age)
    except OSError as error:
        raise InboxUnreachable(
            f"Le dossier « {inbox} » est inaccessible ({error.strerror}).",
            "Rétablissez le partage : le traitement reprendra seul.",
        ) from error


def _age(path: Path) -> tuple[int, str]:
    try:
        return path.lstat().st_mtime_ns, path.name
    except OSError:
        return 0, path.name
