"""Whose files are due: over changes of the clock, restarts and a silent partner."""

from datetime import UTC, datetime, time, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from hub.config.expecting import parse_expected
from hub.coordination.arrivals import (
    MOST_AT_ONCE,
    Arrivals,
    Expected,
    Watch,
    look,
    since,
)
from hub.metrics import Metrics
from hub.model.happenings import EXCHANGES_FEED
from hub.runtime.exchanges.calendar import SETTLING_SECONDS, Calendar
from hub.runtime.exchanges.partners import partner_status
from hub.settings import FileDestinationSettings, FileSourceSettings
from hub.store.errors import StorageBusyError
from hub.store.exchanges import calendar as kept
from hub.store.exchanges import ledger as files
from hub.store.exchanges.ledger import Arrived
from hub.store.journal import microseconds
from tests.runtime.exchanges.outgoing import put_sent
from tests.runtime.setting import NOW

BERLIN = ZoneInfo("Europe/Berlin")
DAILY = parse_expected("daily 06:00 Europe/Berlin")
WEEKLY = parse_expected("weekly mon 06:00 Europe/Berlin")
MONTHLY = parse_expected("monthly 31 06:00 Europe/Berlin")
GRACE = timedelta(hours=4)
DAY = timedelta(days=1)


def at(*parts):
    """Return a moment by the clock of Berlin."""
    return datetime(*parts, tzinfo=BERLIN).astimezone(UTC)


@pytest.mark.parametrize(
    ("expected", "after", "due"),
    [
        (DAILY, at(2026, 3, 16, 5, 59), at(2026, 3, 16, 6)),
        (DAILY, at(2026, 3, 16, 6), at(2026, 3, 17, 6)),
        (WEEKLY, at(2026, 3, 16, 6), at(2026, 3, 23, 6)),
        (MONTHLY, at(2026, 1, 31, 6), at(2026, 2, 28, 6)),
        (MONTHLY, at(2026, 12, 31, 6), at(2027, 1, 31, 6)),
        (DAILY, at(2026, 3, 28, 12), at(2026, 3, 29, 6)),
        (DAILY, at(2026, 10, 24, 12), at(2026, 10, 25, 6)),
    ],
)
def test_files_are_due_by_the_clock_of_their_zone(expected, after, due):
    assert expected.next(after) == due
    assert expected.before(expected.next(due)) == due
    assert expected.holds(due)


def test_a_time_that_the_clock_leaves_out_is_an_hour_later():
    expected = parse_expected("daily 02:30 Europe/Berlin")

    assert expected.next(at(2026, 3, 28, 12)) == datetime(
        2026, 3, 29, 1, 30, tzinfo=UTC
    )


def test_a_time_that_the_clock_shows_twice_is_due_once():
    expected = parse_expected("daily 02:30 Europe/Berlin")

    first = expected.next(at(2026, 10, 24, 12))

    assert first == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert expected.next(first) == at(2026, 10, 26, 2, 30)


@pytest.mark.parametrize(
    "text",
    ["hourly", "monthly 0 06:00 UTC", "monthly 32 06:00 UTC", "immediate", "pull",
     "daily 6:00 UTC", "weekly 06:00 UTC", "monthly 5 UTC"],
)  # fmt: skip
def test_what_is_no_calendar_says_how_one_is_written(text):
    with pytest.raises(ValueError, match="must be like"):
        parse_expected(text)


def test_a_zone_that_nobody_knows_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        parse_expected("monthly 5 06:00 Europe/Berlni")


def test_nobody_waits_where_nothing_is_expected():
    assert parse_expected("") is None


schedules = st.builds(
    lambda hour, minute, zone, day: Expected(time(hour, minute), zone, **day),
    st.integers(0, 23),
    st.integers(0, 59),
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Pacific/Apia"]),
    st.one_of(
        st.just({}),
        st.integers(0, 6).map(lambda day: {"weekday": day}),
        st.integers(1, 31).map(lambda day: {"day": day}),
    ),
)
moments = st.datetimes(
    datetime(2011, 1, 1),  # noqa: DTZ001 - the strategy wants them so
    datetime(2031, 1, 1),  # noqa: DTZ001 - the same
    timezones=st.just(UTC),
)


