"""Installed plugins that misbehave. Every message in here is synthetic."""

import os
import shutil
from pathlib import Path

import pytest

from tests.acceptance.messages import adt, send
from tests.acceptance.process import eventually, feed, folder, subscription, table

pytestmark = pytest.mark.acceptance

PLUGINS = Path(__file__).parents[1] / "plugins"
PYTHONPATH = [
    path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path
]


@pytest.fixture
def install(tmp_path):
    """Return what installs modules of tests/plugins, each as a distribution.

    It returns the environment in which a hub finds them.
    """
    site = tmp_path / "site"
    site.mkdir()

    def install(*modules):
        for module in modules:
            shutil.copy(PLUGINS / f"{module}.py", site)
            name = module.replace("_", "-")
            info = site / f"{module}-6.6.6.dist-info"
            info.mkdir()
            metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 6.6.6\n"
            (info / "METADATA").write_text(metadata, encoding="utf-8")
            entry = f"[carehub.plugins]\n{name} = {module}\n"
            (info / "entry_points.txt").write_text(entry, encoding="utf-8")
        return {"PYTHONPATH": os.pathsep.join([str(site), *PYTHONPATH])}

    return install


def hostile(kind, **keys):
    given = {
        "kind": kind,
        "format": "cloudevents-json",
        "retry_initial_seconds": 0.05,
        "retry_max_seconds": 0.1,
        "timeout_seconds": 0.2,
        "max_attempts": 3,
    }
    return table(f"destinations.{kind}", **(given | keys))


def beside(hubs, *tables):
    """Return a feed, a good destination, and what a test puts beside them."""
    return (feed(), folder(hubs.out), subscription("out"), *tables)


def test_starts_without_the_plugins_that_cannot_be_used(hubs, install):
    broken = (
        "raises_in_hook",
        "returns_junk",
        "raises_at_import",
        "exits_at_import",
        "misspelt_hook",
        "wrong_api",
    )

    hub = hubs.start(env=install(*broken))
    states = {
        plugin["distribution"]: plugin["error_code"]
        for plugin in hub.get("plugins")["items"]
        if plugin["state"] == "quarantined"
    }

    assert states == {
        "raises-in-hook": "PLUGIN-004",
        "returns-junk": "PLUGIN-005",
        "raises-at-import": "PLUGIN-001",
        "exits-at-import": "PLUGIN-001",
        "misspelt-hook": "PLUGIN-003",
        "wrong-api": "PLUGIN-002",
    }
    assert send(hub.address(), adt()) == ["AA"]


#: What a destination does, the code of its attempts, and what is known of them.
MISCHIEF = {
    "hostile-hangs": ("DELIVERY-001", "unknown"),
    "hostile-raises": ("DELIVERY-002", "unknown"),
    "hostile-quotes": ("DELIVERY-002", "unknown"),
    "hostile-returns-junk": ("DELIVERY-003", "unknown"),
}


def test_destinations_that_misbehave_cost_only_their_own_deliveries(hubs, install):
    tables = [each for kind in MISCHIEF for each in (hostile(kind), subscription(kind))]
    env = install("hostile_destinations")
    hub = hubs.start(*beside(hubs, *tables), env=env)

    assert send(hub.address(), adt()) == ["AA"]
    hub.quiet()
    found = {}
    for delivery in hub.items("deliveries"):
        history = hub.get(f"deliveries/{delivery['id']}")["history"]
        kinds = {(attempt["error_code"], attempt["outcome"]) for attempt in history}
        found[delivery["destination"]] = (delivery["state"], kinds)

    assert found.pop("out") == ("delivered", {("", "accepted")})
    assert found == {kind: ("dead", {why}) for kind, why in MISCHIEF.items()}
    assert "Erika" not in hub.log


def test_a_destination_that_ignores_a_request_to_stop_does_not_keep_the_hub(
    hubs, install
):
    stubborn = hostile("hostile-stubborn", timeout_seconds=600)
    tables = beside(hubs, stubborn, subscription("hostile-stubborn"))
    hub = hubs.start(*tables, env=install("hostile_destinations"))
    send(hub.address(), adt())
    claimed = "SELECT 1 FROM delivery WHERE state = 'claimed' AND attempts = 1"
    eventually(lambda: hub.query(claimed), hub)

    status, seconds = hub.terminate()

    assert status == 0
    assert seconds < 10


def test_renderers_that_misbehave_make_dead_letters(hubs, install):
    tables = [
        each
        for name in ("hostile-raises", "hostile-junk", "hostile-text")
        for each in (folder(hubs.out, name, format=name), subscription(name))
    ]
    hub = hubs.start(*beside(hubs, *tables), env=install("hostile_formats"))

    assert send(hub.address(), adt()) == ["AA"]
    hub.quiet()
    found = {
        (delivery["destination"], delivery["state"], delivery["error_code"])
        for delivery in hub.items("deliveries")
    }

    assert found == {
        ("out", "delivered", ""),
        ("hostile-raises", "dead", "DELIVERY-004"),
        ("hostile-junk", "dead", "DELIVERY-004"),
        ("hostile-text", "dead", "DELIVERY-004"),
    }
    assert "Erika" not in hub.log


def test_normalisers_that_misbehave_park_their_own_feed_only(hubs, install):
    wanted = {
        "hostile-raises": ("parked", "PIPE-001"),
        "hostile-junk": ("parked", "PIPE-002"),
        "hostile-says-nothing": ("unmapped", ""),
        "hostile-sleeps": ("unmapped", ""),
    }
    feeds = [feed(name, normaliser=name, profile={}) for name in wanted]
    hub = hubs.start(*beside(hubs, *feeds), env=install("hostile_formats"))

    for name in (*wanted, "klinik-nord"):
        assert send(hub.address(name), adt()) == ["AA"]
    hub.quiet()
    found = {
        message["source"]: (message["state"], message["error_code"])
        for message in hub.items("messages")
    }

    assert found.pop("klinik-nord") == ("processed", "")
    assert found == wanted
    assert "Erika" not in hub.log
    # The process that works messages out logs as the hub does.
    [entry] = hub.logged("normaliser.failed")
    assert entry["normaliser"] == "hostile-raises"


def test_a_source_that_crashes_does_not_keep_the_others(hubs, install):
    crashing = table("sources.crashes", kind="hostile-crashes", normaliser="hl7-v2")
    hub = hubs.launch(
        *beside(hubs, crashing), env=install("hostile_sources", "hostile_formats")
    )

    answers = send(hub.address(), adt())
    hub.wait_for("source.raised", count=2)
    _, body = hub.request("GET", "/health/ready")

    assert answers == ["AA"]
    assert b"source crashes is" in body
    status, seconds = hub.terminate()
    assert (status, seconds < 10) == (0, True)


def test_a_source_that_ignores_a_request_to_stop_does_not_keep_the_hub(hubs, install):
    stubborn = table(
        "sources.stubborn", kind="hostile-ignores-stop", normaliser="hl7-v2"
    )
    hub = hubs.start(
        *beside(hubs, stubborn), env=install("hostile_sources", "hostile_formats")
    )

    assert send(hub.address(), adt()) == ["AA"]

    status, seconds = hub.terminate()
    assert (status, seconds < 10) == (0, True)


def test_says_which_plugin_cannot_be_built(hubs, install):
    tables = beside(hubs, hostile("hostile-build"), subscription("hostile-build"))

    hub = hubs.launch(*tables, env=install("hostile_destinations"))

    assert hub.wait() == 1
    assert "Traceback" not in hub.log
    assert "hostile-build" in hub.log
