"""Member lists (834): what each says of whom, and what becomes of it (R-PAY-01)."""

from datetime import UTC, date, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.sdk import FactKind, Identifier, Membership, Row, RowMessage
from hub_payer.x12.profile import X12Profile
from hub_payer.x12.reading import normalise
from plugins.payer.tests.x12_samples import (
    MEMBER,
    changed,
    enrolment,
    group,
    interchange,
    members,
    reading,
)

SAID = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
DEPENDANT = (
    "INS*N*19*021*02*A",
    "REF*0F*S100",
    "NM1*IL*1*SPATZ*LI",
    "DMG*D8*20260301*F",
    "HD*021**HLT*PLAN A*IND",
    "DTP*348*D8*20260301",
)


def maintained(code, *after, member=MEMBER, line=None):
    """Return a member with a maintenance code, and other segments from the HD on."""
    head = [each for each in member if not each.startswith(("HD", "DTP*34"))]
    ins = head[0].split("*")
    ins[3] = code
    made = ["*".join(ins), *head[1:], *after]
    return made if line is None else [*made, line]


def only(*each, profile=None, **how):
    """Return the one row of a file with these members."""
    (row,) = reading(members(*each, **how), **(profile or {})).all_rows
    return row


def body(row):
    return msgspec.json.decode(row.body)


def facts(row, *, before=b"null", profile=None):
    """Return what becomes of the message that a row becomes."""
    message = RowMessage(
        op=row.op,
        key=row.key,
        row=msgspec.Raw(row.body),
        said=SAID,
        exchange="x-1",
        number=row.number,
        before=msgspec.Raw(before),
    )
    made = normalise(msgspec.json.encode(message), profile or X12Profile())
    assert made.problem is None
    return made.facts


def status(row, **how):
    return facts(row, **how)[0].details.get("status")


@pytest.mark.parametrize(
    ("purpose", "semantics"),
    [
        ("2", "delta"),
        ("4", "audit"),
        ("RX", "audit"),
        ("", "delta"),
        ("QQ", "delta"),
    ],
)
def test_the_header_says_what_absence_means(purpose, semantics):
    heading = reading(members(MEMBER, purpose=purpose)).heading

    assert (heading.kind, heading.semantics) == ("834", semantics)
    assert heading.note == f"BGN08={purpose}"
    assert heading.said == SAID


def test_absence_never_ends_anybody():
    """No purpose of an 834 is a full replacement to the hub: a person looks at it."""
    for purpose in ("2", "4", "RX", "", "15"):
        heading = reading(members(MEMBER, purpose=purpose)).heading

        assert heading.semantics in {"delta", "audit"}


def test_a_file_of_changes_among_audits_is_one_of_changes():
    sets = [
        enrolment(MEMBER, purpose="4", control="0001"),
        enrolment(DEPENDANT, purpose="2", control="0002"),
    ]

    found = reading(interchange(group(*sets)))

    assert (found.heading.semantics, found.heading.note) == ("delta", "BGN08=4,2")


def test_the_profile_can_know_better_than_the_header():
    found = reading(members(MEMBER, purpose="2"), semantics="audit")

    assert found.heading.semantics == "audit"


def test_an_information_copy_is_not_used():
    found = reading(members(MEMBER, bgn="22"))

    assert found.rows == []
    assert found.problems == [("x12.copy", "BGN01")]


def test_the_header_counts_the_members():
    found = reading(members(MEMBER, header=["QTY*TO*4312"]))

    assert found.totals.stated == 4312


def test_a_new_member_is_enrolled():
    row = only(MEMBER)

    assert (row.op, row.key) == ("set", "S100:S100:")
    assert row.memberships == (
        Membership(system="MUSTERKASSE", value="S100", since=date(2026, 1, 1)),
    )
    assert body(row) == {
        "kind": "member",
        "system": "MUSTERKASSE",
        "member_id": "S100",
        "family_name": "SPATZ",
        "given_name": "JO",
        "middle_name": "A",
        "birth_date": "1970-01-31",
        "sex": "M",
        "street": "AM WEHR 7",
        "street_2": "HINTERHAUS",
        "city": "MUSTERSTADT",
        "state": "NY",
        "postal_code": "01234",
        "phone": "0305550100",
        "email": "jo@example.org",
        "subscriber_id": "S100",
        "relationship": "18",
        "payer": "987654321",
        "payer_system": "FI",
        "plan": "PLAN A",
        "contract": "G7",
        "since": "2026-01-01",
    }
    assert status(row) == "enrolled"