@given(schedules, moments)
def test_due_moments_follow_each_other(expected, moment):
    due = expected.next(moment)
    following = expected.next(due)

    assert moment < due < following
    assert expected.before(following) == due
    assert expected.before(due) <= moment
    assert due - expected.before(due) <= timedelta(days=32)
    assert expected.before(due) < expected.begins(due) < due


def looked(watch, new, now, expected=DAILY, **given):
    return look(expected, GRACE, watch, Arrivals(tuple(new)), now, **given)


DUE = at(2026, 3, 17, 6)
WAITING = Watch(DUE)


def test_the_first_look_waits_for_the_next_file():
    assert looked(Watch(), [], DUE - DAY / 4) == (WAITING, (), 0)


@pytest.mark.parametrize("hours", [-11, -1, 0, 3, 11])
def test_a_file_is_that_of_the_moment_nearest_to_it(hours):
    arrived = DUE + timedelta(hours=hours)

    found = looked(WAITING, [arrived], max(arrived, DUE))

    assert found.watch == Watch(DUE + DAY)
    assert found.missed == ()


def test_a_file_is_missing_once_the_grace_is_over():
    early = looked(WAITING, [], DUE + GRACE - timedelta(seconds=1))
    late = looked(WAITING, [], DUE + GRACE)
    again = looked(late.watch, [], DUE + GRACE + DAY / 2)

    assert early.missed == ()
    assert late == (Watch(DUE + DAY, overdue=True), (DUE,), 0)
    assert again.missed == ()


def test_each_missing_file_is_one_of_its_own():
    found = looked(WAITING, [], DUE + 2 * DAY + GRACE)

    assert found.missed == (DUE, DUE + DAY, DUE + 2 * DAY)


def test_a_late_file_ends_the_silence():
    missing = looked(WAITING, [], DUE + GRACE).watch

    found = looked(missing, [DUE + GRACE + timedelta(hours=1)], DUE + DAY / 2)

    assert found.watch == Watch(DUE + DAY)


def test_a_second_file_is_not_the_next_one():
    arrived = [DUE - timedelta(minutes=5), DUE + timedelta(hours=2)]

    found = looked(WAITING, arrived, DUE + DAY + GRACE)

    assert found.missed == (DUE + DAY,)


def test_what_is_not_checked_yet_is_neither_there_nor_missing():
    arrivals = Arrivals((), (DUE,))

    found = look(DAILY, GRACE, WAITING, arrivals, DUE + GRACE)

    assert (found.watch, found.missed) == (WAITING, ())


def test_after_a_start_nothing_is_missing_yet():
    assert looked(WAITING, [], DUE + DAY, judges=False) == (WAITING, (), 0)


def test_a_clock_that_was_ahead_does_not_silence_the_calendar():
    ahead = looked(Watch(), [], DUE + 400 * DAY).watch

    found = looked(ahead, [], DUE - DAY / 4)

    assert found == (WAITING, (), 0)


def test_another_schedule_is_followed_from_the_next_file_on():
    found = looked(Watch(DUE + timedelta(minutes=1)), [], DUE - DAY / 4)

    assert found.watch == WAITING


def test_of_a_long_silence_the_newest_are_told():
    found = looked(WAITING, [], DUE + 100 * DAY + GRACE)

    assert len(found.missed) == MOST_AT_ONCE
    assert found.left_out == 101 - MOST_AT_ONCE
    assert found.missed[-1] == at(2026, 6, 25, 6)


offsets = st.lists(st.integers(0, 20 * 24), max_size=25).map(sorted)


@given(schedules, moments, offsets, st.lists(st.integers(1, 60), max_size=60))
def test_each_missing_file_is_found_once_whenever_the_hub_looks(
    expected, start, hours, steps
):
    """Looks come at any time, and what one leaves is all that the next one knows."""
    arrived = [start + timedelta(hours=each) for each in hours]
    watch, now, missed = (
        look(expected, GRACE, Watch(), Arrivals(), start).watch,
        start,
        [],
    )
    first = watch.due
    for step in steps:
        now += timedelta(hours=step)
        begin = since(expected, watch, now)
        new = tuple(each for each in arrived if begin <= each <= now)
        found = look(expected, GRACE, watch, Arrivals(new), now)
        watch = found.watch
        missed += found.missed
        assert found.watch.due <= expected.next(expected.next(now))

    assert len(missed) == len(set(missed))
    due = first
    while due + GRACE <= now:
        ends = expected.begins(expected.next(due))
        came = [each for each in arrived if expected.begins(due) <= each < ends]
        on_time = any(each <= due + GRACE for each in came)
        assert not (due in missed and on_time)
        assert due in missed or came
        due = expected.next(due)


