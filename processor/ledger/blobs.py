"""Files in the ledger, named by the SHA-256 of their content; each content is stored once."""

from __future__ import annotations

import hashlib
import zlib

from sqlalchemy import bindparam, select

from processor.ledger.statements import Statement
from processor.ledger.store import Store
from processor.ledger.tables import blobs

_LARGEST = 30_000  # bytes tried: what is larger is PDFs, or a message full of them, where milliseconds save a quarter at best
_PACKED = (b"PK\x03\x04", b"%PDF")  # Office files and PDFs
_RAW, _ZLIB = b"r", b"z"  # first byte of what is stored

_KNOWN = Statement(select(blobs.c.sha256).where(blobs.c.sha256 == bindparam("name")))
_CONTENT = Statement(select(blobs.c.content).where(blobs.c.sha256 == bindparam("name")))
_KEEP = Statement(blobs.insert())


class Blobs:
    def __init__(self, store: Store) -> None:
        self._store = store

    def put(self, content: bytes) -> str:
        """Keep `content`; returns its SHA-256 in hexadecimal."""
        sha = hashlib.sha256(content).hexdigest()
        with self._store.transaction() as connection:
            if _KNOWN.first(connection, name=sha) is None:
                _KEEP.run(connection, sha256=sha, content=_stored(content))
        return sha

    def get(self, sha256: str) -> bytes:
        """The content named `sha256`. Raises `KeyError` if the ledger does not have it."""
        with self._store.reading() as connection:
            found = _CONTENT.first(connection, name=sha256)
        if found is None:
            raise KeyError(sha256)
        stored = bytes(found[0])
        return zlib.decompress(stored[1:]) if stored[:1] == _ZLIB else stored[1:]


def _stored(content: bytes) -> bytes:
    if len(content) > _LARGEST or content.startswith(_PACKED):
        return _RAW + content
    packed = zlib.compress(content)
    return _ZLIB + packed if len(packed) < len(content) * 0.9 else _RAW + content
