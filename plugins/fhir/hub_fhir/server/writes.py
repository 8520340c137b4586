"""What clients say. It is stored, with who says it, before they are answered."""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, uuid5

from aiohttp import hdrs, web

from hub.sdk import HubError, Inbox, RawMessage, Recovery
from hub_fhir.reading.errors import BadBundleError
from hub_fhir.reading.json import read_json
from hub_fhir.reading.normalise import normalise
from hub_fhir.reading.profile import FhirProfile
from hub_fhir.reading.splitting import check_bundle
from hub_fhir.reading.stamping import stamped
from hub_fhir.rendering.places import key_of
from hub_fhir.resources.wire import MEDIA_TYPE, write
from hub_fhir.server.answering import message_reply, stored_outcome, tagged_version
from hub_fhir.server.asking import Asking
from hub_fhir.server.bundles import answered, kept, looked_at
from hub_fhir.server.claims import Keys, Versions
from hub_fhir.server.errors import (
    BadRequestError,
    ChangedMeanwhileError,
    NotPermittedError,
)
from hub_fhir.server.guard import resource, sent
from hub_fhir.server.reads import Reads
from hub_fhir.server.receipts import Receipts
from hub_fhir.server.restating import changed, request_of, restated
from hub_fhir.tokens.desk import Grant
from hub_fhir.tokens.scopes import RESOURCES

Tree = dict[str, Any]
_KEY = "Idempotency-Key"


class Feed(NamedTuple):
    """What is known of the feed: how its messages are read, if by this plugin."""

    inbox: Inbox
    systems: dict[str, str]
    profile: FhirProfile | None
    clock: Callable[[], datetime]
    address: str
    if_match: bool


class Received(NamedTuple):
    """A request, who sent it, and what it says."""

    request: web.Request
    grant: Grant
    body: bytes
    tree: Tree


