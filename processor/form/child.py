"""The child that parses untrusted workbooks: `python -m processor.form.child`, killed when it hangs or swells.

calamine aborts the process on some hostile files and openpyxl hangs on others; here that costs one child. Each
order on stdin is a 4-byte length and the file's bytes; each answer a 4-byte length and JSON. Values come from
pandas with the calamine engine (about 5 ms a form); hidden rows, merged ranges and formulas that were never
calculated come from a pass over the sheets' XML, which refuses a document type (no entities, nothing fetched).

calamine lays a sheet out as one block up to its last cell: a stray cell in XFD1048576 asks for 512 GB. What lies
beyond `MOST_ROWS` and `MOST_COLUMNS` is therefore cut out of the XML before calamine sees it.
"""

from __future__ import annotations

import contextlib
import faulthandler
import io
import json
import os
import posixpath
import re
import signal
import struct
import sys
import zipfile
from datetime import date, datetime, time, timedelta
from typing import Any
from xml.parsers import expat

MOST_ROWS, MOST_COLUMNS = 5_000, 100  # beyond are ghost formats, never answers
MOST_CELLS, MOST_TEXT, MOST_MERGED, MOST_SHEETS = 200_000, 16_000_000, 5_000, 100
MEMORY = 1024 * 1024 * 1024
OURS = "Listes"  # the hidden sheet of choices and holidays, 40 % of the cells: nobody answers there
ORPHAN_SECONDS = 60  # the parent kills sooner; this is for a child whose parent died
_CELL = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})")


class TooMuch(ValueError):
    """More cells or text than any form holds."""


def parse(content: bytes) -> dict[str, Any]:
    """The workbook as JSON data; raises whatever the libraries raise."""
    import pandas as pd

    details, date1904, cuts = _details(content)
    if cuts:
        content = _without(content, cuts)
    with pd.ExcelFile(io.BytesIO(content), engine="calamine") as book:
        names = [name for name in book.sheet_names if name != OURS or name in details]
        frames = pd.read_excel(book, sheet_name=names, header=None, dtype=object, keep_default_na=False, na_filter=False)
    sheets = []
    count = length = 0
    for name, frame in frames.items():
        detail = details.get(str(name), {})
        cells: list[list[Any]] = []
        for row, line in enumerate(frame.itertuples(index=False, name=None), start=1):
            for column, given in enumerate(line, start=1):
                kind, value = _encoded(given)
                if kind:
                    cells.append([row, column, kind, value])
                    length += len(value) if kind == "s" else 0
            if count + len(cells) > MOST_CELLS or length > MOST_TEXT:
                raise TooMuch("cells")
        cells += [[row, column, "e", code] for row, column, code in detail.pop("errors", ())]
        count += len(cells)
        sheets.append({"name": str(name), "cells": cells, **detail})
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


