"""What clients say, and what becomes of it. Everybody in here is made up."""

import asyncio
import json

import aiohttp
import pytest

from hub.testing import SourceContract, StoreRefusedError
from hub_fhir.reading.normalise import normalise
from hub_fhir.reading.profile import FhirProfile
from hub_fhir.reading.stamping import stamped
from hub_fhir.rendering.data.systems import PARTY as TAG
from hub_fhir.rendering.options import ReferralOptions
from hub_fhir.rendering.referral import render
from hub_fhir.resources.wire import write
from hub_fhir.server.server import FhirServer
from plugins.fhir.tests.samples import bundle, referral, resource
from plugins.fhir.tests.server.conftest import ID, PARTY, Asker, code_of

TASK = f"/Task/{ID}"
CANARY = "Kanarienvogel4711"
PATIENT = resource("Patient", id="p", identifier=[{"system": "urn:k", "value": "4711"}])
REQUEST = resource(
    "ServiceRequest",
    identifier=[{"system": "urn:k", "value": "REF-9"}],
    status="active",
    intent="order",
    authoredOn="2026-03-16T12:00:00Z",
    subject={"identifier": {"system": "urn:k", "value": "4711"}},
    note=[{"text": CANARY}],
)


def answering(task, status="accepted", **changes):
    """Return a task as a performer sends it back."""
    return {**task, "status": status, **changes}


def said(message):
    """Return what a stored message says: the one fact of it."""
    [fact] = normalise(message.body, FhirProfile()).facts
    return fact


async def test_what_a_performer_says_is_stored_in_its_name(asker, inbox):
    _, task = await asker.call("GET", TASK)

    status, outcome = await asker.call("PUT", TASK, answering(task), If_Match='W/"3"')

    [message] = inbox.messages
    fact = said(message)
    assert (status, outcome["resourceType"]) == (200, "OperationOutcome")
    assert (fact.details["state"], fact.details["by"]) == ("accepted", "performer")
    assert fact.details["party"] == PARTY
    assert (fact.record.system, fact.record.value) == ("KLINIK_TEST", "REF-1")
    assert message.peer == "tafel"


async def test_who_leaves_the_time_as_it_was_speaks_of_now(asker, inbox):
    _, task = await asker.call("GET", TASK)
    await asker.call("PUT", TASK, answering(task))
    later = "2026-11-01T08:00:00Z"
    await asker.call("PUT", TASK, answering(task, lastModified=later))

    first, second = map(said, inbox.messages)
    assert first.occurred.raw > task["lastModified"]
    assert second.occurred.raw == later


@pytest.mark.parametrize(
    "changes",
    [
        {"meta": {"tag": [{"system": TAG, "code": "somebody-else"}]}},
        {"focus": {"identifier": {"system": "urn:k", "value": "another"}}},
        {"basedOn": [{"reference": "ServiceRequest/another"}]},
    ],
)
async def test_nobody_speaks_for_others_or_of_other_referrals(asker, inbox, changes):
    _, task = await asker.call("GET", TASK)

    await asker.call("PUT", TASK, answering(task, **changes))

    fact = said(inbox.messages[0])
    assert fact.details["party"] == PARTY
    assert fact.record.value == "REF-1"


async def test_a_clock_that_is_ahead_hides_nothing_that_comes_later(asker, inbox):
    ahead = "2099-01-01T00:00:00Z"
    _, task = await asker.call("GET", TASK)
    focus = {"reference": f"ServiceRequest/{ID}"}
    new = resource("Task", status="accepted", intent="order", focus=focus)

    await asker.call("PUT", TASK, answering(task, lastModified=ahead))
    await asker.call("POST", "/Task", {**new, "lastModified": ahead})
    await asker.call("POST", "/ServiceRequest", REQUEST | {"authoredOn": ahead})
    await asker.call("POST", "/", transaction(timestamp=ahead))

    facts = [
        fact
        for each in inbox.messages
        for fact in normalise(each.body, FhirProfile()).facts
    ]
    assert len(inbox.messages) == 4
    assert all(fact.occurred.earliest.year < 2099 for fact in facts)


