"""Notices as 278 notifications. Every person is made up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from hub.sdk import NUMBER_MARK, Identifier
from hub.testing.samples import (
    NOTICES,
    admitted,
    care_event,
    minimal,
    notice,
    retraction,
)
from hub_payer.x12_services import structure278
from hub_payer.x12_services.errors import NoNotificationError, UnwritableNumberError
from hub_payer.x12_services.notification278 import Notification278Options, render
from plugins.payer.tests.transactions import numbered, sets

KNOWN = {"npi": "1234567893", "name": "Klinik Nord"}
GIVEN = {"us": {"id": "CAREHUB"}, "partner": {"id": "PAYER-A"}}
OPTIONS = Notification278Options(facilities={"KN": KNOWN}, **GIVEN)
COVERAGE = [
    {
        "payer": "Payer A",
        "member_id": "M-00042",
        "subscriber_id": "S-1",
        "relationship": "child",
    }
]


def lines(told, options=OPTIONS):
    """Return the segments of one notice's transaction set, as they are written."""
    (found,) = [
        segments for _, segments in sets(numbered(render([told], options).body))
    ]
    return ["*".join(each.elements) for each in found]


def test_an_admission_says_who_where_when_and_why(told):
    event = {"type": "encounter.admitted"}

    assert lines(told(event=event, period={"start": "2026-03-14T10:30"})) == [
        "BHT*0007*CN*000000042*20260316*150300",
        "HL*1**20*1",
        "NM1*FA*2*Klinik Nord*****XX*1234567893",
        "HL*2*1*21*1",
        "NM1*PR*2*PAYER-A*****PI*PAYER-A",
        "HL*3*2*22*1",
        "NM1*IL*1*Mueller*Juergen*Uwe***MI*M-00042",
        "REF*EJ*ACC-1",
        "N3*Am Wehr 7*Hinterhaus",
        "N4*Musterstadt*BE*01234",
        "DMG*D8*19700131*M",
        "HL*4*3*EV*0",
        "TRN*1*evt-discharged-3*9CAREHUB00",
        "UM*AR*I**21:B",
        "DTP*435*DT*202603141030",
        "HI*ABK:I501*ABF:E119",
        "NM1*71*1*Elster*Eva",
    ]


def test_a_discharge_says_when_and_how_the_person_left(told):
    left = {"disposition": {"code": "snf", "original": "3"}}
    came = {"type": "1", "source": {"original": "7"}}

    found = lines(told(discharge=left, admission=came))
    assert "DTP*096*DT*202603161500" in found
    assert "CL1*1*7*03" in found
    assert "UM*AR*S**21:B" in found


def test_who_is_not_discharged_is_still_a_patient(told):
    period = {"start": "2026-03-14T10:30"}

    found = lines(told(period=period, admission={"type": "E"}))
    assert "CL1*1**30" in found


def test_a_dependent_stands_below_the_subscriber(told):
    found = lines(told(coverage=COVERAGE))

    at = found.index("HL*3*2*22*1")
    assert found[at + 1] == "NM1*IL*1******MI*S-1"
    assert found[at + 2] == "HL*4*3*23*1"
    assert found[at + 3] == "NM1*QC*1*Mueller*Juergen*Uwe***MI*M-00042"
    assert "HL*5*4*EV*0" in found


def test_a_retraction_cancels_and_names_what_it_takes_back():
    event = retraction()

    found = lines(notice(event))
    assert found[0].startswith("BHT*0007*01*")
    assert "UM*AR*3" in found
    assert f"REF*NT*{event.correction.of}" in found
    assert not any(line.startswith(("DTP", "HI", "CL1")) for line in found)


def test_what_is_taken_back_is_found_by_what_was_told():
    told, taken_back = admitted(), retraction(admitted())

    (trace,) = [line for line in lines(notice(told)) if line.startswith("TRN")]
    (reference,) = [line for line in lines(notice(taken_back)) if "*NT*" in line]
    assert trace.split("*")[2] == reference.split("*")[2]


def test_a_planned_admission_is_an_advance_notification(told):
    event = {"type": "encounter.preadmitted"}
    planned = {"period": {}, "planned": {"local": "2026-03-20T08:00"}}

    found = lines(told(event=event, **planned))
    assert found[0].startswith("BHT*0007*14*")
    assert "DTP*435*DT*202603200800" in found


def test_the_purposes_are_the_partners():
    purposes = {"notice": "22", "advance": "13", "cancellation": "ZZ"}
    options = Notification278Options(purposes=purposes, **GIVEN)

    assert lines(notice(admitted()), options)[0].startswith("BHT*0007*22*")
    assert lines(notice(retraction()), options)[0].startswith("BHT*0007*ZZ*")


def test_the_payer_can_stand_first_as_in_a_request():
    options = Notification278Options(first_level="payer", **GIVEN)

    found = lines(notice(admitted()), options)
    assert found[2].startswith("NM1*PR*")
    assert found[4].startswith("NM1*FA*")


def test_a_facility_without_a_number_of_its_own_has_ours():
    found = lines(notice(admitted()), Notification278Options(**GIVEN))

    assert "NM1*FA*2*KLINIK_TEST*****46*CAREHUB" in found


def test_an_attending_physician_is_known_by_the_npi_where_it_is_one(told):
    numbers = [{"value": "4711"}, {"value": "1234567893"}]
    team = [{"role": "attending", "name": "Eva Elster", "identifiers": numbers}]

    assert "NM1*71*1*Elster*Eva****XX*1234567893" in lines(told(careteam=team))


