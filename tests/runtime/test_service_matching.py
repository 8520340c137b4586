"""Services found in directories in a store. Everything in them is made up."""

import asyncio
import json
from contextlib import closing
from datetime import timedelta

import pytest
from msgspec.structs import replace

from hub.config.matching import MatchingConfig, MatchingTable
from hub.coordination.service_match import hours
from hub.coordination.service_match.errors import (
    MatcherFailedError,
    NoMatcherError,
    NothingWantedError,
    PlacesUnreadableError,
)
from hub.model.directory import Wish
from hub.runtime.service_index import Indexing, ServiceIndex
from hub.runtime.service_matching import ServiceMatching
from hub.settings import Settings
from hub.store.services import indexing
from hub_community.matching.weights import WEIGHTS, WeightSettings
from tests.coordination.service_match.shapes import square
from tests.services_found import (
    FEED,
    HERE,
    NOW,
    Directory,
    key,
    location,
    obj,
    organization,
    service,
)

FAR = {"latitude": 40.6, "longitude": -122.4}


@pytest.fixture
def directory(tmp_path):
    with Directory(tmp_path / "data") as made:
        yield made


def filled(directory, *objects):
    """Let a directory with these objects come into force, and be found."""
    directory.lay(organization(), *objects)
    directory.index()
    return directory


def dump(store):
    """Return all that the index holds, as text."""
    with closing(store.reader()) as reader:
        tables = ("offer", "offer_term", "site", "shape")
        return str(
            [
                reader.execute(f"SELECT * FROM directory_{name}").fetchall()  # noqa: S608 - of this list
                for name in tables
            ]
        )


def test_a_need_finds_what_meets_it_nearest_first(directory):
    filled(
        directory,
        *(location("near"), service("near")),
        *(location("far", 37.95), service("far")),
        *(location("other"), service("other", "111-05")),
    )

    assert directory.names(**HERE) == ["near", "far"]


def test_what_is_found_has_its_organisation_its_reasons_and_its_unknowns(directory):
    filled(directory, location("a"), service("a", languages=[{"code": "es"}]))

    found = directory.find(postcode="94103", languages=("Spanish",))

    [one] = found.items
    assert (one.organization_name, one.feed, found.place) == ("Org o1", "city", "known")
    assert "spoken: es" in [part.reason for part in one.parts]
    assert "who is eligible: not stated" in one.unknowns
    assert one.distance_km < 2


def test_a_service_of_a_term_below_is_found_and_counts_less(directory):
    term = obj(
        "taxonomy_term", "t2", code="LOCAL-9", name="Corner shop", parent_id="t1"
    )
    above = obj("taxonomy_term", "t1", code="102-04", name="Food Pantry")
    below = [{"id": "x", "taxonomy_term_id": "t2"}]
    filled(
        directory,
        *(above, term, location("a"), location("b")),
        *(service("a", attributes=below), service("b")),
    )

    assert directory.names(**HERE) == ["b", "a"]


def test_what_does_not_fit_is_counted_by_its_reason(directory):
    filled(
        directory,
        *(location("a"), service("a", minimum_age=65)),
        *(location("b"), service("b", status="inactive")),
        *(location("c"), service("c")),
    )

    found = directory.find(**HERE, age=30)

    assert [each.name for each in found.items] == ["Service c"]
    assert found.left_out == {"age": 1, "status": 1}


def test_a_service_that_serves_the_place_is_found_though_its_office_is_far(directory):
    wide = json.dumps(square(36.0, -124.0, 6.0))
    area = [{"id": "x", "extent": wide, "extent_type": "geojson"}]
    filled(
        directory,
        *(location("wide", **FAR), service("wide", service_areas=area)),
        *(location("far", **FAR), service("far")),
    )

    assert directory.names(**HERE) == ["wide"]


AWAY = {"latitude": 38.5, "longitude": -122.4}  # some 80 km from there