@pytest.mark.parametrize("name", ["focus", "basedOn"])
async def test_a_version_of_a_request_is_that_request(serve, inbox, name):
    reference = {"reference": f"ServiceRequest/{ID}/_history/2"}
    task = resource("Task", status="accepted", intent="order")
    task[name] = reference if name == "focus" else [reference]
    task["lastModified"] = "2026-03-16T12:00:00Z"
    async with serve() as asker:
        stranger = await Asker(asker.http, asker.address).sign_in(client="clinic")
        status, _ = await asker.call("POST", "/Task", task)
        refused, _ = await stranger.call("POST", "/Task", task)

    [message] = inbox.messages
    assert (status, refused) == (201, 404)
    assert said(message).record.value == "REF-1"


async def test_a_task_of_somebody_else_cannot_be_changed(serve, inbox):
    async with serve(client="clinic") as asker:
        task = resource("Task", id=ID, status="accepted", intent="order")
        status, outcome = await asker.call("PUT", TASK, task)

    assert (status, code_of(outcome)) == (404, "FHIR-076")
    assert not inbox.received


@pytest.mark.parametrize(
    ("header", "status", "code"),
    [
        ('W/"2"', 412, "FHIR-077"),
        ('"4"', 412, "FHIR-077"),
        ("3", 400, "FHIR-075"),
        ('W/"x"', 400, "FHIR-075"),
        ('W/"3", W/"2"', 400, "FHIR-075"),
    ],
)
async def test_a_version_that_is_not_the_newest_changes_nothing(
    asker, inbox, header, status, code
):
    _, task = await asker.call("GET", TASK)

    got, outcome = await asker.call("PUT", TASK, answering(task), If_Match=header)

    assert (got, code_of(outcome)) == (status, code)
    assert not inbox.received


@pytest.mark.parametrize("header", ['"3"', 'W/"3"', "*"])
async def test_the_newest_version_can_be_changed(asker, header):
    _, task = await asker.call("GET", TASK)

    status, _ = await asker.call("PUT", TASK, answering(task), If_Match=header)

    assert status == 200


async def test_a_version_can_be_asked_for(serve):
    async with serve(if_match=True) as asker:
        _, task = await asker.call("GET", TASK)
        status, outcome = await asker.call("PUT", TASK, answering(task))

    assert (status, code_of(outcome)) == (400, "FHIR-075")


async def test_of_many_who_change_a_version_at_once_one_wins(asker, inbox):
    _, task = await asker.call("GET", TASK)
    asked = [answering(task, note=[{"text": str(each)}]) for each in range(20)]

    answers = await asyncio.gather(
        *(asker.call("PUT", TASK, each, If_Match='W/"3"') for each in asked)
    )

    statuses = sorted(status for status, _ in answers)
    assert statuses == [200] + [412] * 19
    assert len(inbox.messages) == 1


async def test_a_version_is_free_again_where_nothing_was_stored(asker, inbox):
    _, task = await asker.call("GET", TASK)
    inbox.fail_with(StoreRefusedError())
    first, _ = await asker.call("PUT", TASK, answering(task), If_Match='W/"3"')
    inbox.fail_with(None)

    second, _ = await asker.call(
        "PUT", TASK, answering(task, status="rejected"), If_Match='W/"3"'
    )

    assert (first, second) == (503, 200)


async def test_a_key_stands_for_one_request(asker, inbox):
    key = {"Idempotency_Key": "k-1"}
    first, _ = await asker.call("POST", "/ServiceRequest", REQUEST, **key)
    again, _ = await asker.call("POST", "/ServiceRequest", REQUEST, **key)
    other = REQUEST | {"priority": "urgent"}
    status, outcome = await asker.call("POST", "/ServiceRequest", other, **key)

    assert (first, again) == (201, 201)
    assert (status, code_of(outcome)) == (422, "FHIR-078")
    assert len(inbox.received) == 1


async def test_of_equal_requests_at_once_one_is_carried_out(asker, inbox):
    inbox.hold()
    asking = asyncio.create_task(
        asker.call("POST", "/ServiceRequest", REQUEST, Idempotency_Key="k")
    )
    await inbox.arrivals(1)

    status, outcome = await asker.call(
        "POST", "/ServiceRequest", REQUEST, Idempotency_Key="k"
    )
    inbox.release()
    first, _ = await asking

    assert (first, status, code_of(outcome)) == (201, 409, "FHIR-087")


