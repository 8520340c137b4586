"""What `hub directory` prints for people. The directories are made up."""

import json

import pytest
from click.testing import CliRunner

from hub.cli import main
from tests.runtime.directory.world import opened, package, service, source, town

DECIDED = ("--by", "ines", "--reason", "asked them")


@pytest.fixture(name="command")
def _command(tmp_path):
    config = tmp_path / "hub.toml"
    config.write_text('[hub]\ndata_dir = "data"\n')

    def command(*words):
        found = CliRunner().invoke(main, ["directory", *words, "--config", str(config)])
        assert found.exit_code == 0, found.output
        return found.output

    return command


def remark(key, field, code="check.required"):
    told = {"item": "remark", "level": 1, "severity": "warning", "code": code}
    return told | {"type": "service", "id": key, "field": field}


async def test_a_report_says_which_fields_are_missing_and_how_often(command, tmp_path):
    missing = [remark("s1", "phones.number"), remark("s2", "phones.number")]
    missing.append(remark("s3", "description"))
    async with opened(tmp_path / "data") as world:
        await world.take(package(*town(), *missing))

    shown = command("report", "dir")

    [line] = [each for each in shown.splitlines() if "check.required" in each]
    assert "service.phones.number 2, service.description 1" in line
    [told] = json.loads(command("report", "dir", "--json"))["remarks"]
    assert told["fields"] == {"service.phones.number": 2, "service.description": 1}


async def test_a_report_names_the_commonest_fields_and_counts_the_others(
    command, tmp_path
):
    missing = [remark("s1", f"field{n}") for n in range(10)]
    async with opened(tmp_path / "data") as world:
        await world.take(package(*town(), *missing))

    shown = " ".join(command("report", "dir").split())

    assert "service.field7 1, " in shown
    assert "others 2" in shown
    assert "field8" not in shown


@pytest.mark.parametrize(
    ("act", "says"),
    [("approve", "takes effect with the next turn"), ("reject", "none of it is used")],
)
async def test_who_decides_on_a_refresh_reads_what_comes_next(
    command, tmp_path, act, says
):
    async with opened(tmp_path / "data") as world:
        await world.take(package(*town()))
        held = await world.take(package(*town(3)))

    shown = command(act, str(held.seq), *DECIDED)

    assert says in shown
    assert "waiting" not in shown


async def test_a_program_reads_the_state_of_what_was_decided(command, tmp_path):
    async with opened(tmp_path / "data") as world:
        await world.take(package(*town()))
        held = await world.take(package(*town(3)))

    told = json.loads(command("approve", str(held.seq), *DECIDED, "--json"))

    assert told == {"id": str(held.seq), "state": "waiting"}


@pytest.mark.parametrize(
    ("act", "says"),
    [("approve", "contacts count from now on"), ("reject", "stays as it is")],
)
async def test_who_decides_on_a_change_reads_what_comes_next(
    command, tmp_path, act, says
):
    def with_phone(number):
        return package(*town(s1={"phones": [{"number": number}]}))

    async with opened(tmp_path / "data") as world:
        await world.take(with_phone("030 111111"))
        key = world.objects()["s1"].key
    async with opened(tmp_path / "data", source(), referred=[key]) as world:
        await world.take(with_phone("030 666666"))

    shown = command(act, "h1", *DECIDED)

    assert says in shown


async def test_a_diff_names_the_fields_of_a_change_in_words_only(command, tmp_path):
    async with opened(tmp_path / "data") as world:
        await world.take(package(*town()))
        run = await world.take(package(*town(s3={"description": "in other words"})))

        assert (world.told(), run.changes) == ([], 0)

    [line] = [each for each in command("diff", "2").splitlines() if "s3" in each]
    assert "description" in line
    assert "in other words" not in line


async def test_a_change_in_words_between_others_holds_none_of_them_back(tmp_path):
    changed = {
        "s1": {"alert": "x"},
        "s2": {"description": "in other words"},
        "s3": {"alert": "y"},
        "s4": {"description": "in other words"},
    }
    async with opened(tmp_path / "data") as world:
        await world.take(package(*town()))
        run = await world.take(package(*town(**changed)))

        assert sorted(key for _, key in world.told()) == ["s1", "s3"]
        run = world.run(run.seq)
        assert run.told == run.changes


async def test_a_diff_shows_no_value_of_what_is_secret(command, tmp_path):
    def shelter(words):
        found = service("s99", "o1", description=words)
        return package(*town(), found | {"restricted": ["flag.private"]})

    async with opened(tmp_path / "data") as world:
        await world.take(shelter("a house"))
        await world.take(shelter("the red house"))

    [told] = json.loads(command("diff", "2", "--json"))["items"]
    assert told["restricted"]
    assert told["fields"] == ["description"]
    assert "red house" not in command("diff", "2")