def test_the_same_state_is_the_same_row_in_a_change_and_in_an_audit():
    """Else each audit would change everybody."""
    audit = maintained("030", "HD*030**HLT*PLAN A*IND", "DTP*348*D8*20260101")

    assert only(audit, purpose="4") == only(MEMBER)


def test_a_termination_in_the_past_ends_the_coverage():
    row = only(maintained("024", "HD*024**HLT*PLAN A", "DTP*349*D8*20260228"))

    assert (row.op, row.key, row.memberships) == ("end", "S100:S100:", ())
    (fact, *_) = facts(row, before=only(MEMBER).body)
    assert fact.details["status"] == "terminated"
    assert fact.details["period"] == {"start": "2026-01-01", "end": "2026-02-28"}
    assert fact.occurred.local == "2026-02-28"


def test_a_termination_in_the_future_is_none_yet():
    row = only(maintained("024", "HD*024**HLT*PLAN A", "DTP*349*D8*20261231"))

    assert row.op == "set"
    assert row.memberships[0].until == date(2026, 12, 31)
    assert status(row, before=only(MEMBER).body) is None


def test_a_termination_before_the_beginning_was_never_effective():
    row = only(
        maintained(
            "024", "HD*024**HLT*PLAN A", "DTP*348*D8*20260101", "DTP*349*D8*20251231"
        )
    )

    assert row.op == "end"
    assert status(row, before=only(MEMBER).body) == "never_effective"


def test_a_retroactive_termination_ends_the_right_from_its_day_on():
    row = only(maintained("024", "HD*024**HLT*PLAN A", "DTP*349*D8*20250630"))

    assert row.op == "end"
    assert facts(row)[0].occurred.local == "2025-06-30"


def test_a_termination_of_the_member_needs_no_coverage():
    row = only(maintained("024", "DTP*357*D8*20260228"))

    assert (row.op, row.key) == ("end", "S100:S100:")
    assert body(row)["until"] == "2026-02-28"


def test_a_termination_without_an_end_takes_the_day_of_its_effect():
    row = only(maintained("024", "DTP*303*D8*20260301"))

    assert body(row)["until"] == "2026-03-01"


def test_a_termination_without_any_day_ends_now():
    row = only(maintained("024"))

    assert row.op == "end"
    assert status(row, before=only(MEMBER).body) == "terminated"


def test_a_reinstatement_says_so():
    row = only(maintained("025", "HD*025**HLT*PLAN A", "DTP*348*D8*20260301"))

    assert row.op == "set"
    assert len(row.memberships) == 1
    assert status(row) == "reinstated"


def test_a_deleted_coverage_was_never_effective():
    row = only(maintained("001", "HD*002**HLT*PLAN A"))

    assert row.op == "end"
    assert status(row, before=only(MEMBER).body) == "never_effective"


def test_a_correction_replaces_what_was_known():
    row = only(maintained("001", "HD*026**HLT*PLAN B", "DTP*348*D8*20260201"))

    assert (row.op, row.key) == ("set", "S100:S100:")
    assert body(row)["plan"] == "PLAN B"


def test_a_change_of_address_leaves_the_coverage_as_it_is():
    row = only(maintained("001"))

    assert (row.op, row.memberships) == ("once", ())
    (fact,) = facts(row)
    assert fact.kind is FactKind.PERSON
    assert fact.subject.demographics["addresses"][0]["city"] == "MUSTERSTADT"


