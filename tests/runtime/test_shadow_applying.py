"""What was misread is read again, and told as corrections. Everybody is made up."""

from contextlib import closing

import msgspec
import pytest

from hub.runtime import shadow_stage
from hub.runtime.shadow import Wanted, replay
from hub.store import shadow, shadow_amending
from hub.store.acting import Actor
from hub.store.books import balance
from hub.store.queries import Reader
from hub.store.shadow_amending import Approved, Line
from hub.store.shadow_profiles import digest_of
from hub.store.sqlite import DATABASE_NAME
from tests.acceptance.messages import adt, header, joined, pid
from tests.runtime.facts import OWNERS
from tests.runtime.past import ADMITTED, DISCHARGED, HOUR, START, Past, loaded, written

WRONG, RIGHT = "Europe/Helsinki", "Europe/Berlin"
WHO = Actor("a.operator", "operator")
MOVED = adt("A02", control_id="C3", at="20260314103104", unit="INN2")
LATER = adt("A08", control_id="C4", at="20260314104104", family="Beispiel")
SCHEDULED = (
    "SCH|P-1^KLINIK_NORD|F-1^KLINIK_NORD||||G-1|CHECK^Check^L|HIP^After hip^L"
    "|NORMAL|||^^30^20260401093000^20260401100000"
)
BOOKED = joined([header("SIU^S12", "C6", "20260314111104"), SCHEDULED, pid()])
MERGED = joined(
    [
        header("ADT^A40", "C5", "20260314105104"),
        "EVN|A40|20260314105104",
        pid("P1"),
        "MRG|P9^^^KLINIK_NORD^PI",
    ]
)


@pytest.fixture
def config(tmp_path):
    return written(tmp_path / "hub.toml", zone=WRONG)


@pytest.fixture
def mended(tmp_path):
    return written(tmp_path / "mended.toml", zone=RIGHT)


@pytest.fixture
def past(config):
    """A hub that took the hospital's clock for one of Helsinki."""
    past = Past(config)
    yield past
    with past.opened() as store, closing(store.reader()) as reader:
        assert [check for check in balance(reader).checks if check[1]] == []


def approve(past, path, **given):
    """Put messages in line that are to be read as at `path` says; return its id."""
    profiles = digest_of(loaded(path).sources)
    approved = Approved(
        WHO, WHO.name, "wrong zone", past.clock.now(), profiles, **given
    )
    with past.opened() as store:
        key = store.writer.call(shadow_amending.approve, approved)
        after = 0
        while after := store.writer.call(shadow_amending.line_up, Line(key, after)):
            continue
    return key


def apply(past, path, **given):
    """Let messages be read again by the configuration at `path`, and time pass."""
    key = approve(past, path, **given)
    past.configure(path)
    past.clock.advance(1)
    past.work()
    past.clock.advance(HOUR.total_seconds())
    past.work()
    return key


def view(past):
    with past.opened() as store, closing(store.reader()) as reader:
        return shadow_amending.amendments(reader)[0]


def told(past, after=0):
    """Return type, kind of correction, time and recipients of the events after one."""
    return past.query(
        "SELECT type, json_extract(CAST(body AS TEXT), '$.correction.kind'),"
        " json_extract(CAST(body AS TEXT), '$.times.occurred.earliest'),"
        " (SELECT count(*) FROM delivery WHERE event = event.id"
        "   AND state = 'delivered')"
        " FROM event WHERE seq > ? ORDER BY seq",
        after,
    )


def newest(past):
    [(seq,)] = past.query("SELECT coalesce(max(seq), 0) FROM event")
    return seq


def known(connection):
    """Return what is known of stays, records and people, less what was told of it."""
    rows = connection.execute("SELECT key, kind, body FROM entity ORDER BY key")
    bodies = [(key, kind, msgspec.json.decode(body)) for key, kind, body in rows]
    parts = {
        "encounter": "encounter",
        "person": "statements",
        "appointment": "details",
    }
    return [(key, body[parts[kind]]) for key, kind, body in bodies if kind in parts]


