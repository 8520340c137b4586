"""Packages from their message to their effect. All of them are made up."""

from datetime import timedelta

import pytest

from hub.store.directory import runs
from hub.store.queries import Reader
from hub.store.sqlite import DATABASE_NAME
from tests.runtime.directory.world import (
    CANARY,
    heading,
    item,
    location,
    opened,
    organization,
    package,
    service,
    source,
    town,
)


@pytest.fixture(name="folder")
def _folder(tmp_path):
    return tmp_path / "data"


async def test_the_first_package_is_a_baseline_of_which_nothing_is_told(folder):
    async with opened(folder) as world:
        run = await world.take(package(*town()))

        assert (run.state, run.reason, run.version) == ("applied", "run.permitted", 1)
        assert len(world.objects()) == 20
        assert len(world.objects("location")) == 20
        [refreshed] = world.said()
        assert refreshed.type == "feed_refreshed"
        assert refreshed.counts["service_added"] == 20


async def test_the_same_package_again_changes_nothing(folder):
    async with opened(folder) as world:
        await world.take(package(*town()))

        run = await world.take(package(*town()))

        assert (run.state, run.reason) == ("unchanged", "package.repeated")
        assert world.told() == []
        assert [each.type for each in world.said()] == ["feed_refreshed"] * 2


async def test_the_same_data_written_otherwise_changes_nothing(folder):
    async with opened(folder) as world:
        items = town()
        await world.take(package(*items))
        items.reverse()
        for each in items:
            record = each["record"]
            each["record"] = dict(reversed(record.items())) | {
                "name": f"  {record['name']} ",
                "last_modified": "2026-03-01T00:00:00Z",
                "fax": None,
            }

        run = await world.take(package(*items))

        assert (run.state, run.reason) == ("unchanged", "objects.unchanged")
        assert world.told() == []


async def test_what_changes_is_told_with_what_it_is(folder):
    async with opened(folder) as world:
        await world.take(package(*town()))

        changed = {
            "s1": {"fees_description": "free"},
            "s2": {"status": "temporarily closed"},
            "s3": {"description": "in other words"},
        }
        run = await world.take(package(*town(**changed), service("s99", "o1")))

        assert sorted(world.told()) == [
            ("service_added", "s99"),
            ("service_closed", "s2"),
            ("service_updated", "s1"),
        ]
        [updated] = [each for each in world.said() if each.type == "service_updated"]
        assert updated.changed_fields == ("fees_description",)
        assert updated.material
        assert updated.record["fees_description"] == "free"
        assert updated.object.organization == world.objects("organization")["o1"].key
        assert world.objects()["s3"].record["description"] == "in other words"
        assert (run.state, run.version) == ("applied", 2)


async def test_a_service_that_opens_again_is_told_of(folder):
    closed = {"s2": {"status": "inactive"}}
    async with opened(folder) as world:
        await world.take(package(*town(**closed)))

        await world.take(package(*town()))

        assert world.told() == [("service_reopened", "s2")]


async def test_capacity_is_told_by_a_name_of_its_own(folder):
    def with_room(count):
        return {"s1": {"capacities": [{"unit": "bed", "available": count}]}}

    async with opened(folder) as world:
        await world.take(package(*town(**with_room(3))))

        await world.take(package(*town(**with_room(0))))

        assert world.told() == [("capacity_changed", "s1")]


async def test_what_vanishes_in_numbers_is_held_until_somebody_approves(folder):
    async with opened(folder) as world:
        await world.take(package(*town()))

        fewer = [each for each in town() if each["id"][1:] not in {*"12345678"}]
        run = await world.take(package(*fewer))

        assert (run.state, run.reason) == ("held", "objects.vanished")
        assert len(world.objects()) == 20
        await world.approve(run.seq)
        run = world.run(run.seq)
        assert (run.state, run.reason, run.actor) == (
            "applied",
            "run.approved",
            "ines",
        )
        assert world.objects()["s1"].missing == 1
        assert world.told() == []


async def test_a_held_package_that_is_rejected_has_no_effect(folder):
    async with opened(folder) as world:
        await world.take(package(*town()))
        run = await world.take(package(*town(5)))

        await world.reject(run.seq)

        assert world.run(run.seq).state == "rejected"
        assert len(world.objects()) == 20


async def test_a_later_package_stands_for_one_that_is_held(folder):
    async with opened(folder) as world:
        await world.take(package(*town()))
        held = await world.take(package(*town(5)))

        await world.take(package(*town(s1={"alert": "closed today"})))

        assert world.run(held.seq).state == "rejected"
        assert world.run(held.seq).reason == "run.superseded"


