"""The outbox against a model that is too simple to be wrong."""

from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from hub.coordination.ids import batch_id
from hub.model.delivery import DeliveryState
from hub.store import journal, outbox, resending
from hub.store.outbox import Claim
from tests.store.rows import NOW, SECOND, in_memory, queued, settled

READY, CLAIMED = DeliveryState.READY, DeliveryState.CLAIMED
DELIVERED, DEAD = DeliveryState.DELIVERED, DeliveryState.DEAD


def claim(connection, *, most=9, now=NOW, destination="payer", **how):
    (claimed,) = outbox.claim(connection, [Claim(destination, now, most, **how)])
    return claimed


def ids(claimed):
    return [each.id for each in claimed]


def settle(connection, claimed, state=DELIVERED, **given):
    (count,) = outbox.settle(
        connection, [[settled(each, state, **given) for each in claimed]]
    )
    return count


def state_of(connection, key):
    found = connection.execute("SELECT state FROM delivery WHERE id = ?", [key])
    return found.fetchone()[0]


@pytest.fixture
def queue(memory):
    """Queue deliveries by name; the first letter is their ordering key."""

    def fill(*names, **given):
        for name in names:
            queued(memory, name, okey=name[0], **given)
        return memory

    return fill


def test_the_oldest_come_first_and_no_more_than_asked_for(queue):
    connection = queue("a1", "b1", "c1")

    assert ids(claim(connection, most=2)) == ["dlv_a1", "dlv_b1"]
    assert ids(claim(connection, most=2)) == ["dlv_c1"]
    assert claim(connection) == []


def test_each_destination_has_its_own(queue):
    connection = queue("a1", destination="clinic")

    assert claim(connection) == []
    assert ids(claim(connection, destination="clinic")) == ["dlv_a1"]


def test_a_claim_says_what_is_to_be_sent(queue):
    connection = queue("a1")

    (claimed,) = claim(connection)

    assert claimed._asdict() == {
        "seq": 1,
        "id": "dlv_a1",
        "epoch": 1,
        "attempts": 1,
        "counted": 1,
        "batch": "",
        "event": "evt_a1",
        "event_body": b"{}",
        "subscription": "s",
        "purpose": "treatment",
        "patient_id": "",
        "terms": "{}",
        "stale": 0,
        "generation": 0,
    }


def test_what_is_not_due_waits(queue):
    connection = queue("a1", due=NOW + SECOND)

    assert claim(connection) == []
    assert ids(claim(connection, now=NOW + SECOND)) == ["dlv_a1"]


@pytest.mark.parametrize("together", [False, True])
def test_the_next_of_a_key_waits_until_the_one_before_is_settled(queue, together):
    connection = queue("a1", "b1")
    first = claim(connection, together=together)
    queue("a2", "c1")

    assert ids(claim(connection, together=together)) == ["dlv_c1"]
    settle(connection, first)
    assert ids(claim(connection, together=together)) == ["dlv_a2"]


def test_a_postponed_one_holds_back_what_follows(queue):
    connection = queue("a1", "a2")
    settle(connection, claim(connection), READY, due=NOW + SECOND)

    assert claim(connection) == []
    assert ids(claim(connection, now=NOW + SECOND)) == ["dlv_a1"]


def test_one_of_a_key_that_is_due_later_holds_back_what_follows(queue):
    connection = queue("a1", due=NOW + SECOND)
    queue("a2")

    assert claim(connection, together=True) == []


@pytest.mark.parametrize(("hold", "next_one"), [(True, []), (False, ["dlv_a2"])])
def test_a_dead_letter_holds_back_its_key_or_is_skipped(queue, hold, next_one):
    connection = queue("a1", "a2")
    settle(connection, claim(connection, hold=hold), DEAD)

    assert ids(claim(connection, hold=hold)) == next_one


def test_deliveries_of_one_key_may_travel_together(queue):
    connection = queue("a1", "b1", "a2")

    claimed = claim(connection, together=True)

    assert ids(claimed) == ["dlv_a1", "dlv_b1", "dlv_a2"]
    assert {each.batch for each in claimed} == {batch_id(ids(claimed))}


