"""What walks over files came upon, and what became of it. All files are made up."""

import asyncio
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from hub.coordination.exchanges.findings import Findings
from hub.runtime.exchanges import feeding
from hub.runtime.exchanges.errors import StagingLostError
from hub_payer.tables.roster import RosterProfile
from hub_payer.tables.specs import table_normalisers
from tests.runtime.exchanges.files_world import (
    LENIENT,
    PLAIN,
    WHO,
    opened,
    source,
    text,
)
from tests.runtime.exchanges.quickly import data_folder

GUARDED = source(panel="payer", max_drop=0.2, band=(0.0, 1e9))
[ROSTER] = [each for each in table_normalisers() if each.name == "roster-csv"]
COLUMNS = {"member_id": "Id", "since": "From", "until": "To"}


@pytest.fixture(name="folder")
def _folder():
    with data_folder() as folder:
        yield folder


def some(count, first=100):
    return [f"z{n},{n}" for n in range(first, first + count)]


def state(files, found):
    row = files.shown(found.id)
    return row.state, row.reason


async def approve(files, found):
    await files.exchanges.approve(found.id, WHO, "made up")
    await files.done()
    return state(files, found)


# What somebody approves is what they could see.


async def test_approval_of_a_failed_check_lets_nothing_through_unseen(folder):
    async with opened(folder, GUARDED) as files:
        await files.take(text("full", *some(10)))
        check = files.exchanges._check

        async def fail(_job):
            return Findings(sha256=b"x" * 32, error_code="EXCH-003", again=True)

        files.exchanges._check = fail
        held = await files.take(text("full", *some(1)))
        files.exchanges._check = check

        assert held.reason == "check.failed"
        assert await approve(files, held) == ("held", "members.drop")
        assert len(files.held()) == 10
        assert await approve(files, held) == ("applied", "decided.approved")


async def test_approval_does_not_cover_what_turned_up_since(folder):
    async with opened(folder, GUARDED) as files:
        await files.take(text("full", *some(10)), "same.csv")
        held = await files.take(text("full", *some(11)), "same.csv")
        await files.take(text("delta", *some(40, 200)))

        assert held.reason == "name.reused"
        assert await approve(files, held) == ("held", "members.drop")
        assert len(files.held()) == 50
        assert await approve(files, held) == ("applied", "decided.approved")


async def test_approval_is_of_as_many_losses_as_there_were(folder):
    async with opened(folder, GUARDED) as files:
        await files.take(text("full", *some(10)))
        held = await files.take(text("full", *some(5)))
        await files.take(text("delta", *some(40, 200)))

        assert await approve(files, held) == ("held", "members.drop")
        assert await approve(files, held) == ("applied", "decided.approved")
        assert len(files.held()) == len(files.members()) == 5


async def test_a_list_that_is_approved_too_late_does_not_undo_a_later_one(folder):
    async with opened(folder, GUARDED) as files:
        await files.take(text("full", *some(10)))
        held = await files.take(text("full", *some(5)))
        later = await files.deliver(text("full", *some(12)))
        await files.step()
        assert files.shown(later).state == "applying"

        assert await approve(files, held) == ("rejected", "decided.superseded")

        assert len(files.held()) == len(files.members()) == 12
        [answer] = [each for each in await files.answers() if each.exchange == held.id]
        assert answer.place == "error"
        assert len(answer.replies) == 2  # that it is held, and that it is rejected


async def test_a_missing_file_that_comes_late_leaves_the_one_that_waits_for_it(folder):
    async with opened(folder, source(ordered=True, **LENIENT)) as files:
        await files.take(text("full", *some(10), sequence=1))
        third = await files.take(text("full", *some(12), sequence=3))
        assert third.reason == "sequence.gap"

        await files.take(text("full", *some(11), sequence=2))

        assert state(files, third) == ("held", "sequence.gap")
        assert await approve(files, third) == ("applied", "file.permitted")
        assert len(files.held()) == 12


async def test_a_file_that_is_checked_again_is_answered_once(folder):
    async with opened(folder) as files:
        await files.take(text("full", *some(3), reply="X"))
        key = await files.deliver(text("full", *some(20), reply="X"))
        await files.step()
        files.exchanges.folders.unstage(key)
        await files.done()

        [answer] = [each for each in await files.answers() if each.exchange == key]
        kinds = [name.removeprefix(key) for name, _ in answer.replies]
        assert len(answer.replies) == 2, kinds
        assert files.shown(key).state == "applied"


# Who is on a panel does not depend on how much of it a file changes.


@pytest.mark.parametrize("count", [3, 600])
async def test_a_list_undoes_what_others_did_to_its_panel(folder, tmp_path, count):
    async with opened(folder) as files:
        await files.take(text("full", *some(count)))
        await add_by_hand(files, tmp_path)
        assert "7" in files.members()

        await files.take(text("full", *(f"{row}9" for row in some(count))))

        assert files.members() == sorted(files.held().values())


