"""An SMTP server of its own process on loopback: it takes everything and notes when each message was complete.

`python -m benchmarks.postbox LOG` prints its port; LOG gets a line a message: epoch seconds and bytes.
"""

from __future__ import annotations

import contextlib
import socketserver
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_ANSWERS = {
    b"EHLO": b"250-postbox.example\r\n250 8BITMIME",
    b"HELO": b"250 postbox.example",
    b"MAIL": b"250 ok",
    b"RCPT": b"250 ok",
    b"RSET": b"250 ok",
    b"DATA": b"354 go",
    b"QUIT": b"221 bye",
}
_ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Postbox:
    """The running server."""

    port: int
    log: Path

    def received(self) -> list[float]:
        """When each message was complete (epoch seconds)."""
        return [float(line.split()[0]) for line in self.log.read_text(encoding="ascii").splitlines()]


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Postbox]:
    """A server until the block ends."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "postbox.log"
    log.write_text("", encoding="ascii")
    server = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.postbox", str(log)], stdout=subprocess.PIPE, text=True, cwd=_ROOT
    )
    try:
        assert server.stdout is not None
        yield Postbox(int(server.stdout.readline()), log)
    finally:
        server.kill()
        server.wait()


class _Conversation(socketserver.StreamRequestHandler):
    log: BinaryIO

    def handle(self) -> None:
        self._say(b"220 postbox.example ESMTP")
        for line in iter(self.rfile.readline, b""):
            verb = line[:4].upper()
            self._say(_ANSWERS.get(verb, b"500 what?"))
            if verb == b"QUIT":
                return
            if verb == b"DATA":
                size = self._message()
                self.log.write(f"{time.time():.6f} {size}\n".encode())
                self._say(b"250 queued")

    def _message(self) -> int:
        """Read up to the line with a single dot; how many bytes."""
        size, tail = 0, b""
        while not tail.endswith(b"\r\n.\r\n"):
            part = self.rfile.read1()
            if not part:
                break
            size += len(part)
            tail = (tail + part)[-5:]
        return size

    def _say(self, answer: bytes) -> None:
        self.wfile.write(answer + b"\r\n")


def main(log: Path) -> None:
    with log.open("ab", buffering=0) as stream:
        _Conversation.log = stream
        with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Conversation) as server:
            print(server.server_address[1], flush=True)
            server.serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