@given(moments, st.lists(st.integers(-400, 400), min_size=1, max_size=12))
def test_a_clock_that_is_set_never_stops_the_calendar(start, jumps):
    watch, now = Watch(), start
    for hours in jumps:
        now += timedelta(hours=hours)
        watch = look(DAILY, GRACE, watch, Arrivals(), now).watch
        assert now - DAY - GRACE < watch.due <= DAILY.next(DAILY.next(now))


class Clock:
    """A clock that shows `now`, and can be set."""

    def __init__(self, now):
        self.now = now

    def __call__(self):
        return self.now

    def advance(self, seconds):
        self.now += timedelta(seconds=seconds)


def configured(expected="daily 06:00 Europe/Berlin"):
    source = FileSourceSettings.model_validate(
        {"kind": "k", "partner": "payer", "gate": {"expected": expected}}
    )
    out = FileDestinationSettings.model_validate(
        {"kind": "k", "format": "f", "partner": "payer", "acknowledge_within_hours": 1}
    )
    return SimpleNamespace(
        sources={"roster": SimpleNamespace(settings=source)},
        destinations={"out": SimpleNamespace(settings=out)},
    )


class Minutes:
    """A calendar on a real store, and both clocks."""

    def __init__(self, store):
        self.store = store
        self.clock = Clock(DUE - DAY / 4)
        self.steady = Clock(0.0)
        self.registry = CollectorRegistry()
        self.metrics = Metrics(self.registry)
        self.calendar = self.started()

    def started(self, **given):
        return Calendar(
            configured(**given),
            self.store.reader,
            self.write,
            self.metrics,
            self.clock,
            self.steady,
        )

    async def write(self, apply, payload):
        return self.store.writer.call(apply, payload)

    async def pass_(self, seconds):
        """Let time pass, and look."""
        self.clock.advance(seconds)
        self.steady.now += seconds
        await self.calendar.look()

    async def look_at(self, moment):
        await self.pass_((moment - self.clock()).total_seconds())

    def told(self):
        reader = self.store.reader()
        found = reader.execute(
            "SELECT body FROM message WHERE source = ? ORDER BY seq", [EXCHANGES_FEED]
        ).fetchall()
        reader.close()
        return [msgspec.json.decode(body) for (body,) in found]

    def arrive(self, moment, key="in_1", state="rejected"):
        arrived = Arrived(
            key, "roster", "payer", f"{key}.csv", f"in/{key}", 1, 1, state,
            microseconds(moment), "made.up",
        )  # fmt: skip
        self.store.writer.call(_arrive, arrived)

    def value(self, name, **labels):
        return self.registry.get_sample_value(name, labels)

    def status(self):
        reader = self.store.reader()
        try:
            return partner_status(reader, configured(), self.clock())
        finally:
            reader.close()


def _arrive(connection, files_):
    return [files.arrive(connection, each) for each in files_]


@pytest.fixture
def minutes(store):
    """Messages that nobody works on here wait, which balances too."""
    return Minutes(store)


async def test_a_missing_file_is_told_of_once_over_a_restart(minutes):
    await minutes.pass_(SETTLING_SECONDS)
    await minutes.look_at(DUE + GRACE)
    minutes.calendar = minutes.started()
    await minutes.pass_(60)
    await minutes.pass_(SETTLING_SECONDS)

    [happening] = minutes.told()
    assert happening == {
        "type": "overdue",
        "at": DUE.isoformat().replace("+00:00", "Z"),
        "feed": "roster",
        "partner": "payer",
        "direction": "in",
        "state": "overdue",
        "reason": "file.missing",
        "due": DUE.isoformat().replace("+00:00", "Z"),
    }
    assert minutes.value("hub_exchange_overdue", feed="roster") == 1


