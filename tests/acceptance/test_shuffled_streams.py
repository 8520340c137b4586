"""A hospital's stream, in order and not: in the end a hub knows the same.

Shuffled, some messages twice, over two connections at once. Nothing of the corpus is
in this repository; the test that needs it is long, and skipped without it.
"""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from typing import NamedTuple

import msgspec
import pytest

from hub.config.tables import IdentityTable
from hub.demo.pathways import simulate
from hub.demo.people import make_people
from hub.demo.sites import SITES
from hub.runtime import core
from hub.runtime.relations import Relations
from hub.runtime.routing import Router
from hub.store import state, timers
from hub.store.sqlite import open_reader
from tests.acceptance.conftest import Hubs
from tests.acceptance.corpus import MESSAGES, messages_in
from tests.acceptance.messages import Sender
from tests.acceptance.process import feed, unbalanced
from tests.played import TCM
from tests.runtime.facts import SECRET
from tests.runtime.world import Picture, believes, numbers_of_people, visit_names

STREAM = MESSAGES / "google__simhospital/messages.out.hl7"
REASON = f"there is no stream at {STREAM}; set CAREHUB_CORPUS to where the corpus is"
#: How many messages come once more: as they were, or under a number of their own.
AGAIN = 0.1
SEED = 20260310
PEOPLE = 250
#: Two weeks after what our own hospitals tell of, when it is still news.
LOOKED_AT = datetime(2026, 2, 10, tzinfo=UTC)
pytestmark = pytest.mark.acceptance


def again(body, place):
    """Return a message as it is sent once more, by a machine or by hand."""
    if place % 2:
        return body
    header, separator, rest = body.partition(b"\r")
    fields = header.split(b"|")
    fields[9] = b"AGAIN%d" % place
    return b"|".join(fields) + separator + rest


def disordered(bodies):
    """Return messages shuffled, some twice."""
    random = Random(SEED)  # noqa: S311 - reproducible, not secret
    chosen = random.sample(bodies, int(len(bodies) * AGAIN))
    repeated = [again(body, place) for place, body in enumerate(chosen)]
    return random.sample([*bodies, *repeated], len(bodies) + len(repeated))


def send(address, bodies):
    """Send messages over one connection; every one is taken."""
    with Sender(address) as sender:
        for body in bodies:
            code, _ = sender.send(body)
            assert code == "AA"


def send_over_two(address, bodies):
    """Send messages over two connections at once."""
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda part: send(address, bodies[part::2]), range(2)))


class Known(NamedTuple):
    """What a hub knows in the end.

    `stays` and `transitions` are as a hub tells of them at `LOOKED_AT`, each with the
    visits of the stay in place of its key.
    """

    picture: Picture
    stays: list[str]
    transitions: list[str]
    clocks: list[str]
    outcomes: dict[str, int]


