"""Synthetic facts about one made-up encounter, told in a few words."""

from datetime import UTC, datetime, timedelta

from hub.model.facts import EncounterKey, Fact, FactKind, Movement, Subject
from hub.model.identifiers import Code, Identifier, Location
from hub.model.times import FuzzyTime

DAY = datetime(2026, 3, 10, tzinfo=UTC)
VISIT = EncounterKey("TESTKLINIK", "", "V-1")
PATIENT = Subject((Identifier("TESTKLINIK", "0001", "MR"),))
WARDS = {name: Location(unit=name) for name in ("W1", "W2", "W3", "W4")}


def at(hour, minute=0, *, day=0):
    """Return the time `hour`:`minute` UTC of the scenario's day."""
    moment = DAY + timedelta(days=day, hours=hour, minutes=minute)
    return FuzzyTime(
        raw=f"{moment:%Y%m%d%H%M}",
        precision="minute",
        earliest=moment,
        latest=moment + timedelta(minutes=1),
        local=f"{moment:%Y-%m-%dT%H:%M}",
        zone="UTC",
        zone_source="field",
    )


def fact(kind, occurred, recorded=None, **given):
    """Return a fact that happened and was said at these times."""
    return Fact(
        kind=kind,
        subject=PATIENT,
        encounter=VISIT,
        occurred=occurred,
        recorded=recorded or occurred,
        **given,
    )


def start(occurred, recorded=None, code="inpatient", ward="W1", **given):
    return fact(
        FactKind.START,
        occurred,
        recorded,
        encounter_class=Code(code),
        location=WARDS[ward],
        **given,
    )


def plan(expected, recorded, code="inpatient"):
    return fact(FactKind.PLAN, expected, recorded, encounter_class=Code(code))


def turn(occurred, code, ward="W1"):
    """Return the statement that the visit goes on in another class."""
    return fact(
        FactKind.CLASS, occurred, encounter_class=Code(code), location=WARDS[ward]
    )


def expect(kind, expected, recorded):
    return fact(FactKind.PENDING, expected, recorded, pending=kind)


def movement(number, action="insert"):
    return Movement((Identifier("KIS", number),), action)


def move(occurred, recorded=None, ward="W2", **given):
    return fact(FactKind.MOVE, occurred, recorded, location=WARDS[ward], **given)


def end(occurred, recorded=None, **given):
    return fact(FactKind.END, occurred, recorded, **given)


def cancel(kind, occurred, recorded, **given):
    return fact(FactKind.CANCEL, occurred, recorded, cancels=kind, **given)


#: The vectors of domain 3.5: facts in the order in which they were said, the events
#: that they lead to in that order, and what must hold in the end.
VECTORS = {
    "01": (
        [start(at(8)), move(at(12)), end(at(18))],
        "admitted transferred discharged",
        {"status": "finished", "class": "inpatient", "places": "W1 W2", "end": at(18)},
    ),
    "02": (
        [
            start(at(8), code="emergency"),
            start(at(11), code="inpatient", ward="W2"),
            end(at(18)),
        ],
        "ed_arrived class_changed admitted transferred discharged",
        {"status": "finished", "class": "inpatient", "places": "W1 W2", "start": at(8)},
    ),
    "03": (
        [
            start(at(8), code="emergency"),
            start(at(11), at(11, 5), code="inpatient", ward="W2"),
            end(at(18)),
        ],
        "ed_arrived class_changed admitted transferred discharged",
        {"status": "finished", "class": "inpatient", "places": "W1 W2", "start": at(8)},
    ),
    "04": (
        [
            start(at(8)),
            end(at(14)),
            cancel(FactKind.END, at(14), at(15)),
            end(at(18)),
        ],
        "admitted discharged discharge_cancelled discharged",
        {"status": "finished", "end": at(18)},
    ),
    "05": (
        [start(at(8)), cancel(FactKind.START, at(8), at(9))],
        "admitted admit_cancelled",
        {"status": "cancelled", "class": None},
    ),
    "06": (
        [
            start(at(8)),
            cancel(FactKind.START, at(8), at(9)),
            start(at(10), ward="W2"),
        ],
        "admitted admit_cancelled admitted",
        {"status": "in-progress", "start": at(10), "places": "W2"},
    ),
    "07": (
        [
            start(at(8)),
            move(at(12)),
            cancel(
                FactKind.MOVE,
                at(12),
                at(13),
                location=WARDS["W1"],
                prior_location=WARDS["W2"],
            ),
        ],
        "admitted transferred transfer_cancelled",
        {"status": "in-progress", "places": "W1"},
    ),
    "08": (
        [start(at(8)), end(at(10)), end(at(14, 30), at(15))],
        "admitted discharged end_corrected",
        {"status": "finished", "end": at(14, 30)},
    ),
    "09": (
        [start(at(8)), turn(at(12), "outpatient"), end(at(18))],
        "admitted class_changed admission_reversed ended",
        {"status": "finished", "class": "outpatient", "start": at(8), "end": at(18)},
    ),
    "10": (
        [
            start(at(8)),
            fact(FactKind.LEAVE, at(12)),
            fact(FactKind.RETURN, at(16)),
            end(at(18)),
        ],
        "admitted leave_started leave_ended discharged",
        {"status": "finished", "end": at(18)},
    ),
    "11": (
        [
            start(at(8)),
            fact(
                FactKind.UPDATE,
                at(19),
                details={"proposed_end": at(18)},
                basis="inferred",
            ),
        ],
        "admitted discharged",
        {"status": "finished", "end": at(18)},
    ),
    "12": (
        [plan(at(8, day=3), at(8)), cancel(FactKind.PLAN, None, at(9))],
        "preadmitted preadmit_cancelled",
        {"status": "cancelled"},
    ),
    "13": (
        [
            start(at(8), movement=movement("m1")),
            move(at(10), movement=movement("m2")),
            move(at(10), at(11), ward="W3", movement=movement("m2", "update")),
            move(at(13), ward="W4", movement=movement("m3")),
            move(at(13), at(14), ward="W4", movement=movement("m3", "cancel")),
        ],
        "admitted transferred transferred transferred transfer_cancelled",
        {"status": "in-progress", "places": "W1 W3"},
    ),
    "14": (
        [end(at(18)), start(at(8), at(20)), start(at(8), at(20))],
        "observed ended admitted discharged",
        {"status": "finished", "class": "inpatient", "start": at(8), "end": at(18)},
    ),
    "15": (
        [start(at(8)), end(at(14)), cancel(FactKind.END, at(15), at(15))],
        "admitted discharged discharge_cancelled",
        {"status": "in-progress", "end": None},
    ),
    "16": (
        [
            start(at(8)),
            end(at(14)),
            cancel(FactKind.END, None, at(15)),
            end(at(9, day=1)),
        ],
        "admitted discharged discharge_cancelled discharged",
        {"status": "finished", "end": at(9, day=1)},
    ),
}
