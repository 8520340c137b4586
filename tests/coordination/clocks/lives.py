"""Synthetic events of one made-up person around a stay, told in a few words."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hub.coordination.clocks.calendars import Calendar
from hub.coordination.clocks.occurrences import Occurrence
from hub.coordination.clocks.rules import shipped_rules
from hub.coordination.clocks.steps import StayScope
from hub.coordination.clocks.transition import fold_transition

NEW_YORK = "America/New_York"
BERLIN = "Europe/Berlin"
US = StayScope("stay_1", frozenset({"enc_1"}), NEW_YORK, Calendar("US"))
BAVARIA = StayScope("stay_1", frozenset({"enc_1"}), BERLIN, Calendar("DE", "BY"))
MINUTE = timedelta(minutes=1)


def local(day, time="10:00", zone=NEW_YORK):
    """Return the wall-clock time of a day in the year 2026 unless it says another."""
    day = day if len(day) > 5 else f"2026-{day}"
    return datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=ZoneInfo(zone))


def happened(kind, at, name="", *, known=None, latest=None, entity="", **given):
    """Return an event of this type at `at`, said then unless `known` says otherwise."""
    at = at.astimezone(UTC)
    known = known.astimezone(UTC) if known else at
    return Occurrence(
        id=name or f"{kind}@{at:%m%dT%H%M}@{known:%m%dT%H%M}",
        type=kind,
        at=at,
        latest=latest.astimezone(UTC) if latest else at + MINUTE,
        known=known,
        entity=entity,
        **given,
    )


def visit(code="inpatient", disposition="01", **details):
    """Return the payload of an event of an encounter."""
    return {
        "class": {"code": code, "original": ""},
        "discharge": {"disposition": disposition},
        **details,
    }


def admitted(at, entity="enc_1", **given):
    payload = given.pop("payload", visit())
    return happened("encounter.admitted", at, entity=entity, payload=payload, **given)


def discharged(at, entity="enc_1", version=3, **given):
    payload = given.pop("payload", visit())
    return happened(
        "encounter.discharged",
        at,
        entity=entity,
        version=version,
        payload=payload,
        **given,
    )


def taken_back(event, kind, known):
    """Return the event with which `event` is taken back."""
    return happened(
        kind,
        event.at,
        known=known,
        entity=event.entity,
        version=event.version + 1,
        payload=event.payload,
        corrects=event.id,
        correction="retraction",
    )


def amended(event, kind, at, known):
    """Return the event with which `event` is given another time."""
    return happened(
        kind,
        at,
        known=known,
        entity=event.entity,
        version=event.version + 1,
        payload=event.payload,
        corrects=event.id,
        correction="amendment",
    )


def contact(at, kind="completed", **payload):
    return happened(f"contact.{kind}", at, payload=payload)


def clocks(events, now, programme="tcm", stay=US):
    """Return the clocks of a programme by name."""
    found = fold_transition(stay, events, now, shipped_rules()[programme])
    return {each.name: each for each in found.clocks} if found else {}


def status(events, now, name, programme="tcm", stay=US):
    """Return the status of one clock, None where it was not started."""
    found = clocks(events, now, programme, stay).get(name)
    return found.status.value if found else None
