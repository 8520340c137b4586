"""Every block of code in the pages is what it says it is."""

import json
import shlex
import tomllib

import click
import pytest

from hub.cli import main
from hub.config import load
from hub.config.tables import NAMED, SINGLE
from tests.docs.pages import Block, all_blocks, blocks, name_of

#: Shown, not run: what crosses the wire or a screen, and drawings.
SHOWN = {"text", "hl7", "csv", "json", "console", "diff", "ini"}
RUN = {"toml", "python", "sh"}

#: Their blocks are run by a test of their own.
ELSEWHERE = {"reference", "tutorial"}
#: Shows only the keys of its format, not the whole table.
FRAGMENTS = {"plugins/payer/README.md"}

CONFIGURATION = [
    block
    for block in all_blocks("toml")
    if set(tomllib.loads(block.text)) & {*SINGLE, *NAMED}
    and not ELSEWHERE & {*block.page.parts}
    and name_of(block.page) not in FRAGMENTS
]
PYTHON = [each for each in all_blocks("python") if not ELSEWHERE & {*each.page.parts}]


def ids(block):
    return block.name


def earlier(block):
    """Return the configuration above `block` on its page, but for its own tables."""
    own = tables(block)
    above = [each for each in blocks(block.page, "toml") if each.line < block.line]
    found: list[Block] = []
    for each in reversed(above):
        if each in CONFIGURATION and not tables(each) & own:
            own |= tables(each)
            found.append(each)
    return found


def tables(block):
    document = tomllib.loads(block.text)
    return {
        (top, name) if top in NAMED else (top,)
        for top, inner in document.items()
        for name in (inner if top in NAMED else [""])
    }


def test_every_block_says_what_it_is():
    unknown = [each.name for each in all_blocks() if each.language not in SHOWN | RUN]

    assert not unknown


@pytest.mark.parametrize("block", CONFIGURATION, ids=ids)
def test_configuration_in_the_pages_has_no_problem(block, registry, surround, tmp_path):
    """A block may refer to tables that stand above it on the same page."""
    for number, each in enumerate([block, *earlier(block)]):
        (tmp_path / f"{number}.toml").write_text(each.text)
        surround(each.text, tmp_path)

    assert load(tmp_path, registry)


@pytest.mark.parametrize("block", all_blocks("json"), ids=ids)
def test_json_in_the_pages_is_json(block):
    assert json.loads(block.text)


@pytest.mark.parametrize("block", PYTHON, ids=ids)
def test_python_in_the_pages_runs(block, tmp_path, monkeypatch):
    """What starts only as a program is defined, and tried out by its own test."""
    monkeypatch.chdir(tmp_path)
    code = compile(block.text, block.name, "exec")

    exec(code, {"__name__": "page"})  # noqa: S102 - our own pages


def commands():
    for block in all_blocks("sh", "console"):
        for line in block.text.replace("\\\n", " ").splitlines():
            words = shlex.split(line.removeprefix("$ "), comments=True)
            if words and words[0].rpartition("/")[2] == "hub" and "=" not in words[0]:
                yield pytest.param(words[1:], id=f"{block.name}:{' '.join(words)}")


@pytest.mark.parametrize("words", list(commands()))
def test_commands_in_the_pages_exist_with_their_options(words):
    with click.Context(main, info_name="hub") as context:
        name, command, rest = main.resolve_command(context, list(words))

        assert command
        assert command.make_context(name, list(rest), parent=context)
