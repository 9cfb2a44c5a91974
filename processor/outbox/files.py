"""Writing into a shared folder: whole or not at all, under names that every system accepts."""

from __future__ import annotations

import contextlib
import errno
import glob
import os
import re
import threading
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from processor.clock import Clock
from processor.errors import OutboxError

_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|\u200b-\u200f\u202a-\u202e]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_TRIES = 3
_HELD = (5, 32)  # Windows: access denied, sharing violation — Excel has the file open
_SENTENCES = {
    errno.ENOSPC: ("le disque est plein", "Libérez de la place : l’écriture sera refaite."),
    errno.EROFS: ("le dossier est en lecture seule", "Rendez-le accessible en écriture : l’écriture sera refaite."),
    errno.EACCES: ("les droits manquent", "Donnez au service le droit d’écrire dans ce dossier : l’écriture sera refaite."),
    errno.EPERM: ("les droits manquent", "Donnez au service le droit d’écrire dans ce dossier : l’écriture sera refaite."),
}


class HeldOpen(OutboxError):
    """The target is open in Excel (or another program) on Windows."""


def safe_name(text: str, longest: int = 115) -> str:
    """A file name: NFC, none of `/ \\ : * ? " < > |`, no control character, no final point, at most `longest`."""
    name = _FORBIDDEN.sub(" ", unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode()))
    name = re.sub(r"\s+", " ", name).strip(" .")[:longest].rstrip(" .")
    name = name.encode("utf-8")[:230].decode("utf-8", "ignore").rstrip(" .")  # 255 bytes on Linux, suffix included
    return f"_{name}" if not name or _RESERVED.fullmatch(name) else name


def write_atomically(path: Path, content: bytes) -> None:
    """Temporary file in the same folder, fsync, rename: a reader sees the old file or the new one.

    Raises `HeldOpen` if Windows refuses because a program holds `path`, else `OutboxError` (full disk, read-only,
    rights, unreachable share); neither leaves a half file.
    """
    _write(path, content)
    _sync_folder(path.parent)


def write_together(folder: Path, files: Iterable[tuple[str, bytes]]) -> None:
    """Several files of one folder, each as `write_atomically`; the folder's own list is brought to the disk once."""
    written = False
    for name, content in files:
        _write(folder / name, content)
        written = True
    if written:
        _sync_folder(folder)


def _write(path: Path, content: bytes) -> None:
    part = path.with_name(f".{path.name[:60]}.{os.getpid()}-{threading.get_ident()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        _replace(part, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink()
        why, remedy = _SENTENCES.get(error.errno or 0, (error.strerror or str(error), "L’écriture sera refaite."))
        raise OutboxError(f"« {path.name} » n’a pas pu être écrit : {why}.", remedy) from error
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise


def _replace(part: Path, path: Path) -> None:
    try:
        part.replace(path)
    except PermissionError as error:
        if getattr(error, "winerror", None) not in _HELD:
            raise
        part.unlink(missing_ok=True)
        raise HeldOpen(f"« {path.name} » est ouvert dans un autre programme.", "Fermez-le : l’écriture sera refaite.") from error


def _sync_folder(folder: Path) -> None:
    """The rename itself survives a power cut; Windows and some shares do not know this call."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def remove_leftovers(folder: Path) -> None:
    """Temporary files that a kill left anywhere below `folder`; call it while nothing else writes there."""
    with contextlib.suppress(OSError):
        for part in folder.rglob(".*.part"):
            with contextlib.suppress(OSError):
                part.unlink()


def write_workbook(path: Path, content: bytes, clock: Clock, local_now: datetime) -> Path:
    """Write a workbook that somebody may have open: short retry, then a sibling with the time in its name.

    Returns the path written; siblings of earlier times are removed once the real one could be written.
    """
    for _ in range(_TRIES):
        try:
            write_atomically(path, content)
        except HeldOpen:
            clock.sleep(0.5)
        else:
            for sibling in path.parent.glob(f"{glob.escape(path.stem)} (????-??-?? ??h??){path.suffix}"):
                with contextlib.suppress(OSError):
                    sibling.unlink()
            return path
    sibling = path.with_stem(f"{path.stem} ({local_now:%Y-%m-%d %Hh%M})")
    write_atomically(sibling, content)
    return sibling
