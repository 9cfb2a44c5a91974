"""The commands. Errors become sentences and exit codes; a bug becomes a report.

Each command loads what it needs, and no more: `processor status` does not wait for what makes documents.
"""

from __future__ import annotations

import getpass
import json
import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from processor.errors import EXIT_BUG, EXIT_DONE, EXIT_FINDINGS, EXIT_USAGE, ConfigError, PdfError, UserError

if TYPE_CHECKING:
    from rich.console import Console

    from processor import running
    from processor.config import Config
    from processor.ledger.rows import SessionRow
    from processor.office import Office
    from processor.session import Session
    from processor.todo import Task

app = typer.Typer(
    help="Le back-office d’un organisme de formation, piloté par des classeurs Excel.", no_args_is_help=True, add_completion=False,
    pretty_exceptions_enable=False,
)  # fmt: skip
Json = Annotated[bool, typer.Option("--json", help="Un objet JSON sur la dernière ligne.")]


class _Client(StrEnum):
    ENTREPRISE = "entreprise"
    PARTICULIER = "particulier"
    INDEPENDANT = "independant"


class _Funder(StrEnum):
    OPCO = "opco"
    FONDS_PROPRES = "fonds-propres"
    CPF = "cpf"
    FRANCE_TRAVAIL = "france-travail"
    FIFPL = "fifpl"
    AGEFICE = "agefice"
    FAFCEA = "fafcea"


@app.callback()
def _global(
    context: typer.Context,
    config: Annotated[Path | None, typer.Option(envvar="PROCESSOR_CONFIG", help="Fichier de configuration.")] = None,
) -> None:
    context.obj = config


def _config(context: typer.Context, *, optional: bool = False) -> Config:
    """The configuration asked for; with `optional` the delivered one where there is none."""
    from processor.config import load, resources

    given: Path | None = context.obj
    path = given or Path("config.yaml")
    if optional and given is None and not path.exists():
        path = resources() / "config.yaml"
    return load(path)


@cache
def _console() -> Console:
    from rich.console import Console

    return Console(highlight=False)


def _say(*said: Any, **options: Any) -> None:
    """For a person to read."""
    _console().print(*said, **options)


def _print_json(data: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(data, ensure_ascii=False) + "\n")


@app.command()
def init(folder: Annotated[Path, typer.Argument(metavar="DOSSIER")], as_json: Json = False) -> None:
    """Crée un dossier de travail : config.yaml, inbox/, outbox/, templates/."""
    from processor import workspace

    workspace.create(folder)
    if as_json:
        _print_json({"folder": str(folder)})
        return
    _say(
        f"Dossier de travail prêt : {folder}\n1. Remplissez {folder / 'config.yaml'} (votre organisme).\n2. processor --config {folder / 'config.yaml'} doctor"
    )


@app.command()
def demo(folder: Annotated[Path, typer.Argument(metavar="DOSSIER")] = Path("demo"), as_json: Json = False) -> None:
    """Traite trois exemples dans un dossier de démonstration."""
    from processor import running, workspace
    from processor.office import Office
    from processor.outbox import projection

    config = workspace.demo(folder)
    with Office(config) as office:
        result = running.one_pass(office)
        refs = [(row.ref, row.client) for row in office.ledger.sessions.list()]
    if as_json:
        _print_json(result.as_dict())
    else:
        _tell(result)
        _say("\nOuvrez maintenant :")
        _say(f"  {config.folders.outbox / projection.REGISTER} – le registre de toutes les sessions")
        for ref, client in refs:
            _say(f"  {config.folders.outbox / ref} – {client} : le classeur, les documents, les e-mails")
        _say(f"  {folder / 'config.yaml'} – les réglages, à remplir pour votre organisme")
    raise typer.Exit(result.exit_code)


