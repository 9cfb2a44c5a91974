"""The child that parses untrusted workbooks: `python -m processor.form.child`, killed when it hangs or swells.

calamine aborts the process on some hostile files and openpyxl hangs on others; here that costs one child. Each
order on stdin is a 4-byte length and the file's bytes; each answer a 4-byte length and JSON. Values come from
pandas with the calamine engine (about 5 ms a form); hidden rows, merged ranges and formulas that were never
calculated come from a pass over the sheets' XML, which declares no entity.
"""

from __future__ import annotations

import contextlib
import io
import json
import posixpath
import re
import struct
import sys
import zipfile
from datetime import date, datetime, time, timedelta
from typing import Any
from xml.etree import ElementTree

MOST_ROWS, MOST_COLUMNS = 5_000, 100  # beyond are ghost formats, never answers
MEMORY = 1024 * 1024 * 1024
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_STRICT = "{http://purl.oclc.org/ooxml/spreadsheetml/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_RELATION = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"
_CELL = re.compile(r"([A-Z]{1,3})([0-9]+)")


def parse(content: bytes) -> dict[str, Any]:
    """The workbook as JSON data; raises whatever the libraries raise."""
    import pandas as pd

    frames = pd.read_excel(
        io.BytesIO(content), sheet_name=None, header=None, engine="calamine", dtype=object, keep_default_na=False, na_filter=False
    )
    details, date1904 = _details(content)
    sheets = []
    for name, frame in frames.items():
        cells = [
            [row, column, kind, value]
            for row, line in enumerate(frame.itertuples(index=False, name=None), start=1)
            if row <= MOST_ROWS
            for column, given in enumerate(line[:MOST_COLUMNS], start=1)
            for kind, value in [_encoded(given)]
            if kind
        ]
        detail = details.get(str(name), {})
        cells += [[row, column, "e", code] for row, column, code in detail.pop("errors", ())]
        sheets.append({"name": name, "cells": cells, **detail})
    return {"sheets": sheets, "date1904": date1904}


def _encoded(value: Any) -> tuple[str, Any]:
    """A cell's value with a letter for its type; no letter for a blank."""
    if value is None or value == "":
        return "", None
    if isinstance(value, bool):
        return "b", value
    if isinstance(value, int | float):
        return ("n", value) if value == value else ("", None)
    if isinstance(value, datetime):
        return "d", value.isoformat()
    if isinstance(value, date):
        return "d", datetime.combine(value, time()).isoformat()
    if isinstance(value, timedelta):
        return "i", value.total_seconds()
    if isinstance(value, time):
        return "t", value.isoformat()
    return "s", str(value)


def _details(content: bytes) -> tuple[dict[str, dict[str, Any]], bool]:
    """What pandas does not tell, a sheet: hidden parts, merged ranges, formulas and those without a result."""
    found: dict[str, dict[str, Any]] = {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        book = _tree(archive, "xl/workbook.xml")
        relations = _tree(archive, "xl/_rels/workbook.xml.rels")
        targets = {one.get("Id"): one.get("Target", "") for one in relations}
        properties = next((one for one in book.iter() if one.tag.endswith("}workbookPr")), None)
        date1904 = properties is not None and properties.get("date1904") in ("1", "true")
        for sheet in (one for one in book.iter() if one.tag in (f"{_MAIN}sheet", f"{_STRICT}sheet")):
            target = targets.get(sheet.get(_RELATION) or sheet.get(_STRICT_RELATION), "")
            part = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
            found[sheet.get("name", "")] = {"hidden": sheet.get("state", "visible") != "visible", **_sheet(archive, part)}
    return found, date1904


def _tree(archive: zipfile.ZipFile, part: str) -> ElementTree.Element:
    content = archive.read(part)
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise ValueError(f"{part} declares entities")
    return ElementTree.fromstring(content)


def _sheet(archive: zipfile.ZipFile, part: str) -> dict[str, Any]:
    hidden_rows: list[int] = []
    hidden_columns: list[int] = []
    merged: list[list[int]] = []
    formulas: list[list[int]] = []
    uncomputed: list[list[int]] = []
    errors: list[list[Any]] = []  # pandas shows `#DIV/0!` as a blank
    try:
        stream = archive.open(part)
    except KeyError:
        return {}
    if b"<!DOCTYPE" in archive.open(part).read(4096):
        raise ValueError(f"{part} declares entities")
    with stream:
        for _, element in ElementTree.iterparse(stream):
            tag = element.tag.rpartition("}")[2]
            if tag == "c":
                children = {child.tag.rpartition("}")[2]: child for child in element}
                place = _place(element.get("r", ""))
                if place and element.get("t") == "e" and "v" in children:
                    errors.append([*place, children["v"].text or "#ERREUR"])
                if "f" in children and place:
                    formulas.append(place)
                    value = children.get("v")
                    if value is None or (not value.text and element.get("t") != "str"):
                        uncomputed.append(place)
            elif tag == "row":
                if element.get("hidden") in ("1", "true") and int(element.get("r", "0")) <= MOST_ROWS:
                    hidden_rows.append(int(element.get("r", "0")))
                element.clear()
            elif tag == "col" and element.get("hidden") in ("1", "true"):
                last = min(int(element.get("max", "0")), MOST_COLUMNS)
                hidden_columns.extend(range(int(element.get("min", "1")), last + 1))
            elif tag == "mergeCell" and len(merged) < 1000:
                corners = [_place(corner) for corner in element.get("ref", "").split(":")]
                if len(corners) == 2 and corners[0] and corners[1]:
                    merged.append([*corners[0], *corners[1]])
    return {
        "hidden_rows": hidden_rows,
        "hidden_columns": hidden_columns,
        "merged": merged,
        "formulas": formulas,
        "uncomputed": uncomputed,
        "errors": errors,
    }


def _place(address: str) -> list[int]:
    match = _CELL.fullmatch(address)
    if not match:
        return []
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - 64
    row = int(match[2])
    return [row, column] if row <= MOST_ROWS and column <= MOST_COLUMNS else []


def _limit_memory() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))


def main() -> None:
    """Answer orders until stdin closes."""
    import pandas as pd  # loaded before the limit, and before the first order

    pd.DataFrame()
    _limit_memory()
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    while header := source.read(4):
        content = source.read(struct.unpack(">I", header)[0])
        try:
            answer = {"workbook": parse(content)}
        except (Exception, MemoryError) as error:  # a hostile file's exception is an answer
            answer = {"error": f"{type(error).__name__}: {error}"[:300]}  # type: ignore[dict-item]
        packed = json.dumps(answer).encode()
        sink.write(struct.pack(">I", len(packed)) + packed)
        sink.flush()


if __name__ == "__main__":
    main()
