"""Every configuration in config/examples is right, and starts a hub."""

import re

import pytest
from structlog.testing import capture_logs

from hub.app import Hub
from hub.config import load
from tests.docs.pages import ROOT

EXAMPLES = sorted((ROOT / "config/examples").glob("*.toml"))


@pytest.fixture
def example(request, surround, tmp_path):
    """Return a copy of an example, with free ports and what it refers to."""
    text = request.param.read_text(encoding="utf-8")
    surround(text, tmp_path)
    text = re.sub(r"^port = \d+$", "port = 0", text, flags=re.MULTILINE)
    path = tmp_path / request.param.name
    path.write_text(f"{text}\n[admin]\nport = 0\n")
    return path


@pytest.mark.parametrize("example", EXAMPLES, indirect=True, ids=lambda path: path.name)
async def test_an_example_starts(example, registry):
    config = load(example, registry)
    with capture_logs():
        async with Hub(config, registry) as hub:
            await hub.started()
            status = hub.status()

    assert config.subscriptions or config.partners
    assert status.ready
    assert {each.state for each in status.sources} == {"running"}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_names_its_schema_and_says_what_it_is_for(path):
    first, second, *_ = path.read_text(encoding="utf-8").splitlines()
    schema = first.removeprefix("#:schema ")

    assert (path.parent / schema).exists()
    assert second.startswith("# ")
