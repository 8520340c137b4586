"""The envelope of X12 files: what is wrong with one level costs that level only."""

import io
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_payer.x12.envelope import read
from hub_payer.x12.events import (
    GroupBegin,
    GroupEnd,
    InterchangeBegin,
    InterchangeEnd,
    TransactionBegin,
    TransactionEnd,
)
from hub_payer.x12.segments import Segment
from plugins.payer.tests.x12_samples import (
    MEMBER,
    Dribble,
    changed,
    enrolment,
    group,
    interchange,
    lines,
    members,
    opened,
    reading,
    transaction,
)

PLAIN = members(MEMBER)


def faults(content):
    """Return code, place and answer of each fault, in their order."""
    return [
        (fault.code, fault.place, fault.answer)
        for event in read(opened(content))
        for fault in getattr(event, "faults", ())
    ]


def test_a_file_without_faults_has_none():
    events = list(read(opened(PLAIN)))

    assert faults(PLAIN) == []
    assert [type(each) for each in events if not isinstance(each, Segment)] == [
        InterchangeBegin,
        GroupBegin,
        TransactionBegin,
        TransactionEnd,
        GroupEnd,
        InterchangeEnd,
    ]
    assert [each.place for each in events if isinstance(each, Segment)] == list(
        range(2, 15)
    )


@pytest.mark.parametrize(
    ("header", "place", "answer"),
    [
        (PLAIN.replace("MUSTERKASSE    ", "MUSTERKASSE"), "ISA06", "006"),
        (PLAIN.replace("ISA*00*          *", "ISA*00**"), "ISA02", "011"),
        (PLAIN.replace("*HUB            *", "*HUB\t\t*"), "ISA08", "008"),
        (PLAIN.replace("*000000001*0", "*1*0"), "ISA13", "018"),
    ],
    ids=["short", "empty", "tabs", "number"],
)
def test_1_a_header_of_another_width_is_refused_with_its_position(
    header, place, answer
):
    found = reading(header)

    assert found.rows == []
    assert found.problems == [("x12.isa_width", place)]
    assert (
        f"TA1*{'1' if answer == '018' else '000000001'}"
        in found.replies["TA1"].decode()
    )
    assert f"*R*{answer}~" in found.replies["TA1"].decode()


def test_2_a_header_that_is_too_long_is_refused_with_its_position():
    found = reading(PLAIN.replace("MUSTERKASSE    ", "MUSTERKASSE            "))

    assert found.problems == [("x12.isa_width", "ISA06")]


@pytest.mark.parametrize(
    ("version", "mark", "repetitions"),
    [
        ("00401", "U", ["A^B"]),
        ("00401", "^", ["A^B"]),
        ("00402", "^", ["A", "B"]),
        ("00501", "^", ["A", "B"]),
        ("00501", "U", ["A^B"]),
    ],
)
def test_3_the_eleventh_element_parts_repetitions_from_00402_on(
    version, mark, repetitions
):
    content = PLAIN.replace("*^*00501*", f"*{mark}*{version}*")
    content = content.replace("PLAN A", "A^B")

    (segment,) = (
        each
        for each in read(opened(content))
        if isinstance(each, Segment) and each.id == "HD"
    )

    assert segment.repetitions(4) == repetitions


@pytest.mark.parametrize(
    ("content", "place", "answer"),
    [
        (PLAIN.replace(":~GS", "~~GS", 1), "ISA16", "027"),
        (PLAIN.replace(":~GS", ":*GS", 1), "ISA", "026"),
        (PLAIN.replace("*", "A"), "ISA", ""),
        (PLAIN.replace(":~GS", "X~GS", 1), "ISA16", "027"),
        (PLAIN.replace(":~", ":", 1), "ISA16+1", "004"),
        (PLAIN.replace("~", " "), "ISA16+1", "004"),
    ],
    ids=["twice", "as separator", "letter", "letter component", "absent", "blank"],
)
def test_5_characters_that_cannot_part_anything_are_refused(content, place, answer):
    if not answer:
        with pytest.raises(Exception, match="X12-001"):
            reading(content)
        return
    found = reading(content)

    assert ("x12.delimiter", place) in found.problems
    assert f"*R*{answer}~" in found.replies["TA1"].decode()


def test_7_a_header_in_lower_case_is_refused_and_the_next_one_read():
    content = PLAIN.lower() + interchange(group(enrolment(MEMBER)), control="000000002")

    found = reading(content)

    assert found.problems == [("x12.lower_case", "ISA")]
    assert len(found.rows) == 1


def test_8_a_ta1_before_the_group_is_read():
    ta1 = lines("TA1*000000042*260313*0800*A*000")

    found = reading(interchange(group(enrolment(MEMBER)), between=ta1))

    assert [(each.of, each.acceptance) for each in found.acknowledged] == [
        ("000000042", "accepted")
    ]
    assert len(found.rows) == 1


