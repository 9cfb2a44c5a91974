"""`doctor`: what is installed and reachable, each with its remedy."""

from __future__ import annotations

import os
import shutil
import smtplib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fontpkg_lato import FAMILY

from processor.config import Config, Lookup
from processor.documents.engines import available, choose, chosen_name
from processor.documents.engines.fonts import installed
from processor.documents.plan import models
from processor.documents.rows import unattached
from processor.errors import ConfigError, UserError
from processor.ledger.locality import network_file_system
from processor.mail.mailbox import MailboxError, opened, was_sent
from processor.mail.transports import Refused, SmtpTransport

_LITTLE_SPACE = 500 * 1024 * 1024
_PLACEHOLDERS = ("Organisme Exemple Formation", "")


@dataclass(frozen=True)
class Check:
    """One line of the diagnosis; `ok` None is a remark that stops nothing."""

    name: str
    ok: bool | None
    text: str
    remedy: str = ""


def diagnose(config: Config) -> Iterator[Check]:
    """Every check, in the order in which they matter."""
    yield from _folders(config)
    yield from _engines(config)
    yield from _templates(config)
    yield from _organisation(config)
    yield from _mail(config)


def _folders(config: Config) -> Iterator[Check]:
    for name in ("inbox", "outbox", "templates"):
        folder: Path = getattr(config.folders, name)
        if name == "templates" and not folder.is_dir():
            yield Check(
                "dossier templates",
                ok=None,
                text=f"« {folder} » n’existe pas",
                remedy="Les modèles livrés servent ; copiez-les là pour les modifier.",
            )
        elif not folder.is_dir():
            yield Check(
                f"dossier {name}",
                ok=False,
                text=f"« {folder} » n’existe pas",
                remedy="Créez-le, ou corrigez folders dans config.yaml.",
            )
        elif name != "templates" and not _writable(folder):
            yield Check(
                f"dossier {name}",
                ok=False,
                text=f"« {folder} » n’est pas accessible en écriture",
                remedy="Donnez ce droit au compte du service.",
            )
        else:
            yield Check(f"dossier {name}", ok=True, text=str(folder))
    state = next(one for one in (config.folders.state, *config.folders.state.parents) if one.exists())
    kind = network_file_system(state)
    if kind:
        yield Check(
            "dossier d’état", ok=False, text=f"sur un disque réseau ({kind})", remedy="Mettez folders.state sur un disque local."
        )
    else:
        yield Check(
            "dossier d’état",
            ok=_writable(state),
            text=f"{config.folders.state} (disque local)",
            remedy="Donnez le droit d’écriture au compte du service.",
        )
    free = shutil.disk_usage(state).free
    yield Check("place libre", ok=free > _LITTLE_SPACE, text=f"{free / 2**30:.1f} Go", remedy="Libérez de la place.")


def _writable(folder: Path) -> bool:
    probe = folder / f".essai-{uuid.uuid4().hex}.tmp"
    try:
        probe.touch()
        probe.unlink()
    except OSError:
        return False
    return True


def _engines(config: Config) -> Iterator[Check]:
    """Which engine makes the PDFs, and why that one."""
    found, chosen = available(), chosen_name(config.pdf)
    for one in found:
        yield Check(
            f"moteur PDF {one.name}",
            ok=True if one.usable else None,
            text=f"{one.why}{f' ← choisi, {_reason(config)}' if one.name == chosen and one.usable else ''}",
        )
    try:
        choose(config.pdf, config.folders.state / "work" / "pdf")  # starts nothing
    except ConfigError as error:
        yield Check("moteur PDF demandé", ok=False, text=error.message.rstrip("."), remedy=error.remedy)
    if chosen == "embedded":
        yield Check(
            "moteur intégré",
            ok=None,
            text="il ne rend pas tout ce que Word sait faire",
            remedy="« processor lint » nomme ce qu’il ne rend pas dans vos modèles.",
        )
    yield _font(config, chosen)


def _reason(config: Config) -> str:
    if config.pdf.engine != "auto":
        return "demandé par pdf.engine"
    return "le seul qui fasse du PDF/A (pdf.pdf_a)" if config.pdf.pdf_a else "le premier utilisable (pdf.engine: auto)"


