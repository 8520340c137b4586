"""What clients read. Everybody in here is made up."""

from datetime import timedelta

import msgspec
import pytest

from hub_fhir.resources.wire import read_resource
from plugins.fhir.tests.peers import FHIR
from plugins.fhir.tests.samples import referral
from plugins.fhir.tests.server.conftest import ID, PARTY, RECORD, code_of

TASK = f"/Task/{ID}"


async def test_says_what_it_can_do_to_everybody(serve):
    async with serve(client="") as asker:
        status, stated = await asker.call("GET", "/metadata")
        _, smart = await asker.call("GET", "/.well-known/smart-configuration")

    assert (status, stated["fhirVersion"]) == (200, "4.0.1")
    assert smart["token_endpoint"] == f"{asker.address}/token"


async def test_a_task_is_read_with_its_version(asker):
    status, task = await asker.call("GET", TASK)

    assert (status, task["id"], task["status"]) == (200, ID, "requested")
    assert asker.headers["ETag"] == 'W/"3"'
    assert asker.headers["Content-Type"].startswith(FHIR)
    assert asker.headers["Cache-Control"] == "no-store"


async def test_what_was_not_changed_is_not_sent_again(asker):
    status, nothing = await asker.call("GET", TASK, If_None_Match='W/"3"')

    assert (status, nothing) == (304, None)


async def test_the_request_and_all_that_it_leads_to_can_be_read(asker):
    _, request = await asker.call("GET", f"/ServiceRequest/{ID}")
    patient = request["subject"]["reference"]
    status, found = await asker.call("GET", f"/{patient}")

    assert (status, found["resourceType"]) == (200, "Patient")
    assert found["name"][0]["family"] == "Musterfrau"


async def test_what_is_somebody_elses_is_not_there(serve, inbox):
    async with serve(client="clinic") as asker:
        status, outcome = await asker.call("GET", TASK)
        _, page = await asker.call("GET", "/Task")

    assert (status, code_of(outcome)) == (404, "FHIR-076")
    assert "entry" not in page
    assert ("klinik", ID.replace("-", "_")) in inbox.referrals.looks


@pytest.mark.parametrize(
    "path",
    ["/Task/rec-0", "/Task/..%2f..%2fetc", "/Task/%00", "/Patient/x", "/Task/x_y",
     "/Task/rec-%252e%252e", "//Task", "/Observation/1", "/Task/" + "a" * 500],
)  # fmt: skip
async def test_what_is_not_there_is_not_found(asker, path):
    status, outcome = await asker.call("GET", path)

    assert (status, code_of(outcome)) == (404, "FHIR-076")


async def test_a_search_finds_tasks_with_all_around_them(asker):
    status, page = await asker.call("GET", "/Task?_include=Task:focus&_count=10")

    kinds = {each["resource"]["resourceType"] for each in page["entry"]}
    modes = {each["search"]["mode"] for each in page["entry"]}
    assert (status, page["type"], modes) == (200, "searchset", {"match", "include"})
    assert {"Task", "ServiceRequest", "Patient"} <= kinds
    assert read_resource(page)


async def test_a_search_can_be_posted_so_that_nothing_is_in_an_address(asker):
    form = b"status=requested&_count=5"
    kind = "application/x-www-form-urlencoded"

    status, page = await asker.call("POST", "/Task/_search", form, Content_Type=kind)

    assert (status, len(page["entry"])) == (200, 1)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("_lastUpdated=ge2026-03-16", 1),
        ("_lastUpdated=gt2026-03-16", 0),
        ("_lastUpdated=lt2026-03-16", 0),
        ("_lastUpdated=le2026-03-16", 1),
        ("_lastUpdated=2026", 1),
        ("_lastUpdated=ge2020&_lastUpdated=lt2021", 0),
        ("status=accepted", 0),
        ("status=accepted,requested", 1),
        (f"_id={ID}", 1),
        ("_id=other", 0),
        ("owner=Organization/1", 0),
        ("_sort=_lastUpdated", 1),
        ("_count=1000000000", 1),
    ],
)  # fmt: skip
async def test_a_search_finds_what_it_asks_for(asker, query, count):
    status, page = await asker.call("GET", f"/Task?{query}")

    assert (status, len(page.get("entry", []))) == (200, count)


@pytest.mark.parametrize(
    "query",
    [
        "_include:iterate=*", "_include=Patient:link", "_sort=status", "_sort=(SELECT)",
        "patient.name=x", "a.b.c.d.e.f.g=x", "_count=-1", "_count=x", "_count=%D9%A1",
        "_lastUpdated=yesterday", "_cursor=1", "status=%27%3B--", "_has:x=1",
        "_format=xml", "&".join(["_id=1"] * 30),
    ],
)  # fmt: skip
async def test_a_search_that_is_not_known_is_refused(asker, query):
    """To leave out a parameter would make the answer larger than what was asked."""
    status, outcome = await asker.call("GET", f"/Task?{query}")

    assert (status, code_of(outcome)) == (400, "FHIR-075")


@pytest.mark.parametrize("together", [False, True])
async def test_pages_lead_to_every_task_once(asker, inbox, together):
    replace = msgspec.structs.replace
    first = referral("requested", state="requested")
    for number in range(7):
        event = first.event
        entity = replace(event.entity, key=f"{event.entity.key[:-1]}{number}x")
        later = timedelta(0) if together else timedelta(seconds=number)
        times = replace(event.times, emitted=event.times.emitted + later)
        event = replace(event, entity=entity, times=times)
        inbox.referrals.show(PARTY, replace(first, event=event), RECORD)

    found, path, pages = [], "/Task?_count=3", 0
    while path:
        _, page = await asker.call("GET", path)
        found += [each["resource"]["id"] for each in page["entry"]]
        urls = [each["url"] for each in page["link"] if each["relation"] == "next"]
        path = urls[0].removeprefix(asker.address) if urls else ""
        pages += 1

    assert (len(found), len(set(found)), pages) == (8, 8, 3)


async def test_what_changes_while_it_is_looked_up_is_found_once(
    asker, inbox, monkeypatch
):
    async def changed(*_):
        replace, first = msgspec.structs.replace, referral("accepted")
        entity = replace(first.event.entity, version=4)
        return [first, replace(first, event=replace(first.event, entity=entity))]

    monkeypatch.setattr(inbox.referrals, "changed", changed)

    _, page = await asker.call("GET", "/Task")

    [found] = page["entry"]
    assert found["resource"]["meta"]["versionId"] == "4"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PATCH", TASK), ("DELETE", TASK), ("PUT", f"/ServiceRequest/{ID}"),
        ("GET", "/ServiceRequest"), ("GET", "/"), ("TRACE", TASK),
    ],
)  # fmt: skip
async def test_what_is_not_offered_is_refused(asker, method, path):
    status, outcome = await asker.call(method, path)

    assert (status, code_of(outcome)) == (405, "FHIR-079")


@pytest.mark.parametrize("method", ["POST", "GET", "PUT"])
async def test_subscriptions_are_the_operators(asker, method):
    status, outcome = await asker.call(method, "/Subscription", {})

    assert (status, code_of(outcome)) == (405, "FHIR-079")
    assert "subscribers" in outcome["issue"][0]["details"]["text"]
