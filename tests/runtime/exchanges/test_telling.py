"""What happens to files, as events about nobody: told, decided on, explained."""

import asyncio
from contextlib import ExitStack, closing
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.config.tables import IdentityTable
from hub.coordination.ids import Keys
from hub.coordination.policy import project
from hub.coordination.recipients import PURPOSES, Recipient
from hub.coordination.routes import Subscription
from hub.model.delivery import Terms
from hub.model.facts import Fact, FactKind, Normalised, Subject
from hub.model.files import ExchangeState
from hub.model.happenings import (
    EXCHANGES_FEED,
    Happening,
    HappeningType,
    message_of,
    read,
)
from hub.model.identifiers import Identifier
from hub.model.message import RawMessage
from hub.model.taxonomy import EVENT_TYPES
from hub.runtime import core, happenings
from hub.runtime.entities import Entities
from hub.runtime.happenings import NoHappeningError, normalise
from hub.runtime.interpreting import Feed
from hub.runtime.pipeline import Pipeline
from hub.runtime.rechecking import Rechecker
from hub.runtime.relations import Relations
from hub.runtime.routing import Router
from hub.runtime.transitions import Programmes
from hub.sdk import Settings
from hub.store import journal, outbox
from hub.store.exchanges import telling
from hub.store.exchanges.ledger import ExchangeRow
from hub.store.journal import microseconds
from hub.store.outbox import Claim
from hub.store.queries import Reader
from hub.store.sqlite import DATABASE_NAME
from hub.testing.clock import FakeClock
from tests.coordination.scenarios import at
from tests.runtime.exchanges.outgoing import file_config, file_dispatcher
from tests.runtime.facts import PANELS, SECRET, events, made_up_feed, states
from tests.runtime.setting import NOW, Scripted, metrics, put
from tests.runtime.test_dispatch import running

TYPES = {name for name in EVENT_TYPES if name.startswith("exchange.")}


def row(state="applied", **given):
    """Return a file of a partner in the ledger."""
    standard = {
        **dict.fromkeys(ExchangeRow._fields, 0),
        **dict.fromkeys(("error_code", "control", "of", "answer", "actor"), ""),
        **dict.fromkeys(("answered_at", "due_at")),
        "id": "in_1",
        "direction": "in",
        "feed": "roster",
        "partner": "payer",
        "kind": "834",
        "name": "zqkanarie.834",
        "path": "in/zqkanarie.834",
        "sha256": b"",
        "state": state,
        "reason": "gate.applied",
        "heading": "{}",
        "counts": '{"read": 3, "accepted": 3, "ratio": 0.5, "by": {"x": 1}}',
        "problems": "[]",
        "received_at": microseconds(NOW),
        "checked_at": microseconds(NOW),
        "settled_at": microseconds(NOW),
        "kept": True,
    }
    return ExchangeRow(**(standard | given))


def tell(store, *rows):
    """Put what is to be told of files into the journal, as the ledger does."""

    def apply(connection, payloads):
        for each in payloads:
            telling.put(connection, [telling.happening_of(row) for row in each])
        return [None] * len(payloads)

    store.writer.call(apply, rows)


def asks(name="ops", purpose="operations", panel="", destination="out"):
    return Subscription(name, destination, EVENT_TYPES, purpose, panel)


def pipeline_of(store, reader, router, normaliser=normalise):
    """Return what works on all that waits."""
    processor = core.processor(
        reader,
        SECRET,
        router,
        Relations(PANELS),
        rules="us",
        programmes=Programmes(),
        identity=IdentityTable(),
    )
    feed = made_up_feed(normaliser)
    return Pipeline(
        feeds={
            EXCHANGES_FEED: Feed(happenings.NORMALISER, Settings()),
            "klinik-nord": feed,
        },
        reader=reader,
        writer=store.writer,
        processor=processor,
        metrics=metrics(),
        on_deliveries=lambda _destinations: None,
        clock=FakeClock(NOW),
    )


