"""The index of services follows directories: what comes into force can be found.

And what is of a source that is no longer configured cannot: nobody would hear that a
service of it has closed. The directory itself stays, and is indexed again once the
source is back.

It works beside everything else, some services at a time, and rests between: until it
has caught up, services are found as they were. Cut off anywhere, it does what it was at
again.
"""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import msgspec
import structlog

from hub.coordination.service_match.areas import areas_of, bounds_of
from hub.coordination.service_match.facts import (
    Area,
    Named,
    OfferFacts,
    Site,
    facts_of,
    site_of,
)
from hub.coordination.service_match.geometry import (
    ANYWHERE,
    Point,
    area_cells,
    cell_named,
    cell_of,
    cells_in,
    distance_km,
    spans_within,
)
from hub.coordination.service_match.places import is_everywhere
from hub.coordination.service_match.terms import Term
from hub.errors import HubError
from hub.store.services import indexing
from hub.store.services.indexing import (
    CHUNK,
    Behind,
    Indexed,
    ObjectRow,
    SiteRow,
    TermRow,
)
from hub.store.store import Store
from hub.store.writer import Writer

log = structlog.get_logger()

#: How often it is looked for what came into force, in seconds, and after trouble.
LOOK_SECONDS, TROUBLE_SECONDS = 0.5, 30.0
#: After each piece of work it rests so many times as long.
REST = 0.2
#: Who serves so much is found from anywhere, wherever they have their office.
_WIDE_KM = 100.0
#: More cells than this are as good as anywhere, for one service.
_MOST_CELLS = 100

_pack = msgspec.msgpack.Encoder().encode
_site = msgspec.msgpack.Decoder(Site).decode
_keys = msgspec.json.Decoder(list[str]).decode


class ServiceIndex:
    """Keeps the index of one hub in step. Use it on the event loop."""

    def __init__(self, store: Store, feeds: Collection[str]) -> None:
        """Index the services of `feeds`, which are the sources that there are."""
        self._thread = ThreadPoolExecutor(1, "service-index")
        self._reader = store.reader()
        self._indexing = Indexing(self._reader, store.writer, feeds)

    def under_way(self, reader: sqlite3.Connection) -> int:
        """Return how many feeds are not found yet as they are in force."""
        return len(self._indexing.behind(reader))

    async def run(self) -> None:
        """Work until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            pause = LOOK_SECONDS
            try:
                while await loop.run_in_executor(self._thread, self._indexing.turn):
                    pass
            except (HubError, sqlite3.Error) as error:
                code = getattr(error, "code", type(error).__name__)
                log.warning("services.unindexed", error_code=code)
                pause = TROUBLE_SECONDS
            await asyncio.sleep(pause)

    async def stop(self) -> None:
        """Let go of what is under way: the next hub does it again."""
        self._indexing.stop()
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, self._thread.shutdown)
        self._reader.close()


class Indexing:
    """Indexes what came into force. Blocking: for a thread."""

    def __init__(
        self,
        reader: sqlite3.Connection,
        writer: Writer,
        feeds: Collection[str],
        rest: float = REST,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._feeds = feeds
        known = indexing.indexed_feeds(reader)
        self._gone = [each for each in known if each not in feeds]
        self._rest = rest
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Give up what is under way. May be called from any thread."""
        self._stopping.set()

    def behind(self, reader: sqlite3.Connection) -> list[Behind]:
        """Return the feeds that have something in force which is not found yet."""
        return [each for each in indexing.behind(reader) if each.feed in self._feeds]

    def turn(self) -> bool:
        """Bring the first feed that is behind up to date; say whether there was one."""
        if self._stopping.is_set():
            return False
        if self._gone:
            return self._forget(self._gone[0])
        waiting = self.behind(self._reader)
        if not waiting:
            return False
        of = waiting[0]
        places = self._index_places(of)
        services = self._services(of, places)
        terms = {
            each.id: each
            for each in indexing.terms_of(self._reader, of.feed, of.current)
        }
        if not self._index_services(of, services, terms):
            return False
        self._writer.call(indexing.settle, of)
        log.info("services.indexed", feed=of.feed, count=len(services))
        return True

    def _forget(self, feed: str) -> bool:
        """Let nothing of a feed be found; say whether that is done."""
        services, places = indexing.indexed_of(self._reader, feed)
        parts = [
            *(Indexed(keys=keys) for keys in _chunks(services)),
            *(Indexed(places=keys) for keys in _chunks(places)),
        ]
        if not all(map(self._put, parts)):
            return False
        self._writer.call(indexing.forget, feed)
        self._gone.remove(feed)
        log.info("services.unlisted", feed=feed, count=len(services))
        return True

    def _index_places(self, of: Behind) -> list[str]:
        places = indexing.changed(self._reader, of, "location")
        for keys in _chunks(places):
            rows = indexing.objects(self._reader, of, keys)
            sites = [_site_row(of.feed, row) for row in rows if not row.removed]
            if not self._put(Indexed(places=keys, sites=sites)):
                break
        return places

    def _services(self, of: Behind, places: Sequence[str]) -> list[str]:
        """Return the services that are found otherwise now."""
        changed = indexing.changed
        if not of.indexed or changed(self._reader, of, "taxonomy_term"):
            return changed(self._reader, of, "service", whole=True)
        found = set(changed(self._reader, of, "service"))
        for keys in _chunks(places):
            found.update(indexing.services_at(self._reader, of, keys))
        return sorted(found)

    def _index_services(
        self, of: Behind, services: Sequence[str], terms: Mapping[str, Term]
    ) -> bool:
        """Index services; say whether all of them are."""
        for keys in _chunks(services):
            rows = indexing.objects(self._reader, of, keys)
            wanted = {key for row in rows for key in _keys(row.places)}
            sites = {
                key: _site(body)
                for key, body in indexing.sites_of(self._reader, sorted(wanted))
            }
            if not self._put(_indexed(of.feed, keys, rows, sites, terms)):
                return False
        return True

    def _put(self, part: Indexed) -> bool:
        """Have something written, and rest; say whether to go on."""
        began = time.perf_counter()
        self._writer.call(indexing.rebuild, part)
        spent = time.perf_counter() - began
        return not self._stopping.wait(self._rest * spent)


