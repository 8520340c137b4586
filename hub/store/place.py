"""Where a data folder may be: on a disk of this machine.

SQLite's write-ahead log needs memory that all its users share, and locks that
hold; network file systems promise neither.
"""

import re
from pathlib import Path

from hub.store.errors import DataFolderError

_NETWORK = ("nfs", "cifs", "smb", "9p", "afs", "ceph", "sshfs", "glusterfs")
_MOUNTS = Path("/proc/self/mounts")


def require_local(folder: Path, mounts: Path = _MOUNTS) -> None:
    """Raise DataFolderError where `folder` is on a network file system.

    Where the system has no list of mounts, nothing is known and nothing refused.
    """
    kind = _file_system(folder.resolve(), mounts)
    if kind.removeprefix("fuse.").startswith(_NETWORK):
        raise DataFolderError(f"{folder} is on a network file system ({kind})")


def _file_system(folder: Path, mounts: Path) -> str:
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError:
        return ""
    deepest, found = 0, ""
    for line in filter(None, lines):
        _, point, kind, *_ = line.split(" ")
        path = _unescaped(point)
        # Of two mounts at the same place the later one hides the earlier.
        if folder.is_relative_to(path) and len(path) >= deepest:
            deepest, found = len(path), kind
    return found


def _unescaped(point: str) -> str:
    """Return a mount point as a path: blanks and such are written in octal."""
    return re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), point)
