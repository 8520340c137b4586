"""Panels in the store, through what loads them. Everybody in here is made up."""

import sqlite3
from contextlib import closing, suppress
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.coordination.panel_errors import (
    ListWaitsError,
    NotWaitingError,
    PanelFileError,
    PanelMovedError,
    UnknownLoadError,
    UnknownPanelError,
)
from hub.coordination.panels import PanelError
from hub.runtime import panel_loading
from hub.runtime.panel_loading import Given
from hub.store import panel_members, panel_removing, panel_rows, panels
from hub.store.acting import LOCAL
from hub.store.generation import generation
from hub.store.panels import Begun, Settled
from hub.store.store import Store, call_at_once
from tests.store.panel_world import HEADER, NOW, World, numbered

CANARY = "ZZCANARYZZ"
MANY = range(1, 11)


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "data", call_at_once) as store:
        yield store


@pytest.fixture
def world(store, tmp_path):
    return World(store, tmp_path)


def test_a_list_is_in_force_as_a_whole(world):
    load = world.load(*numbered(1, 2), by="payer")

    assert (load.state, load.members, load.added, load.removed) == ("applied", 2, 2, 0)
    assert (load.actor, load.version) == ("payer", 1)
    assert world.values() == ["0001", "0002"]
    assert [entry.patient_id for entry in world.reader.members("payer", limit=9)] == [
        "M-1",
        "M-2",
    ]


def test_a_list_replaces_the_one_before(world):
    world.load(*numbered(*MANY))

    load = world.load(*numbered(*MANY[1:], 11))

    assert (load.added, load.removed, load.version) == (1, 1, 2)
    assert world.values()[-1] == "0011"
    assert "0001" not in world.values()
    assert world.loader.tidy() == 10
    assert world.versions() == [("payer", 2)]


def test_each_list_in_force_is_another_generation(world):
    before = world.ask(generation)

    world.load(*numbered(1))
    world.load(*numbered(1, 2))

    assert world.ask(generation) == before + 2


def test_panels_know_nothing_of_each_other(world):
    world.load(*numbered(1))
    world.load(*numbered(1, 2), panel="other")
    world.load(*numbered(3, 1, 2), panel="other")

    assert world.values() == ["0001"]
    assert world.values("other") == ["0001", "0002", "0003"]


def test_an_entry_has_a_period_and_what_it_rests_on(world):
    columns = "valid_from,valid_to,programme,purpose,legal_basis"
    row = "M-1,NORD,0001,2026-01-01,2026-06-30,asthma,treatment,contract"

    world.load(row, header=f"{HEADER},{columns}")

    [entry] = world.reader.members("payer", limit=9)
    assert (entry.valid_from, entry.valid_to) == (date(2026, 1, 1), date(2026, 6, 30))
    assert (entry.programme, entry.purpose) == ("asthma", "treatment")
    assert entry.legal_basis == "contract"


def test_a_person_has_an_entry_for_each_period_and_programme(world):
    rows = [
        "M-1,NORD,0001,2026-01-01,2026-01-31,",
        "M-1,NORD,0001,2026-03-01,,",
        "M-1,NORD,0001,2026-03-01,,asthma",
        "M-1,NORD,0001,2026-03-01,2026-12-31,asthma",
    ]

    load = world.load(*rows, header=f"{HEADER},valid_from,valid_to,programme")

    assert load.members == 3
    found = world.reader.members("payer", system="NORD", value="0001", limit=9)
    assert [each.valid_to for each in found if each.programme] == [date(2026, 12, 31)]


@pytest.mark.parametrize("left", [[1], []], ids=["loses-90-percent", "empty"])
def test_a_list_that_loses_too_many_waits_until_it_is_approved(world, left):
    world.load(*numbered(*MANY))
    before = world.ask(generation)

    load = world.load(*numbered(*left))

    assert (load.state, load.settled_at) == ("waiting", None)
    assert len(world.values()) == 10
    assert world.ask(generation) == before
    assert world.loader.tidy() == 0
    world.loader.approve(load.id, "Ada", "the contract ended")
    shown = world.shown(load.id)
    assert (shown.state, shown.actor) == ("applied", "Ada")
    assert shown.reason == "the contract ended"
    assert len(world.values()) == len(left)


