"""What changed of a directory: asked for, and swept for what servers keep quiet."""

from datetime import timedelta

import pytest

from hub_community.fetching.api import ApiDirectory
from hub_community.fetching.settings import ApiSettings
from plugins.community.tests.fetching.publisher import answer, service
from plugins.community.tests.fetching.turning import rounds_of

NEW = "2026-03-16T18:00:00Z"
OLD = "2026-03-01T00:00:00Z"


def source_of(publisher, clock, **given):
    return ApiDirectory(
        ApiSettings(
            **{"kind": "hsds-api", "url": publisher.url, "per_page": 3, "attempts": 1}
            | given
        ),
        clock,
    )


@pytest.fixture
def directory(publisher):
    """Serve ten services."""
    publisher.put(*map(service, range(10)))
    return publisher


async def test_only_what_was_modified_is_asked_for_and_told(directory, clock):
    async with rounds_of(source_of(directory, clock), clock) as rounds:
        await rounds.snapshot()
        directory.put(service(3, name="Renamed", last_modified=NEW))
        found = await rounds.snapshot()

    assert found.mode == "delta"
    assert found.services == ["s3"]
    assert found.first["since"] == "2026-03-16T11:00:00Z"
    assert directory.asked[-1].query["modified_after"] == "2026-03-16T11:00:00Z"


async def test_since_when_is_asked_by_the_clock_of_the_server(directory, clock):
    directory.at -= timedelta(days=3)  # it is behind

    async with rounds_of(source_of(directory, clock), clock) as rounds:
        await rounds.snapshot()
        directory.put(service(3, name="Renamed", last_modified="2026-03-13T12:30:00Z"))
        found = await rounds.snapshot()

    assert found.first["since"] == "2026-03-13T11:00:00Z"
    assert found.services == ["s3"]


async def test_a_service_that_comes_again_as_it_was_is_not_told(directory, clock):
    directory.put(service(1, last_modified="2026-03-16T11:30:00Z"))

    async with rounds_of(source_of(directory, clock), clock) as rounds:
        await rounds.snapshot()
        found = await rounds.snapshot()

    assert found.mode == "unchanged"


async def test_details_are_fetched_of_what_was_modified(directory, clock):
    directory.honours -= {"full"}

    async with rounds_of(source_of(directory, clock), clock) as rounds:
        await rounds.snapshot()
        directory.put(service(3, name="Renamed", last_modified=NEW))
        before = len(directory.asked)
        found = await rounds.snapshot()

    assert found.records["service", "s3"]["phones"]
    assert "/services/s3" in {each.path for each in directory.asked[before:]}
    assert "/services/s4" not in {each.path for each in directory.asked[before:]}


async def test_a_sweep_finds_what_was_removed_added_or_changed_in_silence(
    directory, clock
):
    async with rounds_of(source_of(directory, clock), clock) as rounds:
        await rounds.snapshot()
        del directory.services["s2"]
        directory.put(
            service(11, last_modified=OLD),
            service(4, name="Other", last_modified="2026-03-02T00:00:00Z"),
        )
        quiet = await rounds.snapshot(hours=1)
        found = await rounds.snapshot(hours=24)

    assert quiet.mode == "unchanged"
    assert found.mode == "delta"
    assert found.gone == [("service", "s2")]
    assert found.services == ["s11", "s4"]
    assert found.seen >= {"s1", "s4", "s11", "o1"}


async def test_a_sweep_looks_at_the_other_lists_as_well(directory, clock):
    async with rounds_of(source_of(directory, clock), clock) as rounds:
        await rounds.snapshot()
        directory.lists["organizations"] = [{"id": "o2", "name": "Other (synthetic)"}]
        found = await rounds.snapshot(hours=24)

    assert found.gone == [("organization", "o1")]
    assert ("organization", "o2") in found.records


async def test_a_sweep_that_breaks_off_removes_nothing_and_is_made_again(
    directory, clock
):
    async with rounds_of(source_of(directory, clock), clock) as rounds:
        await rounds.snapshot()
        del directory.services["s9"]
        directory.instead = lambda request: (
            answer({}, 500)
            if request.query.get("minimal") and request.query["page"] == "2"
            else None
        )
        broken = await rounds.snapshot(hours=24)
        directory.instead = lambda _: None
        found = await rounds.snapshot(hours=1)

    assert broken.mode == "unchanged"
    assert found.gone == [("service", "s9")]


