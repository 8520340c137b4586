"""Transitions, told as lives: what opens, meets, misses, cancels and closes them."""

from datetime import timedelta
from itertools import permutations

import msgspec
import pytest
from msgspec.structs import replace

from hub.coordination.clocks.rules import shipped_rules
from hub.coordination.clocks.transition import (
    Transition,
    fold_transition,
    horizon,
    next_due,
    transition_payload,
)
from tests.coordination.clocks.lives import (
    BAVARIA,
    BERLIN,
    MINUTE,
    US,
    admitted,
    amended,
    clocks,
    contact,
    discharged,
    happened,
    local,
    status,
    taken_back,
    visit,
)

STAY = [admitted(local("02-26")), discharged(local("03-02"))]
NIGHT = local("03-02", "23:00")


def tcm(events, now, stay=US):
    return fold_transition(stay, events, now, shipped_rules()["tcm"])


def test_a_discharge_opens_the_transition_with_its_clocks():
    found = tcm(STAY, NIGHT)

    assert {clock.status for clock in found.clocks} == {"running"}
    assert (found.from_setting, found.to_setting) == ("inpatient", "home")
    assert (found.state, found.discharge_at) == ("open", local("03-02"))


def test_before_the_discharge_there_is_nothing():
    assert tcm(STAY[:1], NIGHT) is None


def test_a_stay_of_somebody_elses_encounters_is_another_matter():
    elsewhere = [replace(each, entity="enc_2") for each in STAY]

    assert tcm(elsewhere, NIGHT) is None


@pytest.mark.parametrize(
    ("disposition", "opens"),
    [
        ("01", True),
        ("1", True),
        ("06", True),
        ("", True),
        ("03", False),
        ("02", False),
        ("20", False),
        ("ZZ", False),
    ],
)
def test_only_a_discharge_to_the_community_opens_it(disposition, opens):
    end = discharged(local("03-02"), payload=visit(disposition=disposition))

    assert (tcm([end], NIGHT) is not None) is opens


def test_an_observation_that_ends_opens_it_and_an_emergency_does_not():
    for code, opens in (("observation", True), ("emergency", False)):
        end = happened(
            "encounter.ended", local("03-02"), entity="enc_1", payload=visit(code)
        )

        assert (tcm([end], NIGHT) is not None) is opens


def test_a_call_meets_the_contact_and_no_visit():
    events = [*STAY, contact(local("03-03"), channel="phone", automated=False)]

    found = clocks(events, local("03-12"))

    assert found["tcm.contact"].status == "met"
    assert found["tcm.visit_7"].status == "missed"
    assert found["tcm.visit_14"].status == "running"


def test_the_message_of_a_machine_is_no_contact():
    events = [*STAY, contact(local("03-03"), automated=True)]

    assert status(events, local("03-03", "12:00"), "tcm.contact") == "running"


def test_two_failed_attempts_meet_the_contact_and_the_same_one_twice_does_not():
    first = contact(local("03-03"), "attempted")
    second = contact(local("03-04"), "attempted")

    assert status([*STAY, first, first], local("03-04"), "tcm.contact") == "running"
    assert status([*STAY, first, second], local("03-04"), "tcm.contact") == "met"


def test_a_visit_is_inferred_from_a_registration_elsewhere_and_said_to_be():
    seen = happened(
        "encounter.registered",
        local("03-06"),
        entity="enc_7",
        payload={"class": {"code": "outpatient", "original": "O"}},
    )
    monthly = replace(seen, payload={"class": {"code": "outpatient", "original": "R"}})

    found = clocks([*STAY, seen], local("03-07"))["tcm.visit_7"]

    assert (found.status, found.basis) == ("met", "inferred")
    assert status([*STAY, monthly], local("03-07"), "tcm.visit_7") == "running"


