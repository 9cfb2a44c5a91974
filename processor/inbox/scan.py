"""What lies in the inbox: the truth that events only announce."""

from __future__ import annotations

import hashlib
import logging
import os
from pathlib import Path

from processor.errors import UserError
from processor.inbox import names

_log = logging.getLogger(__name__)


class InboxUnreachable(UserError):
    """The shared folder cannot be listed now; it may come back."""

    exit_code = 75


def dropped(inbox: Path) -> list[Path]:
    """The files to look at, oldest first. Raises `InboxUnreachable`."""
    try:
        entries = [entry for entry in inbox.iterdir() if names.classify(entry.name) != "ignored"]
        files = filter(None, (_speakable(entry) for entry in entries if not entry.is_dir() or entry.is_symlink()))
        return sorted(files, key=_age)
    except OSError as error:
        raise InboxUnreachable(
            f"Le dossier « {inbox} » est inaccessible ({error.strerror}).",
            "Rétablissez le partage : le traitement reprendra seul.",
        ) from error


def _speakable(path: Path) -> Path | None:
    """A name in an old code page, as some shares and archives leave it, fits neither the ledger nor a report: rename it.

    None if the folder refuses: such a name cannot be worked with, and must not stop the others.
    """
    try:
        path.name.encode()
    except UnicodeEncodeError:
        raw = os.fsencode(path.name)
        readable = path.with_name(raw.decode("cp1252", "replace"))
        if os.path.lexists(readable):
            readable = readable.with_stem(f"{readable.stem} ({hashlib.sha256(raw).hexdigest()[:8]})")
        try:
            return path.rename(readable)
        except OSError as error:
            _log.warning("%r cannot be renamed: %s", path, error)
            return None
    return path


def _age(path: Path) -> tuple[int, str]:
    try:
        return path.lstat().st_mtime_ns, path.name
    except OSError:
        return 0, path.name
