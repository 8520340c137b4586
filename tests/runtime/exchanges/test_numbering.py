"""Files of ours: numbered before they go, kept, and told of in the ledger."""

import asyncio
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.coordination.exchanges.reasons import REASONS
from hub.model.delivery import Outcome, Receipt
from hub.model.files import NUMBER_MARK, Acknowledged
from hub.runtime.exchanges.keeping import Kept, NotKeptError, NotThereError
from hub.runtime.exchanges.numbering import name_in, numbering_of
from hub.runtime.exchanges.resending import NotSentError, resend
from hub.store import resending
from hub.store.acting import Actor
from hub.store.exchanges import numbers, sent, sent_answers
from hub.store.exchanges.errors import UnknownExchangeError
from hub.store.journal import microseconds
from hub.testing.clock import FakeClock
from tests.runtime.exchanges.outgoing import (
    file_config,
    file_dispatcher,
    outgoing,
    sha256,
)
from tests.runtime.setting import (
    FAILED,
    LOST,
    NOW,
    REFUSED,
    Scripted,
    config,
    dispatcher,
)
from tests.runtime.test_dispatch import running
from tests.store.rows import in_memory

PATIENCE_SECONDS = 30
pytestmark = pytest.mark.usefixtures("quick")
ANNA = Actor("anna", "operator")


