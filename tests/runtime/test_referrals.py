"""Referrals in the pipeline: statements, silence, and who they are about."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from hub.coordination.referrals.bindings import Bindings
from hub.coordination.referrals.rules import ReferralRules
from hub.model.events import CareEvent
from hub.model.facts import Fact, FactKind, Normalised, RecordKey, Subject
from hub.model.identifiers import Identifier
from hub.model.referral_facts import statement_fact
from hub.model.referrals import Statement
from hub.model.times import exactly
from hub.runtime.errors import UnknownReferralError
from hub.runtime.referring import Referring
from hub.store.queries import Reader
from hub.store.sqlite import DATABASE_NAME
from hub.testing.clock import FakeClock
from tests.runtime.facts import reads, states
from tests.runtime.setting import put

KEY = RecordKey("referral", "KLINIK_TEST", "R-1")
NOBODY = Subject(())
ANNA = Subject(
    (Identifier("NORD", "P1", "MR"),),
    {
        "names": [{"family": "Musterfrau", "given": "Anna"}],
        "telecoms": [{"system": "phone", "value": "0431 1"}],
    },
)
MONDAY = datetime(2026, 3, 30, 8, tzinfo=UTC)
GERMANY = ReferralRules(calendar="DE-BY", zone="Europe/Berlin")
AMERICA = ReferralRules(calendar="US", zone="America/New_York")


def says(at, by, state="", subject=NOBODY, **details):
    """Return what a side says at a time."""
    return Fact(
        kind=FactKind.RECORD,
        subject=subject,
        recorded=exactly(at),
        occurred=exactly(at),
        record=KEY,
        details={"by": by, "state": state, **details},
    )


class Play:
    """Lets statements arrive, each in a message, and time go on."""

    def __init__(self, make, store, query, rules=GERMANY, bindings=None):
        self.clock = FakeClock(MONDAY)
        self._make, self._store, self._query = make, store, query
        self._referring = Referring(rules, bindings or Bindings())
        self._known = {}

    def hear(self, *facts):
        for each in facts:
            body = b"%d" % len(self._known)
            self._known[body] = each
            put(
                self._store.writer,
                body,
                control_id=body.decode(),
                received_at=self.clock.now(),
            )
        return self.work()

    def work(self):
        """Work as a hub does that was just started; return all events."""
        pipeline = self._make(
            reads(self._known), clock=self.clock.now, referring=self._referring
        )
        while pipeline.work():
            continue
        return self.events

    def until(self, day, hour=12):
        """Let time go on by half days, with a restart after each."""
        end = datetime(2026, *day, hour, tzinfo=UTC)
        while self.clock.now() < end:
            self.clock.advance(3600 * 12)
            self.work()
        return self.events

    @property
    def events(self):
        bodies = self._query("SELECT body FROM event ORDER BY seq")
        return [msgspec.json.decode(body, type=CareEvent) for (body,) in bodies]

    @property
    def types(self):
        return [each.type.removeprefix("referral.") for each in self.events]

    @property
    def told(self):
        """What silence led to: the level, or the event, and the day in UTC."""
        return [
            (
                each.payload.get("level") or each.type.removeprefix("referral."),
                f"{each.times.occurred.earliest:%m-%d}",
            )
            for each in self.events
            if each.basis == "inferred"
        ]

    @property
    def record(self):
        [(body,)] = self._query("SELECT body FROM entity WHERE kind = 'referral'")
        return msgspec.json.decode(body)["details"]


@pytest.fixture
def play(make, store, query):
    return Play(make, store, query)


def requested(at=MONDAY, **details):
    return says(at, "requester", "requested", ANNA, **details)


def later(hours):
    return MONDAY + timedelta(hours=hours)


def test_a_statement_without_a_person_is_about_whom_the_referral_is_about(play):
    play.hear(requested(category="food"))
    play.clock.advance(7200)
    play.hear(says(later(1), "performer", "accepted"))

    first, second = play.events
    assert play.types == ["requested", "accepted"]
    assert second.subject == first.subject
    assert second.entity.key == first.entity.key
    assert second.entity.version == 2
    assert second.schema == "careevent/referral/1.0"
    assert second.payload["person"]["names"] == ANNA.demographics["names"]
    assert second.payload["category"] == "food"
    assert play.record["state"] == "accepted"


def test_several_statements_in_one_message_are_about_the_same_person(
    make, store, query
):
    facts = (requested(), says(later(1), "performer", "accepted"))
    put(store.writer, b"both", received_at=later(2))
    pipeline = make(
        lambda _body, _profile: Normalised(facts=facts),
        clock=FakeClock(later(2)).now,
    )
    while pipeline.work():
        continue

    assert states(query) == [("processed", "")]
    [(count,)] = query("SELECT count(*) FROM event")
    assert count == 2


def test_a_statement_about_nothing_that_is_known_is_parked(play, query):
    play.hear(says(MONDAY, "performer", "accepted"))

    assert states(query) == [("parked", UnknownReferralError.code)]
    assert UnknownReferralError.code == "REF-001"
    assert UnknownReferralError.remedy


def test_a_fact_about_nobody_that_is_no_statement_is_refused_still(play, query):
    task = msgspec.structs.replace(
        says(MONDAY, "performer", "x"), record=RecordKey("task", "K", "1")
    )
    play.hear(task)

    assert states(query) == [("parked", "PIPE-002")]


def test_a_statement_is_stamped_with_the_feed_that_it_came_by(play, query):
    play.hear(requested(via="made up by the sender"))

    [(body,)] = query("SELECT body FROM fact")
    assert msgspec.json.decode(body)["details"]["via"] == "klinik-nord"


def test_a_feed_that_speaks_for_another_changes_nothing(make, store, query):
    bindings = Bindings(
        {"klinik-nord": frozenset({"klinik"})}, {"klinik": frozenset({"requester"})}
    )
    play = Play(make, store, query, bindings=bindings)
    play.hear(requested(), says(later(1), "performer", "accepted"))

    assert play.types == ["requested", "conflict"]
    assert play.events[-1].payload["conflict"]["reason"] == "actor.unbound"
    assert play.record["state"] == "requested"
    assert len(play.record["conflicts"]) == 1


def test_the_same_message_again_tells_nothing(play):
    play.hear(requested(), says(later(1), "performer", "accepted"))
    play.hear(requested(), says(later(1), "performer", "accepted"))

    assert play.types == ["requested", "accepted"]


def test_nobody_answers_over_easter_in_bavaria(play):
    play.hear(requested())
    play.until((4, 20))

    assert play.told == [
        ("reminder", "04-01"),
        ("escalation", "04-08"),
        ("expired", "04-13"),
        # After the expiry the requester has not closed the loop.
        ("reminder", "04-16"),
    ]
    assert [each.entity.version for each in play.events] == [1, 2, 3, 4, 5]
    expired = play.events[3]
    assert expired.times.occurred.earliest == datetime(2026, 4, 13, 8, tzinfo=UTC)
    assert expired.payload["status_reason"]["code"] == "no_answer"
    assert play.record["state"] == "expired"
    assert play.record["waiting"][0]["told"] == ["reminder"]


def test_nobody_answers_in_the_week_of_thanksgiving(make, store, query):
    play = Play(make, store, query, rules=AMERICA)
    start = datetime(2026, 11, 23, 15, tzinfo=UTC)
    play.clock.advance((start - MONDAY).total_seconds())
    play.hear(requested(start))
    play.until((12, 8))

    assert play.told == [
        ("reminder", "11-25"),
        ("escalation", "12-01"),
        ("expired", "12-07"),
    ]


def test_an_escalation_says_what_is_waited_for(play):
    play.hear(requested(category="food"))
    [_, reminder] = play.until((4, 2))

    assert reminder.type == "referral.escalated"
    assert reminder.payload["level"] == "reminder"
    assert reminder.payload["waiting"]["for"] == "undecided"
    assert reminder.payload["category"] == "food"
    assert reminder.payload["person"]["names"]
    assert reminder.subject.person == play.events[0].subject.person


def test_an_accepted_referral_without_an_appointment_becomes_a_task(play):
    play.hear(requested(), says(later(1), "performer", "accepted"))
    play.until((4, 20))

    assert play.told == [
        ("reminder", "04-08"),
        ("escalation", "04-15"),
        ("task.created", "04-15"),
    ]
    task = play.events[-1]
    assert task.payload["task"]["code"] == "schedule_appointment"
    assert task.schema == "careevent/task/1.0"


def test_what_is_answered_in_time_rings_for_what_comes_next(play):
    play.hear(requested())
    play.until((3, 31))
    play.hear(
        says(play.clock.now(), "performer", "accepted"),
        says(
            play.clock.now() + timedelta(seconds=1),
            "performer",
            "scheduled",
            appointment={"at": "2026-04-15T09:00:00Z"},
        ),
    )
    play.until((4, 25))

    assert play.told == [("reminder", "04-17"), ("escalation", "04-22")]


def test_only_a_closed_loop_ends_the_waiting(play):
    done = says(later(2), "performer", "completed", outcome={"code": "resolved"})
    play.hear(requested(), says(later(1), "performer", "accepted"), done)
    play.until((4, 7))
    reminded = list(play.told)
    play.hear(says(play.clock.now(), "requester", "closed"))
    play.until((5, 20))

    assert reminded == play.told == [("reminder", "04-02")]
    assert play.types[-1] == "loop_closed"
    assert play.record["loop"] == "closed_by_requester"


def test_the_hub_closes_what_nobody_looks_at(play):
    done = says(later(2), "performer", "completed", outcome={"code": "resolved"})
    play.hear(requested(), says(later(1), "performer", "accepted"), done)
    play.until((5, 5))

    assert play.told == [
        ("reminder", "04-02"),
        ("escalation", "04-10"),
        ("auto_closed", "04-29"),
    ]
    assert play.record["loop"] == "auto_closed"


def test_a_hub_that_was_off_for_weeks_tells_what_matters_now(play):
    play.hear(requested())
    play.clock.advance(3600 * 24 * 16)
    play.work()

    assert play.told == [("expired", "04-13")]


def test_what_is_long_past_is_known_and_no_news(play):
    play.clock.advance(3600 * 24 * 300)
    play.hear(requested())
    play.until((3, 30), 0)

    assert play.told == []
    assert play.record["state"] == "expired"
    assert play.record["loop"] == "closed_unresolved"


def test_clocks_that_step_back_tell_nothing_twice(play):
    play.hear(requested())
    play.until((4, 2))
    before = list(play.told)
    play.clock = FakeClock(MONDAY)
    play.work()
    play.until((4, 3))

    assert play.told == before == [("reminder", "04-01")]


def test_a_late_answer_counts_when_the_requester_confirms_it(play):
    play.hear(requested())
    play.until((4, 14))
    play.hear(says(play.clock.now(), "performer", "accepted"))
    waiting = play.record["state"]
    play.hear(says(play.clock.now() + timedelta(seconds=1), "requester", "confirmed"))

    assert waiting == "expired"
    assert play.record["state"] == "accepted"
    assert play.types[-4:] == [
        "conflict",
        "history_added",
        "information_provided",
        "accepted",
    ]


def test_a_referral_that_was_kept_before_the_hub_told_of_any_tells_no_old_news(
    play, store
):
    play.hear(requested(), says(later(1), "performer", "accepted"))
    count = len(play.events)
    old = msgspec.json.encode({"kind": "referral", "details": {"state": "accepted"}})

    def forget(connection, _payloads):
        connection.execute("UPDATE entity SET body = ? WHERE kind = 'referral'", [old])
        return [None]

    store.writer.call(forget, [None])
    play.hear(says(later(2), "performer", "in_progress"))

    assert play.types[count:] == ["started"]


def test_statements_of_the_hubs_own_form_are_followed(play):
    request = Statement(
        referral=KEY,
        by="requester",
        says="requested",
        at="2026-03-30T08:00:00Z",
        person=({"system": "NORD", "value": "P1"},),
    )
    answer = Statement(
        referral=KEY, by="performer", says="accepted", at="2026-03-30T09:00:00+00:00"
    )
    play.hear(statement_fact(request), statement_fact(answer))

    assert play.types == ["requested", "accepted"]


def test_a_referral_can_be_seen_as_it_was_known(play, store):
    play.hear(requested())
    play.until((4, 14))
    play.hear(says(play.clock.now(), "performer", "accepted"))
    key = play.events[0].entity.key

    look = Reader(store.folder / DATABASE_NAME).entities.record
    waited = look(key, MONDAY + timedelta(days=5))
    expired = look(key, datetime(2026, 4, 14, tzinfo=UTC))
    now = look(key)

    assert (waited.status, waited.details.get("conflicts")) == ("requested", None)
    assert (expired.status, expired.details.get("conflicts")) == ("expired", None)
    assert (now.status, len(now.details["conflicts"])) == ("expired", 1)


def test_what_is_said_to_happen_later_counts_from_when_it_was_heard(play, query):
    play.hear(requested())
    play.clock.advance(3600)
    play.hear(
        says(later(24 * 9), "performer", "accepted", appointment={"at": "2026-06-01"})
    )
    play.clock.advance(3600)
    play.hear(says(later(2), "performer", "failed"))

    accepted = play.events[1]
    assert play.types == ["requested", "accepted", "failed"]
    assert accepted.times.occurred.earliest == later(1)
    assert "clock_ahead" in accepted.times.occurred.flags
    assert accepted.quality.warnings == ("clock.ahead",)
    assert accepted.payload["appointment"] == {"at": "2026-06-01"}
    warnings = query("SELECT warnings FROM message ORDER BY seq")
    assert warnings == [("[]",), ('["clock.ahead"]',), ("[]",)]


def test_a_clock_that_is_a_little_ahead_is_believed(play):
    play.hear(requested(), says(later(0.05), "performer", "accepted"))

    assert play.events[1].times.occurred.earliest == later(0.05)
