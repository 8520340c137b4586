"""One attempt, whatever a plugin does. The notices are made up."""

import asyncio

import msgspec
import pytest
import structlog

from hub.errors import HubError, Recovery
from hub.model.delivery import Artifact, Outcome, Rendered
from hub.model.events import EventSubject
from hub.runtime.errors import RenderFailedError, SendTimeoutError
from hub.runtime.sending import attempt, refusal, render
from hub.store.outbox import Claimed
from hub.testing.samples import care_event
from tests.plugins import hostile_destinations, hostile_formats
from tests.runtime.setting import ACCEPTED, Scripted, config

ARTIFACT = Artifact(id="evt-1", body=b"ZZCANARYZZ", media_type="text/plain")
SHORT = 0.05


class BusyError(HubError):
    """Made up."""

    code = "RTTEST-001"
    summary = "The receiver is busy"
    remedy = "Wait"
    recovery = Recovery.RETRY


class UnfitError(HubError):
    """Made up."""

    code = "RTTEST-002"
    summary = "The receiver does not take this"
    remedy = "Look at it"
    recovery = Recovery.REJECT


class LockedOutError(HubError):
    """Made up."""

    code = "RTTEST-003"
    summary = "The receiver lets nobody in"
    remedy = "Ask for another key"
    recovery = Recovery.STOP


class Raises(Scripted):
    def __init__(self, error):
        super().__init__()
        self._error = error

    async def send(self, artifact):  # noqa: ARG002  the contract passes it
        raise self._error


def claimed(number=1, *, batch="", terms="{}", **payload):
    event = care_event("admitted", number, id=f"evt-{number}", payload=payload)
    return Claimed(
        seq=number,
        id=f"dlv-{number}",
        epoch=1,
        attempts=3,
        counted=3,
        batch=batch,
        event=event.id,
        event_body=msgspec.json.encode(event),
        subscription="sub",
        purpose="treatment",
        patient_id="M-1",
        terms=terms,
        stale=0,
    )


async def test_passes_on_what_the_destination_says():
    assert await attempt(Scripted(), ARTIFACT, 1) == ACCEPTED


async def test_does_not_know_what_a_destination_did_that_hangs():
    destination = hostile_destinations.Hangs(None)

    receipt = await attempt(destination, ARTIFACT, SHORT)

    assert (receipt.outcome, receipt.error_code) == (Outcome.UNKNOWN, "DELIVERY-001")


async def test_does_not_know_what_a_destination_did_that_raises():
    receipt = await attempt(hostile_destinations.Raises(None), ARTIFACT, 1)

    assert (receipt.outcome, receipt.error_code) == (Outcome.UNKNOWN, "DELIVERY-002")


async def test_does_not_know_what_a_destination_did_that_returns_junk():
    receipt = await attempt(hostile_destinations.ReturnsJunk(None), ARTIFACT, 1)

    assert (receipt.outcome, receipt.error_code) == (Outcome.UNKNOWN, "DELIVERY-003")


async def test_shows_nothing_of_what_a_destination_quotes_when_it_raises():
    with structlog.testing.capture_logs() as entries:
        receipt = await attempt(hostile_destinations.Quotes(None), ARTIFACT, 1)

    assert receipt.evidence == ""
    assert "ZZCANARYZZ" not in str([{**each, "exc_info": None} for each in entries])


@pytest.mark.parametrize(
    ("error", "outcome", "blames_route"),
    [
        (BusyError, Outcome.RETRYABLE, False),
        (UnfitError, Outcome.PERMANENT, False),
        (LockedOutError, Outcome.RETRYABLE, True),
    ],
)
async def test_takes_a_catalogued_error_at_its_word(error, outcome, blames_route):
    receipt = await attempt(Raises(error()), ARTIFACT, 1)

    assert (receipt.outcome, receipt.blames_route) == (outcome, blames_route)
    assert receipt.error_code == error.code


def test_renders_a_single_notice_under_its_events_id():
    artifact = render(config(), [claimed()])

    assert (artifact.id, artifact.attempt) == ("evt-1", 3)
    assert artifact.body == b"evt-1 1\n"


