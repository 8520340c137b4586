"""What can be seen from outside: the hub's store, and what the peers received."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar

from hub.demo.consents import FEED
from hub.demo.expectation import Expected
from hub.demo.hospital import FeedCount, Hospital
from hub.demo.payer import Payer, Row, read_rows
from hub.demo.receiver import Receiver, Told, read_events, read_told
from hub.demo.result import Audited, Directories, Exchanged
from hub.demo.setting import ARCHIVE, MEALS, NOTIFIED, PAYER, SECOND_PAYER
from hub.demo.view import LATEST, Known, Snapshot
from hub.model.delivery import DeliveryState
from hub.model.files import ExchangeState
from hub.store.audit_verify import verify_folder
from hub.store.queries import MAX_LIMIT, Reader, open_read_only
from hub.store.tally import denials, tally
from hub.store.views import Page

_T = TypeVar("_T")
#: The loops of which the requester knows how they ended.
CLOSED = frozenset({"closed_by_requester", "closed_unresolved"})


@dataclass(frozen=True, slots=True)
class Peers:
    """Everybody whom the hub talks to."""

    hospitals: tuple[Hospital, ...]
    payer: Payer
    receiver: Receiver
    folder: Path

    def feeds(self) -> dict[str, FeedCount]:
        """Return how far each hospital is."""
        return {hospital.name: hospital.count for hospital in self.hospitals}

    def acknowledged(self) -> int:
        """Return how many positive answers the hospitals got."""
        return sum(count.acknowledged for count in self.feeds().values())


def take_known(reader: Reader, store: Path) -> Known:
    """Return how much is known of people, from the store in a file."""
    with closing(open_read_only(store)) as connection:
        return Known(tally(connection), reader.reviews.count_open())


def take_denials(store: Path) -> dict[str, int]:
    """Return how often the policy said no, by reason, from the store in a file."""
    with closing(open_read_only(store)) as connection:
        return denials(connection)


def take_audit(folder: Path) -> Audited:
    """Return how large the audit of a data folder is, and whether it is whole."""
    verdict = verify_folder(folder)
    return Audited(verdict.records, verdict.verified)


def take_received(reader: Reader, feeds: Iterable[str]) -> int:
    """Return how many messages came from `feeds` and the consents, repeats included."""
    return sum(
        1 + message.repeats
        for feed in (*feeds, FEED)
        for message in _pages(partial(reader.messages, source=feed))
    )


def take_exchanged(reader: Reader) -> Exchanged:
    """Return what became of the payer's files, and which of ours it acknowledged."""
    came, went = (
        Counter(
            each.state
            for each in _pages(
                partial(reader.exchanges.exchanges, partner=PAYER, direction=way)
            )
        )
        for way in ("in", "out")
    )
    return Exchanged(
        applied=came[ExchangeState.APPLIED],
        rejected=came[ExchangeState.REJECTED],
        held=came[ExchangeState.HELD],
        acknowledged=went[ExchangeState.ACKNOWLEDGED],
    )


def take_directory(reader: Reader) -> Directories:
    """Return how many services all directories have, and of how many the place is not.

    Counted one by one, as they are shown.
    """
    found = list(_pages(partial(reader.directories.objects, "service")))
    return Directories(len(found), sum(each.restricted for each in found))


class Referred(NamedTuple):
    """How many referrals are in each state, and of how many the end is known."""

    states: Mapping[str, int]
    closed: int


def take_referrals(reader: Reader) -> Referred:
    """Return how the referrals stand."""
    found = list(_pages(reader.referrals.referrals))
    states = Counter(each.state for each in found)
    return Referred(dict(states), sum(each.loop in CLOSED for each in found))


def unacknowledged(reader: Reader) -> int:
    """Return how many files of ours the payer has not acknowledged."""
    files = _pages(partial(reader.exchanges.exchanges, partner=PAYER, direction="out"))
    return sum(each.state != ExchangeState.ACKNOWLEDGED for each in files)


