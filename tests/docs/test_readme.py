"""The message in the README takes the way that the README shows."""

import json

import pytest
from structlog.testing import capture_logs

from hub.app import Hub
from hub.config import load
from hub.store.books import balance
from hub_hl7.facts.triggers import RULES
from tests.docs.pages import ROOT, blocks
from tests.docs.running import exchange, free_ports, holds, matches, segments

PAGE = ROOT / "README.md"


def block_after(words, language):
    """Return the block whose introduction has `words`."""
    (found,) = [each for each in blocks(PAGE, language) if words in each.introduction]
    return found.text


@pytest.fixture
def folder(tmp_path):
    """Return the reader's folder; only ports and nothing else differ."""
    ports = free_ports(2)
    config = block_after("first/hub.toml", "toml")
    config = config.replace("2575", str(ports[0])).replace("8080", str(ports[1]))
    (tmp_path / "hub.toml").write_text(config)
    panel = block_after("panel-payer-a.csv", "csv")
    (tmp_path / "panel-payer-a.csv").write_text(panel)
    return tmp_path


def sent_to(folder, name):
    (file,) = (folder / name).iterdir()
    return file.read_text(encoding="utf-8")


async def test_one_message_goes_from_end_to_end(folder, registry):
    config = load(folder / "hub.toml", registry)
    with capture_logs():
        async with Hub(config, registry) as hub:
            await hub.started()
            port = config.sources["klinik-nord"].settings.port
            message = segments(block_after("first/admit.hl7", "hl7"))
            answer = await exchange(port, message)
            await hub.idle()
            reader = hub.store.reader()
            balanced = balance(reader).balanced
            reader.close()

    shown = segments(block_after("survive a power cut", "hl7")).decode()
    assert matches(shown, answer.decode())
    event = json.loads(sent_to(folder, "food-bank"))
    assert holds(json.loads(block_after("CloudEvent", "json")), event)
    rows = sent_to(folder, "payer-a").splitlines()
    assert len(rows) == 2
    assert matches(block_after("M-2201", "csv").strip(), rows[1])
    assert balanced


def test_the_readme_promises_no_more_than_the_guarantees():
    text = " ".join(PAGE.read_text(encoding="utf-8").split())

    for limit in (
        "Exactly-once delivery",
        "Order across patients, or across destinations",
        "a disk that lies",
        "Network file systems",
        "loss of the only disk",
        "Encryption of the data at rest",
        "PostgreSQL",
        "legal review",
    ):
        assert limit in text


def test_the_repairs_that_have_no_effect_yet_are_those_of_accounts():
    repairs = {
        trigger
        for trigger, rule in RULES.items()
        if rule.repairs and all(each.level == "account" for each in rule.repairs)
    }

    assert repairs == {"A35", "A41", "A44", "A49"}
    assert "(A35, A41, A44, A49)" in PAGE.read_text(encoding="utf-8")
