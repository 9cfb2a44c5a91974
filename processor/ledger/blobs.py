"""Files in the ledger, named by the SHA-256 of their content; each content is stored once."""

from __future__ import annotations

import hashlib
import zlib

from sqlalchemy import select

from processor.ledger.store import Store
from processor.ledger.tables import blobs

_LEVEL = 1  # three times as fast as 6 for 2 % more bytes: most of what is kept is compressed already, or base64
_RAW, _ZLIB = b"r", b"z"  # first byte of what is stored; PDF and Office files are compressed already


class Blobs:
    def __init__(self, store: Store) -> None:
        self._store = store

    def put(self, content: bytes) -> str:
        """Keep `content`; returns its SHA-256 in hexadecimal."""
        sha = hashlib.sha256(content).hexdigest()
        packed = zlib.compress(content, _LEVEL)
        stored = _ZLIB + packed if len(packed) < len(content) * 0.9 else _RAW + content
        with self._store.transaction() as connection:
            if connection.scalar(select(blobs.c.sha256).where(blobs.c.sha256 == sha)) is None:
                connection.execute(blobs.insert().values(sha256=sha, content=stored))
        return sha

    def get(self, sha256: str) -> bytes:
        """The content named `sha256`. Raises `KeyError` if the ledger does not have it."""
        with self._store.reading() as connection:
            stored = connection.scalar(select(blobs.c.content).where(blobs.c.sha256 == sha256))
        if stored is None:
            raise KeyError(sha256)
        stored = bytes(stored)
        return zlib.decompress(stored[1:]) if stored[:1] == _ZLIB else stored[1:]
