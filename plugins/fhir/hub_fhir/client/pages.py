"""Pages of a search for tasks, and the messages that they hold. Pure.

Source: R4, sections 3.1.1 (search), 3.1.1.5.4 (paging) and 2.36.4 (full URLs).
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode, urljoin

from yarl import URL

from hub.sdk import HubError
from hub_fhir.client.errors import ForeignPageError, NoSearchsetError
from hub_fhir.reading.json import read_json
from hub_fhir.reading.splitting import parts_of
from hub_fhir.reading.stamping import stamped
from hub_fhir.reading.times import read_time
from hub_fhir.rendering.data.systems import ENTITIES
from hub_fhir.resources.wire import write

Tree = dict[str, Any]
_INCLUDED = ("Task:focus", "Task:based-on", "Task:patient", "Task:owner")
_RELATIVE = re.compile(r"[A-Z][A-Za-z]+/[A-Za-z0-9\-.]{1,64}", re.ASCII)
_KEY = re.compile(r"rec_[0-9a-zA-Z_]{1,64}", re.ASCII)


class Page(NamedTuple):
    """Entries of a page, where the next one is ("" for none), its newest task."""

    entries: tuple[Tree, ...]
    next: str
    newest: datetime | None


def search_url(
    base: str, since: datetime, size: int, *, query: str, includes: bool
) -> str:
    """Return the search for tasks that changed at `since` or later, oldest first."""
    asked = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    pairs = [("_lastUpdated", f"ge{asked}"), ("_sort", "_lastUpdated")]
    pairs += [("_count", str(size))]
    pairs += [("_include", each) for each in _INCLUDED] if includes else []
    more = f"&{query}" if query else ""
    return f"{base}/Task?{urlencode(pairs, safe=':')}{more}"


def read_page(body: bytes, base: str, url: str) -> Page:
    """Return what a page at `url` holds. Raises NoSearchsetError, ForeignPageError."""
    try:
        tree = read_json(body).tree
    except HubError as error:
        raise NoSearchsetError(error.code) from None
    if not isinstance(tree, dict) or tree.get("type") != "searchset":
        raise NoSearchsetError
    entries = tuple(_entries(tree, base))
    times = [_updated(each["resource"]) for each in entries]
    known = [each for each in times if each]
    return Page(entries, _next(tree, base, url), max(known, default=None))


def _entries(tree: Tree, base: str) -> Iterator[Tree]:
    listed = tree.get("entry")
    for each in listed if isinstance(listed, list) else ():
        resource = each.get("resource") if isinstance(each, dict) else None
        if not isinstance(resource, dict):
            continue
        kind, identity = resource.get("resourceType"), resource.get("id")
        if not isinstance(kind, str) or kind == "OperationOutcome":
            continue
        url = each.get("fullUrl")
        if not isinstance(url, str) and isinstance(identity, str):
            url = f"{base}/{kind}/{identity}"
        named = {"fullUrl": url} if isinstance(url, str) else {}
        yield {**named, "resource": stamped(resource)}


def _updated(resource: Tree) -> datetime | None:
    meta = resource.get("meta")
    text = meta.get("lastUpdated") if isinstance(meta, dict) else None
    if resource.get("resourceType") != "Task" or not isinstance(text, str):
        return None
    found = read_time(text)
    return found.earliest if found else None


def _next(tree: Tree, base: str, url: str) -> str:
    links = tree.get("link")
    for each in links if isinstance(links, list) else ():
        if isinstance(each, dict) and each.get("relation") == "next":
            found = each.get("url")
            return _checked(urljoin(url, found), base) if isinstance(found, str) else ""
    return ""


def _checked(url: str, base: str) -> str:
    """Return `url` if it is below `base`: a token must not go anywhere else."""
    try:
        given, own = URL(url), URL(base)
        same = given.origin() == own.origin() and given.user is None
        path = given.path
    except ValueError:
        raise ForeignPageError from None
    below = path == own.path or path.startswith(own.path.rstrip("/") + "/")
    if not (same and below) or ".." in path:
        raise ForeignPageError
    return url


def messages_of(entries: Sequence[Tree], base: str) -> list[bytes]:
    """Return a bundle for each task with all that it is about.

    A function of the resources alone, so that what came before is known again. What
    a page has twice, because it changed while it was looked up, is as it was last.
    """
    entries = list({_place(each): each for each in entries}.values())
    known = {f"{_kind(each)}/{each['resource'].get('id')}" for each in entries}
    whole = [_placed(each, known, base) for each in entries]
    bundle = {"resourceType": "Bundle", "type": "searchset", "entry": whole}
    parts = [each.body for each in parts_of(bundle)]
    if parts:
        return parts
    if not any(_kind(each) == "Task" for each in whole):
        return []
    return [write({**bundle, "type": "collection"})]


def _place(entry: Tree) -> str:
    """Return what a resource goes by, or what is in it where it has no name."""
    named = entry.get("fullUrl") or entry["resource"].get("id")
    return f"{_kind(entry)} {named}" if named else write(entry).decode()


def _kind(entry: Tree) -> str:
    return str(entry["resource"].get("resourceType"))


def _placed(entry: Tree, known: set[str], base: str) -> Tree:
    """Return an entry that says on which server the request of its task is."""
    resource, focus = entry["resource"], entry["resource"].get("focus")
    text = focus.get("reference") if isinstance(focus, dict) else None
    if not isinstance(text, str) or text in known or not _RELATIVE.fullmatch(text):
        return entry
    absolute = {**focus, "reference": f"{base}/{text}"}
    return {**entry, "resource": {**resource, "focus": absolute}}


def hub_key(resource: Tree) -> str:
    """Return the hub's own key of the referral that a task is about, "" for none."""
    listed = resource.get("identifier")
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, dict) and each.get("system") == ENTITIES:
            value = each.get("value")
            return value if isinstance(value, str) and _KEY.fullmatch(value) else ""
    return ""
