"""The grammar of the form's declaration: a field is a pydantic field that carries a `Question`.

`steps.py` declares the form with `ask(…)`. The blank workbook, the examples, the reader, the addresses of
findings, the table of tags and the template lint read the questions back with `questions(model)`.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo

from processor.form.text import fold


class Choice(StrEnum):
    """A closed list. The value is a slug (command line, ledger); `label` is what people read and choose.

    `also` are spellings that are understood on input (old names, abbreviations).
    """

    label: str
    also: tuple[str, ...]

    def __new__(cls, value: str, label: str = "", *also: str) -> Choice:
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label or value
        member.also = also
        return member

    @classmethod
    def meant_by(cls, text: str) -> Choice | None:
        """The member that a person means by `text`, whatever its case and accents."""
        wanted = fold(text)
        for member in cls:
            if wanted in {fold(spelling) for spelling in (member.value, member.label, *member.also)}:
                return member
        return None


@dataclass(frozen=True)
class When:
    """A condition on answers of the form: every named field has one of its choices.

    Names are those of `Form.answers` (`client_type`, `funder`, `modality` …). One object serves the rules in
    Python and, as a formula, the shading of the workbook.
    """

    terms: tuple[tuple[str, frozenset[str]], ...]

    def holds(self, answers: Mapping[str, Any]) -> bool:
        """Whether the condition holds; an answer not given matches nothing."""
        return all(answers.get(name) in choices for name, choices in self.terms)

    def __and__(self, other: When) -> When:
        return When(self.terms + other.terms)


ALWAYS = When(())


def when(**choices: Any) -> When:
    """`when(client_type=[ClientType.COMPANY], funder=Funder.OPCO)`."""
    return When(
        tuple(
            (name, frozenset(str(one) for one in (given if isinstance(given, (list, tuple, set)) else [given])))
            for name, given in choices.items()
        )
    )


@dataclass(frozen=True)
class Format:
    """How a type looks in the workbook: Excel's number format, width of its column, an input hint."""

    name: str
    number_format: str = "@"
    width: int = 18
    choices: type[Choice] | None = None
    long: bool = False


@dataclass(frozen=True)
class Question:
    """What the form asks in one field.

    `tag` is the French name in Word templates; `example` fills the help column; `applies` says for whom the
    field makes sense, `required` for whom it must be filled; `section` starts a new band on the sheet;
    `aliases` are other labels under which the reader accepts it.
    """

    label: str
    help: str = ""
    example: str = ""
    required: When | None = None
    applies: When = ALWAYS
    tag: str = ""
    section: str = ""
    aliases: tuple[str, ...] = ()
    computed: bool = False  # the workbook fills it by a formula; the reader ignores it
    printed: bool = True  # a document may say it; what none says can be corrected without a new version


@dataclass(frozen=True)
class Asked:
    """A question with its place in the declaration: the model's attribute and the format of its type."""

    name: str
    question: Question
    format: Format
    annotation: Any = field(compare=False)

    @property
    def label(self) -> str:
        return self.question.label

    @property
    def labels(self) -> tuple[str, ...]:
        return (self.question.label, *self.question.aliases)


class Step(BaseModel):
    """A group of questions: one sheet's fields, or one row of a table."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)  # only the whole form is validated


def ask(
    label: str,
    help: str = "",
    *,
    example: str = "",
    required: When | None = None,
    applies: When = ALWAYS,
    tag: str = "",
    section: str = "",
    aliases: tuple[str, ...] = (),
    computed: bool = False,
    printed: bool = True,
) -> Any:
    """A field of the form. It is optional for pydantic: `required` is a rule, so that all findings come at once."""
    question = Question(label, help, example, required, applies, tag, section, aliases, computed, printed)
    return Field(default=None, json_schema_extra={"question": question})  # type: ignore[dict-item]


@cache
def questions(model: type[BaseModel]) -> tuple[Asked, ...]:
    """The questions of a step, in the order of its sheet."""
    asked = []
    for name, info in model.model_fields.items():
        extra = info.json_schema_extra
        if isinstance(extra, dict) and isinstance(extra.get("question"), Question):
            question: Question = extra["question"]  # type: ignore[assignment]
            asked.append(Asked(name, question, _format_of(info), info.annotation))
    return tuple(asked)


def _format_of(info: FieldInfo) -> Format:
    for item in (*info.metadata, *_nested(info.annotation)):
        if isinstance(item, Format):
            return item
    raise TypeError(f"no Format on {info.annotation}")


def _nested(annotation: Any) -> list[Any]:
    """Metadata inside `Annotated[…] | None`."""
    if get_origin(annotation) in (Union, types.UnionType):
        return [item for part in get_args(annotation) for item in _nested(part)]
    return list(getattr(annotation, "__metadata__", ()))
