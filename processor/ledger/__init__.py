"""The ledger: the one place where state changes. Everything in the outbox can be rebuilt from it."""

from __future__ import annotations

from pathlib import Path

from processor.clock import Clock
from processor.errors import ConfigError
from processor.ledger.blobs import Blobs
from processor.ledger.documents import Documents
from processor.ledger.jobs import Jobs
from processor.ledger.journal import Events, Meta, Rejections, Reminders
from processor.ledger.locality import network_file_system
from processor.ledger.mails import Mails
from processor.ledger.retention import Retention
from processor.ledger.sessions import Sessions, Versions
from processor.ledger.store import Store


class Ledger:
    """One repository a subject; `store` gives transactions that span several."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.blobs = Blobs(store)
        self.events = Events(store)
        self.meta = Meta(store)
        self.jobs = Jobs(store)
        self.sessions = Sessions(store, self.events)
        self.versions = Versions(store)
        self.documents = Documents(store, self.events)
        self.mails = Mails(store, self.blobs, self.events, self.documents)
        self.rejections = Rejections(store)
        self.reminders = Reminders(store)
        self.retention = Retention(store)

    @classmethod
    def open(cls, url: str, clock: Clock) -> Ledger:
        """Open the ledger, making its tables if missing. Raises `ConfigError` on a network file system."""
        store = Store(url, clock)
        if store.sqlite and store.url.database:
            refuse_network(Path(store.url.database).parent)
        store.create()
        return cls(store)


def refuse_network(folder: Path) -> None:
    """Raise `ConfigError` if the state folder is not on a local disk (SQLite corrupts on a share)."""
    existing = next(one for one in (folder, *folder.parents) if one.exists())
    kind = network_file_system(existing)
    if kind:
        raise ConfigError(
            f"Le dossier d’état « {folder} » est sur un disque réseau ({kind}) : le registre s’y abîmerait.",
            "Donnez dans config.yaml un « folders.state » sur un disque local de cette machine ; l’inbox et l’outbox"
            " peuvent rester sur le partage.",
        )
