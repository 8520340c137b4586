"""The ledger, its numbers and what is held. All of it is made up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.coordination.exchanges.responses import Listing
from hub.store.acting import LOCAL
from hub.store.exchanges import holdings, leases, ledger, numbers, replies, settling
from hub.store.exchanges.errors import NotHeldError, UnknownExchangeError
from hub.store.exchanges.holdings import Held, Laid, Page
from hub.store.exchanges.leases import Claim, Delivered
from hub.store.exchanges.ledger import Arrived, ListedRows
from hub.store.exchanges.numbers import LARGEST
from hub.store.exchanges.paths import path_of, shown, stored
from hub.store.exchanges.replies import Given, ReplyFile
from hub.store.exchanges.settling import Decided
from tests.store.rows import in_memory


def arrived(key="xch_1", **more):
    standard = {
        "id": key,
        "feed": "roster",
        "partner": "payer-a",
        "name": f"{key}.csv",
        "path": f"in/{key}.csv",
        "size": 5,
        "modified": 7,
        "state": "received",
        "at": 1000,
    }
    return Arrived(**standard | more)


def claim(ticket="t1", now=0, until=100, **more):
    standard = {"feed": "roster", "path": "in/xch_1.csv", "size": 5, "modified": 7}
    return Claim(**standard | more, ticket=ticket, now=now, until=until)


def test_numbers_have_no_gap_for_each_partner(memory):
    given = [numbers.take(memory, partner) for partner in ("a", "b", "a", "a", "b")]

    assert given == [1, 1, 2, 3, 2]


def test_a_number_that_was_not_used_is_given_again(memory):
    numbers.take(memory, "a")
    memory.execute("BEGIN")
    numbers.take(memory, "a")
    memory.execute("ROLLBACK")

    assert numbers.take(memory, "a") == 2


def test_after_the_largest_number_comes_the_first(memory):
    numbers.take(memory, "a")
    memory.execute("UPDATE control_number SET last = ?", [LARGEST])

    assert numbers.take(memory, "a") == 1


def test_a_file_is_known_by_path_size_and_time(memory):
    [key] = leases.deliver(memory, [Delivered("t", arrived())])

    assert key == "xch_1"
    assert ledger.known(memory, "roster", "in/xch_1.csv", 5, 7) == "xch_1"
    assert ledger.known(memory, "roster", "in/xch_1.csv", 6, 7) == ""
    assert ledger.known(memory, "roster", "in/xch_1.csv", 5, 8) == ""
    assert ledger.known(memory, "other", "in/xch_1.csv", 5, 7) == ""


def test_a_file_that_is_delivered_twice_keeps_its_first_id(memory):
    leases.deliver(memory, [Delivered("t1", arrived())])

    again = arrived("xch_2", path="in/xch_1.csv")
    assert leases.deliver(memory, [Delivered("t2", again)]) == ["xch_1"]


def test_one_has_a_lease_at_a_time(memory):
    asked = [
        claim("t1"),
        claim("t2", now=50, until=150),
        claim("t3", now=100, until=200),
        claim("t4", now=150, until=250, size=6),
    ]

    assert leases.claim(memory, asked) == ["t1", "", "t1", "t4"]


def test_nobody_fetches_what_was_delivered(memory):
    leases.claim(memory, [claim()])
    leases.deliver(memory, [Delivered("t1", arrived())])

    assert leases.claim(memory, [claim(now=500, until=600)]) == [""]
    assert leases.tickets(memory) == set()


def test_an_answer_that_grew_meanwhile_is_owed_still(memory):
    answer = ReplyFile("response", "one.csv", b"1")
    refused = arrived(state="rejected", reason="file.unusable", answer="error")
    leases.deliver(memory, [Delivered("", refused, (answer,))])
    [first] = replies.owed(memory, "roster")
    replies.add(memory, 1, "payer-a", [ReplyFile("TA1", "two.x12", b"2")])

    replies.give(memory, [Given("xch_1", "error", ("one.csv",), 9)])
    [second] = replies.owed(memory, "roster")
    replies.give(memory, [Given("xch_1", "error", ("two.x12",), 9)])

    assert [first.replies, second.replies] == [
        (("one.csv", b"1"),),
        (("two.x12", b"2"),),
    ]
    assert replies.owed(memory, "roster") == []


def test_listed_rows_can_be_listed_anew(memory):
    leases.deliver(memory, [Delivered("t", arrived())])
    rows = [Listing(place, place, f"k{place}", "test.wrong", "") for place in (1, 2)]
    ledger.list_rows(memory, [ListedRows(1, rows, anew=True)])
    assert ledger.rows_of(memory, 1) == rows

    ledger.list_rows(memory, [ListedRows(1, rows[:1], anew=True)])

    assert ledger.rows_of(memory, 1) == rows[:1]


def test_what_was_begun_goes_before_what_came_earlier(memory):
    for key in ("xch_1", "xch_2", "xch_3"):
        feed = "other" if key == "xch_2" else "roster"
        leases.deliver(memory, [Delivered("t", arrived(key, feed=feed))])
    memory.execute("UPDATE exchange SET state = 'applying' WHERE id = 'xch_3'")

    assert [row.id for row in ledger.to_do(memory)] == ["xch_3", "xch_2"]


def test_only_what_is_held_can_be_decided(memory):
    leases.deliver(memory, [Delivered("t", arrived())])

    with pytest.raises(NotHeldError):
        settling.decide(memory, [Decided("xch_1", LOCAL, "", 1, approved=True)])
    with pytest.raises(UnknownExchangeError):
        settling.decide(memory, [Decided("xch_2", LOCAL, "", 1, approved=True)])


KEYS = [f"k{n}" for n in range(6)]
VERSIONS = st.lists(
    st.dictionaries(st.sampled_from(KEYS), st.integers(0, 3) | st.none(), max_size=6),
    max_size=6,
)


def lay(connection, version, changes):
    held = [
        Held(key, b"%d" % value, "[]", b"%d" % value)
        for key, value in changes.items()
        if value is not None
    ]
    part = Laid(1, "roster", version, list(changes), held, len(changes))
    holdings.lay(connection, [part, part])  # again, as after a crash


def in_force(connection, version):
    found = connection.execute(
        "SELECT key, body FROM holding WHERE since <= ?"
        " AND (until IS NULL OR until > ?) ORDER BY key, since",
        [version, version],
    )
    return [(key, int(body)) for key, body in found]


@given(VERSIONS, st.data())
def test_versions_hold_what_they_should_whatever_is_taken_back(versions, data):
    connection = in_memory()
    expected, model = {0: []}, {}
    for version, changes in enumerate(versions, 1):
        if data.draw(st.booleans(), "cut off"):
            lay(
                connection,
                version,
                dict.fromkeys(data.draw(st.sets(st.sampled_from(KEYS))), 9),
            )
            assert in_force(connection, version - 1) == expected[version - 1]
            holdings.revert(connection, [Page("roster", version, "")])
        lay(connection, version, changes)
        assert in_force(connection, version - 1) == expected[version - 1]
        model = {**model, **changes}
        expected[version] = sorted(
            (key, value) for key, value in model.items() if value is not None
        )
        assert in_force(connection, version) == expected[version]
    last = len(versions)
    holdings.prune(connection, [Page("roster", last, "")])

    assert in_force(connection, last) == expected[last]
    count = connection.execute("SELECT count(*) FROM holding").fetchone()
    assert count == (len(expected[last]),)
    connection.close()


def test_pages_cover_all_records(memory):
    count = holdings.CHUNK * 2 + 1
    rows = [Held(f"{n:05d}", b"1", "[]", b"1") for n in range(count)]
    holdings.lay(memory, [Laid(1, "roster", 1, [], rows, count)])
    assert len(list(holdings.members(memory, "roster", 1))) == count

    after, turns = "", 0
    while turns == 0 or after:
        [after] = holdings.revert(memory, [Page("roster", 1, after)])
        turns += 1

    assert turns == 2
    assert list(holdings.members(memory, "roster", 1)) == []


@given(
    st.text(st.characters(), max_size=20)
    | st.binary(max_size=9).map(lambda each: each.decode("utf-8", "surrogateescape"))
)
def test_any_path_can_be_stored_and_had_back(path):
    assert path_of(stored(path)) == path
    stored(path).encode()
    shown(path).encode()
