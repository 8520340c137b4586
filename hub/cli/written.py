"""The configuration as it is written, for commands that only show something of it.

What is wrong with it is not for them to say: `hub check` does.
"""

import tomllib
from contextlib import suppress
from pathlib import Path
from typing import Any


def tables(path: Path, top: str) -> dict[str, dict[str, Any]]:
    """Return by name the tables ``[top.NAME]`` in a file or a folder of them."""
    found: dict[str, dict[str, Any]] = {}
    for file in sorted(path.glob("*.toml")) if path.is_dir() else [path]:
        with suppress(OSError, tomllib.TOMLDecodeError, UnicodeDecodeError):
            found |= _named(tomllib.loads(file.read_text(encoding="utf-8")).get(top))
    return found


def _named(tables: Any) -> dict[str, dict[str, Any]]:
    named = tables if isinstance(tables, dict) else {}
    return {name: table for name, table in named.items() if isinstance(table, dict)}
