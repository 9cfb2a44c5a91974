"""The child that parses untrusted workbooks: `python -m processor.form.child`, killed when it hangs or swells.

calamine aborts the process on some hostile files and openpyxl hangs on others; here that costs one child. Each
order on stdin is a 4-byte length and the file's bytes; each answer a 4-byte length and JSON. pandas opens the
workbook with the calamine engine and gives its cells as they are: a table a sheet would cost three times as much
and nobody wants one. Hidden rows, merged ranges and formulas that were never calculated come from the sheets' XML,
which is refused with a document type (no entities, nothing fetched).

calamine lays a sheet out as one block up to its last cell: a stray cell in XFD1048576 asks for 512 GB. What lies
beyond `MOST_ROWS` and `MOST_COLUMNS` is therefore cut out of the XML before calamine sees it.
"""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import importlib
import io
import json
import os
import posixpath
import re
import signal
import struct
import sys
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from xml.parsers import expat

MOST_ROWS, MOST_COLUMNS = 5_000, 100  # beyond are ghost formats, never answers
MOST_CELLS, MOST_TEXT, MOST_MERGED, MOST_SHEETS = 200_000, 16_000_000, 5_000, 100
MEMORY = 1024 * 1024 * 1024
OURS = "Listes"  # the hidden sheet of choices and holidays, 40 % of the cells: nobody answers there
ORPHAN_SECONDS = 60  # the parent kills sooner; this is for a child whose parent died
_CELL = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})")
_TRUE = ("1", "true")


class TooMuch(ValueError):
    """More cells or text than any form holds."""


def parse(content: bytes) -> dict[str, Any]:
    """The workbook as JSON data; raises whatever the libraries raise.

    A cell is `[row, column, value]`, with a letter for the type of what JSON has no word for.
    """
    import pandas as pd

    details, date1904, cuts = _details(content)
    if cuts:
        content = _without(content, cuts)
    sheets = []
    count = length = 0
    with pd.ExcelFile(io.BytesIO(content), engine="calamine") as book:
        opened: Any = book.book
        for name in map(str, book.sheet_names):
            if name == OURS and name not in details:
                continue
            detail = details.get(name, {})
            cells: list[list[Any]] = []
            for row, line in enumerate(opened.get_sheet_by_name(name).to_python(skip_empty_area=False), start=1):
                for column, value in enumerate(line, start=1):
                    if isinstance(value, str):
                        if value:
                            cells.append([row, column, value])
                            length += len(value)
                    elif value is not None and value == value:  # not NaN
                        cells.append([row, column, *_encoded(value)])
                if count + len(cells) > MOST_CELLS or length > MOST_TEXT:
                    raise TooMuch("cells")
            cells += [[row, column, code, "e"] for row, column, code in detail.pop("errors", ())]
            count += len(cells)
            sheets.append({"name": name, "cells": cells, **detail})
    return {"sheets": sheets, "date1904": date1904}


def _encoded(value: Any) -> tuple[Any, ...]:
    """A value that is no text, with a letter for its type where JSON has none."""
    if isinstance(value, float):
        return (int(value) if value.is_integer() else value,)
    if isinstance(value, datetime):
        return value.isoformat(), "d"
    if isinstance(value, date):
        return datetime.combine(value, time()).isoformat(), "d"
    if isinstance(value, timedelta):
        return value.total_seconds(), "i"
    if isinstance(value, time):
        return value.isoformat(), "t"
    return (value,)


