"""Pages of lists: whatever a server says, reading ends, and tells the truth."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_community.fetching.pages import Page, Paging, Step, key_of, read_page
from plugins.community.tests.fetching.publisher import page

MOST = 40


def records(*numbers):
    return [{"id": f"s{number}"} for number in numbers]


def gone_through(server):
    """Return a paging that asked `server`, and all records in their order."""
    paging, found = Paging(MOST), []
    while paging.step is not None:
        found += paging.take(read_page(server(paging.step)))
    return paging, [key_of(each) for each in found]


@given(total=st.integers(0, 60), size=st.integers(2, 30), counts=st.booleans())
def test_an_honest_list_is_read_to_its_end(total, size, counts):
    everything = records(*range(total))

    def server(step):
        whole = page(everything, step.number, size)
        return whole if counts else whole["contents"]

    paging, found = gone_through(server)

    assert found == [each["id"] for each in everything]
    assert paging.complete


odd_pages = st.builds(
    Page,
    records=st.lists(
        st.fixed_dictionaries({"id": st.integers(0, 30)}) | st.just({}), max_size=4
    ),
    strange=st.integers(0, 1),
    items=st.none() | st.integers(0, 50),
    pages=st.none() | st.integers(0, 10**9),
    last=st.none() | st.booleans(),
    next=st.none() | st.sampled_from(["/a", "/b", "/c"]),
)


@given(st.lists(odd_pages, min_size=1, max_size=10))
def test_whatever_comes_it_ends_and_finds_nothing_twice(pages):
    paging, found, asked = Paging(MOST), [], 0

    while paging.step is not None:
        found += [key_of(each) for each in paging.take(pages[asked % len(pages)])]
        asked += 1

    known = [key for key in found if key]
    assert asked <= MOST
    assert len(known) == len(set(known))
    assert not (paging.complete and any(each.strange for each in pages[:asked]))


@given(st.integers(1, 40), st.data())
def test_a_list_that_lacks_some_is_never_complete(total, data):
    left_out = data.draw(st.integers(0, total - 1))
    size = data.draw(st.integers(1, 10))
    there = [each for each in records(*range(total)) if each["id"] != f"s{left_out}"]

    def server(step):
        start = (step.number - 1) * size
        pages = math.ceil(total / size)
        return {
            "total_items": total,
            "total_pages": pages,
            "contents": there[start : start + size],
        }

    paging, found = gone_through(server)

    assert len(found) == total - 1 or paging.gap
    assert not paging.complete


@given(st.recursive(st.none() | st.integers() | st.text(max_size=5) | st.booleans(),
       lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
           st.sampled_from(["contents", "total_items", "next", "last", "id"]), inner,
           max_size=4), max_leaves=8), st.text(max_size=30))  # fmt: skip
def test_any_json_is_a_page_or_none(value, link):
    found = read_page(value, link)

    assert found is None or all(isinstance(each, dict) for each in found.records)


def test_an_empty_page_in_the_middle_is_not_the_end():
    pages = {1: records(1, 2), 2: [], 3: records(3, 4)}

    paging, found = gone_through(
        lambda step: {
            "total_items": 4,
            "total_pages": 3,
            "contents": pages[step.number],
        }
    )

    assert found == ["s1", "s2", "s3", "s4"]
    assert paging.complete


def test_an_empty_page_in_the_middle_of_a_list_that_counts_nothing_is_looked_behind():
    pages = {1: records(1), 2: [], 3: records(2)}

    _, found = gone_through(lambda step: pages.get(step.number, []))

    assert found == ["s1", "s2"]


def test_totals_that_change_mean_that_the_list_moved():
    totals = {1: (4, 2), 2: (5, 3), 3: (5, 3)}
    pages = {1: records(1, 2), 2: records(3, 4), 3: records(5)}

    paging, found = gone_through(
        lambda step: {
            "total_items": totals[step.number][0],
            "total_pages": totals[step.number][1],
            "contents": pages[step.number],
        }
    )

    assert found == ["s1", "s2", "s3", "s4", "s5"]
    assert paging.moved
    assert not paging.complete


def test_pages_of_another_size_than_was_asked_for_are_read_all():
    everything = records(*range(7))

    paging, found = gone_through(
        lambda step: page(everything, step.number, 2, total_pages=1)
    )

    assert len(found) == 7
    assert paging.complete


def test_a_server_that_ignores_the_number_of_a_page_gives_the_list_at_once():
    paging, found = gone_through(lambda _: records(1, 2, 3))

    assert found == ["s1", "s2", "s3"]
    assert paging.complete


def test_a_server_that_promises_more_pages_and_repeats_one_is_given_up():
    paging, found = gone_through(
        lambda _: {"total_pages": 10**9, "contents": records(1, 2)}
    )

    assert found == ["s1", "s2"]
    assert paging.gap


def test_a_billion_empty_pages_are_not_asked_for():
    asked = []

    paging, _ = gone_through(
        lambda step: asked.append(step) or {"total_pages": 10**9, "contents": []}
    )

    assert len(asked) == 3
    assert paging.gap


def test_links_are_followed_where_nothing_is_counted():
    paging = Paging(MOST)
    paging.take(read_page({"results": records(1), "next": "/services?cursor=a"}))

    assert paging.step == Step(2, "/services?cursor=a")


def test_links_that_go_in_circles_are_left():
    chain = {1: "/a", 2: "/b"}

    paging, found = gone_through(
        lambda step: {
            "contents": records(step.number),
            "next": chain.get(step.number, "/a"),
        }
    )

    assert found == ["s1", "s2", "s3"]
    assert paging.gap


def test_a_link_may_stand_in_a_header():
    found = read_page(records(1), '</services?page=1>; rel="prev", </n?p=3>; rel=next')

    assert found.next == "/n?p=3"


@pytest.mark.parametrize(
    ("around", "expected"),
    [
        ({"total_items": 3, "total_pages": 2, "last_page": False}, (3, 2, False)),
        ({"totalElements": 3, "totalPages": 2, "last": True}, (3, 2, True)),
        ({"total_items": "3", "total_pages": -1, "last_page": "no"}, (None,) * 3),
        ({"count": 3}, (None,) * 3),
    ],
)
def test_totals_are_read_as_they_are_written_and_only_numbers(around, expected):
    found = read_page({"contents": [], **around})

    assert (found.items, found.pages, found.last) == expected


@pytest.mark.parametrize(
    ("said", "key"), [("a", "a"), (7, "7"), (" a ", "a"), (None, ""), (True, "")]
)
def test_ids_are_texts(said, key):
    assert key_of({"id": said}) == key