@pytest.mark.parametrize(
    "area",
    [
        {"extent": json.dumps(square(37.5, -122.6, 0.5)), "extent_type": "geojson"},
        {"extent": "San Francisco County", "extent_type": "text"},
        {"extent": "California", "extent_type": "text"},
        {"extent": "CA", "extent_type": "text"},
        {"extent": "Nationwide", "extent_type": "text"},
    ],
)
def test_whom_it_serves_leads_to_a_service_and_not_its_office_alone(directory, area):
    areas = [{"id": "x", **area}]
    filled(
        directory,
        *(location("far", **AWAY), service("far", service_areas=areas)),
        *(location("none", **AWAY), service("none")),
    )

    found = directory.find(postcode="94103")
    near = directory.find(postcode="94103", radius_km=20)

    assert [(each.name, each.covers) for each in found.items] == [("Service far", True)]
    assert (near.items, near.left_out) == ([], {"distance": 1})


@pytest.mark.parametrize("mode", ["phone", "virtual"])
def test_what_needs_no_way_is_found_however_far_its_office_is(directory, mode):
    filled(directory, location("far", **FAR), service("far"))

    assert [each.name for each in directory.find(**HERE, mode=mode).items]
    assert not directory.find(**HERE, mode="in_person").items


def test_a_service_without_a_location_is_found_in_its_area_and_nowhere_else(directory):
    small = json.dumps(square(37.7, -122.5, 0.2))
    area = [{"id": "x", "extent": small, "extent_type": "geojson"}]
    filled(directory, service("mobile", places=(), service_areas=area))

    assert directory.names(**HERE) == ["mobile"]
    assert directory.names(**FAR) == []


def test_a_restricted_service_is_found_and_its_place_is_in_nothing(directory):
    secret = {"restricted": '["category.domestic_violence"]'}
    filled(
        directory,
        location("s", 37.7777, -122.4444, **secret),
        service("s", "101-06-01", **secret),
    )

    found = directory.find(categories=("intimate-partner-violence",), **HERE)

    [one] = found.items
    assert one.restricted
    assert (one.distance_km, one.covers) == (None, None)
    assert "37.7777" not in dump(directory.store)


def test_what_became_secret_meanwhile_is_found_without_its_place(directory):
    """The index is behind its directory for a moment."""
    filled(directory, location("a"), service("a"))
    directory.lay(service("a", restricted='["flag.private"]'))

    [one] = directory.find(**HERE).items

    assert one.restricted
    assert one.distance_km is None
    assert not any("km" in part.reason for part in one.parts)


def test_what_closed_or_went_meanwhile_is_not_found(directory):
    filled(directory, *(location("a"), service("a"), location("b"), service("b")))
    directory.lay(service("a", status="inactive"), service("b", removed=1))

    assert directory.names(**HERE) == []


def test_the_index_follows_what_comes_into_force(directory):
    filled(directory, *(location("a"), service("a"), location("b"), service("b")))

    directory.lay(service("a", "111-05"), location("b", **FAR))
    directory.index()

    assert directory.names(**HERE) == []
    assert directory.names(terms=("111-05",), **HERE) == ["a"]
    assert directory.names(**FAR) == ["b"]


def test_a_term_that_is_called_otherwise_is_found_by_its_new_name(directory):
    by_id = [{"id": "x", "taxonomy_term_id": "t1"}]
    filled(
        directory,
        *(obj("taxonomy_term", "t1", code="X", name="Old"), location("a")),
        service("a", attributes=by_id),
    )
    directory.lay(obj("taxonomy_term", "t1", code="X", name="Suppenküche"))
    directory.index()

    assert directory.names(**HERE) == ["a"]


def test_there_is_nothing_to_index_twice(directory):
    filled(directory, location("a"), service("a"))

    assert directory.index() == 0