def _templates(config: Config) -> Iterator[Check]:
    """Documents of config.yaml whose template is missing, or that join no mail."""
    missing = sorted({one.template for one in models(config).values() if not config.template(one.template).exists()})
    if missing:
        yield Check(
            "modèles",
            ok=False,
            text=f"introuvables : {', '.join(missing)}",
            remedy="Mettez-les dans le dossier templates, ou corrigez documents dans config.yaml : leurs sessions attendent.",
        )
    for row in unattached(config):
        yield Check(
            "documents ajoutés",
            ok=None,
            text=f"« {row.name} » n’est joint à aucun e-mail que « {row.audience} » reçoit",
            remedy="Corrigez for, when ou attach_to, ou envoyez-le par « Écrire à ».",
        )


def _font(config: Config, engine: str) -> Check:
    """Whether the documents come out in the organisation's own font."""
    font = config.brand.font
    if installed(font, engine):
        return Check("police des documents", ok=True, text=font)
    return Check(
        "police des documents",
        ok=None,
        text=f"« {font} » (brand.font) manque au moteur {engine} : les PDF seront en {FAMILY}",
        remedy="Le moteur intégré n’a que la police livrée : installez LibreOffice et la police, ou choisissez Lato.",
    )


def _organisation(config: Config) -> Iterator[Check]:
    of = config.organisation
    missing = [
        label
        for label, value in (
            ("siret", of.siret),
            ("nda", of.nda),
            ("prefect_region", of.prefect_region),
            ("address", of.address),
            ("signatory", of.signatory),
            ("e-mail", of.email),
        )
        if not value
    ]
    if of.name in _PLACEHOLDERS:
        yield Check(
            "organisme",
            ok=None,
            text="config.yaml décrit encore l’organisme d’exemple",
            remedy="Remplissez la section organisation.",
        )
    if missing:
        yield Check(
            "organisme",
            ok=False,
            text=f"à remplir : {', '.join(missing)}",
            remedy="Ces mentions sont obligatoires sur les documents.",
        )
    elif of.name not in _PLACEHOLDERS:
        yield Check("organisme", ok=True, text=of.name)
    nda = of.nda.replace(" ", "")
    if nda and len(nda) != 11:
        yield Check(
            "déclaration d’activité", ok=False, text=f"« {of.nda} » n’a pas 11 caractères", remedy="Recopiez le récépissé."
        )


def _mail(config: Config) -> Iterator[Check]:
    if not config.coordinator.email:
        yield Check(
            "coordination",
            ok=None,
            text="sans adresse (coordinator.e-mail) : ni point du jour, ni avis de refus",
            remedy="Donnez l’adresse de la personne qui suit les sessions.",
        )
    if config.mail.transport == "folder":
        yield Check("e-mails", ok=True, text="rangés dans des dossiers (.eml), rien ne part", remedy="")
        return
    smtp = config.mail.smtp
    transport = SmtpTransport(smtp)
    try:
        transport.check()
        yield Check("SMTP", ok=True, text=f"{smtp.host}:{smtp.port} ({smtp.security})")
    except (Refused, UserError, smtplib.SMTPException, OSError) as error:
        yield Check(
            "SMTP", ok=False, text=str(error), remedy="Vérifiez mail.smtp et la variable d’environnement du mot de passe."
        )
    finally:
        transport.close()
    if config.mail.redirect_to:
        yield Check(
            "répétition",
            ok=None,
            text=f"tous les e-mails partent à {config.mail.redirect_to}",
            remedy="Videz mail.redirect_to pour écrire aux clients.",
        )
    if config.mail.lookup.imap_host:
        try:
            was_sent(config.mail.lookup, "<essai@organisme.example>")
            yield Check("IMAP", ok=True, text=config.mail.lookup.imap_host)
            yield _bounces(config.mail.lookup)
        except (MailboxError, UserError) as error:
            yield Check("IMAP", ok=False, text=str(error), remedy="Vérifiez mail.lookup.")
    elif "SMTP_PASSWORD" in os.environ or smtp.user:
        yield Check(
            "IMAP", ok=None, text="aucune recherche configurée", remedy="mail.lookup lève seul les doutes après une coupure."
        )


def _bounces(settings: Lookup) -> Check:
    """Whether mails that come back are seen."""
    if settings.bounces is None:
        return Check(
            "avis de non-remise",
            ok=None,
            text="ils ne sont pas lus",
            remedy="Donnez dans mail.lookup.bounces le dossier où ils arrivent (INBOX, en général).",
        )
    try:
        with opened(settings) as box:
            box.select(settings.bounces)
    except MailboxError as error:
        return Check("avis de non-remise", ok=False, text=str(error), remedy="Vérifiez mail.lookup.bounces.")
    return Check("avis de non-remise", ok=True, text=f"lus dans « {settings.bounces} »")
