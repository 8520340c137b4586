"""``hub reviews``, and ``hub persons merge`` and ``split``, beside a running hub."""

import asyncio
import json

import pytest

from tests.docs.running import free_ports
from tests.identities import BEARER, OTHER, PSYCHIATRIC, running, two_to_compare
from tests.played import CANARY, Played

SAID = ("--by", "Dr. Blau", "--reason", "compared the cards")


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "hub.toml"
    [port] = free_ports(1)
    path.write_text(
        '# A synthetic configuration\n[hub]\nname = "sample"\ndata_dir = "data"\n'
        f"[admin]\nport = {port}\n"
    )
    return path


@pytest.fixture
def played(config):
    return Played(config.parent / "data").play(*two_to_compare())


@pytest.fixture
def run(hub, config):
    """Run a command beside whatever else runs; return its result."""

    async def run(*words):
        return await asyncio.to_thread(hub, *words, "--config", config)

    return run


@pytest.fixture
async def at_work(played, config):
    """A hub that carries out decisions at the port of the configuration."""
    port = int(config.read_text().split("port = ")[1])
    async with running(played, port=port) as hub:
        yield hub


def shown(result, code=0):
    assert result.exit_code == code, result.output
    return (
        json.loads(result.stdout)
        if result.stdout.startswith(("{", "["))
        else (" ".join(result.stdout.split()))
    )


def open_review(hub, config):
    (review,) = shown(hub("reviews", "list", "--json", "--config", config))["items"]
    return review


@pytest.mark.usefixtures("played")
def test_the_queue_is_shown_masked(hub, config):
    review = open_review(hub, config)
    for words in (["list"], ["list", "--json"], ["show", review["id"]]):
        result = hub("reviews", *words, "--config", config)

        assert review["id"] in str(result.stdout)
        assert CANARY not in result.output
        assert "SUED" not in result.output


@pytest.mark.usefixtures("played")
def test_a_pair_is_shown_side_by_side(hub, config):
    review = open_review(hub, config)
    text = shown(hub("reviews", "show", review["id"], "--config", config))

    assert "A. M." in text
    assert "1975" in text
    assert "birth_date differs" in text
    assert "what to do The same number of one authority" in text


@pytest.mark.usefixtures("played")
def test_everything_is_shown_where_it_is_asked_for(hub, config):
    review = open_review(hub, config)
    words = ["reviews", "show", review["id"], "--unmasked", "--config", config]

    assert f"Muster{CANARY}" in shown(hub(*words))
    assert len(shown(hub(*words, "--json"))["unmasked"]) == 2


@pytest.mark.usefixtures("played")
def test_the_queue_is_filtered(hub, config):
    words = ["reviews", "list", "--config", config]

    assert shown(hub(*words, "--state", "contradiction")) == "There are none."
    assert hub(*words, "--person", "p_none").exit_code == 1


@pytest.mark.usefixtures("at_work")
async def test_a_running_hub_carries_a_decision_out(run, hub, config, played):
    review = open_review(hub, config)
    result = shown(await run("reviews", "same", review["id"], *SAID, "--json"))

    (person,) = played.entities.persons().items
    assert result["outcome"] == "carried_out"
    assert set(result["persons"].values()) == {person.key}
    text = shown(await run("reviews", "show", review["id"]))
    assert "state decided" in text


@pytest.mark.usefixtures("at_work")
async def test_what_was_decided_otherwise_is_an_error(run, hub, config):
    review = open_review(hub, config)
    first = await run("reviews", "different", review["id"], *SAID)
    second = await run("reviews", "same", review["id"], *SAID)
    again = await run("reviews", "same", review["id"], *SAID, "--again")

    assert "outcome carried out" in shown(first)
    assert second.exit_code == 1
    assert second.stderr.startswith("[CLI-013] Somebody decided on these before: diff")
    assert "outcome carried out" in shown(again)


@pytest.mark.usefixtures("at_work")
async def test_a_pair_is_left_for_later(run, hub, config):
    review = open_review(hub, config)

    assert "outcome left open" in shown(
        await run("reviews", "later", review["id"], *SAID)
    )
    assert open_review(hub, config) == review


async def test_a_sensitive_pair_waits_for_a_second_person(run, hub, config):
    secret = Played(config.parent / "data").play(*two_to_compare(PSYCHIATRIC))
    port = int(config.read_text().split("port = ")[1])
    async with running(secret, port=port):
        review = open_review(hub, config)
        text = shown(await run("reviews", "same", review["id"], *SAID))

    assert "somebody else must decide the same" in text
    assert len(secret.entities.persons().items) == 2


@pytest.mark.usefixtures("at_work")
async def test_people_are_merged_and_split(run, played):
    one, other = (
        played.entities.find_persons(each.system, each.value).items[0].key
        for each in (BEARER, OTHER)
    )
    merged = shown(await run("persons", "merge", one, other, *SAID))
    (person,) = played.entities.persons().items
    text = shown(await run("persons", other))
    split = ["persons", "split", person.key, other, *SAID, "--again", "--json"]

    assert "outcome carried out" in merged
    assert "decided manual link" in text
    assert shown(await run(*split))["persons"] == {one: one, other: other}


@pytest.mark.usefixtures("played")
def test_a_decision_needs_a_hub(hub, config):
    review = open_review(hub, config)
    result = hub("reviews", "same", review["id"], *SAID, "--config", config)

    assert result.exit_code == 1
    assert result.stderr.startswith("[CLI-012]")


@pytest.mark.usefixtures("at_work")
async def test_what_a_hub_refuses_is_told_by_its_code(run):
    result = await run("reviews", "same", "rev_0", *SAID)

    assert result.exit_code == 1
    assert result.stderr.startswith("[CLI-004]")
    assert "QUERY-002" in result.stderr


@pytest.mark.parametrize("missing", ["--by", "--reason"])
def test_a_decision_says_who_and_why(hub, config, missing):
    at = SAID.index(missing)
    said = [*SAID[:at], *SAID[at + 2 :]]

    assert hub("reviews", "same", "rev_0", *said, "--config", config).exit_code == 2


def test_persons_without_a_command_shows_people(hub, config, played):
    (first, second) = played.entities.persons().items

    assert shown(hub("persons", "--config", config)) == shown(
        hub("persons", "show", "--config", config)
    )
    assert first.key in shown(hub("persons", first.key, "--config", config))
    assert second.key in shown(hub("persons", "--limit", "1000", "--config", config))
    assert "merge" in hub("persons", "--help").output
