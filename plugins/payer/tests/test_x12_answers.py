"""TA1, 999 and 997: what we answer, and what we are answered."""

import pytest

from hub.sdk import NUMBER_MARK
from hub_payer.x12.envelope import read
from plugins.payer.tests.x12_samples import (
    MEMBER,
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
BROKEN = PLAIN.replace("SE*15", "SE*16")


def numbered(content):
    return content.replace(NUMBER_MARK, b"000000042")


def answer(*segments, kind="999", version="005010X231A1"):
    """Return a file with an answer of the partner's."""
    made = transaction(*segments, kind=kind, version=version)
    return interchange(group(made, kind="FA", version=version))


@pytest.mark.parametrize(
    ("content", "ta1", "acknowledge", "kinds"),
    [
        (PLAIN, "always", "always", {"TA1", "999"}),
        (PLAIN, "errors", "always", {"999"}),
        (PLAIN, "errors", "errors", set()),
        (PLAIN, "never", "never", set()),
        (BROKEN, "errors", "errors", {"999"}),
        (BROKEN, "never", "never", set()),
        (PLAIN.replace("*0*P*", "*1*P*"), "errors", "errors", {"TA1"}),
        (PLAIN.replace("IEA*1", "IEA*2"), "errors", "always", {"TA1"}),
    ],
)
def test_the_profile_says_what_is_answered(content, ta1, acknowledge, kinds):
    found = reading(content, ta1=ta1, acknowledge=acknowledge)

    assert set(found.replies) == kinds


def test_an_accepted_file_is_answered_with_an_acceptance():
    found = reading(PLAIN, ta1="always")

    ta1, ack = found.replies["TA1"].decode(), found.replies["999"].decode()
    assert "~TA1*000000001*260314*0930*A*000~IEA*0*" in ta1
    assert "~AK1*BE*1*005010X220A1~AK2*834*0001*005010X220A1~IK5*A~AK9*A*1*1*1~" in ack
    assert "*ZZ*HUB            *ZZ*MUSTERKASSE    *" in ack
    assert "~GS*FA*HUB*KASSE*" in ack


@pytest.mark.parametrize("kind", ["TA1", "999"])
def test_answers_are_whole_interchanges(kind):
    content = numbered(reading(BROKEN, ta1="always").replies[kind])

    events = list(read(opened(content)))

    assert not [each for event in events for each in getattr(event, "faults", ())]


def test_a_refused_set_is_named_with_the_reason():
    said = reading(BROKEN).replies["999"].decode()

    assert "~AK2*834*0001*005010X220A1~IK5*R*4~AK9*R*1*1*0~" in said


def test_a_refused_interchange_is_answered_for_its_envelope_alone():
    found = reading(PLAIN.replace("*IEA", "IEA").replace("IEA*1*000000001", "IEA*1*2"))

    assert list(found.replies) == ["TA1"]
    assert b"*R*001~" in found.replies["TA1"]


def test_version_4010_is_answered_with_a_997():
    content = PLAIN.replace("005010X220A1", "004010X095A1")
    content = content.replace("*^*00501*", "*U*00401*").replace("SE*15", "SE*9")

    said = reading(content).replies["997"].decode()

    assert "~ST*997*0001~AK1*BE*1~AK2*834*0001~AK5*R*4~AK9*R*1*1*0~" in said
    assert "*U*00401*" in said


def test_of_very_many_sets_only_the_refused_ones_are_listed_to_the_end():
    sets = [enrolment(control=f"{number:05}", purpose="2") for number in range(1, 1102)]
    sets[-1] = sets[-1].replace("SE*5", "SE*6")

    said = reading(interchange(group(*sets))).replies["999"].decode()

    assert said.count("AK2*") == 1001
    assert "AK2*834*01101*" in said
    assert "AK9*P*1101*1101*1100~" in said


@pytest.mark.parametrize(
    "content",
    [
        answer("AK1*HI*42", "AK9*A*1*1*1"),
        answer("AK1*HI*42", "AK9*A*1*1*1").replace("SE*4", "SE*9"),
        answer("AK1*HI*42", "AK9*A*1*1*1", kind="997", version="004010"),
        interchange(between=lines("TA1*000000042*260314*0930*A*000")),
    ],
    ids=["999", "999 with a wrong count", "997", "TA1"],
)
def test_24_an_answer_is_never_answered(content):
    found = reading(content, ta1="always", acknowledge="always")

    assert found.replies == {}


@pytest.mark.parametrize(
    ("said", "acceptance", "codes"),
    [
        ("A*000", "accepted", ()),
        ("E*021", "partly", ("TA105:021",)),
        ("R*018", "rejected", ("TA105:018",)),
        ("Q*000", "rejected", ()),
        ("R*MUSTERFRAU JANA", "rejected", ()),
    ],
)
def test_24_a_ta1_says_what_became_of_our_interchange(said, acceptance, codes):
    ta1 = lines(f"TA1*000000042*260314*0930*{said}")

    (found,) = reading(interchange(between=ta1)).acknowledged

    assert (found.of, found.kind) == ("000000042", "TA1")
    assert (found.acceptance, found.codes) == (acceptance, codes)


@pytest.mark.parametrize(
    ("segments", "acceptance", "codes"),
    [
        (["AK9*A*1*1*1"], "accepted", ()),
        (["AK9*E*1*1*1"], "partly", ()),
        (["AK2*278*0001", "IK5*R*5", "AK9*P*2*2*1"], "partly", ("IK5:5",)),
        (
            [
                "AK2*278*0001",
                "IK3*NM1*8**8",
                "IK4*9*67*7*SECRET",
                "IK5*R*5",
                "AK9*R*1*1*0*2",
            ],
            "rejected",
            ("IK3:8", "IK4:7", "IK5:5", "AK9:2"),
        ),
        (["AK9*X*1*1*0"], "rejected", ()),
        (["AK9*Ω*1*1*0*abc"], "rejected", ()),
        (["AK9"], "rejected", ()),
    ],
)
def test_24_a_999_says_what_became_of_our_group(segments, acceptance, codes):
    (found,) = reading(answer("AK1*HI*42", *segments)).acknowledged

    assert (found.of, found.kind) == ("000000042", "999")
    assert (found.acceptance, found.codes) == (acceptance, codes)


def test_a_997_is_read_alike():
    content = answer(
        "AK1*HI*7", "AK2*278*1", "AK5*R*3", "AK9*R*1*1*0", kind="997", version="004010"
    )

    (found,) = reading(content).acknowledged

    assert (found.of, found.kind, found.codes) == ("000000007", "997", ("AK5:3",))


@pytest.mark.parametrize("control", ["", "x", "1234567890", "٣"])
def test_an_answer_to_nothing_is_none(control):
    said = answer(f"AK1*HI*{control}", "AK9*A*1*1*1")
    ta1 = interchange(between=lines(f"TA1*{control}*260314*0930*A*000"))

    assert reading(said).acknowledged == []
    assert reading(ta1).acknowledged == []


def test_a_file_from_or_to_somebody_else_is_refused():
    partner, us = {"id": "MUSTERKASSE"}, {"id": "HUB"}

    assert reading(PLAIN, partner=partner, us=us).problems == []
    sender = reading(PLAIN, partner={"id": "ANDEREKASSE"})
    receiver = reading(PLAIN, us={"id": "HUB", "qualifier": "30"})
    assert sender.problems == [("x12.sender", "ISA06")]
    assert b"*R*006~" in sender.replies["TA1"]
    assert receiver.problems == [("x12.receiver", "ISA08")]


def test_answers_are_the_same_each_time():
    assert reading(BROKEN, ta1="always").items == reading(BROKEN, ta1="always").items