def test_a_contact_known_to_the_day_counts_on_its_day():
    """A list says only that they talked on the day of the discharge."""
    day = happened(
        "contact.completed", local("03-02", "00:00"), latest=local("03-03", "00:00")
    )
    month = happened(
        "contact.completed", local("03-01", "00:00"), latest=local("04-01", "00:00")
    )

    assert status([*STAY, day], NIGHT, "tcm.contact") == "met"
    assert status([*STAY, month], NIGHT, "tcm.contact") == "running"


def test_a_contact_known_to_the_day_of_the_discharge_is_none_of_a_later_day():
    day = happened(
        "contact.completed", local("03-02", "00:00"), latest=local("03-03", "00:00")
    )

    assert status([*STAY, day], NIGHT, "trc.engagement", "hedis-trc") == "running"


def test_a_contact_that_is_told_late_was_in_time():
    told = happened("contact.completed", local("03-03"), known=local("03-20"))

    assert status(STAY, local("03-19"), "tcm.contact") == "missed"
    assert status([*STAY, told], local("03-20"), "tcm.contact") == "met"


def test_a_contact_that_is_taken_back_was_none():
    call = contact(local("03-03"))
    back = happened(
        "contact.attempted", local("03-03"), corrects=call.id, correction="retraction"
    )

    assert status([*STAY, call, back], local("03-04"), "tcm.contact") == "running"


@pytest.mark.parametrize("kind", ["person.deceased", "encounter.admitted"])
def test_death_or_a_readmission_cancels_what_is_open(kind):
    end = happened(kind, local("03-04"), entity="enc_9", payload=visit())
    events = [*STAY, contact(local("03-03")), end]

    found = tcm(events, local("03-05"))

    named = {clock.name: clock.status for clock in found.clocks}
    assert named.pop("tcm.contact") == "met"
    assert set(named.values()) == {"cancelled"}
    assert (found.state, found.closed_at) == ("closed", local("03-04"))


def test_a_death_that_was_an_error_cancels_nothing():
    died = happened("person.deceased", local("03-03"), entity="p_1", version=2)
    alive = happened(
        "person.deceased_retracted", local("03-05"), entity="p_1", version=3
    )

    assert status([*STAY, died], local("03-04"), "tcm.visit_7") == "cancelled"
    assert status([*STAY, died, alive], local("03-05"), "tcm.visit_7") == "running"


def test_the_discharge_after_a_readmission_starts_the_clocks_anew():
    back = [admitted(local("03-04")), discharged(local("03-06"), version=5)]

    found = clocks([*STAY, *back], local("03-06", "12:00"))

    assert {clock.started for clock in found.values()} == {local("03-06")}
    assert {clock.status for clock in found.values()} == {"running"}


def test_a_cancelled_discharge_cancels_the_clocks_whatever_happened_to_them():
    call = contact(local("03-03"))
    back = taken_back(STAY[1], "encounter.discharge_cancelled", local("03-05"))

    found = tcm([*STAY, call, back], local("03-06"))

    assert {clock.status for clock in found.clocks} == {"cancelled"}
    assert {clock.settled for clock in found.clocks} == {local("03-05")}
    assert (found.discharge_at, found.state) == (None, "closed")


def test_a_second_discharge_after_a_cancelled_one_starts_them_at_its_own_time():
    """Even an earlier one, in the middle of what was cancelled."""
    back = taken_back(STAY[1], "encounter.discharge_cancelled", local("03-05"))
    for day in ("03-01", "03-05"):
        again = discharged(local(day), version=5, known=local("03-05", "11:00"))

        found = tcm([*STAY, back, again], local("03-05", "12:00"))

        assert {clock.started for clock in found.clocks} == {local(day)}
        assert found.state == "open"


def test_a_cancelled_discharge_without_a_reference_is_that_of_the_encounter():
    back = replace(
        taken_back(STAY[1], "encounter.discharge_cancelled", local("03-05")),
        corrects="",
        correction="",
    )

    assert status([*STAY, back], local("03-06"), "tcm.visit_7") == "cancelled"


