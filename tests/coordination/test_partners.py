"""Which partners are the sides of a referral, by what it says."""

import pytest

from hub.coordination.partners import HEARS, Partner, Partners, Party, numbers_of
from hub.model.taxonomy import EVENT_TYPES


def partner(name, *sides, organizations=(), sources=()):
    return Partner(
        name,
        organizations=frozenset(organizations),
        sources=frozenset(sources),
        sides=frozenset(sides),
    )


PARTNERS = Partners(
    [
        partner("clinic", "requester", sources=["klinik"]),
        partner(
            "bank", "performer", organizations=["REG|1", "directory:7"], sources=["in"]
        ),
        partner("kitchen", "performer", "requester", sources=["page"]),
        partner("shelter", "performer", sources=["page"]),
    ]
)


def org(system, value):
    return {"org": {"identifiers": [{"system": system, "value": value}]}}


@pytest.mark.parametrize(
    ("details", "first", "parties"),
    [
        ({}, {}, ()),
        ({"performer": {"party": "bank"}}, {}, (Party("bank", "performer"),)),
        ({"requester": {"party": "bank"}}, {}, ()),
        (
            {"performer": {"party": "nobody"} | org("REG", "1")},
            {},
            (Party("bank", "performer"),),
        ),
        ({"performer": org("REG", "1")}, {}, (Party("bank", "performer"),)),
        ({"performer": org("directory", "7")}, {}, (Party("bank", "performer"),)),
        ({"requester": org("REG", "1")}, {}, ()),
        ({"performer": org("REG", "2")}, {}, ()),
        ({"performer": "Food Bank"}, {}, ()),
        ({"performer": {"org": "Food Bank"}}, {}, ()),
        ({}, {"requester": "klinik"}, (Party("clinic", "requester"),)),
        ({}, {"performer": "klinik"}, ()),
        ({}, {"requester": "page"}, (Party("kitchen", "requester"),)),
        ({}, {"performer": "page"}, ()),
        (
            {"performer": {"party": "kitchen"}},
            {"requester": "page"},
            (Party("kitchen", "requester"), Party("kitchen", "performer")),
        ),
        (
            {"performer": {"party": "bank"}},
            {"performer": "page", "requester": "klinik"},
            (Party("clinic", "requester"), Party("bank", "performer")),
        ),
    ],
)
def test_the_referral_says_who_its_sides_are(details, first, parties):
    assert PARTNERS.parties(details, first) == parties


def test_a_feed_speaks_for_those_who_name_it():
    assert PARTNERS.speaking("page") == {"kitchen", "shelter"}
    assert PARTNERS.speaking("elsewhere") == frozenset()


def test_without_partners_there_are_none():
    assert not Partners()
    assert Partners().parties({"performer": {"party": "bank"}}, {}) == ()


def test_what_the_sides_hear_exists():
    assert HEARS["performer"] | HEARS["requester"] <= EVENT_TYPES


def test_the_numbers_of_a_partner_lead_back_to_it():
    written = frozenset({"urn:oid:1.2|A:1", "city:o-7"})
    partner = Partner("tafel", organizations=written, sides=frozenset({"performer"}))
    numbers = numbers_of(partner)

    assert numbers == [
        {"system": "city", "value": "o-7"},
        {"system": "urn:oid:1.2", "value": "A:1"},
    ]
    for each in numbers:
        stated = {"org": {"identifiers": [each]}}
        assert Partners([partner]).named("performer", stated) == "tafel"
