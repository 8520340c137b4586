"""Marks: from where a label comes, as `Labels.derived_by` says.

An entry is ``source:code:label`` (``diagnosis:F10.2:ETH``), ``FIELD:label``
(``PV1-16:VIP``), or a field alone (``PD1-12``).
"""

import re
from typing import NamedTuple

from hub.coordination.policy.templates import code
from hub.model.labels import Labels

#: Fields that say how confidential something is, and nothing of why.
_CONFIDENTIALITY = frozenset(
    ["PD1-11", "PD1-12", "PV2-21", "PV2-22", "DG1-18", "MSH-26", "MSH-28", "ARV-7"]
)
#: Fields that only say what may become of it.
_HANDLING = frozenset({"MSH-27", "ARV-8"})
_ONLY = {"PV1-16": "VIP"}
_FIELD = re.compile(r"[A-Z][A-Z0-9]{2}-\d+(\.\d+)?")
_RANKS = frozenset("ULMNRV")


class Mark(NamedTuple):
    """One entry; a field has no `source`, and what names no label has none."""

    source: str
    code: str
    label: str
    field: str = ""

    @property
    def confidential(self) -> bool:
        """Whether it may say by itself that something is confidential."""
        if self.label:
            return self.label in _RANKS
        return self.field not in _HANDLING

    def may_cause(self, label: str) -> bool:
        """Say whether a label may come from here; what is not understood may be it."""
        if self.label:
            return self.label == label
        return self.field not in _CONFIDENTIALITY | _HANDLING


def marks_of(labels: Labels) -> list[Mark]:
    """Return where the labels come from, in the order in which they are named."""
    return [_mark(entry) for entry in labels.derived_by]


def _mark(entry: str) -> Mark:
    first, _, rest = entry.partition(":")
    middle, _, last = rest.rpartition(":")
    label = last if last in _RANKS else code(last) if last else ""
    if _FIELD.fullmatch(first):
        return Mark("", middle, label or _ONLY.get(first, ""), first)
    if not middle:
        # A rule that names no code; without a label it may be the cause of anything.
        return Mark(first if label else "", "", label)
    return Mark(first, middle, label)