def test_a_list_that_waits_may_be_refused(world):
    world.load(*numbered(*MANY))
    load = world.load(*numbered(1))

    world.loader.refuse(load.id, "Ada", "half of the file is missing")

    assert world.shown(load.id).state == "refused"
    assert len(world.values()) == 10
    assert world.loader.tidy() == 1


def test_whose_entries_ended_is_no_loss(world):
    ended = [f"{row},2026-03-15" for row in numbered(*MANY)]
    world.load(*ended, f"{numbered(11)[0]},", header=f"{HEADER},valid_to")

    assert world.load(*numbered(11)).state == "applied"


def test_who_ends_with_a_list_is_a_loss(world):
    world.load(*numbered(*MANY))

    ended = [f"{row},2026-03-15" for row in numbered(*MANY)]
    assert world.load(*ended, header=f"{HEADER},valid_to").state == "waiting"


@pytest.mark.parametrize(("lost", "state"), [(2, "applied"), (3, "waiting")])
def test_the_guard_holds_at_the_limit(world, lost, state):
    world.load(*numbered(*MANY))

    assert world.load(*numbered(*MANY[lost:])).state == state


def test_how_many_may_be_lost_is_configured(store, tmp_path):
    world = World(store, tmp_path, max_drop=0.5)
    world.load(*numbered(*MANY))

    assert world.load(*numbered(*MANY[5:])).state == "applied"


def test_a_later_list_supersedes_one_that_waits(world):
    world.load(*numbered(*MANY))
    waiting = world.load(*numbered(1))

    world.load(*numbered(*MANY, 11))

    assert world.shown(waiting.id).state == "superseded"
    with pytest.raises(NotWaitingError):
        world.loader.approve(waiting.id, "Ada", "too late")


def test_nobody_decides_twice(world):
    world.load(*numbered(*MANY))
    waiting = world.load(*numbered(1))
    world.loader.approve(waiting.id, "Ada", "so it is")

    with pytest.raises(NotWaitingError):
        world.loader.refuse(waiting.id, "Ben", "no")
    with pytest.raises(UnknownLoadError):
        world.loader.approve("load_none", "Ada", "why not")


def test_the_same_list_again_only_confirms(world):
    given = world.given(*numbered(1, 2))
    first = world.loader.load(given)
    world.now += timedelta(days=7)

    assert world.loader.load(given) == first
    panel = world.reader.panel("payer")
    assert panel.last_confirmed == NOW + timedelta(days=7)
    assert len(panel.loads) == 1


def test_the_same_list_counts_after_changes(world):
    world.load(*numbered(1, 2))
    world.delta(*[f"remove,{row}" for row in numbered(2)])

    world.load(*numbered(1, 2))

    assert world.values() == ["0001", "0002"]


def test_changes_are_applied_to_what_is_in_force(world):
    world.load(*numbered(1, 2))
    rows = ["add,M-3,NORD,0003", "remove,M-1,NORD,0001", "update,M-2,NORD,0002"]

    load = world.delta(*rows)

    assert (load.state, load.mode) == ("applied", "delta")
    assert world.values() == ["0002", "0003"]
    [panel] = world.reader.panels()
    assert (panel.version, panel.members) == (1, 2)


def test_the_same_changes_again_change_nothing(world):
    world.load(*numbered(1))
    first = world.delta("add,M-3,NORD,0003")
    before = world.ask(generation)

    assert world.delta("add,M-3,NORD,0003").id == first.id
    assert world.ask(generation) == before


def test_changes_do_not_pass_a_list_that_waits(world):
    world.load(*numbered(*MANY))
    world.load(*numbered(1))

    with pytest.raises(ListWaitsError):
        world.delta("add,M-3,NORD,0003")


def test_changes_of_a_panel_without_a_list_are_its_first(world):
    world.delta("add,M-3,NORD,0003")

    assert world.values() == ["0003"]


@pytest.mark.parametrize("chunk", [500, 2], ids=["in-place", "another-version"])
def test_what_nobody_spoke_of_stays_as_it_was_confirmed(world, monkeypatch, chunk):
    monkeypatch.setattr(panel_loading, "CHUNK", chunk)
    world.load(*numbered(1, 2, 3))
    since = world.now
    world.now += timedelta(days=1)
    world.delta(*[f"add,{row}" for row in numbered(2, 7, 8)])

    found = world.reader.members("payer", limit=9)
    confirmed = {each.value: each.confirmed_at for each in found}
    assert (confirmed["0001"], confirmed["0003"]) == (since, since)
    assert confirmed["0002"] > since