def test_a_corrected_discharge_moves_what_is_due():
    later = amended(
        STAY[1], "encounter.end_corrected", local("03-06"), local("03-07", "09:00")
    )

    found = clocks([*STAY, later], local("03-07"))

    assert found["tcm.visit_7"].due.date == local("03-13").date()
    assert found["tcm.visit_7"].start_id == STAY[1].id


def test_a_correction_of_a_correction_is_the_one_that_counts():
    second = amended(STAY[1], "encounter.end_corrected", local("03-06"), local("03-07"))
    third = amended(second, "encounter.end_corrected", local("03-05"), local("03-08"))

    found = clocks([*STAY, second, third], local("03-08"))["tcm.visit_7"]

    assert (found.started, found.start_id) == (local("03-05"), STAY[1].id)


def test_a_disposition_that_is_stated_later_decides():
    unknown = discharged(local("03-02"), payload=visit(disposition=""))
    later = happened(
        "encounter.updated",
        local("03-03"),
        entity="enc_1",
        version=4,
        payload=visit(disposition="03"),
    )

    assert status([unknown], NIGHT, "tcm.contact") == "running"
    assert status([unknown, later], local("03-03"), "tcm.contact") == "cancelled"


def test_a_diagnosis_that_is_coded_later_starts_the_clock_at_the_discharge():
    coded = happened(
        "encounter.updated",
        local("03-04"),
        entity="enc_1",
        version=4,
        payload=visit(diagnoses=[{"code": "F32.1"}, {"code": "I10"}]),
    )
    found = clocks([*STAY, coded], local("03-05"), "hedis-fuh")["fuh.follow_up_7"]

    assert clocks(STAY, local("03-05"), "hedis-fuh") == {}
    assert (found.started, found.due.date) == (local("03-02"), local("03-09").date())


def test_only_the_principal_diagnosis_makes_a_psychiatric_stay():
    listed = [{"code": "F32.1"}, {"code": "I10", "priority": "1"}]
    end = discharged(local("03-02"), payload=visit(diagnoses=listed))

    assert clocks([end], NIGHT, "hedis-fuh") == {}


def test_an_emergency_for_drugs_starts_a_follow_up_on_whose_day_a_visit_counts():
    end = happened(
        "encounter.ended",
        local("03-02"),
        entity="enc_1",
        payload=visit("emergency", diagnoses=[{"code": "F11.20"}]),
    )
    same_day = happened("appointment.completed", local("03-02", "09:00"))

    assert status([end], NIGHT, "fua.follow_up_7", "hedis-fua") == "running"
    assert status([end, same_day], NIGHT, "fua.follow_up_7", "hedis-fua") == "met"


def test_the_notice_of_an_admission_is_due_before_there_is_a_discharge():
    sent = happened(
        "exchange.acknowledgement_received",
        local("02-28"),
        payload={
            "about": {"type": "encounter.admitted"},
            "recipient": {"role": "primary_care"},
        },
    )
    found = fold_transition(
        US, [STAY[0], sent], local("02-28"), shipped_rules()["hedis-trc"]
    )

    [clock] = found.clocks
    assert (clock.name, clock.status) == ("trc.notice_of_admission", "met")
    # The discharge will ask for more.
    assert (found.state, found.discharge_at) == ("open", None)


def test_a_transition_closes_when_the_last_clock_does():
    call = contact(local("03-03"), channel="visit")
    done = happened("medrec.completed", local("03-03", "11:00"))

    almost = tcm([*STAY, call, done], local("03-31", "23:59"))
    over = tcm([*STAY, call, done], local("04-01", "00:00"))

    assert {clock.status for clock in over.clocks} == {"met"}
    assert (almost.state, over.state) == ("open", "closed")
    assert over.closed_at == local("04-01", "00:00")


def test_an_encounter_that_begins_after_the_last_end_is_no_discharge():
    back = admitted(local("03-02", "12:00"))

    assert tcm([*STAY, back], NIGHT).discharge_at is None


