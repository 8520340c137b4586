"""Two hubs that speak FHIR with each other: what one side says, the other one knows.

A clinic's hub asks a food bank's hub by transactions, and looks at its tasks now and
then; either is killed on the way. Everybody and everything in it is made up.
"""

import json
from functools import partial

import pytest

from plugins.fhir.tests.peers import ec_key, key_set, pem
from tests.acceptance.conftest import Hubs
from tests.acceptance.process import eventually, folder, table, unbalanced
from tests.docs.running import free_ports
from tests.stores import put_down

pytestmark = pytest.mark.acceptance
PERSON = {
    "system": "CASES",
    "value": "C-1",
    "names": [{"family": "Roe", "given": "Jane"}],
    "telecoms": [{"system": "phone", "value": "+1 518 5550100"}],
}
REFERRAL = {
    "by": "Ann Made-Up",
    "person": PERSON,
    "category": "food-insecurity",
    "performers": ["food-bank"],
    "requester": "clinic",
    "safety": {"contact_prohibited": True},
}
WHY = {"code": "asked", "text": "Because of this test"}
APPOINTMENT = "2036-03-10T10:00:00+00:00"
#: Who says what, with what; the state in which both hubs have the referral then.
STEPS = [
    ("performer", "accepted", {}, "accepted"),
    ("performer", "scheduled", {"appointment": APPOINTMENT}, "scheduled"),
    ("requester", "information_provided", {"note": "She speaks Spanish"}, "scheduled"),
    ("performer", "no_show", {}, "accepted"),
    ("requester", "cancel_requested", {"reason": WHY}, "accepted"),
    ("performer", "cancel_declined", {"reason": WHY}, "accepted"),
    ("performer", "in_progress", {}, "in_progress"),
    ("performer", "completed", {"outcome": {"code": "resolved"}}, "completed"),
]


def clinics(path, base):
    """Return the tables of the hub whose clinic asks."""
    auth = {"token_url": f"{base}/token", "client_id": "clinic-hub", "key_id": "1"}
    auth["signing_key"] = f"file:{path}/hub.pem"
    there = {"base_url": base, "auth": auth}
    again = {"retry_initial_seconds": 0.1, "retry_max_seconds": 0.5}
    return [
        table("sources.papers", kind="facts-api"),
        table(
            "sources.tasks",
            kind="fhir-poller",
            interval_seconds=0.1,
            profile={"speaks_for": "performer"},
            **there,
        ),
        table(
            "destinations.food-bank",
            kind="fhir-client",
            format="fhir-referral",
            **there,
            **again,
        ),
        folder(path / "clinic", "clinic"),
        table("recipients.food-bank", sector="provider"),
        table("partners.clinic", destination="clinic", sides=["requester"]),
        table(
            "partners.food-bank",
            sources=["tasks"],
            destination="food-bank",
            sides=["performer"],
        ),
    ]


def food_banks(path, port):
    """Return the tables of the hub where the food bank works."""
    client = {"party": "clinic", "jwks_file": str(path / "keys.json")}
    return [
        table(
            "sources.fhir",
            kind="fhir-server",
            port=port,
            clients={"clinic-hub": client},
        ),
        table("partners.clinic", sources=["fhir"], sides=["requester"]),
    ]


def referral(hub):
    """Return the only referral of a hub, None before there is one."""
    found = hub.items("referrals")
    return found[0] if found else None


def where(hub):
    """Return where the referral of a hub is."""
    found = referral(hub) or {}
    names = ("state", "cancel_requested", "conflicts")
    return tuple(found.get(name) for name in names)


def is_at(hub, wanted):
    """Say whether the referral of a hub is where it should be."""
    return where(hub) == wanted


def say(hub, side, says, given):
    """Let somebody say something at a hub."""
    body = {"by": "Ann Made-Up", "side": side, "says": says, **given}
    path = f"/api/v1/referrals/{referral(hub)['key']}/statements"
    headers = {"Content-Type": "application/json"}
    status, answer = hub.request("POST", path, json.dumps(body).encode(), **headers)
    assert status in {200, 202}, answer


def test_what_one_side_says_the_others_hub_knows(tmp_path):
    key, [port] = ec_key(), free_ports(1)
    (tmp_path / "keys.json").write_text(key_set(**{"1": key}))
    (tmp_path / "hub.pem").write_text(pem(key))
    tables = {
        "performer": food_banks(tmp_path, port),
        "requester": clinics(tmp_path, f"http://127.0.0.1:{port}/fhir"),
    }
    hubs = {side: Hubs(tmp_path / side) for side in tables}
    try:
        for side, each in hubs.items():
            each.path.mkdir()
            put_down(each.data_dir)
            each.now = each.launch(*tables[side])
        for each in hubs.values():
            each.now.ready()
        walked(hubs, tables)
        last = {side: referral(each.now) for side, each in hubs.items()}
        kept = [
            each.now.get(f"referrals/{last[side]['key']}")
            for side, each in hubs.items()
        ]
    finally:
        for each in hubs.values():
            each.close()

    # A hub that hears of several steps at once tells of some as history, but knows all.
    # That it was received is the sender's own word, and overtaken by an early answer.
    assert last["performer"]["state"] == last["requester"]["state"]
    said = [{statement["says"] for statement in each["history"]} for each in kept]
    assert said[0] - {"received"} == said[1] - {"received"}
    assert {each["loop"] for each in last.values()} == {"closed_by_requester"}
    assert all(each["details"]["safety"]["contact_prohibited"] for each in kept)
    assert [unbalanced(each.data_dir) for each in hubs.values()] == [[], []]


def walked(hubs, tables):
    """Let both sides say all that there is, and kill either hub on the way."""
    asked = json.dumps(REFERRAL).encode()
    headers = {"Content-Type": "application/json"}
    hubs["requester"].now.request("POST", "/api/v1/referrals", asked, **headers)
    eventually(partial(referral, hubs["performer"].now), hubs["requester"].now)
    for number, (side, says, given, state) in enumerate(STEPS):
        say(hubs[side].now, side, says, given)
        if number in {1, 4}:
            # Whoever spoke goes down at once; the others' hub hears of it all the same.
            hubs[side].now.kill()
            hubs[side].now = hubs[side].start(*tables[side])
        wanted = (state, says == "cancel_requested", 0)
        for each in hubs.values():
            eventually(partial(is_at, each.now, wanted), each.now)
    for each in hubs.values():
        eventually(lambda hub=each.now: referral(hub)["loop"] != "open", each.now)
