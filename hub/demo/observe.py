"""What can be seen from outside: the hub's store, and what the peers received."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from hub.demo.expectation import Expected
from hub.demo.hospital import FeedCount, Hospital
from hub.demo.payer import Payer
from hub.demo.receiver import Receiver, Told, read_events, read_told
from hub.demo.result import Audited
from hub.demo.view import LATEST, Known, Snapshot
from hub.model.delivery import DeliveryState
from hub.store.audit_verify import verify_folder
from hub.store.queries import MAX_LIMIT, Reader, open_read_only
from hub.store.tally import denials, tally


@dataclass(frozen=True, slots=True)
class Peers:
    """Everybody whom the hub talks to."""

    hospitals: tuple[Hospital, ...]
    payer: Payer
    receiver: Receiver
    archive: Path

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


def arrivals(peers: Peers) -> Counter[Expected]:
    """Return what the peers received, each notice as often as it has an id."""
    return Counter(notice for notice, _ in _all(peers))


def amended(peers: Peers) -> Counter[Expected]:
    """Return of what the peers received what corrects something."""
    return Counter(notice for notice, corrects in _all(peers) if corrects)


def withdrawn(reader: Reader) -> Counter[Expected]:
    """Return what was taken back before it was sent, so that nobody was told."""
    found: Counter[Expected] = Counter()
    page = reader.deliveries(state=DeliveryState.WITHDRAWN.value, limit=MAX_LIMIT)
    while True:
        for delivery in page.items:
            event = reader.event(delivery.event)
            numbers = event["payload"].get("identifiers", [])
            visits = [each["value"] for each in numbers if each["type"] == "VN"]
            visit = visits[0] if visits else ""
            found[Expected(delivery.destination, event["type"], visit=visit)] += 1
        if page.next is None:
            return found
        page = reader.deliveries(
            state=DeliveryState.WITHDRAWN.value, limit=MAX_LIMIT, cursor=page.next
        )


def read_archive(folder: Path) -> dict[str, Told]:
    """Return what each event in the archive says, by the id of the event."""
    return {
        event["id"]: read_told(event)
        for file in folder.glob("*.json")
        for event in read_events(file.read_bytes())
    }


def _all(peers: Peers) -> Iterator[tuple[Expected, str]]:
    """Return each notice that somebody received, and what it corrects."""
    yield from _at_the_payer(peers.payer)
    yield from _told("social-services", peers.receiver.events)
    yield from _told("archive", read_archive(peers.archive))


def _at_the_payer(payer: Payer) -> Iterator[tuple[Expected, str]]:
    for row in {row.event_id: row for row in payer.read()}.values():
        notice = Expected("payer-a", row.event_type, row.patient_id, row.visit)
        yield notice, row.corrects


def _told(
    destination: str, events: Mapping[str, Told]
) -> Iterator[tuple[Expected, str]]:
    for told in events.values():
        yield Expected(destination, told.event_type, visit=told.visit), told.corrects
