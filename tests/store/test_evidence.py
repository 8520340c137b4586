"""Reports as evidence. Every encounter and person is made up."""

import json
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.coordination.care_setting import CareSetting
from hub.coordination.clocks.calendars import calendar_named
from hub.coordination.clocks.clock import Clock, ClockStatus
from hub.coordination.clocks.transition import Transition, TransitionState
from hub.coordination.policy import RETRACTION
from hub.coordination.stays import Stay
from hub.coordination.visits import Step, Visit
from hub.model.times import FuzzyTime
from hub.store.evidence.asked import Asked
from hub.store.evidence.latency import quantile
from hub.store.evidence.reader import REPORTS, EvidenceReader
from hub.store.query_errors import SlowQueryError, StoreUnreadableError
from tests.store.told_rows import CANARY, MINUTE, NOON, SECOND, WHOLE, Told

AT_NOON = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
ONE_MINUTE = timedelta(minutes=1)
ONE_DAY = timedelta(days=1)


@pytest.fixture
def told(tmp_path):
    return Told(tmp_path / "data")


@pytest.fixture
def rows(told):
    def read(name, *asked, **more):
        return list(EvidenceReader(told.path).rows(name, Asked(*asked, **more)))

    return read


def test_a_notice_is_told_of_with_its_first_attempt_and_its_outcome(told, rows):
    event = told.event(told.message())
    number = told.delivery(event, settled_at=NOON + 3 * MINUTE)
    told.attempt(number, NOON + MINUTE, outcome="retryable")
    told.attempt(number, NOON + 3 * MINUTE, number=2)

    (row,) = rows("notifications")

    assert (row.event, row.encounter, row.person) == (event, "enc_1", "p_1")
    assert (row.source, row.recipient) == ("klinik-nord", "payer")
    assert (row.event_type, row.outcome) == ("admission", "delivered")
    assert row.first_attempt_at == AT_NOON + ONE_MINUTE
    assert row.delivered_at == AT_NOON + 3 * ONE_MINUTE
    assert row.seconds == 4 * 60  # the patient came at 09:29
    assert row.patient
    assert row.practitioner
    assert row.institution


@pytest.mark.parametrize(
    ("type_", "payload", "kind"),
    [
        ("ed_arrived", {}, "ed_registration"),
        ("admitted", {}, "admission"),
        ("discharged", {}, "discharge"),
        ("ended", {"class": {"code": "emergency"}}, "discharge"),
        ("ended", {"class": {"code": "outpatient"}}, None),
        ("transferred", {"prior_location": {"facility": "SUED"}}, "transfer"),
        ("transferred", {"prior_location": {"facility": "NORD"}}, None),
        ("transferred", {}, None),
        ("registered", {}, None),
        ("updated", {}, None),
    ],
)
def test_only_what_the_rule_asks_for_is_told_of(told, rows, type_, payload, kind):
    told.event(told.message(), f"encounter.{type_}", payload=WHOLE | payload)

    found = [row.event_type for row in rows("notifications")]
    assert found == ([kind] if kind else [])


@pytest.mark.parametrize(
    ("state", "outcome"),
    [
        ("ready", "waiting"),
        ("claimed", "waiting"),
        ("delivered", "delivered"),
        ("dead", "given_up"),
        ("withdrawn", "withdrawn"),
        ("withheld", "withheld"),
        ("held", "held"),
    ],
)
def test_every_state_of_a_delivery_is_an_outcome(told, rows, state, outcome):
    told.delivery(told.event(told.message()), state=state)

    (row,) = rows("notifications")

    assert row.outcome == outcome
    assert (row.delivered_at is None) == (state != "delivered")


def test_an_event_that_nobody_is_told_of_has_a_row(told, rows):
    told.event(told.message())

    (row,) = rows("notifications")

    assert (row.outcome, row.recipient) == ("nobody", "")


def test_a_denial_has_a_row_with_its_reason(told, rows):
    told.denial(told.event(told.message()))

    (row,) = rows("notifications")

    assert (row.outcome, row.reason) == ("withheld", "consent.denied")


