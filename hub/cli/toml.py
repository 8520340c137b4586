"""Writes TOML: the few lines of it that a command proposes.

Python reads TOML but does not write it. What is written here reads back as the
same value; keys and strings are escaped wherever TOML asks for it.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_WIDE = 80  # characters, after which a list gets a line for each of its values


def write_table(path: Sequence[str], values: Mapping[str, Any]) -> str:
    """Return the table at `path` with `values`: a header, and a line for each key.

    Values are str, bool, int, float, and lists and dicts of them; inner dicts are
    written inline. Raises TypeError for anything else.
    """
    lines = [f"[{'.'.join(map(_key, path))}]"]
    lines += [f"{_key(key)} = {_outer(value)}" for key, value in values.items()]
    return "".join(f"{line}\n" for line in lines)


def write_comment(text: str) -> str:
    """Return `text` as one comment; marks that would end its line are blanks."""
    return f"# {''.join(mark if mark.isprintable() else ' ' for mark in text)}\n"


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _string(key)


def _outer(value: Any) -> str:
    """Return the value of a key, over several lines where it is a long list."""
    text = _value(value)
    if isinstance(value, list | tuple) and len(text) > _WIDE:
        inner = "".join(f"    {_value(item)},\n" for item in value)
        return f"[\n{inner}]"
    return text


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, Mapping):
        pairs = (f"{_key(key)} = {_value(item)}" for key, item in value.items())
        return f"{{ {', '.join(pairs)} }}"
    raise TypeError(f"TOML has no {type(value).__name__}")


def _string(text: str) -> str:
    # JSON's escapes are TOML's too; TOML forbids one more control character.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", r"\u007f")