def known_by(data_dir):
    """Return what a hub that was stopped knows, once it has looked at all stays."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        with closing(open_reader(data_dir)) as stored:
            stored.backup(connection)
        ring_all(connection, LOOKED_AT)
        query = partial(ask, connection)
        names, numbers = visit_names(query), numbers_of_people(query)
        stays = [
            (key, body["stay"], numbers[owner])
            for key, owner, body in bodies(query, "stay")
            if body["stands"]
        ]
        visits = {
            key: sorted(names[each] for each in stay["encounters"])
            for key, stay, _ in stays
        }
        told = [body["transition"] for *_, body in bodies(query, "transition")]
        ways = [each for each in told if each and each["stay"] in visits]
        return Known(
            Picture.of(connection),
            sorted(
                str((visits[key], owner, [stay.get(name) for name in OF_STAYS]))
                for key, stay, owner in stays
            ),
            sorted(
                str((visits[each["stay"]], [each.get(name) for name in OF_WAYS]))
                for each in ways
            ),
            sorted(str((visits[each["stay"]], clocks(each))) for each in ways),
            dict(
                query(
                    "SELECT state || ' ' || error_code, count(*) FROM message"
                    " GROUP BY 1 ORDER BY 1"
                )
            ),
        )


OF_STAYS = ("status", "end", "alive", "transferred_out", "planned", "anomalies")
OF_WAYS = ("state", "from_setting", "to_setting", "discharge_at")


def clocks(transition):
    """Return what became of each clock, without the ids of events."""
    return [
        (each["name"], each["status"], each["started"], each.get("due"))
        for each in transition["clocks"]
    ]


def ask(connection, sql):
    return connection.execute(sql).fetchall()


def bodies(query, kind):
    """Return the key, the owner and the body of each entity of a kind."""
    rows = query(f"SELECT key, person, body FROM entity WHERE kind = '{kind}'")  # noqa: S608
    return [(*names, msgspec.json.decode(body)) for *names, body in rows]


def ring_all(connection, now):
    """Look at the stays of all people, as the hub does when a timer rings."""
    processor = core.processor(
        connection,
        SECRET,
        Router(()),
        Relations({}),
        rules="us",
        programmes=TCM,
        identity=IdentityTable(),
    )
    heard = now - timedelta(days=1)
    for each in timers.due(connection, datetime.max.replace(tzinfo=UTC), 10_000):
        told = processor.ring(each._replace(received_at=heard), now)
        state.settle(connection, [[told]])


def play(path, feeds, streams, way):
    """Send streams to a hub of its own; return what it knows in the end."""
    path.mkdir()
    hubs = Hubs(path)
    try:
        hub = hubs.start(*feeds)
        for source, messages in streams.items():
            way(hub.address(source), messages)
        hub.quiet()
    finally:
        hubs.close()
    assert unbalanced(hubs.data_dir) == []
    return known_by(hubs.data_dir)


class Both(NamedTuple):
    """What is known of streams in order, and of the same in disorder."""

    expected: Known
    found: Known


def play_both(folder, feeds, streams):
    """Return what two hubs know in the end."""
    mixed = {name: disordered(messages) for name, messages in streams.items()}
    both = Both(
        play(folder / "in-order", feeds, streams, send),
        play(folder / "mixed", feeds, mixed, send_over_two),
    )
    for each in both:
        people, visits = len(each.picture.people), len(each.picture.whose)
        print(  # noqa: T201 - for who runs it with -s
            f"{people} people, {visits} visits, {len(each.picture.told)} statements"
            f" that stand, {len(each.stays)} stays, {len(each.transitions)}"
            f" transitions; messages: {each.outcomes}"
        )
    return both


@pytest.fixture(scope="module")
def simulated_hospital(tmp_path_factory):
    """The stream of the simulated hospital of the corpus."""
    profile = {"charset_default": "8859/1", "test_messages": "apply"}
    streams = {"klinik-nord": messages_in(STREAM.read_bytes())}
    feeds = [feed(profile=profile, mode="original")]
    return play_both(tmp_path_factory.mktemp("simulated"), feeds, streams)


@pytest.fixture(scope="module")
def two_hospitals(tmp_path_factory):
    """The streams of our own generator."""
    simulation = simulate(make_people(SEED, PEOPLE), SEED)
    streams = {
        site.name: [each.body for each in simulation.messages if each.site == site.name]
        for site in SITES
    }
    feeds = [
        feed(
            site.name,
            profile={
                "charset_default": site.charset,
                "time_zone": site.zone,
                "assigning_authority": site.authority,
            },
        )
        for site in SITES
    ]
    return play_both(tmp_path_factory.mktemp("two"), feeds, streams)


def assert_same(both):
    found, expected = both.found, both.expected
    assert found.picture.people == expected.picture.people
    assert found.picture.known == expected.picture.known
    assert found.picture.whose == expected.picture.whose
    assert without_times(found) == without_times(expected)
    assert found.stays == expected.stays


def without_times(known):
    """Return what is believed of beginnings, and of ends also when that was.

    An emergency that became an admission is told as either one, and so with its time,
    by which of them is heard of first.
    """
    beginnings, ends = believes(known.picture.told)
    return {visit: kind for visit, (kind, _) in beginnings.items()}, ends


@pytest.mark.corpus
@pytest.mark.long
@pytest.mark.skipif(not STREAM.is_file(), reason=REASON)
def test_the_simulated_hospital_is_known_the_same_in_any_order(simulated_hospital):
    assert len(simulated_hospital.expected.picture.people) > 100
    assert_same(simulated_hospital)


def test_our_own_two_hospitals_are_known_the_same_in_any_order(two_hospitals):
    assert len(two_hospitals.expected.stays) > PEOPLE // 2
    assert_same(two_hospitals)


def test_the_clocks_of_our_own_two_hospitals_are_the_same_in_any_order(two_hospitals):
    found, expected = two_hospitals.found, two_hospitals.expected
    assert found.transitions == expected.transitions
    assert found.clocks == expected.clocks


def test_our_own_two_hospitals_have_transitions_to_compare(two_hospitals):
    assert len(two_hospitals.expected.transitions) > PEOPLE // 2
