"""The commands. Errors become sentences and exit codes; a bug becomes a report.

Each command loads what it needs, and no more: `processor status` does not wait for what makes documents.
"""

from __future__ import annotations

import errno
import getpass
import json
import logging
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from processor.errors import (
    EXIT_BUG,
    EXIT_DONE,
    EXIT_FINDINGS,
    EXIT_RETRY,
    EXIT_USAGE,
    REASONS,
    ConfigError,
    OutboxError,
    PdfError,
    UserError,
    why,
)

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from processor import running
    from processor.config import Config
    from processor.form.findings import Finding
    from processor.ledger.rows import SessionRow
    from processor.office import Office
    from processor.session import Session
    from processor.todo import Task

app = typer.Typer(
    help="Le back-office d’un organisme de formation, piloté par des classeurs Excel.", no_args_is_help=True, add_completion=False,
    pretty_exceptions_enable=False,
)  # fmt: skip
_NEVER_WRAPPED = 10_000  # columns: what is piped is read by line
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

    return Console(highlight=False, width=None if sys.stdout.isatty() else _NEVER_WRAPPED)


def _say(*said: Any, **options: Any) -> None:
    """For a person to read."""
    _console().print(*said, **options)


def _print_json(data: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(data, ensure_ascii=False) + "\n")


@contextmanager
def _writing(place: Path) -> Iterator[None]:
    """A place that the caller named and that cannot be written is the caller's mistake."""
    try:
        yield
    except (OSError, OutboxError) as error:
        cause = error if isinstance(error, OSError) else error.__cause__
        reason = why(cause) if isinstance(cause, OSError) else str(error)
        raise UserError(f"« {place} » ne peut pas être écrit : {reason}.", "Choisissez un autre endroit.") from error


@app.command()
def init(folder: Annotated[Path, typer.Argument(metavar="DOSSIER")], as_json: Json = False) -> None:
    """Crée un dossier de travail : config.yaml, inbox/, outbox/, templates/."""
    from processor import workspace

    with _writing(folder):
        workspace.create(folder)
    if as_json:
        _print_json({"folder": str(folder)})
        return
    _say(
        f"Dossier de travail prêt : {folder}\n1. Remplissez {folder / 'config.yaml'} (votre organisme).\n2. processor --config {folder / 'config.yaml'} doctor",
        markup=False,
    )


@app.command()
def demo(folder: Annotated[Path, typer.Argument(metavar="DOSSIER")] = Path("demo"), as_json: Json = False) -> None:
    """Traite trois exemples dans un dossier de démonstration."""
    from processor import running, workspace
    from processor.office import Office
    from processor.outbox import projection

    with _writing(folder):
        config = workspace.demo(folder)
    with Office(config) as office:
        result = running.one_pass(office)
        refs = [(row.ref, row.client) for row in office.ledger.sessions.list()]
    if as_json:
        _print_json(result.as_dict())
    else:
        _tell(result)
        _say("\nOuvrez maintenant :")
        _say(f"  {config.folders.outbox / projection.REGISTER} – le registre de toutes les sessions", markup=False)
        for ref, client in refs:
            _say(f"  {config.folders.outbox / ref} – {client} : le classeur, les documents, les e-mails", markup=False)
        _say(f"  {folder / 'config.yaml'} – les réglages, à remplir pour votre organisme", markup=False)
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
    with _writing(file):
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
        if not as_json:
            _say(f"{file} : {'rien à corriger' if found.ok else 'à corriger'}", style="bold", markup=False)
            _tell_findings(found.findings)
    raise typer.Exit(EXIT_DONE if all(found.ok for _, found in report) else EXIT_FINDINGS)


def _tell_findings(findings: Iterable[Finding]) -> None:
    for one in findings:
        where = f"{one.sheet} {one.cell}".strip() or "fichier"
        _say(f"  {'✗' if one.severity == 'error' else '!'} {where} – {one.message}", markup=False)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise UserError(f"« {file} » ne peut pas être lu : {why(error)}.") from error


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
            if as_json:
                _print_json({"documents": [], "findings": [one.as_dict() for one in found.findings]})
            else:
                _tell_findings(found.findings)
            raise typer.Exit(EXIT_FINDINGS)
        with _writing(to):
            made = _preview(office, found.session, to)
    if as_json:
        _print_json({"documents": [str(path) for path in made], "findings": [one.as_dict() for one in found.findings]})
    else:
        _tell_findings(found.findings)
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
        left = _left(office)
    if as_json:
        _print_json(result.as_dict())
    else:
        _tell(result, left)
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
        left = _left(office)
    if as_json:
        _print_json({**done.last.as_dict(), "date": done.day.isoformat(), "lines": done.lines})
    else:
        _say(f"Nuit du {short_day(done.day)}{' (essai, rien n’est parti)' if dry_run else ''} : {len(done.lines)} ligne(s)")
        for line in done.lines:
            _say(f"  {line}", markup=False)
        if not dry_run:
            _tell(done.last, left)
    raise typer.Exit(done.last.exit_code)