@app.command()
def new(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FICHIER")],
    client: Annotated[_Client | None, typer.Option(help="Type de client.")] = None,
    funder: Annotated[_Funder | None, typer.Option(help="Financeur.")] = None,
    filled: Annotated[bool, typer.Option("--example", help="Rempli et valide.")] = False,
    as_json: Json = False,
) -> None:
    """Écrit un classeur de session vierge, ou un exemple rempli."""
    from processor.form import blank
    from processor.form.choices import ClientType, Funder
    from processor.form.example import DEFAULT_FUNDERS, example
    from processor.form.rules import FUNDERS_OF
    from processor.office import Office
    from processor.outbox.files import write_atomically

    config = _config(context, optional=True)
    if file.exists():
        raise UserError(f"« {file} » existe déjà : il n’est pas remplacé.", "Choisissez un autre nom.")
    if file.suffix.lower() != ".xlsx":
        raise UserError(f"« {file} » doit se terminer par .xlsx.")
    kind = ClientType(client) if client else None
    payer = Funder(funder) if funder else None
    today = Office(config).today
    if filled:
        kind = kind or next((one for one, fits in FUNDERS_OF.items() if payer in fits), ClientType.COMPANY)
        content = blank.write_filled(example(kind, payer, today, config), config, today)
    else:
        if kind and payer and payer not in FUNDERS_OF[kind]:
            raise UserError(
                f"« {payer.label} » ne finance pas un client « {kind.label} ».", f"Choisissez : {', '.join(FUNDERS_OF[kind])}."
            )
        content = blank.write_blank(config, today, kind, payer or (DEFAULT_FUNDERS[kind] if kind else None))
    write_atomically(file, content)
    if as_json:
        _print_json({"file": str(file)})
    else:
        _say(f"Classeur écrit : {file}", markup=False)


@app.command()
def check(
    context: typer.Context, files: Annotated[list[Path], typer.Argument(metavar="FICHIER…")], as_json: Json = False
) -> None:
    """Vérifie des classeurs sans rien envoyer."""
    from processor.form.examine import examine
    from processor.office import Office

    config = _config(context, optional=True)
    report = []
    with Office(config) as office:
        for file in files:
            found = examine(_read(file), file.name, reader=office.reader, config=config, today=office.today)
            report.append((file, found))
    if as_json:
        _print_json(
            {
                "files": [
                    {"file": str(file), "ok": found.ok, "findings": [one.as_dict() for one in found.findings]}
                    for file, found in report
                ]
            }
        )
    for file, found in report:
        if as_json:
            break
        _say(f"[bold]{file}[/bold] : {'rien à corriger' if found.ok else 'à corriger'}")
        for one in found.findings:
            where = f"{one.sheet} {one.cell}".strip() or "fichier"
            _say(f"  {'✗' if one.severity == 'error' else '!'} {where} – {one.message}", markup=False)
    raise typer.Exit(EXIT_DONE if all(found.ok for _, found in report) else EXIT_FINDINGS)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise UserError(f"« {file} » est introuvable ou illisible ({error.strerror}).") from error


@app.command()
def preview(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FICHIER")],
    to: Annotated[Path, typer.Option(help="Dossier des documents.")] = Path("apercu"),
    as_json: Json = False,
) -> None:
    """Fait les documents d’un classeur, sans e-mail ni registre."""
    from processor.form.examine import examine
    from processor.office import Office

    config = _config(context, optional=True)
    with Office(config) as office:
        found = examine(_read(file), file.name, reader=office.reader, config=config, today=office.today)
        if not found.ok:
            for one in found.findings:
                _say(f"  ✗ {one.sheet} {one.cell} – {one.message}", markup=False)
            raise typer.Exit(EXIT_FINDINGS)
        made = _preview(office, found.session, to)
    if as_json:
        _print_json({"documents": [str(path) for path in made]})
    else:
        _say("Aperçu : " + ", ".join(str(path) for path in made), markup=False)


def _preview(office: Office, session: Session, folder: Path) -> list[Path]:
    from processor.documents import tags, word
    from processor.documents.engines import Order
    from processor.documents.plan import documents_for
    from processor.outbox.files import write_atomically
    from processor.session import Session

    draft = Session(session.form, session.config, session.ref or "APERCU", 1, office.today)
    orders = []
    for planned in documents_for(draft):
        template = word.load(office.config.template(planned.template), office.config.brand)
        docx = folder / f"{planned.name}.docx"
        write_atomically(
            docx, template.render(tags.context(draft, planned), title=planned.title, author=office.config.organisation.name)
        )
        orders.append(Order(docx.resolve(), docx.with_suffix(".pdf").resolve(), planned.title, office.config.organisation.name))
    for result in office.engine.convert(orders):
        if not result.ok:
            raise PdfError(f"« {result.pdf.name} » : {result.error}.")
    return [order.pdf for order in orders]


