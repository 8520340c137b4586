"""278: what was asked and decided. Everybody is made up."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.testing.samples import NOTICES, care_event, notice, retraction
from hub_payer.x12_services.notification278 import Notification278Options, render
from hub_payer.x12_services.reviews import DECISIONS
from plugins.payer.tests.transactions import (
    answers_of,
    codes,
    facts_of,
    interchange,
    numbered,
    rows_of,
    said,
)

ENDS = {"us": {"id": "CAREHUB"}, "partner": {"id": "PAYER-A"}}
REQUEST = """
    BHT*0007*13*REQ-1*20260316*1200
    HL*1**20*1
    NM1*X3*2*SAMPLE PAYER*****PI*P1
    HL*2*1*21*1
    NM1*1P*2*SAMPLE CLINIC*****XX*1234567893
    HL*3*2*22*1
    NM1*IL*1*MUSTER*ANNA****MI*M-1
    DMG*D8*19610407*F
    HL*4*3*EV*1
    TRN*1*T-1*9CLINIC
    UM*HS*I*1*11:B
    DTP*472*RD8*20260401-20260405
    HSD*VS*5
    HI*ABK:I501
"""
RESPONSE = """
    BHT*0007*11*REQ-1*20260316*1300
    HL*1**20*1
    NM1*X3*2*SAMPLE PAYER*****PI*P1
    HL*2*1*21*1
    NM1*1P*2*SAMPLE CLINIC*****XX*1234567893
    HL*3*2*22*1
    NM1*IL*1*MUSTER*ANNA****MI*M-1
    HL*4*3*EV*1
    TRN*2*T-1*9CLINIC
    UM*HS*I*1
    HCR*A1*AUTH-9
    DTP*472*RD8*20260401-20260403
    HSD*VS*3
    DTP*036*D8*20260630
