"""Synthetic care events and notices. Every person in here is made up.

Each builder takes changes by name and fills in the rest::

    notice(discharged(payload={}), patient_id="4711")

`MINIMAL` has nothing that may be missing, `NASTY` everything that formats trip
over: umlauts, quotes, separators, line ends, formulas, markup. `NOTICES` has one
of each.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from hub.model.delivery import Notice
from hub.model.events import (
    CareEvent,
    Correction,
    Entity,
    EventSource,
    EventSubject,
    EventTimes,
    Quality,
    Trace,
)
from hub.model.identifiers import Identifier
from hub.model.labels import Labels
from hub.model.times import FuzzyTime

#: Strings that formats trip over.
NASTY_TEXTS = (
    "Müller-Lüdenscheidt, Jürgen „Jürg“ 王",
    'O\'Neil "the" second',
    "=1+1",
    "@SUM(A1)",
    "-2+3",
    "semi;colon, comma | bar ^ caret ~ tilde & ampersand \\ backslash",
    "first line\r\nsecond line\ttab",
    "<b>bold</b> &amp; ]]> {{braces}} %s {0}",
    "   blanks around   ",
    "\ufeffmark \u202eturned\u202c \U0001f3e5",
)


def instant(minute: int = 0) -> datetime:
    """Return a fixed instant in UTC, `minute` minutes after noon."""
    return datetime(2026, 3, 16, 12, tzinfo=UTC) + timedelta(minutes=minute)


def fuzzy_time(minute: int = 0) -> FuzzyTime:
    """Return `instant` as a sender in Berlin would state it, to the second."""
    earliest = instant(minute)
    local = earliest + timedelta(hours=1)
    return FuzzyTime(
        raw=f"{local:%Y%m%d%H%M%S}+0100",
        precision="second",
        earliest=earliest,
        latest=earliest + timedelta(seconds=1),
        local=f"{local:%Y-%m-%dT%H:%M:%S}",
        zone="+01:00",
        zone_source="field",
    )


def identifiers() -> tuple[Identifier, ...]:
    """Return a made-up medical record number and a made-up visit number."""
    return (
        Identifier("KLINIK_TEST", "0000471", "MR"),
        Identifier("KLINIK_TEST", "V-000815", "VN"),
    )


def care_event(kind: str, version: int = 1, **changes: Any) -> CareEvent:
    """Return an encounter event of `kind`, the part of the type after the dot."""
    event = CareEvent(
        id=f"evt-{kind}-{version}",
        type=f"encounter.{kind}",
        schema="careevent/encounter/1.0",
        subject=EventSubject("p_test_1", identifiers()[:1]),
        entity=Entity("encounter", "enc_test_1", version),
        times=_times(version),
        source=_source(version),
        causes=(f"raw-{version}",),
        trace=Trace(correlation="stay_test_1"),
    )
    return msgspec.structs.replace(event, **changes)


def _times(version: int) -> EventTimes:
    return EventTimes(
        received=instant(version * 60 + 2),
        emitted=instant(version * 60 + 3),
        occurred=fuzzy_time(version * 60),
        recorded=fuzzy_time(version * 60 + 1),
        sent=fuzzy_time(version * 60 + 1),
    )


def _source(version: int) -> EventSource:
    return EventSource(
        feed="klinik-test",
        system="KIS",
        facility="KLINIK_TEST",
        message_id=f"MSG{version:05}",
        trigger="ADT^A01",
    )


def encounter_payload(**changes: Any) -> dict[str, Any]:
    """Return a payload with the minimum fields of domain 9.3."""
    payload: dict[str, Any] = {
        "identifiers": [msgspec.to_builtins(identifiers()[1])],
        "class": {"code": "IMP", "original": "I", "source": "KIS"},
        "status": "in-progress",
        "period": {"start": "2026-03-16T13:00:00Z"},
        "location": {"facility": "KLINIK_TEST", "unit": "INN1", "room": "12"},
        "service": {"code": "MED", "display": "Innere Medizin"},
        "diagnoses": [{"code": "I50.1", "system": "ICD-10-GM", "display": "Test"}],
    }
    return payload | changes


def admitted(**changes: Any) -> CareEvent:
    """Return an admission with a full payload."""
    changes.setdefault("payload", encounter_payload())
    return care_event("admitted", 1, **changes)


def transferred(**changes: Any) -> CareEvent:
    """Return a transfer from one unit to another."""
    location = {"facility": "KLINIK_TEST", "unit": "ITS", "room": "3", "bed": "B"}
    prior = {"facility": "KLINIK_TEST", "unit": "INN1", "room": "12"}
    payload = encounter_payload(location=location, prior_location=prior)
    changes.setdefault("payload", payload)
    return care_event("transferred", 2, **changes)


def discharged(**changes: Any) -> CareEvent:
    """Return a discharge with its disposition; the bed was deleted (None)."""
    payload = encounter_payload(
        status="finished",
        period={"start": "2026-03-16T13:00:00Z", "end": "2026-03-16T15:00:00Z"},
        location={"facility": "KLINIK_TEST", "unit": "INN1", "bed": None},
        discharge={"disposition": {"code": "home", "original": "01"}},
    )
    changes.setdefault("payload", payload)
    return care_event("discharged", 3, **changes)


def retraction(of: CareEvent | None = None, **changes: Any) -> CareEvent:
    """Return the event that takes `of` back, by default a discharge."""
    of = of or discharged()
    changes.setdefault("correction", Correction(of.id, "retraction"))
    return care_event("discharge_cancelled", 4, **changes)


def minimal(**changes: Any) -> CareEvent:
    """Return an event without anything that may be missing."""
    bare: dict[str, Any] = {
        "id": "evt-minimal",
        "subject": EventSubject(None),
        "times": EventTimes(received=instant(), emitted=instant()),
        "source": EventSource(feed="klinik-test"),
        "trace": Trace(),
    }
    return care_event("updated", 5, **(bare | changes))


def nasty(**changes: Any) -> CareEvent:
    """Return an event whose every free text is one of `NASTY_TEXTS`."""
    texts = {f"text_{place}": text for place, text in enumerate(NASTY_TEXTS)}
    awkward: dict[str, Any] = {
        "id": "evt-nasty",
        "subject": EventSubject("p_test_1", _nasty_identifiers()),
        "participants": ({"role": "attending", "name": NASTY_TEXTS[0]},),
        "labels": Labels("R", ("PSY",), derived_by=("rule:svc-psych@4",)),
        "payload": encounter_payload(
            location={"unit": NASTY_TEXTS[2], "room": NASTY_TEXTS[5]},
            service={"code": NASTY_TEXTS[3], "display": NASTY_TEXTS[6]},
            **texts,
        ),
        "extensions": {"klinik-test": {"ZBE": NASTY_TEXTS[7]}},
        "quality": Quality(("charset.fallback",), ("movement_after_end",)),
    }
    return care_event("updated", 6, **(awkward | changes))


def _nasty_identifiers() -> tuple[Identifier, ...]:
    return tuple(Identifier("KLINIK_TEST", text, "MR") for text in NASTY_TEXTS)


def notice(event: CareEvent | None = None, **changes: Any) -> Notice:
    """Return a notice of `event`, by default an admission."""
    event = event or admitted()
    told: dict[str, Any] = {
        "hub": "hub-test",
        "delivery": f"dlv-{event.id}",
        "destination": "payer-test",
        "subscription": "payer-test-members",
        "purpose": "care_coordination",
        "patient_id": "M-00042",
    }
    return Notice(event=event, **(told | changes))


def notices(count: int) -> Sequence[Notice]:
    """Return `count` different notices, each of another admission."""
    return [
        notice(admitted(id=f"evt-{place}"), delivery=f"dlv-{place}")
        for place in range(count)
    ]


MINIMAL = notice(minimal(), patient_id="")
NASTY = notice(nasty(), patient_id=NASTY_TEXTS[2])
NOTICES: Sequence[Notice] = (
    notice(admitted()),
    notice(transferred()),
    notice(discharged()),
    notice(retraction()),
    MINIMAL,
    NASTY,
)