def test_what_was_sent_together_is_sent_together_again_and_alone(queue):
    connection = queue("a1", "b1")
    first = claim(connection, together=True)
    settle(connection, first[:1], READY, due=NOW + SECOND)
    settle(connection, first[1:], READY, due=NOW + 2 * SECOND)
    queue("c1")

    again = claim(connection, together=True, now=NOW + SECOND)

    assert ids(again) == ids(first)
    assert {each.batch for each in again} == {first[0].batch}
    assert [each.attempts for each in again] == [2, 2]


def test_a_claim_that_a_killed_hub_left_behind_is_ready_again(queue):
    connection = queue("a1", "b1")
    left = claim(connection, together=True)

    assert outbox.reopen(connection) == 2
    again = claim(connection, together=True)

    assert [each.batch for each in again] == [each.batch for each in left]
    assert [each.epoch for each in again] == [2, 2]


def test_the_result_of_a_claim_that_was_given_up_changes_nothing(queue):
    connection = queue("a1")
    late = claim(connection)
    outbox.reopen(connection)

    assert settle(connection, late) == 0
    current = claim(connection)
    assert settle(connection, late) == 0
    assert state_of(connection, "dlv_a1") == CLAIMED
    assert settle(connection, current) == 1
    attempts = connection.execute("SELECT number, outcome FROM attempt").fetchall()
    assert attempts == [(2, "accepted")]


def test_a_result_counts_once(queue):
    connection = queue("a1")
    claimed = claim(connection)

    assert [settle(connection, claimed), settle(connection, claimed)] == [1, 0]


def test_settling_keeps_what_is_known(queue):
    connection = queue("a1")

    settle(connection, claim(connection), DEAD, evidence="HTTP 400", error_code="X-001")

    row = connection.execute(
        "SELECT state, receipt, error_code, settled_at FROM delivery"
    ).fetchone()
    at = journal.microseconds(NOW + SECOND)
    assert row == ("dead", "HTTP 400", "X-001", at)
    row = connection.execute(
        "SELECT number, started_at, ended_at, outcome, evidence, error_code "
        "FROM attempt"
    ).fetchone()
    assert row == (1, at - 1_000_000, at, "permanent", "HTTP 400", "X-001")


@pytest.mark.parametrize(
    ("state", "replayed"), [(DEAD, True), (DELIVERED, True), (READY, False)]
)
def test_dead_and_delivered_ones_can_be_sent_again(queue, state, replayed):
    connection = queue("a1")
    settle(connection, claim(connection), state, due=NOW + 9 * SECOND)

    answers = resending.replay(connection, ["dlv_a1", "dlv_unknown"], NOW)

    assert answers == [replayed, False]
    assert bool(claim(connection)) is replayed


@pytest.mark.parametrize("together", [False, True])
def test_a_dead_letter_that_is_sent_again_goes_before_what_it_held_back(
    queue, together
):
    connection = queue("a1", "a2")
    first = claim(connection, together=together)
    settle(connection, first[:1], DEAD)
    settle(connection, first[1:], READY)
    resending.replay(connection, ["dlv_a1"], NOW)

    assert ids(claim(connection, together=together)) == ["dlv_a1"]


def test_only_a_part_of_a_former_artifact_that_may_go_is_sent_as_a_new_one(queue):
    connection = queue("a1")
    settle(connection, claim(connection, together=True))
    queue("b1", "a2")
    former = claim(connection, together=True)
    settle(connection, former, READY)
    resending.replay(connection, ["dlv_a1"], NOW)

    replayed = claim(connection, together=True)
    part = claim(connection, together=True)
    settle(connection, replayed)
    rest = claim(connection, together=True)

    assert [ids(replayed), ids(part), ids(rest)] == [["dlv_a1"], ["dlv_b1"], ["dlv_a2"]]
    assert part[0].batch == batch_id(["dlv_b1"]) != former[0].batch
    assert rest[0].batch == former[0].batch


