"""From a raw workbook to the form: each answer with its cell, each mistake with its address.

Labels are looked for, not positions: rows and columns may be reordered, blank rows inserted, case and accents
changed. pydantic validates everything; a faulty answer becomes a finding and is dropped, so that the rules
still run over the rest and all findings come at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from processor.form.fields import Asked, Step, questions
from processor.form.findings import Finding
from processor.form.raw import CellError, Position, RawCell, RawSheet, RawWorkbook, parse_address
from processor.form.steps import FIELD_SHEETS, FORM_VERSION, SHEET_NAMES, TABLES, FieldSheet, Form, TableSheet
from processor.form.text import fold

T = TypeVar("T")
Path = tuple[str | int, ...]  # ("client", "siret"), ("slots", 2, "start")

# What cannot be read here is not a mistake in the session: it waits for validation.
TICKS: tuple[Path, ...] = (("recap", "approved_price"), ("recap", "send"))


def _spellings(name: str) -> tuple[str, str]:
    """A sheet's name with its number and without, folded."""
    words = fold(name)
    return words, words.split(" ", 1)[1]


_NUMBERS = {spelling: number for number, name in enumerate(SHEET_NAMES, start=1) for spelling in _spellings(name)}


@dataclass(frozen=True)
class Reading:
    """The form as far as it could be read, what is wrong, and where every answer stands."""

    form: Form
    findings: list[Finding]
    places: Mapping[Path, RawCell] = field(default_factory=dict)

    def place(self, path: Path) -> RawCell | None:
        """The cell of an answer; for a row of a table its first filled cell, for a table the first below its header."""
        if path in self.places:
            return self.places[path]
        inside = [cell for key, cell in self.places.items() if key[: len(path)] == path and not cell.is_blank]
        return min(inside, key=lambda cell: (cell.row, cell.column), default=None)

    def finding(self, severity: Any, code: str, path: Path, message: str) -> Finding:
        """A finding at the answer `path`, with what was typed there."""
        cell = self.place(path)
        name = str(path[-1]) if path else ""
        if cell is None:
            return Finding(severity, code, message, sheet=_sheet_of(path), field=name)
        return Finding(severity, code, message, cell.sheet, cell.address, name, cell.raw)


def read(workbook: RawWorkbook) -> Reading:
    """Read every sheet of the form. Never raises for what a person typed."""
    sheets, findings = _match_sheets(workbook)
    if not sheets:
        message = (
            "Ce classeur n’est pas un formulaire de session : aucune de ses feuilles ne porte le nom attendu"
            " (« 1 Type de client », « 2 Client »…). Partez d’un classeur vierge (« processor new FICHIER »)."
        )
        return Reading(Form(), [Finding("error", "not_a_form", message)])
    values: dict[str, Any] = {}
    places: dict[Path, RawCell] = {}
    for sheet in FIELD_SHEETS:
        raw = sheets.get(sheet.name)
        if raw is not None:
            values[sheet.attribute] = _read_fields(sheet, raw, places, findings)
    for table in TABLES:
        raw = sheets.get(table.name)
        if raw is not None:
            values[table.attribute] = _read_table(table, raw, places, findings)
    form = _validated(Form.model_validate, values, places, findings)
    _check_version(form, places, findings)
    return Reading(form, findings, places)


def _match_sheets(workbook: RawWorkbook) -> tuple[dict[str, RawSheet], list[Finding]]:
    """The form's sheets by their official name, found by name or by number; those missing are findings."""
    by_fold = {fold(sheet.name): sheet for sheet in workbook.sheets}
    found: dict[str, RawSheet] = {}
    for name in SHEET_NAMES:
        known = next((candidate for candidate in _spellings(name) if candidate in by_fold), None)
        if known is not None:
            found[name] = by_fold[known]
    missing = [
        Finding("error", "sheet_missing", f"La feuille « {name} » manque : repartez d’un classeur vierge.", sheet=name)
        for name in SHEET_NAMES
        if name not in found
    ]
    return found, missing if found else []


