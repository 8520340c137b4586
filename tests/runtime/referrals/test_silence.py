"""When nobody says anything: who hears of it, on which day, and how often.

In a whole hub whose clock is moved. The days are counted by hand: in Illinois, 3
November 2026 is Election Day, 11 November Veterans Day, 26 November Thanksgiving; in
Bavaria, 25 May 2026 is Whit Monday and 4 June Corpus Christi. Everybody is made up.
"""

import json
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.runtime.referrals.walked import Walk, configuration, ref, statement

ILLINOIS = ("US-IL", "America/Chicago", datetime(2026, 10, 29, 10))  # noqa: DTZ001 - of the place
BAVARIA = ("DE-BY", "Europe/Berlin", datetime(2026, 5, 28, 10))  # noqa: DTZ001


@pytest.fixture
def walk(tmp_path, monkeypatch):
    def make(place):
        calendar, zone, start = place
        file = configuration(tmp_path, calendar=calendar, zone=zone)
        at = start.replace(tzinfo=ZoneInfo(zone))
        return Walk(tmp_path, monkeypatch, at, file)

    return make


def happened(walk, number, zone):
    """Return what the hub did by itself, and when, on the wall of the place."""
    rows = walk.query(
        "SELECT type, event.body FROM event JOIN entity ON entity.seq = event.entity"
        " WHERE key = ? ORDER BY event.seq",
        walk.key_of(number),
    )
    found = []
    for kind, body in rows:
        event = json.loads(body)
        payload = event["payload"]
        name = payload.get("level") or kind.partition(".")[2]
        if payload.get("by") != "hub" or name in {"received", "loop_closed"}:
            continue
        at = datetime.fromisoformat(event["times"]["emitted"]).astimezone(
            ZoneInfo(zone)
        )
        waits = (payload.get("waiting") or {}).get("for", "")
        found.append(f"{name} {waits} {at:%m-%d %H:%M}".replace("  ", " "))
    return found


async def asked(walk, number, *, consent=True, **more):
    """Let somebody be asked now, and consent to it."""
    if consent:
        await walk.consent(key=f"c-{number}", mrn=f"M{number}")
    await walk.put(
        "klinik-nord", ref(walk.now, number=number, mrn=f"M{number}", **more)
    )


async def by_agency(walk, number, **details):
    await walk.consent(key=f"c-{number}", mrn=f"M{number}")
    food_bank = {"org": {"identifiers": [{"system": "FBREG", "value": "FB-1"}]}}
    said = statement(
        walk.now,
        "requester",
        "requested",
        number=number,
        system="AGENCY",
        person=[{"system": "KLINIK_NORD", "value": f"M{number}"}],
        details={"performer": food_bank, **details},
    )
    await walk.put("agency-page", said)


async def answered(walk, number, says, system="KLINIK_NORD", **more):
    said = statement(walk.now, "performer", says, number=number, system=system, **more)
    await walk.put("food-bank-page", said)


async def many(walk):
    """Let nine referrals come to nine places in two days, and nothing after that."""
    await asked(walk, "open")
    await by_agency(walk, "watched")
    await asked(walk, "urgent", priority="A")
    await by_agency(walk, "fast", program={"type": "x", "intensity": "intensive"})
    await asked(walk, "unreached", consent=False)
    for number in ("accepted", "scheduled", "held", "begun", "unwanted"):
        await asked(walk, number)
    await walk.wait(days=1)
    met = (walk.now + timedelta(days=5)).isoformat()
    await answered(walk, "accepted", "accepted")
    await answered(walk, "scheduled", "scheduled", appointment=met)
    await answered(walk, "held", "on_hold", reason={"text": "so"})
    for number in ("begun", "unwanted"):
        await answered(walk, number, "accepted")
    await answered(walk, "begun", "in_progress")
    await walk.put(
        "klinik-nord", ref(walk.now, "I14", number="unwanted", mrn="Munwanted")
    )


