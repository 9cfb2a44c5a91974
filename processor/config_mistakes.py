"""What pydantic refuses in config.yaml, in French: one sentence a mistake, with the key as it stands in the file."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Sequence
from typing import Any, get_args, get_origin

from pydantic import AliasChoices, BaseModel, ValidationError
from pydantic.fields import FieldInfo

INTERNAL = frozenset({"root", "file"})  # of the model, not of the file
_EXPECTED = {  # by the kind of error, or by its beginning
    "int": "un nombre entier est attendu",
    "float": "un nombre est attendu",
    "decimal": "un nombre est attendu",
    "finite_number": "un nombre est attendu",
    "greater_than_equal": "au moins {ge}",
    "greater_than": "plus de {gt}",
    "less_than_equal": "au plus {le}",
    "less_than": "moins de {lt}",
    "bool": "true ou false est attendu",
    "date": "une date est attendue, comme 2027-03-31",
    "string_pattern_mismatch": "ce n’est pas la forme attendue",
    "string": "un texte est attendu ; mettez-le entre guillemets",
    "path": "un chemin de fichier ou de dossier est attendu",
    "list": "une liste est attendue",
    "model": "une section « clé: valeur » est attendue",
    "dict": "une section « clé: valeur » est attendue",
    "value_error": "{error}",
}


def explain(error: ValidationError, file: str, config: type[BaseModel]) -> str:
    """Every mistake, a line each. The choices of a key that may be of several kinds are one mistake."""
    by_key: dict[str, list[Any]] = {}
    for item in error.errors(include_url=False):
        by_key.setdefault(_key(config, item["loc"]), []).append(item)
    return "\n".join(f"« {file} », {_sentence(config, key, items)}" for key, items in by_key.items())


def meant(word: str, known: Iterable[str]) -> str:
    """« vouliez-vous dire … ? », or every choice where none is near."""
    choices = list(known)
    near = difflib.get_close_matches(word, choices, n=1, cutoff=0.4)
    return f"vouliez-vous dire « {near[0]} » ?" if near else f"choix : {', '.join(choices)}"


def _sentence(config: type[BaseModel], key: str, items: Sequence[Any]) -> str:
    first = items[0]
    if first["type"] == "extra_forbidden":
        return unknown_key(key, _keys(_section(config, first["loc"][:-1])))
    if first["type"] == "missing":
        return f"« {key} » manque."
    sentence = " ou ".join(dict.fromkeys(_expected(item) for item in items))
    return f"« {key} » : {_shown(first['input'])} n’est pas possible ; {sentence}{'' if sentence.endswith('?') else '.'}"


def unknown_key(key: str, known: Iterable[str]) -> str:
    """The sentence for a key that nobody knows, with the nearest of those known beside it."""
    near = difflib.get_close_matches(key.rpartition(".")[2], list(known), n=1, cutoff=0.4)
    return f"clé inconnue « {key} »{f' ; vouliez-vous dire « {near[0]} » ?' if near else '.'}"


def _expected(item: Any) -> str:
    kind, context = item["type"], item.get("ctx", {})
    if kind == "literal_error":
        choices = re.findall(r"'([^']*)'", context["expected"])
        return choices[0] if len(choices) == 1 else meant(str(item["input"]), choices)
    french = _EXPECTED.get(kind) or _EXPECTED.get(kind.partition("_")[0])
    return french.format(**context) if french else str(item["msg"])


def _shown(value: Any) -> str:
    """As YAML writes it; a whole section or list is not repeated."""
    if isinstance(value, str):
        return f"« {value} »"
    return f"« {json.dumps(value)} »" if value is None or isinstance(value, int | float) else "cette valeur"


def _key(config: type[BaseModel], loc: Sequence[str | int]) -> str:
    """The key as written, items of a list by their place from 0, without pydantic's own names of choices."""
    whole = [part for at, part in enumerate(loc) if isinstance(part, int) or _is_section(_section(config, loc[:at]))]
    return ".".join(map(str, whole))


def _section(config: Any, loc: Sequence[str | int]) -> Any:
    """What stands at this place: a section, or the kind of a value."""
    section = config
    for part in loc:
        if isinstance(part, int):  # an item of the list that the section was already taken for
            continue
        fields = {_written(name, field): field for name, field in section.model_fields.items()}
        found = fields.get(part) or section.model_fields.get(part)
        section = found.annotation if found is not None else None
        section = next(iter(get_args(section)), section) if get_origin(section) is list else section
        if not _is_section(section):
            break
    return section


def _is_section(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _keys(section: Any) -> list[str]:
    if not _is_section(section):
        return []
    return [_written(name, field) for name, field in section.model_fields.items() if name not in INTERNAL]


def _written(name: str, field: FieldInfo) -> str:
    """A field's key in the file: `e-mail`, `for`."""
    alias = field.validation_alias
    return str(alias.choices[0]) if isinstance(alias, AliasChoices) else name