def test_a_person_without_the_payers_number_is_known_by_ours():
    """It says nothing of the person, and lets the payer find the stay again."""
    assert "NM1*IL*1******ZZ*enc_test_1" in lines(notice(minimal(), patient_id=""))


def test_names_that_cannot_be_written_are_left_out(told):
    person = {"names": [{"family": "王", "given": "Ána"}]}

    assert "NM1*IL*1**Ana****MI*M-00042" in lines(told(person=person))


def test_the_basic_character_set_has_capitals_only(told):
    body = render(
        [told()], Notification278Options(charset="basic", **GIVEN)
    ).body.replace(NUMBER_MARK, b"")

    assert b"NM1*IL*1*MUELLER*JUERGEN*UWE" in body
    assert body.decode() == body.decode().upper()


def test_separators_in_a_value_part_nothing(told):
    person = {"names": [{"family": "A*B:C~D^E", "given": "x\r\ny"}]}

    assert "NM1*IL*1*A B C D E*x y****MI*M-00042" in lines(told(person=person))


def test_obligations_go_along(told):
    duty = [{"code": "42cfr2", "text": "Do not disclose: " + "x" * 300, "short": "No"}]

    assert "MSG*No" in lines(told(obligations=duty))


def test_one_interchange_holds_a_transaction_set_for_each_notice():
    rendered = render(NOTICES, OPTIONS)

    found = list(sets(numbered(rendered.body)))
    assert len(found) == len(NOTICES)
    assert {place.isa.control for place, _ in found} == {"000000042"}
    assert (rendered.suffix, rendered.kind) == (".278", "278n")


def test_test_and_production_are_told_apart():
    body = render([notice()], Notification278Options(usage="T", **GIVEN)).body

    (place, _), *_rest = sets(numbered(body))
    assert place.isa.usage == "T"


def test_what_is_no_stay_has_no_notification():
    event = care_event("opened")
    other = type(event)(
        **{name: getattr(event, name) for name in event.__struct_fields__}
        | {"type": "stay.opened"}
    )

    with pytest.raises(NoNotificationError, match="X12-101"):
        render([notice(other)], OPTIONS)


@pytest.mark.parametrize("number", ["M-" + "9" * 80, "王", "M*1", "M  1", "Ä1"])
def test_a_number_is_never_changed_to_fit(number):
    with pytest.raises(UnwritableNumberError, match="X12-102") as caught:
        render([notice(patient_id=number)], OPTIONS)

    assert number not in str(caught.value)


def test_a_visit_number_that_cannot_be_written_is_left_out(told):
    visit = {"identifiers": [{"value": "V*1", "type": "VN"}]}

    assert not [line for line in lines(told(**visit)) if line.startswith("REF")]


@pytest.mark.parametrize(
    "wrong",
    [
        {"usage": "X"},
        {"facility": {"npi": "123"}},
        {"charset": "utf-8"},
        {"us": {"id": "CAREHUB", "name": "x"}},
        {"purposes": {"notice": "C"}},
    ],
)
def test_options_that_cannot_be_written_are_refused(wrong):
    with pytest.raises(ValidationError):
        Notification278Options(**(GIVEN | wrong))


TEXTS = st.text(max_size=12)
PAYLOADS = st.fixed_dictionaries(
    {},
    optional={
        "person": st.fixed_dictionaries(
            {},
            optional={
                "names": st.lists(
                    st.dictionaries(st.sampled_from(["family", "given"]), TEXTS),
                    max_size=2,
                ),
                "birth_date": TEXTS | st.just("1970-01-31"),
                "sex": TEXTS | st.just("F"),
                "addresses": st.just([{"lines": ["A", None], "city": "B", "state": 3}]),
            },
        ),
        "period": st.dictionaries(
            st.sampled_from(["start", "end"]),
            st.sampled_from(
                ["2026-03-14T10:30", "2026", "2026-03-14", "gestern", None]
            ),
        ),
        "diagnoses": st.lists(
            st.fixed_dictionaries(
                {"code": TEXTS | st.just("I50.1"), "system": st.just("I10") | TEXTS}
            ),
            max_size=15,
        ),
        "class": st.sampled_from(["inpatient", "emergency", "", None, {"code": 4}]),
        "coverage": st.just(COVERAGE) | st.none(),
        "admission": st.dictionaries(st.sampled_from(["type", "source"]), TEXTS),
        "discharge": st.dictionaries(st.just("disposition"), TEXTS),
        "careteam": st.just([{"role": "attending", "name": "王"}]) | st.none(),
        "obligations": st.just([{"text": "*"}]) | TEXTS,
    },
)


@given(
    PAYLOADS,
    st.sampled_from(["admitted", "discharged", "admit_cancelled", "ed_arrived"]),
    st.text("ABC-0123", max_size=20),
    st.sampled_from(["basic", "extended"]),
    st.sampled_from([None, "retraction", "amendment"]),
)
def test_any_notice_gives_a_valid_structure(payload, kind, number, charset, corrects):
    made = type(retraction().correction)
    correction = made("evt_0", corrects) if corrects else None
    event = care_event(kind, payload=payload, correction=correction)
    told = notice(event, patient_id=number)
    options = Notification278Options(charset=charset, **GIVEN)

    ((_, segments),) = sets(numbered(render([told], options).body))
    assert structure278.faults(segments) == []


def test_the_identifier_of_a_visit_comes_along(told):
    subject = {"subject": type(admitted().subject)("p", (Identifier("K", "1", "MR"),))}

    assert "REF*EJ*ACC-1" in lines(told(event=subject))