async def until(outbox, sql, *rows):
    """Wait until the store answers so."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await asyncio.to_thread(outbox.query, sql) != list(rows):  # noqa: ASYNC110  the store is another thread's
            await asyncio.sleep(0.005)


async def settled(outbox, *states):
    rows = [(each,) for each in states]
    await until(outbox, "SELECT state FROM delivery ORDER BY seq", *rows)


async def add(outbox, *people, **given):
    return await asyncio.to_thread(outbox.add, *people, **given)


async def write(store, apply, payload):
    return await asyncio.to_thread(store.writer.call, apply, payload)


async def test_each_file_has_a_number_and_says_so(live_store, outbox):
    destination = Scripted()
    events = await add(outbox, "anna", "bert")

    async with running(file_dispatcher(live_store, destination, file_config())):
        await settled(outbox, "delivered", "delivered")

    assert [each.number for each in destination.sent] == [1, 2]
    assert [each.body[:14] for each in destination.sent] == [
        b"no. 000000001\n",
        b"no. 000000002\n",
    ]
    assert {each.kind for each in destination.sent} == {"census"}
    rows = outbox.query(
        "SELECT control, direction, feed, partner, kind, name, state, number, size,"
        " sha256 FROM exchange ORDER BY seq"
    )
    assert rows == [
        (
            *(event, "out", "out", "payer", "census", f"{event}.csv", "sent"),
            *(number, len(artifact.body), sha256(artifact.body)),
        )
        for number, (event, artifact) in enumerate(
            zip(events, destination.sent, strict=True), 1
        )
    ]


async def test_what_was_sent_is_kept_for_the_hub_alone(live_store, outbox):
    destination = Scripted()
    await add(outbox, "anna")

    async with running(file_dispatcher(live_store, destination, file_config())):
        await settled(outbox, "delivered")

    [artifact] = destination.sent
    kept = live_store.folder / "exchange" / "sent" / sha256(artifact.body).hex()
    assert kept.read_bytes() == artifact.body
    assert kept.stat().st_mode & 0o777 == 0o600
    assert Kept(live_store.folder).read(sha256(artifact.body)) == artifact.body


async def test_a_file_that_is_tried_again_is_the_same_file(live_store, outbox):
    destination = Scripted(FAILED, LOST)
    clock = FakeClock(NOW)
    await add(outbox, "anna")

    work = file_dispatcher(live_store, destination, file_config(), clock)
    async with running(work):
        async with asyncio.timeout(PATIENCE_SECONDS):
            for count in (1, 2):
                await destination.arrived(count)
                # What is due next follows from what is settled.
                await until(outbox, "SELECT count(*) FROM attempt", (count,))
                clock.advance(1)
                work.wake()
        await settled(outbox, "delivered")

    assert len({each.body for each in destination.sent}) == 1
    assert {(each.number, each.numbered_at) for each in destination.sent} == {(1, NOW)}
    assert outbox.query("SELECT state FROM exchange") == [("sent",)]


async def test_several_notices_are_one_file(live_store, outbox):
    destination = Scripted()
    await add(outbox, "anna", "bert", "carl")

    told = file_config(together=3)
    async with running(file_dispatcher(live_store, destination, told)):
        await settled(outbox, *["delivered"] * 3)

    assert outbox.query("SELECT number, counts FROM exchange") == [(1, '{"notices":3}')]
    assert outbox.query("SELECT count(*) FROM exchange_notice") == [(3,)]


async def test_a_file_waits_for_its_acknowledgement_where_that_is_agreed(
    live_store, outbox
):
    await add(outbox, "anna")
    told = file_config(acknowledge_within_hours=2)
    clock = FakeClock(NOW)

    async with running(file_dispatcher(live_store, Scripted(), told, clock)):
        await settled(outbox, "delivered")

    due = microseconds(NOW + timedelta(hours=2))
    assert outbox.query("SELECT due_at FROM exchange") == [(due,)]


async def test_a_file_is_known_by_the_name_that_its_destination_gave_it(
    live_store, outbox
):
    evidence = "stored as a_b_census_000001_P.csv, 40 bytes at sftp.example:22"
    receipt = Receipt(outcome=Outcome.ACCEPTED, evidence=evidence)
    await add(outbox, "anna")

    async with running(file_dispatcher(live_store, Scripted(receipt), file_config())):
        await settled(outbox, "delivered")

    assert outbox.query("SELECT name FROM exchange") == [("a_b_census_000001_P.csv",)]


async def test_a_dead_letter_is_a_file_that_was_refused(live_store, outbox):
    await add(outbox, "anna")

    async with running(file_dispatcher(live_store, Scripted(REFUSED), file_config())):
        await settled(outbox, "dead")

    assert outbox.query("SELECT state, reason, error_code FROM exchange") == [
        ("refused", "sending.given_up", "TEST-001")
    ]


async def test_a_dead_letter_that_is_replayed_keeps_its_number(live_store, outbox):
    destination = Scripted(REFUSED)
    await add(outbox, "anna")

    work = file_dispatcher(live_store, destination, file_config())
    async with running(work):
        await settled(outbox, "dead")
        [(dead,)] = outbox.query("SELECT id FROM delivery")
        await write(live_store, lambda sql, ids: resending.replay(sql, ids, NOW), dead)
        work.wake()
        await settled(outbox, "delivered")

    assert [each.number for each in destination.sent] == [1, 1]
    assert outbox.query("SELECT state, error_code FROM exchange") == [("sent", "")]


async def test_other_destinations_have_no_files(live_store, outbox):
    destination = Scripted()
    await add(outbox, "anna")

    async with running(dispatcher(live_store, destination, config())):
        await settled(outbox, "delivered")

    [artifact] = destination.sent
    assert (artifact.number, artifact.numbered_at) == (0, None)
    assert outbox.query("SELECT count(*) FROM exchange") == [(0,)]
    assert numbering_of(config(), live_store.folder, None) is None


async def test_what_cannot_be_kept_is_not_sent_yet(live_store, outbox):
    """Root may write anywhere, so that the folder is a file here."""
    destination = Scripted()
    blocked = live_store.folder / "exchange"
    blocked.write_bytes(b"made up")
    await add(outbox, "anna")

    work = file_dispatcher(live_store, destination, file_config())
    async with running(work):
        await until(
            outbox,
            "SELECT DISTINCT outcome, error_code FROM attempt",
            ("retryable", "EXCH-041"),
        )
        assert destination.sent == []
        blocked.unlink()
        await settled(outbox, "delivered")

    assert [each.number for each in destination.sent] == [1]


def test_what_was_kept_and_is_another_is_not_shown(tmp_path):
    kept = Kept(tmp_path)
    digest = sha256(b"made up")
    kept.keep(b"made up", digest)
    (tmp_path / "exchange" / "sent" / digest.hex()).write_bytes(b"other")

    with pytest.raises(NotThereError):
        kept.read(digest)
    with pytest.raises(NotThereError):
        kept.read(sha256(b"never kept"))


def test_nothing_is_kept_where_there_is_no_folder(tmp_path):
    (tmp_path / "exchange").write_bytes(b"")

    with pytest.raises(NotKeptError):
        Kept(tmp_path).keep(b"made up", sha256(b"made up"))

    assert [each.name for each in tmp_path.iterdir()] == ["exchange"]


async def test_a_file_is_sent_again_as_it_is(live_store, outbox):
    destination = Scripted()
    woken = []
    told = file_config(together=2)
    await add(outbox, "anna", "bert")

    work = file_dispatcher(live_store, destination, told)
    async with running(work):
        await settled(outbox, "delivered", "delivered")
        [(key,)] = outbox.query("SELECT id FROM exchange")
        resent = await resend(
            lambda apply, payload: write(live_store, apply, payload),
            woken.append,
            key,
            ANNA,
            "the partner lost it",
            NOW,
        )
        work.wake()
        await destination.arrived(2)
        await settled(outbox, "delivered", "delivered")

    assert (resent.destination, resent.notices, woken) == ("out", 2, ["out"])
    first, again = destination.sent
    assert (first.id, first.body, first.number) == (again.id, again.body, again.number)
    assert outbox.query("SELECT state, actor FROM exchange") == [("sent", "anna")]
    assert outbox.query(
        "SELECT actor, object, reason FROM audit WHERE action = 'exchange.resent'"
    ) == [("anna", key, "the partner lost it")]


@pytest.mark.parametrize(
    ("key", "error"),
    [("out_nothing", UnknownExchangeError), ("under way", NotSentError)],
)
async def test_only_what_went_can_be_sent_again(live_store, key, error):
    [numbered] = await write(live_store, _numbers, [outgoing()])
    key = numbered.id if key == "under way" else key

    with pytest.raises(error):
        await resend(
            lambda apply, payload: write(live_store, apply, payload),
            [].append,
            key,
            ANNA,
            "",
            NOW,
        )


async def test_a_file_whose_notices_are_gone_cannot_be_sent_again(live_store):
    [numbered] = await write(live_store, _numbers, [outgoing()])
    await write(live_store, sent.abandon, NOW)

    with pytest.raises(NotSentError) as caught:
        await resend(
            lambda apply, payload: write(live_store, apply, payload),
            [].append,
            numbered.id,
            ANNA,
            "",
            NOW,
        )

    assert "refused" in str(caught.value)


async def test_a_file_whose_notices_go_by_other_ways_is_closed(live_store, outbox):
    destination = Scripted(always=FAILED)
    await add(outbox, "anna")
    told = file_config()

    async with running(file_dispatcher(live_store, destination, told)):
        await destination.arrived(1)
    still = await write(live_store, sent.abandon, NOW)
    await write(live_store, _withdraw, None)
    gone = await write(live_store, sent.abandon, NOW)

    assert (still, gone) == (0, 1)
    assert outbox.query("SELECT state, reason FROM exchange") == [
        ("refused", "sending.abandoned")
    ]


def test_why_a_file_was_not_taken_is_catalogued():
    assert {sent.GIVEN_UP, sent.SUPERSEDED, sent.ABANDONED} <= REASONS.keys()


def _withdraw(connection, _payloads):
    connection.execute("UPDATE delivery SET state = 'withdrawn'")
    return [None]


def _numbers(connection, payloads):
    return [sent.number(connection, each) for each in payloads]


@pytest.fixture
def ledger():
    connection = in_memory()
    yield connection
    connection.close()


def test_one_event_for_two_destinations_is_two_files(ledger):
    one, other = sent.number(
        ledger, [outgoing(), outgoing(destination="other", body=b"made up")]
    )

    assert one.id != other.id
    assert [one.number, other.number] == [1, 2]


def test_partners_are_counted_each_by_itself(ledger):
    given = [
        outgoing("evt_1"),
        outgoing("evt_2", destination="b", partner="other"),
        outgoing("evt_3"),
    ]

    assert [each.number for each in sent.number(ledger, given)] == [1, 1, 2]


def test_answers_and_files_share_the_numbers_of_a_partner(ledger):
    numbers.take(ledger, "payer")

    [numbered] = sent.number(ledger, [outgoing()])

    assert numbered.number == 2


def test_other_bytes_are_another_file(ledger):
    """A number stands for one content: the partner may have had the first."""
    [first] = sent.number(ledger, [outgoing(body=b"1" + NUMBER_MARK)])
    [second] = sent.number(ledger, [outgoing(body=b"2" + NUMBER_MARK)])
    [third] = sent.number(ledger, [outgoing(body=b"3" + NUMBER_MARK)])
    [again] = sent.number(ledger, [outgoing(body=b"3" + NUMBER_MARK)])

    assert [first.number, second.number, third.number] == [1, 2, 3]
    assert again == third
    assert [second.id, third.id] == [f"{first.id}.2", f"{first.id}.3"]
    assert ledger.execute("SELECT state, reason FROM exchange").fetchall() == [
        ("refused", "sending.superseded"),
        ("refused", "sending.superseded"),
        ("sending", ""),
    ]


artifacts = st.sampled_from(["bat_a", "bat_b", "evt_c"])
contents = st.sampled_from([b"x", b"y" + NUMBER_MARK, b"z"])
events = st.one_of(
    st.tuples(st.just("try"), artifacts, contents),
    st.tuples(st.just("answer"), st.integers(1, 9), st.sampled_from(["accepted"])),
    st.tuples(st.just("answer"), st.integers(1, 9), st.sampled_from(["rejected"])),
    st.tuples(st.just("abandon"), st.none(), st.none()),
    st.tuples(st.just("reply"), st.none(), st.none()),
)
steps = st.lists(st.tuples(events, st.booleans()), min_size=1, max_size=30)


def step(ledger, kind, one, other):
    """Do one thing; return what is tried now, or the number of an answer of ours."""
    if kind == "try":
        [numbered] = sent.number(ledger, [outgoing(one, other)])
        return numbered.number, numbered.body
    if kind == "answer":
        item = Acknowledged(of=str(one), kind="999", acceptance=other)
        sent_answers.match(ledger, "payer", [item], NOW)
    elif kind == "abandon":
        sent.abandon(ledger, [NOW])
    else:
        return numbers.take(ledger, "payer"), None
    return None


@given(steps)
def test_numbers_have_no_gap_whatever_crashes_and_is_tried_again(steps):
    """A step that is not committed is a crash between the number and the attempt."""
    ledger = in_memory()
    done = []
    for event, survives in steps:
        ledger.execute("BEGIN")
        found = step(ledger, *event)
        ledger.execute("COMMIT" if survives else "ROLLBACK")
        if survives and found:
            done.append(found)

    used = {number for number, _ in done}
    assert used == set(range(1, len(used) + 1))
    tried = {each for each in done if each[1] is not None}
    assert len({number for number, _ in tried}) == len(tried)
    rows = ledger.execute("SELECT number FROM exchange ORDER BY number").fetchall()
    assert [number for (number,) in rows] == sorted(number for number, _ in tried)
    ledger.close()


@pytest.mark.parametrize(
    ("evidence", "name"),
    [
        ("stored as a.csv.pgp, 12 bytes at host:22", "a.csv.pgp"),
        ("already there as a.csv, 12 bytes", "a.csv"),
        ("a_b.csv", "a_b.csv"),
        ("stored, 12 bytes at sftp.example:22", ""),
        ("HTTP 202", ""),
        ("taken", ""),
        ("stored as ../a.csv", ""),
        ("", ""),
    ],
)
def test_a_receipt_says_by_which_name_a_file_is_there(evidence, name):
    assert name_in(evidence) == name
