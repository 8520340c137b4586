"""Movements that the sender numbers (ZBE). Every sample is synthetic."""

import pytest

from hub.sdk import EncounterKey, FactKind, Identifier
from hub_hl7.facts.normalise import normalise
from hub_hl7.facts.profile import Hl7Profile

PROFILE = Hl7Profile(time_zone="Europe/Berlin")
K = FactKind


def zbe(action="INSERT", original="", *, start="20260310080500", end=""):
    """Return a ZBE about movement 98177."""
    wards = "^^^^^^^^^INN2|^^^^^^^^^PFL2"
    return f"ZBE|98177^KIS|{start}|{end}|{action}|N|{original}|{wards}|M"


def fact_of(body, profile=PROFILE):
    result = normalise(body, profile)
    assert result.problem is None, result.problem
    (fact,) = result.facts
    return fact


@pytest.mark.parametrize(
    ("trigger", "sent", "original", "kind", "action"),
    [
        ("A01", "INSERT", "", K.START, "insert"),
        ("A02", "INSERT", "", K.MOVE, "insert"),
        ("A02", "UPDATE", "A02", K.MOVE, "update"),
        ("A03", "INSERT", "", K.END, "insert"),
        ("A04", "INSERT", "", K.START, "insert"),
        ("A05", "INSERT", "", K.PLAN, "insert"),
        ("A06", "INSERT", "", K.CLASS, "insert"),
        ("A21", "INSERT", "", K.LEAVE, "insert"),
        ("A11", "CANCEL", "A01", K.START, "cancel"),
        ("A11", "CANCEL", "A06", K.CLASS, "cancel"),
        ("A12", "CANCEL", "A02", K.MOVE, "cancel"),
        ("A12", "DELETE", "", K.MOVE, "cancel"),
        ("A13", "CANCEL", "A03", K.END, "cancel"),
        ("A38", "CANCEL", "A05", K.PLAN, "cancel"),
        ("A52", "CANCEL", "A21", K.LEAVE, "cancel"),
        ("Z99", "UPDATE", "A02", K.MOVE, "update"),
        ("Z99", "CANCEL", "A02", K.MOVE, "cancel"),
        ("Z99", "UPDATE", "A12", K.MOVE, "update"),
        ("A08", "UPDATE", "A01", K.START, "update"),
        ("A08", "INSERT", "A02", K.MOVE, "insert"),
    ],
)
def test_a_movement_is_of_the_kind_that_moved(
    adt, trigger, sent, original, kind, action
):
    fact = fact_of(adt(trigger=trigger, extra=[zbe(sent, original)]))

    assert (fact.kind, fact.cancels) == (kind, None)
    assert fact.movement.action == action
    assert fact.movement.ids == (Identifier("KIS", "98177"),)
    assert fact.movement.trigger == original


def test_a_movement_says_all_that_its_segment_says(adt):
    sent = r"ZBE|1^KIS~~2^PDMS|20260310|20260312|INSERT|Y|A02|Chirurgie^^7|PFL2|M"

    movement = fact_of(adt(trigger="A02", extra=[sent])).movement

    assert movement.ids == (Identifier("KIS", "1"), Identifier("PDMS", "2"))
    assert (movement.start.local, movement.end.local) == ("2026-03-10", "2026-03-12")
    assert movement.historic
    assert (movement.ward, movement.nursing_ward, movement.scope) == ("7", "PFL2", "M")


def test_a_movement_occurred_when_its_segment_says(adt):
    move = adt(trigger="A02", evn={6: "20260401"}, extra=[zbe(start="20260311")])

    assert fact_of(move).occurred.raw == "20260311"
    assert fact_of(adt(trigger="A02", extra=[zbe(start="")])).occurred.raw == (
        "20260310080500"
    )


@pytest.mark.parametrize(
    ("end", "pv1_45", "expected"),
    [("20260314", "20260315", "20260314"), ("", "20260315", "20260315"),
     ("", "", "20260310080500")],
)  # fmt: skip
def test_an_end_occurred_when_the_movement_or_the_visit_ended(
    adt, end, pv1_45, expected
):
    body = adt(trigger="A03", pv1={45: pv1_45}, extra=[zbe(end=end)])

    assert fact_of(body).occurred.raw == expected


