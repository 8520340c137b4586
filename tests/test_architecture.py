"""The layers hold, and each contract breaks when somebody violates it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PLUGINS = ("care", "community", "fhir", "hl7", "payer", "sftp", "webhook")

#: For each contract, a module and the line that must not be in it.
VIOLATIONS = {
    "The hub is layered": ("hub/store/journal.py", "import hub.runtime.intake"),
    "Plugins reach only the SDK": (
        "plugins/payer/hub_payer/columns.py",
        "import hub.model.events",
    ),
    "Values and rules do no I/O": (
        "hub/coordination/policy/deciding.py",
        "import time",
    ),
    "Protocol cores know no transport": (
        "plugins/hl7/hub_hl7/wire/er7.py",
        "import asyncio",
    ),
    "SQL only in the store": ("hub/admin/handlers.py", "import sqlalchemy"),
    "paramiko only in one module": (
        "plugins/sftp/hub_sftp/writer.py",
        "import paramiko",
    ),
    "pyx12 only in one module": (
        "plugins/payer/hub_payer/x12/guide_findings.py",
        "import pyx12",
    ),
    "gnupg only in one module": (
        "plugins/sftp/hub_sftp/containers/pgp.py",
        "import gnupg",
    ),
    "hl7apy only in one module": (
        "plugins/hl7/hub_hl7/learning/tidy.py",
        "import hl7apy",
    ),
    "Plugins do not know each other": (
        "plugins/webhook/hub_webhook/outcome.py",
        "import hub_payer",
    ),
}


@pytest.fixture(name="tree", scope="module")
def _tree(tmp_path_factory):
    """A copy of the code, to be broken."""
    tree = tmp_path_factory.mktemp("tree")
    ignored = shutil.ignore_patterns("__pycache__", "tests")
    for name in ("hub", *(f"plugins/{each}" for each in PLUGINS)):
        shutil.copytree(ROOT / name, tree / name, ignore=ignored)
    shutil.copy(ROOT / ".importlinter", tree)
    return tree


def lint(tree):
    paths = [tree, *(tree / "plugins" / each for each in PLUGINS)]
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=tree,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, paths))},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_layers_hold(tree):
    result = lint(tree)

    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("contract", VIOLATIONS)
def test_a_contract_breaks_when_it_is_violated(tree, contract):
    path, line = VIOLATIONS[contract]
    module = tree / path
    sound = module.read_text()
    module.write_text(f"{sound}\n{line}\n")

    result = lint(tree)

    module.write_text(sound)
    broken = [each for each in result.stdout.splitlines() if " BROKEN" in each]
    assert result.returncode == 1
    assert any(each.startswith(contract) for each in broken), result.stdout


def test_every_contract_has_a_violation():
    names = [
        line.removeprefix("name = ")
        for line in (ROOT / ".importlinter").read_text().splitlines()
        if line.startswith("name = ")
    ]

    assert all(any(name.startswith(each) for each in VIOLATIONS) for name in names)
