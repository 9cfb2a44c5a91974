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
_SUSPECT_RATIO, _SUSPECT_SIZE = 200, 10 * 1024 * 1024  # sheets full of ghost formats stay below 1:60
_LOCAL_HEADER = 30
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_START_AGAIN = "Enregistrez-le dans Excel au format « Classeur Excel (.xlsx) » et déposez-le de nouveau."
_NO_PASSWORD = "Retirez le mot de passe et déposez-le de nouveau."
_NO_MACROS = "Enregistrez-le au format « Classeur Excel (.xlsx) », sans macro, et déposez-le de nouveau."


def check(content: bytes, name: str) -> None:
    """Raise `UnreadableWorkbook` unless `content` looks like an .xlsx file of a reasonable size."""
    suffix = name.rpartition(".")[2].lower() if "." in name else ""
    if not content:
        raise UnreadableWorkbook(
            "empty_file",
            "Le fichier est vide (0 octet), ou n’est qu’un lien vers un autre fichier.",
            "Déposez le classeur lui-même, une fois l’enregistrement terminé.",
        )
    if len(content) > LARGEST_FILE:
        raise UnreadableWorkbook("too_large", f"Le fichier dépasse {LARGEST_FILE // 2**20} Mo.", "Repartez d’un classeur vierge.")
    if content.startswith(_OLE) and suffix in ("xls", "xlsx", "xlsm"):
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise UnreadableWorkbook("encrypted", "Le classeur est protégé par un mot de passe à l’ouverture.", _NO_PASSWORD)
        raise UnreadableWorkbook("old_format", "C’est un classeur de l’ancien format Excel (.xls).", _START_AGAIN)
    if suffix in ("xlsm", "xltm", "xlam"):
        raise UnreadableWorkbook("macros", f"C’est un classeur à macros (.{suffix}).", _NO_MACROS)
    if suffix == "ods":
        raise UnreadableWorkbook("open_document", "C’est un classeur OpenDocument (.ods).", _START_AGAIN)
    if suffix != "xlsx":
        kind = f".{suffix}" if suffix else "sans extension"
        raise UnreadableWorkbook("other_format", f"Le fichier n’est pas un classeur .xlsx ({kind}).", _START_AGAIN)
    _check_parts(_members(content))


def _members(content: bytes) -> list[zipfile.ZipInfo]:
    """The zip directory, read only once it is known to be short."""
    if content.count(b"PK\x01\x02") > MOST_MEMBERS:
        raise _bomb()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return archive.infolist()
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, RuntimeError) as error:
        raise _not_a_workbook() from error


def _check_parts(members: list[zipfile.ZipInfo]) -> None:
    """Declared sizes, overlaps, names that leave the archive, two members of one name, macros, the parts of a workbook."""
    if sum(one.file_size for one in members) > LARGEST_TOTAL:
        raise _bomb()
    end = 0
    for one in sorted(members, key=lambda item: item.header_offset):
        swollen = one.file_size > _SUSPECT_SIZE and one.file_size > _SUSPECT_RATIO * one.compress_size
        if one.file_size > LARGEST_MEMBER or one.header_offset < end or swollen:
            raise _bomb()
        end = one.header_offset + _LOCAL_HEADER + one.compress_size
        if one.flag_bits & 1:
            raise UnreadableWorkbook("encrypted", "Le classeur est chiffré.", _NO_PASSWORD)
        leaves = ".." in re.split(r"[/\\]", one.filename) or one.filename.startswith(("/", "\\"))
        if leaves or one.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _not_a_workbook()
    names = {one.filename.lower() for one in members}
    if "mimetype" in names and "content.xml" in names:
        raise UnreadableWorkbook("open_document", "C’est un classeur OpenDocument (.ods).", _START_AGAIN)
    if any(part.endswith("vbaproject.bin") or part.startswith("xl/macrosheets/") for part in names):
        raise UnreadableWorkbook("macros", "Le classeur contient des macros.", _NO_MACROS)
    if "xl/workbook.bin" in names:
        raise UnreadableWorkbook("other_format", "C’est un classeur binaire Excel (.xlsb).", _START_AGAIN)
    if len(names) < len(members) or not names >= {"[content_types].xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"}:
        raise _not_a_workbook()


def _bomb() -> UnreadableWorkbook:
    return UnreadableWorkbook(
        "bomb", "Le fichier se décompresse en une taille démesurée : il est refusé.", "Repartez d’un classeur vierge."
    )


def _not_a_workbook() -> UnreadableWorkbook:
    return UnreadableWorkbook("not_a_workbook", "Ce fichier n’est pas un classeur Excel lisible.", _START_AGAIN)