"""


def answer(changed, *into):
    """Return a response in which `changed` stands in the place of `into`."""
    old, new = into or ("HCR*A1*AUTH-9", changed)
    return interchange("278", RESPONSE.replace(old, new))


def test_a_request_says_what_is_asked_for():
    (row,) = rows_of(interchange("278", REQUEST))

    assert (row.op, row.problems, row.warnings) == ("once", (), ())
    body = said(row)
    assert body["kind"] == "authorization"
    assert (body["status"], body["trace"]) == ("requested", "T-1")
    assert (body["since"], body["until"]) == ("2026-04-01", "2026-04-05")
    assert (body["units"], body["unit"]) == ("5", "VS")
    assert body["diagnoses"] == [
        {"code": "I501", "system": "ICD-10-CM", "use": "principal"}
    ]
    assert (body["requester_id"], body["payer_id"]) == ("1234567893", "P1")


@pytest.mark.parametrize(("code", "status"), DECISIONS.items())
def test_a_decision_is_a_status(code, status):
    (row,) = rows_of(answer(f"HCR*{code}*AUTH-9"))

    assert said(row)["status"] == status
    assert said(row)["number"] == "AUTH-9"


def test_an_unknown_decision_is_kept_and_told_to_nobody():
    (row,) = rows_of(answer("HCR*QQ*AUTH-9"))

    assert codes(row.warnings) == [("x12.code_unknown", "HCR01")]
    assert "status" not in said(row)


def test_request_and_response_are_one_authorisation():
    asked = facts_of(interchange("278", REQUEST))
    decided = facts_of(interchange("278", RESPONSE))

    (first,), (second,) = asked, decided
    assert first.record == second.record
    assert [each.details["status"] for each in (first, second)] == [
        "requested",
        "approved",
    ]
    assert second.details["authorization_ref"] == "AUTH-9"
    assert second.details["period"] == {"start": "2026-04-01", "end": "2026-04-03"}
    assert second.details["expires"] == "2026-06-30"


def test_an_authorisation_is_about_the_member():
    (fact,) = facts_of(interchange("278", RESPONSE))

    (number,) = fact.subject.identifiers
    assert (number.system, number.value, number.type) == ("PAYER", "M-1", "MB")
    assert fact.encounter is None


def test_a_request_can_be_cancelled():
    cancelled = REQUEST.replace("UM*HS*I", "UM*HS*3")
    by_header = REQUEST.replace("BHT*0007*13", "BHT*0007*01")

    for body in (cancelled, by_header):
        (fact,) = facts_of(interchange("278", body))
        assert fact.details["status"] == "cancelled"


def test_a_dependent_is_somebody_else_than_the_subscriber():
    """They share a number: name and birth tell them apart (R-PAY-01)."""
    child = RESPONSE.replace(
        "HL*4*3*EV*1",
        """HL*4*3*23*1
        NM1*QC*1*MUSTER*BEN
        DMG*D8*20190401*M
        INS*N*19
        HL*5*4*EV*1""",
    )

    (fact,) = facts_of(interchange("278", child))
    (number,) = fact.subject.identifiers
    assert number.system == "PAYER/dependants"
    assert number.value.startswith("M-1-")
    assert fact.subject.demographics["birth_date"] == "2019-04-01"


def test_services_that_are_decided_one_by_one_are_told_as_one():
    by_service = RESPONSE.replace("HCR*A1*AUTH-9\n", "").replace(
        "DTP*036*D8*20260630",
        """HL*5*4*SS*0
        HCR*A1*AUTH-9
        SV1*HC:99213*100
        HL*6*4*SS*0
        HCR*A3**35
        SV2**HC:70450""",
    )

    (row,) = rows_of(interchange("278", by_service))
    body = said(row)
    assert body["status"] == "modified"
    assert [each.get("decision") for each in body["services"]] == ["A1", "A3"]
    assert [each["procedure"]["code"] for each in body["services"]] == [
        "99213",
        "70450",
    ]


def test_what_could_not_be_worked_on_decides_nothing():
    rejected = RESPONSE.replace("HCR*A1*AUTH-9", "AAA*N**33*C")

    (row,) = rows_of(interchange("278", rejected))
    assert "status" not in said(row)
    assert said(row)["rejections"] == ["33"]


def test_a_rejection_of_a_file_of_ours_is_an_answer_to_it():
    rejected = RESPONSE.replace("REQ-1", "000000042").replace(
        "HCR*A1*AUTH-9", "AAA*N**33*C"
    )

    (found,) = answers_of(interchange("278", rejected))
    assert (found.of, found.acceptance, found.codes) == (
        "000000042",
        "rejected",
        ("33",),
    )


def acknowledgement(*, of="000000042", instead=""):
    body = RESPONSE.replace("REQ-1", of).replace("HCR*A1*AUTH-9", instead)
    return interchange("278", body, version="005010X216")


def test_a_notification_is_acknowledged_by_its_number():
    body = acknowledgement(instead="REF*NT*RECEIPT-1")

    assert rows_of(body) == []
    (found,) = answers_of(body)
    assert (found.of, found.kind, found.acceptance) == ("000000042", "278", "accepted")


def test_a_notification_is_refused_by_its_number():
    body = acknowledgement(instead="AAA*N**79*N")

    assert rows_of(body) == []
    (found,) = answers_of(body)
    assert (found.acceptance, found.codes) == ("rejected", ("79",))


def test_a_whole_file_is_refused_before_anybody_is_named():
    body = interchange(
        "278",
        """BHT*0007*11*000000042*20260316*1300
        HL*1**20*1
        NM1*X3*2*SAMPLE PAYER*****PI*P1
        AAA*Y**42*Y""",
        version="005010X216",
    )

    assert rows_of(body) == []
    assert [each.acceptance for each in answers_of(body)] == ["rejected"]


def test_a_notification_can_be_answered_with_a_decision():
    (row,) = rows_of(acknowledgement(instead="HCR*A1*AUTH-9"))

    assert said(row)["status"] == "approved"


def test_an_answer_to_something_else_is_no_answer_to_us():
    assert answers_of(acknowledgement(of="SOMEBODY-ELSES")) == []


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("BHT*0007*13*REQ-1*20260316*1200", "REF*XX", ("x12.segment_missing", "BHT")),
        ("BHT*0007*13", "BHT*0001*13", ("x278.transaction", "BHT01")),
        ("BHT*0007*13", "BHT*0007*99", ("x278.transaction", "BHT02")),
        ("*20260316*1200", "*260316*1200", ("x12.date", "BHT04")),
        ("REQ-1", "", ("x12.element_missing", "BHT03")),
        ("****MI*M-1", "", ("x12.member_missing", "NM109")),
        ("MI*M-1", "MI*", ("x12.element_missing", "NM109")),
        ("MI*M-1", "*M-1", ("x12.element_missing", "NM108")),
        ("NM1*IL*1", "NM1*IL*9", ("x12.element_missing", "NM102")),
        ("2*SAMPLE CLINIC*****XX*1234567893", "2", ("x12.element_missing", "NM103")),
        ("UM*HS", "UM*QQ", ("x12.code_unknown", "UM01")),
        ("UM*HS*I", "UM*HS*IX", ("x12.code_unknown", "UM02")),
        ("UM*HS*I*1*11:B", "MSG*x", ("x12.segment_missing", "UM")),
        ("HSD*VS*5", "HCR*A1*X", ("x12.segment_misplaced", "HCR")),
        ("HSD*VS*5", "AAA*N**33", ("x12.segment_misplaced", "AAA")),
        ("DMG*D8*19610407*F", "UM*HS*I", ("x12.segment_misplaced", "UM")),
        ("NM1*X3*2*SAMPLE PAYER*****PI*P1", "N3*x", ("x12.segment_missing", "NM1:20")),
        ("TRN*1*T-1", "TRN*9*T-1", ("x12.element_missing", "TRN02")),
    ],
)
def test_bad_input_17_what_must_be_there_is_missed(old, new, problem):
    (row,) = rows_of(interchange("278", REQUEST.replace(old, new)))

    assert problem in codes(row.problems)
    assert row.body == b"null"


def test_a_person_without_an_event_is_a_problem():
    (row,) = rows_of(interchange("278", REQUEST[: REQUEST.index("HL*4")]))

    assert ("x12.segment_missing", "HL:EV") in codes(row.problems)


@pytest.mark.parametrize(
    ("old", "new", "warning"),
    [
        ("20260401-20260405", "20260405-20260401", ("x12.date_reversed", "DTP03:472")),
        ("RD8*20260401-20260405", "D8*260401", ("x12.date", "DTP03:472")),
        ("19610407", "00000000", ("x12.date", "DMG02")),
        ("HSD*VS*5", "HSD*VS*1e9", ("x12.amount", "HSD02")),
        ("HI*ABK:I501", "HI*XYZ:I501", ("x12.code_unknown", "HI")),
        ("HI*ABK:I501", "HI*ABK", ("x12.code_unknown", "HI")),
    ],
)
def test_bad_input_20_21_a_value_that_is_none_is_left_out(old, new, warning):
    (row,) = rows_of(interchange("278", REQUEST.replace(old, new)))

    assert row.problems == ()
    assert warning in codes(row.warnings)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("HL*4*3*EV*1", "HL*4*9*EV*1", "x12.hl_parent"),
        ("HL*4*3*EV*1", "HL*4*0*EV*1", "x12.hl_parent"),
        ("HL*4*3*EV*1", "HL*4*4*EV*1", "x12.hl_cycle"),
        ("HL*4*3*EV*1", "HL*4*2*EV*1", "x12.hl_level"),
        ("HL*2*1*21*1", "HL*2*3*21*1", "x12.hl_parent"),
    ],
)
def test_bad_input_16_an_event_that_is_nobodys_is_not_used(old, new, problem):
    found = rows_of(interchange("278", REQUEST.replace(old, new)))

    assert problem in {each.code for row in found for each in row.problems}
    assert all(row.body == b"null" for row in found)


@pytest.mark.parametrize(
    ("old", "new", "said_of"),
    [("ANNA", "AN\x00NA", "warnings"), ("MI*M-1", "MI*M\x00-1", "problems")],
)
def test_bad_input_22_a_character_that_is_none_is_marked(old, new, said_of):
    (row,) = rows_of(interchange("278", REQUEST.replace(old, new)))

    assert "x12.charset" in {each.code for each in getattr(row, said_of)}
    assert b"\x00" not in row.body
    assert b"\\u0000" not in row.body


def test_bad_input_22_letters_of_any_language_are_names():
    (row,) = rows_of(interchange("278", REQUEST.replace("ANNA", "Ängström")))

    assert (row.warnings, said(row)["given_name"]) == ((), "Ängström")


def test_each_event_is_a_row_of_its_own():
    second = REQUEST + REQUEST[REQUEST.index("HL*3") :].replace("HL*3", "HL*5").replace(
        "HL*4*3", "HL*6*5"
    ).replace("T-1", "T-2").replace("M-1", "M-2")

    rows = rows_of(interchange("278", second))
    assert [row.number for row in rows] == [1, 2]
    assert [said(row)["trace"] for row in rows] == ["T-1", "T-2"]
    assert [said(row)["member_id"] for row in rows] == ["M-1", "M-2"]


def test_our_own_notifications_can_be_read():
    sent = render(NOTICES, Notification278Options(**ENDS)).body

    rows = rows_of(numbered(sent))
    assert [codes(row.problems) for row in rows] == [[]] * len(NOTICES)
    assert "status" not in said(rows[0])


def test_our_own_cancellation_is_read_as_one():
    sent = render([notice(retraction())], Notification278Options(**ENDS)).body

    (row,) = rows_of(numbered(sent))
    assert said(row)["status"] == "cancelled"


NUMBERS = st.from_regex(r"[A-Z0-9][A-Z0-9./-]{0,15}", fullmatch=True)
BIRTHS = st.dates(date(1880, 1, 1), date(2100, 1, 1))
NAMES = st.from_regex(r"[A-Z][a-z]{0,10}( [A-Z][a-z]{1,5})?", fullmatch=True)


@given(NUMBERS, NAMES, NAMES, BIRTHS, st.sampled_from(["admitted", "discharged"]))
def test_what_is_built_is_read_back(number, family, given_name, born, kind):
    person = {
        "names": [{"family": family, "given": given_name}],
        "birth_date": born.isoformat(),
        "sex": "F",
    }
    payload = {"person": person, "period": {"start": "2026-03-14T10:30"}}
    event = care_event(kind, payload=payload)
    sent = render([notice(event, patient_id=number)], Notification278Options(**ENDS))

    (row,) = rows_of(numbered(sent.body))
    body = said(row)
    assert (row.problems, body["member_id"]) == ((), number)
    assert (body["family_name"], body["given_name"]) == (family, given_name)
    assert body["trace"] == event.id
    assert body["admitted"] == "2026-03-14T10:30"
    assert body["birth_date"] == born.isoformat()


@given(
    st.sampled_from(["13", "11", "01", "CN"]),
    st.lists(
        st.sampled_from(
            [
                "HL*3*2*22*1",
                "HL*4*3*EV*0",
                "HL*5*4*SS*0",
                "HL*9*9*QQ",
                "NM1*IL*1*A*B****MI*M1",
                "NM1",
                "UM*HS*I",
                "UM",
                "HCR*A1*N",
                "HCR",
                "AAA*N**33",
                "DTP*472*RD8*1-2",
                "DTP",
                "DMG*D8*x",
                "HI*ABK",
                "HSD*VS*.5",
                "TRN*1",
                "SV1*HC",
            ]
        ),
        max_size=25,
    ),
)
def test_any_segments_give_rows_that_keep_their_promises(purpose, segments):
    head = f"BHT*0007*{purpose}*000000042*20260316\nHL*1**20\nHL*2*1*21\n"
    body = interchange("278", head + "\n".join(segments))

    for row in rows_of(body):
        assert bool(row.problems) == (row.body == b"null")
    for fact in facts_of(body):
        assert any(number.value for number in fact.subject.identifiers)
