"""How much of a list is answered at once, and how the next part is asked for."""

import base64
import re

from hub.store.query_errors import BadCursorError

MAX_LIMIT = 1000
DEFAULT_LIMIT = 100


def require_limit(limit: int) -> None:
    """Raise ValueError for a number of items that no list answers at once."""
    if not 1 <= limit <= MAX_LIMIT:
        raise ValueError(f"limit: {limit} is not between 1 and {MAX_LIMIT}")


def encode_cursor(name: str, place: str) -> str:
    """Return the cursor for what comes after `place` in the list `name`."""
    return base64.urlsafe_b64encode(f"{name}:{place}".encode()).decode()


def decode_cursor(name: str, cursor: str, pattern: str) -> str:
    """Return the place, of the form `pattern`, that a cursor stands for.

    Raises BadCursorError for one that the list `name` did not give out.
    """
    try:
        text = base64.b64decode(cursor, altchars=b"-_", validate=True).decode()
    except ValueError:
        raise BadCursorError from None
    found = re.fullmatch(rf"{name}:({pattern})", text)
    if found is None:
        raise BadCursorError
    return found[1]