def test_what_a_change_does_not_repeat_stays():
    row = only(maintained("001", "HD*001**HLT*PLAN B"))

    (fact, *_) = facts(row, before=only(MEMBER).body)
    assert fact.details["plan"] == "PLAN B"
    assert "status" not in fact.details
    assert None not in fact.details.values()


def test_dependants_share_a_number_and_are_different_people():
    twin = changed(DEPENDANT, NM1="NM1*IL*1*SPATZ*LO")

    rows = reading(members(MEMBER, DEPENDANT, twin)).rows

    assert len({row.key for row in rows}) == 3
    assert len({row.memberships[0].value for row in rows}) == 3
    assert {row.memberships[0].system for row in rows[1:]} == {"MUSTERKASSE/dependants"}
    assert all(body(row)["subscriber_id"] == "S100" for row in rows)


def test_a_dependant_is_the_same_person_in_the_next_file():
    later = changed(DEPENDANT, N3="N3*X", NM1="NM1*IL*1*Spatz*Li", INS="INS*N*19*030")

    assert only(DEPENDANT).key == only(later).key


@pytest.mark.parametrize("qualifier", ["17", "23", "ZZ"])
def test_a_number_of_their_own_makes_a_dependant_known(qualifier):
    numbered = [*DEPENDANT[:2], f"REF*{qualifier}*D5", *DEPENDANT[2:]]

    row = only(numbered, profile={"numbers": {"member": qualifier, "system": "K"}})

    assert row.key == "S100:D5:"
    assert row.memberships[0].system == "K"


def test_some_payers_give_each_member_a_number_of_the_same_kind():
    row = only(DEPENDANT, profile={"numbers": {"member": "own"}})

    assert (row.key, row.memberships[0].value) == ("S100:S100:", "S100")


def test_further_numbers_have_the_system_that_the_profile_names():
    numbered = [*MEMBER[:2], "REF*23*C9", "REF*3H*CASE", *MEMBER[2:]]

    row = only(numbered, profile={"numbers": {"further": {"23": "CLINIC"}}})

    assert Identifier("CLINIC", "C9") in facts(row)[0].subject.identifiers
    assert "CASE" not in row.body.decode()


def test_a_newborn_is_enrolled_late_and_from_birth_on():
    row = only(DEPENDANT)

    assert row.memberships[0].since == date(2026, 3, 1)
    assert facts(row)[0].occurred.local == "2026-03-01"
    assert status(row) == "enrolled"


def test_a_newborn_without_a_name_is_known_by_birth():
    row = only(changed(DEPENDANT, NM1="NM1*IL*1*SPATZ"))

    assert row.problems == ()


def test_somebody_who_cannot_be_told_from_others_is_refused():
    row = only(changed(DEPENDANT, NM1="NM1*IL*1*SPATZ", DMG=None))

    assert [each.code for each in row.problems] == ["member.identity_missing"]


def test_a_name_that_was_wrong_does_not_leave_a_second_person():
    right = [
        *DEPENDANT[:2],
        "NM1*74*1*SPATZ*LIA",
        "DMG*D8*20260301*F",
        "NM1*70*1*SPATZ*LI",
        *DEPENDANT[4:],
    ]

    ended, new = reading(members(right)).rows

    assert (ended.op, ended.key) == ("end", only(DEPENDANT).key)
    assert (new.op, body(new)["given_name"]) == ("set", "LIA")


def test_coverages_that_entitle_are_one_and_others_are_by_themselves():
    member = [
        *MEMBER,
        "HD*021**DEN*TEETH*IND",
        "DTP*348*D8*20260201",
        "HD*021**HMO*PLAN H*IND",
        "DTP*348*D8*20250101",
    ]

    medical, dental = reading(members(member)).rows

    assert (medical.key, dental.key) == ("S100:S100:", "S100:S100:DEN")
    assert medical.memberships[0].since == date(2025, 1, 1)
    assert dental.memberships == ()
    assert body(dental)["plan"] == "TEETH"


