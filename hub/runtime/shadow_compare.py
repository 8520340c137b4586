"""Two accounts of what came of the same messages, laid side by side.

Events are paired by message, type and what they are about, and not by id: where there
is one more in a stream, all that follow have other ids and are still the same.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from hub.model.delivery import PERMITS
from hub.runtime.shadow_report import (
    Change,
    DecisionChange,
    DeliveryChange,
    Ending,
    EventChange,
    FieldChange,
    MessageChange,
)
from hub.store.shadow_outcome import Judgement, Outcomes, Settled, Told

NO_EVENT, NOT_ASKED = "no_event", "not_asked"
#: What is never the same twice, or follows from the place in the stream alone.
_INCIDENTAL = frozenset({"id", "entity.version", "times.emitted"})
_MISSING = object()


class Comparison:
    """Compares what came of messages before and after, each in a store of its own.

    `values` says that a difference shows what stands in the field.
    """

    def __init__(self, before: Outcomes, after: Outcomes, *, values: bool) -> None:
        self._before = before
        self._after = after
        self._values = values

    def message(
        self,
        before: Settled | None,
        after: Settled | None,
        told: tuple[Sequence[Told], Sequence[Told]],
    ) -> MessageChange:
        """Return what differs in what came of one message, `told` of it included.

        Raises ValueError where there is no message on either side.
        """
        known = before or after
        if known is None:
            raise ValueError("a message is on one side at least")
        facts = tuple(each.facts if each else () for each in (before, after))
        events = tuple(self._event(*pair) for pair in _pairs(*told))
        return MessageChange(
            message=known.id,
            source=known.source,
            received_at=known.received_at,
            before=_ending(before),
            after=_ending(after),
            facts_differ=facts[0] != facts[1],
            events=events,
        )

    def _event(self, before: Told | None, after: Told | None) -> EventChange:
        known = before or after
        if known is None:
            raise ValueError("an event is on one side at least")
        fields = self._fields(before, after) if before and after else ()
        decisions = tuple(self._decisions(before, after))
        deliveries = tuple(self._deliveries(before, after, differs=bool(fields)))
        change: Change = "differs" if fields or decisions or deliveries else "same"
        if before is None or after is None:
            change = "only_before" if before else "only_after"
        return EventChange(
            change=change,
            type=known.type,
            entity=known.entity,
            before=before.id if before else None,
            after=after.id if after else None,
            fields=fields,
            decisions=decisions,
            deliveries=deliveries,
        )

    def _fields(self, before: Told, after: Told) -> tuple[FieldChange, ...]:
        found = []
        for path, old, new in differing(before.body, after.body):
            if path in _INCIDENTAL or self._same_event(old, new):
                continue
            values = (_shown(old), _shown(new)) if self._values else ()
            found.append(FieldChange(path, *values))
        return tuple(found)

    def _same_event(self, before: object, after: object) -> bool:
        """Say whether two ids are of the same event: it may have another number."""
        if not (_is_event(before) and _is_event(after)):
            return False
        name = self._before.name(str(before))
        return name is not None and name == self._after.name(str(after))

    def _decisions(
        self, before: Told | None, after: Told | None
    ) -> Iterator[DecisionChange]:
        names = {
            name for each in (before, after) if each is not None for name in each.judged
        }
        for name in sorted(names):
            old = _judged(self._before, before, name)
            new = _judged(self._after, after, name)
            words = _word(before, old), _word(after, new)
            if words[0] != words[1]:
                known = old or new
                destination = known.destination if known else ""
                yield DecisionChange(name, destination, *words)

    def _deliveries(
        self, before: Told | None, after: Told | None, *, differs: bool
    ) -> Iterator[DeliveryChange]:
        old = before.sent if before else {}
        new = after.sent if after else {}
        for name in sorted({*old, *new}):
            words = (
                self._why(self._before, before, name),
                self._why(self._after, after, name),
            )
            if name not in new:
                yield DeliveryChange(name, "less", *words)
            elif name not in old:
                yield DeliveryChange(name, "more", *words)
            elif differs:
                yield DeliveryChange(name, "otherwise", *words)

    def _why(self, side: Outcomes, told: Told | None, destination: str) -> str:
        """Return what was decided for a destination: what lets it be told, if any."""
        if told is None:
            return NO_EVENT
        judged = [
            each for each in told.judged.values() if each.destination == destination
        ]
        judged.sort(key=lambda each: each.verdict not in PERMITS)
        if judged:
            return _word(told, judged[0])
        unrelated = side.unrelated(told, destination)
        return _word(told, unrelated)


def _judged(side: Outcomes, told: Told | None, name: str) -> Judgement | None:
    return side.judgement(told, name) if told else None


def _word(told: Told | None, judgement: Judgement | None) -> str:
    if told is None:
        return NO_EVENT
    if judgement is None:
        return NOT_ASKED
    return f"{judgement.verdict} {judgement.reason}"


def _ending(settled: Settled | None) -> Ending | None:
    return settled and Ending(settled.state, settled.error_code)


def _pairs(
    before: Sequence[Told], after: Sequence[Told]
) -> Iterator[tuple[Told | None, Told | None]]:
    """Yield events that are the same one on both sides, and those of one side."""
    others: dict[tuple[str, str], list[Told]] = defaultdict(list)
    for each in after:
        others[each.entity, each.type].append(each)
    for each in before:
        same = others[each.entity, each.type]
        yield each, same.pop(0) if same else None
    left = {each.id for rest in others.values() for each in rest}
    for each in after:
        if each.id in left:
            yield None, each


def differing(
    before: Any, after: Any, path: str = ""
) -> Iterator[tuple[str, object, object]]:
    """Yield where two JSON values differ: the path, and what is there on each side.

    Lists are compared item by item where they have as many.
    """
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted({*before, *after}):
            inner = f"{path}.{key}" if path else key
            sides = before.get(key, _MISSING), after.get(key, _MISSING)
            yield from differing(*sides, inner)
    elif _lists_alike(before, after):
        for place, pair in enumerate(zip(before, after, strict=True)):
            yield from differing(*pair, f"{path}[{place}]")
    elif before != after:
        yield path, before, after


def _lists_alike(before: object, after: object) -> bool:
    both = isinstance(before, list) and isinstance(after, list)
    return both and len(before) == len(after)  # type: ignore[arg-type]


def _is_event(value: object) -> bool:
    return isinstance(value, str) and value.startswith("evt_")


def _shown(value: object) -> object:
    return None if value is _MISSING else value
