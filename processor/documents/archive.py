"""Word files as bytes: read their members, write them again without touching what did not change.

The zip is written by hand because `zipfile` cannot copy a member without inflating and deflating it, which
was most of the time of a rendering; and because the same content must give the same bytes (no dates inside).
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from processor.errors import TemplateError

LARGEST = 50 * 1024 * 1024  # bytes once inflated; a 300 MB bomb took LibreOffice over 40 s and 2.1 GB
_LOCAL, _CENTRAL, _END = struct.Struct("<4s5H3I2H"), struct.Struct("<4s6H3I5H2I"), struct.Struct("<4s4H2IH")
_LEVEL = 3  # half the time of zlib's usual 6, for a document 5 % larger
_EPOCH = 0x21  # 1 January 1980, the first day that a zip can name
_UTF8 = 0x800


@dataclass(frozen=True, slots=True)
class Member:
    """One deflated member."""

    name: bytes
    crc: int
    size: int
    packed: bytes


def member(name: str, content: bytes) -> Member:
    """Deflate `content` under `name`."""
    deflate = zlib.compressobj(_LEVEL, zlib.DEFLATED, -15)
    return Member(name.encode(), zlib.crc32(content), len(content), deflate.compress(content) + deflate.flush())


def pack(members: Iterable[Member]) -> bytes:
    """The zip file of these members, in this order."""
    body, directory, count = bytearray(), bytearray(), 0
    for one in members:
        sizes = (one.crc, len(one.packed), one.size)
        offset = len(body)
        body += _LOCAL.pack(b"PK\x03\x04", 20, _UTF8, 8, 0, _EPOCH, *sizes, len(one.name), 0) + one.name + one.packed
        directory += _CENTRAL.pack(b"PK\x01\x02", 20, 20, _UTF8, 8, 0, _EPOCH, *sizes, len(one.name), 0, 0, 0, 0, 0, offset)
        directory += one.name
        count += 1
    end = _END.pack(b"PK\x05\x06", 0, 0, count, count, len(directory), len(body), 0)
    return bytes(body + directory + end)


def unpack(content: bytes, what: str) -> dict[str, bytes]:
    """All members of a Word file. Raises `TemplateError` if it is not one or is a bomb."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            infos = archive.infolist()
            if sum(info.file_size for info in infos) > LARGEST:
                raise TemplateError(f"« {what} » dépasse 50 Mo une fois décompressé : il est refusé.")
            return {info.filename: archive.read(info) for info in infos if not info.is_dir()}
    except (zipfile.BadZipFile, OSError, EOFError, zlib.error, RuntimeError) as error:
        raise TemplateError(f"« {what} » n’est pas un fichier Word (.docx) lisible.") from error


def repack(members: Mapping[str, bytes]) -> bytes:
    """A Word file of these members; the content types first, as Word writes them."""
    first = "[Content_Types].xml"
    names = [first, *sorted(name for name in members if name != first)] if first in members else sorted(members)
    return pack(member(name, members[name]) for name in names)
