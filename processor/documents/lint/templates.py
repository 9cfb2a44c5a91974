"""One template, or all those of the working folder: read, judged, and filled with the examples."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from processor.config import Config
from processor.documents import tags, word
from processor.documents.archive import unpack
from processor.documents.engines import Order, chosen_name
from processor.documents.engines.embedded import EmbeddedEngine
from processor.documents.identity import parsed
from processor.documents.lint.content import content
from processor.documents.lint.embedded import embedded
from processor.documents.lint.finding import TemplateFinding
from processor.documents.lint.mails import lint_mail
from processor.documents.lint.tags import unknown
from processor.documents.mending import mend
from processor.documents.plan import STAGES, Planned, documents_for, models
from processor.documents.sandbox import environment, paragraph_at
from processor.errors import TemplateError
from processor.session import Session


def own_templates(config: Config) -> list[Path]:
    """Every template that the organisation may edit, and those that config.yaml names but that are nowhere."""
    folder = config.folders.templates
    found = {path for path in folder.glob("*.docx") if not path.name.startswith("~$")}
    named = {config.template(model.template) for model in models(config).values()}
    mails = {path for path in (folder / "mails").glob("*") if path.suffix in (".txt", ".html")}
    wanted = {
        folder / "mails" / f"{one.template}.txt" for one in config.reminders if not config.mail_template(one.template).exists()
    }
    return sorted(found | {path for path in named if not path.exists()}) + sorted(mails | wanted)


def lint_all(paths: Sequence[Path], config: Config) -> Iterator[tuple[Path, TemplateFinding]]:
    """Everything to say about these templates; the Word ones are filled with the examples, and converted if the engine is the embedded one."""
    known = {one.name for one in tags.all_tags(config)}
    sessions = list(tags.example_sessions(config))
    with tempfile.TemporaryDirectory() as folder:
        engine = EmbeddedEngine(Path(folder))
        for path in paths:
            if path.suffix in (".txt", ".html"):
                found = lint_mail(path, sessions, config)
            else:
                found = lint(path, known, config)
                if not any(one.severity == "error" for one in found):
                    found += _tried(path, sessions, config, engine, Path(folder))
            yield from ((path, one) for one in found)
        engine.close()


def lint(path: Path, known: Collection[str], config: Config) -> list[TemplateFinding]:
    """What can be said about the Word template at `path` without filling it; `known` are the tags of `tags.all_tags`."""
    try:
        members = unpack(path.read_bytes(), path.name)
    except OSError as error:
        return [TemplateFinding("error", "unreadable", f"introuvable ou illisible ({error.strerror})")]
    except TemplateError as error:
        return [TemplateFinding("error", "unreadable", str(error))]
    found = [TemplateFinding("error", code, reason) for code, reason in word.hazards(members)]
    if not found:
        try:
            found += _unknown(word.load(path, config.brand), known)
        except TemplateError as error:
            found.append(TemplateFinding("error", "syntax", str(error)))
    try:
        trees = {part: parsed(xml, part) for part, xml in members.items() if part.endswith((".xml", ".rels"))}
        mend(trees, members, path.name)
    except TemplateError:
        return found  # said above
    found += content(trees, members, config)
    if chosen_name(config.pdf) == "embedded":
        found += embedded(trees, members, config.brand.font)
    return list(dict.fromkeys(found))


def _unknown(compiled: word.CompiledTemplate, known: Collection[str]) -> Iterator[TemplateFinding]:
    """Unknown tags, each with the paragraph where it stands."""
    for source in compiled.sources.values():
        for tag, line in unknown(environment().parse(source), known):
            message = f"balise inconnue {tag}{word.in_paragraph(source, line)}"
            yield TemplateFinding("error", "unknown_tag", message, paragraph_at(source, line))


def _tried(
    path: Path, sessions: Sequence[Session], config: Config, engine: EmbeddedEngine, folder: Path
) -> Iterator[TemplateFinding]:
    """Fill the template for each kind of session, so that no real one meets the fault first."""
    template, made = word.load(path, config.brand), b""
    for session in sessions:
        for planned in _uses(path.name, session):
            try:
                made = template.render(tags.context(session, planned), title=planned.title)
            except TemplateError as error:
                kind = f"{session.client_type.label}, {session.funder.label}"
                yield TemplateFinding("error", "fill", f"ne peut pas être rempli ({kind}) : {error}")
                return
    if made and chosen_name(config.pdf) == "embedded":
        order = Order(folder / "essai.docx", folder / "essai.pdf")
        order.docx.write_bytes(made)
        (result,) = engine.convert([order])
        if not result.ok:
            yield TemplateFinding("error", "engine", f"le moteur intégré ne sait pas l’imprimer : {result.error}")


def _uses(name: str, session: Session) -> list[Planned]:
    """The documents that this template makes; one that none uses is filled as a trainee's paper."""
    planned = [one for stage in STAGES for one in documents_for(session, stage)]
    mine = [one for one in planned if one.template == name]
    if mine or any(model.template == name for model in models(session.config).values()):
        return mine
    return [next(one for one in planned if one.trainee is not None)]
