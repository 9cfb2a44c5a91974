"""What lies in the inbox: the truth that events only announce."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from processor.errors import UserError
from processor.inbox import names


class InboxUnreachable(UserError):
    """The shared folder cannot be listed now; it may come back."""

    exit_code = 75


def dropped(inbox: Path) -> list[Path]:
    """The files to look at, oldest first. Raises `InboxUnreachable`."""
    try:
        entries = [_speakable(entry) for entry in inbox.iterdir() if names.classify(entry.name) != "ignored"]
        files = [entry for entry in entries if not entry.is_dir() or entry.is_symlink()]
        return sorted(files, key=_age)
    except OSError as error:
        raise InboxUnreachable(
            f"Le dossier « {inbox} » est inaccessible ({error.strerror}).",
            "Rétablissez le partage : le traitement reprendra seul.",
        ) from error


def _speakable(path: Path) -> Path:
    """A name in an old code page, as some shares and archives leave it, fits neither the ledger nor a report: rename it."""
    try:
        path.name.encode()
    except UnicodeEncodeError:
        readable = path.with_name(os.fsencode(path.name).decode("cp1252", "replace"))
        if not os.path.lexists(readable):
            with contextlib.suppress(OSError):
                return path.rename(readable)
    return path


def _age(path: Path) -> tuple[int, str]:
    try:
        return path.lstat().st_mtime_ns, path.name
    except OSError:
        return 0, path.name
