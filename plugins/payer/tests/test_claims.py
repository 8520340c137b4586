"""837: claims as history. Everybody is made up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.sdk import FactKind
from plugins.payer.tests.transactions import (
    codes,
    facts_of,
    interchange,
    rows_of,
    said,
)

HEAD = """
    BHT*0019*00*1*20260316*1200*CH
    NM1*41*2*SAMPLE CLINIC*****46*S1
    NM1*40*2*SAMPLE PAYER*****46*P1
    HL*1**20*1
    NM1*85*2*SAMPLE CLINIC*****XX*1234567893
    HL*2*1*22*0
    SBR*P*18*******CI
    NM1*IL*1*MUSTER*ANNA****MI*M-1
    DMG*D8*19610407*F
    NM1*PR*2*SAMPLE PAYER*****PI*P1
"""
CLAIM = """
    CLM*C-1*1500.5***11:A:1**A*Y*Y
    DTP*096*TM*1130
    DTP*434*RD8*20260201-20260204
    DTP*435*DT*202602010815
    CL1*1*7*01
    REF*EA*MRN
    HI*ABK:I501*ABJ:R079
    HI*BBR:02703ZZ:D8:20260202
    NM1*71*1*ARZT*ADA
    LX*1
    SV2*0120*HC:99233*1500.5*DA*3
    DTP*472*D8*20260202
"""
PROFESSIONAL = """
    CLM*C-2*80***11:B:1*Y*A*Y*Y
    HI*ABK:E119
    LX*1
    SV1*HC:99213:25*50*UN*1
    DTP*472*D8*20260210
    LX*2
    SV1*HC:83036*30*UN*1
    DTP*472*D8*20260212
