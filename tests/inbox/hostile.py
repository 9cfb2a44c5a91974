"""Workbooks made on the fly, and then broken on purpose."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

from openpyxl import Workbook

SHEET = "xl/worksheets/sheet1.xml"


def saved(book: Workbook) -> bytes:
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def workbook(**cells: Any) -> bytes:
    """One sheet, « Feuille », with these cells: `workbook(B2="x")`."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Feuille"
    for address, value in cells.items():
        sheet[address] = value
    return saved(book)


def rewritten(content: bytes, change: Callable[[bytes], bytes], part: str | None = SHEET) -> bytes:
    """The workbook with one part, or every part, changed."""
    copy = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            given = old.read(name)
            new.writestr(name, change(given) if part in (None, name) else given)
    return copy.getvalue()


def with_parts(content: bytes, parts: Mapping[str, bytes]) -> bytes:
    """The workbook with more parts."""
    copy = io.BytesIO(content)
    with zipfile.ZipFile(copy, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, given in parts.items():
            archive.writestr(name, given)
    return copy.getvalue()


def in_sheet_data(content: bytes, rows: bytes) -> bytes:
    """`rows` put at the end of the sheet's data."""
    return rewritten(content, lambda xml: xml.replace(b"</sheetData>", rows + b"</sheetData>"))


def declaring_entities(content: bytes, padding: int) -> bytes:
    """Billion laughs in the sheet, its declaration `padding` spaces into the file."""
    nested = b"".join(b'<!ENTITY %c "%s">' % (98 + level, b"&%c;" % (97 + level) * 10) for level in range(9))
    head = b'<?xml version="1.0"?>' + b" " * padding + b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + nested + b"]>"
    return rewritten(content, lambda xml: head + xml[xml.index(b"<worksheet") :].replace(b"<v>4</v>", b"<v>&j;</v>"))


def with_shared_string(content: bytes, text: bytes, doctype: bytes = b"") -> bytes:
    """As Excel writes it: `<is><t>x</t></is>` becomes a reference to a table of strings, whose only text is `text`."""
    main = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    relation = (
        b'<Relationship Id="rIdS" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" '
        b'Target="sharedStrings.xml"/></Relationships>'
    )
    override = (
        b'<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-officedocument'
        b'.spreadsheetml.sharedStrings+xml"/></Types>'
    )
    old = b't="inlineStr"><is><t>x</t></is>'
    content = rewritten(content, lambda xml: xml.replace(old, b't="s"><v>0</v>'))
    content = rewritten(content, lambda xml: xml.replace(b"</Relationships>", relation), "xl/_rels/workbook.xml.rels")
    content = rewritten(content, lambda xml: xml.replace(b"</Types>", override), "[Content_Types].xml")
    table = b'<?xml version="1.0"?>' + doctype + b'<sst xmlns="' + main + b'"><si><t>' + text + b"</t></si></sst>"
    return with_parts(content, {"xl/sharedStrings.xml": table})


def strict(content: bytes) -> bytes:
    """As Excel saves « Classeur Strict Open XML »."""

    def rename(xml: bytes) -> bytes:
        old, new = b"http://schemas.openxmlformats.org/", b"http://purl.oclc.org/ooxml/"
        xml = xml.replace(old + b"spreadsheetml/2006/main", new + b"spreadsheetml/main")
        return xml.replace(old + b"officeDocument/2006/relationships", new + b"officeDocument/relationships")

    return rewritten(content, rename, None)


def overlapping(content: bytes) -> bytes:
    """Two directory entries that point to the same bytes, as in a zip bomb without nesting."""
    at = content.rindex(b"PK\x01\x02")
    end = content.rindex(b"PK\x05\x06")
    first = content.index(b"PK\x01\x02")
    name_length = struct.unpack("<H", content[at + 28 : at + 30])[0]
    twin = bytearray(content[at:end])
    twin[46 : 46 + name_length] = b"t" * name_length
    tail = bytearray(content[end:])
    count = struct.unpack("<H", tail[10:12])[0] + 1
    tail[8:12] = struct.pack("<HH", count, count)
    tail[12:16] = struct.pack("<I", end - first + len(twin))
    return content[:end] + bytes(twin) + bytes(tail)


def flagged_encrypted(content: bytes) -> bytes:
    """The first directory entry says that its data are encrypted."""
    changed = bytearray(content)
    changed[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(changed)


def ole(*, encrypted: bool = False) -> bytes:
    """The head of an OLE container: an .xls file, or a workbook with a password."""
    stream = "EncryptedPackage" if encrypted else "Workbook"
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1016) + stream.encode("utf-16-le") + bytes(512)
