"""CloudEvents. Every person in here is made up."""

import json
import re
from datetime import UTC, datetime

import msgspec
import pytest
from pydantic import ValidationError

from hub.sdk import FuzzyTime, Identifier
from hub.testing.samples import (
    NASTY,
    NASTY_TEXTS,
    NOTICES,
    admitted,
    discharged,
    fuzzy_time,
    minimal,
    nasty,
    notice,
    retraction,
)
from hub_webhook.cloudevents import MEDIA_TYPE, CloudEventsOptions, render

CANARY = "Kanarienvogel4711"
REQUIRED = {"id", "source", "specversion", "type"}
OPTIONAL = {"datacontenttype", "dataschema", "subject", "time"}
EXTENSIONS = {"sequence", "partitionkey", "confidentiality", "correctionof"}
RFC3339_UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def cloud_event(told, **options):
    rendered = render([told], CloudEventsOptions(**options))
    return json.loads(rendered.body)


def attributes(told):
    event = cloud_event(told)
    del event["data"]
    return event


@pytest.mark.parametrize("told", NOTICES, ids=lambda told: told.event.id)
def test_is_a_valid_cloud_event(told):
    """Source: CloudEvents 1.0.2, section 3, and its JSON format, section 3."""
    event = attributes(told)

    assert event.keys() >= REQUIRED
    assert event.keys() <= REQUIRED | OPTIONAL | EXTENSIONS | {"traceparent"}
    assert event["specversion"] == "1.0"
    assert event["datacontenttype"] == "application/json"
    assert RFC3339_UTC.fullmatch(event["time"])
    assert re.match(r"[a-z][a-z0-9+.-]*:\S+$", event["dataschema"])
    for name, value in event.items():
        assert re.fullmatch("[a-z0-9]{1,20}", name)
        assert isinstance(value, str)
        assert value
        assert not re.search(r"[\x00-\x1f\x7f-\x9f]", value)


def test_attributes_follow_from_the_event():
    event = attributes(notice(discharged()))

    assert event == {
        "specversion": "1.0",
        "id": "evt-discharged-3",
        "source": "/hub/hub-test/feeds/klinik-test",
        "type": "org.carehub.care.encounter.discharged.v1",
        "subject": "enc_test_1",
        "time": "2026-03-16T15:00:00Z",
        "datacontenttype": "application/json",
        "dataschema": "tag:carehub.org,2026:careevent/encounter/1.0",
        "sequence": "0000000003",
        "partitionkey": "enc_test_1",
        "confidentiality": "N",
    }


def test_the_type_prefix_is_an_option():
    event = cloud_event(notice(), type_prefix="de.klinik-nord")

    assert event["type"] == "de.klinik-nord.encounter.admitted.v1"


@pytest.mark.parametrize("prefix", ["", ".org", "org.", "Org", "a b", "org..care"])
def test_a_malformed_type_prefix_is_refused(prefix):
    with pytest.raises(ValidationError):
        CloudEventsOptions(type_prefix=prefix)


def test_a_correction_names_the_event_that_it_corrects():
    event = cloud_event(notice(retraction(discharged())))

    assert event["correctionof"] == discharged().id
    assert event["data"]["correction"]["kind"] == "retraction"


def test_the_trace_goes_on_at_the_recipient():
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    trace = msgspec.structs.replace(admitted().trace, traceparent=parent)

    event = cloud_event(notice(admitted(trace=trace)))

    assert event["traceparent"] == parent


def test_a_feed_name_becomes_part_of_a_uri():
    source = msgspec.structs.replace(admitted().source, feed="Köln/ADT 1")

    event = cloud_event(notice(admitted(source=source)))

    assert event["source"] == "/hub/hub-test/feeds/K%C3%B6ln%2FADT%201"


@pytest.mark.parametrize("precision", ["year", "month", "day", "hour", "minute"])
def test_a_vague_time_is_not_passed_off_as_exact(precision):
    vague = msgspec.structs.replace(fuzzy_time(), precision=precision)
    times = msgspec.structs.replace(admitted().times, occurred=vague)

    event = cloud_event(notice(admitted(times=times)))

    assert event["time"] == f"{times.emitted:%Y-%m-%dT%H:%M:%SZ}"


def test_an_exact_time_is_given_in_utc():
    exact = FuzzyTime(
        raw="20260316130000.25+0100",
        precision="fraction",
        earliest=datetime(2026, 3, 16, 12, 0, 0, 250000, tzinfo=UTC),
        latest=datetime(2026, 3, 16, 12, 0, 0, 260000, tzinfo=UTC),
        local="2026-03-16T13:00:00.25",
    )
    times = msgspec.structs.replace(admitted().times, occurred=exact)

    event = cloud_event(notice(admitted(times=times)))

    assert event["time"] == "2026-03-16T12:00:00.250000Z"


def test_data_is_the_event_and_to_whom_it_is_told():
    told = notice(discharged(), patient_id="M-7", subscription="members")

    data = cloud_event(told)["data"]

    assert data.pop("recipient") == {"patient_id": "M-7", "subscription": "members"}
    assert data == json.loads(msgspec.json.encode(told.event))


def test_deleted_fields_stay_different_from_missing_ones():
    payload = cloud_event(notice(discharged()))["data"]["payload"]

    assert payload["location"]["bed"] is None
    assert "room" not in payload["location"]


def test_awkward_texts_arrive_as_they_were():
    payload = cloud_event(NASTY)["data"]["payload"]

    texts = [payload[f"text_{place}"] for place in range(len(NASTY_TEXTS))]
    assert texts == list(NASTY_TEXTS)


def test_attributes_hold_nothing_about_the_person():
    """Brokers log attributes (domain 9.6)."""
    subject = msgspec.structs.replace(
        admitted().subject, identifiers=(Identifier(CANARY, CANARY, "MR"),)
    )
    event = nasty(
        subject=subject,
        participants=({"role": "attending", "name": CANARY},),
        payload={"person": {"names": [{"family": CANARY}]}, CANARY: CANARY},
        extensions={CANARY: CANARY},
        parents=(CANARY,),
        causes=(CANARY,),
    )
    told = notice(event, patient_id=CANARY, subscription=CANARY, delivery=CANARY)

    assert CANARY in json.dumps(cloud_event(told)["data"])
    assert CANARY not in json.dumps(attributes(told))


def test_media_type_and_suffix_hold_no_content():
    rendered = render([NASTY], CloudEventsOptions())

    assert (rendered.media_type, rendered.suffix) == (MEDIA_TYPE, ".json")


def test_the_order_of_keys_in_the_store_does_not_matter():
    forward = minimal(payload={"a": 1, "b": {"c": 2, "d": 3}})
    backward = minimal(payload={"b": {"d": 3, "c": 2}, "a": 1})

    options = CloudEventsOptions()

    assert render([notice(forward)], options) == render([notice(backward)], options)