def _indexed(
    feed: str,
    keys: Sequence[str],
    rows: Iterable[ObjectRow],
    sites: Mapping[str, Site],
    terms: Mapping[str, Term],
) -> Indexed:
    offers: list[tuple[str, str, bytes]] = []
    found_by: list[TermRow] = []
    shapes: dict[str, bytes] = {}
    for row in rows:
        if row.removed:
            continue
        record = indexing.record_of(row.record)
        areas = list(areas_of(record))
        drawn = {area.shape: shape for area, shape in areas if shape}
        own = [sites[key] for key in _keys(row.places) if key in sites]
        named = Named(
            key=row.key,
            feed=feed,
            owner=row.owner,
            restricted=row.restricted != "[]",
        )
        facts = facts_of(named, record, own, (area for area, _ in areas), terms)
        offers.append((row.key, feed, _pack(facts)))
        found_by += _found_by(facts, drawn)
        shapes |= {} if facts.restricted else drawn
    return Indexed(keys, offers, found_by, [*shapes.items()])


def _found_by(facts: OfferFacts, drawn: Mapping[str, bytes]) -> Iterator[TermRow]:
    """Yield by which terms, and where, a service is found."""
    cells: dict[int, Point | None] = {}
    for each in facts.points:
        point = Point(*each)
        cells[cell_of(point)] = point
    wide = False
    office = next(iter(cells.values()), None)
    for area in () if facts.restricted else facts.areas:
        if office is None and area.shape:
            spans = spans_within(*bounds_of(drawn[area.shape]))
            cells |= dict.fromkeys(cells_in(spans, _MOST_CELLS))
        elif office is not None:
            reached, far = _reached(area, drawn)
            cells |= dict.fromkeys(reached, office)
            wide |= far
    if wide or facts.remote or not cells:
        cells[ANYWHERE] = None
    for term in facts.terms:
        for cell, where in cells.items():
            latitude, longitude = where or (None, None)
            yield TermRow(term, cell, facts.key, latitude, longitude)


def _reached(area: Area, drawn: Mapping[str, bytes]) -> tuple[list[int], bool]:
    """Return where whoever an area holds looks, wherever the office is.

    And whether that is anywhere.
    """
    if not area.shape:
        return [cell_named(each) for each in area.names], is_everywhere(area.names)
    lowest, highest = bounds_of(drawn[area.shape])
    if distance_km(lowest, highest) > _WIDE_KM:
        return [], True
    return area_cells(lowest, highest), False


def _site_row(feed: str, row: ObjectRow) -> SiteRow:
    """Return where a location is; of a secret one nothing, whatever it says."""
    secret = row.restricted != "[]"
    site = Site(type="physical") if secret else site_of(indexing.record_of(row.record))
    return SiteRow(
        row.key,
        feed,
        site.country,
        site.postcode,
        site.city,
        site.latitude,
        site.longitude,
        _pack(site),
    )


def _chunks(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(keys), CHUNK):
        yield keys[start : start + CHUNK]