@app.command()
def run(context: typer.Context, as_json: Json = False) -> None:
    """Un passage : tout ce qui est déposé, les envois et reprises dus, puis s’arrête."""
    from processor import running
    from processor.office import Office

    config = _config(context)
    with Office(config) as office, _bar(as_json) as progress:
        result = running.one_pass(office, progress)
    if as_json:
        _print_json(result.as_dict())
    else:
        _tell(result)
    raise typer.Exit(result.exit_code)


@contextmanager
def _bar(silent: bool) -> Iterator[running.Progress | None]:
    """A progress bar on a terminal; nothing elsewhere."""
    if silent or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bars:
        bar = bars.add_task("Classeurs", total=None)
        yield lambda done, total: bars.update(bar, completed=done, total=total)


@app.command(name="nightly")
def night(
    context: typer.Context,
    day: Annotated[datetime | None, typer.Option("--date", formats=["%Y-%m-%d", "%d/%m/%Y"], help="Pour quel jour.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Liste ce qui partirait, sans rien faire.")] = False,
    as_json: Json = False,
) -> None:
    """Le passage de nuit : reprises, états, convocations, rappels, point du jour, registre."""
    from processor import nightly
    from processor.office import Office
    from processor.typography import short_day

    with Office(_config(context)) as office, _bar(as_json or dry_run) as progress:
        done = nightly.run(office, day=day.date() if day else None, dry_run=dry_run, progress=progress)
    if as_json:
        _print_json({**done.last.as_dict(), "date": done.day.isoformat(), "lines": done.lines})
    else:
        _say(f"Nuit du {short_day(done.day)}{' (essai, rien n’est parti)' if dry_run else ''} : {len(done.lines)} ligne(s)")
        for line in done.lines:
            _say(f"  {line}", markup=False)
        if not dry_run:
            _tell(done.last)
    raise typer.Exit(done.last.exit_code)


@app.command()
def watch(context: typer.Context) -> None:
    """Le service : surveille le dossier jusqu’à ce qu’on l’arrête."""
    from processor import running
    from processor.office import Office

    with Office(_config(context)) as office:
        running.serve(office)


_OUTCOMES = {
    "to_validate": "à valider",
    "rejected": "refusé(s), à corriger dans outbox/rejets",
    "unchanged": "sans changement",
    "updated": "mis à jour",
    "followed_up": "suivi(s)",
    "failed": "mis de côté",
    "waiting": "en attente",
}


def _tell(result: running.Pass) -> None:
    _say(
        f"{result.proposals_sent} proposition(s) envoyée(s), {result.documents} document(s) ({result.engine}), {result.seconds:.1f} s"
    )
    for name, text in _OUTCOMES.items():
        if result.outcomes[name]:
            _say(f"  {result.outcomes[name]} classeur(s) {text}")
    for name, text in (("deferred", "différé(s)"), ("failed", "rejeté(s)"), ("in_doubt", "incertain(s)"), ("held", "retenu(s)")):
        number = getattr(result.mails, name)
        if number:
            _say(f"  {number} e-mail(s) {text} : voir « processor status »")
    for one in result.waiting:
        _say(f"  {one.path.name} : {one.why}", markup=False)
    for trouble in result.troubles:
        _say(f"  {trouble}", markup=False)