def test_what_a_person_says_about_a_task_of_this_stay_counts():
    done = happened(
        "task.completed",
        local("03-03"),
        basis="manual",
        payload={"clock": "tcm.contact", "stay": "stay_1"},
    )
    own = replace(done, basis="explicit")
    other = replace(done, payload={"clock": "tcm.contact", "stay": "stay_2"})
    dropped = replace(done, type="task.cancelled")

    now = local("03-03", "12:00")
    assert status([*STAY, done], now, "tcm.contact") == "met"
    assert status([*STAY, own], now, "tcm.contact") == "running"
    assert status([*STAY, other], now, "tcm.contact") == "running"
    assert status([*STAY, dropped], now, "tcm.contact") == "cancelled"


def test_a_period_is_not_over_because_a_person_says_so():
    said = happened(
        "task.completed",
        local("03-03"),
        basis="manual",
        payload={"clock": "tcm.period"},
    )

    assert status([*STAY, said], local("03-04"), "tcm.period") == "running"


def test_what_lies_ahead_waits_and_is_waited_for():
    """A sender's clock that is years ahead misses nobody's deadline."""
    ahead = admitted(local("2062-01-01"), entity="enc_9")
    soon = contact(local("03-02", "23:30"))

    found = tcm([*STAY, ahead, soon], NIGHT)

    assert {clock.status for clock in found.clocks} == {"running"}
    assert next_due(found) == soon.at


def test_a_placeholder_of_a_time_is_no_time():
    nobody = discharged(local("0001-01-01", zone="UTC"))

    assert tcm([nobody], NIGHT) is None


def test_the_next_time_is_when_something_falls_due_is_missed_or_over():
    events = [*STAY, contact(local("03-03"), channel="phone")]
    moments, now = [], NIGHT
    while now is not None:
        found = tcm(events, now)
        moments.append(now)
        now = next_due(found)

    days = ["03-03", "03-09", "03-10", "03-16", "03-17", "03-31", "04-01"]
    assert moments[1] == events[-1].at
    assert moments[2:] == [local(day, "00:00") for day in days[1:]]
    assert found.state == "closed"


def test_beyond_the_horizon_no_evidence_changes_anything():
    rules = shipped_rules()["tcm"]
    now = local("2027-01-01")
    closed = tcm(STAY, now)
    end = horizon(closed, rules)
    visit_at = [contact(end + off, channel="visit") for off in (-MINUTE, timedelta(0))]

    assert end == local("03-17", "00:00") + timedelta(days=30)
    assert tcm([*STAY, visit_at[0]], now) != closed
    assert tcm([*STAY, visit_at[1]], now) == closed


def test_there_is_no_horizon_while_nothing_limits_a_clock():
    rules = shipped_rules()["entlassmanagement"]
    found = fold_transition(BAVARIA, [admitted(local("03-02"))], NIGHT, rules)

    assert horizon(found, rules) is None


def test_the_payload_says_what_is_due_at_the_facility():
    found = transition_payload(tcm(STAY, NIGHT))

    assert found["to"] == {"setting": "home"}
    assert found["clocks"][0] == {
        "name": "tcm.contact",
        "programme": "tcm",
        "rule_version": "2026-11",
        "due": local("03-04").date(),
        "status": "running",
        "settled_at": None,
        "basis": "explicit",
    }