def test_a_notice_that_serves_two_subscriptions_is_one_notice(told, rows):
    event = told.event(told.message())
    told.delivery(event)
    told.decision(event, subscription="payer-others")

    assert len(rows("notifications")) == 1


@pytest.mark.parametrize(
    ("lacks", "column"),
    [
        ({"person": {"names": []}}, "patient"),
        ({"person": None}, "patient"),
        ({"careteam": None}, "practitioner"),
        ({"careteam": []}, "practitioner"),
        ({"facility": None, "location": {"unit": "INN1"}}, "institution"),
    ],
)
def test_content_that_an_event_lacks_is_not_claimed(told, rows, lacks, column):
    told.delivery(told.event(told.message(), payload=WHOLE | lacks))

    (row,) = rows("notifications")

    names = {"patient", "practitioner", "institution"}
    assert {name for name in names if not getattr(row, name)} == {column}


def test_content_that_the_terms_took_out_is_not_claimed(told, rows):
    terms = json.dumps({"template": RETRACTION})
    told.delivery(told.event(told.message()), terms=terms)

    (row,) = rows("notifications")

    assert {row.patient, row.practitioner, row.institution} == {False}


def test_notices_are_those_of_messages_that_came_in_the_period(told, rows):
    days = [NOON + number * 86_400 * SECOND for number in range(3)]
    events = [told.event(told.message(at), at=at) for at in days]
    whole = rows("notifications")

    found = rows("notifications", AT_NOON + ONE_DAY, AT_NOON + 2 * ONE_DAY)

    assert [row.event for row in whole] == events
    assert [row.event for row in found] == [events[1]]


def test_a_notice_waited_until_it_was_delivered(told, rows):
    number = told.delivery(told.event(told.message()))
    told.attempt(number)

    (before,) = rows("notifications", known_at=AT_NOON)
    (after,) = rows("notifications", known_at=AT_NOON + ONE_MINUTE)

    assert (before.outcome, before.first_attempt_at) == ("waiting", None)
    assert after.outcome == "delivered"
    assert rows("notifications", known_at=AT_NOON - ONE_MINUTE) == []


def test_disclosures_are_counted_by_month_purpose_and_terms(told, rows):
    message = told.message()
    for okey, terms, settled in (
        ("p_1", "{}", NOON),
        ("p_1", "{}", NOON),
        ("p_2", "{}", NOON),
        ("p_2", '{"template":"payer","redacted":["PSY"]}', NOON),
        ("p_2", "{}", NOON + 31 * 86_400 * SECOND),
    ):
        event = told.event(message)
        told.delivery(event, okey=okey, terms=terms, settled_at=settled)
    told.delivery(told.event(message), state="dead")

    found = [msgspec.structs.astuple(row) for row in rows("disclosures")]

    assert found == [
        ("2026-03", "payer", "care_coordination", "", False, 3, 2),
        ("2026-03", "payer", "care_coordination", "payer", True, 1, 1),
        ("2026-04", "payer", "care_coordination", "", False, 1, 1),
    ]


def test_disclosures_are_those_of_the_period_as_known_then(told, rows):
    told.delivery(told.event(told.message()))

    assert rows("disclosures", AT_NOON, AT_NOON + ONE_DAY)
    assert rows("disclosures", AT_NOON + ONE_DAY) == []
    assert rows("disclosures", None, AT_NOON) == []
    assert rows("disclosures", known_at=AT_NOON) == []


def test_latency_is_from_the_message_to_the_answer(told):
    message = told.message()
    for seconds in range(1, 101):
        event = told.event(message)
        told.delivery(event, settled_at=NOON + seconds * SECOND)
    reader = EvidenceReader(told.path, {"payer-members": "immediate"})

    (row,) = reader.rows("latency", Asked())

    assert (row.destination, row.cadence, row.notices) == ("payer", "immediate", 100)
    assert (row.p50_seconds, row.p95_seconds) == (50.0, 95.0)
    assert (row.p99_seconds, row.longest_seconds) == (99.0, 100.0)


