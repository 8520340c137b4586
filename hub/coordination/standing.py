"""Which statements stand: what was said, less what was taken back.

A sender takes a statement back by a cancel, or by another statement about the same
movement. Both may arrive before what they are about. Source: domain 3.3, steps 1
to 4.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from hub.model.facts import Fact, FactKind
from hub.model.identifiers import Identifier
from hub.model.times import FuzzyTime

#: Two statements of a time this close mean the same moment.
SAME_MOMENT = timedelta(minutes=1)
_INSTANT = timedelta(microseconds=1)

# Sorted throughout, so that a value in `details` weighs the same when it comes
# back from the store as plain data.
_encode = msgspec.json.Encoder(order="sorted").encode


class Witness(NamedTuple):
    """A fact with what puts it in order: when the sender said so, then content.

    Arrival plays no part, so that no order of arrival can change the picture.
    """

    recorded: datetime
    occurred: datetime
    digest: bytes
    fact: Fact

    @property
    def time(self) -> FuzzyTime:
        """When it happened, as well as the sender said it."""
        return self.fact.occurred or self.fact.recorded


def witness(fact: Fact) -> Witness:
    """Return `fact` ready to be folded."""
    occurred = fact.occurred.earliest if fact.occurred else fact.recorded.earliest
    stated = replace(fact, sent=None) if fact.sent else fact
    return Witness(said_at(fact), occurred, _encode(stated), fact)


def said_at(fact: Fact) -> datetime:
    """Return when the sender said it, as exactly as it is known.

    Of a minute, or a day, in which something was recorded, the time of sending says
    at which part of it.
    """
    earliest, latest = fact.recorded.earliest, fact.recorded.latest
    if fact.sent is None or latest <= earliest:
        return earliest
    return min(max(earliest, fact.sent.earliest), latest - _INSTANT)


#: What puts witnesses in the order in which things happened.
by_occurrence = attrgetter("occurred", "recorded", "digest")
_in_order = attrgetter("recorded", "occurred", "digest")


class Standing:
    """What stands of `witnesses`, and what was taken back.

    `ordered` has each statement once, in the order in which they were said;
    `cancelled` what cancels took back, `unmatched` how many cancels found nothing.
    """

    def __init__(self, witnesses: Sequence[Witness]) -> None:
        latest_first = sorted(witnesses, reverse=True, key=_in_order)
        once = {each.digest: each for each in latest_first}
        repeated = len(once) < len(latest_first)
        self.ordered = (
            sorted(once.values(), key=_in_order) if repeated else (latest_first[::-1])
        )
        self.cancelled: list[Witness] = []
        self.unmatched = 0
        replaced, void = _movements(self.ordered)
        self._gone = {each.digest for each in (*replaced, *void)}
        self.cancelled += void
        self._of_kind: dict[FactKind, list[Witness]] = {}
        for each in self.ordered:
            self._of_kind.setdefault(each.fact.kind, []).append(each)
        for cancel in self.of(FactKind.CANCEL):
            self._take_back(cancel)

    def of(self, kind: FactKind) -> Sequence[Witness]:
        """Return the statements of a kind that stand, oldest said first."""
        said = self._of_kind.get(kind, ())
        if not said or not self._gone:  # nearly always
            return said
        return [each for each in said if each.digest not in self._gone]

    def stands(self, each: Witness) -> bool:
        """Say whether nothing took a statement back or replaced it."""
        return each.digest not in self._gone

    def cancels(self, kind: FactKind) -> list[Witness]:
        """Return what was said to take back statements of a kind."""
        return [
            each
            for each in self.ordered
            if each.fact.cancels is kind
            or (each.fact.kind is kind and _cancels_movement(each.fact))
        ]

    def _take_back(self, cancel: Witness) -> None:
        targets = self._targets(cancel)
        self.unmatched += not targets
        self.cancelled += targets
        self._gone |= {each.digest for each in targets}

    def _targets(self, cancel: Witness) -> list[Witness]:
        """Return what `cancel` takes back, nothing where that is not known (yet).

        Only what was said before the cancel can be meant: a later statement of
        the same kind is a new one.
        """
        kind = cancel.fact.cancels
        candidates = [
            each
            for each in (self.of(kind) if kind else ())
            if each.recorded <= cancel.recorded
            and each.fact.pending == cancel.fact.pending
        ]
        candidates = _of_the_time_named(candidates, cancel)
        prior = cancel.fact.prior_location
        if prior is not None:
            there = [each for each in candidates if each.fact.location == prior]
            candidates = there or candidates
        if kind in _RESTATED or not candidates:
            return candidates
        target = max(candidates, key=_in_order)
        return [each for each in candidates if _same_statement(each, target)]


def _same_statement(one: Witness, other: Witness) -> bool:
    """Say whether both say that the same happened at the same time."""
    place = one.fact.location == other.fact.location
    return (
        abs(one.occurred - other.occurred) <= SAME_MOMENT
        and one.fact.encounter_class == other.fact.encounter_class
        and (place or one.fact.kind is not FactKind.MOVE)
    )


#: Said again they mean the same, put off: a cancel is about all of them.
_RESTATED = frozenset({FactKind.PLAN, FactKind.PENDING})


def _movements(
    ordered: Iterable[Witness],
) -> tuple[list[Witness], list[Witness]]:
    """Return the statements about movements that others replace, and the cancels.

    Of one movement of a kind the statement that was said last holds.
    """
    # Some senders give a discharge the number of the last transfer.
    latest: dict[tuple[Identifier, FactKind], Witness] = {}
    replaced = []
    for each in ordered:
        movement = each.fact.movement
        if movement is None or not movement.ids:
            continue
        which = (movement.ids[0], each.fact.kind)
        before = latest.get(which)
        if before is not None:
            replaced.append(before)
        latest[which] = each
    return replaced, [each for each in latest.values() if _cancels_movement(each.fact)]


def _cancels_movement(fact: Fact) -> bool:
    return fact.movement is not None and fact.movement.action == "cancel"


def _of_the_time_named(candidates: list[Witness], cancel: Witness) -> list[Witness]:
    """Narrow down by EVN-6, which in a cancel is the time of what is cancelled.

    Some senders put the time of the cancel itself there: then it says nothing.
    """
    if cancel.fact.occurred is None:
        return candidates
    named = [
        each
        for each in candidates
        if abs(each.occurred - cancel.occurred) <= SAME_MOMENT
    ]
    own_time = abs(cancel.occurred - cancel.recorded) <= SAME_MOMENT
    return named or (candidates if own_time else [])