def test_a_list_with_bad_rows_is_refused_as_a_whole(world):
    world.load(*numbered(1))

    with pytest.raises(PanelError) as caught:
        world.load(*numbered(1, 2), f"{CANARY},,", f"{CANARY},NORD")

    assert "line 4 lacks" in str(caught.value)
    assert "line 5 lacks" in str(caught.value)
    assert CANARY not in str(caught.value)
    [failed, _] = world.reader.panel("payer").loads
    assert failed.state == "failed"
    assert "line 4" in failed.reason
    assert world.values() == ["0001"]
    assert world.versions() == [("payer", 1)]


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe", b"\xff\xff", b"patient_id,identifier\n", b"\x00" * 9]
)
def test_what_is_no_list_is_refused(world, tmp_path, content):
    file = tmp_path / "no-list"
    file.write_bytes(content)

    with pytest.raises(PanelError):
        world.loader.load(Given("payer", file))


def test_a_list_that_is_not_there_is_refused(world, tmp_path):
    with pytest.raises(PanelError):
        world.loader.load(Given("payer", tmp_path / "nowhere"))


def test_a_list_from_a_spreadsheet_is_read(world, tmp_path):
    file = tmp_path / "list.txt"
    rows = ["Patient ID\tAssigning Authority\tIdentifier", "M-1\tNORD\t0001\t", "\t\t"]
    file.write_text("\r\n".join(rows), encoding="utf-16")

    world.loader.load(Given("payer", file))

    assert world.values() == ["0001"]


def test_a_panel_that_is_not_configured_takes_no_list(world):
    with pytest.raises(UnknownPanelError):
        world.load(*numbered(1), panel="nobody")


def test_a_list_that_changes_while_it_is_read_is_refused(world, monkeypatch):
    given = world.given(*numbered(1))
    found = iter([(1, 1, 1), (1, 2, 2)])
    monkeypatch.setattr(panel_loading, "looks", lambda _file: next(found))

    with pytest.raises(PanelFileError):
        world.loader.load(given)
    assert world.values() == []


def test_what_was_not_finished_is_thrown_away(world):
    world.load(*numbered(*MANY))
    begun = Begun("load_interrupted", "payer", "full", b"", "", 1)
    version = world.store.writer.call(panels.begin, begun)
    entry = panel_loading.entries("payer", [HEADER, "M-1,NORD,0001"])
    rows = [panel_rows.row_of(each, "payer", version, 1) for each in entry]
    world.store.writer.call(panels.stage, rows)
    world.loader.incoming().write_text(CANARY)
    assert world.loader.tidy() == 0

    loader = world.make_loader()
    loader.recover()

    assert world.shown("load_interrupted").reason == "interrupted"
    assert loader.tidy() == 1
    assert world.versions() == [("payer", 1)]
    assert list(world.store.folder.glob("panel-staging/*")) == []


def test_a_loader_that_is_stopped_leaves_what_is_in_force(world, monkeypatch):
    world.load(*numbered(1))
    monkeypatch.setattr(panel_loading, "CHUNK", 2)
    world.loader.stop()

    load = world.load(*numbered(*MANY))

    assert load.state == "loading"
    assert world.values() == ["0001"]


def test_nothing_of_a_list_is_left_in_the_folder(world):
    world.load(*numbered(1))
    with suppress(PanelError):
        world.load("M-1")

    assert list(world.store.folder.glob("panel-staging/*")) == []


def test_changes_that_rest_on_another_version_are_not_put_in_force(world):
    world.load(*numbered(1))
    begun = Begun("load_slow", "payer", "delta", b"", "", 1)
    writer = world.store.writer
    writer.call(panels.begin, begun)

    settled = Settled("load_slow", "applied", 1, LOCAL, after=7)
    with pytest.raises(PanelMovedError):
        writer.call(panels.settle, settled)
    assert world.shown("load_slow").state == "loading"


