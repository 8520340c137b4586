"""The data that comes with the module, each file read once."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


def text_of(name: str) -> str:
    """Return the text of a data file of this package."""
    return (files(__package__) / "data" / name).read_text(encoding="utf-8")


@cache
def table(name: str) -> dict[str, Any]:
    """Return a data file as TOML. Callers do not change it."""
    return tomllib.loads(text_of(name))


def words(name: str, key: str) -> frozenset[str]:
    """Return a list of texts of a data file as a set."""
    return frozenset(table(name)[key])
