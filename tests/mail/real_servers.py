"""Postfix and Dovecot, started for a test with their own folders and ports: submission over STARTTLS with login,
and an IMAP mailbox in whose « Sent » folder everything accepted is kept, as an archive is."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PASSWORD = "sésame-de-test"
USER = "formation"
REFUSED = "inconnu@client.example"
_NOBODY = 65534

_DOVECOT = """
base_dir = {d}/run
log_path = {d}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = required
ssl_cert = <{certificate}
ssl_key = <{key}
mail_location = maildir:{d}/mail/%u
first_valid_uid = 1
first_valid_gid = 1
auth_mechanisms = plain login
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {d}/users
}}
userdb {{
  driver = static
  args = uid=65534 gid=65534 home={d}/mail/%u
}}
service imap-login {{
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {imap}
  }}
}}
service auth {{
  unix_listener {d}/auth {{
    mode = 0666
  }}
}}
namespace inbox {{
  inbox = yes
  mailbox Sent {{
    auto = create
  }}
}}
"""

_MAIN = """
compatibility_level = 3.6
queue_directory = {d}/spool
data_directory = {d}/data
maillog_file_prefixes = {d}
maillog_file = {d}/postfix.log
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = relais.organisme.example
mydestination =
mynetworks =
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {d}/auth
smtpd_recipient_restrictions = check_recipient_access texthash:{d}/access, permit_sasl_authenticated, reject
virtual_mailbox_domains = client.example
virtual_mailbox_base = {d}/mail
virtual_mailbox_maps = static:{user}/.Sent/
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
"""

_MASTER = """
127.0.0.1:{smtp} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True)
class Servers:
    """Ports on loopback, the certificate to trust, and the folder where accepted messages lie."""

    smtp: int
    imap: int
    certificate: Path
    sent: Path

    @property
    def delivered(self) -> list[bytes]:
        """The messages that Postfix accepted and delivered."""
        return [path.read_bytes() for folder in ("new", "cur") for path in (self.sent / folder).glob("*")]


def missing() -> str:
    """What keeps these servers from being started here; empty if nothing."""
    found = [
        name
        for name in ("postfix", "dovecot", "openssl")
        if not shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    ]
    if found:
        return f"not installed: {', '.join(found)}"
    return "" if hasattr(os, "geteuid") and os.geteuid() == 0 else "Postfix and Dovecot need root"


@contextmanager
def running(folder: Path) -> Iterator[Servers]:
    """Both servers, until the block ends."""
    folder.chmod(0o755)
    for parent in folder.parents:
        if parent.stat().st_uid == os.geteuid() and parent != Path("/"):
            parent.chmod(parent.stat().st_mode | 0o011)
    certificate, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
         "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
    names = {
        "d": folder,
        "certificate": certificate,
        "key": key,
        "user": USER,
        "smtp": _port(),
        "imap": _port(),
    }
    (folder / "users").write_text(f"{USER}:{{PLAIN}}{PASSWORD}\n", encoding="utf-8")
    (folder / "access").write_text(f"{REFUSED} 550 inconnu\n", encoding="ascii")
    mail = folder / "mail"
    mail.mkdir()
    os.chown(mail, _NOBODY, _NOBODY)
    (folder / "dovecot.conf").write_text(_DOVECOT.format(**names))
    etc = folder / "etc"
    etc.mkdir()
    (etc / "main.cf").write_text(_MAIN.format(**names))
    (etc / "master.cf").write_text(_MASTER.format(**names))
    (folder / "spool").mkdir()
    (folder / "data").mkdir()
    shutil.chown(folder / "data", "postfix")
    dovecot = subprocess.Popen(["/usr/sbin/dovecot", "-F", "-c", str(folder / "dovecot.conf")], stderr=subprocess.DEVNULL)
    try:
        subprocess.run(["/usr/sbin/postfix", "-c", str(etc), "start"], check=True, capture_output=True, timeout=60)
        _until_listening(names["smtp"], names["imap"])  # type: ignore[arg-type]
        yield Servers(int(str(names["smtp"])), int(str(names["imap"])), certificate, mail / USER / ".Sent")
    finally:
        subprocess.run(["/usr/sbin/postfix", "-c", str(etc), "stop"], check=False, capture_output=True, timeout=60)
        dovecot.terminate()
        dovecot.wait(20)


def _port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def _until_listening(*ports: int) -> None:
    end = time.monotonic() + 20
    for port in ports:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)
