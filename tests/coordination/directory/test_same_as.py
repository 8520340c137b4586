"""Which objects look like the same; all of them are made up."""

from datetime import UTC, datetime

import pytest

from hub.coordination.directory.names import (
    digits_of,
    folded,
    host_of,
    hub_key,
    natural,
)
from hub.coordination.directory.same_as import (
    LINKED,
    Assured,
    features,
    likeness,
    preferred,
    tokens,
)


def seen(feed, name, phone="", code="", url=""):
    record = {"name": name, "phones": [{"number": phone}], "url": url}
    return features(feed, "service", f"{feed}-{name}", record, [code])


BANK = seen("a", "Tafel Nord e.V.", "030 1234567", "10115", "https://tafel.example")


@pytest.mark.parametrize(
    ("other", "linked"),
    [
        (seen("b", "TAFEL  NORD", "+49 30 1234567", "10115"), True),
        (seen("b", "Tafel Nord", "", "10115", "http://www.tafel.example/x"), True),
        (seen("b", "Tafel Nord"), False),
        (seen("b", "Tafel Nord", "040 7654321", "20095"), False),
        (seen("b", "Kleiderkammer", "030 1234567", "10115"), False),
        (seen("a", "Tafel Nord", "030 1234567", "10115"), False),
    ],
)
def test_what_looks_like_the_same_is_linked(other, linked):
    found = likeness(BANK, other)

    assert (found.score >= LINKED) is linked
    assert likeness(other, BANK) == found
    if linked:
        assert set(tokens(BANK)) & set(tokens(other))


def test_who_was_assured_last_counts_and_not_who_exported_last():
    def assured(key, year, **record):
        return Assured(key, record, datetime(year, 1, 1, tzinfo=UTC) if year else None)

    found = preferred(
        [
            assured("dir_1", 2024, name="a", url="u"),
            assured("dir_2", 2025, name="b", email=""),
            assured("dir_3", 0, name="c", email="e"),
        ]
    )

    assert found == {"name": "dir_2", "url": "dir_1", "email": "dir_3"}


def test_names_are_compared_as_people_mean_them():
    assert folded("The Café of Köln, Inc.") == "cafe koln"
    assert folded("Straße & Co") == "strasse and"
    assert folded("The") == "the"
    assert folded(None) == ""


def test_numbers_and_hosts_are_compared_without_what_varies():
    assert digits_of("+49 (0)30 123-456-78") == digits_of("003012345678")
    assert digits_of("911") == ""
    assert (
        host_of("www.example.org/x") == host_of("https://EXAMPLE.org") == "example.org"
    )
    assert host_of("http://[broken") == ""


def test_natural_names_tell_apart_what_differs():
    def of(name="a", owner="o", code="1"):
        return natural("service", {"name": name}, owner, code)

    assert of() == of(name=" A ")
    assert len({of(), of(name="b"), of(owner="p"), of(code="2")}) == 4
    assert hub_key("f", "service", "1") != hub_key("g", "service", "1")
    assert hub_key("f", "service", "1").startswith("dir_")