class TestGermany:
    """A stay in Bavaria, by the framework agreement."""

    STAY = (
        admitted(local("01-02", "10:00", BERLIN)),
        discharged(local("01-12", "11:00", BERLIN), payload=visit(disposition="011")),
    )

    def found(self, events, now):
        return clocks(events, now, "entlassmanagement", BAVARIA)

    def test_an_admission_asks_for_consent_screening_and_notice(self):
        found = self.found(self.STAY[:1], local("01-02", "12:00", BERLIN))

        assert list(found) == ["de.consent", "de.screening", "de.admission_notice_301"]
        # Epiphany is a holiday in Bavaria.
        assert found["de.admission_notice_301"].due.date == local("01-08").date()

    def test_a_discharge_asks_for_a_letter_and_a_plan_on_its_day(self):
        found = self.found(self.STAY, local("01-12", "12:00", BERLIN))

        assert found["de.letter"].due.date == local("01-12").date()
        assert found["de.medication_plan"].status == "running"
        assert "de.nursing_handover" not in found
        assert "de.rehabilitation_report" not in found

    def test_a_letter_of_the_eve_is_in_time_and_one_of_the_next_day_is_late(self):
        for day, expected in (("01-11", "met"), ("01-13", "met_late")):
            letter = happened(
                "document.available",
                local(day, "09:00", BERLIN),
                entity="rec_1",
                payload={"kind": {"code": "18842-5"}},
            )
            found = self.found([*self.STAY, letter], local("01-20", zone=BERLIN))

            assert found["de.letter"].status == expected

    def test_a_letter_that_is_taken_back_is_no_letter(self):
        letter, back = (
            happened(
                f"document.{kind}",
                local("01-12", time, BERLIN),
                entity="rec_1",
                payload={"kind": {"code": "18842-5"}},
            )
            for kind, time in (("available", "09:00"), ("retracted", "10:00"))
        )

        found = self.found([*self.STAY, letter, back], local("01-12", "12:00", BERLIN))

        assert found["de.letter"].status == "running"

    def test_an_assessment_without_consent_breaks_the_rule(self):
        consent = happened(
            "consent.recorded",
            local("01-03", "10:00", BERLIN),
            payload={"kind": "entlassmanagement", "decision": "permit"},
        )
        assessed = happened(
            "assessment.recorded",
            local("01-04", "10:00", BERLIN),
            payload={"instrument": {"code": "entlassmanagement-assessment"}},
        )
        events = [*self.STAY, assessed]
        now = local("01-05", zone=BERLIN)

        assert self.found(events, now)["de.consent"].status == "missed"
        assert self.found([*events, consent], now)["de.consent"].status == "met"

    def test_who_refuses_is_asked_no_more(self):
        refused = happened(
            "consent.recorded",
            local("01-03", zone=BERLIN),
            payload={"kind": "entlassmanagement", "decision": "deny"},
        )

        found = self.found([*self.STAY, refused], local("01-04", zone=BERLIN))

        assert found["de.consent"].status == "cancelled"

    def test_a_leave_puts_the_screening_off(self):
        leave = [
            happened(kind, local(day, "20:00", BERLIN), entity="enc_1")
            for kind, day in (
                ("encounter.leave_started", "01-02"),
                ("encounter.leave_ended", "01-04"),
            )
        ]

        away = self.found([*self.STAY, leave[0]], local("01-04", zone=BERLIN))
        back = self.found([*self.STAY, *leave], local("01-04", "21:00", BERLIN))

        assert away["de.screening"].status == "paused"
        assert back["de.screening"].due.instant == local("01-05", "10:00", BERLIN)

    def test_who_goes_to_a_nursing_home_needs_a_handover(self):
        end = replace(self.STAY[1], payload=visit(disposition="101"))

        found = self.found([self.STAY[0], end], local("01-12", "12:00", BERLIN))

        assert found["de.nursing_handover"].status == "running"


def test_no_order_of_arrival_changes_a_story():
    back = taken_back(STAY[1], "encounter.discharge_cancelled", local("03-03"))
    again = discharged(local("03-04"), version=5)
    story = [*STAY, back, again, contact(local("03-05"))]
    expected = tcm(story, local("03-06"))

    for order in permutations(story):
        assert tcm(order, local("03-06")) == expected


def test_a_transition_is_the_same_when_it_comes_back_from_the_store():
    rules = [rule for rules in shipped_rules().values() for rule in rules]
    for stay in (US, BAVARIA):
        found = fold_transition(stay, [*STAY, contact(local("03-03"))], NIGHT, rules)

        assert msgspec.json.decode(msgspec.json.encode(found), type=Transition) == found