@pytest.mark.parametrize(
    ("trailer", "expected"),
    [
        ("SE", ("x12.trailer", "SE", "2")),
        ("GE", ("x12.trailer", "GE", "3")),
        ("IEA", ("x12.trailer", "IEA", "023")),
    ],
)
def test_9_a_trailer_that_is_missing_is_a_fault(trailer, expected):
    kept = [each for each in PLAIN.split("~") if not each.startswith(trailer)]

    found = faults("~".join(kept))

    assert found == [expected]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("SE*15", "SE*14", ("x12.count", "SE01", "4")),
        ("SE*15", "SE*x", ("x12.count", "SE01", "4")),
        ("GE*1*", "GE*2*", ("x12.count", "GE01", "5")),
        ("IEA*1*", "IEA*0*", ("x12.count", "IEA01", "021")),
        ("IEA*1*", "IEA*٣*", ("x12.count", "IEA01", "021")),
    ],
)
def test_10_a_wrong_count_is_a_fault_that_the_profile_can_take(old, new, expected):
    content = PLAIN.replace(old, new)

    strict, lenient = reading(content), reading(content, counts="warn")

    assert faults(content) == [expected]
    assert (len(strict.rows), len(lenient.rows)) == (0, 1)
    assert strict.problems == [expected[:2]]
    assert lenient.problems == []
    assert any(b"*E*" in body for body in lenient.replies.values())


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("SE*15*0001", "SE*15*0002", ("x12.control_differs", "SE02", "3")),
        ("GE*1*1", "GE*1*01", ("x12.control_differs", "GE02", "4")),
        ("IEA*1*000000001", "IEA*1*2", ("x12.control_differs", "IEA02", "001")),
    ],
)
def test_11_the_number_at_the_end_is_that_at_the_beginning(old, new, expected):
    content = PLAIN.replace(old, new)

    assert faults(content) == [expected]
    assert reading(content).rows == []


def test_12_the_number_of_the_interchange_is_told_to_the_ledger():
    found = reading(members(MEMBER))

    assert found.heading.control == "000000001"


def test_12_a_number_that_comes_twice_in_a_file_is_a_fault():
    twice = faults(PLAIN + PLAIN)
    groups = faults(interchange(group(enrolment(MEMBER)), group(enrolment(MEMBER))))
    sets = faults(interchange(group(enrolment(MEMBER), enrolment(MEMBER))))

    assert twice == [("x12.control_repeated", "ISA13", "025")]
    assert groups == [("x12.control_repeated", "GS06", "19")]
    assert sets == [("x12.control_repeated", "ST02", "23")]


@pytest.mark.parametrize("bad", range(10))
def test_13_of_ten_interchanges_with_a_bad_one_nine_go_on(bad):
    made = []
    for number in range(10):
        member = changed(MEMBER, REF=[f"REF*0F*S{number}"])
        wrong = {"trailer": "000000099"} if number == bad else {}
        whole = group(enrolment(member))
        made.append(interchange(whole, control=f"{number:09}", **wrong))

    found = reading("\n".join(made))

    assert len(found.rows) == 9
    assert found.problems == [("x12.control_differs", "IEA02")]
    assert found.replies["TA1"].count(b"TA1*") == 1


def test_13_a_bad_transaction_set_or_group_costs_no_other():
    good = enrolment(MEMBER, control="0001")
    bad = enrolment(MEMBER, control="0002").replace("SE*15", "SE*99")
    content = interchange(
        group(good, bad, control="1"), group(good, control="2", count=7)
    )

    found = reading(content)

    assert len(found.rows) == 1
    assert found.problems == [("x12.count", "SE01"), ("x12.count", "GE01")]
    said = found.replies["999"].decode()
    assert "AK9*P*2*2*1~" in said
    assert "AK9*R*7*1*0*5~" in said


@pytest.mark.parametrize(
    ("content", "problem", "answer"),
    [
        (
            PLAIN.replace("005010X220A1", "006020X318"),
            ("x12.version", "GS08"),
            "AK9*R*1*1*0*2~",
        ),
        (
            PLAIN.replace("0001*005010X220A1", "0001*005010X999"),
            ("x12.version", "ST03"),
            "IK5*R*I6~",
        ),
        (
            PLAIN.replace("GS*BE", "GS*HP").replace("X*005010X220A1", "X*005010X221A1"),
            ("x12.wrong_group", "ST01"),
            "IK5*R*6~",
        ),
        (
            PLAIN.replace("GS*BE", "GS*RA"),
            ("x12.unsupported", "GS01"),
            "AK9*R*1*1*0*1~",
        ),
        (
            PLAIN.replace("ST*834", "ST*850"),
            ("x12.unsupported", "ST01"),
            "IK5*R*1~",
        ),
    ],
    ids=["group version", "set version", "wrong group", "no such group", "no such set"],
)
def test_14_what_was_not_agreed_on_is_refused(content, problem, answer):
    found = reading(content)

    assert found.rows == []
    assert found.problems == [problem]
    assert answer in found.replies["999"].decode()


