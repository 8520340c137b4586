"""Content taken out of what the API answers, its shape left as it is.

What is shown is listed; all else that a sender may have written is hidden, so that a
field which comes later is hidden until somebody lists it. Source: reliability 4.4.
"""

from collections.abc import Mapping
from typing import Any

HIDDEN = "•••"

#: Values that the hub makes itself: keys, types, codes, counts, its own times. A list
#: of them is shown, too; anything deeper is not.
_OWN = frozenset(
    {
        # what it is, and where it belongs
        *("id", "key", "kind", "what", "type", "schema", "version", "person"),
        *("identity", "identities", "entity", "stay", "stays", "case", "into"),
        *("includes", "encounters", "one", "other", "review", "clock", "rules"),
        *("feed", "message", "messages", "message_id", "causes", "parents", "of"),
        *("correlation", "corrects", "correction", "persons"),
        # where it is
        *("status", "state", "stands", "basis", "end_basis", "planned", "purged"),
        *("restarts", "pending", "cancels", "four_eyes", "outcome", "error_code"),
        *("setting", "from_setting", "to_setting", "operation", "name"),
        # how sure, and how confidential
        *("score", "bits", "level", "rule", "reasons", "fields", "field"),
        *("confidentiality", "warnings", "anomalies", "vetoes", "withheld", "advice"),
        # when the hub heard and told of it
        *("received", "emitted", "known_at", "said_at", "received_at", "emitted_at"),
        *("since", "at", "earliest", "latest", "precision", "discharge_at"),
        # of a page
        *("next", "earlier"),
    }
)

#: What only holds more of the same kind.
_AROUND = frozenset(
    {
        *("items", "subject", "match", "entity", "times", "source", "correction"),
        *("labels", "quality", "trace", "facts", "events", "links", "identities"),
        *("encounters", "stays", "transitions", "records", "decided", "said"),
        *("period", "start", "end", "occurred", "recorded", "sent", "planned", "since"),
        *("class", "classes", "leaves", "until", "fields", "one", "other"),
    }
)

#: A code that the hub understood; what a sender wrote for it is beside it.
_CODES = frozenset({"class"})

#: What whoever compares people sees of them; it is masked in itself.
COMPARED = frozenset({"sides", "initials", "birth_year", "sex", "ending", "numbers"})


def mask(value: Any, also: frozenset[str] = frozenset()) -> Any:
    """Return a JSON value without content: hidden texts, the same structure.

    `also` are keys whose values are shown besides. What is null stays null, a number
    that is hidden becomes a text. Nothing of the value is changed in place.
    """
    if isinstance(value, Mapping):
        return {
            _key(key): _field(str(key), each, also) for key, each in value.items()
        }
    if isinstance(value, list | tuple):
        return [mask(each, also) for each in value]
    return hide(value)


def hide(value: Any) -> Any:
    """Return a JSON value of which only the structure is shown."""
    if isinstance(value, Mapping):
        return {_key(key): hide(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [hide(each) for each in value]
    return None if value is None else HIDDEN


def _field(key: str, value: Any, also: frozenset[str]) -> Any:
    if isinstance(value, Mapping):
        if key in _CODES and isinstance(value.get("code"), str):
            return hide(value) | {"code": value["code"]}
        return mask(value, also) if key in _AROUND or key in also else hide(value)
    if isinstance(value, list | tuple):
        return [_field(key, each, also) for each in value]
    return value if key in _OWN or key in also else hide(value)


def _key(key: object) -> str:
    """Return a key as it is, where it can be no word of a sender's."""
    return str(key)