def test_a_movement_without_system_is_numbered_by_the_feed(adt):
    profile = Hl7Profile(assigning_authority="AMT")

    fact = fact_of(adt(extra=["ZBE|5|20260310||INSERT"]), profile)

    assert fact.movement.ids == (Identifier("AMT", "5"),)


@pytest.mark.parametrize(
    ("trigger", "segment", "warning"),
    [
        ("A02", "ZBE||20260310||INSERT", "movement.id_missing"),
        ("A02", "ZBE|5|20260310", "movement.action_missing"),
        ("A02", "ZBE|5|20260310||SHIFT", "movement.action_unknown"),
        ("A12", "ZBE|5|20260310||UPDATE", "movement.action_mismatch"),
        ("A08", "ZBE|5|20260310||UPDATE", "movement.trigger_missing"),
        ("Z99", "ZBE|5|20260310||UPDATE|N|A31", "movement.trigger_missing"),
    ],
)
def test_an_odd_movement_is_noted_and_the_message_used(adt, trigger, segment, warning):
    result = normalise(adt(trigger=trigger, extra=[segment]), PROFILE)

    assert result.facts
    assert warning in result.warnings


def test_an_update_without_a_kind_of_movement_stays_an_update(adt):
    fact = fact_of(adt(trigger="A08", extra=[zbe("UPDATE")]))

    assert (fact.kind, fact.movement) == (K.UPDATE, None)


def test_a_cancel_that_says_otherwise_is_a_cancel(adt):
    fact = fact_of(adt(trigger="A12", extra=[zbe("UPDATE", "A02")]))

    assert fact.movement.action == "cancel"


def test_a_movement_that_is_only_referred_to_is_not_changed(adt):
    fact = fact_of(adt(trigger="A08", extra=[zbe("REFERENCE", "A02")]))

    assert (fact.kind, fact.movement) == (K.UPDATE, None)


@pytest.mark.parametrize(
    ("mode", "stated", "proposed"),
    [("apply", True, None), ("propose", False, True), ("ignore", False, None)],
)
@pytest.mark.parametrize("trigger", ["A08", "Z99"])
def test_the_policy_for_updates_holds_for_an_update_that_is_a_movement(
    adt, trigger, mode, stated, proposed
):
    policy = {"demographics": mode, "coverage": mode}
    body = adt(trigger=trigger, extra=["IN1|1|P|9|AOK", zbe("UPDATE", "A02")])

    moved, *rest = normalise(body, Hl7Profile(a08=policy)).facts

    assert (moved.kind, moved.movement.action) == (K.MOVE, "update")
    assert moved.location.unit == "INN2"
    assert says(moved) is stated
    assert [(one.kind, one.basis, one.movement) for one in rest] == (
        [(K.UPDATE, "inferred", None)] if proposed else []
    )
    assert all(says(one) for one in rest)


def says(fact):
    """Say whether a fact states demographics and coverage, or neither."""
    found = {bool(fact.subject.demographics), "coverage" in fact.details}
    (both,) = found
    return both


def test_a_feed_can_ignore_movements(adt):
    profile = Hl7Profile(movements="ignore")

    cancel = fact_of(adt(trigger="A12", extra=[zbe("CANCEL", "A02")]), profile)

    assert (cancel.kind, cancel.cancels, cancel.movement) == (K.CANCEL, K.MOVE, None)
    local = normalise(adt(trigger="Z99", extra=[zbe("UPDATE", "A02")]), profile)
    assert local.unmapped == "trigger.Z99"


def test_a_local_trigger_without_movement_is_unmapped(adt):
    assert normalise(adt(trigger="Z99"), PROFILE).unmapped == "trigger.Z99"


@pytest.mark.parametrize("trigger", ["A31", "A54", "A23"])
def test_what_moves_nobody_is_no_movement(adt, trigger):
    assert fact_of(adt(trigger=trigger, extra=[zbe("UPDATE")])).movement is None


def test_more_than_one_movement_is_noted(adt):
    result = normalise(adt(extra=[zbe(), zbe()]), PROFILE)

    assert "movement.repeated" in result.warnings


def test_a_number_of_a_case_spans_contacts_where_the_feed_says_so(adt):
    profile = Hl7Profile(visit_number_scope="case")

    assert fact_of(adt(), profile).encounter == EncounterKey(
        "KLINIK_TEST", "", "F2026001234", "case"
    )
    alternate = fact_of(adt(pv1={19: "", 50: "T1"}), profile).encounter
    assert alternate.basis == "alternate"
