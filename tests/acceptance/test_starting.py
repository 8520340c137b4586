"""What a hub does that cannot start, and what it says about it."""

import os
import socket

import pytest

from tests.acceptance.messages import adt, send
from tests.acceptance.process import (
    HubProcess,
    feed,
    folder,
    subscription,
    table,
    webhook,
    write_config,
)

pytestmark = [pytest.mark.acceptance, pytest.mark.usefixtures("own_process")]


@pytest.fixture
def taken_port():
    """A port of loopback that somebody else listens on."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


def refused(hub):
    """Wait for the end of a hub that cannot start; return what it said."""
    status = hub.wait()
    assert status == 1, hub.log
    assert "Traceback" not in hub.log
    return hub.log


#: Kinds of mistake: the table that has it, and what is said about it.
WRONG = {
    "a table that there is not": (
        table("admni", port=1),
        "admni: there is no such table; did you mean admin?",
    ),
    "a misspelt key": (
        feed("misspelt", max_frame_byte=1),
        "max_frame_byte: there is no such setting; did you mean max_frame_bytes?",
    ),
    "a kind that no plugin has": (
        feed("unknown", kind="mlp-listener"),
        "no plugin provides mlp-listener; did you mean mllp-listener?",
    ),
    "a value of the wrong type": (
        feed("mistyped", port="many"),
        "sources.mistyped.port: must be",
    ),
    "a value out of range": (
        feed("excessive", port=70000),
        "sources.excessive.port: must be less than or equal to 65535",
    ),
    "a key that is missing": (
        table("sources.incomplete", kind="mllp-listener"),
        "sources.incomplete.port: is required",
    ),
    "a profile with an unknown time zone": (
        feed("misplaced", profile={"time_zone": "Europe/Berlyn"}),
        "sources.misplaced.profile.time_zone: not an IANA time zone",
    ),
    "a name with a blank": (
        table('sources."klinik nord"', kind="mllp-listener", port=0),
        "sources.klinik nord: a name is of lower-case letters",
    ),
    "an unknown format": (
        folder("out", "unformatted", format="cloud-events"),
        "destinations.unformatted.format: no plugin provides cloud-events",
    ),
    "a subscription to nowhere": (
        subscription("payer-a"),
        "subscriptions.payer-a.destination: there is no destination payer-a",
    ),
    "a panel that there is not": (
        subscription("unformatted", "of-nobody", panel="nobody"),
        "subscriptions.of-nobody.panel: there is no panel nobody",
    ),
    "an event that there is not": (
        subscription("unformatted", "of-nothing", events=["encounter.admited"]),
        "there is no event type encounter.admited; did you mean encounter.admitted?",
    ),
    "marketing": (
        subscription("unformatted", "of-no-use", purpose="marketing"),
        "subscriptions.of-no-use.purpose: marketing is no purpose",
    ),
    "a secret in place": (
        webhook("https://example.org/hook", "open", secret="hunter2"),
        "destinations.open.secret: a secret is written as env:NAME or file:PATH",
    ),
    "a secret that is not set": (
        webhook("https://example.org/hook", "unset", secret="env:NOT_SET_ANYWHERE"),
        "destinations.unset.secret: the environment variable NOT_SET_ANYWHERE",
    ),
    "a webhook in the clear": (
        webhook("http://example.org/hook", "clear"),
        "destinations.clear.url:",
    ),
}


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """What a hub says whose configuration has every kind of mistake."""
    path = tmp_path_factory.mktemp("wrong")
    tables = [text for text, _ in WRONG.values()]
    config = write_config(path / "hub.toml", *tables)
    log = refused(HubProcess(config, path / "data"))
    assert not (path / "data").exists()
    return log


@pytest.mark.parametrize("wrong", WRONG)
def test_says_all_that_is_wrong_with_the_configuration(said, wrong):
    _, problem = WRONG[wrong]

    assert problem in said


def test_shows_no_secret_that_stands_in_the_configuration(said):
    assert "CONFIG-001" in said
    assert f"{len(WRONG)} in all" in said
    assert "hunter2" not in said


def test_says_where_the_configuration_is_no_toml(hubs):
    log = refused(hubs.launch("[sources.klinik-nord"))

    assert "hub.toml: is not TOML" in log


def test_says_that_there_is_no_configuration(tmp_path):
    hub = HubProcess(tmp_path / "missing.toml", tmp_path / "data")

    assert "CONFIG-002" in refused(hub)


def test_refuses_to_start_without_the_panel_that_it_needs(hubs):
    tables = (
        feed(),
        folder(hubs.out),
        table("panels.members", file="members.csv"),
        subscription("out", panel="members"),
    )

    assert "PANEL-001" in refused(hubs.launch(*tables))


def test_refuses_to_start_where_no_feed_can_have_its_port(hubs, taken_port):
    log = refused(hubs.launch(feed(port=taken_port)))

    assert "MLLP-010" in log
    assert "HUB-001" in log


def test_goes_on_where_another_feed_can_have_its_port(hubs, taken_port):
    hub = hubs.start(
        feed(), feed("klinik-sued", port=taken_port), folder("out"), subscription("out")
    )
    status, body = hub.request("GET", "/health/ready")

    assert status == 503
    assert b"klinik-sued is failed MLLP-010" in body
    assert send(hub.address(), adt()) == ["AA"]


def test_refuses_to_start_where_the_admin_port_is_taken(hubs, taken_port):
    tables = (feed(), folder(hubs.out), subscription("out"))

    log = refused(hubs.launch(*tables, admin_port=taken_port))

    assert "ADMIN-001" in log


def test_refuses_a_data_folder_that_is_a_file(hubs):
    hubs.data_dir.write_bytes(b"")

    log = refused(hubs.launch())

    assert "STORE-001" in log
    hubs.data_dir.unlink()


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write anywhere")
def test_refuses_a_data_folder_that_it_may_not_write_to(hubs):
    hubs.data_dir.mkdir(mode=0o500)

    assert "STORE-001" in refused(hubs.launch())


def test_refuses_a_data_folder_that_another_hub_uses(hubs):
    first = hubs.start()

    second = hubs.launch()

    assert "STORE-002" in refused(second)
    assert send(first.address(), adt()) == ["AA"]


def test_refuses_a_database_that_is_damaged(hubs):
    hubs.data_dir.mkdir()
    (hubs.data_dir / "carehub.sqlite3").write_bytes(b"not a database" * 1000)

    log = refused(hubs.launch())

    assert "STORE-00" in log
    (hubs.data_dir / "carehub.sqlite3").unlink()