@pytest.fixture
def work(store):
    """Return what works on all that waits, for these subscriptions and recipients.

    Each time it is another pipeline, which remembers nothing, as after a restart.
    """
    with ExitStack() as stack:

        def work(*subscriptions, recipients=(), normaliser=normalise):
            reader = stack.enter_context(closing(store.reader()))
            router = Router(subscriptions, {each.name: each for each in recipients})
            pipeline = pipeline_of(store, reader, router, normaliser)
            while pipeline.work():
                pass

        yield work


@pytest.mark.parametrize(
    ("state", "type_"),
    [
        ("received", "exchange.file_received"),
        ("held", "exchange.file_received"),
        ("applied", "exchange.file_accepted"),
        ("rejected", "exchange.file_rejected"),
        ("duplicate", "exchange.file_duplicate"),
    ],
)
def test_what_becomes_of_a_file_is_an_event_about_nobody(
    store, work, query, state, type_
):
    tell(store, row(state))
    work()

    [event] = events(query)
    assert (event.type, event.subject.person) == (type_, None)
    assert event.entity.kind == "exchange"
    assert event.payload == {
        "feed": "roster",
        "partner": "payer",
        "direction": "in",
        "exchange": "in_1",
        "kind": "834",
        "state": state,
        "reason": "gate.applied",
        "counts": {"read": 3, "accepted": 3},
    }
    assert states(query) == [("processed", "")]


def test_no_name_of_a_file_is_told(store, work, query):
    """A partner may write whatever it likes into one."""
    tell(store, row("applied"), row("rejected"))
    work(asks())

    bodies = query("SELECT body FROM event UNION ALL SELECT body FROM message")
    assert "anarie" not in str(bodies)


def test_events_about_one_file_are_one_stream(store, work, query):
    tell(store, row("received"))
    work()
    tell(store, row("held"), row("applied"), row("received", id="in_2"))
    work()

    found = [(each.entity.key, each.entity.version) for each in events(query)]
    assert [version for _, version in found] == [1, 2, 3, 1]
    assert len({key for key, _ in found}) == 2


def test_what_is_told_again_is_told_once(store, work, query):
    tell(store, row("applied"))
    tell(store, row("applied"))
    work()
    tell(store, row("applied"))
    work()

    assert len(events(query)) == 1
    assert query("SELECT repeats FROM message") == [(2,)]


def test_files_that_did_not_come_are_a_stream_of_their_feed(store, work, query):
    def apply(connection, payloads):
        for due in payloads:
            telling.put(connection, [telling.missing("roster", "payer", due)])
        return [None] * len(payloads)

    store.writer.call(apply, NOW)
    store.writer.call(apply, NOW + timedelta(days=1))
    work()

    first, second = events(query)
    assert first.type == "exchange.overdue"
    assert (first.entity.key, second.entity.version) == (second.entity.key, 2)
    assert first.payload["reason"] == "file.missing"
    assert first.times.occurred.earliest == NOW


def test_whoever_looks_after_the_hub_is_told_all_of_it(store, work, query):
    """The contract is for the minimum that is said of people; here nobody is."""
    tell(store, row("held"))
    payer = Recipient(
        "out", "payer", template="existence", contracted=True, masks_facility=True
    )
    work(asks(), recipients=[payer])

    assert query("SELECT verdict, reason, terms FROM decision") == [
        ("permit", "relationship.all", "{}")
    ]
    [event] = events(query)
    assert project(event, Terms()).payload == event.payload


@pytest.mark.parametrize("sector", ["public_health", "payer", "provider"])
def test_nobody_has_to_consent_to_it(store, work, query, sector):
    tell(store, row())
    work(asks(), recipients=[Recipient("out", sector, contracted=True)])

    assert query("SELECT permitted FROM decision") == [(1,)]


@pytest.mark.parametrize("purpose", sorted(PURPOSES - {"operations"}))
def test_it_is_told_for_operations_only(store, work, query, purpose):
    tell(store, row())
    work(asks(purpose=purpose))

    assert query("SELECT permitted, reason FROM decision") == [
        (0, "purpose.not_operations")
    ]


def test_a_contract_without_operations_is_one_without_it(store, work, query):
    tell(store, row())
    treats = Recipient("out", purposes=frozenset({"treatment"}))
    work(asks(), recipients=[treats])

    assert query("SELECT reason FROM decision") == [("purpose.not_in_contract",)]


