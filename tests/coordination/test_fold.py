"""The fold: the same facts give the same encounter however they arrive."""

from datetime import timedelta
from itertools import pairwise, permutations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.coordination.differences import differences
from hub.coordination.fold import fold
from hub.coordination.standing import witness
from hub.model.encounters import Encounter
from hub.model.facts import Fact, FactKind
from hub.model.identifiers import Code
from tests.coordination.scenarios import (
    VECTORS,
    WARDS,
    at,
    cancel,
    end,
    fact,
    move,
    movement,
    start,
)
from tests.coordination.walks import many_facts

SECOND = timedelta(seconds=1)


def told(facts):
    """Return the event types that `facts` lead to when they arrive in this order."""
    before, types = None, []
    for count in range(1, len(facts) + 1):
        after = fold(facts[:count])
        types += [change.type for change in differences(before, after)]
        before = after
    return types


def seen(encounter: Encounter):
    return {
        "status": encounter.status.value,
        "class": encounter.encounter_class and encounter.encounter_class.code,
        "places": " ".join(each.value.unit for each in encounter.locations),
        "start": encounter.start,
        "end": encounter.end,
    }


@pytest.mark.parametrize("name", VECTORS)
def test_a_vector_leads_to_its_events_in_order(name):
    facts, events, _ = VECTORS[name]

    assert told(facts) == events.split()


@pytest.mark.parametrize("name", VECTORS)
def test_a_vector_ends_the_same_under_every_order_of_arrival(name):
    facts, _, expected = VECTORS[name]
    final = fold(facts)

    assert expected.items() <= seen(final).items()
    assert all(fold(order) == final for order in permutations(facts))


@pytest.mark.parametrize("name", VECTORS)
def test_duplicates_change_nothing(name):
    facts, _, _ = VECTORS[name]

    assert fold([*facts, *facts]) == fold(facts)