def _read_fields(sheet: FieldSheet, raw: RawSheet, places: dict[Path, RawCell], findings: list[Finding]) -> dict[str, Any]:
    """Answers stand to the right of their label."""
    labels = _by_label(sheet.model)
    answers: dict[str, Any] = {}
    for row, cells in raw.rows():
        label = cells[0]
        asked = labels.get(fold(label.value)) if label.column <= 3 and isinstance(label.value, str) else None
        if asked is None or asked.name in answers:  # the first filled answer under a label counts
            continue
        answer = raw.merged_origin(row, label.column + 1)
        if (answer.row, answer.column) == (label.row, label.column):  # the label itself is merged over its answer
            answer = raw.cell(row, label.column + 2)
        _keep(sheet.attribute, asked, answer, raw, (sheet.attribute, asked.name), answers, places, findings)
    return answers


def _read_table(table: TableSheet, raw: RawSheet, places: dict[Path, RawCell], findings: list[Finding]) -> list[dict[str, Any]]:
    """Rows below the header that names the table's columns; blank rows between them are skipped."""
    header_row, columns = _find_header(table, raw)
    rows: list[dict[str, Any]] = []
    if not columns:
        first = table.model.model_fields
        message = f"L’en-tête du tableau « {table.title} » est introuvable : rétablissez la ligne des titres de colonnes."
        findings.append(Finding("error", "header_missing", message, sheet=raw.name, field=next(iter(first))))
        return rows
    places[(table.attribute,)] = raw.cell(header_row + 1, min(column for _, column in columns.values()))
    typed = {name: column for name, (asked, column) in columns.items() if not asked.question.computed}
    filled = raw.cells.keys() | raw.uncomputed
    for row, _ in raw.rows():
        if row <= header_row or not any((row, column) in filled for column in typed.values()):
            continue
        cells = {name: raw.cell(row, column) for name, column in typed.items()}
        if all(cell.is_blank and (cell.row, cell.column) not in raw.uncomputed for cell in cells.values()):
            continue
        number = len(rows)
        answers: dict[str, Any] = {}
        for name, cell in cells.items():
            asked = columns[name][0]
            _keep(table.attribute, asked, cell, raw, (table.attribute, number, name), answers, places, findings)
        if any(raw.is_hidden(row, cell.column) for cell in cells.values()):
            first_cell = next(iter(cells.values()))
            message = f"La ligne {row} est masquée mais elle compte : affichez-la ou videz-la."
            findings.append(Finding("warning", "hidden_row", message, raw.name, first_cell.address, table.attribute))
        rows.append(answers)
    return rows


@cache
def _by_label(model: type[Step]) -> dict[str, Asked]:
    """The questions by each label under which they are understood, folded."""
    return {fold(label): asked for asked in reversed(questions(model)) for label in asked.labels}


def _find_header(table: TableSheet, raw: RawSheet) -> tuple[int, dict[str, tuple[Asked, int]]]:
    """The row that names most of the table's columns (at least two, or its first one), and where each is."""
    wanted = _by_label(table.model)
    best: tuple[int, dict[str, tuple[Asked, int]]] = (0, {})
    for row, cells in raw.rows():
        if row > 40:
            break
        columns: dict[str, tuple[Asked, int]] = {}
        for cell in cells:
            if not isinstance(cell.value, str) or (table.beside and cell.column <= 3):
                continue
            one = wanted.get(fold(cell.value))
            if one is not None:
                columns.setdefault(one.name, (one, cell.column))
        if len(columns) > max(len(best[1]), 1):
            best = (row, columns)
        if len(columns) == len(questions(table.model)):
            break
    return best