def take_snapshot(reader: Reader, peers: Peers, store: Path) -> Snapshot:
    """Return what the live view shows."""
    counts = reader.counts()
    newest = reader.events(limit=LATEST).items
    return Snapshot(
        feeds=peers.feeds(),
        events=counts.events,
        deliveries=counts.deliveries,
        known=take_known(reader, store),
        latest=tuple((event["type"], event["entity"]["key"]) for event in newest),
    )


def arrivals(peers: Peers, reader: Reader) -> Counter[Expected]:
    """Return what the peers received, each notice as often as it has an id."""
    return Counter(notice for notice, _ in _all(peers, reader))


def amended(peers: Peers, reader: Reader) -> Counter[Expected]:
    """Return of what the peers received what corrects something."""
    return Counter(notice for notice, corrects in _all(peers, reader) if corrects)


def withdrawn(reader: Reader) -> Counter[Expected]:
    """Return what was taken back before it was sent, so that nobody was told."""
    found: Counter[Expected] = Counter()
    state = DeliveryState.WITHDRAWN.value
    for delivery in _pages(partial(reader.deliveries, state=state)):
        event = reader.event(delivery.event)
        visit = _visit(event)
        found[Expected(delivery.destination, event["type"], visit=visit)] += 1
    return found


class _Fetch(Protocol[_T]):
    """Returns a page of what there is, after a cursor."""

    def __call__(self, *, limit: int, cursor: str | None) -> Page[_T]: ...


def _pages(fetch: _Fetch[_T]) -> Iterator[_T]:
    page = fetch(limit=MAX_LIMIT, cursor=None)
    yield from page.items
    while page.next is not None:
        page = fetch(limit=MAX_LIMIT, cursor=page.next)
        yield from page.items


def _visit(event: dict[str, Any]) -> str:
    numbers = event["payload"].get("identifiers", [])
    return next((each["value"] for each in numbers if each["type"] == "VN"), "")


def read_archive(folder: Path) -> dict[str, Told]:
    """Return what each event in the archive says, by the id of the event."""
    return {
        event["id"]: read_told(event)
        for file in folder.glob("*.json")
        for event in read_events(file.read_bytes())
    }


def _all(peers: Peers, reader: Reader) -> Iterator[tuple[Expected, str]]:
    """Return each notice that somebody received, and what it corrects."""
    yield from _rows(PAYER, peers.payer.read())
    yield from _notified(peers.payer, reader)
    yield from _told("social-services", peers.receiver.events)
    yield from _told("archive", read_archive(peers.folder / ARCHIVE))
    yield from _told(MEALS, _recognised(peers.folder / MEALS, reader))
    for file in sorted((peers.folder / SECOND_PAYER).glob("*.csv")):
        yield from _rows(SECOND_PAYER, read_rows(file))


def _recognised(folder: Path, reader: Reader) -> dict[str, Told]:
    """Return what is told without any number, with that of the hub's own event."""
    return {
        key: replace(told, visit=_visit(reader.event(key)))
        for key, told in read_archive(folder).items()
    }


def _rows(destination: str, rows: Iterable[Row]) -> Iterator[tuple[Expected, str]]:
    for row in {row.event_id: row for row in rows}.values():
        notice = Expected(destination, row.event_type, row.patient_id, row.visit)
        yield notice, row.corrects


def _notified(payer: Payer, reader: Reader) -> Iterator[tuple[Expected, str]]:
    """Return what X12 says, with the type of the event that it is about."""
    found = {
        told.event_id: told
        for name in payer.interchanges()
        for interchange in payer.read_interchanges(name)
        for told in interchange.notifications
    }
    for told in found.values():
        event_type = reader.event(told.event_id)["type"]
        notice = Expected(NOTIFIED, event_type, told.patient_id, told.visit)
        yield notice, told.corrects


def _told(
    destination: str, events: Mapping[str, Told]
) -> Iterator[tuple[Expected, str]]:
    for told in events.values():
        yield Expected(destination, told.event_type, visit=told.visit), told.corrects
