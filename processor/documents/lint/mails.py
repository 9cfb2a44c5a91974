"""Mail templates: syntax with its line, values that their reader's mail does not have, dead terms; then filled."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from jinja2 import TemplateNotFound, TemplateSyntaxError, nodes

from processor.config import Config
from processor.documents.lint.content import dead_terms, lone_braces
from processor.documents.lint.finding import TemplateFinding, shortened
from processor.documents.lint.tags import unknown
from processor.documents.sandbox import Sandbox, explain
from processor.errors import TemplateError
from processor.form.findings import Finding
from processor.ledger.rows import NewRecipient
from processor.mail.context import Change, Joined, Task, digest_context, mail_context, rejection_context
from processor.mail.templates import environment, write
from processor.session import Session

_TODAY = date(2026, 9, 1)
_READERS = {
    "proposition": ("client",),
    "convocation": ("trainee",),
    "intervention": ("trainer",),
    "certificat": ("client", "trainee"),
    "annulation": ("client", "trainee", "trainer"),
    "report": ("trainee", "trainer"),
    "modification": ("trainee", "trainer"),
    "message": ("client", "training_manager", "trainee", "trainer"),
}
_ROLES = ("client", "coordinator", "trainee", "trainer")
_ROLE = {"trainees": "trainee"}  # as reminders call it
_JOINED = (
    Joined("programme", "Programme", "Programme.pdf"),
    Joined("reglement-interieur", "Règlement intérieur", "Règlement.pdf"),
)
_PAGE = {"objet", "blocs[].type", "blocs[].lignes[][]", "marque.couleur", "marque.accent", "marque.police"}


def lint_mail(path: Path, sessions: Sequence[Session], config: Config) -> list[TemplateFinding]:
    """Everything to say about the mail template at `path`; it is filled for each reader that it may have."""
    try:
        source = path.read_text(encoding="utf-8")
    except OSError as error:
        return [TemplateFinding("error", "unreadable", f"introuvable ou illisible ({error.strerror})")]
    except UnicodeDecodeError:
        return [TemplateFinding("error", "unreadable", "n’est pas en UTF-8 : enregistrez-le avec ce codage")]
    sandbox = environment(path.parent.parent)
    lines = source.splitlines()
    found: list[TemplateFinding] = []
    try:
        tree = sandbox.parse(source)
    except TemplateSyntaxError as error:
        found.append(_at("syntax", f"balise mal écrite, {explain(error)}", error.lineno, lines))
    else:
        contexts = list(_contexts(path.stem, sessions, config))
        others = [] if path.stem in ("rejet", "digest") else [_context(session, role) for session in sessions for role in _ROLES]
        for tag, line in _unknown(sandbox, tree, _names([*contexts, *others], layout=path.suffix == ".html")):
            found.append(_at("unknown_tag", f"balise inconnue {tag}", line, lines))
        if not found and path.suffix == ".txt" and not path.stem.startswith("_"):
            found += _tried(path, contexts, config)
    if path.suffix == ".txt":
        found += [one for line in lines for one in (*dead_terms(line), *lone_braces(line))]
    return list(dict.fromkeys(found))


def _at(code: str, message: str, line: int, lines: Sequence[str]) -> TemplateFinding:
    quoted = shortened(lines[line - 1]) if 0 < line <= len(lines) else ""
    return TemplateFinding("error", code, f"{message} (ligne {line} : « {quoted} »)", f"ligne {line}")


def _unknown(sandbox: Sandbox, tree: nodes.Node, known: Collection[str]) -> Iterator[tuple[str, int]]:
    """Unknown values of the template; those of a file that it includes are said with that file."""
    yield from unknown(tree, known)
    for include in tree.find_all(nodes.Include):
        name = include.template.value if isinstance(include.template, nodes.Const) else ""
        try:
            assert sandbox.loader is not None
            sandbox.loader.get_source(sandbox, str(name))
        except TemplateNotFound:
            yield f"« {name} » (ce fichier à inclure n’existe pas)", include.lineno


def _tried(path: Path, contexts: Sequence[Mapping[str, Any]], config: Config) -> Iterator[TemplateFinding]:
    for context in contexts:
        try:
            write(path.stem, context, config=config, templates=path.parent.parent)
        except TemplateError as error:
            yield TemplateFinding("error", "fill", f"ne peut pas être rempli : {error}")
            return


def _contexts(kind: str, sessions: Sequence[Session], config: Config) -> Iterator[dict[str, Any]]:
    """The data of each message that this template may become; none if nothing sends it."""
    if kind == "rejet":
        finding = Finding("error", "example", "Le SIRET n’a pas 14 chiffres.", "2 Client", "B5", "siret", "123")
        yield rejection_context(config, today=_TODAY, file="Session.xlsx", findings=[finding], corrected_copy="Session.xlsx")
    elif kind == "digest":
        yield digest_context(config, today=_TODAY, tasks=[Task("Déposer la demande", "S2026-0001", "Client", _TODAY)])
    else:
        reminded = {_ROLE.get(one.to, one.to) for one in config.reminders if one.template == kind}
        for session in sessions:
            yield from (_context(session, role) for role in sorted({*_READERS.get(kind, ()), *reminded}))


def _context(session: Session, role: str) -> dict[str, Any]:
    address = session.form.trainees[0].email if role == "trainee" else None
    return mail_context(
        session, recipient=NewRecipient(address or "a@exemple.example", "Nom", role, "To"), today=_TODAY, documents=_JOINED,
        message="Bonjour", subject="Objet", change=Change("le formateur est souffrant", _TODAY, _TODAY, "organisme"),
    )  # fmt: skip


def _names(contexts: Sequence[Mapping[str, Any]], *, layout: bool) -> set[str]:
    """Every value's name in the way of `tags.all_tags`; a page has its subject, blocks and brand besides."""
    return {name for context in contexts for name in _flat(context, "")} | (_PAGE if layout else set())


def _flat(value: Any, name: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(inner, f"{name}.{key}" if name else key)
    elif isinstance(value, list):
        yield from (found for one in value for found in _flat(one, f"{name}[]"))
        yield f"{name}[]"
    else:
        yield name