def test_a_part_of_a_former_artifact_waits_for_what_is_sent_again_before_it(queue):
    """Even where another part of it was first in line."""
    connection = queue("b1", due=NOW + SECOND)
    queue("a1")
    settle(connection, claim(connection, together=True))
    queue("a2")
    former = claim(connection, together=True, now=NOW + SECOND)
    settle(connection, former, READY)
    resending.replay(connection, ["dlv_a1"], NOW)

    artifacts = [claim(connection, together=True, now=NOW + SECOND) for _ in range(3)]

    assert ids(former) == ["dlv_b1", "dlv_a2"]
    assert [ids(each) for each in artifacts] == [["dlv_b1"], ["dlv_a1"], []]


def test_what_is_postponed_is_not_settled(queue):
    connection = queue("a1")
    settle(connection, claim(connection), READY)

    row = connection.execute("SELECT settled_at FROM delivery").fetchone()
    assert row == (None,)


def test_open_deliveries_are_counted_by_destination(queue):
    connection = queue("a1", "b1", "c1")
    queue("a2", destination="clinic")
    settle(connection, claim(connection, most=1))
    claim(connection, most=1)

    assert outbox.count_open(connection) == {"payer": 2, "clinic": 1}


def test_claiming_reads_only_what_is_open(memory):
    for together, statement in outbox._HEADS.items():
        plan = memory.execute(
            f"EXPLAIN QUERY PLAN {statement._text}",
            statement._literals
            | {"destination": "payer", "now": 0, "most": 1, "hold": together},
        ).fetchall()

        used = " ".join(step[3] for step in plan)
        assert "ix_delivery_due" in used
        assert "ix_delivery_head" in used
        assert "TEMP B-TREE" not in used


# What each destination is like: whether deliveries travel together, and whether
# a dead letter holds back what follows it.
DESTINATIONS = {
    "single": {"together": False, "hold": True},
    "single-skip": {"together": False, "hold": False},
    "file": {"together": True, "hold": True},
    "file-skip": {"together": True, "hold": False},
}


class Line:
    """What the model knows of one delivery."""

    def __init__(self, place, destination, key, due):
        self.place = place
        self.id = f"dlv_{place}"
        self.destination = destination
        self.key = key
        self.due = due
        self.state = READY
        self.epoch = 0
        self.batch = ""


