"""How our answers to a file are called: by its exchange, never by what is in it.

The partner's own name for the file stands in the answer, not in its name: what
somebody else calls a file may be anything, and may name a person.
"""

import re

#: No name of ours is longer, in characters.
LONGEST = 200
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")
_SUFFIX = re.compile(r"(?:\.[A-Za-z0-9_-]+)+")


def reply_name(exchange: str, kind: str, suffix: str, place: int = 1) -> str:
    """Return the name of an answer, of safe characters only.

    `suffix` starts with a dot. `place` tells answers of one kind to one file apart:
    each decision has a name of its own, because partners refuse a name that came.
    """
    stem = f"{_safe(exchange)}.{_safe(kind)}"
    if place > 1:
        stem += f"-{place}"
    ending = suffix[:40] if _SUFFIX.fullmatch(suffix[:40]) else ".txt"
    return stem[: LONGEST - len(ending)] + ending


def _safe(text: str) -> str:
    return _UNSAFE.sub("-", text)[:80].strip("-") or "file"
