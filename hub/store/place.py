"""Where a data folder may be: on a disk of this machine.

SQLite's write-ahead log needs memory that all its users share, and locks that
hold; network file systems promise neither.
"""

from pathlib import Path

from hub.store.errors import DataFolderError

_NETWORK = ("nfs", "cifs", "smb", "9p", "afs", "ceph", "fuse.sshfs", "glusterfs")
_MOUNTS = Path("/proc/self/mounts")


def require_local(folder: Path, mounts: Path = _MOUNTS) -> None:
    """Raise DataFolderError where `folder` is on a network file system.

    Where the system has no list of mounts, nothing is known and nothing refused.
    """
    kind = _file_system(folder.absolute(), mounts)
    if kind.startswith(_NETWORK):
        raise DataFolderError(f"{folder} is on a network file system ({kind})")


def _file_system(folder: Path, mounts: Path) -> str:
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError:
        return ""
    mounts_by_depth = []
    for line in filter(None, lines):
        _, point, kind, *_ = line.split(" ")
        if folder.is_relative_to(point):
            mounts_by_depth.append((len(point), kind))
    return max(mounts_by_depth)[1] if mounts_by_depth else ""