@given(many_facts, st.randoms(use_true_random=False))
def test_no_order_and_no_repetition_changes_the_picture(facts, random):
    shuffled = facts + facts[: len(facts) // 2]
    random.shuffle(shuffled)

    assert fold(shuffled) == fold(facts)


@given(many_facts)
def test_the_same_picture_twice_is_no_event(facts):
    picture = fold(facts)

    assert differences(picture, picture) == []


@given(many_facts)
def test_the_picture_is_the_same_after_the_store(facts):
    kept = [msgspec.json.decode(msgspec.json.encode(each), type=Fact) for each in facts]

    assert fold(kept) == fold(facts)
    picture = msgspec.json.encode(fold(facts))
    assert msgspec.json.decode(picture, type=Encounter) == fold(facts)


DETAILS = {
    "plain": {"service": "SURG", "diagnoses": [{"code": "I10"}]},
    "a code": {"service": Code("SURG", original="CHIR")},
    "a time": {"expected": {"discharge": at(8)}},
    "several": {"careteam": ({"role": "attending"},)},
}


@pytest.mark.parametrize("name", DETAILS)
def test_details_weigh_the_same_before_and_after_the_store(name):
    """Else a resend after a restart would be another fact, or news."""
    said = fact(FactKind.UPDATE, at(9), details=DETAILS[name])
    kept = msgspec.json.decode(msgspec.json.encode(said), type=Fact)

    assert witness(kept).digest == witness(said).digest
    assert fold([start(at(8)), kept]) == fold([start(at(8)), said])
    stored = msgspec.json.encode(fold([start(at(8)), said]))
    assert (
        differences(
            msgspec.json.decode(stored, type=Encounter), fold([start(at(8)), said])
        )
        == []
    )


@given(many_facts)
def test_a_picture_does_not_contradict_itself(facts):
    picture = fold(facts)

    assert picture.started == bool(picture.classes)
    assert (picture.status == "finished") <= (picture.end is not None)
    assert (picture.status == "cancelled") <= (not picture.started)
    assert (picture.status == "in-progress") <= (picture.end is None)
    since = [each.since.earliest for each in picture.classes]
    assert since == sorted(since)
    places = [each.value for each in picture.locations]
    assert all(one != other for one, other in pairwise(places))


def test_a_cancel_that_names_no_kind_cancels_nothing():
    """A normaliser must name it; one that does not must not stop the feed."""
    nameless = fact(FactKind.CANCEL, at(8), at(9))

    picture = fold([start(at(8)), nameless])

    assert picture.status == "in-progress"
    assert picture.anomalies == ("unmatched_cancel",)


def test_a_deleted_detail_is_not_there():
    def update(recorded, **details):
        return fact(FactKind.UPDATE, recorded, details=details)

    facts = [update(at(8), service="SURG", account="1"), update(at(9), service=None)]

    assert fold(facts).details == {"account": "1"}
    assert fold(facts[::-1]).details == {"account": "1"}


def test_a_prior_location_that_was_not_heard_of_is_inferred():
    unheard = fact(
        FactKind.MOVE, at(9), location=WARDS["W2"], prior_location=WARDS["W1"]
    )

    inferred, stated = fold([unheard]).locations

    assert (inferred.value, inferred.inferred) == (WARDS["W1"], True)
    assert (stated.value, stated.inferred) == (WARDS["W2"], False)


def test_a_move_to_where_the_patient_is_says_only_that():
    stays = fact(FactKind.MOVE, at(9), location=WARDS["W2"], prior_location=WARDS["W2"])

    (place,) = fold([stays]).locations

    assert (place.value, place.inferred) == (WARDS["W2"], False)


def test_a_cancel_takes_back_what_was_said_last():
    facts = [start(at(8)), end(at(9)), end(at(10)), cancel(FactKind.END, None, at(11))]

    assert fold(facts).end == at(9)


def test_a_cancelled_move_is_found_by_the_place_that_it_led_to():
    facts = [
        start(at(8)),
        move(at(9), ward="W2"),
        move(at(10), ward="W1"),
        cancel(FactKind.MOVE, None, at(11), prior_location=WARDS["W2"]),
    ]

    assert seen(fold(facts))["places"] == "W1"


def test_a_cancel_of_another_time_cancels_nothing():
    facts = [start(at(8)), end(at(9)), cancel(FactKind.END, at(12), at(15))]

    assert fold(facts).end == at(9)
    assert fold(facts).anomalies == ("unmatched_cancel",)


def test_an_end_that_is_said_after_the_start_stands():
    """Though it is said to be earlier: one of the two times is wrong."""
    facts = [start(at(10), at(8)), end(at(9), at(12))]

    assert fold(facts).status == "finished"
    assert fold(facts).restarts == 0


def test_a_cancel_that_arrives_first_waits_for_what_it_cancels():
    late = start(at(8))
    early = cancel(FactKind.START, at(8), at(9))

    assert fold([early]).anomalies == ("unmatched_cancel",)
    assert fold([early, late]).status == "cancelled"


def test_a_start_after_an_end_begins_again():
    facts = [start(at(8)), end(at(12)), start(at(9, day=2))]

    assert told(facts) == ["admitted", "discharged", "admitted"]
    assert fold(facts).anomalies == ("restarted_after_end",)


def test_a_move_that_is_heard_of_after_the_end_is_history():
    facts = [start(at(8)), end(at(18)), move(at(12))]

    assert told(facts) == ["admitted", "discharged", "history_corrected"]


def test_a_feed_that_begins_mid_stay_is_observed():
    assert told([move(at(12)), end(at(18))]) == ["observed", "ended"]
    assert fold([move(at(12))]).anomalies == ("move_without_start",)


def test_a_list_of_details_may_be_changed_by_entries():
    one, two = {"key": "1", "code": "I10"}, {"key": "2", "code": "J44"}
    facts = [
        fact(FactKind.UPDATE, at(8), details={"diagnoses": [one]}),
        fact(
            FactKind.UPDATE, at(9), details={"diagnoses": {"add": [two], "remove": []}}
        ),
        fact(
            FactKind.UPDATE, at(10), details={"diagnoses": {"add": [], "remove": [one]}}
        ),
    ]

    assert fold(facts[:2]).details["diagnoses"] == [one, two]
    assert fold(facts).details["diagnoses"] == [two]
    assert fold(facts[::-1]) == fold(facts)


def test_a_discharge_may_bear_the_number_of_the_last_transfer():
    facts = [
        start(at(8), movement=movement("m1")),
        move(at(9), movement=movement("m2")),
        end(at(18), movement=movement("m2")),
    ]

    assert seen(fold(facts))["places"] == "W1 W2"
    assert fold(facts).status == "finished"


def test_of_two_statements_in_one_minute_the_one_that_was_sent_later_holds():
    def put_off(second, **given):
        sent = msgspec.structs.replace(at(8), earliest=at(8).earliest + second * SECOND)
        return fact(FactKind.UPDATE, at(8), sent=sent, details=given)

    first, second = put_off(5, service="SURG"), put_off(40, service="AURG")

    assert fold([first, second]).details["service"] == "AURG"
    assert fold([second, first]).details["service"] == "AURG"


@pytest.mark.parametrize("kind", [FactKind.START, FactKind.END])
def test_a_cancel_takes_back_what_was_sent_anew_as_well(kind):
    """The same statement with a new time of recording is no second event."""
    said = {FactKind.START: start, FactKind.END: end}[kind]
    facts = [start(at(8)), said(at(8), at(9)), said(at(8), at(10))]
    cancelled = [*facts, cancel(kind, at(8), at(11))]

    assert fold(cancelled).anomalies == ()
    assert fold(cancelled).status == (
        "cancelled" if kind is FactKind.START else "in-progress"
    )


def test_how_somebody_was_discharged_is_taken_back_with_the_discharge():
    died = end(at(9), details={"discharge": {"disposition": "20"}, "service": "SURG"})
    facts = [start(at(8)), died, cancel(FactKind.END, at(9), at(10))]

    assert fold(facts[:2]).details["discharge"] == {"disposition": "20"}
    assert fold(facts).details == {"service": "SURG"}


@given(many_facts, st.randoms(use_true_random=False))
def test_no_time_of_sending_makes_the_order_of_arrival_matter(facts, random):
    sent = [
        msgspec.structs.replace(
            each,
            sent=msgspec.structs.replace(
                each.recorded, earliest=each.recorded.earliest + place * SECOND
            ),
        )
        for place, each in enumerate(facts)
    ]
    shuffled = sent * 2
    random.shuffle(shuffled)

    assert fold(shuffled) == fold(sent)
