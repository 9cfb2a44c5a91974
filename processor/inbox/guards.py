"""Before anything parses an untrusted file: is it a workbook at all, and a harmless one?"""

from __future__ import annotations

import io
import re
import zipfile

from processor.errors import UnreadableWorkbook

LARGEST_FILE = 20 * 1024 * 1024
LARGEST_MEMBER = 60 * 1024 * 1024
LARGEST_TOTAL = 100 * 1024 * 1024
MOST_MEMBERS = 2000
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_START_AGAIN = "Enregistrez-le dans Excel au format « Classeur Excel (.xlsx) » et déposez-le de nouveau."


def check(content: bytes, name: str) -> None:
    """Raise `UnreadableWorkbook` unless `content` looks like an .xlsx file of a reasonable size."""
    if not content:
        raise UnreadableWorkbook(
            "empty_file", "Le fichier est vide (0 octet).", "Déposez-le de nouveau une fois l’enregistrement terminé."
        )
    if len(content) > LARGEST_FILE:
        raise UnreadableWorkbook("too_large", f"Le fichier dépasse {LARGEST_FILE // 2**20} Mo.", "Repartez d’un classeur vierge.")
    if content.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise UnreadableWorkbook(
                "encrypted",
                "Le classeur est protégé par un mot de passe à l’ouverture.",
                "Retirez le mot de passe et déposez-le de nouveau.",
            )
        raise UnreadableWorkbook("old_format", "C’est un classeur de l’ancien format Excel (.xls).", _START_AGAIN)
    if not name.lower().endswith(".xlsx"):
        suffix = name.rsplit(".", 1)[-1].lower() if "." in name else "sans extension"
        raise UnreadableWorkbook("other_format", f"Le fichier n’est pas un classeur .xlsx ({suffix}).", _START_AGAIN)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_directory(archive)
            names = set(archive.namelist())
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, NotImplementedError, RuntimeError) as error:
        raise UnreadableWorkbook("not_a_workbook", "Ce fichier n’est pas un classeur Excel lisible.", _START_AGAIN) from error
    if "mimetype" in names and "content.xml" in names:
        raise UnreadableWorkbook("open_document", "C’est un classeur OpenDocument (.ods).", _START_AGAIN)
    if any(part.lower().endswith("vbaproject.bin") for part in names):
        raise UnreadableWorkbook(
            "macros", "Le classeur contient des macros.", "Enregistrez-le au format « Classeur Excel (.xlsx) », sans macro."
        )
    if "[Content_Types].xml" not in names or not any(re.match(r"xl/workbook.*\.xml", part) for part in names):
        raise UnreadableWorkbook("not_a_workbook", "Ce fichier n’est pas un classeur Excel lisible.", _START_AGAIN)


def _check_directory(archive: zipfile.ZipFile) -> None:
    """The zip directory alone: number of members, declared sizes, overlaps, names that leave the archive."""
    members = archive.infolist()
    bomb = UnreadableWorkbook(
        "bomb", "Le fichier se décompresse en une taille démesurée : il est refusé.", "Repartez d’un classeur vierge."
    )
    if len(members) > MOST_MEMBERS or sum(one.file_size for one in members) > LARGEST_TOTAL:
        raise bomb
    end = 0
    for one in sorted(members, key=lambda item: item.header_offset):
        if one.file_size > LARGEST_MEMBER or one.header_offset < end:
            raise bomb
        end = one.header_offset + one.compress_size
        if ".." in one.filename.split("/") or one.filename.startswith(("/", "\\")):
            raise bomb
        if one.flag_bits & 1:
            raise UnreadableWorkbook("encrypted", "Le classeur est chiffré.", "Retirez le mot de passe et déposez-le de nouveau.")
