"""How the entries of a transaction are carried out on the recipient's server.

Each resource is found by its number, so that sending it again changes nothing. Of the
two sides only the one that speaks updates what is its own; what is the other's is
created where it is missing and never overwritten. Source: R4, section 3.1.0.4.3 and
3.1.0.5.2 (conditional update and create), 3.1.1.4.4 (escapes in searches).
"""

import re
from typing import Any
from urllib.parse import quote

_MEANINGFUL = re.compile(r"([\\|$,])")


def search_by(identifier: dict[str, Any]) -> str:
    """Return the search for a number: nothing in it can become another search."""
    parts = (identifier["system"], identifier["value"])
    token = "|".join(_MEANINGFUL.sub(r"\\\1", part) for part in parts)
    return f"identifier={quote(token, safe='')}"


def request_of(resource: dict[str, Any], owned: frozenset[str]) -> dict[str, str]:
    """Return the request of an entry; types in `owned` are updated."""
    kind = resource["resourceType"]
    # A number of which nobody says who gave it may be another one's too.
    numbers = [each for each in resource.get("identifier", ()) if each.get("system")]
    if not numbers:
        return {"method": "POST", "url": kind}
    search = search_by(numbers[0])
    if kind in owned:
        return {"method": "PUT", "url": f"{kind}?{search}"}
    return {"method": "POST", "url": kind, "ifNoneExist": search}


def owned_by(speaker: str, says: str, recipient: str, *, alert: bool) -> frozenset[str]:
    """Return the types of resources that are the speaker's to change.

    The requester's are the request and, as long as nobody has to answer for it, the
    task that it makes. What the hub says of a task is no news to the `recipient` whose
    task it is, and neither is a reminder (`alert`) to anybody.
    """
    if speaker == "hub" and (alert or recipient == "performer"):
        return frozenset()
    if speaker != "requester":
        return frozenset({"Task"})
    if says in {"entered_in_error", "draft"}:
        return frozenset({"ServiceRequest", "Task"})
    return frozenset({"ServiceRequest"})