async def test_an_empty_directory_never_ends_one(folder):
    async with opened(folder, source(max_removed=1, max_removed_count=9999)) as world:
        await world.take(package(*town()))

        run = await world.take(package())

        assert (run.state, run.reason) == ("held", "directory.empty")


async def test_what_is_missing_three_times_is_removed_and_stays_as_a_tombstone(folder):
    async with opened(folder) as world:
        await world.take(package(*town(40)))
        for day in range(3):
            fewer = [each for each in town(40) if each["id"] != "s7"]
            assert world.told() == []
            fewer[5]["record"]["fax"] = str(day)
            await world.take(package(*fewer))

        assert world.told() == [("service_removed", "s7")]
        row = world.objects()["s7"]
        assert (row.removed, row.missing) == (1, 3)
        assert row.record["name"] == "Service s7"


async def test_the_same_bytes_count_for_what_is_missing_too(folder):
    async with opened(folder) as world:
        await world.take(package(*town(40)))
        fewer = package(*(each for each in town(40) if each["id"] != "s7"))
        for _ in range(3):
            await world.take(fewer)

        assert world.told() == [("service_removed", "s7")]
        assert (await world.take(fewer)).reason == "package.repeated"


async def test_what_comes_back_is_told_of(folder):
    async with opened(folder, source(missing_runs=1)) as world:
        await world.take(package(*town(40)))
        await world.take(package(*(each for each in town(40) if each["id"] != "s7")))

        await world.take(package(*town(40)))

        assert world.told() == [("service_removed", "s7"), ("service_reopened", "s7")]


async def test_an_incomplete_package_ends_nothing(folder):
    async with opened(folder, source(missing_runs=1)) as world:
        await world.take(package(*town()))

        run = await world.take(package(organization("o1"), complete=False))

        assert run.state == "unchanged"
        assert world.objects()["s1"].missing == 0


async def test_changes_end_only_what_they_name(folder):
    async with opened(folder) as world:
        await world.take(package(*town(40)))

        gone = {"item": "gone", "type": "service", "id": "s3"}
        seen = {"item": "seen", "type": "service", "id": "s4"}
        new = service("s1", "o1", ["l1"], alert="moved")
        await world.take(package(new, gone, seen, mode="delta"))

        assert sorted(world.told()) == [
            ("service_removed", "s3"),
            ("service_updated", "s1"),
        ]
        assert world.objects()["s5"].missing == 0


async def test_what_a_sweep_saw_is_not_missing(folder):
    async with opened(folder) as world:
        await world.take(package(*town()))

        seen = [{"item": "seen", "type": x["type"], "id": x["id"]} for x in town()]
        run = await world.take(package(*seen))

        assert (run.state, run.reason) == ("unchanged", "objects.unchanged")


async def test_a_package_that_says_unchanged_refreshes_its_feed(folder):
    async with opened(folder) as world:
        await world.take(package(*town()))

        run = await world.take(package(mode="unchanged"))

        assert run.state == "unchanged"
        assert len(world.objects()) == 20
        assert world.said()[-1].type == "feed_refreshed"


def without(key, count=40):
    """Return a small directory that lacks one object."""
    return package(*(each for each in town(count) if each["id"] != key))


async def test_that_nothing_changed_counts_for_what_is_missing(folder):
    async with opened(folder) as world:
        await world.take(package(*town(40)))
        await world.take(without("s7"))
        states = [
            (await world.take(package(mode="unchanged", version=str(n)))).state
            for n in range(3)
        ]

        assert states == ["applied", "applied", "unchanged"]
        assert world.told() == [("service_removed", "s7")]
        row = world.objects()["s7"]
        assert (row.removed, row.missing) == (1, 3)
        assert world.query("SELECT hsds_version FROM directory_feed") == [("3.0",)]


async def test_that_nothing_changed_counts_after_a_run_that_was_approved(folder):
    async with opened(folder, source(missing_runs=2, max_removed=0.01)) as world:
        await world.take(package(*town(40)))
        held = await world.take(without("s7"))
        assert held.state == "held"
        await world.approve(held.seq)

        await world.take(package(mode="unchanged"))

        assert world.told() == [("service_removed", "s7")]


@pytest.mark.parametrize("after", [{"complete": False}, {"mode": "delta"}])
async def test_that_nothing_changed_in_a_part_counts_for_nothing(folder, after):
    async with opened(folder) as world:
        await world.take(package(*town(40)))
        await world.take(without("s7"))
        await world.take(package(organization("o1", name="New"), **after))

        run = await world.take(package(mode="unchanged"))

        assert run.state == "unchanged"
        assert world.objects()["s7"].missing == 1


