"""Whether a folder is on a network file system, where SQLite corrupts and file events are not seen."""

from __future__ import annotations

from pathlib import Path

import psutil

_REMOTE = ("nfs", "cifs", "smb", "fuse.sshfs", "fuse.davfs", "davfs", "afs", "ncpfs", "fuse.rclone", "webdav", "ceph")


def network_file_system(path: Path) -> str | None:
    """The kind of network file system that holds `path` (nfs4, cifs …), None for a local disk."""
    resolved = path.resolve()
    if str(resolved).startswith(("\\\\", "//")):
        return "partage Windows"
    holders = [part for part in psutil.disk_partitions(all=True) if resolved.is_relative_to(part.mountpoint)]
    if not holders:
        return None
    nearest = max(holders, key=lambda part: len(part.mountpoint))
    remote = nearest.fstype.lower().startswith(_REMOTE) or "remote" in nearest.opts.split(",")
    return nearest.fstype if remote else None
