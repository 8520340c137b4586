"""What is found of a file before any of it is used: which parts are as they should be.

A part that has a fault is refused as a whole, and costs none of the others. Warnings
are told to the sender, and change nothing.
"""

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct, field

from hub.sdk import HubError, Recovery, Semantics
from hub_payer.x12.events import Fault, GroupBegin, InterchangeBegin, TransactionBegin

#: An element of a segment that is written, or its components.
Part = str | list[str]
#: Accepted transaction sets that an acknowledgement lists one by one.
LISTED = 1000
_MOST_FAULTY = 10_000


class TooManyPartsError(HubError):
    """A file of a million small interchanges, or of nothing but faults."""

    code = "X12-002"
    summary = "The file has more parts, or more faulty parts, than are looked at"
    remedy = (
        "Ask the sender for files of at most 1,000 interchanges, 10,000 groups and"
        " 10,000 faulty transaction sets"
    )
    recovery = Recovery.REJECT


class SetVerdict(Struct):
    """A transaction set: its faults, and what is wrong in it in detail.

    `details` are segments of an acknowledgement (IK3, CTX, IK4), elements in lists.
    """

    begin: TransactionBegin
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    details: list[list[Part]] = field(default_factory=list)


class GroupVerdict(Struct):
    """A group. `sets` are those with faults, and the first of the others."""

    begin: GroupBegin
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    sets: list[SetVerdict] = field(default_factory=list)
    stated: str = ""
    received: int = 0
    refused: int = 0

    @property
    def answerable(self) -> bool:
        """Whether it may be acknowledged: acknowledgements are not."""
        return self.begin.kind != "FA"


class InterchangeVerdict(Struct):
    """An interchange."""

    begin: InterchangeBegin
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    groups: list[GroupVerdict] = field(default_factory=list)
    ta1s: int = 0

    @property
    def answerable(self) -> bool:
        """Whether it may be answered with a TA1: one of answers alone is not."""
        if not self.groups:
            return not self.ta1s
        return any(group.answerable for group in self.groups)


class Survey(Struct):
    """All that is to be known of a file before its rows.

    `refused` names transaction sets by interchange, group and their own number.
    `purposes` are the BGN08 of its 834s and `kinds` the ST01 of all, in their order.
    """

    interchanges: list[InterchangeVerdict] = field(default_factory=list)
    refused: set[tuple[int, int, int]] = field(default_factory=set)
    purposes: dict[str, None] = field(default_factory=dict)
    kinds: dict[str, None] = field(default_factory=dict)
    reference: str = ""
    said: datetime | None = None
    stated: int | None = None
    test: bool = False
    semantics: Semantics = "append"

    def refuses(self, interchange: int, group: int, number: int) -> bool:
        """Say whether a transaction set is not to be used."""
        found = self.interchanges[interchange - 1]
        return bool(
            found.faults
            or found.groups[group - 1].faults
            or (interchange, group, number) in self.refused
        )

    def refuse(
        self, group: GroupVerdict, begin: TransactionBegin, interchange: int
    ) -> None:
        """Note that a transaction set is not to be used. Raises TooManyPartsError."""
        if len(self.refused) >= _MOST_FAULTY:
            raise TooManyPartsError("faulty transaction sets")
        self.refused.add((interchange, group.begin.number, begin.number))
        group.refused += 1

    def faults(self) -> Iterator[tuple[str, Fault]]:
        """Yield each fault with the name of the part that it costs.

        Of a part that is refused, what is in it is not named again.
        """
        for interchange in self.interchanges:
            name = f"interchange {interchange.begin.number}"
            if interchange.faults:
                yield name, interchange.faults[0]
                continue
            for group in interchange.groups:
                inner = f"{name} group {group.begin.number}"
                if group.faults:
                    yield inner, group.faults[0]
                    continue
                for each in group.sets:
                    if each.faults:
                        yield f"{inner} set {each.begin.number}", each.faults[0]
