"""Movements that the sender numbers itself: segment ZBE.

    ZBE|98177^KIS|20260310080500||INSERT|N||^^^^^^MOR^^^INN2|...|M
        id        start          end action historic trigger ward nursing-ward scope

Where a feed has them, they take away all guessing: a movement is inserted, updated or
cancelled under its number. Born in Germany, adopted by IHE. Source: IHE ITI technical
framework 2b, section 3.31.5.1 (ZBE), and HL7 Germany's definition of ZBE.
"""

from typing import Literal

from msgspec import Struct

from hub.sdk import FactKind, FuzzyTime, Identifier, Movement
from hub_hl7.facts.reading import Reading
from hub_hl7.facts.triggers import RULES, Rule
from hub_hl7.wire.er7 import Segment

Action = Literal["insert", "update", "cancel"]

_ACTIONS: dict[str, Action] = {
    "INSERT": "insert",
    "UPDATE": "update",
    "CANCEL": "cancel",
    "DELETE": "cancel",
}
#: The message only names a movement in whose course something else happened.
_REFERENCE = "REFERENCE"
#: These move nobody: what they name is the movement that is going on.
_NOT_MOVEMENTS = frozenset(
    {
        FactKind.PERSON, FactKind.IDENTITY, FactKind.UPDATE, FactKind.CARETEAM,
        FactKind.PURGE,
    }
)  # fmt: skip

#: Of an update ZBE-6 says which movement it is about, where it is about one.
_NEVER_MOVEMENTS = _NOT_MOVEMENTS - {FactKind.UPDATE}


class Moved(Struct, frozen=True):
    """A movement, and the rule of what it is (never a cancel)."""

    rule: Rule
    movement: Movement


def movement_of(reading: Reading, rule: Rule) -> Moved | None:
    """Return the movement that the message states, None where there is none to use.

    Of a trigger that says what moved, the movement is of that kind; of an update, a
    cancel and a local trigger (Z99) ZBE-6 says which it was.
    """
    if not reading.all("ZBE") or reading.profile.movements == "ignore":
        return None
    if len(reading.all("ZBE")) > 1:
        reading.warn("movement.repeated")
    zbe = reading.segment("ZBE")
    sent = (zbe.value(4) or "").strip().upper()
    if sent == _REFERENCE or rule.kind in _NEVER_MOVEMENTS:
        return None
    ids, moved = _ids(reading, zbe), _rule(zbe, rule)
    if not ids:
        reading.warn("movement.id_missing")
    elif moved is None:
        reading.warn("movement.trigger_missing")
    else:
        action = _action(reading, rule, sent)
        return Moved(moved, _movement(reading, zbe, ids, action))
    return None


def rule_of(reading: Reading) -> Rule | None:
    """Return what the trigger of a message states, None where it states nothing.

    A local trigger states something where ZBE says what.
    """
    rule = RULES.get(reading.trigger)
    if rule is not None or not reading.trigger.startswith("Z"):
        return rule
    used = reading.profile.movements == "use" and reading.all("ZBE")
    return Rule(FactKind.UPDATE) if used else None


def occurred_of(reading: Reading, moved: Moved) -> FuzzyTime | None:
    """Return when a movement began; of an end when the visit ended, ZBE-3 or PV1-45.

    Some senders end a visit under the number of the last movement in it.
    """
    movement = moved.movement
    if moved.rule.kind is FactKind.END:
        ended = movement.end or reading.time(reading.segment("PV1"), 45)
        return ended or movement.start
    return movement.start


def _ids(reading: Reading, zbe: Segment) -> tuple[Identifier, ...]:
    """Return the numbers of a movement (EI), one for each system that counts it."""
    found = []
    for field in zbe.repetitions(1):
        value = reading.known((field.component(1) or "").strip())
        system = field.component(2) or field.component(3)
        system = system or reading.profile.assigning_authority or reading.facility()
        if value:
            found.append(Identifier(system, value))
    return tuple(dict.fromkeys(found))


def _rule(zbe: Segment, rule: Rule) -> Rule | None:
    original = RULES.get((zbe.value(6) or "").strip().upper())
    if original is not None and original.kind in _NOT_MOVEMENTS:
        original = None
    if rule.kind is FactKind.UPDATE:
        return original and original.original
    if rule.cancels:
        return (original or rule).original
    return rule


def _action(reading: Reading, rule: Rule, sent: str) -> Action:
    action = _ACTIONS.get(sent)
    if action is None:
        reading.warn("movement.action_unknown" if sent else "movement.action_missing")
    if rule.cancels:
        if action not in {None, "cancel"}:
            reading.warn("movement.action_mismatch")
        return "cancel"
    return action or ("update" if rule.kind is FactKind.UPDATE else "insert")


def _movement(
    reading: Reading, zbe: Segment, ids: tuple[Identifier, ...], action: Action
) -> Movement:
    return Movement(
        ids,
        action,
        start=reading.time(zbe, 2),
        end=reading.time(zbe, 3),
        historic=(zbe.value(5) or "").strip().upper() == "Y",
        trigger=(zbe.value(6) or "").strip().upper(),
        ward=_ward(zbe, 7),
        nursing_ward=_ward(zbe, 8),
        scope=zbe.value(9) or "",
    )


def _ward(zbe: Segment, number: int) -> str:
    """Return a ward (XON): its identifier, which PV1-3 names too, else its name."""
    if not zbe.any_sent(number):
        return ""
    field = zbe.field(number)
    return field.component(10) or field.component(3) or field.component(1) or ""
