"""Which files of the shared folder are ours, by name alone, before anything is opened.

Sources: Office's and LibreOffice's owner files, macOS and Windows folder files, downloads in progress, and the
exclusion list of the Nextcloud client.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

DONE, REJECTED = "traites", "rejetes"
_OURS = {DONE, REJECTED}

_IGNORED = re.compile(
    r"~\$.*|\.~lock\..*#|\._.*|\..*|.*~|~.*\.tmp|.*\.(part|tmp|crdownload|filepart|download|partial|lnk|url|owncloud)"
    r"|thumbs\.db|desktop\.ini|ehthumbs\.db|icon\r?|sync\.ffs_db|.*\.xlsx\.[0-9a-z]{6}",
    re.IGNORECASE,
)
_CONFLICTED = re.compile(
    r".*[(_ -](conflicted copy|conflict|copie en conflit|case conflict)\b.*|.*'s conflicted copy.*|.*\.sync-conflict-.*|.*-conflict-\d.*",
    re.IGNORECASE,
)

Kind = Literal["ignored", "conflicted", "workbook", "other"]


def classify(name: str) -> Kind:
    """What a file name says: not for us, two versions of a human's work, a workbook, or something else to refuse."""
    if _IGNORED.fullmatch(name):
        return "ignored"
    if _CONFLICTED.fullmatch(name):
        return "conflicted"
    return "workbook" if name.lower().endswith(".xlsx") else "other"


def owner_files(path: Path) -> tuple[Path, Path]:
    """The files that Excel and LibreOffice put beside `path` while it is open."""
    return path.with_name(f"~${path.name}"), path.with_name(f".~lock.{path.name}#")


def is_our_folder(name: str) -> bool:
    """The folders into which we move what was taken."""
    return name in _OURS