def test_a_change_of_plan_is_no_termination():
    row = only(
        maintained(
            "001",
            "HD*024**HLT*PLAN A",
            "DTP*349*D8*20260228",
            "HD*021**HLT*PLAN B",
            "DTP*348*D8*20260301",
        )
    )

    assert row.op == "set"
    assert (body(row)["plan"], body(row)["since"]) == ("PLAN B", "2026-03-01")


def test_the_end_of_another_line_takes_no_right():
    row = only(maintained("001", "HD*024**DEN*TEETH", "DTP*349*D8*20260101"))

    assert (row.op, row.key) == ("end", "S100:S100:DEN")


def test_the_primary_care_provider_is_who_the_member_is_attributed_to():
    member = [*MEMBER, "LX*1", "NM1*P3*1*AMSEL*ADA****XX*1255468245", "N3*ELSEWHERE 1"]

    row = only(member)

    assert body(row)["pcp"] == "1255468245"
    assert body(row)["street"] == "AM WEHR 7"
    attributed = facts(row)[1].details
    assert attributed["status"] == "attribution_added"
    assert attributed["pcp_name"] == "ADA AMSEL"
    assert attributed["provider_system"] == "NPI"


def test_who_else_covers_somebody_is_known():
    member = [*MEMBER, "COB*S*P77*1", "NM1*IN*2*ANDERE KASSE", "DTP*344*D8*20240101"]

    (fact, *_) = facts(only(member))

    assert fact.details["other_coverage"] == [
        {"order": "S", "policy": "P77", "payer": "ANDERE KASSE"}
    ]


def test_reporting_categories_are_no_names():
    member = [*MEMBER, "LS*2700", "LX*1", "N1*75*DIVISION", "REF*17*NOT A NUMBER", "LE"]

    assert only(member) == only(MEMBER)


def test_somebody_who_died_is_known_to_have():
    died = changed(MEMBER, INS="INS*Y*18*024*03*A***FT**N*D8*20260301")

    (fact, *_) = facts(only(died))

    assert fact.subject.demographics["deceased"] == {"flag": True, "at": "2026-03-01"}


@pytest.mark.parametrize(
    ("segments", "problem"),
    [
        ({"INS": "INS*Y*18*999*28"}, ("member.maintenance_unknown", "INS03")),
        ({"HD": "HD*ABC**HLT"}, ("member.maintenance_unknown", "HD01")),
        ({"INS": "INS*Y*18"}, ("member.maintenance_unknown", "INS03")),
        ({"REF": None}, ("member.number_missing", "REF 0F")),
        ({"DTP": "DTP*348*D8*260101"}, ("date.invalid", "DTP 348")),
        ({"DTP": "DTP*348*D8*20260230"}, ("date.invalid", "DTP 348")),
        ({"DTP": "DTP*348*D8*٢٠٢٦٠١٠١"}, ("date.invalid", "DTP 348")),
        ({"DTP": "DTP*348*RD8*20260201-20260101"}, ("date.invalid", "DTP 348")),
        ({"DTP": "DTP*348*XX*2026"}, ("date.invalid", "DTP 348")),
    ],
)
def test_18_and_20_what_nobody_understands_costs_the_row_and_no_other(
    segments, problem
):
    found = reading(members(DEPENDANT, changed(MEMBER, **segments), DEPENDANT))

    assert found.problems == [problem]
    assert len(found.rows) == 2


@pytest.mark.parametrize(
    ("segments", "warning"),
    [
        ({"INS": "INS**18*021"}, "member.indicator_unknown"),
        ({"INS": "INS*Y*ZZ*021"}, "member.relationship_unknown"),
        ({"DMG": "DMG*D8*700131*M"}, "date.invalid"),
        ({"INS": "INS*Y*18*021*28*******D8*2026"}, "date.invalid"),
    ],
)
def test_18_what_matters_less_is_a_warning(segments, warning):
    row = only(changed(MEMBER, **segments))

    assert row.problems == ()
    assert [each.code for each in row.warnings] == [warning]