@app.command()
def watch(context: typer.Context, as_json: Json = False) -> None:
    """Le service : surveille le dossier jusqu’à ce qu’on l’arrête."""
    from processor import running
    from processor.office import Office

    with Office(_config(context)) as office:
        log, inbox = logging.getLogger(__name__), office.config.folders.inbox
        log.info("surveille %s ; Ctrl-C pour arrêter", inbox)
        running.serve(office)
        log.info("arrêté")
    if as_json:
        _print_json({"inbox": str(inbox), "stopped": office.now.isoformat(timespec="seconds")})


_OUTCOMES = {
    "to_validate": "à valider",
    "rejected": "refusé(s), à corriger dans outbox/rejets",
    "unchanged": "sans changement",
    "updated": "mis à jour",
    "followed_up": "suivi(s)",
    "failed": "mis de côté",
    "waiting": "en attente",
}


def _left(office: Office) -> list[str]:
    """What a later pass has to take up again, and when the next mail is tried."""
    from processor.life import MailState
    from processor.typography import count, moment

    told = []
    if jobs := office.ledger.jobs.waiting():
        told.append(f"{count(jobs, 'classeur')} à reprendre")
    if mails := office.ledger.mails.all(MailState.PLANNED, MailState.DEFERRED):
        due = min((one.next_attempt_at for one in mails if one.next_attempt_at), default=None)
        when = f" ; prochain essai le {moment(due.astimezone(office.config.zone))}" if due else ""
        told.append(f"{count(len(mails), 'e-mail')} en attente{when}")
    return told


def _tell(result: running.Pass, left: Sequence[str] = ()) -> None:
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
    if result.exit_code == EXIT_RETRY:
        for sentence in left:
            _say(f"  Reste : {sentence}", markup=False)
        _say("Relancez « processor run » plus tard, ou laissez le service s’en charger.")


@app.command()
def status(
    context: typer.Context, ref: Annotated[str | None, typer.Argument(metavar="RÉF")] = None, as_json: Json = False
) -> None:
    """Les sessions, leurs e-mails, ce qui attend et pourquoi."""
    from processor.life import MAIL
    from processor.office import Office

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
    if rows:
        _say(_fitting([_session_line(row) for row in rows]))
    else:
        _say("Aucune session : déposez un classeur dans le dossier inbox.")
    for session in data["sessions"]:
        for mail in session["mails"]:
            _say(
                f"  {session['ref']} – e-mail {mail['id']} : {MAIL[mail['state']]} – {mail['to']} – {mail['subject']}",
                markup=False,
            )
    for task in waiting:
        _say(f"  → {task.ref} {task.what} : {task.action}", markup=False)


_FIRST_KEPT = ("Référence", "Statut", "Client", "Début", "Total", "Intitulé", "Financement", "V.")


def _session_line(row: SessionRow) -> dict[str, str]:
    from processor.life import Funding, Status, label
    from processor.typography import euros, short_day

    return {
        "Référence": row.ref,
        "Statut": label(Status, row.status),
        "Financement": label(Funding, row.funding),
        "Client": row.client,
        "Intitulé": row.title,
        "Début": short_day(datetime.fromisoformat(row.start).date()),
        "Total": euros(row.total_cents),
        "V.": str(row.version),
    }


