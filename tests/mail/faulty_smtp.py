"""An SMTP server that fails on purpose: one script a connection, real sockets on loopback.

A script is a mapping from a moment (`greeting`, `EHLO`, `STARTTLS`, `AUTH`, `MAIL`, `RCPT`, `DATA`, `dot`, `QUIT`) to
what happens there: a reply line, `drop` (the connection closes), `hang` (nothing more is said) or `drip` (a byte
every tenth of a second, for ever).
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType

Script = Mapping[str, str]
_USUAL = {
    "greeting": "220 faulty.example ESMTP",
    "EHLO": "250-faulty.example\r\n250 AUTH PLAIN LOGIN",
    "STARTTLS": "220 go ahead",
    "AUTH": "235 ok",
    "MAIL": "250 ok",
    "RCPT": "250 ok",
    "DATA": "354 go",
    "dot": "250 queued",
    "RSET": "250 ok",
    "QUIT": "221 bye",
}


@dataclass
class FaultySmtp:
    """Connections use the scripts in turn, the last one again and again. `messages` are those accepted or not."""

    scripts: Sequence[Script]
    context: ssl.SSLContext | None = None
    messages: list[bytes] = field(default_factory=list)
    connections: int = 0

    def __enter__(self) -> FaultySmtp:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        for one in (self._listener, *self._open):
            one.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            script = self.scripts[min(self.connections, len(self.scripts) - 1)]
            self.connections += 1
            self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection, script), daemon=True).start()

    def _serve(self, connection: socket.socket, script: Script) -> None:
        try:
            self._talk(connection, script)
        except OSError:
            pass
        finally:
            connection.close()

    def _talk(self, connection: socket.socket, script: Script) -> None:
        stream = connection.makefile("rb")
        if not _say(connection, script, "greeting"):
            return
        recipients = 0
        while line := stream.readline():
            verb = line.split()[0].decode().upper() if line.split() else ""
            moment = "EHLO" if verb == "HELO" else verb
            if moment == "RCPT":
                recipients += 1
                moment = f"RCPT{recipients}" if f"RCPT{recipients}" in script else "RCPT"
            if not _say(connection, script, moment):
                return
            if verb == "STARTTLS" and self.context is not None:
                connection = self.context.wrap_socket(connection, server_side=True)
                stream = connection.makefile("rb")
            elif verb == "DATA" and script.get("DATA", "354").startswith("354"):
                body = b""
                while (part := stream.readline()) not in (b".\r\n", b""):
                    body += part.removeprefix(b".")  # RFC 5321, 4.5.2
                if part:
                    self.messages.append(body)
                if not _say(connection, script, "dot"):
                    return
                recipients = 0
            elif verb == "QUIT":
                return


def _say(connection: socket.socket, script: Script, moment: str) -> bool:
    """Reply as the script has it; False ends the connection."""
    act = script.get(moment, _USUAL.get(moment, "500 what?"))
    if act == "drop":
        return False
    if act in ("hang", "drip"):
        for _ in range(600):
            time.sleep(0.1)
            if act == "drip":
                connection.sendall(b"2")
        return False
    connection.sendall(act.encode() + b"\r\n")
    return True