@pytest.mark.parametrize("count", [3, 600])
async def test_a_file_of_changes_leaves_what_others_did_to_its_panel(
    folder, tmp_path, count
):
    async with opened(folder) as files:
        await files.take(text("full", *some(count)))
        await add_by_hand(files, tmp_path)

        await files.take(text("delta", *(f"{row}9" for row in some(count))))

        assert files.members() == sorted(["7", *files.held().values()])


async def add_by_hand(files, folder):
    file = folder / "list.csv"
    file.write_text(
        "patient_id,assigning_authority,identifier,op\nM-7,PAYER,7,add\n",
        encoding="utf-8",
    )
    await files.drained(files.keeper.load("payer", file, "delta", "ines"))


async def test_a_list_that_waits_for_the_panel_keeps_its_feed_waiting(folder, tmp_path):
    """Until somebody decides about it; the hub says so each time that it tries."""
    async with opened(folder) as files:
        await files.take(text("full", *some(10)))
        file = tmp_path / "list.csv"
        file.write_text("patient_id,assigning_authority,identifier\nM-7,PAYER,7\n")
        await files.drained(files.keeper.load("payer", file, "full", "ines"))
        [[load]] = files.query("SELECT id FROM panel_load WHERE state = 'waiting'")
        key = await files.deliver(text("delta", "a,1"))
        await files.step()
        await files.exchanges._attempt(files.shown(key))
        assert files.shown(key).state == "applying"

        await files.drained(files.keeper.refuse(load, "ines", "made up"))
        files.exchanges._rested("roster")
        await files.done()

        assert files.shown(key).state == "applied"
        assert "1" in files.members()


async def test_a_panel_that_another_feed_fills_from_now_on_is_all_of_that_feed(folder):
    one, two = (source(name, panel="payer", **LENIENT) for name in ("one", "two"))
    idle = source("two", **LENIENT)
    async with opened(folder, one, idle) as files:
        await files.take(text("full", "a,1", "b,2"), feed="one")
        await files.take(text("full", "c,3"), feed="two")
    async with opened(folder, source("one", **LENIENT), two) as files:
        await files.take(text("delta", "d,4"), "d.csv", feed="two")
        assert files.members() == ["3", "4"]
    async with opened(folder, one, idle) as files:
        await files.take(text("delta", "e,5"), "e.csv", feed="one")

        assert files.members() == ["1", "2", "5"]


async def test_a_panel_that_a_feed_fills_from_now_on_gets_all_at_its_next_file(folder):
    async with opened(folder) as files:
        await files.take(text("full", *some(10)))
    async with opened(folder, source(panel="other", **LENIENT)) as files:
        await files.take(text("delta", "a,1"), "later.csv")

        assert len(files.members("other")) == 11


@pytest.mark.xfail(
    strict=True, reason="nobody empties, or tells of, a panel that no feed fills now"
)
async def test_a_panel_that_no_feed_fills_any_more_has_nobody_of_it(folder):
    async with opened(folder) as files:
        await files.take(text("full", *some(10)))
    async with opened(folder, source(panel="other", **LENIENT)) as files:
        await files.take(text("delta", "a,1"), "later.csv")

        assert files.members("payer") == []


# Sources that are called otherwise, or are gone.


async def test_files_of_a_source_that_is_gone_keep_nobody_waiting(folder):
    async with opened(folder) as files:
        await files.deliver(text("full", *some(9)))
    async with opened(folder, source("new", panel="payer", **LENIENT)) as files:
        await files.take(text("full", *some(8)), "new.csv", feed="new")

        with closing(files.store.reader()) as reader:
            assert files.exchanges.under_way(reader) == 0
        assert len(files.members()) == 8


async def test_messages_of_a_source_that_is_gone_hold_no_other_up(folder):
    async with opened(folder, source("plain", PLAIN)) as files:
        key = await files.deliver(b"made up", feed="plain")
        while files.shown(key).state != "applied":
            await files.step()
    async with opened(folder) as files:
        await files.take(text("full", *some(3)), "new.csv")

        assert len(files.messages()) == 3
    async with opened(folder, source("plain", PLAIN)) as files:
        await files.done()

        assert files.query("SELECT count(*) FROM message WHERE source = 'plain'") == [
            (1,)
        ]


async def test_a_source_that_is_called_otherwise_is_a_new_one(folder):
    """Its records are new, and those of the old name stay as they were told."""
    async with opened(folder) as files:
        await files.take(text("full", *some(3)))
    async with opened(folder, source("new", panel="payer", **LENIENT)) as files:
        found = await files.take(text("full", *some(2)), feed="new")

        assert found.state == "applied"
        assert files.members() == ["100", "101"]
        assert len(files.held("roster")) == 3
        assert [each[3] for each in files.messages("new")] == [None, None]