def test_an_index_that_is_cut_off_is_made_again(directory, monkeypatch):
    directory.lay(organization(), *(location("a"), service("a")))
    with closing(directory.store.reader()) as reader:
        cut = Indexing(reader, directory.store.writer, {FEED}, rest=0)
        monkeypatch.setattr(indexing, "settle", lambda *_: [None])
        assert cut.turn()
        cut.stop()
        assert not cut.turn()
        assert indexing.behind(reader)
    monkeypatch.undo()

    assert directory.index() == 1
    assert directory.names(**HERE) == ["a"]


def test_what_is_of_a_source_that_is_gone_is_not_found(directory):
    directory.lay(organization("o2"), location("b"), service("b"), feed="other")
    filled(directory, location("a"), service("a"))
    assert directory.names(**HERE) == ["a", "b"]

    directory.index({FEED})

    assert directory.names(**HERE) == ["a"]
    with closing(directory.store.reader()) as reader:
        assert indexing.indexed_of(reader, "other") == ([], [])
        assert indexing.indexed_feeds(reader) == [FEED]
    assert directory.index({FEED}) == 0

    directory.index({FEED, "other"})

    assert directory.names(**HERE) == ["a", "b"]


def test_a_zip_code_of_post_office_boxes_finds_what_is_around_it(directory):
    filled(directory, location("a"), service("a"))

    found = directory.find(postcode="94188")  # in San Francisco, PO boxes only

    assert found.place == "known"
    assert [each.name for each in found.items] == ["Service a"]


def test_a_plz_is_learnt_from_what_lies_in_it(directory):
    kiel = {"addresses": [{"postal_code": "24103", "city": "Kiel", "country": "DE"}]}
    filled(
        directory,
        *(location("a", 54.32, 10.13, **kiel), service("a")),
        *(location("b", 54.33, 10.14), service("b")),
        *(location("c", 48.14, 11.58), service("c")),
    )

    found = directory.find(country="DE", postcode="24103")

    assert [each.name for each in found.items] == ["Service a", "Service b"]


def test_a_plz_is_looked_up_in_a_sites_own_table_first(directory, tmp_path):
    table = tmp_path / "plz.csv"
    table.write_text("postcode,lat,lon,kreis\n24306,54.16,10.42,Plön\n", "utf-8")
    area = [{"id": "x", "extent_type": "text", "extent": "Kreis Plön"}]
    filled(
        directory,
        *(location("a", 54.17, 10.41), service("a", service_areas=area)),
    )

    found = directory.find(country="DE", postcode="24306", table={"places": table})

    assert found.items[0].covers is True


def test_who_has_no_fixed_address_finds_services_all_the_same(directory):
    filled(directory, location("a"), service("a"), location("b", **FAR), service("b"))

    found = directory.find(no_fixed_address=True)

    assert found.place == "place.none"
    assert {each.name for each in found.items} == {"Service a", "Service b"}
    assert all("how far it is" in each.unknowns for each in found.items)


def test_codes_of_a_licensed_taxonomy_are_found_by_a_sites_own_mapping(
    directory, tmp_path
):
    own = tmp_path / "211.toml"
    own.write_text(
        'source = "a site"\nlicence = "its own"\nversion = "1"\n'
        '[needs.food-insecurity]\ncodes = { "BD" = 0.9 }\n'
    )
    filled(directory, location("a"), service("a", "BD-1800.2000"))

    assert directory.names(**HERE) == []
    assert directory.names(**HERE, table={"mapping": own}) == ["a"]


def test_as_many_are_found_as_are_asked_for(directory):
    objects = [one for n in range(30) for one in (location(f"{n}"), service(f"{n}"))]
    filled(directory, *objects)

    assert len(directory.names(**HERE)) == 20
    assert len(directory.names(**HERE, limit=3)) == 3


def test_what_needs_nothing_finds_nothing(directory):
    with pytest.raises(NothingWantedError):
        directory.find(categories=())


def matching(directory, spec=WEIGHTS, **table):
    config = MatchingConfig(MatchingTable(**table), spec, WeightSettings())
    return ServiceMatching(config, directory.reader().services, "US", None, lambda: NOW)