class Outbox(RuleBasedStateMachine):
    """Any order of claims, results, crashes and replays keeps what G5 promises."""

    @initialize(
        destinations=st.lists(
            st.sampled_from(sorted(DESTINATIONS)), min_size=1, max_size=2, unique=True
        )
    )
    def begin(self, destinations):
        self.destinations = destinations
        self.connection = in_memory()
        self.now = NOW
        self.lines = []
        self.claims = []
        self.artifacts = {}

    def teardown(self):
        self.connection.close()

    def line(self, claimed):
        return self.lines[int(claimed.id[4:])]

    def before(self, line):
        return [
            each
            for each in self.lines[: line.place]
            if (each.destination, each.key) == (line.destination, line.key)
        ]

    def blocks(self, earlier):
        hold = DESTINATIONS[earlier.destination]["hold"]
        return earlier.state in {READY, CLAIMED} or (earlier.state is DEAD and hold)

    def may_go(self, destination):
        """Return those that are due with nothing of their key before them."""
        return [
            line
            for line in self.lines
            if line.destination == destination
            and line.state is READY
            and line.due <= self.now
            and not any(self.blocks(each) for each in self.before(line))
        ]

    @rule(which=st.integers(0, 1), key=st.sampled_from("abc"), wait=st.integers(0, 2))
    def add(self, which, key, wait):
        destination = self.destinations[which % len(self.destinations)]
        line = Line(len(self.lines), destination, key, self.now + wait * SECOND)
        self.lines.append(line)
        queued(
            self.connection,
            str(line.place),
            destination=destination,
            okey=key,
            due=line.due,
        )

    @rule(which=st.integers(0, 1), most=st.integers(1, 4))
    def claim(self, which, most):
        destination = self.destinations[which % len(self.destinations)]
        how = DESTINATIONS[destination]
        first_in_line = self.may_go(destination)

        claimed = claim(
            self.connection, destination=destination, most=most, now=self.now, **how
        )

        lines = [self.line(each) for each in claimed]
        assert [line.place for line in lines] == sorted({line.place for line in lines})
        assert bool(lines) == bool(first_in_line)
        if not how["together"]:
            assert lines == first_in_line[:most]
        for line, each in zip(lines, claimed, strict=True):
            assert line.state is READY
            assert (each.epoch, each.attempts) == (line.epoch + 1, line.epoch + 1)
            waiting = [one for one in self.before(line) if self.blocks(one)]
            assert all(one in lines for one in waiting)
        if lines and how["together"]:
            self.judge_artifact(lines, {each.batch for each in claimed}, most)
        for line, each in zip(lines, claimed, strict=True):
            line.state, line.epoch, line.batch = CLAIMED, each.epoch, each.batch
        if claimed:
            self.claims.append(claimed)

    def judge_artifact(self, lines, batches, most):
        (batch,) = batches
        (former,) = {line.batch for line in lines}
        content = {line.id for line in lines}
        if batch == former:
            # Everything that is left of the artifact, and nothing new.
            left = {line.id for line in self.lines if self.left_of(line, batch)}
            assert content == left
            assert content <= self.artifacts[batch]
            self.artifacts[batch] = content
            return
        assert batch == batch_id([line.id for line in lines])
        if not former:
            assert len(lines) <= most
            assert all(line.due <= self.now for line in lines)
        else:
            left = [line for line in self.lines if self.left_of(line, former)]
            assert any(self.comes_after_another(line, former) for line in left)
        self.artifacts[batch] = content

    def left_of(self, line, batch):
        return line.state is READY and line.batch == batch

    def comes_after_another(self, line, batch):
        return any(
            self.blocks(each) and not self.left_of(each, batch)
            for each in self.before(line)
        )

    @precondition(lambda self: self.claims)
    @rule(
        data=st.data(),
        state=st.sampled_from([DELIVERED, READY, DEAD]),
        wait=st.integers(0, 2),
        part=st.booleans(),
    )
    def settle(self, data, state, wait, part):
        """Report on a claim: a current one, one given up, or one settled before."""
        claimed = data.draw(st.sampled_from(self.claims))
        if part:
            claimed = claimed[: data.draw(st.integers(1, len(claimed)))]
        current = [
            each
            for each in claimed
            if (self.line(each).state, self.line(each).epoch) == (CLAIMED, each.epoch)
        ]
        due = self.now + wait * SECOND

        assert settle(self.connection, claimed, state, due=due) == len(current)

        for each in current:
            line = self.line(each)
            line.state, line.due = state, due

    @rule()
    def crash(self):
        left = [line for line in self.lines if line.state is CLAIMED]

        assert outbox.reopen(self.connection) == len(left)

        for line in left:
            line.state = READY

    @precondition(lambda self: self.lines)
    @rule(data=st.data())
    def replay(self, data):
        line = data.draw(st.sampled_from(self.lines))
        can = line.state in {DEAD, DELIVERED}

        assert resending.replay(self.connection, [line.id], self.now) == [can]

        if can:
            line.state, line.due, line.batch = READY, self.now, ""

    @rule(seconds=st.integers(1, 3))
    def wait(self, seconds):
        self.now += timedelta(seconds=seconds)

    @invariant()
    def the_store_is_as_the_model(self):
        found = self.connection.execute(
            "SELECT id, state, epoch, attempts, batch, due FROM delivery ORDER BY seq"
        ).fetchall()
        assert found == [
            (
                line.id,
                line.state,
                line.epoch,
                line.epoch,
                line.batch if DESTINATIONS[line.destination]["together"] else "",
                journal.microseconds(line.due),
            )
            for line in self.lines
        ]


TestOutbox = Outbox.TestCase
TestOutbox.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
