"""What a Word template may do: name plain data, loop, choose, and a few harmless filters. Nothing else.

Templates are untrusted. docxtpl's default environment executes `{{ cycler.__init__.__globals__ … }}`; here a dot
reads a key of a mapping and nothing more, nothing is called, no other template is loaded, and what would only
serve to fill the memory (`'a' * 10**10`, `|center(10**9)`) does not exist. Residual risk: a template that doubles
a text in a long chain of `set` still grows it; a coordinator does that only to herself.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined, TemplateSyntaxError, Undefined, nodes
from jinja2.exceptions import SecurityError, TemplateRuntimeError
from jinja2.filters import FILTERS
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing
from markupsafe import Markup, escape

_FILTERS = (
    "abs", "capitalize", "count", "d", "default", "e", "escape", "first", "float", "int", "join", "last", "length",
    "list", "lower", "map", "max", "min", "reject", "rejectattr", "replace", "reverse", "round", "select", "selectattr",
    "sort", "string", "sum", "title", "trim", "unique", "upper",
)  # fmt: skip
PLAIN = (str, int, float, Decimal, date)
_LOOP = {"index", "index0", "revindex", "revindex0", "first", "last", "length", "depth"}
_REFUSED = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends, nodes.Block, nodes.Call, nodes.CallBlock)
_ILLEGAL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")  # XML 1.0, §2.2
_LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_BREAK = '</w:t><w:br/><w:t xml:space="preserve">'  # stays in the run: the formatting goes on
_TAB = '</w:t><w:tab/><w:t xml:space="preserve">'


class Sandbox(ImmutableSandboxedEnvironment):
    """Tags name plain data; nothing can be called, changed or reached behind it."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def getattr(self, obj: Any, attribute: str) -> Any:
        """`a.b`: a key of a mapping, or what a loop knows of itself."""
        if isinstance(obj, Undefined):
            return getattr(obj, attribute)  # raises, naming the tag
        if isinstance(obj, Mapping) and not attribute.startswith("_"):
            value = obj.get(attribute, missing)
            return self.undefined(obj=obj, name=attribute) if value is missing else value
        if isinstance(obj, LoopContext) and attribute in _LOOP:
            return getattr(obj, attribute)
        return self.unsafe_undefined(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """`a['b']` as `a.b`; a number or a slice of a list or a text."""
        if isinstance(argument, str):
            return self.getattr(obj, argument)
        if isinstance(obj, Undefined):
            return obj[argument]
        try:
            return obj[argument] if isinstance(obj, list | tuple | str) else self.unsafe_undefined(obj, str(argument))
        except (LookupError, TypeError):
            return self.undefined(obj=obj, name=argument)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        return False

    def is_safe_callable(self, obj: Any) -> bool:
        return False

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Numbers are multiplied; a text or a list is not repeated, and no power fills the memory."""
        if operator == "*" and isinstance(left, int | float) and isinstance(right, int | float):
            return left * right
        raise SecurityError(f"{operator} is not available")


def printable(value: Any) -> Any:
    """What a tag prints: escaped text, line breaks and tabs as Word's, nothing that XML forbids."""
    if value is None:
        return ""
    if isinstance(value, Undefined):
        return value  # raises as soon as it is printed
    if not isinstance(value, PLAIN):
        raise TemplateRuntimeError("not plain text")  # a contract never shows ['a', 'b']
    return _printed(value if isinstance(value, str) else str(value))


@lru_cache(maxsize=1000, typed=True)  # the documents of a session say the same things; an escaped text is not its twin
def _printed(text: str) -> Markup:
    plain = _LINE_ENDS.sub("\n", _ILLEGAL.sub("", text))
    return Markup(str(escape(plain)).replace("\n", _BREAK).replace("\t", _TAB))


def clean(text: str) -> str:
    """`text` without the characters that XML forbids, for properties."""
    return _LINE_ENDS.sub(" ", _ILLEGAL.sub("", text))


def environment() -> Sandbox:
    """The sandbox of Word templates: no loader, no global, the filters above."""
    sandbox = Sandbox(autoescape=True, undefined=StrictUndefined, finalize=printable)
    sandbox.globals.clear()
    sandbox.filters = {name: FILTERS[name] for name in _FILTERS}
    return sandbox


def parse(sandbox: Sandbox, source: str) -> nodes.Template:
    """The tree of a template. Raises `TemplateSyntaxError` for what the sandbox never runs, with its line."""
    tree = sandbox.parse(source)
    for node in tree.find_all(_REFUSED):
        raise TemplateSyntaxError("calls and other templates are refused", node.lineno)
    return tree


_FRENCH = (
    (r"calls and other templates are refused", "une balise nomme une valeur : elle ne peut rien appeler ni inclure"),
    (
        r"not plain text",
        "cette balise est une liste ou un groupe : parcourez-la avec « {{% for … %}} », ou nommez une de ses valeurs",
    ),
    (r"No filter named '(.*?)'", "le filtre « {0} » n’existe pas"),
    (r"No test named '(.*?)'", "le test « {0} » n’existe pas"),
    (r"block that needs to be closed is '(\w+)'", "« {{% {0} %}} » n’est jamais fermé par « {{% end{0} %}} »"),
    (r"Unexpected end of template", "une balise n’est pas fermée"),
    (r"Encountered unknown tag '(\w+)'", "« {{% {0} … %}} » n’existe pas ou ferme ce qui n’est pas ouvert"),
    (r"unexpected '(.*?)'$", "« {0} » n’est pas attendu ici"),
    (r"unexpected char '(.*?)' at", "le caractère « {0} » n’est pas attendu ici"),
    (r"expected token '(.*?)', got '(.*?)'", "« {1} » trouvé là où « {0} » est attendu"),
    (r"'([^']*)' is undefined", "la balise « {0} » n’existe pas"),
    (r"has no attribute '([^']*)'", "la balise « …{0} » n’existe pas"),
    (r"has no element '?([^']*)'?", "l’élément « {0} » n’existe pas"),
)


def explain(error: Exception) -> str:
    """A Jinja2 error in French, without full stop."""
    if isinstance(error, SecurityError):
        return "cette balise demande plus qu’une valeur : appel ou accès interdit"
    text = (error.message or "") if isinstance(error, TemplateSyntaxError) else str(error)
    text = text.replace("end of print statement", "}}").replace("end of statement block", "%}")
    for pattern, french in _FRENCH:
        if found := re.search(pattern, text):
            return french.format(*found.groups())
    return f"balise impossible à remplir ({text})"


def paragraph_at(source: str, line: int) -> str:
    """The text of the paragraph on this line of a patched source, at most 120 characters; empty if it has none."""
    lines = source.splitlines()
    text = html.unescape(re.sub(r"<[^>]+>", "", lines[line - 1])).strip() if 0 < line <= len(lines) else ""
    return text if len(text) <= 120 else f"{text[:119]}…"