async def test_a_key_that_is_none_is_refused(asker):
    status, outcome = await asker.call(
        "POST", "/ServiceRequest", REQUEST, Idempotency_Key="k" * 300
    )

    assert (status, code_of(outcome)) == (400, "FHIR-075")


async def test_a_task_of_a_requester_is_about_the_referral_it_names(asker, inbox):
    focus = {"reference": f"{asker.address}/ServiceRequest/{ID}"}
    task = resource("Task", status="cancelled", intent="order", focus=focus)

    status, _ = await asker.call("POST", "/Task", task)

    assert status == 201
    assert said(inbox.messages[0]).record.value == "REF-1"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "FHIR-001"),
        (b"{", 400, "FHIR-001"),
        (b"{}{}", 400, "FHIR-001"),
        (b'{"a":1,"a":2}', 400, "FHIR-002"),
        (b'{"a":NaN}', 400, "FHIR-003"),
        (b'{"a":1e999}', 400, "FHIR-003"),
        (b'{"a":' + b"9" * 5000 + b"}", 400, "FHIR-003"),
        (b"[" * 200_000, 400, "FHIR-004"),
        (b'{"a":"\\ud800"}', 400, "FHIR-005"),
        (b"[]", 400, "FHIR-075"),
        (b'{"resourceType":"Patient"}', 400, "FHIR-075"),
        (b"\xef\xbb\xbf//x", 400, "FHIR-001"),
    ],
)
async def test_what_is_no_resource_is_refused(asker, inbox, body, status, code):
    got, outcome = await asker.call("POST", "/ServiceRequest", body)

    assert (got, code_of(outcome)) == (status, code)
    assert not inbox.received


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"status": "perhaps"}, "FHIR-007"),
        ({"modifierExtension": [{"url": "urn:x"}]}, "FHIR-008"),
        ({"identifier": []}, "FHIR-010"),
        ({"subject": {"display": CANARY}}, "FHIR-012"),
    ],
)
async def test_what_cannot_be_used_is_refused_and_kept(asker, inbox, changes, code):
    status, outcome = await asker.call("POST", "/ServiceRequest", REQUEST | changes)

    [message] = inbox.messages
    assert (status, code_of(outcome), message.refused) == (422, code, code)
    assert CANARY not in json.dumps(outcome)


@pytest.mark.parametrize(
    "headers",
    [
        {"Content_Type": "text/plain"},
        {"Content_Type": "application/fhir+xml"},
        {"Content_Type": "application/fhir+json; charset=utf-16"},
        {"Content_Encoding": "gzip"},
        {"Content_Encoding": "gzip, gzip"},
        {"Content_Encoding": "zstd"},
    ],
)
async def test_other_forms_are_refused(asker, inbox, headers):
    """A form of another page (CSRF) cannot be sent as JSON either."""
    status, outcome = await asker.call("POST", "/ServiceRequest", REQUEST, **headers)

    assert (status, code_of(outcome)) == (415, "FHIR-081")
    assert not inbox.received


async def test_decimals_keep_their_digits(asker, inbox):
    body = json.dumps(REQUEST)[:-1].encode() + b',"quantityQuantity":{"value":1.0}}'

    await asker.call("POST", "/ServiceRequest", body)

    assert b'"value":1.0' in inbox.messages[0].body


def transaction(kind="transaction", **changes):
    whole = bundle(("urn:uuid:1", PATIENT), ("urn:uuid:2", REQUEST), type_=kind)
    for entry in whole["entry"]:
        entry["request"] = {"method": "POST", "url": entry["resource"]["resourceType"]}
    return whole | changes


