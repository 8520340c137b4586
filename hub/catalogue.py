"""The error catalogue, complete: that of the hub and of the bundled plugins."""

import importlib
import importlib.metadata
import re
from pathlib import Path
from types import ModuleType

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from hub.errors import HubError
from hub.registry import GROUP

_ERROR_CODE = re.compile(r"""\bcode\b.* = ["'][A-Z][A-Z0-9]+-\d{3}["']""")


def bundled() -> list[str]:
    """Return the names of the distributions that come with the hub."""
    needed = map(Requirement, importlib.metadata.requires("carehub") or [])
    return sorted(
        canonicalize_name(one.name)
        for one in needed
        if one.marker
        and one.marker.evaluate({"extra": "standard"})
        and not one.marker.evaluate({"extra": ""})
    )


def catalogued() -> dict[str, type[HubError]]:
    """Import the hub and the plugins that come with it; return their errors."""
    names = {"hub"}
    for entry in importlib.metadata.entry_points(group=GROUP):
        if entry.dist and canonicalize_name(entry.dist.name) in bundled():
            names.add(entry.module)
    for name in sorted(names):
        _import_errors(importlib.import_module(name))
    return {
        code: error
        for code, error in HubError.catalogue.items()
        if error.__module__.partition(".")[0] in names
        and not error.__module__.startswith("hub.testing")
    }


def _import_errors(package: ModuleType) -> None:
    """Import the modules of `package` that define errors.

    Not all of it: parts such as the demonstration need more than is installed
    everywhere, and migrations run inside Alembic only.
    """
    for folder in map(Path, package.__path__):
        for file in sorted(folder.rglob("*.py")):
            parts = file.relative_to(folder).with_suffix("").parts
            if "testing" not in parts and _ERROR_CODE.search(file.read_text("utf-8")):
                importlib.import_module(".".join([package.__name__, *parts]))
