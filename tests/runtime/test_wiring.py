"""From the configuration to the parts of a hub. The panels are made up."""

import pytest

from hub.config.subscribing import Subscription as Told
from hub.config.tables import (
    AdminTable,
    HubConfig,
    HubTable,
    PanelTable,
    SourceConfig,
)
from hub.contract import NormaliserSpec, SourceSpec
from hub.coordination.routes import Cadence
from hub.runtime.wiring import episodes, faults, panels, subscriptions
from hub.settings import FileSourceSettings, Settings

HEAD = "patient_id,assigning_authority,identifier"


def config(tmp_path, content, panel="members"):
    file = tmp_path / "members.csv"
    if content is not None:
        file.write_bytes(content)
    told = Told(
        name="sub",
        destination="out",
        panel=panel,
        events=("encounter.admitted",),
        types=frozenset({"encounter.admitted"}),
        purpose="treatment",
        cadence=Cadence(),
    )
    return HubConfig(
        hub=HubTable(data_dir=tmp_path),
        admin=AdminTable(),
        subscriptions={"sub": told},
        panels={"members": PanelTable(file=file)},
    )


def test_a_subscription_is_about_a_panel(tmp_path):
    content = f"\ufeff{HEAD}\r\nM-1,NORD,0001\r\n".encode()

    given = config(tmp_path, content)
    [subscription] = subscriptions(given)
    panel = panels(given)[subscription.panel]

    assert [member.patient_id for member in panel.members["NORD", "0001"]] == ["M-1"]
    assert subscription.wants("encounter.admitted")
    assert not subscription.wants("encounter.discharged")


def test_a_subscription_to_all_has_no_panel(tmp_path):
    told = config(tmp_path, f"{HEAD}\n".encode(), panel="all")

    [subscription] = subscriptions(told)

    assert subscription.panel == ""


def test_each_subscription_to_episodes_has_a_panel_of_its_own(tmp_path):
    told = config(tmp_path, f"{HEAD}\n".encode(), panel="episode")

    [subscription] = subscriptions(told)

    assert subscription.panel == "episode:sub"
    assert episodes(told) == {"sub"}


@pytest.mark.parametrize(
    "content", [None, b"", b"\xff\xfe", b"patient_id,identifier\n", b"\x00" * 9]
)
def test_finds_a_panel_that_cannot_be_read(tmp_path, content):
    [fault] = faults(config(tmp_path, content))

    assert "members" in str(fault.error)
    assert (fault.table, fault.error.code) == ("panels.members", "PANEL-001")


def test_finds_no_fault_where_everything_can_be_made(tmp_path):
    told = config(tmp_path, f"{HEAD}\n".encode())

    assert list(faults(told)) == []


class Calls(FileSourceSettings):
    """Made up: files of a server."""

    host: str = "127.0.0.1"
    port: int = 22


def source(name, build):
    """Return the table of a source that is built so."""
    spec = SourceSpec(
        kind="calls",
        settings=Calls,
        build=build,
        normaliser="none",
        summary="Made up.",
    )
    nothing = NormaliserSpec(
        name="none",
        media_type="text/plain",
        profile=Settings,
        normalise=lambda body, _profile: body,
        summary="Made up.",
    )
    return SourceConfig(name, spec, Calls(kind="calls"), nothing, Settings())


def test_several_sources_of_files_may_call_the_same_server(tmp_path):
    told = config(tmp_path, f"{HEAD}\n".encode())
    for name in ("rosters", "answers"):
        told.sources[name] = source(name, build=lambda settings: settings)

    assert list(faults(told)) == []


def test_what_a_plugin_cannot_build_is_named_without_what_it_said(tmp_path):
    def build(_settings):
        raise ZeroDivisionError("secret of a plugin")

    told = config(tmp_path, f"{HEAD}\n".encode())
    told.sources["rosters"] = source("rosters", build)

    [fault] = faults(told)

    assert (fault.table, fault.error.code) == ("sources.rosters", "HUB-003")
    assert "sources.rosters (calls): ZeroDivisionError" in str(fault.error)
    assert "secret" not in str(fault.error)