@app.command()
def status(
    context: typer.Context, ref: Annotated[str | None, typer.Argument(metavar="RÉF")] = None, as_json: Json = False
) -> None:
    """Les sessions, leurs e-mails, ce qui attend et pourquoi."""
    from processor.life import MAIL, Funding, Status, label
    from processor.office import Office
    from processor.typography import euros, short_day

    config = _config(context)
    with Office(config) as office:
        rows = [row for row in office.ledger.sessions.list() if ref is None or row.ref.casefold() == ref.casefold()]
        if ref and not rows:
            raise UserError(f"Aucune session « {ref} ».", "« processor status » donne toutes les références.")
        data = {"sessions": [_session_json(office, row.id) for row in rows]}
        waiting = [] if ref or as_json else _waiting(office, rows)
    if as_json:
        _print_json(data)
        return
    from rich.table import Table

    table = Table("Référence", "Statut", "Financement", "Client", "Intitulé", "Début", "Total", "V.")
    for row in rows:
        start = short_day(datetime.fromisoformat(row.start).date())
        table.add_row(
            row.ref,
            label(Status, row.status),
            label(Funding, row.funding),
            row.client,
            row.title,
            start,
            euros(row.total_cents),
            str(row.version),
        )
    _say(table)
    for session in data["sessions"]:
        for mail in session["mails"]:
            _say(
                f"  {session['ref']} – e-mail {mail['id']} : {MAIL[mail['state']]} – {mail['to']} – {mail['subject']}",
                markup=False,
            )
    for task in waiting:
        _say(f"  → {task.ref} {task.what} : {task.action}", markup=False)


def _waiting(office: Office, rows: Sequence[SessionRow]) -> Sequence[Task]:
    from processor.outbox import projection

    return projection.tasks(office, rows)


def _session_json(office: Office, session_id: int) -> dict[str, Any]:
    from processor.outbox.names import document_file

    ledger = office.ledger
    row = ledger.sessions.get(session_id)
    return {
        "ref": row.ref, "status": row.status, "funding": row.funding, "client": row.client, "title": row.title, "start": row.start,
        "total": f"{row.total_cents / 100:.2f}", "version": row.version,
        "documents": [
            {"kind": one.kind, "number": one.number, "version": one.version, "state": one.state, "file": document_file(one, "pdf"), "pages": one.pages}
            for one in ledger.documents.of_session(row.id)
        ],
        "mails": [
            {
                "id": mail.id, "to": ", ".join(one.address for one in ledger.mails.recipients(mail.id)), "subject": mail.subject,
                "state": mail.state, "message_id": mail.message_id, "attempts": mail.attempts, "words": mail.words or "",
            }
            for mail in ledger.mails.of_session(row.id)
        ],
    }  # fmt: skip


@app.command()
def resend(context: typer.Context, mail: Annotated[int, typer.Argument(metavar="E-MAIL")], as_json: Json = False) -> None:
    """Renvoie un e-mail rejeté, différé, retenu ou incertain (même contenu, même identifiant)."""
    _move_mail(
        context,
        mail,
        "again",
        "remis en file à la demande d’une personne",
        "remis en file ; il part au prochain passage",
        as_json=as_json,
    )


@app.command()
def cancel(context: typer.Context, mail: Annotated[int, typer.Argument(metavar="E-MAIL")], as_json: Json = False) -> None:
    """Annule un e-mail qui n’est pas parti."""
    _move_mail(context, mail, "cancel", "annulé à la demande d’une personne", "annulé", as_json=as_json)


def _move_mail(context: typer.Context, mail_id: int, verb: str, cause: str, told: str, *, as_json: bool) -> None:
    from processor.ledger.states import IllegalTransition
    from processor.life import MAIL
    from processor.office import Office
    from processor.outbox import projection
    from processor.pipeline import settle_sent

    with Office(_config(context)) as office:
        try:
            getattr(office.ledger.mails, verb)(mail_id, cause)
        except KeyError:
            raise UserError(f"Aucun e-mail n° {mail_id}.", "« processor status » donne leurs numéros.") from None
        except IllegalTransition as error:
            raise UserError(f"L’e-mail {mail_id} est « {MAIL[error.before]} » : ce n’est pas possible.") from None
        settle_sent(office)
        projection.refresh(office, look_for_missing=False)
        state = office.ledger.mails.get(mail_id).state
    if as_json:
        _print_json({"mail": mail_id, "state": state})
    else:
        _say(f"E-mail {mail_id} {told}.")


@app.command(name="tags")
def show_tags(
    context: typer.Context, to: Annotated[Path | None, typer.Option(help="Aussi dans un classeur.")] = None, as_json: Json = False
) -> None:
    """Toutes les balises qu’un modèle Word peut utiliser."""
    from processor.documents import tags
    from processor.outbox.files import write_atomically

    rows = tags.all_tags(_config(context, optional=True))
    if to:
        write_atomically(to, tags.as_workbook(rows))
    if as_json:
        _print_json({"tags": [vars(row) for row in rows]})
        return
    from rich.table import Table

    table = Table("Balise", "Sens", "Exemple")
    for row in rows:
        table.add_row(row.name, row.label, row.example[:60])
    _say(table)


