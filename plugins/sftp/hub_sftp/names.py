"""File names: made by the hub, and safe on every file system (S8)."""

import re
import string
from collections.abc import Iterator, Mapping
from datetime import UTC
from typing import Final

from hub.sdk import Artifact
from hub_sftp.errors import UnsafeNameError

#: What a reader ignores until it is renamed.
PART = ".part"

#: In bytes; leaves room for the part's suffix in the 255 of most file systems.
_LONGEST = 200
_ID = re.compile(r"[A-Za-z0-9_-]+")
_STEM = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
_SUFFIX = re.compile(r"(\.[A-Za-z0-9_-]+)*")
_LITERAL = re.compile(r"[A-Za-z0-9_.-]*")
_NUMBERED: Final = frozenset({"period", "created", "sequence"})
_FIELDS: Final = _NUMBERED | {"sender", "receiver", "kind", "mode", "id"}
#: What names that have one of these do not share with another artifact's.
_UNIQUE: Final = frozenset({"sequence", "id"})


def file_name(artifact: Artifact) -> str:
    """Return the final name: the artifact's id and suffix.

    Raises UnsafeNameError for anything but ASCII letters, digits, ``_`` and
    ``-`` with dots between, and for a suffix that marks an incomplete file.
    """
    if not _ID.fullmatch(artifact.id):
        raise UnsafeNameError(f"{len(artifact.id)} characters")
    return checked(artifact.id, artifact.suffix)


def checked(stem: str, ending: str) -> str:
    """Return the name of `stem` and `ending`. Raises UnsafeNameError."""
    name = stem + ending
    safe = _STEM.fullmatch(stem) and _SUFFIX.fullmatch(ending)
    if not safe or len(name) > _LONGEST or name.lower().endswith(PART):
        raise UnsafeNameError(f"{len(name)} characters")
    return name


def fields_of(template: str) -> frozenset[str]:
    """Return the fields in `template`. Raises ValueError for what is no template."""
    fields = set()
    for literal, field, form, conversion in string.Formatter().parse(template):
        if form or conversion or not _LITERAL.fullmatch(literal):
            raise ValueError("a file name has letters, digits, _ . - and {fields} only")
        if field is not None and field not in _FIELDS:
            raise ValueError(f"the fields are {', '.join(sorted(_FIELDS))}")
        fields |= {field} if field else set()
    if template and not fields & _UNIQUE:
        raise ValueError("a file name needs {sequence} or {id}, else two may be alike")
    return frozenset(fields)


def stem_of(artifact: Artifact, template: str, words: Mapping[str, str]) -> str:
    """Return what `template` says, by the fields of `artifact` and by `words`.

    Without a template, and where the hub gave no number that it asks for, that is the
    artifact's id: the same at each attempt. Source: domain, section 6.3.
    """
    fields = fields_of(template)
    stamp = artifact.numbered_at
    if not fields or (fields & _NUMBERED and (stamp is None or not artifact.number)):
        return artifact.id
    values = {**words, "id": artifact.id, "kind": plain(artifact.kind) or "file"}
    if stamp is not None:
        values["period"] = f"{stamp.astimezone(UTC):%Y%m%d}"
        values["created"] = f"{stamp.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    return template.format_map({**values, "sequence": f"{artifact.number:06}"})


def plain(word: str) -> str:
    """Return `word` in letters, digits, dots and hyphens."""
    return re.sub(r"[^A-Za-z0-9.-]+", "-", word).strip(".-")


def part_name(name: str, attempt: int = 1) -> str:
    """Return the name of the file while it is incomplete."""
    return name + PART if attempt == 1 else f"{name}.{attempt}{PART}"


def earlier_parts(name: str, attempt: int) -> Iterator[str]:
    """Yield what the attempts before `attempt` may have left behind."""
    return (part_name(name, earlier) for earlier in range(1, attempt))