def test_who_looks_after_people_has_nothing_to_do_with_files(store, work, query):
    tell(store, row())
    work(asks(panel="members"))

    assert query("SELECT count(*) FROM decision") == [(0,)]
    assert query("SELECT routes, unrelated FROM event") == [(1, 1)]


def test_it_is_explained_like_every_other_event(store, work, query):
    tell(store, row())
    work(asks(), asks("care", "treatment", destination="other"))
    [event] = events(query)
    reader = Reader(store.folder / DATABASE_NAME)

    explained = reader.explaining.message(event.id)
    listed = reader.events(type="exchange.file_accepted").items

    assert [each["id"] for each in listed] == [event.id]
    said = "\n".join(explained.conclusion)
    assert "out" in said
    assert "operations" in said


def test_it_is_decided_anew_like_every_other_event(store, work):
    tell(store, row())
    work(asks())
    [claimed] = store.writer.call(outbox.claim, Claim("out", NOW, 9))

    with closing(store.reader()) as reader:
        entities = Entities(reader, Keys(SECRET).person)
        rechecker = Rechecker(reader, entities, Router([asks()]), Relations(PANELS))
        [found] = rechecker.recheck("out", [claimed], NOW)
        gone = Rechecker(reader, entities, Router([]), Relations(PANELS))
        [withheld] = gone.recheck("out", [claimed], NOW)

    assert (found.verdict, withheld.verdict) == ("permit", "deny")


async def test_it_goes_out_like_every_other_notice(live_store):
    """To a destination of files too, in a file that has a number itself."""

    def prepare():
        tell(live_store, row())
        with closing(live_store.reader()) as reader:
            pipeline_of(live_store, reader, Router([asks()])).work()

    await asyncio.to_thread(prepare)
    destination = Scripted()

    async with running(file_dispatcher(live_store, destination, file_config())):
        await destination.arrived(1)

    assert [each.number for each in destination.sent] == [1]


def test_what_is_no_happening_waits_for_somebody(store, work, query):
    message = RawMessage(
        body=b'{"type": "made up"}', media_type="text/plain", received_at=NOW
    )
    store.writer.call(journal.put, [journal.row(EXCHANGES_FEED, message)])
    work()

    assert states(query) == [("parked", NoHappeningError.code)]


@pytest.mark.parametrize("identifiers", [(), ("NORD",)])
def test_no_other_feed_can_say_that_something_happened_to_a_file(
    store, work, query, identifiers
):
    fact = Fact(
        kind=FactKind.EXCHANGE,
        subject=Subject(tuple(_number(each) for each in identifiers)),
        recorded=at(8),
        details=msgspec.to_builtins(telling.happening_of(row())),
    )
    put(store.writer)
    work(normaliser=lambda *_: Normalised(facts=(fact,)))

    assert states(query) == [("parked", "PIPE-002")]
    assert events(query) == []


def _number(system):
    return Identifier(system, "1")


def test_every_type_is_one_that_can_be_asked_for():
    told = {f"exchange.{each}" for each in HappeningType.__args__}

    assert told <= TYPES
    assert {f"exchange.{each}" for each in telling.TYPES.values()} == told
    assert {ExchangeState(each) for each in telling.TYPES}


happened = st.builds(
    Happening,
    type=st.sampled_from(HappeningType.__args__),
    at=st.datetimes(timezones=st.just(NOW.tzinfo)),
    feed=st.text(max_size=5),
    partner=st.text(max_size=5),
    direction=st.sampled_from(["in", "out"]),
    counts=st.dictionaries(st.text(max_size=3), st.integers(0, 2**40), max_size=3),
    number=st.integers(0, 999_999_999),
    due=st.none() | st.datetimes(timezones=st.just(NOW.tzinfo)),
)


@given(happened)
def test_a_happening_is_read_as_it_was_said(happening):
    message = message_of(happening)

    assert read(message.body) == happening
    assert message_of(happening) == message


@given(st.binary(max_size=40))
def test_anything_else_is_read_as_nothing(body):
    assert read(body) is None
    assert normalise(body, Settings()).problem.code == NoHappeningError.code
