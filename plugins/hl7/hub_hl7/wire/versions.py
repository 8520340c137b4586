"""Versions of the standard, as MSH-12 names them and as senders write them."""

import re
from collections.abc import Sequence

VERSIONS = (
    "2.1", "2.2", "2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.7.1", "2.8",
    "2.8.1", "2.8.2", "2.9",
)  # fmt: skip
DEFAULT = "2.5"
_VERSION = re.compile(r"(?<!\d)(\d)(?:[.,](\d)\.?(\d)?|$)(?!\d)", re.ASCII)


def nearest_version(sent: str, known: Sequence[str] = VERSIONS) -> str:
    """Return the version in `known`, which ascends, that is nearest to `sent`.

    That is the newest one that is not newer, the oldest where all are, and 2.5 (or
    what is nearest to it) where `sent` names no version. A version selects what
    fields mean and never whether a message is accepted (R-HL7-09).
    """
    match = _VERSION.search(sent.strip())
    wanted = _key(".".join(match.groups("0")) if match else DEFAULT)
    older = [version for version in known if _key(version) <= wanted]
    return older[-1] if older else known[0]


def _key(version: str) -> tuple[int, ...]:
    return (*map(int, version.split(".")), 0, 0)[:3]