def _details(content: bytes) -> tuple[dict[str, dict[str, Any]], bool, dict[str, bytes]]:
    """What pandas does not tell, a sheet: hidden parts, merged ranges, errors, formulas and those without a result.

    Also whether dates count from 1904, and the sheet parts (by name) that had to be cut.
    """
    found: dict[str, dict[str, Any]] = {}
    cuts: dict[str, bytes] = {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = set(archive.namelist())
        for part in parts:
            if part.lower() in ("xl/sharedstrings.xml", "xl/styles.xml"):  # calamine would drop what it does not know
                _root_only(archive.read(part))
        book = _elements(archive.read("xl/workbook.xml"))
        relations = _elements(archive.read("xl/_rels/workbook.xml.rels"))
        targets = {given.get("Id"): given.get("Target", "") for tag, given in relations if tag == "Relationship"}
        date1904 = any(tag == "workbookPr" and given.get("date1904") in _TRUE for tag, given in book)
        sheets = [given for tag, given in book if tag == "sheet"]
        if len(sheets) > MOST_SHEETS:
            raise TooMuch("sheets")
        for sheet in sheets:
            if sheet.get("name") == OURS and sheet.get("state") == "hidden":
                continue
            target = targets.get(sheet.get("id"), "")
            part = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
            detail: dict[str, Any] = {"hidden": sheet.get("state", "visible") != "visible"}
            if part in parts:
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
    for at in range(0, len(content), 1024):
        parser.Parse(content[at : at + 1024], False)  # noqa: FBT003
        if begun:
            return


def _local(name: str) -> str:
    return name.rpartition(":")[2]


class _SheetScan:
    """One streaming pass over a sheet's XML: `found` as JSON data, and `cuts`, the byte spans beyond the limits.

    Most of its time is calls of its handlers, so that none is set where nothing is to be learnt: texts and ends are
    listened to inside the value of a formula or an error, and nothing but the end of what is beyond the limits.
    """

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.cuts: list[tuple[int, int]] = []
        self.found: dict[str, list[Any]] = {
            key: [] for key in ("hidden_rows", "hidden_columns", "merged", "formulas", "uncomputed", "errors")
        }
        self._row = self._column = 0
        self._kind: str | None = None
        self._formula = False
        self._value = ""
        self._far = 0  # where what is beyond the limits starts, in bytes
        self._steps: dict[str, Callable[[dict[str, str]], None]] = {
            "c": self._cell, "f": self._formula_of, "v": self._value_of, "row": self._row_of, "col": self._column_of,
            "mergeCell": self._merge,
        }  # fmt: skip
        self._parser = _parser()
        self._parser.StartElementHandler = self._start
        self._parser.Parse(content, True)  # noqa: FBT003  isfinal takes no keyword

    def remaining(self) -> bytes:
        """The XML without what lies beyond the limits."""
        kept, at = [], 0
        for start, end in self.cuts:
            kept.append(self._content[at:start])
            at = end
        return b"".join([*kept, self._content[at:]])

    def _start(self, tag: str, given: dict[str, str]) -> None:
        step = self._steps.get(_local(tag) if ":" in tag else tag)  # a prefix, as Strict or foreign writers give
        if step:
            step(given)

    def _row_of(self, given: dict[str, str]) -> None:
        self._row = int(given.get("r", self._row + 1))
        self._column = 0
        if self._row > MOST_ROWS:
            self._skip_to("sheetData")
        elif given.get("hidden") in _TRUE:
            self.found["hidden_rows"].append(self._row)

    def _cell(self, given: dict[str, str]) -> None:
        row, self._column = _place(given.get("r", "")) or (self._row, self._column + 1)
        if self._column > MOST_COLUMNS or row > MOST_ROWS:
            self._skip_to("row")
        self._kind = given.get("t")
        self._formula = False

    def _formula_of(self, _: dict[str, str]) -> None:
        self._formula = True
        place = [self._row, self._column]
        self.found["formulas"].append(place)
        if self._kind != "str":
            self.found["uncomputed"].append(place)  # until its value is seen

    def _value_of(self, _: dict[str, str]) -> None:
        if self._formula or self._kind == "e":
            self._value = ""
            self._parser.CharacterDataHandler = self._text
            self._parser.EndElementHandler = self._end_value

    def _text(self, text: str) -> None:
        self._value += text

    def _end_value(self, _: str) -> None:
        self._parser.CharacterDataHandler = self._parser.EndElementHandler = None
        if not self._value:
            return
        if self._formula and self._kind != "str":
            self.found["uncomputed"].pop()
        if self._kind == "e":  # pandas shows `#DIV/0!` as a blank
            self.found["errors"].append([self._row, self._column, self._value[:20]])
        self._formula, self._kind = False, None  # a second value says nothing more

    def _skip_to(self, end: str) -> None:
        """Cut from here to the end of the row or of the data."""
        self._far = self._parser.CurrentByteIndex
        self._parser.StartElementHandler = None
        self._parser.EndElementHandler = lambda tag: self._near_again() if _local(tag) in (end, "sheetData") else None

    def _near_again(self) -> None:
        self.cuts.append((self._far, self._parser.CurrentByteIndex))
        self._parser.StartElementHandler, self._parser.EndElementHandler = self._start, None

    def _column_of(self, given: dict[str, str]) -> None:
        if given.get("hidden") in _TRUE:
            last = min(int(given.get("max", "0")), MOST_COLUMNS)
            self.found["hidden_columns"].extend(range(int(given.get("min", "1")), last + 1))

    def _merge(self, given: dict[str, str]) -> None:
        """Clipped to what is read: a merge of the whole sheet is a merge of what we see of it."""
        first, _, last = given.get("ref", "").partition(":")
        start, end = _place(first), _place(last)
        if start and end and start[0] <= MOST_ROWS and start[1] <= MOST_COLUMNS and len(self.found["merged"]) < MOST_MERGED:
            self.found["merged"].append([*start, min(end[0], MOST_ROWS), min(end[1], MOST_COLUMNS)])


@lru_cache(maxsize=1 << 14)
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
    gc.disable()  # of what is loaded, nothing is garbage
    importlib.import_module("pandas")  # before the limit, and before the first order
    importlib.import_module("python_calamine")
    gc.freeze()
    gc.enable()
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