async def test_a_hub_that_was_off_fetches_before_it_complains(minutes):
    await minutes.pass_(SETTLING_SECONDS)
    minutes.clock.advance((DUE + GRACE - minutes.clock()).total_seconds())
    minutes.calendar = minutes.started()
    await minutes.pass_(60)
    minutes.arrive(minutes.clock())
    await minutes.pass_(SETTLING_SECONDS)

    assert minutes.told() == []


async def test_a_clock_that_is_set_ahead_is_waited_for(minutes):
    await minutes.pass_(SETTLING_SECONDS)
    minutes.clock.advance(3 * 86_400)
    with capture_logs() as logs:
        await minutes.pass_(60)
    minutes.clock.advance(-3 * 86_400)
    await minutes.pass_(60)
    await minutes.pass_(SETTLING_SECONDS)

    assert [each["event"] for each in logs] == ["clock.stepped"]
    assert minutes.told() == []


@pytest.mark.parametrize("state", ["applying", "held", "rejected"])
async def test_a_file_that_came_is_not_missing_whatever_became_of_it(minutes, state):
    await minutes.pass_(SETTLING_SECONDS)
    minutes.arrive(DUE, state=state)
    await minutes.look_at(DUE + GRACE)

    assert minutes.told() == []


async def test_what_was_there_before_is_no_new_file(minutes):
    await minutes.pass_(SETTLING_SECONDS)
    minutes.arrive(DUE, state="duplicate")
    await minutes.look_at(DUE + GRACE)

    assert len(minutes.told()) == 1


async def test_who_does_not_acknowledge_in_time_is_counted(minutes):
    await minutes.pass_(SETTLING_SECONDS)
    minutes.store.writer.call(lambda sql, _: [put_sent(sql, due=NOW, at=NOW)], None)
    await minutes.look_at(DUE)

    [happening] = minutes.told()
    assert happening["reason"] == "acknowledgement.missing"
    assert minutes.value("hub_exchange_unacknowledged", destination="out") == 1


async def test_the_status_says_how_it_stands_with_a_partner(minutes):
    await minutes.pass_(SETTLING_SECONDS)
    minutes.arrive(DUE - 2 * DAY, "in_0", "held")
    minutes.store.writer.call(lambda sql, _: [put_sent(sql, due=NOW, at=NOW)], None)
    await minutes.look_at(DUE + GRACE)

    [partner] = minutes.status()
    [feed], [out] = partner.feeds, partner.destinations
    assert (partner.partner, feed.feed, out.destination) == ("payer", "roster", "out")
    assert (feed.last_name, feed.last_state, feed.held) == ("in_0.csv", "held", 1)
    assert (feed.overdue_since, feed.next_due) == (DUE, DUE + DAY)
    assert (out.unacknowledged, out.overdue, out.overdue_since) == (1, 1, NOW)


def test_the_status_is_there_before_anything_was(minutes):
    [partner] = minutes.status()

    [feed] = partner.feeds
    assert (feed.last_name, feed.overdue_since, feed.next_due) == (None, None, DUE)
    assert partner.destinations[0].unacknowledged == 0


async def test_a_calendar_without_anything_to_look_after_ends(minutes):
    nothing = SimpleNamespace(sources={}, destinations={})

    await Calendar(nothing, minutes.store.reader, minutes.write).run()


async def test_a_store_that_is_busy_is_asked_again(minutes, monkeypatch):
    class Enough(Exception):  # noqa: N818 - it ends a loop
        pass

    async def busy(_apply, _payload):
        raise StorageBusyError

    async def enough(_seconds):
        raise Enough

    calendar = minutes.started()
    calendar._write = busy
    monkeypatch.setattr("hub.runtime.exchanges.calendar.asyncio.sleep", enough)

    with capture_logs() as logs, pytest.raises(Enough):
        await calendar.run()

    assert [each["event"] for each in logs] == ["calendar.postponed"]


async def test_what_is_remembered_is_little(minutes):
    await minutes.look_at(DUE - timedelta(hours=1))

    reader = minutes.store.reader()
    assert kept.watched(reader, "roster") == WAITING
    assert kept.watched(reader, "unknown") == Watch()
    reader.close()