"""


def file(*claims, head=HEAD, version=""):
    return interchange("837", head + "".join(claims), version=version)


def test_a_claim_says_when_somebody_came_and_how_they_left():
    (row,) = rows_of(file(CLAIM))

    body = said(row)
    assert (row.op, row.problems, row.warnings) == ("once", (), ())
    assert (body["kind"], body["form"]) == ("claim", "institutional")
    assert (body["admitted"], body["discharge_hour"]) == ("2026-02-01T08:15", "11:30")
    assert (body["since"], body["until"]) == ("2026-02-01", "2026-02-04")
    assert (body["admission_type"], body["admission_source"]) == ("1", "7")
    assert (body["patient_status"], body["charged"]) == ("01", "1500.5")
    assert (body["frequency"], body["facility_type"]) == ("1", "11")


def test_a_claim_says_what_was_found_and_done():
    (row,) = rows_of(file(CLAIM))

    body = said(row)
    assert [(each["code"], each["use"]) for each in body["diagnoses"]] == [
        ("I501", "principal"),
        ("R079", "admitting"),
    ]
    assert [each["code"] for each in body["procedures"]] == ["02703ZZ", "99233"]
    assert body["procedures"][0]["at"] == "2026-02-02"


def test_a_professional_claim_has_the_days_of_its_lines():
    (row,) = rows_of(file(PROFESSIONAL, version="005010X222A1"))

    body = said(row)
    assert body["form"] == "professional"
    assert (body["since"], body["until"], body["lines"]) == (
        "2026-02-10",
        "2026-02-12",
        2,
    )


def test_each_claim_is_a_row():
    rows = rows_of(file(CLAIM, PROFESSIONAL))

    assert [said(row)["claim"] for row in rows] == ["C-1", "C-2"]
    assert len({row.key for row in rows}) == 2


def test_a_claim_is_a_restricted_record_and_no_stay():
    (fact,) = facts_of(file(CLAIM))

    assert fact.kind is FactKind.RECORD
    assert fact.encounter is None
    assert fact.record.kind == "claim"
    assert fact.labels.confidentiality == "R"
    assert fact.details["status"] == "observed"


def test_a_void_takes_a_claim_back():
    (fact,) = facts_of(file(CLAIM.replace("11:A:1", "11:A:8")))

    (first,) = facts_of(file(CLAIM))
    assert fact.record == first.record
    assert fact.details["status"] == "retracted"


def test_a_replacement_says_all_anew():
    """What the new claim does not say, the old one must not go on saying."""
    bare = CLAIM[: CLAIM.index("CL1")].replace("11:A:1", "11:A:7")

    (fact,) = facts_of(file(bare))
    assert fact.details["status"] == "observed"
    assert fact.details["diagnoses"] is None
    assert fact.details["patient_status"] is None


@pytest.mark.parametrize(
    ("frequency", "statuses"),
    [("7", ["observed", "retracted"]), ("8", ["retracted", "retracted"])],
)
def test_a_claim_under_a_new_number_takes_back_the_old_one(frequency, statuses):
    claim = CLAIM.replace("11:A:1", f"11:A:{frequency}").replace(
        "REF*EA*MRN", "REF*F8*C-0"
    )

    new, old = facts_of(file(claim))
    assert [each.details["status"] for each in (new, old)] == statuses
    assert (new.record.value, old.record.value) == ("C-1", "C-0")
    assert new.record.system == old.record.system


def test_a_patient_who_is_not_insured_stands_below_who_is():
    child = """
        HL*3*2*23*0
        PAT*19
        NM1*QC*1*MUSTER*BEN
        DMG*D8*20190401*M
    """

    (fact,) = facts_of(file(child, CLAIM))
    (number,) = fact.subject.identifiers
    assert number.system == "PAYER/dependants"
    assert fact.subject.demographics["names"] == [{"family": "MUSTER", "given": "BEN"}]


def test_another_insurer_within_a_claim_is_not_the_patient():
    other = CLAIM.replace(
        "LX*1", "SBR*S*01\nNM1*IL*1*ANDERS*OTTO****MI*X-9\nDTP*573*D8*20260101\nLX*1"
    )

    (row,) = rows_of(file(other))
    assert (said(row)["family_name"], said(row)["member_id"]) == ("MUSTER", "M-1")


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("CLM*C-1", "CLM*", ("x12.element_missing", "CLM01")),
        ("1500.5***", "1,500.50***", ("x12.amount", "CLM02")),
        ("11:A:1", "11:A", ("x837.frequency", "CLM05")),
        ("****MI*M-1", "", ("x12.member_missing", "NM109")),
        ("HL*2*1*22", "HL*2*7*22", ("x12.hl_parent", "HL02")),
    ],
)
def test_bad_input_16_17_21_a_claim_that_is_nobodys_is_not_used(old, new, problem):
    (row,) = rows_of(file((HEAD + CLAIM).replace(old, new), head=""))

    assert problem in codes(row.problems)
    assert row.body == b"null"


@pytest.mark.parametrize(
    ("old", "new", "warning"),
    [
        ("20260201-20260204", "20260204-20260201", ("x12.date_reversed", "DTP03:434")),
        ("TM*1130", "TM*2530", ("x12.date", "DTP03:096")),
        ("DT*202602010815", "D8*00000000", ("x12.date", "DTP03:435")),
    ],
)
def test_bad_input_20_a_date_that_is_none_is_left_out(old, new, warning):
    (row,) = rows_of(file(CLAIM.replace(old, new)))

    assert row.problems == ()
    assert warning in codes(row.warnings)


SEGMENTS = st.sampled_from(
    ["HL*2*1*22", "HL*3*2*23", "HL*7*9*23", "HL", "SBR*P", "NM1*IL*1*A****MI*1", "NM1",
     "NM1*QC*1*A*B", "PAT*19", "DMG*D8*x", "CLM*C*1***11:A:1", "CLM", "CLM*C*x", "CL1",
     "CLM*C****1::8", "REF*F8*9", "DTP*434*D8*1", "DTP", "HI*ABK:", "HI", "LX*1", "SV1",
     "SV2*1*HC", "DTP*472*D8*20260101"]
)  # fmt: skip


@given(st.lists(SEGMENTS, max_size=25))
def test_any_segments_give_rows_that_keep_their_promises(segments):
    body = interchange(
        "837", "BHT*0019*00*1*20260316\nHL*1**20\n" + "\n".join(segments)
    )

    for row in rows_of(body):
        assert bool(row.problems) == (row.body == b"null")
    for fact in facts_of(body):
        assert fact.kind is FactKind.RECORD
        assert any(number.value for number in fact.subject.identifiers)