@pytest.mark.xfail(
    strict=True, reason="whoever is only in the list of the old name is never ended"
)
async def test_who_is_missing_after_a_change_of_name_is_ended(folder):
    async with opened(folder) as files:
        await files.take(text("full", *some(3)))
    async with opened(folder, source("new", panel="payer", **LENIENT)) as files:
        await files.take(text("full", *some(2)), feed="new")

        told = files.messages("roster") + files.messages("new")
        assert ("end", "z102") in [each[:2] for each in told]


async def test_a_feed_whose_changes_are_lost_does_not_slow_down_others(
    folder, monkeypatch
):
    monkeypatch.setattr(feeding, "PORTION", 1)
    feeds = (source("one", **LENIENT), source("two", **LENIENT))
    async with opened(folder, *feeds) as files:
        lost = await files.deliver(text("full", *some(3)), feed="one")
        await files.deliver(text("full", *some(9)), feed="two")
        while files.query("SELECT 1 FROM exchange WHERE state <> 'applied'"):
            await files.step()
        files.exchanges.folders.unstage(lost)
        with pytest.raises(StagingLostError):
            await files.exchanges._feeder.turn()

        async with asyncio.timeout(10):
            await files.done()

        assert len(files.messages("two")) == 9


# What rows say of themselves that the guards must see.


def members(*lines):
    return "\n".join(["Id,From,To", *lines, ""]).encode()


def roster(**more):
    profile = {"columns": COLUMNS, "semantics": "full", "system": "PAYER-A"} | more
    gated = source("roster", ROSTER, panel="payer", max_errors=0.1)
    return replace(gated, profile=RosterProfile(**profile))


async def test_a_list_in_which_nobody_was_ever_covered_is_held(folder):
    """Such as one whose columns of days were exchanged."""
    numbers = range(100, 110)
    async with opened(folder, roster()) as files:
        await files.take(members(*(f"M{n},2026-01-01,2026-12-31" for n in numbers)))
        held = await files.take(
            members(*(f"M{n},2026-12-31,2026-01-01" for n in numbers))
        )

        assert (held.state, held.reason) == ("held", "members.drop")
        assert len(files.members()) == 10
        assert await approve(files, held) == ("applied", "decided.approved")
        assert files.members() == []


async def test_a_list_whose_keys_are_made_otherwise_is_held(folder):
    """As after a change of the profile: each record would end, and begin anew."""
    lines = [f"M{n},2026-01-01," for n in range(100, 110)]
    async with opened(folder, roster()) as files:
        await files.take(members(*lines))
    async with opened(folder, roster(keys=["member_id", "since"])) as files:
        held = await files.take(members(*lines, "M110,2026-01-01,"), "later.csv")

        assert (held.state, held.reason) == ("held", "members.drop")


@pytest.mark.xfail(
    strict=True, reason="keys that are made otherwise double what changes say"
)
async def test_changes_whose_keys_are_made_otherwise_are_held(folder):
    lines = [f"M{n},2026-01-01," for n in range(100, 110)]
    async with opened(folder, roster(semantics="delta")) as files:
        await files.take(members(*lines))
    keys = ["member_id", "since"]
    async with opened(folder, roster(semantics="delta", keys=keys)) as files:
        found = await files.take(members(*lines, "M110,2026-01-01,"), "later.csv")

        assert found.state == "held"


WRONG = [("", "1.23E+10,2026-01-01,"), ("since", "M199,31.31.2026,")]


@pytest.mark.parametrize(("key", "line"), WRONG)
async def test_a_row_that_is_wrong_ends_nobody(folder, key, line):
    lines = [f"M{n},2026-01-01," for n in range(100, 200)]
    keys = ["member_id", key] if key else []
    async with opened(folder, roster(keys=keys)) as files:
        files.now = datetime(2026, 4, 1, tzinfo=UTC)
        await files.take(members(*lines))
        found = await files.take(members(*lines[:-1], line), "later.csv")

        assert found.state == "held" or len(files.held()) == 100


# What is usual.


async def test_what_is_usual_of_changes_says_nothing_of_lists(folder):
    async with opened(folder, source(max_terminations=1.0)) as files:
        await files.take(text("full", *some(100)))
        for n in range(6):
            await files.take(text("delta", f"a{n},1"))

        found = await files.take(text("audit", *some(110)))
        changes = await files.take(text("delta", *some(3, 300)))

        assert found.state == "applied"
        assert (changes.state, changes.reason) == ("held", "rows.many")


async def test_changes_after_a_time_in_which_there_were_none_are_not_too_many(folder):
    async with opened(folder) as files:
        for n in range(7):
            await files.take(text("delta", control=f"N{n}"))

        found = await files.take(text("delta", "a,1"))

        assert (found.state, found.reason) == ("applied", "file.permitted")