@pytest.mark.parametrize(
    ("text", "since"),
    [("00000000", None), ("", None), ("99991231", None), ("20240229", "2024-02-29")],
)
def test_20_no_day_and_the_end_of_time_are_open(text, since):
    row = only(changed(MEMBER, DTP=f"DTP*348*D8*{text}"))

    assert row.problems == ()
    assert body(row).get("since") == since


def test_20_a_range_says_both_ends():
    row = only(changed(MEMBER, DTP="DTP*348*RD8*20260101-20261231"))

    assert (body(row)["since"], body(row)["until"]) == ("2026-01-01", "2026-12-31")


def test_18_the_same_member_twice_are_two_rows_of_one_key():
    again = maintained("024", "DTP*357*D8*20260228")

    rows = reading(members(MEMBER, again)).rows

    assert [(row.op, row.key) for row in rows] == [
        ("set", "S100:S100:"),
        ("end", "S100:S100:"),
    ]


def test_18_an_addition_after_a_cancellation_comes_in_that_order():
    gone = maintained("024", "DTP*357*D8*20260228")

    rows = reading(members(gone, MEMBER)).rows

    assert [row.op for row in rows] == ["end", "set"]


def test_18_mass_terminations_are_ends_that_the_gate_counts():
    gone = [
        [each.replace("S100", f"S{n}") for each in maintained("024")] for n in range(30)
    ]

    rows = reading(members(*gone)).rows

    assert [row.op for row in rows] == ["end"] * 30


def test_a_member_without_end_is_refused():
    endless = [*MEMBER, *["NTE*ADD*AGAIN"] * 2001]

    row = only(endless)

    assert [each.code for each in row.problems] == ["member.too_long"]


def test_rows_are_counted_over_the_whole_file():
    content = interchange(
        group(
            enrolment(MEMBER, DEPENDANT, control="0001"),
            enrolment(changed(DEPENDANT, NM1="NM1*IL*1*A*B"), control="0002"),
        )
    )

    assert [row.number for row in reading(content).rows] == [1, 2, 3]


def test_a_row_that_nobody_knows_is_a_problem():
    for row in (b'{"kind":"newer"}', b"[]", b"null", b'{"kind":"member"}', b"1"):
        message = RowMessage(
            op="set", key="k", row=msgspec.Raw(row), said=SAID, exchange="x"
        )

        made = normalise(msgspec.json.encode(message), X12Profile())

        assert made.problem.code == "X12-003"


@pytest.mark.parametrize("year", [1, 1799, 9999])
def test_a_row_of_a_time_with_which_nobody_can_reckon_is_a_problem(year):
    message = RowMessage(
        op="set",
        key="k",
        row=msgspec.Raw(only(MEMBER).body),
        said=SAID.replace(year=year),
        exchange="x",
    )

    made = normalise(msgspec.json.encode(message), X12Profile())

    assert made.problem.code == "X12-003"


@pytest.mark.parametrize("digits", ["\u0661\u0662", "1\u00b2"])
def test_a_total_in_other_digits_is_none(digits):
    found = reading(members(MEMBER, header=[f"QTY*TO*{digits}"]))

    assert found.totals.stated is None


SEGMENT = st.builds(
    lambda name, elements: "*".join([name, *elements]),
    st.sampled_from(
        ["INS", "REF", "NM1", "HD", "DTP", "COB", "LX", "DMG", "N4", "PER", "LS", "LE"]
    ),
    st.lists(
        st.sampled_from(
            [
                "",
                "Y",
                "N",
                "18",
                "021",
                "024",
                "001",
                "002",
                "0F",
                "IL",
                "70",
                "P3",
                "D8",
                "RD8",
                "348",
                "349",
                "20260101",
                "20250101-20251231",
                "HLT",
                "A:B",
            ]
        ),
        max_size=9,
    ),
)


@given(st.lists(SEGMENT, max_size=25))
def test_whatever_a_member_says_each_row_becomes_facts_or_has_a_problem(segments):
    found = reading(members(["INS*Y*18*021", "REF*0F*S1"], segments))

    for row in found.all_rows:
        assert isinstance(row, Row)
        assert row.problems or facts(row)