async def test_that_nothing_changed_since_what_waits_counts_for_nothing(folder):
    async with opened(folder) as world:
        await world.take(package(*town(40)))
        await world.take(without("s7"))
        held = await world.take(package(*town(3)))
        assert held.state == "held"

        run = await world.take(package(mode="unchanged"))

        assert run.state == "unchanged"
        assert world.objects()["s7"].missing == 1


@pytest.mark.parametrize(
    "after", [package(mode="unchanged"), b"{}"], ids=["unchanged", "failed"]
)
async def test_what_is_wrong_stays_known_while_nothing_changes(folder, after):
    remark = {"item": "remark", "level": 2, "severity": "warning", "code": "url.odd"}
    wrong = package(*town(), remark | {"type": "service", "id": "s1", "field": "url"})
    async with opened(folder) as world:
        await world.take(wrong)
        before = reported(world)

        run = await world.take(after)

        assert run.state in {"unchanged", "failed"}
        assert before == reported(world) == ([("url.odd", 2, ["s1"])], {"L2": 1})


def reported(world):
    """Return what the report of the feed has of what is wrong."""
    reader = Reader(world.store.folder / DATABASE_NAME).directories
    report = reader.report("dir", {})
    told = [(each.code, each.level, each.examples) for each in report.remarks]
    return told, report.levels


async def test_who_decides_sees_the_names_of_what_is_gone_and_new(folder):
    fresh = [service(f"n{n}", "o1", name=f"New {n}") for n in range(12)]
    async with opened(folder) as world:
        await world.take(package(*town()))
        held = await world.take(package(*town(8), *fresh))

        assert held.state == "held"
        reader = Reader(world.store.folder / DATABASE_NAME).directories
        diff = reader.diff(held.seq, limit=100).items
        names = {(each.change, each.id): each.name for each in diff}
        assert names["vanished", "s9"] == "Service s9"
        assert names["added", "n3"] == "New 3"


def renamed(items, suffix):
    """Return the same directory with other ids, as some exports make them."""

    def other(value):
        if isinstance(value, dict):
            return {
                key: f"{each}-{suffix}"
                if (key == "id" or key.endswith("_id")) and isinstance(each, str)
                else other(each)
                for key, each in value.items()
            }
        return [other(each) for each in value] if isinstance(value, list) else value

    return [
        each | {"id": f"{each['id']}-{suffix}", "record": other(each["record"])}
        for each in items
    ]


async def test_ids_that_are_made_anew_change_nothing(folder):
    async with opened(folder) as world:
        await world.take(package(*town()))
        before = {row.key for row in world.objects().values()}

        run = await world.take(package(*renamed(town(), "b")))

        assert (run.state, world.told()) == ("applied", [])
        assert world.said()[-1].warnings == ("ids.churning",)
        assert {row.key for row in world.objects().values()} == before
        assert set(world.objects()) == {f"s{n}-b" for n in range(1, 21)}


async def test_a_change_is_found_though_all_ids_are_others(folder):
    async with opened(folder) as world:
        await world.take(package(*town()))
        await world.take(package(*renamed(town(), "b")))
        alike = town(s4={"fees_description": "5 EUR"})

        await world.take(package(*renamed(alike, "c")))

        assert world.told() == [("service_updated", "s4-c")]
        assert world.said()[-2].warnings == ()


async def test_many_new_objects_like_none_are_held(folder):
    async with opened(folder) as world:
        await world.take(package(*town(20)))

        run = await world.take(package(*town(40)))

        assert (run.state, run.reason) == ("held", "ids.new")


async def test_a_package_that_is_refused_says_why(folder):
    async with opened(folder) as world:
        run = await world.take(package({"fail": "refuse"}))

        assert (run.state, run.error_code) == ("failed", "TEST-901")


@pytest.mark.parametrize(
    ("items", "code"),
    [
        ([{"fail": "raise"}], "DIR-004"),
        ([{"fail": "junk"}], "DIR-004"),
        ([heading()], "DIR-004"),
    ],
)
async def test_a_reader_that_breaks_its_contract_fails_the_run(folder, items, code):
    async with opened(folder) as world:
        run = await world.take(package(*items))

        assert (run.state, run.error_code) == ("failed", code)
        assert CANARY not in run.reason


async def test_a_package_without_heading_fails(folder):
    async with opened(folder) as world:
        run = await world.take(package(*town()).partition(b"\n")[2])

        assert (run.state, run.error_code) == ("failed", "DIR-006")


