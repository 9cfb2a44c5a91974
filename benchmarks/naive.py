"""The script that a competent user would write: openpyxl, docxtpl, one `soffice --convert-to` a document, smtplib.

It checks nothing, keeps no state and writes nothing back. What its documents say is handed to it ready made: only
reading, filling, converting and sending are timed.
"""

from __future__ import annotations

import os
import smtplib
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from email.message import EmailMessage
from pathlib import Path

from docxtpl import DocxTemplate
from openpyxl import load_workbook

from processor.config import Config
from processor.documents import tags
from processor.documents.plan import Planned, documents_for
from processor.documents.sandbox import environment
from processor.form.steps import Form
from processor.session import Session

_SOFFICE = ["soffice", "--headless", "--convert-to", "pdf", "--outdir"]


@dataclass
class Times:
    """Seconds of each of its steps, for `sessions` sessions with `documents` documents."""

    sessions: int = 0
    documents: int = 0
    read: float = 0.0
    fill: float = 0.0
    convert: float = 0.0
    send: float = 0.0

    @property
    def total(self) -> float:
        return self.read + self.fill + self.convert + self.send


def run(workbooks: Sequence[tuple[Path, Form]], config: Config, folder: Path, today: date) -> Times:
    """Do these workbooks, one after the other; LibreOffice has its default profile, used before."""
    folder.mkdir(parents=True, exist_ok=True)
    home = folder / "home"
    home.mkdir(exist_ok=True)
    environment_of_soffice = os.environ | {"HOME": str(home)}
    _convert(config.template("devis.docx"), folder / "first", environment_of_soffice)  # makes the profile
    times = Times(sessions=len(workbooks))
    for number, (path, form) in enumerate(workbooks):
        session = Session(form, config, f"N{number:04d}", 1, today)
        planned = documents_for(session)
        contexts = [tags.context(session, one, {}) for one in planned]
        begun = time.perf_counter()
        _read(path)
        read = time.perf_counter()
        made = [_fill(config, one, context, folder) for one, context in zip(planned, contexts, strict=True)]
        filled = time.perf_counter()
        pdfs = [_convert(docx, folder, environment_of_soffice) for docx in made]
        converted = time.perf_counter()
        _send(config, session, pdfs)
        sent = time.perf_counter()
        times.documents += len(pdfs)
        times.read += read - begun
        times.fill += filled - read
        times.convert += converted - filled
        times.send += sent - converted
    return times


def _read(path: Path) -> list[dict[str, object]]:
    book = load_workbook(path, data_only=True)
    return [{cell.coordinate: cell.value for row in sheet.iter_rows() for cell in row} for sheet in book.worksheets]


def _fill(config: Config, one: Planned, context: dict[str, object], folder: Path) -> Path:
    template = DocxTemplate(config.template(one.template))
    template.render(context, jinja_env=environment())
    path = folder / f"{one.name}.docx"
    template.save(path)
    return path


def _convert(docx: Path, folder: Path, environment_of_soffice: dict[str, str]) -> Path:
    folder.mkdir(exist_ok=True)
    subprocess.run([*_SOFFICE, str(folder), str(docx)], env=environment_of_soffice, check=True, capture_output=True)
    return folder / f"{docx.stem}.pdf"


def _send(config: Config, session: Session, pdfs: Sequence[Path]) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = config.mail.sender, session.form.client.email, session.title
    message.set_content("Bonjour,\n\nvous trouverez ci-joint notre proposition.\n")
    for pdf in pdfs:
        message.add_attachment(pdf.read_bytes(), maintype="application", subtype="pdf", filename=pdf.name)
    with smtplib.SMTP(config.mail.smtp.host, config.mail.smtp.port) as server:
        server.send_message(message)
