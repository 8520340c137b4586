"""What is open in the review queue, and what is not. All of it is made up."""

import msgspec
import pytest

from hub.coordination.people import Person, Statement
from hub.model.identifiers import Identifier
from hub.model.labels import Labels
from hub.store.query_errors import BadCursorError, UnknownIdError
from hub.store.review_sides import masked
from hub.store.whose import KnownIdentity
from tests.identities import (
    ANNA,
    BEARER,
    KVNR,
    OTHER,
    admits,
    repairs,
    says,
    two_to_compare,
)
from tests.played import CANARY, Played

THIRD = Identifier("WEST", "W3", "MR")
SECOND_KVNR = Identifier(KVNR.system, "B123456782", "KVNR")
HOME = {
    "addresses": [
        {
            "street": "Lindenweg",
            "house_number": "4",
            "postal_code": "24103",
            "city": "Kiel",
        }
    ]
}
#: Two who have different numbers of a payer, and one who is like both.
CONTRADICTING = (
    says(BEARER, ANNA | HOME, 8, KVNR),
    says(OTHER, ANNA | HOME, 9, SECOND_KVNR),
    says(THIRD, ANNA | HOME, 10),
)
#: Four who have nothing in common but a number of a payer.
FOUR = (
    ("Muster", "Anna", "1961-04-07"),
    ("Beispiel", "Berta", "1975-11-30"),
    ("Zufall", "Clemens", "1988-02-19"),
    ("Quelle", "Dietrich", "1942-12-05"),
)


def about(family, given, born):
    """Return what is said of somebody."""
    return {"names": [{"family": family, "given": given}], "birth_date": born}


@pytest.fixture
def played(tmp_path):
    return Played(tmp_path / "data")


def states(played):
    return sorted(each.state for each in played.reader.reviews.open_reviews().items)


def test_who_shares_a_number_and_nothing_else_is_asked_about(played):
    played.play(*two_to_compare())
    (review,) = played.reader.reviews.open_reviews().items

    assert (review.state, review.rule) == ("candidate", "trusted_id_contradicted")
    assert played.message(2).id not in msgspec.json.encode(review).decode()
    assert review.since == played.heard(2)
    assert played.reader.reviews.count_open() == 1
    assert CANARY not in msgspec.json.encode(review).decode()


def test_a_link_that_contradicts_another_one_is_asked_about(played):
    played.play(*CONTRADICTING)
    reviews = played.reader.reviews

    assert states(played) == ["candidate", "contradiction"]
    for state in ("candidate", "contradiction"):
        (review,) = reviews.open_reviews(state=state).items
        assert review.state == state
        assert reviews.review(review.id).state == state


def test_who_is_one_person_already_is_not_asked_about(played):
    played.play(says(BEARER, ANNA, 8, KVNR), says(OTHER, ANNA, 9, KVNR))

    assert states(played) == []


@pytest.mark.parametrize("operation", ["link", "unlink"])
@pytest.mark.parametrize("by", ["", "ops"])
def test_what_somebody_said_is_not_asked(played, operation, by):
    played.play(*two_to_compare(), repairs(operation, OTHER, [BEARER], decided_by=by))

    assert states(played) == []
    assert played.reader.reviews.count_open() == 0


def test_who_is_no_longer_alike_is_not_asked_about(played):
    played.play(*two_to_compare())
    (review,) = played.reader.reviews.open_reviews().items
    played.play(repairs("link", OTHER, [BEARER], 12))

    assert played.reader.reviews.review(review.id).state == "joined"


def test_the_queue_is_read_page_by_page(played):
    played.play(
        *(
            says(Identifier(f"H{born}", born, "MR"), about(*names, born), 8, KVNR)
            for *names, born in FOUR
        )
    )
    reviews = played.reader.reviews
    whole, found, cursor = reviews.open_reviews().items, [], None
    while True:
        page = reviews.open_reviews(limit=2, cursor=cursor)
        found += page.items
        cursor = page.next
        if cursor is None:
            break

    assert len(whole) == 6
    assert found == whole
    assert reviews.count_open() == 6


def test_a_cursor_of_another_list_is_refused(played):
    played.play(*two_to_compare())
    cursor = played.entities.persons(limit=1).next

    with pytest.raises(BadCursorError):
        played.reader.reviews.open_reviews(cursor=cursor)


@pytest.mark.parametrize("key", ["", "rev_0", "rev_" + "0" * 32, "p_none"])
def test_a_review_that_is_not_there_is_unknown(played, key):
    played.play(*two_to_compare())

    with pytest.raises(UnknownIdError):
        played.reader.reviews.review(key)


def test_numbers_that_a_sender_merged_are_no_review(played):
    """Nobody found them to be alike, and nobody decided it."""
    number = Identifier("NORD", "P2", "MR")
    played.play(admits(BEARER, "V1"), repairs("merge", number, [BEARER]))
    (person,) = played.entities.persons().items
    question = played.reader.reviews.question(*person.identities)

    assert question.decided is None
    assert not question.four_eyes
    assert states(played) == []


@pytest.mark.parametrize(
    ("labels", "sensitive"),
    [
        (None, False),
        (Labels(), False),
        (Labels("R"), True),
        (Labels("N", ("HIV",)), True),
        (Labels("V", ("PSY",)), True),
    ],
)
def test_who_is_treated_in_secret_needs_four_eyes(played, labels, sensitive):
    played.play(*two_to_compare(labels))
    (review,) = played.reader.reviews.open_reviews().items

    detail = played.reader.reviews.review(review.id, with_content=True)
    systems = {n.system for each in detail.unmasked for n in each.identifiers}
    assert detail.four_eyes is sensitive
    assert ("" in systems) is sensitive
    assert (OTHER.system in systems) is not sensitive


def test_a_short_number_is_not_shown_by_its_ending(played):
    played.play(*two_to_compare())
    (review,) = played.reader.reviews.open_reviews().items
    endings = {
        each.ending for side in (review.one, review.other) for each in side.numbers
    }

    assert endings == {"…", "…780", "…815"}


@pytest.mark.parametrize("names", [None, [], [{}], [{"given": "", "family": "M"}]])
def test_who_has_no_name_has_no_initials(names):
    statements = {"names": Statement(0.0, "", names)}
    known = KnownIdentity("p_1", "p_1", 0, 1, Person((BEARER,), statements))

    assert masked(known).initials == ("M." if names and names[0] else "")


def test_a_secret_under_another_number_of_one_of_them_counts_too(played):
    other = Identifier("WEST", "W3", "MR")
    secret = admits(other, "W1", 7, labels=Labels("R", ("PSY",)))
    linked = repairs("link", OTHER, [other], 11)
    played.play(secret, *two_to_compare(), linked)
    (review,) = played.reader.reviews.open_reviews().items

    detail = played.reader.reviews.review(review.id, with_content=True)
    systems = {n.system for each in detail.unmasked for n in each.identifiers}
    assert detail.four_eyes
    assert {BEARER.system, OTHER.system} <= systems