def _keep(
    step: str,
    asked: Asked,
    cell: RawCell,
    raw: RawSheet,
    path: Path,
    answers: dict[str, Any],
    places: dict[Path, RawCell],
    findings: list[Finding],
) -> None:
    places[path] = cell
    if (cell.row, cell.column) in raw.uncomputed and not asked.question.computed:
        message = (
            f"« {asked.label} » contient une formule jamais calculée : ouvrez le classeur dans Excel, enregistrez-le,"
            " ou saisissez la valeur."
        )
        findings.append(Finding("error", "formula_uncomputed", message, raw.name, cell.address, asked.name, cell.raw))
    elif path in TICKS and (cell.row, cell.column) in raw.formulas:
        message = f"« {asked.label} » se saisit à la main : une formule suivrait toute modification et ne validerait rien."
        findings.append(Finding("warning", "tick_formula", message, raw.name, cell.address, asked.name, cell.raw))
    elif not cell.is_blank:
        answers[asked.name] = cell.value


def read_step(sheet: FieldSheet, workbook: RawWorkbook, places: dict[Path, RawCell], findings: list[Finding]) -> Any:
    """One more sheet of labels and answers (the follow-up), read as the form's are."""
    raw = workbook.sheet(sheet.name)
    values = {sheet.attribute: _read_fields(sheet, raw, places, findings) if raw else {}}
    parse = _adapter(dict[str, sheet.model]).validate_python  # type: ignore[name-defined]
    return _validated(parse, values, places, findings)[sheet.attribute]


def read_rows(table: TableSheet, workbook: RawWorkbook, findings: list[Finding]) -> tuple[list[Any], dict[Path, RawCell]]:
    """One more table (the messages), read as the form's are; none where its header is missing."""
    raw = workbook.sheet(table.name)
    places: dict[Path, RawCell] = {}
    if raw is None or not _find_header(table, raw)[1]:
        return [], places
    values = {table.attribute: _read_table(table, raw, places, findings)}
    parse = _adapter(dict[str, list[table.model]]).validate_python  # type: ignore[name-defined]
    return _validated(parse, values, places, findings)[table.attribute], places


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    """Costs more to make than to use."""
    return TypeAdapter(kind)


def _validated(parse: Callable[[Any], T], values: dict[str, Any], places: Mapping[Path, RawCell], findings: list[Finding]) -> T:
    """pydantic over everything; what it refuses is reported, dropped, and the rest validated again."""
    for _ in range(2):
        try:
            return parse(values)
        except ValidationError as error:
            for item in error.errors(include_url=False):
                path = tuple(item["loc"])
                cell = places.get(path)
                name = str(path[-1])
                findings.append(
                    Finding(
                        "warning" if path in TICKS else "error",
                        item["type"],
                        item["msg"],
                        cell.sheet if cell else _sheet_of(path),
                        cell.address if cell else "",
                        name,
                        _shown(cell),
                    )
                )
                _drop(values, path)
    return parse(values)


def _shown(cell: RawCell | None) -> str:
    if cell is None:
        return ""
    return cell.value.code if isinstance(cell.value, CellError) else cell.raw


def _drop(values: Any, path: Path) -> None:
    for part in path[:-1]:
        values = values[part]
    values.pop(path[-1], None)


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """The findings as one walks through the workbook: sheets 1 to 6, row by row; first what concerns the whole."""

    def position(finding: Finding) -> tuple[int, Position]:
        return _NUMBERS.get(fold(finding.sheet), 0), parse_address(finding.cell) if finding.cell else (0, 0)

    return sorted(findings, key=position)


def _sheet_of(path: Path) -> str:
    attribute = path[0] if path else ""
    sheets: Iterable[FieldSheet | TableSheet] = (*FIELD_SHEETS, *TABLES)
    return next((sheet.name for sheet in sheets if sheet.attribute == attribute), "")


def _check_version(form: Form, places: Mapping[Path, RawCell], findings: list[Finding]) -> None:
    version = form.type.form_version
    if version is None or version == FORM_VERSION.upper():
        return
    cell = places[("type", "form_version")]
    message = (
        f"Ce classeur vient d’un autre modèle ({version}) que celui d’aujourd’hui ({FORM_VERSION}) : vérifiez que rien ne"
        " manque, ou recopiez vos réponses dans un classeur vierge."
    )
    findings.append(Finding("warning", "form_version", message, cell.sheet, cell.address, "form_version", cell.raw))