def _fitting(rows: Sequence[dict[str, str]]) -> Table:
    """The rows as a table of the screen's width: the less needed columns give way, the reference stays whole."""
    from rich.table import Table
    from rich.text import Text

    table = Table()
    for kept in range(len(_FIRST_KEPT), 0, -1):
        table = Table()
        names = [name for name in rows[0] if name in _FIRST_KEPT[:kept]]
        for name in names:
            table.add_column(name, no_wrap=name == "Référence")
        for row in rows:
            table.add_row(*(Text(row[name]) for name in names))
        if _console().measure(table).minimum <= _console().width:
            break
    return table


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
        with _writing(to):
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
    as_json: Json = False,
) -> None:
    """Les unités systemd, ou les commandes du Planificateur de tâches de Windows."""
    from processor import service_units

    config = _config(context)
    commands = service_units.windows(config) if windows else []
    units = {} if windows else service_units.systemd(config, getpass.getuser())
    files: list[Path] = []
    if to and units:
        with _writing(to):
            files = service_units.write(to, units)
    if as_json:
        _print_json({"commands": commands, "units": units, "files": [str(path) for path in files]})
    elif windows:
        _say("À taper une fois dans une console d’administrateur :", *commands, sep="\n", markup=False, soft_wrap=True)
    elif files:
        _say("\n".join(str(path) for path in files), markup=False, soft_wrap=True)
        _say(
            "Puis : sudo cp *.service *.timer /etc/systemd/system && sudo systemctl enable --now processor.service processor-nightly.timer"
        )
    else:
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


# What the command line library says of a wrong call.
_FRENCH = (
    (r"Missing argument '(.*?)'", "L’argument {0} manque."),
    (r"Missing option '(.*?)'", "L’option {0} manque."),
    (r"No such option: ([^\s(]+)", "L’option {0} n’existe pas."),
    (r"No such command '(.*?)'", "La commande « {0} » n’existe pas."),
    (r"Option '(.*?)' requires an argument", "L’option {0} demande une valeur."),
    (r"Option '(.*?)' does not take a value", "L’option {0} ne prend pas de valeur."),
    (r"Got unexpected extra arguments? \((.*)\)", "De trop : {0}."),
    (r"Invalid value for (.*?): '?(.*?)'? is not one of (.*?)\.?$", "{0} : « {1} » n’est pas possible ; choix : {2}."),
    (r"Invalid value for (.*?): .*valid integer", "{0} : un nombre entier est attendu."),
    (r"Invalid value for (.*?): '?(.*?)'? does not match the formats?", "{0} : « {1} » n’est pas une date (2027-03-31)."),
)
_WrongCall: Any = typer.BadParameter.__base__  # the library's usage error, wherever it keeps it


def _in_french(message: str) -> str:
    for pattern, french in _FRENCH:
        if found := re.match(pattern, message, re.DOTALL):
            return french.format(*(group.replace("'", "") for group in found.groups()))
    return message


def _refuse(code: int, message: str, remedy: str, *, as_json: bool) -> NoReturn:
    """Say what is wrong, on stderr and for a script on the last line of stdout, and end."""
    sys.stderr.write(f"{message} {remedy}".strip() + "\n")
    if as_json:
        _print_json({"error": message, "remedy": remedy})
    raise SystemExit(code) from None


def main() -> None:
    """Entry point: a person's mistake is a sentence, a bug is a report."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    words = _arranged(sys.argv[1:])
    as_json = "--json" in words
    try:
        raise SystemExit(app(args=words, standalone_mode=False))
    except _WrongCall as error:
        if not words:
            error.show()  # the help
            raise SystemExit(EXIT_USAGE) from None
        _refuse(EXIT_USAGE, _in_french(error.format_message()), "L’option --help donne l’usage.", as_json=as_json)
    except typer.Abort:
        raise SystemExit(130) from None
    except UserError as error:
        code = EXIT_USAGE if isinstance(error, ConfigError) else error.exit_code
        _refuse(code, error.message, error.remedy, as_json=as_json)
    except Exception as error:
        if isinstance(error, OSError) and error.errno in REASONS and error.errno != errno.ENOENT:
            _refuse(EXIT_USAGE, f"« {error.filename or 'Un fichier'} » est inaccessible : {why(error)}.", "", as_json=as_json)
        import traceback

        path = Path(f"rapport-{datetime.now(UTC):%Y%m%d-%H%M%S}.txt")
        text = traceback.format_exc()
        try:
            path.write_text(text, encoding="utf-8")
        except OSError:
            sys.stderr.write(text)
        remedy = f"Envoyez le rapport « {path.resolve()} » au responsable technique."
        _refuse(EXIT_BUG, "Une erreur interne s’est produite.", remedy, as_json=as_json)
