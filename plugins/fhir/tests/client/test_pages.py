"""Pages of searches, and what becomes of them. All tasks are made up."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.sdk import HubError
from hub_fhir.client.errors import ForeignPageError, NoSearchsetError
from hub_fhir.client.pages import hub_key, messages_of, read_page, search_url
from hub_fhir.reading.normalise import normalise
from hub_fhir.reading.profile import FhirProfile
from hub_fhir.rendering.data.systems import ENTITIES, PARTY
from plugins.fhir.tests.samples import body, bundle, resource

BASE = "https://fhir.example.org/r4"
URL = f"{BASE}/Task?_count=2"


def task(identity="1", **stated):
    given = {"id": identity, "status": "accepted", "intent": "order"}
    given |= {"focus": {"reference": f"ServiceRequest/{identity}"}}
    given |= {"meta": {"lastUpdated": f"2026-03-16T12:00:0{identity[-1]}Z"}}
    return resource("Task", **(given | stated))


def page(*entries, url=""):
    links = {"link": [{"relation": "next", "url": url}]} if url else {}
    return body(bundle(*entries, type_="searchset", **links))


def test_a_search_asks_for_what_changed_oldest_first():
    since = datetime(2026, 3, 16, 12, tzinfo=UTC)

    url = search_url(BASE, since, 50, query="owner=Organization/7", includes=False)

    assert url == (
        f"{BASE}/Task?_lastUpdated=ge2026-03-16T12:00:00Z&_sort=_lastUpdated"
        "&_count=50&owner=Organization/7"
    )


def test_each_task_is_a_message_with_what_it_is_about():
    request = resource("ServiceRequest", id="1", status="active", intent="order")
    found = read_page(page(task("1"), request, task("2")), BASE, URL)

    messages = [json.loads(each) for each in messages_of(found.entries, BASE)]

    kinds = [[e["resource"]["resourceType"] for e in m["entry"]] for m in messages]
    assert sorted(kinds) == [["ServiceRequest", "Task"], ["Task"]]
    assert all("meta" not in each and "timestamp" not in each for each in messages)
    assert found.newest == datetime(2026, 3, 16, 12, 0, 2, tzinfo=UTC)


def test_what_changes_while_it_is_looked_up_is_as_it_was_last():
    twice = [task("1"), task("2"), task("1", status="completed")]
    found = read_page(page(*twice), BASE, URL)

    messages = [json.loads(each) for each in messages_of(found.entries, BASE)]

    tasks = [each["entry"][0]["resource"] for each in messages]
    statuses = {each["id"]: each["status"] for each in tasks}
    assert (len(tasks), statuses) == (2, {"1": "completed", "2": "accepted"})


def test_a_page_without_tasks_has_no_message():
    found = read_page(page(resource("Patient", id="1")), BASE, URL)

    assert messages_of(found.entries, BASE) == []


def test_a_task_alone_is_numbered_by_its_server():
    found = read_page(page(task("7")), BASE, URL)

    [message] = messages_of(found.entries, BASE)

    [fact] = normalise(message, FhirProfile()).facts
    assert (fact.record.system, fact.record.value) == (f"{BASE}/ServiceRequest", "7")


def test_nobody_says_by_a_tag_who_they_are():
    tag = {"system": PARTY, "code": "somebody-else"}
    found = read_page(page(task("1", meta={"tag": [tag]})), BASE, URL)

    assert "somebody-else" not in json.dumps(found.entries)


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example.org/r4/Task?page=2",
        "http://fhir.example.org/r4/Task?page=2",
        "https://fhir.example.org:8443/r4/Task?page=2",
        "https://user@fhir.example.org/r4/Task?page=2",
        "https://fhir.example.org/other/Task?page=2",
        "//evil.example.org/r4/Task",
        "https://fhir.example.org/r4/../admin",
        "file:///etc/passwd",
        "https://fhir.example.org/r4x",
    ],
)
def test_a_next_page_elsewhere_is_refused(url):
    """Else a token would go there."""
    with pytest.raises(ForeignPageError):
        read_page(page(task(), url=url), BASE, URL)


@pytest.mark.parametrize("url", [f"{BASE}?_getpages=1", "Task?page=2", f"{BASE}/Task"])
def test_a_next_page_of_the_server_is_followed(url):
    found = read_page(page(task(), url=url), BASE, URL)

    assert found.next.startswith(BASE)


@pytest.mark.parametrize(
    "answer", [b"", b"<html>", b"[]", b'{"resourceType":"Bundle","type":"batch"}']
)
def test_what_is_no_page_is_refused(answer):
    with pytest.raises(NoSearchsetError):
        read_page(answer, BASE, URL)


@given(st.binary(max_size=60) | st.just(b'{"type":"searchset","entry":[1,{},[]]}'))
def test_any_answer_is_a_page_or_refused(answer):
    try:
        found = read_page(answer, BASE, URL)
    except HubError:
        return
    assert messages_of(found.entries, BASE) == []


def test_the_hub_knows_its_own_referrals_again():
    number = {"system": ENTITIES, "value": "rec_0123"}

    assert hub_key(task(identifier=[number])) == "rec_0123"
    assert hub_key(task(identifier=[number | {"value": "../x"}])) == ""
    assert hub_key(task(identifier="x")) == ""
