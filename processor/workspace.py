"""Making working folders: `init` copies the delivered config and templates, `demo` fills and runs one."""

from __future__ import annotations

import shutil
from pathlib import Path

from processor.config import Config, load, resources
from processor.errors import UserError
from processor.form.blank import write_filled
from processor.form.choices import ClientType
from processor.form.example import example
from processor.office import Office


def create(folder: Path) -> None:
    """A working folder: config.yaml, inbox/, outbox/, templates/. Raises `UserError` rather than overwrite one."""
    if (folder / "config.yaml").exists():
        raise UserError(f"« {folder} » est déjà un dossier de travail (config.yaml existe).", "Choisissez un autre dossier.")
    for name in ("inbox", "outbox"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    shutil.copytree(resources() / "templates", folder / "templates", dirs_exist_ok=True)
    shutil.copyfile(resources() / "config.yaml", folder / "config.yaml")


def fill_with_examples(config: Config) -> list[Path]:
    """Three filled workbooks in the inbox: a company with its OPCO, a private person, a self-employed one."""
    with Office(config) as office:
        today = office.today
    made = []
    for client in ClientType:
        path = config.folders.inbox / f"Exemple {client.label.lower()}.xlsx"
        path.write_bytes(write_filled(example(client, None, today, config), config, today))
        made.append(path)
    return made


def demo(folder: Path) -> Config:
    """A fresh working folder with the three examples in its inbox; an earlier demo's folder is used again."""
    if not (folder / "config.yaml").exists():
        create(folder)
    config = load(folder / "config.yaml")
    config.watch.settle_seconds = 0
    fill_with_examples(config)
    return config