EXPECTED = {
    "US-IL": {
        "open": [
            "reminder undecided 11-02 10:00",
            "escalation undecided 11-06 10:00",
            "expired 11-12 10:00",
        ],
        "watched": [
            "reminder undecided 11-02 10:00",
            "escalation undecided 11-06 10:00",
            "expired 11-12 10:00",
            "reminder unclosed 11-17 10:00",
            "escalation unclosed 11-23 10:00",
            "auto_closed 12-12 10:00",
        ],
        "urgent": [
            "reminder undecided 10-29 14:00",
            "escalation undecided 10-30 10:00",
            "expired 11-01 10:00",
        ],
        "fast": [
            "reminder undecided 10-30 10:00",
            "escalation undecided 11-04 10:00",
            "expired 11-05 10:00",
            "reminder unclosed 11-09 10:00",
            "escalation unclosed 11-12 10:00",
            "auto_closed 11-20 10:00",
        ],
        "unreached": [
            "reminder unreceived 10-29 10:15",
            "escalation unreceived 10-29 14:00",
            "failed 11-01 10:00",
        ],
        "accepted": [
            "reminder unscheduled 11-09 10:00",
            "escalation unscheduled 11-17 10:00",
            "created unscheduled 11-17 10:00",
        ],
        "scheduled": ["reminder unseen 11-06 09:00", "escalation unseen 11-12 09:00"],
        "held": ["reminder on_hold 11-09 10:00", "escalation on_hold 11-17 10:00"],
        "begun": [
            "reminder in_progress 11-29 10:00",
            "escalation in_progress 12-29 10:00",
        ],
        "unwanted": [
            "reminder cancel_requested 11-04 10:00",
            "escalation cancel_requested 11-09 10:00",
            "reminder unscheduled 11-09 10:00",
            "escalation unscheduled 11-17 10:00",
            "created unscheduled 11-17 10:00",
        ],
    },
    "DE-BY": {
        "open": [
            "reminder undecided 06-01 10:00",
            "escalation undecided 06-05 10:00",
            "expired 06-11 10:00",
        ],
        "watched": [
            "reminder undecided 06-01 10:00",
            "escalation undecided 06-05 10:00",
            "expired 06-11 10:00",
            "reminder unclosed 06-16 10:00",
            "escalation unclosed 06-22 10:00",
            "auto_closed 07-11 10:00",
        ],
        "urgent": [
            "reminder undecided 05-28 14:00",
            "escalation undecided 05-29 10:00",
            "expired 05-31 10:00",
        ],
        "fast": [
            "reminder undecided 05-29 10:00",
            "escalation undecided 06-02 10:00",
            "expired 06-04 10:00",
            "reminder unclosed 06-08 10:00",
            "escalation unclosed 06-10 10:00",
            "auto_closed 06-19 10:00",
        ],
        "unreached": [
            "reminder unreceived 05-28 10:15",
            "escalation unreceived 05-28 14:00",
            "failed 05-31 10:00",
        ],
        "accepted": [
            "reminder unscheduled 06-08 10:00",
            "escalation unscheduled 06-15 10:00",
            "created unscheduled 06-15 10:00",
        ],
        "scheduled": ["reminder unseen 06-08 10:00", "escalation unseen 06-11 10:00"],
        "held": ["reminder on_hold 06-08 10:00", "escalation on_hold 06-15 10:00"],
        "begun": [
            "reminder in_progress 06-28 10:00",
            "escalation in_progress 07-28 10:00",
        ],
        "unwanted": [
            "reminder cancel_requested 06-02 10:00",
            "escalation cancel_requested 06-08 10:00",
            "reminder unscheduled 06-08 10:00",
            "escalation unscheduled 06-15 10:00",
            "created unscheduled 06-15 10:00",
        ],
    },
}


@pytest.mark.parametrize("place", [ILLINOIS, BAVARIA], ids=lambda place: place[0])
async def test_silence_is_heard_on_the_working_days_of_the_place(walk, place):
    at_work = walk(place)
    async with at_work.running():
        await many(at_work)
        await at_work.wait(days=3)
        await at_work.restart()
        await at_work.wait(days=58)

        expected = EXPECTED[place[0]]
        found = {each: happened(at_work, each, place[1]) for each in expected}
        for number in expected:
            assert sorted(found[number]) == sorted(expected[number]), number
        loops = {each: at_work.standing(each) for each in expected}
    assert loops["open"] == ("expired", "closed_unresolved")
    assert loops["watched"] == ("expired", "closed_unresolved")
    assert loops["unreached"] == ("failed", "closed_unresolved")
    assert {loops[each][1] for each in ("accepted", "scheduled", "held")} == {"open"}


async def test_after_a_week_off_each_is_told_once_and_of_the_last_alone(walk):
    at_work = walk(ILLINOIS)
    async with at_work.running():
        for number in range(8):
            await asked(at_work, f"n{number}")
        await at_work.restart(days=9)
        await at_work.wait(minutes=1)
        told = at_work.query("SELECT body FROM event WHERE type = 'referral.escalated'")
        await at_work.restart()
        await at_work.wait(hours=20)
        again = at_work.query(
            "SELECT body FROM event WHERE type = 'referral.escalated'"
        )

    assert [json.loads(body)["payload"]["level"] for (body,) in told] == [
        "escalation"
    ] * 8
    assert again == told
    heard = [
        (to, body["data"]["entity"]["key"])
        for to, kind, body in at_work.got
        if kind == "escalated"
    ]
    assert len(heard) == len({*heard}) == 8
    assert {to for to, _ in heard} == {"clinic"}


async def test_a_step_in_between_begins_the_waiting_anew(walk):
    at_work = walk(ILLINOIS)
    async with at_work.running():
        await asked(at_work, "open")
        await at_work.wait(days=4, hours=1)  # reminded on 2 November
        await answered(at_work, "open", "accepted")
        await at_work.wait(days=13)

        zone = ILLINOIS[1]
        assert happened(at_work, "open", zone) == [
            "reminder undecided 11-02 10:00",
            # From Monday, 2 November, at 10 in winter time.
            "reminder unscheduled 11-10 10:00",
        ]
