import json
import time

import aiohttp
import pytest

from hub.demo.receiver import Receiver, Told, care_type, new_secret, sign, verify

EVENT = {  # synthetic
    "specversion": "1.0",
    "id": "e1",
    "type": "org.carehub.care.encounter.admitted.v1",
    "source": "/hub/demo/feeds/klinik-nord",
    "data": {"payload": {"identifiers": [{"type": "VN", "value": "F1"}]}},
}


@pytest.fixture
async def receiver(tmp_path):
    async with Receiver(tmp_path) as receiver:
        yield receiver


async def post(receiver, event=EVENT, *, secret=None, webhook_id="m1", age=0):
    body = json.dumps(event).encode()
    timestamp = str(int(time.time()) - age)
    headers = {
        "webhook-id": webhook_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": sign(
            secret or receiver.secret, webhook_id, timestamp, body
        ),
        "content-type": "application/cloudevents+json",
    }
    async with (
        aiohttp.ClientSession() as session,
        session.post(receiver.url, data=body, headers=headers) as response,
    ):
        return response.status


async def test_keeps_a_signed_event(receiver):
    status = await post(receiver)

    assert status == 204
    assert receiver.events == {"e1": Told("encounter.admitted", "F1")}
    assert json.loads(receiver.log.read_text(encoding="utf-8"))["id"] == "e1"


async def test_refuses_a_bad_signature(receiver):
    status = await post(receiver, secret=new_secret())

    assert status == 401
    assert receiver.refused == 1
    assert not receiver.events


async def test_refuses_a_request_without_a_signature(receiver):
    async with (
        aiohttp.ClientSession() as session,
        session.post(receiver.url, json=EVENT) as response,
    ):
        status = response.status

    assert status == 401
    assert not receiver.events


async def test_refuses_an_old_request(receiver):
    assert await post(receiver, age=600) == 401


async def test_keeps_an_event_once_that_comes_twice(receiver):
    first, second = await post(receiver), await post(receiver)

    assert (first, second) == (204, 204)
    assert receiver.repeated == 1
    assert len(receiver.log.read_text(encoding="utf-8").splitlines()) == 1


@pytest.mark.parametrize(
    "event", [{"id": "e1"}, [], 1, EVENT | {"specversion": "2"}, EVENT | {"data": {}}]
)
async def test_refuses_what_is_not_a_care_event(receiver, event):
    assert await post(receiver, event) == 400
    assert not receiver.events
    assert receiver.log.read_bytes() == b""


def test_agrees_with_the_example_of_the_specification():
    """The example that Standard Webhooks gives for its libraries."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    headers = {
        "Webhook-Id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "Webhook-Timestamp": "1614265330",
        "Webhook-Signature": (
            "v1a,ignored v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        ),
    }
    body = b'{"test": 2432232314}'

    assert verify(secret, headers, body, now=1614265330)
    assert not verify(secret, headers, body + b" ", now=1614265330)


@pytest.mark.parametrize(
    ("cloud_type", "expected"),
    [
        ("org.carehub.care.encounter.ed_arrived.v1", "encounter.ed_arrived"),
        ("org.example.care.stay.closed.v2", "stay.closed"),
        ("encounter.admitted", "encounter.admitted"),
    ],
)
def test_reads_the_care_event_type(cloud_type, expected):
    assert care_type(cloud_type) == expected