async def test_a_transaction_becomes_facts(asker, inbox):
    sent = json.loads(
        render([referral("requested", state="requested")], ReferralOptions()).body
    )

    status, answer = await asker.call("POST", "/", sent)

    [message] = inbox.messages
    fact = said(message)
    statuses = {each["response"]["status"] for each in answer["entry"]}
    assert (status, answer["type"]) == (200, "transaction-response")
    assert len(answer["entry"]) == len(sent["entry"])
    assert statuses == {"201 Created", "200 OK"}
    assert (fact.details["state"], fact.details["party"]) == ("requested", PARTY)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda whole: whole["entry"][0].update(request={"method": "DELETE"}), "079"),
        (lambda whole: whole["entry"][0].pop("request"), "009"),
        (lambda whole: whole["entry"][0].update(fullUrl="urn:uuid:2"), "009"),
        (lambda whole: whole["entry"][0].update(resource=bundle()), "009"),
        (lambda whole: whole["entry"][0]["request"].update(url="../Task"), "009"),
        (lambda whole: whole["entry"].append(1), "009"),
        (lambda whole: whole.update(entry=[]), "009"),
        (lambda whole: whole.update(entry=whole["entry"] * 3000), "009"),
        (lambda whole: whole.update(type="history"), "009"),
        (lambda whole: whole["entry"][1]["resource"].update(status="x"), "007"),
    ],
)
async def test_a_transaction_is_refused_as_a_whole(asker, inbox, change, code):
    whole = json.loads(json.dumps(transaction()))
    change(whole)

    status, outcome = await asker.call("POST", "/", whole)

    assert status in {405, 422}
    assert code_of(outcome) == f"FHIR-{code}"
    assert not inbox.received


async def test_of_a_batch_only_what_is_wrong_is_refused(asker, inbox):
    whole = json.loads(json.dumps(transaction("batch")))
    bad = {"fullUrl": "urn:uuid:3", "resource": REQUEST | {"status": "x"}}
    whole["entry"].append(
        bad | {"request": {"method": "POST", "url": "ServiceRequest"}}
    )

    status, answer = await asker.call("POST", "/", whole)

    statuses = [each["response"]["status"] for each in answer["entry"]]
    assert (status, statuses) == (200, ["201 Created", "201 Created", "422"])
    assert len(json.loads(inbox.messages[0].body)["entry"]) == 2


async def test_a_message_is_answered_with_a_message(asker, inbox):
    header = resource(
        "MessageHeader", id="m-1", eventUri="urn:x", source={"endpoint": "urn:y"}
    )
    whole = bundle(
        ("urn:uuid:0", header), ("urn:uuid:1", REQUEST), type_="message",
        timestamp="2026-03-16T12:00:00Z",
    )  # fmt: skip

    status, answer = await asker.call("POST", "/$process-message", whole)

    [entry] = answer["entry"]
    assert (status, answer["type"]) == (200, "message")
    assert entry["resource"]["response"] == {"identifier": "m-1", "code": "ok"}
    assert said(inbox.messages[0]).record.value == "REF-9"


@pytest.mark.parametrize("kind", ["transaction", "message"])
async def test_what_is_no_message_is_refused(asker, kind):
    status, outcome = await asker.call(
        "POST", "/$process-message", bundle(REQUEST, type_=kind)
    )

    assert (status, code_of(outcome)) == (422, "FHIR-009")


async def test_who_wants_no_answer_gets_none(asker):
    status, nothing = await asker.call(
        "POST", "/ServiceRequest", REQUEST, Prefer="return=minimal"
    )

    assert (status, nothing) == (201, None)


def sample(number):
    """Return a request as it is stored: with its party, in our order of keys."""
    named = [{"system": "urn:k", "value": f"REF-{number}"}]
    return write(stamped(REQUEST | {"identifier": named}, PARTY))


class TestFhirServer(SourceContract):
    @pytest.fixture
    def source(self, settings):
        return FhirServer(settings())

    @pytest.fixture
    def samples(self):
        return [sample(1), sample(2)]

    @pytest.fixture
    def exchange(self, session):
        async def exchange(address, body):
            asker = await Asker(session, address).sign_in()
            try:
                status, answer = await asker.call("POST", "/ServiceRequest", body)
            except aiohttp.ClientError:
                return None  # the server stopped before it had an answer
            return json.dumps(answer).encode() if status == 201 else None

        return exchange

    @pytest.fixture
    async def session(self):
        async with aiohttp.ClientSession() as http:
            yield http

    @pytest.fixture
    def canaries(self):
        return [CANARY, "REF-1"]
