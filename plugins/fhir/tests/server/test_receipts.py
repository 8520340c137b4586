"""A performer that looks by itself has received what it reads. All of it is made up."""

import aiohttp
import pytest
from msgspec.structs import replace

from hub.sdk import Recovery
from hub.testing import MemoryInbox, StoreRefusedError, running
from hub_fhir.reading.normalise import normalise
from hub_fhir.reading.profile import FhirProfile
from hub_fhir.server.server import FhirServer
from plugins.fhir.tests.samples import referral
from plugins.fhir.tests.server.conftest import ID, PARTY, RECORD, Asker, code_of

TASK = f"/Task/{ID}"
OURS = {"performer": {"party": PARTY, "org": {"name": "Tafel"}}}


def shown(says="requested", version=3, **payload):
    notice = referral(says, **({"state": says} | OURS | payload))
    event = notice.event
    entity = replace(event.entity, version=version)
    return replace(notice, event=replace(event, entity=entity))


@pytest.fixture(autouse=True)
def asked(inbox):
    """Let the food bank be the one that is asked."""
    inbox.referrals.show(PARTY, shown(), RECORD)


@pytest.mark.parametrize(
    "path", [TASK, f"/ServiceRequest/{ID}", "/Task", "/Task?status=requested"]
)
async def test_what_its_performer_reads_is_received_once(asker, inbox, path):
    assert (await asker.call("GET", path))[0] == 200
    assert (await asker.call("GET", path))[0] == 200

    [message] = inbox.received
    [fact] = normalise(message.body, FhirProfile()).facts
    said = {name: fact.details[name] for name in ("by", "state", "party")}
    assert said == {"by": "performer", "state": "received", "party": PARTY}
    assert fact.record == RECORD
    assert not fact.subject.identifiers
    occurred = shown().event.times.occurred
    assert abs(fact.occurred.earliest - occurred.earliest).total_seconds() < 0.001


async def test_after_a_restart_it_is_the_same_message(settings, inbox):
    again = MemoryInbox()
    again.referrals = inbox.referrals
    for each in (inbox, again):
        async with (
            running(FhirServer(settings()), each) as address,
            aiohttp.ClientSession() as http,
        ):
            asker = await Asker(http, address).sign_in()
            await asker.call("GET", TASK)

    [first], [second] = inbox.received, again.received
    assert first.control_id
    assert (first.body, first.control_id) == (second.body, second.control_id)


@pytest.mark.parametrize(
    ("notice", "path"),
    [
        (shown("accepted"), TASK),
        (shown(performer={"party": "kitchen"}), TASK),
        (shown(performer={"org": {"name": "Tafel"}}), TASK),
        (shown(performer="Tafel"), TASK),
        (shown(), "/Task?status=completed"),
        (shown(), "/Task?_id=other"),
        (shown(), "/metadata"),
    ],
)
async def test_nothing_is_received_that_nobody_was_asked_or_shown(
    serve, inbox, notice, path
):
    inbox.referrals.show(PARTY, notice, RECORD)
    async with serve() as asker:
        assert (await asker.call("GET", path))[0] == 200

    assert not inbox.received


async def test_a_feed_that_speaks_for_requesters_states_no_receipts(serve, inbox):
    async with serve(profile={"speaks_for": "requester"}) as asker:
        assert (await asker.call("GET", TASK))[0] == 200

    assert not inbox.received


async def test_a_receipt_that_cannot_be_stored_is_stated_later(asker, inbox):
    assert StoreRefusedError.recovery is Recovery.RETRY
    inbox.fail_with(StoreRefusedError())
    status, _ = await asker.call("GET", TASK)
    inbox.fail_with(None)
    await asker.call("GET", TASK)

    assert status == 200
    assert len(inbox.messages) == 1


async def test_that_it_was_read_is_no_change_for_who_answers(asker, inbox):
    _, task = await asker.call("GET", TASK)
    inbox.referrals.show(PARTY, shown("received", 4), RECORD)
    answer = task | {"status": "accepted"}

    status, _ = await asker.call("PUT", TASK, answer, If_Match='W/"3"')

    assert status == 200


@pytest.mark.parametrize(("says", "version"), [("received", 5), ("on_hold", 4)])
async def test_any_other_change_is_one(asker, inbox, says, version):
    _, task = await asker.call("GET", TASK)
    inbox.referrals.show(PARTY, shown(says, version), RECORD)
    answer = task | {"status": "accepted"}

    status, outcome = await asker.call("PUT", TASK, answer, If_Match='W/"3"')

    assert (status, code_of(outcome)) == (412, "FHIR-077")