async def test_a_list_of_changes_that_breaks_off_is_asked_for_again(directory, clock):
    async with rounds_of(source_of(directory, clock), clock) as rounds:
        await rounds.snapshot()
        directory.at += timedelta(hours=6)
        directory.put(
            *(service(each, name="New", last_modified=NEW) for each in range(4))
        )
        directory.instead = lambda request: (
            answer({}, 500) if request.query.get("page") == "2" else None
        )
        broken = await rounds.snapshot()
        directory.instead = lambda _: None
        found = await rounds.snapshot()

    assert broken.services == ["s0", "s1", "s2"]
    assert found.services == ["s3"]
    assert found.first["since"] == broken.first["since"]


async def test_row_13_a_server_that_ignores_modified_after_is_read_in_full(
    directory, clock
):
    directory.honours -= {"modified_after"}

    async with rounds_of(source_of(directory, clock), clock) as rounds:
        await rounds.snapshot()
        directory.put(service(3, name="Renamed"))
        second = await rounds.snapshot()
        asked = len(directory.asked)
        third = await rounds.snapshot()

    assert (second.mode, len(second.services)) == ("full", 10)
    assert third.mode == "unchanged"
    assert not any("modified_after" in each.query for each in directory.asked[asked:])


async def test_row_13_a_server_that_ignores_minimal_is_read_in_full(directory, clock):
    directory.honours -= {"minimal"}

    async with rounds_of(source_of(directory, clock), clock) as rounds:
        await rounds.snapshot()
        del directory.services["s2"]
        found = await rounds.snapshot(hours=24)

    assert (found.mode, found.complete) == ("full", True)
    assert len(found.services) == 9


async def test_row_13_everything_is_read_again_from_time_to_time(directory, clock):
    async with rounds_of(source_of(directory, clock), clock) as rounds:
        await rounds.snapshot()
        directory.put(service(3, name="Renamed in silence"))
        quiet = await rounds.snapshot(days=1)
        found = await rounds.snapshot(days=7)

    assert quiet.mode == "unchanged"
    assert (found.mode, len(found.services)) == ("full", 10)


async def test_row_13_tags_of_all_pages_spare_what_did_not_change(directory, clock):
    def tagged(request):
        if request.path != "/services":
            return None
        response = directory._usual(request)
        tag = f'"{hash(response.body)}"'
        if request.headers.get("If-None-Match") == tag:
            return answer(None, 304)
        response.headers["ETag"] = tag
        return response

    directory.instead = tagged
    source = source_of(directory, clock, increments=False)

    async with rounds_of(source, clock) as rounds:
        await rounds.snapshot()
        asked = len(directory.asked)
        second = await rounds.snapshot()
        spared = len(directory.asked) - asked
        directory.put(service(9, name="Renamed"))
        third = await rounds.snapshot()

    assert second.mode == "unchanged"
    assert spared == 5  # what it is, and four pages
    assert (third.mode, len(third.services)) == ("full", 10)


async def test_after_a_directory_that_was_not_complete_all_is_read_again(
    directory, clock
):
    async with rounds_of(source_of(directory, clock), clock) as rounds:
        directory.instead = lambda request: (
            answer({}, 500) if request.query.get("page") == "3" else None
        )
        first = await rounds.snapshot()
        directory.instead = lambda _: None
        second = await rounds.snapshot()

    assert (first.mode, first.complete) == ("full", False)
    assert (second.mode, second.complete, len(second.services)) == ("full", True, 10)


async def test_another_version_of_the_api_is_read_in_full(directory, clock):
    async with rounds_of(source_of(directory, clock), clock) as rounds:
        await rounds.snapshot()
        directory.root["version"] = "3.2"
        directory.put(service(3, name="Renamed"))
        found = await rounds.snapshot()

    assert (found.mode, found.first["version"]) == ("full", "3.2")


async def test_a_directory_that_comes_back_empty_in_a_sweep_is_told_as_gone(
    directory, clock
):
    async with rounds_of(source_of(directory, clock), clock) as rounds:
        await rounds.snapshot()
        directory.services = {}
        found = await rounds.snapshot(hours=24)

    assert len(found.gone) == 10  # the hub holds it: too much is gone (R-DIR-06)