@app.command()
def lint(
    context: typer.Context,
    templates: Annotated[list[Path] | None, typer.Argument(metavar="MODÈLE…")] = None,
    as_json: Json = False,
) -> None:
    """Vérifie des modèles, Word et e-mails : balises, syntaxe, termes périmés, éléments que le moteur PDF ne rend pas."""
    from processor.documents.lint import lint_all, own_templates

    config = _config(context, optional=True)
    paths = templates or own_templates(config)
    found = list(lint_all(paths, config))
    if as_json:
        _print_json({"findings": [{"template": path.name, **vars(one)} for path, one in found]})
    for path, one in found:
        if not as_json:
            _say(f"{'✗' if one.severity == 'error' else '!'} {path.name} – {one.message}", markup=False)
    if not found and not as_json:
        _say(f"{len(paths)} modèle(s) vérifié(s) : rien à signaler.")
    raise typer.Exit(EXIT_FINDINGS if found else EXIT_DONE)


@app.command()
def service(
    context: typer.Context,
    to: Annotated[Path | None, typer.Option(help="Écrit les unités systemd dans ce dossier.")] = None,
    windows: Annotated[bool, typer.Option("--windows", help="Les commandes du Planificateur de tâches.")] = sys.platform
    == "win32",
) -> None:
    """Les unités systemd, ou les commandes du Planificateur de tâches de Windows."""
    from processor import service_units

    config = _config(context)
    if windows:
        _say(
            "À taper une fois dans une console d’administrateur :",
            *service_units.windows(config),
            sep="\n",
            markup=False,
            soft_wrap=True,
        )
        return
    units = service_units.systemd(config, getpass.getuser())
    if to:
        paths = service_units.write(to, units)
        _say("\n".join(str(path) for path in paths), markup=False, soft_wrap=True)
        _say(
            "Puis : sudo cp *.service *.timer /etc/systemd/system && sudo systemctl enable --now processor.service processor-nightly.timer"
        )
        return
    for name, text in units.items():
        _say(f"# {name}\n{text}", markup=False, soft_wrap=True)


@app.command()
def doctor(context: typer.Context, as_json: Json = False) -> None:
    """Ce qui est installé et joignable, avec le remède."""
    from processor.doctor import diagnose

    checks = list(diagnose(_config(context)))
    if as_json:
        _print_json({"checks": [vars(one) for one in checks]})
    for one in checks:
        if not as_json:
            mark = {True: "✓", False: "✗", None: "!"}[one.ok]
            _say(f"{mark} {one.name} : {one.text}{'. ' + one.remedy if one.ok is not True and one.remedy else ''}", markup=False)
    raise typer.Exit(EXIT_FINDINGS if any(one.ok is False for one in checks) else EXIT_DONE)


def _arranged(words: list[str]) -> list[str]:
    """The two global options work wherever they are written: `--config FILE` goes first, `--json` last."""
    first: list[str] = []
    rest: list[str] = []
    given = iter(words)
    for one in given:
        if one == "--config":
            first = [one, *([value] if (value := next(given, None)) is not None else [])]
        elif one.startswith("--config="):
            first = [one]
        else:
            rest.append(one)
    if "--json" in rest:
        rest = [*(other for other in rest if other != "--json"), "--json"]
    return first + rest


def main() -> None:
    """Entry point: a person's mistake is a sentence, a bug is a report."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        app(args=_arranged(sys.argv[1:]))
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(error.exit_code if not isinstance(error, ConfigError) else EXIT_USAGE) from None
    except Exception:
        import traceback

        path = Path(f"rapport-{datetime.now(UTC):%Y%m%d-%H%M%S}.txt")
        text = traceback.format_exc()
        try:
            path.write_text(text, encoding="utf-8")
        except OSError:
            sys.stderr.write(text)
        sys.stderr.write(
            f"Une erreur interne s’est produite. Envoyez le rapport « {path.resolve()} » au responsable technique.\n"
        )
        raise SystemExit(EXIT_BUG) from None