def test_14_the_profile_can_agree_on_another_version():
    content = PLAIN.replace("005010X220A1", "006020X318")

    found = reading(content, versions={"834": ["006020X318"]})

    assert len(found.rows) == 1


@pytest.mark.parametrize(
    ("old", "new", "problem", "answer"),
    [
        ("*260314*0930*^", "*26031X*0930*^", "ISA09", "014"),
        ("*260314*0930*^", "*260314*09.0*^", "ISA10", "015"),
        ("*00501*0", "*00999*0", "ISA12", "017"),
        ("*000000001*0*P", "*00000000A*0*P", "ISA13", "018"),
        ("*0*P*:", "*0*Q*:", "ISA15", "020"),
    ],
)
def test_14_a_header_that_says_something_unknown_is_refused(old, new, problem, answer):
    found = reading(PLAIN.replace(old, new, 1))

    assert ("x12.header", problem) in found.problems
    assert f"*R*{answer}~" in found.replies["TA1"].decode()


def test_15_a_test_says_so():
    assert reading(PLAIN.replace("*P*:~", "*T*:~")).heading.test
    assert not reading(PLAIN).heading.test


def test_17_elements_that_are_missing_are_empty():
    segment = Segment(["NM1", "IL", "1"])

    assert (segment[9], segment.components(9), segment.repetitions(9)) == ("", [], [])
    assert segment.component(9, 1) == ""
    assert len(segment) == 2


def test_17_separators_at_the_end_of_a_segment_mean_nothing():
    found = reading(PLAIN.replace("DTP*348*D8*20260101~", "DTP*348*D8*20260101***~"))

    assert found.rows[0] == reading(PLAIN).rows[0]


@pytest.mark.parametrize(
    "content",
    [
        PLAIN.replace("GS*", "N1*XX~GS*", 1),
        interchange(lines("ST*834*0001"), group(enrolment(MEMBER)), count=1),
        interchange(group(lines("NM1*IL"), enrolment(MEMBER), count=1)),
        interchange(group(enrolment(MEMBER)), lines("GE*1*1"), count=1),
    ],
    ids=["before the group", "set without group", "between sets", "two trailers"],
)
def test_a_segment_out_of_its_place_is_a_fault(content):
    assert [code for code, _, _ in faults(content)] == ["x12.structure"]


def test_23_a_file_of_many_segments_takes_no_memory():
    member = lines(*MEMBER)
    count = 4000
    body = f"ST*834*0001~BGN*00*R*20260314*0930****2~{member * count}"
    trailer = f"SE*{count * len(MEMBER) + 3}*0001"
    content = interchange(group(body + lines(trailer))).encode()
    tracemalloc.start()
    try:
        events = sum(1 for _ in read(io.BytesIO(content)))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert events == count * len(MEMBER) + 7
    assert peak < len(content) + (8 << 20)


def test_too_many_interchanges_are_not_looked_at():
    content = "".join(interchange(control=f"{number:09}") for number in range(1001))

    with pytest.raises(Exception, match="X12-002"):
        reading(content)


def test_10001_faulty_transaction_sets_are_not_looked_at():
    content = interchange(group(lines("ST*834*1~") * 10_001, count=0))

    with pytest.raises(Exception, match="X12-002"):
        reading(content)


PIECES = st.sampled_from(
    [
        PLAIN,
        enrolment(MEMBER),
        group(enrolment(MEMBER)),
        interchange(),
        PLAIN[:106],
        "SE*1*1~",
        "GE*1*1~",
        "IEA*1*1~",
        "ST~",
        "GS~",
        "TA1~",
        "TA1*1*1*1*Z~",
        "BIN*5*ab~",
        "*~",
        "INS~",
        "HD~",
        "DTP*348*D8*~",
        "\x00",
        "ü~",
        transaction(
            "AK1*BE*7",
            "AK9*Q",
            kind="999",
        ),
    ]
)


@given(st.lists(PIECES, max_size=8), st.integers(1, 200))
def test_whatever_comes_each_beginning_has_its_end(pieces, size):
    content = (PLAIN[:106] + "".join(pieces)).encode()
    open_ = []
    for event in read(Dribble(content, size)):
        name = type(event).__name__
        if name.endswith("Begin"):
            open_.append(name.removesuffix("Begin"))
        elif name.endswith("End"):
            assert open_.pop() == name.removesuffix("End")

    assert open_ == []
    reading(content, ta1="always")


@given(st.binary(max_size=300))
def test_any_bytes_in_an_interchange_give_problems_only(content):
    reading(PLAIN[:106].encode() + content, ta1="always")