def _details(content: bytes) -> tuple[dict[str, dict[str, Any]], bool, dict[str, bytes]]:
    """What pandas does not tell, a sheet: hidden parts, merged ranges, errors, formulas and those without a result.

    Also whether dates count from 1904, and the sheet parts (by name) that had to be cut.
    """
    found: dict[str, dict[str, Any]] = {}
    cuts: dict[str, bytes] = {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for part in archive.namelist():
            if part.lower() in ("xl/sharedstrings.xml", "xl/styles.xml"):  # calamine would drop what it does not know
                _root_only(archive.read(part))
        book = _elements(archive.read("xl/workbook.xml"))
        relations = _elements(archive.read("xl/_rels/workbook.xml.rels"))
        targets = {given.get("Id"): given.get("Target", "") for tag, given in relations if tag == "Relationship"}
        date1904 = any(tag == "workbookPr" and given.get("date1904") in ("1", "true") for tag, given in book)
        sheets = [given for tag, given in book if tag == "sheet"]
        if len(sheets) > MOST_SHEETS:
            raise TooMuch("sheets")
        for sheet in sheets:
            if sheet.get("name") == OURS and sheet.get("state") == "hidden":
                continue
            target = targets.get(sheet.get("id"), "")
            part = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
            detail: dict[str, Any] = {"hidden": sheet.get("state", "visible") != "visible"}
            if part in archive.namelist():
                scan = _SheetScan(archive.read(part))
                detail |= scan.found
                if scan.cuts:
                    cuts[part] = scan.remaining()
            found[sheet.get("name", "")] = detail
    return found, date1904, cuts


def _without(content: bytes, cuts: dict[str, bytes]) -> bytes:
    """The same workbook with these parts replaced."""
    copy = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(copy, "w") as new:
        for part in old.namelist():
            if part.endswith((".xml", ".rels")):
                new.writestr(part, cuts[part] if part in cuts else old.read(part))
    return copy.getvalue()


def _parser() -> expat.XMLParserType:
    def refuse(*_: object) -> None:
        raise ValueError("the XML declares a document type")

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.buffer_text = True
    return parser


def _elements(content: bytes) -> list[tuple[str, dict[str, str]]]:
    """Every element of a small part, without prefixes: Strict and Transitional workbooks read alike."""
    elements: list[tuple[str, dict[str, str]]] = []

    def start(tag: str, given: dict[str, str]) -> None:
        elements.append((_local(tag), {_local(key): value for key, value in given.items()}))

    parser = _parser()
    parser.StartElementHandler = start
    parser.Parse(content, True)  # noqa: FBT003  isfinal takes no keyword
    return elements


def _root_only(content: bytes) -> None:
    """Raises ValueError if a document type stands before the root element; the rest is not read."""
    begun: list[str] = []
    parser = _parser()
    parser.StartElementHandler = lambda tag, _: begun.append(tag)
    for at in range(0, len(content), 4096):
        parser.Parse(content[at : at + 4096], False)  # noqa: FBT003
        if begun:
            return


def _local(name: str) -> str:
    return name.rpartition(":")[2]


class _SheetScan:
    """One streaming pass over a sheet's XML: `found` as JSON data, and `cuts`, the byte spans beyond the limits."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.cuts: list[tuple[int, int]] = []
        self.found: dict[str, list[Any]] = {
            key: [] for key in ("hidden_rows", "hidden_columns", "merged", "formulas", "uncomputed", "errors")
        }
        self._row = self._column = 0
        self._cell: dict[str, str] = {}
        self._formula = self._in_value = False
        self._value = ""
        self._far_row: int | None = None  # where what is beyond starts, in bytes
        self._far_cell: int | None = None
        self._parser = _parser()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.Parse(content, True)  # noqa: FBT003  isfinal takes no keyword

    def remaining(self) -> bytes:
        """The XML without what lies beyond the limits."""
        kept, at = [], 0
        for start, end in self.cuts:
            kept.append(self._content[at:start])
            at = end
        return b"".join([*kept, self._content[at:]])

    def _start(self, tag: str, given: dict[str, str]) -> None:
        if ":" in tag:  # a prefix, as Strict or foreign writers give
            tag = _local(tag)
        if tag == "c":
            self._start_cell(given)
        elif tag == "f":
            self._formula = True
        elif tag == "v":
            self._in_value = True
        elif tag == "row":
            self._row = int(given.get("r", self._row + 1))
            self._column = 0
            if self._row > MOST_ROWS:
                if self._far_row is None:
                    self._far_row = self._parser.CurrentByteIndex
            elif given.get("hidden") in ("1", "true"):
                self.found["hidden_rows"].append(self._row)
        elif tag == "col":
            if given.get("hidden") in ("1", "true"):
                last = min(int(given.get("max", "0")), MOST_COLUMNS)
                self.found["hidden_columns"].extend(range(int(given.get("min", "1")), last + 1))
        elif tag == "mergeCell":
            self._merge(given.get("ref", ""))

    def _start_cell(self, given: dict[str, str]) -> None:
        place = _place(given.get("r", ""))
        row, self._column = place or (self._row, self._column + 1)
        if (self._column > MOST_COLUMNS or row > MOST_ROWS) and self._far_row is None and self._far_cell is None:
            self._far_cell = self._parser.CurrentByteIndex
        self._cell, self._formula, self._value = given, False, ""

    def _text(self, text: str) -> None:
        if self._in_value:
            self._value += text

    def _end(self, tag: str) -> None:
        if ":" in tag:
            tag = _local(tag)
        if tag == "v":
            self._in_value = False
        elif tag == "c":
            if self._far_row is None and self._far_cell is None:
                self._end_cell()
        elif tag == "row" and self._far_cell is not None:
            self.cuts.append((self._far_cell, self._parser.CurrentByteIndex))
            self._far_cell = None
        elif tag == "sheetData" and self._far_row is not None:
            self.cuts.append((self._far_row, self._parser.CurrentByteIndex))
            self._far_row = None

    def _end_cell(self) -> None:
        place = [self._row, self._column]
        kind = self._cell.get("t")
        if kind == "e" and self._value:  # pandas shows `#DIV/0!` as a blank
            self.found["errors"].append([*place, self._value[:20]])
        if self._formula:
            self.found["formulas"].append(place)
            if not self._value and kind != "str":
                self.found["uncomputed"].append(place)

    def _merge(self, ref: str) -> None:
        """Clipped to what is read: a merge of the whole sheet is a merge of what we see of it."""
        first, _, last = ref.partition(":")
        start, end = _place(first), _place(last)
        if start and end and start[0] <= MOST_ROWS and start[1] <= MOST_COLUMNS and len(self.found["merged"]) < MOST_MERGED:
            self.found["merged"].append([*start, min(end[0], MOST_ROWS), min(end[1], MOST_COLUMNS)])


def _place(address: str) -> tuple[int, int] | None:
    """`B5` → (5, 2)."""
    match = _CELL.fullmatch(address)
    if not match:
        return None
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - 64
    return int(match[2]), column


def _limit_memory() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _leave_signals_to_the_parent() -> None:
    """Ctrl-C and a service manager's stop reach the whole group; the parent finishes its step, for which it needs us."""
    for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)


def main() -> None:
    """Answer orders until stdin closes."""
    _leave_signals_to_the_parent()
    import pandas as pd  # loaded before the limit, and before the first order

    pd.DataFrame()
    _limit_memory()
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123
        while header := source.read(4):
            content = source.read(struct.unpack(">I", header)[0])
            faulthandler.dump_traceback_later(ORPHAN_SECONDS, exit=True, file=nowhere)
            sink.write(_answer(content))
            sink.flush()
            faulthandler.cancel_dump_traceback_later()


def _answer(content: bytes) -> bytes:
    """A hostile file's exception is an answer too."""
    try:
        packed = json.dumps({"workbook": parse(content)}).encode()
    except TooMuch:
        packed = json.dumps({"error": "too_much"}).encode()
    except MemoryError:
        packed = json.dumps({"error": "memory"}).encode()
    except BaseException as error:  # a panic of the Rust library is not an Exception
        packed = json.dumps({"error": "unreadable", "detail": f"{type(error).__name__}: {error}"[:300]}).encode()
    return struct.pack(">I", len(packed)) + packed


if __name__ == "__main__":
    main()