def test_renders_several_notices_under_their_batchs_id():
    members = [claimed(number, batch="bat-1") for number in (1, 2)]

    artifact = render(config(), members)

    assert (artifact.id, artifact.body) == ("bat-1", b"evt-1 1\nevt-2 2\n")


def test_keeps_from_the_renderer_what_must_not_leave():
    told = []

    def spy(notices, _options):
        told.extend(notices)
        return Rendered(body=b"", media_type="text/plain")

    render(config(spy), [claimed()])

    assert told[0].event.extensions == {}
    assert (told[0].patient_id, told[0].purpose) == ("M-1", "treatment")


def test_gives_the_renderer_the_fewest_words_of_what_is_only_owed():
    told = []

    def spy(notices, _options):
        told.extend(notices)
        return Rendered(body=b"", media_type="text/plain")

    owed = claimed(terms='{"template":"retraction"}', name="ZZCANARYZZ")
    render(config(spy), [owed, claimed(2, name="ordinary")])

    assert [notice.event.payload for notice in told] == [{}, {"name": "ordinary"}]
    assert told[0].event.subject == EventSubject(None)
    assert told[0].patient_id == "M-1"


@pytest.mark.parametrize("name", hostile_formats.RENDERERS)
def test_refuses_what_a_renderer_does_wrong(name):
    with pytest.raises(RenderFailedError) as raised:
        render(config(hostile_formats.RENDERERS[name]), [claimed(name="ZZCANARYZZ")])

    assert "ZZCANARYZZ" not in str(raised.value)
    assert raised.value.__cause__ is None
    receipt = refusal(raised.value)
    assert (receipt.outcome, receipt.error_code) == (Outcome.PERMANENT, "DELIVERY-004")


def test_says_why_a_renderer_refuses():
    def refuses(_notices, _options):
        raise SendTimeoutError

    with pytest.raises(SendTimeoutError) as raised:
        render(config(refuses), [claimed()])

    receipt = refusal(raised.value)
    assert (receipt.outcome, receipt.error_code) == (
        Outcome.PERMANENT,
        SendTimeoutError.code,
    )


def test_refuses_a_rendering_whose_other_parts_are_junk():
    def careless(_notices, _options):
        return Rendered(body=b"fine", media_type=None, suffix=7)

    with pytest.raises(RenderFailedError):
        render(config(careless), [claimed()])


async def test_does_not_know_what_a_destination_did_whose_receipt_is_full_of_junk():
    class Careless(Scripted):
        async def send(self, artifact):  # noqa: ARG002  the contract passes it
            return type(ACCEPTED)(outcome="fine", evidence=None, error_code=7)

    receipt = await attempt(Careless(), ARTIFACT, 1)

    assert (receipt.outcome, receipt.error_code) == (Outcome.UNKNOWN, "DELIVERY-003")


@pytest.mark.parametrize("error", [SystemExit(3), asyncio.CancelledError()])
async def test_does_not_know_what_a_destination_did_that_tries_to_end_the_hub(error):
    receipt = await attempt(Raises(error), ARTIFACT, 1)

    assert (receipt.outcome, receipt.error_code) == (Outcome.UNKNOWN, "DELIVERY-002")


async def test_ends_when_it_is_itself_cancelled():
    hanging = hostile_destinations.Hangs(None)
    sending = asyncio.create_task(attempt(hanging, ARTIFACT, 9))
    await asyncio.sleep(0)
    sending.cancel()

    with pytest.raises(asyncio.CancelledError):
        await sending


@pytest.mark.parametrize(
    ("asked", "granted"),
    [(1e12, 3600), (-5, 0), (float("inf"), None), (float("nan"), None), (7.5, 7.5)],
)
async def test_waits_no_longer_than_is_sensible(asked, granted):
    receipt = msgspec.structs.replace(ACCEPTED, retry_after_seconds=asked)

    assert (await attempt(Says(receipt), ARTIFACT, 1)).retry_after_seconds == granted


def test_refuses_an_event_that_can_no_longer_be_read():
    damaged = claimed()._replace(event_body=b"\x00")

    with pytest.raises(RenderFailedError):
        render(config(), [damaged])


class Says(Scripted):
    def __init__(self, receipt):
        super().__init__()
        self._receipt = receipt

    async def send(self, artifact):  # noqa: ARG002  the contract passes it
        return self._receipt
