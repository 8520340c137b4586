import stat
import tomllib
from pathlib import Path

import pytest

from hub.demo.errors import DemoFolderTakenError
from hub.demo.expectation import NOTIFIED_EVENTS, PAYER_EVENTS
from hub.demo.setting import (
    REMARKS,
    Surroundings,
    free_ports,
    prepare_folder,
    write_configuration,
    write_secret,
)

AROUND = Surroundings(
    sftp_port=2222,
    sftp_user="carehub",
    private_key=Path("keys/payer-client"),
    known_hosts=Path("keys/payer-known-hosts"),
    webhook_url="http://127.0.0.1:8081/care-events",
    listeners={"klinik-nord": 2575, "st-mary": 2576},
    admin_port=8080,
    referral_port=2600,
)


def test_writes_a_configuration_with_every_table(tmp_path):
    config = tomllib.loads(
        write_configuration(tmp_path, AROUND).read_text(encoding="utf-8")
    )

    assert config["sources"]["klinik-nord"] == {
        "kind": "mllp-listener",
        "host": "127.0.0.1",
        "port": 2575,
        "profile": {
            "charset_default": "8859/1",
            "time_zone": "Europe/Berlin",
            "assigning_authority": "KLINIK_NORD",
        },
    }
    assert config["sources"]["st-mary"]["port"] == 2576
    assert set(config["destinations"]) == {
        "payer-a",
        "payer-a-278n",
        "payer-b",
        "social-services",
        "meals",
        "archive",
        "st-mary",
        "food-bank",
    }
    recipients = {"payer-a", "payer-a-278n", "payer-b", "meals", "food-bank"}
    assert set(config["recipients"]) == recipients
    assert config["subscriptions"]["payer-b-members"]["cadence"].startswith("daily")
    subscription = config["subscriptions"]["payer-a-members"]
    assert tuple(subscription["events"]) == PAYER_EVENTS
    assert subscription["panel"] in config["panels"]
    notified = config["subscriptions"]["payer-a-notified"]
    assert tuple(notified["events"]) == NOTIFIED_EVENTS


def test_feeds_the_panel_of_the_first_payer_by_its_rosters(tmp_path):
    text = write_configuration(tmp_path, AROUND).read_text(encoding="utf-8")
    config = tomllib.loads(text)
    feeds = {"payer-a-roster", "payer-a-acks", "payer-a-x12"}
    sources = {name: config["sources"][name] for name in feeds}

    assert config["panels"]["payer-a"] == {}
    assert sources["payer-a-roster"]["gate"] == {"panel": "payer-a"}
    assert {each["kind"] for each in sources.values()} == {"sftp-poller"}
    assert all(each["partner"] == "payer-a" for each in sources.values())
    assert all(each["poll_seconds"] <= 1 for each in sources.values())
    for name in ("payer-a", "payer-a-278n"):
        destination = config["destinations"][name]
        assert destination["partner"] == "payer-a"
        assert destination["acknowledge_within_hours"] > 0


def test_knows_who_asks_for_help_and_who_gives_it(tmp_path):
    text = write_configuration(tmp_path, AROUND).read_text(encoding="utf-8")
    config = tomllib.loads(text)
    partners = config["partners"]

    assert partners["st-mary"]["sides"] == ["requester"]
    assert partners["food-bank"]["organizations"] == ["city:ORG-FOOD"]
    assert config["destinations"]["st-mary"]["port"] == 2600
    assert config["sources"]["st-mary"]["profile"]["results"] == [{"panels": ["sdoh"]}]
    assert "results" not in config["sources"]["klinik-nord"]["profile"]
    for name in ("city", "county"):
        assert config["sources"][name]["normaliser"] == "hsds"


def test_writes_only_paths_relative_to_the_folder(tmp_path):
    text = write_configuration(tmp_path, AROUND).read_text(encoding="utf-8")

    assert str(tmp_path) not in text


def test_keeps_the_folder_and_the_secret_to_its_owner(tmp_path):
    folder = tmp_path / "new" / "demo"
    prepare_folder(folder)
    write_secret(folder, "whsec_c3ludGhldGlj")

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "keys" / "webhook").stat().st_mode) == 0o600


def test_refuses_a_folder_with_something_in_it(tmp_path):
    (tmp_path / "precious").touch()

    with pytest.raises(DemoFolderTakenError, match="DEMO-003"):
        prepare_folder(tmp_path)


def test_finds_as_many_free_ports_as_asked():
    assert len(set(free_ports(3))) == 3


def test_keeps_the_sample_in_the_repository_up_to_date(tmp_path):
    sample = Path(__file__).parents[2] / "config" / "demo.toml"

    assert write_configuration(tmp_path, AROUND).read_bytes() == sample.read_bytes()


def test_remarks_on_every_table(tmp_path):
    config = tomllib.loads(
        write_configuration(tmp_path, AROUND).read_text(encoding="utf-8")
    )

    tables = {"hub", "admin", "stays"} | {
        f"{top}.{name}"
        for top in (
            *("sources", "destinations", "recipients", "panels"),
            *("subscriptions", "partners"),
        )
        for name in config[top]
    }
    assert tables == set(REMARKS)
