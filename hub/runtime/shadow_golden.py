"""Golden tests: what a site's configuration makes of messages, as a JSON document.

The hub's own core does it, with a clock and ids that are the same each time. Whatever
would be sent is rendered and kept.
"""

import base64
import hashlib
import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from typing import Any, NamedTuple

import msgspec

from hub.config import HubConfig
from hub.config.tables import DestinationConfig
from hub.errors import HubError
from hub.model.delivery import Artifact, DeliveryState, Outcome
from hub.model.message import RawMessage
from hub.runtime.errors import RenderFailedError
from hub.runtime.interpreting import Feed
from hub.runtime.sending import render
from hub.runtime.shadow_errors import UnknownFeedError
from hub.runtime.shadow_stage import Stage, scratch
from hub.runtime.wiring import relations
from hub.runtime.workings import rechecker_of
from hub.store import journal, outbox, rechecks
from hub.store.outbox import Claim, Claimed, Settled
from hub.store.shadow import Arrival
from hub.store.shadow_outcome import Outcomes, Range, Told

#: What ids are made with: not a secret here, but always the same.
SECRET = hashlib.sha256(b"golden").digest()
#: When a first message arrives that does not say when it was sent.
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
#: So much later than its wall clock says a message arrives: where the clock is the
#: furthest behind UTC, it is not ahead of the hub's.
LATE = timedelta(hours=12)


class Example(NamedTuple):
    """A message of the feed `source`, in a file whose name is `file`."""

    source: str
    file: str
    body: bytes

    @property
    def name(self) -> str:
        """How the document calls it."""
        return str(PurePosixPath(self.source, self.file))


def outcome(
    config: HubConfig, examples: Iterable[Example], wait: timedelta = timedelta()
) -> dict[str, Any]:
    """Return what comes of messages that arrive in this order, and `wait` after them.

    A message arrives `LATE` after it says that it was sent, or a second after the one
    before where that is later. Raises UnknownFeedError, PanelError.
    """
    with scratch(SECRET) as connection:
        mail = Mail(config, connection)
        stage = Stage(config, connection, mail.send)
        names: dict[str, str] = {}
        repeated = []
        for number, example in enumerate(examples, 1):
            arrival = _arrival(stage, number, example)
            if stage.hear(arrival):
                names[_id(arrival)] = example.name
            else:
                repeated.append(example.name)
        stage.let_pass(stage.now + wait)
        return {
            "until": _time(stage.now),
            "messages": _messages(Outcomes(connection), names),
            "repeated": repeated,
            "sent": mail.sent,
        }


def text(document: Mapping[str, Any]) -> str:
    """Return the document as it is kept: the same for the same outcome."""
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


class Mail:
    """Keeps what destinations would be sent. All of them accept everything."""

    def __init__(self, config: HubConfig, connection: sqlite3.Connection) -> None:
        self._destinations = config.destinations
        related = relations(config, connection)
        self._rechecker = rechecker_of(config, related, connection)
        self.sent: list[dict[str, Any]] = []

    def send(self, connection: sqlite3.Connection, now: datetime) -> int:
        """Render what is due, and settle it; return how many deliveries that was."""
        return sum(
            self._send_to(connection, config, now)
            for config in self._destinations.values()
        )

    def _send_to(
        self, connection: sqlite3.Connection, config: DestinationConfig, now: datetime
    ) -> int:
        most = config.max_notices
        hold = config.settings.dead_letter == "hold"
        claim = Claim(config.name, now, most, together=most > 1, hold=hold)
        sent = 0
        while batch := outbox.claim(connection, [claim])[0]:
            sent += len(batch)
            if going := self._decided_anew(connection, config.name, batch, now):
                self._settle(connection, config, going, now)
        return sent

    def _decided_anew(
        self,
        connection: sqlite3.Connection,
        destination: str,
        batch: list[Claimed],
        now: datetime,
    ) -> list[Claimed]:
        """Return what goes out together on the terms that hold now, as a hub does."""
        stale = [each for each in batch if each.stale]
        checked = self._rechecker.recheck(destination, stale, now) if stale else []
        rechecks.record(connection, [checked])
        terms = {each.claimed.seq: each.terms for each in checked if each.permitted}
        going = [each for each in batch if not each.stale or each.seq in terms]
        if len(going) < len(batch):
            outbox.release(connection, [going])
            return []
        return [each._replace(terms=terms.get(each.seq, each.terms)) for each in going]

    def _settle(
        self,
        connection: sqlite3.Connection,
        config: DestinationConfig,
        batch: list[Claimed],
        now: datetime,
    ) -> None:
        bad = self._deliver(config, batch, now)
        done = bad or batch
        error = RenderFailedError() if bad else None
        outbox.settle(connection, [[_settled(each, now, error) for each in done]])
        outbox.release(connection, [[each for each in batch if each not in done]])

    def _deliver(
        self, config: DestinationConfig, batch: Sequence[Claimed], now: datetime
    ) -> list[Claimed]:
        """Keep the artifact of a batch; return what of it cannot be rendered."""
        try:
            self._keep(config, batch, now, _shown(render(config, batch)))
        except HubError as error:
            if len(batch) == 1:
                self._keep(config, batch, now, {"error_code": error.code})
                return list(batch)
            return [each for each in batch if not _renders(config, each)]
        return []

    def _keep(
        self,
        config: DestinationConfig,
        batch: Sequence[Claimed],
        now: datetime,
        shown: dict[str, Any],
    ) -> None:
        events = [each.event for each in batch]
        head = {"destination": config.name, "at": _time(now), "events": events}
        self.sent.append(head | shown)