def known_from_the_start(past, path):
    """Return what would be known if it had been read as `path` says all along."""
    with (
        past.opened() as store,
        closing(store.reader()) as reader,
        shadow_stage.scratch(store.secret) as made,
    ):
        stage = shadow_stage.Stage(loaded(path), made, shadow.send_nothing)
        for each in shadow.arrivals(reader, shadow.extent(reader).last):
            stage.hear(each)
        return known(made)


def known_now(past):
    with past.opened() as store, closing(store.reader()) as reader:
        return known(reader)


def test_what_was_misread_is_told_to_earlier_recipients_as_corrections(past, mended):
    past.hear(ADMITTED, DISCHARGED)
    before = newest(past)
    apply(past, mended)

    corrected = told(past, before)
    of_stay = [each for each in corrected if each[0].startswith("encounter.")]
    assert {each[1] for each in of_stay} == {"amendment"}
    assert "2026-03-14T08:31:04Z" in {each[2] for each in of_stay}
    assert {each[3] for each in corrected} == {1}


def test_nobody_is_told_of_a_new_admission(past, mended):
    past.hear(ADMITTED, MOVED, DISCHARGED)
    before = newest(past)
    apply(past, mended)

    opening = {"encounter.admitted", "stay.opened"}
    assert not [
        each for each in told(past, before) if each[0] in opening and not each[1]
    ]


def test_what_was_corrected_is_not_corrected_again(past, mended):
    past.hear(ADMITTED, DISCHARGED)
    apply(past, mended)
    before = newest(past)
    apply(past, mended)

    assert told(past, before) == []
    assert (view(past).amended, view(past).left) == (0, {})


@pytest.mark.parametrize(
    "bodies",
    [
        (ADMITTED,),
        (ADMITTED, DISCHARGED),
        (DISCHARGED, ADMITTED),
        (ADMITTED, MOVED, LATER, DISCHARGED),
        (ADMITTED, BOOKED),
        (LATER, ADMITTED, adt(patient="P2", visit="V2", control_id="D1")),
    ],
)
def test_afterwards_all_is_known_as_if_it_had_been_read_so_from_the_start(
    past, mended, bodies
):
    past.hear(*bodies)
    apply(past, mended)

    assert view(past).amended == len(bodies)
    assert known_now(past) == known_from_the_start(past, mended)


def test_a_contact_of_a_case_is_corrected_where_it_stays_the_same_one(tmp_path):
    """It is known by its beginning: that would make it another one, and is left."""
    case = {"visit_number_scope": "case"}
    past = Past(written(tmp_path / "hub.toml", zone=WRONG, profile=case))
    past.hear(ADMITTED, DISCHARGED)
    mended = written(tmp_path / "mended.toml", zone=RIGHT, profile=case)
    before = newest(past)
    apply(past, mended)

    assert (view(past).amended, view(past).left) == (1, {"SHADOW-002": 1})
    assert [each[:2] for each in told(past, before) if "encounter" in each[0]] == [
        ("encounter.end_corrected", "amendment")
    ]


def test_a_shadow_finds_no_other_facts_afterwards(past, mended):
    past.hear(ADMITTED, DISCHARGED)
    differing = replay(loaded(mended), past.folder, Wanted()).facts
    apply(past, mended)

    assert differing == 2
    assert replay(loaded(mended), past.folder, Wanted()).facts == 0


def test_what_was_said_before_stays_in_the_history(past, mended):
    past.hear(ADMITTED)
    apply(past, mended)

    rows = past.query(
        "SELECT replaced_at IS NULL, read_at IS NULL,"
        " json_extract(CAST(body AS TEXT), '$.recorded.earliest')"
        " FROM fact ORDER BY place"
    )
    assert rows == [
        (0, 1, "2026-03-14T07:31:04Z"),
        (1, 0, "2026-03-14T08:31:04Z"),
    ]