def test_what_a_clock_led_to_took_time_from_when_it_was_told(told, rows):
    late = NOON + 3_600 * SECOND
    event = told.event(told.message(), "stay.closed", emitted_at=late)
    told.delivery(event, settled_at=late + 2 * SECOND)

    (row,) = rows("latency")

    assert row.longest_seconds == 2.0


@given(st.lists(st.integers(0, 10**9), min_size=1), st.integers(1, 100))
def test_a_quantile_is_a_value_that_so_many_do_not_exceed(waits, percent):
    waits = sorted(waits)

    found = quantile(waits, percent)

    assert found in {round(each / 1_000_000, 3) for each in waits}
    below = sum(round(each / 1_000_000, 3) <= found for each in waits)
    assert below * 100 >= len(waits) * percent


def clock(status, settled=None, started=AT_NOON, **more):
    given = {
        "name": "tcm.contact",
        "version": "2026-11",
        "programme": "tcm",
        "kind": "task",
    }
    return Clock(
        **given | more,
        status=status,
        started=started,
        start_id="evt_1",
        zone="UTC",
        calendar=calendar_named("US"),
        opens=started,
        settled=settled,
    )


def transition(told, number, *clocks):
    found = Transition(
        stay="stay_1",
        state=TransitionState.OPEN,
        opened_at=AT_NOON,
        from_setting="inpatient",
        to_setting="home",
        clocks=clocks,
    )
    body = msgspec.json.encode({"transition": found, "told": {}})
    told.entity(f"trn_{number}", "transition", "p_1", body)


def test_follow_up_is_counted_by_programme_and_clock(told, rows):
    statuses = [
        clock(ClockStatus.MET, AT_NOON + 2 * ONE_DAY),
        clock(ClockStatus.MET, AT_NOON + 10 * ONE_DAY),
        clock(ClockStatus.MET_LATE, AT_NOON + 20 * ONE_DAY),
        clock(ClockStatus.MISSED, AT_NOON + 9 * ONE_DAY),
        clock(ClockStatus.CANCELLED, AT_NOON),
        clock(ClockStatus.RUNNING),
    ]
    for number, each in enumerate(statuses):
        transition(told, number, each, clock(ClockStatus.MET, AT_NOON, kind="period"))

    (row,) = rows("transitions")

    assert (row.programme, row.clock, row.opened) == ("tcm", "tcm.contact", 6)
    assert (row.reached, row.reached_late, row.missed) == (2, 1, 1)
    assert (row.cancelled, row.open, row.rate) == (1, 1, 0.5)
    within = (row.within_7_days, row.within_14_days, row.within_30_days)
    assert within == (1, 2, 3)


def test_follow_up_that_nobody_could_reach_yet_has_no_rate(told, rows):
    transition(told, 1, clock(ClockStatus.RUNNING))
    told.entity("trn_2", "transition", "p_1", b'{"transition":null,"told":{}}')

    (row,) = rows("transitions")

    assert row.rate is None
    assert rows("transitions", AT_NOON + ONE_DAY) == []
    assert rows("transitions", None, AT_NOON) == []


def at(day):
    time = datetime(2026, 3, day, 10, tzinfo=UTC)
    return FuzzyTime(
        raw=f"{time:%Y%m%d%H%M}",
        precision="minute",
        earliest=time,
        latest=time + ONE_MINUTE,
        local=f"{time:%Y-%m-%dT%H:%M}",
    )


def stay(told, key, *, stands=True, slots=None, **more):
    step = Step(at(1), CareSetting.INPATIENT, "inpatient", "NORD")
    visit = Visit(
        person="p_1",
        encounters=(f"enc_{key}",),
        source="",
        facility="NORD",
        setting=CareSetting.INPATIENT,
        steps=(step,),
        end=at(5),
    )
    given = {"status": "closed", "end": at(5)}
    known = Stay(
        key=f"enc_{key}",
        person="p_1",
        visits=(visit,),
        encounters=(f"enc_{key}",),
        **given | more,
    )
    body = {"stay": known, "slots": slots or {}, "stands": stands}
    told.entity(f"stay_{key}", "stay", "p_1", msgspec.json.encode(body))


