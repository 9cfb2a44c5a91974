"""Text for the machine's own scheduler: systemd units, or commands for the Windows Task Scheduler."""

from __future__ import annotations

import sys
from pathlib import Path

from processor.config import Config


def systemd(config: Config, user: str) -> dict[str, str]:
    """Unit files by name: the service, the nightly run and its timer."""
    common = (
        f"User={user}\nWorkingDirectory={_plain(config.root)}\nEnvironmentFile=-{_plain(config.root / 'secrets.env')}\n"
        "NoNewPrivileges=yes\nPrivateTmp=yes\nProtectSystem=full\n"
    )
    command = f"{_quoted(Path(sys.executable))} -m processor --config {_quoted(config.file)}"
    return {
        "processor.service": (
            "[Unit]\nDescription=Processor : dépôt de classeurs de formation\nAfter=network-online.target remote-fs.target\n\n"
            f"[Service]\nType=simple\n{common}ExecStart={command} watch\nRestart=always\nRestartSec=10\nTimeoutStopSec=30\n\n"
            "[Install]\nWantedBy=multi-user.target\n"
        ),
        "processor-nightly.service": (
            "[Unit]\nDescription=Processor : passage de nuit\nAfter=network-online.target remote-fs.target\n\n"
            f"[Service]\nType=oneshot\n{common}ExecStart={command} nightly\nSuccessExitStatus=75\n"
        ),
        "processor-nightly.timer": (
            "[Unit]\nDescription=Processor : passage de nuit\n\n"
            f"[Timer]\nOnCalendar=*-*-* {config.nightly.hour}:00 {config.timezone}\nPersistent=true\n\n[Install]\nWantedBy=timers.target\n"
        ),
    }


def _plain(path: Path) -> str:
    """A path that takes the whole line: systemd reads `%` as a specifier."""
    return str(path).replace("%", "%%")


def _quoted(path: Path) -> str:
    """One word of a command line, whatever spaces it has."""
    text = _plain(path).replace("\\", "\\\\").replace('"', '\\"').replace("$", "$$")
    return f'"{text}"'


def windows(config: Config) -> list[str]:
    """Commands to type once, in a console opened as administrator; passwords are set as user variables before."""
    program = f'\\"{sys.executable}\\" -m processor --config \\"{config.file}\\"'
    return [
        f'schtasks /Create /TN "Processor" /SC ONSTART /RU "%USERNAME%" /RP * /TR "{program} watch"',
        f'schtasks /Create /TN "Processor nuit" /SC DAILY /ST {config.nightly.hour} /RU "%USERNAME%" /RP * /TR "{program} nightly"',
        'schtasks /Run /TN "Processor"',
    ]


def write(folder: Path, units: dict[str, str]) -> list[Path]:
    """The unit files in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in units.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in units]
