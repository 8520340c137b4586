"""271: what a payer answers. Everybody is made up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_payer.x12 import enrolment
from plugins.payer.tests.transactions import (
    PROFILE,
    answers_of,
    codes,
    facts_of,
    interchange,
    rows_of,
    said,
    sets,
)

ANSWER = """
    BHT*0022*11*000000042*20260316*1200
    HL*1**20*1
    NM1*PR*2*SAMPLE PAYER*****PI*P1
    HL*2*1*21*1
    NM1*1P*2*SAMPLE CLINIC*****XX*1234567893
    HL*3*2*22*0
    TRN*2*evt-1*9CAREHUB00
    NM1*IL*1*MUSTER*ANNA****MI*M-1
    N4*KIEL**24103
    DMG*D8*19610407*F
    DTP*346*RD8*20260101-20261231
    EB*1*IND*30^35*HM*GOLD
    EB*B*IND*30**GOLD*27*25.00
"""


def test_an_answer_says_whether_and_until_when():
    (row,) = rows_of(interchange("271", ANSWER))

    body = said(row)
    assert (row.problems, row.warnings) == ((), ())
    assert (body["kind"], body["active"], body["plan"]) == ("eligibility", True, "GOLD")
    assert (body["since"], body["until"]) == ("2026-01-01", "2026-12-31")
    assert body["benefits"][0]["services"] == ["30", "35"]
    assert body["benefits"][1]["amount"] == "25"


def test_an_answer_is_a_coverage_that_was_verified():
    (fact,) = facts_of(interchange("271", ANSWER))

    assert fact.record.kind == "coverage"
    assert fact.details["status"] == "verified"
    assert fact.details["active"] is True
    assert fact.details["period"] == {"start": "2026-01-01", "end": "2026-12-31"}
    assert fact.details["payer"]["value"] == "P1"


def test_who_is_not_insured_is_verified_too():
    inactive = ANSWER.replace("EB*1*", "EB*6*").replace("EB*B*IND*30**GOLD", "EB*B*IND")

    (fact,) = facts_of(interchange("271", inactive))
    assert (fact.details["status"], fact.details["active"]) == ("verified", False)
    assert fact.details["plan"] is None


def test_a_refusal_verifies_nothing():
    refused = ANSWER[: ANSWER.index("DTP")] + "AAA*N**75*C"

    (fact,) = facts_of(interchange("271", refused))
    assert (fact.details["status"], fact.details["rejections"]) == (None, ["75"])


def test_a_refusal_names_the_file_that_it_answers():
    refused = ANSWER[: ANSWER.index("DTP")] + "AAA*N**75*C"

    (found,) = answers_of(interchange("271", refused))
    assert (found.of, found.kind, found.acceptance, found.codes) == (
        "000000042",
        "271",
        "rejected",
        ("75",),
    )


def test_a_file_of_which_some_can_be_answered_is_taken_in_part():
    two = ANSWER + ANSWER[ANSWER.index("HL*3") : ANSWER.index("DTP")].replace(
        "HL*3", "HL*4"
    ).replace("M-1", "M-2")

    (found,) = answers_of(interchange("271", two + "AAA*N**72*C"))
    assert found.acceptance == "partly"


def test_a_whole_question_can_be_refused():
    nobody = ANSWER[: ANSWER.index("HL*2")] + "AAA*Y**42*Y"

    body = interchange("271", nobody)
    assert rows_of(body) == []
    assert [each.acceptance for each in answers_of(body)] == ["rejected"]


def test_dependents_have_answers_of_their_own():
    family = (
        ANSWER[: ANSWER.index("DTP")].replace("HL*3*2*22*0", "HL*3*2*22*1")
        + """
        HL*4*3*23*0
        NM1*03*1*MUSTER*BEN
        DMG*D8*20190401*M
        INS*N*19
        EB*1**30**GOLD
    """
    )

    (row,) = rows_of(interchange("271", family))
    assert (said(row)["given_name"], said(row)["subscriber_id"]) == ("BEN", "M-1")
    assert said(row)["relationship"] == "19"


def test_a_dependent_is_who_the_member_list_of_the_payer_says():
    """Both give somebody without a number of their own the same one (R-PAY-01)."""
    listed = """BGN*00*1*20260316*1200****4
        N1*P5*EMPLOYER*FI*1
        N1*IN*SAMPLE PAYER*FI*2
        INS*N*19*021*20*A***FT
        REF*0F*M-1
        NM1*IL*1*MUSTER*BEN
        DMG*D8*20190401*M
        HD*021**HLT*GOLD
        DTP*348*D8*20260101"""
    asked = (
        ANSWER[: ANSWER.index("DTP")]
        + """HL*4*3*23*0
        NM1*03*1*MUSTER *BEN
        DMG*D8*20190401*M
        INS*N*19
        EB*1"""
    )

    enrolled = interchange("834", listed)
    (row,) = [
        item
        for place, segments in sets(enrolled)
        for item in enrolment.rows(iter(segments), PROFILE, place)
    ]
    (answered,) = rows_of(interchange("271", asked))
    assert [said(row)[name] for name in ("system", "member_id")] == [
        said(answered)[name] for name in ("system", "member_id")
    ]


def test_an_answer_that_says_nothing_is_noted():
    silent = ANSWER[: ANSWER.index("DTP")]

    (row,) = rows_of(interchange("271", silent))
    assert ("x12.segment_missing", "EB") in codes(row.warnings)


@pytest.mark.parametrize(
    ("old", "new", "warning"),
    [
        ("25.00", "1,000.00", ("x12.amount", "EB07")),
        ("20260101-20261231", "20261231-20260101", ("x12.date_reversed", "DTP03:346")),
    ],
)
def test_bad_input_20_21_a_value_that_is_none_is_left_out(old, new, warning):
    (row,) = rows_of(interchange("271", ANSWER.replace(old, new)))

    assert warning in codes(row.warnings)


def test_an_answer_without_a_member_is_a_problem():
    (row,) = rows_of(interchange("271", ANSWER.replace("****MI*M-1", "")))

    assert codes(row.problems) == [("x12.member_missing", "NM109")]


def test_a_new_answer_takes_the_place_of_the_one_before():
    """What the payer no longer says must not stay from last month."""
    (fact,) = facts_of(interchange("271", ANSWER[: ANSWER.index("DTP")] + "EB*6"))

    assert fact.details["period"] is None
    assert fact.details["plan"] is None


SEGMENTS = st.sampled_from(
    ["HL*3*2*22", "HL*4*3*23", "HL*9", "NM1*IL*1*A****MI*1", "NM1*03*1*A*B", "EB",
     "EB*1", "EB*6**30^^", "AAA", "AAA*N**75", "DTP*346*D8*x", "DMG*D8*20190401",
     "TRN*2*x"]
)  # fmt: skip


@given(st.lists(SEGMENTS, max_size=20))
def test_any_segments_give_rows_that_keep_their_promises(segments):
    head = "BHT*0022*11*000000042*20260316\nHL*1**20\nHL*2*1*21\n"
    body = interchange("271", head + "\n".join(segments))

    for row in rows_of(body):
        assert bool(row.problems) == (row.body == b"null")
    for fact in facts_of(body):
        assert any(number.value for number in fact.subject.identifiers)
