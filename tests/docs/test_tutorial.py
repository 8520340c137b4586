"""The tutorial, step by step, in a new environment with built wheels.

Nothing is taken from this checkout but what the tutorial names: the folder of the
webhook plugin, and the script that sends a message.
"""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.docs.conftest import SECRET
from tests.docs.pages import ROOT, blocks
from tests.docs.running import (
    background,
    free_ports,
    matches,
    wait_for_port,
    wait_for_text,
)

PAGE = ROOT / "docs/tutorial/write-a-connector.md"
WHEELS = [ROOT, ROOT / "plugins/hl7", ROOT / "plugins/webhook"]
#: The ports that stand in the tutorial: of the hub, of the feed, of the food bank.
ADMIN, MLLP, WEB = "8080", "2575", "8099"
SECONDS = 150

EVENTS = ["events", "--json", "--config", "example/hub.toml"]
#: The connector's property tests try the same examples each time, as ours do; and of
#: all that pip installs, only what is imported is compiled.
SHELL = os.environ | {"CI": "true", "PIP_NO_COMPILE": "1"}
ENVIRON = {"FOODBANK_SECRET": SECRET, "PATH": os.defpath}


def run(*command, folder, **options):
    """Run a command; where it fails, the test fails with what it printed."""
    done = subprocess.run(
        command,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
        check=False,
        **options,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def pip(*words, folder, environment=None):
    where = ["--python", str(environment)] if environment else []
    options = ["--quiet", "--disable-pip-version-check"]
    command = ["python3", "-m", "pip", *where, *options, *words]
    return run(*command, folder=folder, env=SHELL)


@pytest.fixture
def clone(tmp_path):
    """Return what the tutorial needs of a clone, with built wheels installed."""
    folder = tmp_path / "carehub"
    folder.mkdir()
    leave_out = shutil.ignore_patterns("__pycache__")
    shutil.copytree(
        ROOT / "plugins/webhook", folder / "plugins/webhook", ignore=leave_out
    )
    shutil.copytree(ROOT / "docs/how-to", folder / "docs/how-to", ignore=leave_out)
    build_wheels(folder / "wheels")
    environment = folder / ".venv"
    run("python3", "-m", "venv", "--without-pip", str(environment), folder=folder)
    wheels = [str(wheel) for wheel in (folder / "wheels").glob("*.whl")]
    pip("install", *wheels, folder=folder, environment=environment)
    return folder


def build_wheels(target):
    """Build the wheels; with the backend that is installed, where one is."""
    fast = importlib.util.find_spec("hatchling") is not None
    how = ["--no-build-isolation"] if fast else []
    packages = [str(each) for each in WHEELS]
    words = ["wheel", *how, "--no-deps", "--wheel-dir", str(target), *packages]
    pip(*words, folder=ROOT, environment=sys.prefix)


def installed(clone, package):
    """Say whether `package` comes from a wheel in the new environment."""
    code = f"import {package}; print({package}.__file__)"
    place = run(clone / ".venv/bin/python", "-c", code, folder=clone)
    return place.startswith(str(clone / ".venv/lib"))


class Reader:
    """Somebody who does what the tutorial says. Only the ports differ."""

    def __init__(self, clone, stack):
        self.ports = dict(zip((ADMIN, MLLP, WEB), free_ports(3), strict=True))
        self.folder = clone.parent / "carehub-foodbank"
        self.outputs: list[str] = []
        self.logs: dict[str, Path] = {}
        self._here = clone
        self._stack = stack

    def follow(self, block):
        """Do what one block asks for."""
        text = self._with_ports(block.text)
        starts = block.introduction.startswith
        if block.language == "sh" and "terminal" in block.introduction:
            self._start(block, text)
        elif block.language == "sh":
            shell = ["bash", "-euo", "pipefail", "-c", text]
            self.outputs.append(run(*shell, folder=self._here, env=SHELL))
            self._here = self.folder
        elif starts("Change "):
            patch(self.folder / block.file, block.text)
        elif starts("Write "):
            path = self.folder / block.file
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def _with_ports(self, text):
        return re.sub(r"\b\d{4}\b", lambda found: self._port(found[0]), text)

    def _port(self, number):
        return str(self.ports.get(number, number))

    def _start(self, block, text):
        name, port = ("hub", ADMIN) if "hub run" in text else ("food bank", WEB)
        log = self.logs[name] = self.folder / f"{block.line}.log"
        command = ["bash", "-euo", "pipefail", "-c", text]
        running = background(command, log, cwd=self._here)
        process = self._stack.enter_context(running)
        wait_for_port(self.ports[port], process, log)


def patch(path, diff):
    """Make the change that `diff`, one hunk without a header, shows."""
    lines = diff.splitlines(keepends=True)
    old = "".join(line[1:] or "\n" for line in lines if not line.startswith("+"))
    new = "".join(line[1:] or "\n" for line in lines if not line.startswith("-"))
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{path.name} has no such place: {old}"
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.acceptance
def test_a_connector_made_by_the_tutorial_delivers(clone):
    steps = blocks(PAGE)
    hub = clone / ".venv/bin/hub"
    with ExitStack() as stack:
        reader = Reader(clone, stack)
        for step in steps:
            reader.follow(step)
        printed = wait_for_text(reader.logs["food bank"], "}\n")
        listed = json.loads(run(hub, "plugins", "--json", folder=clone))["items"]
        events = json.loads(run(hub, *EVENTS, folder=reader.folder, env=ENVIRON))

    said = [step.text for step in steps if step.language == "text"]
    shown = next(text for text in said if "parcels" in text)
    assert matches(shown, printed)
    assert [event["type"] for event in events["items"]] == ["encounter.admitted"]
    assert installed(clone, "hub")
    assert installed(clone, "hub_foodbank")
    mine = next(each for each in listed if each["name"] == "foodbank")
    told = next(text for text in said if text.startswith("foodbank ")).split("   ")
    assert {each["state"] for each in listed} == {"loaded"}
    assert told == [
        *(mine[name] for name in ("name", "version", "distribution", "api")),
        ", ".join(mine["provides"]),
        f"{mine['state']}\n",
    ]
    assert any("passed" in output for output in reader.outputs)
    assert any("MSA|AA|N-000017" in output for output in reader.outputs)
