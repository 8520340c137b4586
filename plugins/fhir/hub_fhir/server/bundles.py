"""What a bundle asks a server to do, entry by entry. Pure.

A transaction is refused as a whole, a batch only in part.
Source: R4, sections 3.1.0.11 (batch and transaction) and 3.1.0.5.2 (conditions).
"""

from datetime import datetime
from typing import Any, NamedTuple

from hub.sdk import HubError
from hub_fhir.reading.errors import BadBundleError
from hub_fhir.reading.splitting import check_bundle
from hub_fhir.rendering.payloads import instant
from hub_fhir.resources.wire import read_resource
from hub_fhir.server.answering import outcome_of, status_of
from hub_fhir.server.errors import NotOfferedError, NotPermittedError
from hub_fhir.tokens.scopes import RESOURCES, Permission

Tree = dict[str, Any]
_LETTERS = {"POST": "c", "PUT": "u"}
_REASONS = {201: "Created", 200: "OK"}


class Entry(NamedTuple):
    """What becomes of an entry: a status, and why where it is refused."""

    tree: Tree
    status: int
    error: HubError | None = None


def looked_at(tree: Tree, permissions: frozenset[Permission]) -> list[Entry]:
    """Return what becomes of each entry of a batch or transaction.

    Raises BadBundleError, and of a transaction what is wrong with an entry.
    """
    if tree.get("type") not in ("batch", "transaction"):
        raise BadBundleError("neither a batch nor a transaction")
    listed = tree.get("entry")
    if not isinstance(listed, list) or not listed:
        raise BadBundleError("no entries")
    if not all(isinstance(each, dict) for each in listed):
        raise BadBundleError("an entry is no object")
    check_bundle(tree)
    found = [_entry(each, permissions) for each in listed]
    for each in found:
        if each.error and tree["type"] == "transaction":
            raise each.error
    return found


def _entry(entry: Tree, permissions: frozenset[Permission]) -> Entry:
    try:
        return Entry(entry, _checked(entry, permissions))
    except HubError as error:
        return Entry(entry, status_of(error), error)


def _checked(entry: Tree, permissions: frozenset[Permission]) -> int:
    request, resource = entry.get("request"), entry.get("resource")
    if not isinstance(request, dict) or not isinstance(resource, dict):
        raise BadBundleError("an entry without request or resource")
    method, url = request.get("method"), request.get("url")
    letter = _LETTERS.get(method) if isinstance(method, str) else None
    if letter is None or not isinstance(url, str):
        raise NotOfferedError("only POST and PUT in bundles")
    kind = resource.get("resourceType")
    if url.partition("?")[0].partition("/")[0] != kind:
        raise BadBundleError("the url of an entry is of another type")
    if kind in RESOURCES and (kind, letter) not in permissions:
        raise NotPermittedError(f"system/{kind}.{letter}")
    read_resource(resource)
    return 201 if method == "POST" else 200


def kept(tree: Tree, entries: list[Entry]) -> Tree:
    """Return a bundle with the entries that are not refused."""
    return {**tree, "entry": [each.tree for each in entries if each.error is None]}


def answered(tree: Tree, entries: list[Entry], now: datetime) -> Tree:
    """Return the response to a batch or transaction."""
    return {
        "resourceType": "Bundle",
        "type": f"{tree['type']}-response",
        "timestamp": instant(now),
        "entry": [{"response": _response(each, now)} for each in entries],
    }


def _response(entry: Entry, now: datetime) -> Tree:
    if entry.error is not None:
        return {"status": str(entry.status), "outcome": outcome_of(entry.error)}
    reason = _REASONS[entry.status]
    return {"status": f"{entry.status} {reason}", "lastModified": instant(now)}