async def test_a_package_whose_bytes_are_others_fails(folder):
    async with opened(folder) as world:
        seq = world.arrive(package(*town()))
        world.store.writer.call(
            lambda connection, _: (
                [connection.execute("UPDATE directory_run SET sha256 = x'00'")]
                and [None]
            )
        )
        await world.work()

        assert world.run(seq).error_code == "DIR-007"


async def test_an_object_with_an_error_of_structure_stays_as_it_was(folder):
    def remark(level):
        return {
            "item": "remark",
            "level": level,
            "severity": "error",
            "code": "name.missing",
            "type": "service",
            "id": "s1",
        }

    broken = town(s1={"name": ""})
    async with opened(folder) as world:
        await world.take(package(*town()))
        await world.take(package(*broken, remark(1)))
        assert world.objects()["s1"].record["name"] == "Service s1"

        await world.take(package(*broken, remark(2)))

        assert world.objects()["s1"].record["name"] == ""


async def test_odd_objects_are_remarked_and_the_others_kept(folder):
    odd = [
        item("service", "", name="no id"),
        item("service", "s\0x", name="no id"),
        item("service", "s1", name="again"),
        item("service", "x" * 600, name="long id"),
    ]
    async with opened(folder) as world:
        run = await world.take(package(*town(), *odd))

        assert len(world.objects()) == 20
        assert run.state == runs.APPLIED
        found = dict(
            world.query("SELECT code, count(*) FROM directory_remark GROUP BY code")
        )
        assert found == {"object.unusable": 3, "object.twice": 1}


async def test_a_feed_nobody_refreshes_is_told_of_once(folder):
    async with opened(folder, source(stale_days=2)) as world:
        await world.take(package(*town()))
        world.clock.now += timedelta(days=2)
        await world.directories.look_after()
        await world.directories.look_after()
        assert [each.type for each in world.said()].count("feed_stale") == 1

        await world.take(package(*town()))
        world.clock.now += timedelta(days=1)
        await world.directories.look_after()

        assert [each.type for each in world.said()].count("feed_stale") == 1


async def test_what_was_before_is_forgotten_once_it_is_told(folder):
    async with opened(folder) as world:
        await world.take(package(*town()))
        await world.take(package(*town(s1={"alert": "x"})))

        await world.directories.look_after()

        assert world.query("SELECT count(*) FROM directory_object") == [(44,)]


async def test_the_score_counts_the_worst_of_each_object(folder):
    def remark(key, severity):
        return {
            "item": "remark",
            "level": 4,
            "severity": severity,
            "code": "record.stale",
            "type": "service",
            "id": key,
        }

    remarks = [remark("s1", "warning"), remark("s1", "info"), remark("s2", "error")]
    async with opened(folder) as world:
        run = await world.take(package(*town(), *remarks))

        # At level 4, which weighs a tenth: an error, and a warning that costs 0.4.
        assert run.score == round(100 - 10 * 1.4 / 44, 1)


async def test_two_feeds_that_say_the_same_are_linked_and_not_merged(folder):
    def shelf(owner, phone):
        return [
            organization(owner, name="Tafel Musterort e.V."),
            location(f"{owner}l"),
            service(
                f"{owner}s",
                owner,
                [f"{owner}l"],
                name="Lebensmittelausgabe",
                phones=[{"number": phone}],
            ),
        ]

    async with opened(folder, source("one"), source("two")) as world:
        await world.take(package(*shelf("a", "030 123 4567")), "one")
        await world.take(package(*shelf("b", "+49 30 1234567")), "two")

        links = world.query("SELECT type, score FROM directory_link")
        assert [each for each in links if each[0] == "service"] != []
        assert len(world.objects("service", "one")) == 1
        assert len(world.objects("service", "two")) == 1


async def test_a_reader_in_a_process_of_its_own_finds_the_same(folder, capfd):
    async with opened(folder, in_process=True) as world:
        told = [{"fail": "unpack"}, {"fail": "print"}]
        run = await world.take(package(*told, *town()))

        assert (run.state, len(world.objects())) == ("applied", 20)
        assert not list(folder.glob("directory/*/*"))
        assert CANARY not in "".join(capfd.readouterr())


async def test_a_reader_that_dies_fails_the_run_and_not_the_hub(folder):
    async with opened(folder, in_process=True) as world:
        run = await world.take(package({"fail": "die"}))
        assert (run.state, run.error_code) == ("failed", "DIR-002")

        assert (await world.take(package(*town()))).state == "applied"
