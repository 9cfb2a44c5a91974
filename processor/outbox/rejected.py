"""The workbook that goes back: a copy of what was dropped, faulty cells red and commented, an « Erreurs » sheet.

The original is untrusted and openpyxl can hang on a hostile file, so the marking runs in a child process with
a time limit (`python -m processor.outbox.rejected`); if it fails, the report holds the « Erreurs » sheet alone.
The colour that a cell had is kept in a hidden column, so that the next check can put it back.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Sequence

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import MergedCell
from openpyxl.comments import Comment
from openpyxl.formatting.rule import Rule
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from processor.form.findings import Finding, has_errors

SHEET = "Erreurs"
_AUTHOR = "Vérification"
_SECONDS = 20
_RED, _ORANGE = "FFF4A7A0", "FFFCE1B0"
_HEADERS = ("Gravité", "Feuille", "Cellule", "Saisi", "Que faire")
_MARKED = "NOT(FALSE)"  # the formula that tells a mark's conditional format from the form's own
_KEPT_FILL = 8  # hidden column: the fill that the marked cell had


def report(original: bytes | None, findings: Sequence[Finding], source: str) -> bytes:
    """The rejected workbook for `source`; `original` is None when it cannot be opened at all."""
    if original is not None:
        header = json.dumps({"source": source, "findings": [finding.as_dict() for finding in findings]})
        try:
            done = subprocess.run(
                [sys.executable, "-m", "processor.outbox.rejected"],
                input=header.encode() + b"\n" + original,
                capture_output=True,
                timeout=_SECONDS,
                check=True,
            )
        except (subprocess.SubprocessError, OSError):
            pass
        else:
            return done.stdout
    return _mark(Workbook(), findings, source, fresh=True)


def mark(original: bytes, findings: Sequence[Finding], source: str) -> bytes:
    """A copy of `original` with every finding marked at its cell; raises whatever openpyxl raises."""
    return _mark(load_workbook(io.BytesIO(original), keep_links=False), findings, source, fresh=False)


def _mark(workbook: Workbook, findings: Sequence[Finding], source: str, *, fresh: bool) -> bytes:
    if fresh and workbook.active is not None:
        workbook.remove(workbook.active)
    _unmark(workbook)
    sheet = workbook.create_sheet(SHEET, 0)
    _write_list(sheet, findings, source)
    by_cell: dict[tuple[str, str], list[tuple[int, Finding]]] = {}
    for row, finding in enumerate(findings, start=4):
        if finding.cell and finding.sheet in workbook.sheetnames:
            by_cell.setdefault((finding.sheet, finding.cell), []).append((row, finding))
    for (name, address), found in by_cell.items():
        cell = workbook[name][address]
        if isinstance(cell, MergedCell):
            continue
        fill = cell.fill
        if fill.fill_type == "solid" and isinstance(fill.fgColor.rgb, str):
            for row, _ in found:
                sheet.cell(row, _KEPT_FILL, fill.fgColor.rgb)
        red = has_errors(finding for _, finding in found)
        cell.fill = PatternFill("solid", fgColor=_RED if red else _ORANGE)
        _shade(workbook[name], address, _RED if red else _ORANGE)
        comment = Comment("\n".join(finding.message for _, finding in found), _AUTHOR)
        comment.width, comment.height = 360, 120
        cell.comment = comment
    workbook.active = 0
    for one in workbook.worksheets:
        one.sheet_view.tabSelected = one is sheet
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


def _shade(sheet: Worksheet, address: str, colour: str) -> None:
    """The mark's colour before the form's own conditional formats, which would hide the cell's fill."""
    for shaded in sheet.conditional_formatting:
        for rule in shaded.rules:
            rule.priority += 1
    style = DifferentialStyle(fill=PatternFill("solid", bgColor=colour, fgColor=colour))
    sheet.conditional_formatting.add(address, Rule(type="expression", formula=[_MARKED], priority=1, stopIfTrue=True, dxf=style))


def _unmark(workbook: Workbook) -> None:
    """Take away the marks of an earlier check."""
    if SHEET not in workbook.sheetnames:
        return
    for sheet in workbook.worksheets:
        for shaded in list(sheet.conditional_formatting):
            kept_rules = [rule for rule in shaded.rules if rule.formula != [_MARKED]]
            if len(kept_rules) < len(shaded.rules):
                area = str(shaded.sqref)
                del sheet.conditional_formatting[area]
                for rule in kept_rules:
                    sheet.conditional_formatting.add(area, rule)
    old = workbook[SHEET]
    for row in old.iter_rows(min_row=4):
        name, address = row[1].value, row[2].value
        if not isinstance(name, str) or not isinstance(address, str) or name not in workbook.sheetnames or not address:
            continue
        cell = workbook[name][address]
        if isinstance(cell, MergedCell | tuple):
            continue
        kept = row[_KEPT_FILL - 1].value if len(row) >= _KEPT_FILL else None
        cell.fill = PatternFill("solid", fgColor=str(kept)) if kept else PatternFill()
        if cell.comment is not None and cell.comment.author == _AUTHOR:
            cell.comment = None
    workbook.remove(old)


def _write_list(sheet: Worksheet, findings: Sequence[Finding], source: str) -> None:
    errors = sum(finding.severity == "error" for finding in findings)
    title = sheet.cell(1, 1, f"{source} : {errors} point(s) à corriger")
    title.data_type = "s"
    title.font = Font(bold=True, size=14, color="FFB3261E")
    sheet.cell(
        2, 1, "Corrigez les cellules en rouge (cliquez sur leur adresse), enregistrez, puis déposez ce classeur dans le dossier."
    )
    for column, header in enumerate(_HEADERS, start=1):
        cell = sheet.cell(3, column, header)
        cell.font = Font(bold=True, color="FFFFFFFF")
        cell.fill = PatternFill("solid", fgColor="FF1B4965")
    for row, finding in enumerate(findings, start=4):
        shown = (
            "À corriger" if finding.severity == "error" else "À vérifier",
            finding.sheet,
            finding.cell,
            finding.value,
            finding.message,
        )
        for column, value in enumerate(shown, start=1):
            cell = sheet.cell(row, column)  # type: ignore[assignment]
            cell.value = value[:2000]
            cell.data_type = "s"  # what people typed is text, even `=1+1`
            cell.number_format = "@"
            cell.alignment = Alignment(wrap_text=True, vertical="top")
        sheet.cell(row, 1).fill = PatternFill("solid", fgColor=_RED if finding.severity == "error" else _ORANGE)
        if finding.sheet and finding.sheet in (sheet.parent.sheetnames if sheet.parent else ()):
            link = sheet.cell(row, 3)
            target = finding.sheet.replace("'", "''")
            link.hyperlink = f"#'{target}'!{finding.cell or 'A1'}"
            link.font = Font(underline="single", color="FF0B5394")
    for letter, width in zip("ABCDE", (13, 22, 10, 28, 90), strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.column_dimensions["H"].hidden = True
    sheet.freeze_panes = "A4"
    sheet.sheet_view.showGridLines = False
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.sheet_properties.tabColor = "FFB3261E"


def _child() -> None:
    header, original = sys.stdin.buffer.readline(), sys.stdin.buffer.read()
    order = json.loads(header)
    findings = [Finding(**finding) for finding in order["findings"]]
    sys.stdout.buffer.write(mark(original, findings, order["source"]))


if __name__ == "__main__":
    _child()
