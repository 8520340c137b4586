"""What nobody lives through is found, and what happens to people is not."""

from datetime import date

import pytest

from hub.coordination.fold import fold_witnesses
from hub.coordination.identity.consistency import Identity, Whole, findings
from hub.coordination.identity.links import Link
from hub.coordination.identity.presences import Contact
from hub.coordination.people import Person, learn
from hub.coordination.standing import witness
from hub.errors import HubError
from hub.model.facts import FactKind, Subject
from hub.model.identifiers import Identifier, Location
from tests.coordination.scenarios import at, end, fact, start

TODAY = date(2026, 3, 20)
NORD, SUED = (Identifier(system, "0001", "MR") for system in ("NORD", "SUED"))
CARD = "REGION"


def identity(key, *numbers, **demographics):
    """Return an identity of which its sender says this."""
    person, _ = learn(Person(), Subject(numbers, demographics), 0.0)
    return Identity(key, person)


def contact(key, *facts, facility="A", under="p_1"):
    """Return an encounter at a facility, from its facts."""
    placed = [
        each
        if each.kind is FactKind.END
        else fact(
            each.kind,
            each.occurred,
            encounter_class=each.encounter_class,
            location=Location(unit=f"W{each.occurred.raw}", facility=facility),
        )
        for each in facts
    ]
    return Contact(key, under, fold_witnesses([witness(each) for each in placed]))


def codes(*identities, contacts=(), links=()):
    """Return what is found of a person, by code, each with where it shows."""
    found = findings(Whole("p_1", identities, contacts, links), TODAY)
    return [(each.error.code, each.about) for each in found]


def held(one, other, basis="repaired", state="auto"):
    return Link(one, other, basis, state, "merge", 0, "", 1)


ONE = identity("p_1", NORD, birth_date="1961-04-07")


def test_two_beds_at_a_time_are_found():
    stays = (
        contact("enc_a", start(at(8)), end(at(8, day=3))),
        contact("enc_b", start(at(9, day=1)), end(at(9, day=2)), facility="B"),
    )

    assert codes(ONE, contacts=stays) == [("PERSON-001", ("enc_a", "enc_b"))]


@pytest.mark.parametrize(
    "second",
    [
        contact("enc_b", start(at(9, day=1)), end(at(9, day=2))),
        contact("enc_b", start(at(7, day=3)), facility="B"),
        contact("enc_b", start(at(9, day=4)), facility="B"),
        contact("enc_b", start(at(9, day=1), code="outpatient"), facility="B"),
    ],
    ids=["same hospital", "handed over", "afterwards", "sample sent"],
)
def test_what_follows_or_goes_together_is_no_finding(second):
    stays = (contact("enc_a", start(at(8)), end(at(8, day=3))), second)

    assert codes(ONE, contacts=stays) == []


def test_a_bed_that_is_kept_during_leave_is_no_finding():
    leave = fact(FactKind.LEAVE, at(12))
    stays = (
        contact("enc_a", start(at(8)), leave),
        contact("enc_b", start(at(9, day=1)), end(at(9, day=2)), facility="B"),
    )

    assert codes(ONE, contacts=stays) == []


def test_two_hospitals_within_an_hour_are_found():
    move = fact(FactKind.MOVE, at(20))
    stays = (
        contact("enc_a", start(at(8)), move),
        contact("enc_b", start(at(20, 30), code="emergency"), facility="B"),
    )

    assert codes(ONE, contacts=stays) == [("PERSON-002", ("enc_a", "enc_b"))]


def test_an_emergency_elsewhere_hours_after_anything_happened_is_no_finding():
    stays = (
        contact("enc_a", start(at(8))),
        contact("enc_b", start(at(20), code="emergency"), facility="B"),
    )

    assert codes(ONE, contacts=stays) == []


def test_two_birth_dates_are_found():
    other = identity("p_2", SUED, birth_date="1961-07-04")

    assert codes(ONE, other) == [("PERSON-003", ("p_1", "p_2"))]


@pytest.mark.parametrize("born", ["1961", "1961-04-07", "1900-01-01", None])
def test_a_year_alone_and_what_stands_for_nothing_contradict_no_birth_date(born):
    other = identity("p_2", SUED, birth_date=born)

    assert codes(ONE, other) == []


def test_who_is_seen_after_their_death_is_found():
    died = identity("p_2", SUED, deceased={"flag": True, "at": "2026-03-01"})
    seen = contact("enc_a", start(at(8)))

    assert codes(ONE, died, contacts=(seen,)) == [("PERSON-004", ("p_2", "enc_a"))]


@pytest.mark.parametrize("day", ["2026-03-08", "2026-03-10", "2026-03", "2026-02-31"])
def test_what_is_booked_around_a_death_is_no_finding(day):
    died = identity("p_2", SUED, deceased={"flag": True, "at": day})

    assert codes(died, contacts=(contact("enc_a", start(at(8))),)) == []


def test_two_values_of_a_number_that_is_single_are_found():
    cards = [Identifier(CARD, value, "HC") for value in ("4711", "0815")]
    one, other = identity("p_1", NORD, cards[0]), identity("p_2", SUED, cards[1])

    assert codes(one, other) == [("PERSON-005", ("p_1", "p_2"))]
    assert codes(identity("p_1", NORD, *cards)) == [("PERSON-005", ("p_1",))]


def test_numbers_that_a_sender_says_to_be_one_patients_are_no_finding():
    other = identity("p_2", Identifier("NORD", "0002", "MR"))
    both = identity("p_1", NORD, Identifier("NORD", "0002", "MR"))

    assert codes(ONE, other) == [("PERSON-005", ("p_1", "p_2"))]
    assert codes(ONE, other, links=[held("p_1", "p_2")]) == []
    assert codes(ONE, other, links=[held("p_1", "p_2", "matched")]) != []
    assert codes(both) == []


def test_a_newborn_without_a_name_is_found_when_it_should_have_one():
    names = [{"family": "Beispiel", "given": "Baby Girl"}]
    old, young = (
        identity("p_1", NORD, birth_date=born, names=names)
        for born in ("2026-01-02", "2026-03-02")
    )

    assert codes(old) == [("PERSON-006", ("p_1",))]
    assert codes(young) == []


def test_a_cancelled_contact_and_a_companion_are_nowhere():
    cancel = fact(FactKind.CANCEL, at(8), at(10), cancels=FactKind.START)
    base = contact("enc_a", start(at(8)))
    gone = Contact(
        "enc_b",
        "p_1",
        fold_witnesses([witness(start(at(9))), witness(cancel)]),
    )

    assert codes(ONE, contacts=(base, gone)) == []


def test_every_kind_says_what_to_do():
    for code in [f"PERSON-00{number}" for number in range(1, 7)]:
        with pytest.raises(HubError, match=code) as caught:
            raise HubError.catalogue[code]

        assert "unlink" in caught.value.remedy or "Ask" in caught.value.remedy


def test_a_finding_has_keys_and_no_value():
    other = identity("p_2", SUED, birth_date="1961-07-04")
    [found] = findings(Whole("p_1", (ONE, other)), TODAY)

    assert set(found.about) == {"p_1", "p_2"}
    assert "1961" not in repr(found)
