"""Insurances, IN1. Source: HL7 v2.5.1, section 6.5.6."""

import re
from typing import Any

from hub_hl7.facts import german
from hub_hl7.facts.reading import Reading, stated
from hub_hl7.facts.repeating import Repeating, entries_of
from hub_hl7.wire.er7 import Field, Segment

_COVERAGE = Repeating("IN1", ("payer_id", "payer", "plan"))
# What a number without authority looks like in Germany.
_SHAPES = {
    "kvnr": re.compile(r"[A-Z]\d{9}", re.ASCII),
    "ik": re.compile(r"\d{9}", re.ASCII),
}


def coverage_of(reading: Reading) -> Any:
    """Return the insurances as `entries_of` does.

    Each has ``payer`` (name), ``payer_id``, ``plan``, ``plan_type``, ``policy``,
    ``member_id``, ``from`` and ``to`` where stated.
    """

    def read(in1: Segment) -> dict[str, Any]:
        payer, policy, member = in1.value(3), in1.value(36), in1.value(49)
        if payer:
            _check(reading, in1.field(3), "ik")
        if member:
            _check(reading, in1.field(49), "kvnr")
        period = {"from": in1.value(12), "to": in1.value(13)}
        return stated(
            payer=in1.value(4) or payer,
            payer_id=payer,
            plan=in1.value(2),
            plan_type=in1.value(15),
            policy=policy,
            member_id=member or policy,
            **period,
        )

    return entries_of(reading, _COVERAGE, read)


def _check(reading: Reading, field: Field, expected: str) -> None:
    value = field.component(1) or ""
    if not value:
        return
    system, kind = reading.authority(field, 4), field.component(5) or ""
    scheme = german.scheme_of(system, kind)
    if not (system or kind) and reading.profile.country == "DE":
        scheme = expected if _SHAPES[expected].fullmatch(value) else ""
    if scheme:
        reading.check(scheme, value)