class Writes:
    """Takes what clients create and change. The inbox decides when it is theirs."""

    def __init__(
        self, asking: Asking, reads: Reads, feed: Feed, receipts: Receipts
    ) -> None:
        self._asking = asking
        self._receipts = receipts
        self._reads = reads
        self._feed = feed
        self._keys = Keys()
        self._versions = Versions(time.monotonic)

    async def create(self, request: web.Request) -> web.Response:
        """Answer ``POST /Task`` and ``POST /ServiceRequest``."""
        kind = request.match_info["kind"]
        grant = self._asking.permitted(request, kind, "c")
        received = await _received(request, grant, kind)
        tree = await self._numbered(restated(received.tree, self._now()), grant.party)
        return _stored(await self._put(received, tree), 201, request)

    async def update(self, request: web.Request) -> web.Response:
        """Answer ``PUT /Task/{id}``: a side says where it is."""
        grant = self._asking.permitted(request, "Task", "u")
        identity = request.match_info["id"]
        received = await _received(request, grant, "Task")
        if received.tree.get("id") != identity:
            raise BadRequestError("the id of the body is not that of the address")
        found = await self._reads.find(grant.party, "Task", identity)
        record = await self._feed.inbox.referrals.record(key_of(identity))
        tree = changed(received.tree, found, self._now())
        tree = stamped(tree, "", record, self._feed.systems)
        version = self._matched(request, grant.party, found)
        if not version:
            return _stored(await self._put(received, tree), 200, request)
        mine = self._versions.take(identity, version, received.body)
        try:
            return _stored(await self._put(received, tree), 200, request)
        except BaseException:
            if mine:
                self._versions.leave(identity, version)
            raise

    def _matched(self, request: web.Request, party: str, found: Tree) -> str:
        """Return the version that is replaced, "" where the client names none."""
        header = request.headers.get(hdrs.IF_MATCH)
        if header is None:
            if self._feed.if_match:
                raise BadRequestError("If-Match is needed")
            return ""
        version = tagged_version(header)
        if version == "*":
            return ""
        newest: str = found["meta"]["versionId"]
        # That it read this version is no change which the client must know of.
        if version != newest and not self._receipts.led_on(party, version, found):
            raise ChangedMeanwhileError
        return newest

    async def bundle(self, request: web.Request) -> web.Response:
        """Answer ``POST /``: a transaction, or a batch."""
        grant = self._asking.grant(request)
        received = await _received(request, grant, "Bundle")
        entries = await asyncio.to_thread(looked_at, received.tree, grant.permissions)
        now = self._now()
        part = kept(received.tree, entries)
        if part["entry"]:
            tree = await self._numbered(restated(part, now), grant.party)
            await self._put(received, tree)
        return resource(answered(received.tree, entries, now))

    async def message(self, request: web.Request) -> web.Response:
        """Answer ``POST /$process-message``."""
        grant = self._asking.grant(request)
        received = await _received(request, grant, "Bundle")
        header = await asyncio.to_thread(_header_of, received.tree, grant)
        now = self._now()
        tree = await self._numbered(restated(received.tree, now), grant.party)
        message = await self._put(received, tree)
        identity = str(uuid5(NAMESPACE_URL, message))
        return resource(message_reply(header, identity, self._feed.address, now))

    def _now(self) -> datetime:
        return self._feed.clock()

    async def _numbered(self, tree: Tree, party: str) -> Tree:
        """Return a tree whose tasks about referrals of ours say which these are."""
        entries = tree.get("entry")
        if tree.get("resourceType") != "Bundle" or not isinstance(entries, list):
            return await self._known(tree, party)
        listed = []
        for each in entries:
            found = await self._known(each["resource"], party)
            listed.append({**each, "resource": found})
        return {**tree, "entry": listed}

    async def _known(self, tree: Tree, party: str) -> Tree:
        identity = request_of(tree) if tree.get("resourceType") == "Task" else ""
        record = None
        if identity:
            await self._reads.find(party, "ServiceRequest", identity)
            record = await self._feed.inbox.referrals.record(key_of(identity))
        return stamped(tree, "", record, self._feed.systems)

    async def _put(self, received: Received, tree: Tree) -> str:
        """Store what was received, once for each Idempotency-Key; return its id."""
        party = received.grant.party
        key = received.request.headers.get(_KEY, "")
        asked = f"{received.request.method} {received.request.path}\n".encode()
        if not key:
            return await self._store(received, tree)
        earlier = self._keys.begin(party, key, asked + received.body)
        if earlier:
            return earlier
        message = ""
        try:
            message = await self._store(received, tree)
        finally:
            self._keys.end(party, key, message)
        return message

    async def _store(self, received: Received, tree: Tree) -> str:
        """Store a tree in its client's name.

        What cannot be used is stored too, as refused, and the client is told why.
        """
        body = write(stamped(tree, received.grant.party))
        error = await asyncio.to_thread(self._problem, body)
        stored = await self._feed.inbox.put(
            RawMessage(
                body=body,
                media_type=MEDIA_TYPE,
                received_at=self._now(),
                peer=received.grant.client,
                message_type=str(tree.get("resourceType")),
                refused=error.code if error else "",
            )
        )
        if error is not None:
            raise error
        return stored.id

    def _problem(self, body: bytes) -> HubError | None:
        if self._feed.profile is None:
            return None
        found = normalise(body, self._feed.profile).problem
        if found is None:
            return None
        kind = HubError.catalogue[found.code]
        return kind(found.detail) if kind.recovery is Recovery.REJECT else None


async def _received(request: web.Request, grant: Grant, kind: str) -> Received:
    """Return what was sent, a resource of type `kind`."""
    body = await sent(request)
    tree = (await asyncio.to_thread(read_json, body)).tree
    if not isinstance(tree, dict) or tree.get("resourceType") != kind:
        raise BadRequestError(f"the body is no {kind}")
    return Received(request, grant, body, tree)


def _header_of(tree: Tree, grant: Grant) -> Tree:
    """Return the header of a message that a client may send."""
    if tree.get("type") != "message":
        raise BadBundleError("not a message")
    check_bundle(tree)
    resources = [
        each["resource"]
        for each in tree["entry"]
        if isinstance(each, dict) and isinstance(each.get("resource"), dict)
    ]
    if len(resources) < len(tree["entry"]):
        raise BadBundleError("an entry without a resource")
    for each in resources:
        kind = each.get("resourceType")
        may = {letter for name, letter in grant.permissions if name == kind}
        if kind in RESOURCES and not may & {"c", "u"}:
            raise NotPermittedError(f"system/{kind}.cu")
    if not any(letter in {"c", "u"} for _, letter in grant.permissions):
        raise NotPermittedError("nothing may be sent")
    header: Tree = resources[0]
    return header


def _stored(message: str, status: int, request: web.Request) -> web.Response:
    if "return=minimal" in request.headers.get("Prefer", ""):
        return web.Response(status=status)
    return resource(stored_outcome(message), status)