def test_large_versions_go_by_chunks(world):
    rows = [f"M-{n},NORD,{n % 3}" for n in range(30)]
    world.load(*rows)
    world.load(*rows, "M-99,NORD,9")

    removed = panel_removing.Removed("payer", 1, 7)
    counts = []
    while count := world.store.writer.call(panel_removing.remove, removed):
        counts.append(count)

    assert counts == [10, 10, 10]
    assert world.versions() == [("payer", 2)]


def test_who_loaded_and_decided_is_in_the_audit(world):
    world.load(*numbered(*MANY))
    waiting = world.load(*numbered(1))
    world.loader.approve(waiting.id, "Ada", "so it is")

    sql = "SELECT action, object, reason, detail FROM audit WHERE action LIKE 'panel.%'"
    rows = world.query(f"{sql} ORDER BY n")
    assert [row[0] for row in rows] == [
        "panel.loaded",
        "panel.held_back",
        "panel.loaded",
    ]
    assert rows[-1][1:3] == (waiting.id, "so it is")
    assert '"by":"Ada"' in rows[-1][3]


numbers = st.sampled_from(["0001", "0002", "0003", "0004", "0005", "0006"])
whose = st.sampled_from(["M-1", "M-2"])
since = st.sampled_from(["", "2026-01-01", "2026-02-01"])
programme = st.sampled_from(["", "asthma"])
rows = st.tuples(whose, st.sampled_from(["NORD", "SUED"]), numbers, since, programme)
operations = st.tuples(st.sampled_from(["add", "update", "remove"]), rows)
lists = st.one_of(
    st.tuples(st.just("full"), st.lists(rows, min_size=1, max_size=12)),
    st.tuples(st.just("delta"), st.lists(operations, max_size=12)),
)
_COLUMNS = f"{HEADER},valid_from,programme"


def apply_to(model, mode, said):
    """Change a model of a panel, {whose: {slot}}, as a list does."""
    if mode == "full":
        model.clear()
        said = [("add", row) for row in said]
    own = {}
    for op, (patient_id, system, value, day, why) in said:
        key = (system, value, patient_id)
        if op != "add":
            model.pop(key, None)
            model.setdefault(key, set()).update(own.get(key, ()))
        if op == "remove":
            model.pop(key, None)
            own.pop(key, None)
        else:
            model.setdefault(key, set()).add((day, why))
            own.setdefault(key, set()).add((day, why))


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(course=st.lists(lists, max_size=6), chunk=st.sampled_from([1, 2, 5, 500]))
def test_any_lists_lead_to_what_they_say(tmp_path_factory, monkeypatch, course, chunk):
    """Whether changes are applied in place, or make another version."""
    monkeypatch.setattr(panel_loading, "CHUNK", chunk)
    folder = tmp_path_factory.mktemp("lists")
    model = {}
    with Store(folder / "data", call_at_once) as store:
        world = World(store, folder, max_drop=1)
        for mode, said in course:
            apply_to(model, mode, said)
            if mode == "full":
                world.load(*map(",".join, said), header=_COLUMNS)
            else:
                flat = [",".join((op, *row)) for op, row in said]
                world.load(*flat, header=f"op,{_COLUMNS}", mode="delta")
            world.loader.tidy()
        assert in_force(world) == {
            (*key, *slot) for key, slots in model.items() for slot in slots
        }
        assert len(world.versions()) == (1 if in_force(world) else 0)
        [count] = [each.members for each in world.reader.panels()] or [0]
        assert count == len(in_force(world))


def in_force(world):
    return {
        (
            each.system,
            each.value,
            each.patient_id,
            each.valid_from.isoformat() if each.valid_from else "",
            each.programme,
        )
        for each in world.reader.members("payer", limit=1000)
    }


def test_questions_go_by_an_index(world):
    """Of two million rows none is looked at in vain."""
    statement = panel_members._MEMBERS
    with closing(world.store.reader()) as reader:
        plan = _plan(reader, statement, numbers="[]")

    assert "SEARCH panel_member USING PRIMARY KEY (system=? AND value=?)" in plan


def _plan(reader: sqlite3.Connection, statement, **values):
    text = f"EXPLAIN QUERY PLAN {statement._text}"
    return [row[3] for row in reader.execute(text, statement._literals | values)]
