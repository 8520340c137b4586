"""File names: made by the hub, and safe on every file system (S8)."""

import re
from collections.abc import Iterator

from hub.sdk import Artifact
from hub_sftp.errors import UnsafeNameError

#: What a reader ignores until it is renamed.
PART = ".part"

#: In bytes; leaves room for the part's suffix in the 255 of most file systems.
_LONGEST = 200
_ID = re.compile(r"[A-Za-z0-9_-]+")
_SUFFIX = re.compile(r"(\.[A-Za-z0-9_-]+)*")


def file_name(artifact: Artifact) -> str:
    """Return the final name: the artifact's id and suffix.

    Raises UnsafeNameError for anything but ASCII letters, digits, ``_`` and
    ``-`` with dots between, and for a suffix that marks an incomplete file.
    """
    name = artifact.id + artifact.suffix
    safe = _ID.fullmatch(artifact.id) and _SUFFIX.fullmatch(artifact.suffix)
    if not safe or len(name) > _LONGEST or name.lower().endswith(PART):
        raise UnsafeNameError(f"{len(name)} characters")
    return name


def part_name(name: str, attempt: int = 1) -> str:
    """Return the name of the file while it is incomplete."""
    return name + PART if attempt == 1 else f"{name}.{attempt}{PART}"


def earlier_parts(name: str, attempt: int) -> Iterator[str]:
    """Yield what the attempts before `attempt` may have left behind."""
    return (part_name(name, earlier) for earlier in range(1, attempt))
