"""Which files of the shared folder are ours, by name alone, before anything is opened.

Sources: Office's and LibreOffice's owner files, macOS and Windows folder files, downloads in progress, the
exclusion list of the Nextcloud client, and the names that Nextcloud, ownCloud, Dropbox, OneDrive, Synology Drive
and Syncthing give to the second version of a file that two people changed.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

DONE, REJECTED = "traites", "rejetes"  # the folders into which we move what was taken

_IGNORED = re.compile(
    r"~\$.*|\..*|.*~|~.*\.tmp|~syncthing~.*|[0-9a-f]{8}"  # the last: Excel's temporary file while it saves
    r"|.*\.(part|tmp|crdownload|filepart|download|partial|opdownload|lnk|url|owncloud|nextcloud)"
    r"|thumbs\.db|desktop\.ini|ehthumbs(_vista)?\.db|icon\r?|sync\.ffs_db|.*\.xlsx\.[0-9a-z]{6}",
    re.IGNORECASE | re.DOTALL,
)
_CONFLICTED = re.compile(
    r".*\((.*\b)?(conflicted copy|copie en conflit|case conflict|case clash)\b.*\).*"
    r"|.*[ _-](conflicted copy|copie en conflit)\b.*"
    r"|.*\.sync-conflict-\d.*|.*[_-]conflict-\d.*|.*_(case)?conflict(\(\d+\))?(\.\w+)?",
    re.IGNORECASE | re.DOTALL,
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
