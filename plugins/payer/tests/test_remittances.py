"""835: what was paid. Everybody is made up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_payer.x12_services.statements import normalise_service
from plugins.payer.tests import test_claims
from plugins.payer.tests.transactions import (
    PROFILE,
    codes,
    facts_of,
    interchange,
    message,
    rows_of,
    said,
)

PAYMENT = """
    BPR*I*945*C*ACH************20260316
    TRN*1*TRACE-1*1935665544
    N1*PR*SAMPLE PAYER*XV*P1
    N1*PE*SAMPLE CLINIC*XX*1234567893
    LX*1
    CLP*C-1*1*800*450*300*12*PCN-1*11*1
    CAS*CO*A2*50
    NM1*QC*1*MUSTER*ANNA****MI*M-1
    SVC*HC:99211*800*500
    CAS*PR*1*300
    CLP*C-2*1*1200*495*600*12*PCN-2
    CAS*CO*A2*55
    NM1*QC*1*MUSTER*ANNA****MI*M-1
    SVC*HC:93555*1200*550
    CAS*PR*1*600
    CAS*CO*45*50
"""


def rows(text=PAYMENT):
    return rows_of(interchange("835", text))


def test_each_claim_and_the_payment_are_rows():
    found = rows()

    assert [said(row)["kind"] for row in found] == [
        "remittance",
        "remittance",
        "payment",
    ]
    assert all(row.problems == () for row in found)


def test_a_claim_says_what_was_paid_and_what_was_taken_off():
    first, *_rest = rows()

    body = said(first)
    assert (body["charged"], body["paid"], body["patient_owes"]) == (
        "800",
        "450",
        "300",
    )
    assert (body["status"], body["payer_claim"]) == ("1", "PCN-1")
    assert body["paid_on"] == "2026-03-16"
    assert body["adjustments"] == [
        {"group": "CO", "reason": "A2", "amount": "50"},
        {"group": "PR", "reason": "1", "amount": "300"},
    ]


def test_what_is_paid_belongs_to_the_claim_that_was_made():
    claim, *_rest = facts_of(test_claims.file(test_claims.CLAIM))

    paid, *_rest = facts_of(interchange("835", PAYMENT))
    assert paid.record == claim.record
    assert "status" not in paid.details
    assert paid.details["outcome"]["paid"] == "450"
    assert paid.labels.confidentiality == "R"


def test_a_payment_by_itself_says_nothing_of_anybody():
    *_rest, payment = rows()

    found = normalise_service(message(payment), PROFILE)
    assert (found.facts, found.unmapped) == ((), "remittance.payment")


def test_bad_input_19_what_balances_has_no_flag():
    assert [row.warnings for row in rows()] == [(), (), ()]


@pytest.mark.parametrize(
    ("old", "new", "place", "flag"),
    [
        ("CAS*CO*A2*50\n", "CAS*CO*A2*51\n", 0, ("x835.claim_balance", "CLP04")),
        ("CLP*C-1*1*800*450", "CLP*C-1*1*800*460", 0, ("x835.claim_balance", "CLP04")),
        ("99211*800*500", "99211*800*490", 0, ("x835.line_balance", "SVC03")),
        ("BPR*I*945", "BPR*I*944.99", 2, ("x835.payment_balance", "BPR02")),
        ("CAS*PR*1*300", "CAS*PR*1*1e2", 0, ("x12.amount", "CAS")),
        ("99211*800*500", "99211*x*500", 0, ("x12.amount", "SVC")),
    ],
)
def test_bad_input_19_what_does_not_balance_is_flagged_and_kept(old, new, place, flag):
    assert flag not in codes(rows()[place].warnings)

    row = rows(PAYMENT.replace(old, new))[place]
    assert row.problems == ()
    assert flag in codes(row.warnings)
    assert said(row)["balanced"] is False


def test_bad_input_19_amounts_are_never_put_right():
    row, *_rest = rows(PAYMENT.replace("*800*450*", "*800*460*"))

    assert (said(row)["charged"], said(row)["paid"]) == ("800", "460")


def test_provider_adjustments_count_in_the_payment():
    less = PAYMENT.replace("BPR*I*945", "BPR*I*895") + "PLB*1234567893*20261231*CS:1*50"

    *_rest, payment = rows(less)
    assert payment.warnings == ()
    assert "balanced" not in said(payment)


def test_several_adjustments_stand_in_one_segment():
    joined = PAYMENT.replace("CAS*PR*1*600\n    CAS*CO*45*50", "CAS*PR*1*600**45*50")

    _first, second, _payment = rows(joined)
    assert (joined.count("CAS"), second.warnings) == (4, ())


@pytest.mark.parametrize(
    ("old", "new", "place", "problem"),
    [
        ("CLP*C-1*1", "CLP**1", 0, ("x12.element_missing", "CLP01")),
        ("CLP*C-1*1", "CLP*C-1*", 0, ("x12.element_missing", "CLP02")),
        ("*800*450*", "*1,000.00*450*", 0, ("x12.amount", "CLP03")),
        ("*800*450*", f"*800*{'9' * 40}*", 0, ("x12.amount", "CLP04")),
        ("BPR*I*945", "BPR*I*x", 2, ("x12.amount", "BPR02")),
        ("BPR", "REF", 2, ("x12.segment_missing", "BPR")),
    ],
)
def test_bad_input_21_a_claim_without_amounts_is_a_problem(old, new, place, problem):
    row = rows(PAYMENT.replace(old, new))[place]

    assert problem in codes(row.problems)
    assert row.body == b"null"


def test_a_corrected_number_is_the_one_that_counts():
    corrected = PAYMENT.replace(
        "NM1*QC*1*MUSTER*ANNA****MI*M-1\n    SVC*HC:99211",
        "NM1*QC*1*MUSTER*ANNA****MI*M-1\nNM1*74*1*MUSTER*****C*M-9\nSVC*HC:99211",
    )

    first, *_rest = rows(corrected)
    assert said(first)["member_id"] == "M-9"


def test_what_was_paid_of_a_dependent_without_a_number_is_nobodys():
    """The insured's number alone would make it the insured's own."""
    child = PAYMENT.replace(
        "NM1*QC*1*MUSTER*ANNA****MI*M-1\n    SVC*HC:99211",
        "NM1*QC*1*MUSTER*BEN\nNM1*IL*1*MUSTER*ANNA****MI*M-1\nSVC*HC:99211",
    )

    first, *_rest = rows(child)
    assert codes(first.warnings)[0] == ("x12.member_missing", "NM109")
    found = normalise_service(message(first), PROFILE)
    assert (found.facts, found.unmapped) == ((), "remittance.nobody")


def test_the_insured_is_the_patient_where_the_names_are_one():
    same = PAYMENT.replace(
        "NM1*QC*1*MUSTER*ANNA****MI*M-1\n    SVC*HC:99211",
        "NM1*QC*1*MUSTER*ANNA\nNM1*IL*1*MUSTER*ANNA****MI*M-1\nSVC*HC:99211",
    )

    first, *_rest = rows(same)
    assert said(first)["member_id"] == "M-1"


SEGMENTS = st.sampled_from(
    ["BPR*I*1", "BPR", "N1*PE", "LX*1", "CLP", "CLP*C*1*1*1", "CLP*C*1*x*.5", "CAS",
     "CAS*CO*1*-0", "CAS*CO*1*1e9", "SVC", "SVC*HC:1*1*1", "NM1*QC*1*A****MI*1",
     "NM1*IL*1*A****MI*2", "NM1*74*1", "PLB*1*1*X*5", "PLB", "DTM*232*x"]
)  # fmt: skip


@given(st.lists(SEGMENTS, max_size=25))
def test_any_segments_give_rows_that_keep_their_promises(segments):
    body = interchange("835", "\n".join(segments) or "LX*1")

    for row in rows_of(body):
        assert bool(row.problems) == (row.body == b"null")
    for fact in facts_of(body):
        assert any(number.value for number in fact.subject.identifiers)
