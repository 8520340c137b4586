"""The stage of a shadow, and what it keeps of what would be sent. All is made up."""

import sqlite3
import stat

import pytest

from hub.config import load
from hub.coordination.panels import PanelError
from hub.registry import Registry
from hub.runtime import shadow_golden, shadow_stage
from hub.runtime.shadow import Wanted, replay
from hub.runtime.shadow_golden import Example, outcome
from hub.store import state
from hub.store.sqlite import DATABASE_NAME
from tests.acceptance.messages import adt
from tests.acceptance.process import subscription, table
from tests.plugins import hostile_formats
from tests.runtime.past import ADMITTED, DISCHARGED, PLUGINS, Past, loaded, written

SECRET = bytes(32)


def example(body, number=1):
    return Example("klinik-nord", f"{number:02}.hl7", body)


def test_what_cannot_be_stored_is_parked_as_in_a_hub(tmp_path, monkeypatch):
    settle = state.settle

    def refuse(connection, batches):
        if any(each.facts for batch in batches for each in batch):
            raise sqlite3.IntegrityError
        return settle(connection, batches)

    monkeypatch.setattr(shadow_stage.state, "settle", refuse)
    found = outcome(loaded(written(tmp_path / "hub.toml")), [example(ADMITTED)])

    [message] = found["messages"]
    assert (message["state"], message["error_code"]) == ("parked", "PIPE-004")


def test_a_large_scratch_store_is_for_its_owner_only(tmp_path):
    with shadow_stage.scratch(SECRET, tmp_path, large=True) as connection:
        [made] = tmp_path.iterdir()
        mode = stat.S_IMODE(made.stat().st_mode)
        [(_, _, file)] = connection.execute("PRAGMA database_list").fetchall()

    assert mode == 0o700
    assert file == str(made / DATABASE_NAME)
    assert not made.exists()


def test_a_list_that_cannot_be_read_is_said(tmp_path):
    panel = table("panels.members", file="panel.csv")
    config = loaded(written(tmp_path / "hub.toml", panel))
    (tmp_path / "panel.csv").write_text("nothing,of,the,kind\n")

    with pytest.raises(PanelError):
        outcome(config, [example(ADMITTED)])


def test_panels_that_are_only_in_the_store_count_in_a_shadow(tmp_path):
    (tmp_path / "panel.csv").write_text(
        "patient_id,assigning_authority,identifier\nM-1,KLINIK_NORD,P1\n"
    )
    asked = subscription("out", events=["*"], panel="members")
    panel = table("panels.members", file="panel.csv")
    with_file = written(tmp_path / "hub.toml", panel, subscribed=asked)
    past = Past(with_file)
    past.load_panels()
    past.hear(ADMITTED)
    without = written(tmp_path / "new.toml", table("panels.members"), subscribed=asked)

    report = replay(loaded(without), past.folder, Wanted())
    assert report.deliveries == []
    assert past.query("SELECT count(*) FROM delivery")[0][0] > 0


def test_what_cannot_be_rendered_is_kept_with_its_code(tmp_path):
    registry = Registry.from_modules(PLUGINS | {"formats": hostile_formats})
    path = written(tmp_path / "hub.toml")
    text = path.read_text().replace("cloudevents-json", "hostile-raises")
    path.write_text(text)
    found = outcome(load(path, registry), [example(ADMITTED)])

    [sent] = found["sent"]
    assert sent["error_code"] == "DELIVERY-004"


def test_a_message_that_does_not_say_when_it_was_sent_arrives_after_the_one_before(
    tmp_path,
):
    config = loaded(written(tmp_path / "hub.toml"))
    unsaid = adt(control_id="C9").replace(b"REGION|20260314093104|", b"REGION||")
    found = outcome(config, [example(DISCHARGED), example(unsaid, 2)])

    at = [each["received_at"] for each in found["messages"]]
    assert at == ["2026-03-14T23:31:04Z", "2026-03-14T23:31:05Z"]


def test_the_first_arrives_at_a_fixed_time_where_it_does_not_say(tmp_path):
    config = loaded(written(tmp_path / "hub.toml"))
    found = outcome(config, [example(b"no message, made up")])

    assert found["messages"][0]["received_at"] == "2026-01-01T00:00:00Z"


def test_a_normaliser_that_fails_is_found_out_when_the_message_is_processed(tmp_path):
    plugins = PLUGINS | {"formats": hostile_formats}
    path = written(tmp_path / "hub.toml")
    path.write_text(
        path.read_text()
        .replace('kind = "mllp-listener"', NORMALISER)
        .replace(
            'profile = { time_zone = "Europe/Berlin",'
            ' assigning_authority = "KLINIK_NORD" }',
            "",
        )
    )
    found = outcome(load(path, Registry.from_modules(plugins)), [example(ADMITTED)])

    assert found["messages"][0]["error_code"] == "PIPE-001"


NORMALISER = 'kind = "mllp-listener"\nnormaliser = "hostile-raises"'


@pytest.mark.parametrize(
    ("body", "media_type", "shown"),
    [
        (b'{"a": 1}', "application/json; charset=utf-8", {"json": {"a": 1}}),
        (b"a\nb", "text/csv", {"lines": ["a", "b"]}),
        (b"\xff", "text/csv", {"base64": "/w=="}),
    ],
)
def test_an_artifact_is_shown_so_that_it_can_be_read(body, media_type, shown):
    artifact = shadow_golden.Artifact(id="a", body=body, media_type=media_type)

    found = shadow_golden._shown(artifact)

    assert found == {"id": "a", "media_type": media_type} | shown