def _renders(config: DestinationConfig, claimed: Claimed) -> bool:
    try:
        render(config, [claimed])
    except HubError:
        return False
    return True


def _settled(claimed: Claimed, now: datetime, error: HubError | None = None) -> Settled:
    return Settled(
        claimed=claimed,
        state=DeliveryState.DEAD if error else DeliveryState.DELIVERED,
        due=now,
        started_at=now,
        ended_at=now,
        outcome=Outcome.PERMANENT if error else Outcome.ACCEPTED,
        evidence="",
        error_code=error.code if error else "",
    )


def _shown(artifact: Artifact) -> dict[str, Any]:
    """Return an artifact so that a difference in it can be read."""
    shown: dict[str, Any] = {"id": artifact.id, "media_type": artifact.media_type}
    try:
        body = artifact.body.decode()
    except UnicodeDecodeError:
        return shown | {"base64": base64.b64encode(artifact.body).decode()}
    if artifact.media_type.partition(";")[0].endswith("json"):
        return shown | {"json": msgspec.json.decode(body)}
    return shown | {"lines": body.splitlines()}


def _arrival(stage: Stage, number: int, example: Example) -> Arrival:
    """Return a message with an id that counts, and a time that it says itself."""
    feed = stage.feeds.get(example.source)
    if feed is None:
        raise UnknownFeedError(example.source)
    said = _said(feed, example.body)
    raw = RawMessage(
        body=example.body,
        media_type=feed.normaliser.media_type,
        received_at=max(said or FIRST, stage.now + SECOND),
    )
    _, *row = journal.row(example.source, raw)
    return Arrival(number, (f"msg_{number:012x}{0:020x}", *row))


def _said(feed: Feed, body: bytes) -> datetime | None:
    """Return when a message says that it was sent, later by `LATE`; None: it does not.

    What is said of a time without a zone is not changed by the zone that a feed's
    profile assumes: a test of the profile would differ in all times otherwise.
    """
    try:
        sent = feed.normaliser.normalise(body, feed.profile).provenance.sent
        if sent is None or not sent.local:
            return None
        return datetime.fromisoformat(sent.local).replace(tzinfo=UTC) + LATE
    except (Exception, SystemExit):  # noqa: BLE001 - it is found out when it is processed
        return None


def _id(arrival: Arrival) -> str:
    return str(arrival.row[0])


def _messages(outcomes: Outcomes, names: Mapping[str, str]) -> list[dict[str, Any]]:
    found = []
    for page in outcomes.pages(Range()):
        told = outcomes.told([each.id for each in page])
        for each in page:
            shown = {
                "id": each.id,
                "message": names.get(each.id, "inside another"),
                "received_at": _time(each.received_at),
                "state": each.state,
                "facts": [fact for _, fact in each.facts],
                "events": [_event(one) for one in told.get(each.id, ())],
            }
            noted = {
                "error_code": each.error_code,
                "reason": each.reason,
                "warnings": list(each.warnings),
            }
            found.append(shown | {key: it for key, it in noted.items() if it})
    return found


def _event(told: Told) -> dict[str, Any]:
    """Return an event with what was decided; what is empty of it is left out."""
    event = {
        name: value
        for name, value in told.body.items()
        if name == "payload" or value not in ({}, [], None)
    }
    judged = {
        name: f"{each.verdict} {each.reason}" for name, each in told.judged.items()
    }
    return {"event": event, "decisions": judged, "told": sorted(told.sent)}


def _time(time: datetime) -> str:
    return time.isoformat().replace("+00:00", "Z")