def came_back(told, index, **more):
    payload = {"index_stay": index, "same_facility": False, "possibly_planned": True}
    message = told.message()
    event = told.event(message, "stay.readmission_detected", payload=payload | more)
    return {"readmission": (event,)}


@pytest.mark.parametrize("named", ["stay_a", "enc_a"])
def test_discharges_that_came_back_are_a_rate(told, rows, named):
    stay(told, "a")
    stay(told, "b", slots=came_back(told, named))

    (row,) = rows("readmissions")

    assert (row.facility, row.month) == ("NORD", "2026-03")
    assert (row.discharges, row.readmitted, row.rate) == (2, 1, 0.5)
    assert (row.elsewhere, row.possibly_planned) == (1, 1)


@pytest.mark.parametrize(
    "more",
    [
        {"alive": False},
        {"left_against_advice": True},
        {"transferred_out": True},
        {"status": "opened", "end": None},
        {"stands": False},
    ],
)
def test_who_could_not_come_back_is_no_discharge(told, rows, more):
    stay(told, "a", **more)

    assert rows("readmissions") == []


def test_readmissions_are_those_of_discharges_in_the_period(told, rows):
    stay(told, "a")

    assert rows("readmissions", datetime(2026, 3, 5, tzinfo=UTC))
    assert rows("readmissions", datetime(2026, 3, 6, tzinfo=UTC)) == []
    assert rows("readmissions", None, datetime(2026, 3, 5, tzinfo=UTC)) == []


def referral(told, number, **details):
    body = json.dumps({"kind": "referral", "details": details}).encode()
    key = f"rec_{number}"
    told.entity(key, "referral", "p_1", body)
    told.fact(told.message(), key, kind="record")


def test_referrals_are_counted_by_their_answers_and_loops(told, rows):
    for number, details in enumerate(
        [
            {"state": "requested"},
            {"state": "accepted", "loop": "open"},
            {"state": "rejected", "loop": "closed_unresolved"},
            {"state": "completed", "loop": "closed_by_requester"},
            {"state": "entered_in_error"},
        ]
    ):
        referral(told, number, **details)
    told.entity("rec_8", "referral", "p_1", b"null")
    told.entity("rec_9", "document", "p_1", b"{}")

    (row,) = rows("referrals")

    assert (row.month, row.source, row.referrals) == ("2026-03", "klinik-nord", 4)
    assert (row.answered, row.completed, row.fell_through) == (3, 1, 1)
    assert (row.closed, row.rate) == (2, 0.5)
    assert rows("referrals", AT_NOON + ONE_DAY) == []
    assert rows("referrals", None, AT_NOON) == []


def test_reports_hold_no_names(told, rows):
    told.attempt(told.delivery(told.event(told.message())))
    stay(told, "a")
    referral(told, 1, state="accepted", requester={"name": CANARY})

    found = {name: rows(name) for name in REPORTS}

    assert found["notifications"]
    assert CANARY not in msgspec.json.encode(found).decode()


def test_a_report_of_an_empty_store_is_empty(rows):
    assert {name: rows(name) for name in REPORTS} == {name: [] for name in REPORTS}


def test_a_report_without_a_store_is_refused(tmp_path):
    reader = EvidenceReader(tmp_path / "nothing")

    with pytest.raises(StoreUnreadableError):
        list(reader.rows("latency", Asked()))


def test_a_report_that_takes_too_long_ends(told):
    told.referrals(10_000)
    reader = EvidenceReader(told.path, time_limit_seconds=0)

    with pytest.raises(SlowQueryError):
        list(reader.rows("referrals", Asked()))