def test_without_a_matcher_nothing_is_put_in_order(directory):
    with pytest.raises(NoMatcherError):
        matching(directory, None).find(Wish(categories=("stress",)))


def test_a_matcher_that_fails_is_named(directory):
    filled(directory, location("a"), service("a"))

    def fail(_offer, _wish, _settings):
        raise ZeroDivisionError

    broken = matching(directory, spec_with(fail))
    with pytest.raises(MatcherFailedError) as caught:
        broken.find(Wish(categories=("food-insecurity",)))

    assert caught.value.detail == "ZeroDivisionError"


def spec_with(rate):
    return type(WEIGHTS)(
        name="broken", version="1", settings=Settings, rate=rate, summary="Fails."
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [("places", None), ("places", "postcode,lat,lon\n"), ("mapping", "x = 1")],
)
def test_a_table_that_cannot_be_used_is_refused(directory, tmp_path, name, text):
    file = tmp_path / "own"
    if text is not None:
        file.write_text(text)

    with pytest.raises(PlacesUnreadableError):
        matching(directory, **{name: file})


async def test_a_running_hub_indexes_what_comes_into_force(directory):
    directory.lay(organization(), location("a"), service("a"))
    with closing(directory.store.reader()) as reader:
        index = ServiceIndex(directory.store, {FEED})
        task = asyncio.create_task(index.run())
        async with asyncio.timeout(20):
            while index.under_way(reader):  # noqa: ASYNC110 - nothing tells
                await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await index.stop()

    found = await matching(directory).match(Wish(terms=("102-04",), **HERE))
    assert [each.service for each in found.items] == [key("a")]


def test_what_is_open_then_counts(directory):
    rule = {
        "freq": "WEEKLY",
        "byday": ["TU"],
        "opens_at": "09:00",
        "closes_at": "17:00",
        "timezone": "America/Los_Angeles",
    }
    filled(directory, location("a"), service("a", hours=[rule]))
    open_, later = NOW + timedelta(hours=2), NOW + timedelta(hours=12)

    assert directory.find(**HERE, at=open_).items[0].open_at is True
    [closed] = directory.find(**HERE, at=later).items
    assert closed.open_at is False
    assert closed.opens_next == NOW + timedelta(days=7, hours=1)


def test_when_it_opens_next_is_looked_for_of_what_is_shown_alone(
    directory, monkeypatch
):
    looked = []
    monkeypatch.setattr(
        hours, "next_opening", lambda rules, at: looked.append(rules) or at
    )
    rule = {"freq": "WEEKLY", "byday": ["SU"], "opens_at": "09:00", "timezone": "UTC"}
    names = [f"{number}" for number in range(8)]
    filled(
        directory,
        *(location(each) for each in names),
        *(service(each, hours=[{**rule, "closes_at": "10:00"}]) for each in names),
    )

    found = directory.find(**HERE, limit=3)

    assert len(found.items) == len(looked) == 3
    assert all(each.opens_next for each in found.items)


def test_a_second_directory_is_found_beside_the_first(directory):
    filled(directory, location("a"), service("a"))
    directory.lay(
        *(organization(), location("z"), service("z")),
        feed="county",
    )
    directory.index()

    found = directory.find(**HERE)
    assert {each.feed for each in found.items} == {"city", "county"}


def test_a_wish_in_words_is_read_as_services_write_it(directory):
    ramp = [{"description": "Wheelchair ramp"}]
    filled(directory, location("a", accessibility=ramp), service("a"))
    wish = Wish(categories=("food-insecurity",), accessibility=("Rollstuhl",), **HERE)

    [one] = matching(directory).find(replace(wish, languages=("Deutsch",))).items

    assert one.accessibility == ["wheelchair"]
    points = {part.input: part.points for part in one.parts}
    assert points["accessibility"] == WeightSettings().accessibility
