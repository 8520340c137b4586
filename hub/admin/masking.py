"""Content taken out of what the API answers, its shape left as it is.

What is shown is listed; all else that a sender may have written is hidden, so that a
field which comes later is hidden until somebody lists it. Source: reliability 4.4.
"""

import re
from collections.abc import Mapping
from typing import Any

HIDDEN = "•••"

#: Values that the hub makes itself: keys, types, codes, counts, its own times. A list
#: of them is shown, too. Settings and clocks are not among them: `psychiatric` says
#: as much as a diagnosis.
_OWN = frozenset(
    {
        # what it is, and where it belongs
        *("id", "key", "kind", "what", "name", "type", "schema", "version"),
        *("person", "identity", "identities", "entity", "stay", "case", "into"),
        *("includes", "encounters", "one", "other", "source", "feed", "message"),
        *("messages", "message_id", "causes", "parents", "of", "correlation"),
        *("corrects", "correction", "rules"),
        # where it is
        *("status", "state", "stands", "basis", "end_basis", "planned", "purged"),
        *("restarts", "pending", "cancels", "four_eyes", "decision"),
        # how sure, and how confidential
        *("score", "bits", "level", "rule", "reasons", "fields", "field"),
        *("confidentiality", "warnings", "anomalies", "vetoes", "withheld", "advice"),
        # when it happened, and when the hub heard and told of it
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
        *("period", "start", "end", "occurred", "recorded", "sent", "planned"),
        *("since", "until", "leaves", "fields", "one", "other"),
    }
)

#: Codes that the hub understood; what a sender wrote for them is beside them.
_CODES = frozenset({"class"})

#: Where the names of fields are a sender's, too.
_FOREIGN = frozenset({"extensions"})
_FIELD_NAME = re.compile(r"[a-z][a-z0-9_.]{0,63}")

#: What whoever compares people sees of them: initials, the ends of numbers.
COMPARED = frozenset({"initials", "birth_year", "sex", "numbers", "ending"})

#: What says on which terms something went: of it the codes of sensitivity are content.
_TERMS = "terms"
_TELLTALE = frozenset({"redacted", "obligations"})
#: Where a conclusion names them.
_TAKEN_OUT = re.compile(r"(?<= without what is )[A-Za-z][A-Za-z0-9_-]*(?:, [A-Z]\w*)*")


_NONE: frozenset[str] = frozenset()


def mask(
    value: Any, also: frozenset[str] = _NONE, never: frozenset[str] = _NONE
) -> Any:
    """Return a JSON value without content: hidden texts, the same structure.

    `also` are keys whose values are shown besides, and `never` those whose values are
    hidden whatever is said of them. What is null stays null, and a number that is
    hidden becomes a text. The value itself is not changed.
    """
    if isinstance(value, Mapping):
        return {
            _name(key): _field(key, each, also, never) for key, each in value.items()
        }
    if isinstance(value, list | tuple):
        return [mask(each, also, never) for each in value]
    return hide(value)


def hide(value: Any) -> Any:
    """Return a JSON value of which only the structure is shown."""
    if isinstance(value, Mapping):
        return {_name(key): hide(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [hide(each) for each in value]
    return None if value is None else HIDDEN


def _field(key: str, value: Any, also: frozenset[str], never: frozenset[str]) -> Any:
    if key in never:
        return hide(value)
    if isinstance(value, list | tuple):
        return [_field(key, each, also, never) for each in value]
    if not isinstance(value, Mapping):
        return value if key in _OWN or key in also else hide(value)
    if key in _FOREIGN:
        return {HIDDEN: HIDDEN} if value else {}
    if key in _AROUND or key in also:
        return mask(value, also, never)
    shown = {"code": value["code"]} if key in _CODES and "code" in value else {}
    return hide(value) | shown


def _name(key: str) -> str:
    """Return the name of a field as it is, where it can be one of the hub's."""
    return key if _FIELD_NAME.fullmatch(key) else HIDDEN


def conceal(value: Any) -> Any:
    """Return a JSON value without the codes of sensitivity of its decisions.

    They say as much as a diagnosis. All else is the hub's own, and stays.
    """
    if isinstance(value, Mapping):
        return {key: _concealed(key, each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [conceal(each) for each in value]
    return _TAKEN_OUT.sub(HIDDEN, value) if isinstance(value, str) else value


def _concealed(key: str, value: Any) -> Any:
    if key != _TERMS or not isinstance(value, Mapping):
        return conceal(value)
    return {
        name: hide(each) if name in _TELLTALE else each for name, each in value.items()
    }
