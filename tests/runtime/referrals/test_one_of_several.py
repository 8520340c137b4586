"""Several are asked at once: one is chosen, the others are asked to let go of it.

In a whole hub whose clock is moved. Everybody in here is made up.
"""

import json

import aiohttp
import pytest

from tests.acceptance.process import table
from tests.runtime.referrals.walked import (
    NUMBER,
    SYSTEM,
    Walk,
    configuration,
    statement,
)

WHO = {
    "system": SYSTEM,
    "value": NUMBER,
    "names": [{"family": "Roe"}],
    "telecoms": [{"system": "phone", "value": "312-555-0147"}],
}


@pytest.fixture
def working(tmp_path, monkeypatch):
    def make(**referrals):
        file = configuration(tmp_path)
        if referrals:
            text = file.read_text().replace(
                "[referrals]\n", table("referrals", **referrals)
            )
            file.write_text(text)
        return Walk(tmp_path, monkeypatch, file=file)

    return make


async def call(walk, method, path, **given):
    async with (
        aiohttp.ClientSession(walk.hub.admin.address) as http,
        http.request(method, f"/api/v1/{path}", **given) as response,
    ):
        found = response.status, await response.json()
    await walk.hub.rest()
    return found


async def several(walk, key="k1"):
    """Ask two at once; return the key of the whole, and of each part."""
    await walk.consent()
    wanted = {
        "person": WHO,
        "performers": ["food-bank", "soup"],
        "category": "food-insecurity",
        "requester": "agency",
        "by": "somebody",
    }
    headers = {"Idempotency-Key": key}
    status, sent = await call(walk, "POST", "referrals", json=wanted, headers=headers)
    assert status in {200, 201}, sent
    return sent["key"], parts(walk)


def parts(walk):
    """Return the key of the part of each performer."""
    rows = walk.query(
        "SELECT referral.key, event.body FROM referral"
        " JOIN entity ON entity.key = referral.key JOIN event ON event.entity ="
        " entity.seq WHERE parent <> '' AND event.type = 'referral.requested'"
    )
    return {
        json.loads(body)["payload"]["performer"]["party"]: key for key, body in rows
    }


async def say(walk, key, side, says, **more):
    await walk.wait(minutes=5)
    return await call(
        walk,
        "POST",
        f"referrals/{key}/statements",
        json={"side": side, "says": says, "by": "x", **more},
    )


def states(walk, keys):
    return {
        name: walk.query("SELECT state, loop FROM referral WHERE key = ?", key)[0]
        for name, key in keys.items()
    }


async def test_who_accepts_first_is_chosen_and_the_other_lets_go(working):
    walk = working()
    async with walk.running():
        _, keys = await several(walk)
        assert {*keys} == {"food-bank", "soup"}
        await say(walk, keys["soup"], "performer", "accepted")
        await walk.restart()
        assert [kind for kind, _ in walk.told("food-bank")] == [
            "requested",
            "cancel_requested",
        ]
        await say(
            walk, keys["food-bank"], "performer", "cancelled", reason={"text": "so"}
        )
        await say(
            walk, keys["soup"], "performer", "completed", outcome={"code": "resolved"}
        )
        await say(walk, keys["soup"], "requester", "closed")

        told = [kind for kind, _ in walk.told("agency")]
        found = states(walk, keys)
    assert found["soup"] == ("completed", "closed_by_requester")
    assert found["food-bank"][0] == "cancelled"
    assert sorted(told) == sorted(
        ["received", "received", "accepted", "cancelled", "completed"]
    )
    assert [kind for kind, _ in walk.told("soup")] == [
        "requested",
        "information_provided",
        "loop_closed",
    ]


async def test_two_who_accept_at_once_are_one_and_one_who_is_asked_to_let_go(working):
    walk = working()
    async with walk.running():
        _, keys = await several(walk)
        system = "urn:carehub:referral"
        numbers = {name: number for number, name in numbers_of(walk)}
        await walk.wait(minutes=5)
        one = statement(
            walk.now,
            "performer",
            "accepted",
            system=system,
            number=numbers["food-bank"],
        )
        await walk.put("food-bank-page", one, rests=False)
        await say(walk, keys["soup"], "performer", "accepted")
        asked = [kind for name in keys for kind, _ in walk.told(name)]
        assert asked.count("cancel_requested") == 1
        await walk.restart()
        await walk.wait(days=1)

        asked = [kind for name in keys for kind, _ in walk.told(name)]
        assert asked.count("cancel_requested") == 1


def numbers_of(walk):
    rows = walk.query("SELECT body FROM event WHERE type = 'referral.requested'")
    for (body,) in rows:
        payload = json.loads(body)["payload"]
        yield payload["identifiers"]["placer"]["value"], payload["performer"]["party"]


async def test_who_chooses_by_hand_is_asked_nothing_before(working):
    walk = working(confirm="manual")
    async with walk.running():
        _, keys = await several(walk)
        await say(walk, keys["soup"], "performer", "accepted")
        await say(walk, keys["food-bank"], "performer", "accepted")
        assert "cancel_requested" not in [kind for _, kind, _ in walk.got]
        await say(walk, keys["food-bank"], "requester", "confirmed")

        assert [kind for kind, _ in walk.told("soup")][-1] == "cancel_requested"
        assert "cancel_requested" not in [kind for kind, _ in walk.told("food-bank")]


async def test_the_whole_is_cancelled_with_all_its_parts(working):
    walk = working()
    async with walk.running():
        whole, keys = await several(walk)
        await walk.wait(minutes=5)
        status, _ = await call(
            walk,
            "POST",
            f"referrals/{whole}/cancel",
            json={"reason": "over", "by": "x"},
        )
        assert status in {200, 202}
        for name in keys:
            assert [kind for kind, _ in walk.told(name)] == [
                "requested",
                "cancel_requested",
            ]
        again, _ = await several(walk)

    assert again == whole
    assert [kind for _, kind, _ in walk.got].count("requested") == 2


async def test_a_part_whose_performer_declines_leaves_the_other_one(working):
    walk = working()
    async with walk.running():
        _, keys = await several(walk)
        await say(walk, keys["soup"], "performer", "rejected", reason={"text": "full"})
        await say(walk, keys["food-bank"], "performer", "accepted")
        await say(
            walk,
            keys["food-bank"],
            "performer",
            "failed",
            reason={"text": "so"},
            outcome={"code": "patient_unreachable"},
        )
        # It is taken up after all, by who had declined.
        await say(walk, keys["soup"], "performer", "received")

        found = states(walk, keys)
        told = [kind for kind, _ in walk.told("soup")]
    assert found["food-bank"][0] == "failed"
    assert found["soup"][0] == "received"
    assert "cancel_requested" not in told, told
