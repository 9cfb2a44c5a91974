"""Mail templates: `mails/NAME.txt` of the working folder, otherwise the delivered one, filled in a sandbox.

A template's first line is « Objet : … », then a blank line and the body in the light marking of
`processor/mail/markup.py`. The HTML part is the same body laid out by `_layout.html`, so that the two parts
cannot say different things; a kind that wants its own page brings `NAME.html`. Values are plain data, never
code: immutable sandbox, no call, unknown tags refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    FileSystemLoader,
    StrictUndefined,
    Template,
    TemplateNotFound,
    TemplateSyntaxError,
)
from jinja2.exceptions import TemplateRuntimeError
from markupsafe import Markup

from processor.config import Config, resources
from processor.documents.sandbox import PLAIN, Sandbox, explain
from processor.errors import TemplateError
from processor.mail import markup

LAYOUT = "_layout.html"
_SUBJECT = re.compile(r"\ufeff?Objet[ \u00a0\u202f]*:[ \u00a0\u202f]*")
_TAGS_ONLY = re.compile(r"\s*(\{%((?!%\}).)*%\}\s*)+")
_ALLOWED = re.compile("[\n\t\u00a0\u202f]")  # of the characters that Python calls unprintable
_REMEDY = "Corrigez le fichier dans templates/mails, ou effacez-le pour reprendre le modèle livré."


@dataclass(frozen=True)
class Written:
    """A filled template: subject on one line, body as plain text and as an HTML page."""

    subject: str
    text: str
    html: str


class MailSandbox(Sandbox):
    """The sandbox of Word templates, where a line that holds only `{% … %}` prints nothing, not even its line break."""

    def preprocess(self, source: str, name: str | None = None, filename: str | None = None) -> str:
        """Keep the line break after a tag that ends a line of text (`trim_blocks` would drop it)."""
        lines = [
            f"{line[:-2]}+%}}" if line.endswith("%}") and not _TAGS_ONLY.fullmatch(line) else line for line in source.split("\n")
        ]
        return super().preprocess("\n".join(lines), name, filename)


def write(
    kind: str, context: Mapping[str, Any], *, config: Config, templates: Path, notice: str = "", prefix: str = ""
) -> Written:
    """Fill the template of `kind`. `notice` is a first line that everybody sees, `prefix` opens the subject.

    Raises `TemplateError`, whose sentence names the file and the tag.
    """
    sandbox = environment(templates)
    below = 0  # lines above the part that is being filled
    try:
        assert sandbox.loader is not None
        source, _, _ = sandbox.loader.get_source(sandbox, f"{kind}.txt")
        head, body = _split(source, kind)
        subject = _compiled(sandbox, head).render(context)
        below = 1
        text = _compiled(sandbox, body).render(context)
        found = markup.blocks(markup.typeset(f"> **{notice}**\n\n{text}" if notice else text))
        subject = f"{prefix}{markup.typeset(' '.join(subject.split()))}"
        page = sandbox.select_template([f"{kind}.html", LAYOUT])
        html = page.render({**context, **_look(config), "objet": subject, "blocs": markup.as_data(found)})
    except TemplateNotFound as error:
        raise TemplateError(f"Le modèle d’e-mail « {error.name} » n’existe pas.", _REMEDY) from error
    except TemplateSyntaxError as error:
        name, line = error.name or f"{kind}.txt", error.lineno + (0 if error.name else below)
        raise TemplateError(f"Modèle d’e-mail « {name} » : ligne {line}, {explain(error)}.", _REMEDY) from error
    except UnicodeDecodeError as error:
        raise TemplateError(f"Modèle d’e-mail « {kind}.txt » : il n’est pas en UTF-8.", _REMEDY) from error
    except (TemplateRuntimeError, TypeError, ValueError, ArithmeticError) as error:
        raise TemplateError(f"Modèle d’e-mail « {kind}.txt » : {explain(error)}.", _REMEDY) from error
    return Written(subject, markup.as_text(found), html)


@lru_cache(maxsize=8)
def environment(templates: Path) -> Sandbox:
    """The sandbox of mail templates, kept: Jinja2 looks whether a file changed before it uses what it compiled.

    The text part is not escaped here: `markup` escapes it for HTML.
    """
    loaders: list[BaseLoader] = [FileSystemLoader(folder / "mails") for folder in (templates, resources() / "templates")]
    sandbox = MailSandbox(
        loader=ChoiceLoader(loaders),
        undefined=StrictUndefined,
        autoescape=lambda name: bool(name and name.endswith(".html")),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_printable,
    )
    sandbox.globals.clear()
    return sandbox


@lru_cache(maxsize=128)
def _compiled(sandbox: Sandbox, source: str) -> Template:
    return sandbox.from_string(source)


def _printable(value: Any) -> Any:
    """What a tag prints: plain data, no None, no control character but line breaks and tabs."""
    if value is None:
        return ""
    if isinstance(value, StrictUndefined | Markup):
        return value
    if not isinstance(value, PLAIN):
        raise TemplateRuntimeError("not plain text")  # a mail never shows ['a', 'b']
    text = str(value)
    if _ALLOWED.sub("", text).isprintable():
        return text
    return "".join(char for char in text if char.isprintable() or _ALLOWED.match(char))


def _split(source: str, kind: str) -> tuple[str, str]:
    head, _, body = source.partition("\n")
    found = _SUBJECT.match(head)
    if found is None:
        raise TemplateError(f"Le modèle d’e-mail « {kind}.txt » doit commencer par une ligne « Objet : … ».", _REMEDY)
    return head[found.end() :].strip(), body


def _look(config: Config) -> dict[str, Any]:
    """The brand for the layout."""
    return {"marque": {"couleur": f"#{config.brand.colour}", "accent": f"#{config.brand.accent}", "police": config.brand.font}}