def test_what_was_known_then_is_what_was_read_then(past, mended):
    past.hear(ADMITTED)
    then = past.clock.now()
    apply(past, mended)

    entities = Reader(past.folder / DATABASE_NAME).entities
    [encounter] = entities.encounters().items
    starts = [
        entities.encounter(encounter.key, known_at=at).period.start.earliest
        for at in (then, None)
    ]
    assert [f"{each:%H:%M}" for each in starts] == ["07:31", "08:31"]


def test_then_nothing_was_corrected_yet(past, mended):
    past.hear(ADMITTED)
    then = past.clock.now()
    [(person,)] = past.query(OWNERS)
    apply(past, mended)

    entities = Reader(past.folder / DATABASE_NAME).entities
    then, now = (entities.timeline(person, known_at=at) for at in (then, None))
    assert "start_corrected" not in str(then)
    assert "start_corrected" in str(now)


def test_who_approved_it_and_why_is_kept(past, mended):
    past.hear(ADMITTED)
    key = apply(past, mended)

    found = view(past)
    assert (found.id, found.actor, found.reason) == (key, WHO.name, "wrong zone")
    assert (found.messages, found.waiting, found.amended) == (1, 0, 1)
    audited = past.query(
        "SELECT actor, reason FROM audit WHERE action = 'amendment.approved'"
    )
    assert audited == [(WHO.name, "wrong zone")]


def test_only_what_is_asked_for_is_read_again(past, mended):
    past.hear(ADMITTED, DISCHARGED)
    apply(past, mended, since=START + HOUR)

    assert (view(past).messages, view(past).amended) == (1, 1)


def test_what_another_configuration_would_read_is_left(past, mended):
    past.hear(ADMITTED)
    approve(past, mended)
    past.clock.advance(1)
    past.work()

    assert view(past).left == {"AMEND-001": 1}


def test_a_message_about_somebody_else_now_is_left(past, tmp_path):
    past.hear(ADMITTED.replace(b"^^^KLINIK_NORD^PI", b""))
    text = (tmp_path / "hub.toml").read_text()
    other = tmp_path / "other.toml"
    other.write_text(text.replace('authority = "KLINIK_NORD"', 'authority = "NORD"'))
    before = newest(past)
    apply(past, other)

    assert view(past).left == {"SHADOW-002": 1}
    assert told(past, before) == []


def test_a_repair_of_numbers_is_left(past, mended):
    past.hear(ADMITTED, adt(patient="P9", visit="V9", control_id="D9"), MERGED)
    apply(past, mended)

    assert view(past).left == {"SHADOW-003": 1}
    assert view(past).amended == 2


def test_a_message_that_cannot_be_read_any_more_is_left(past, tmp_path):
    past.hear(ADMITTED)
    gone = tmp_path / "gone.toml"
    gone.write_text((tmp_path / "hub.toml").read_text().replace("nord]", "west]"))
    apply(past, gone)

    assert view(past).left == {"PIPE-005": 1}


def test_messages_join_the_line_some_at_a_time(past, mended, monkeypatch):
    monkeypatch.setattr(shadow_amending, "CHUNK", 2)
    bodies = [adt(patient=f"P{n}", visit=f"V{n}", control_id=f"E{n}") for n in range(5)]
    past.hear(*bodies)
    approve(past, mended)

    assert (view(past).messages, view(past).waiting) == (5, 5)


def test_what_comes_after_the_approval_is_not_read_again(past, mended):
    past.hear(ADMITTED)
    approve(past, mended)
    past.configure(mended)
    past.hear(DISCHARGED)

    assert (view(past).messages, view(past).amended) == (1, 1)


def test_a_name_that_was_corrected_stays_corrected(past, mended):
    past.hear(ADMITTED, LATER)
    before = newest(past)
    apply(past, mended)

    assert not [each for each in told(past, before) if each[0].startswith("person.")]
