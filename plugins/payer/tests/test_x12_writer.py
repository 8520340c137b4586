"""Writing X12: what is written can be read, and its number is the hub's to give."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from hub.sdk import NUMBER_MARK
from hub_payer.x12.envelope import read
from hub_payer.x12.events import GroupBegin, InterchangeBegin, TransactionBegin
from hub_payer.x12.segments import Segment
from hub_payer.x12.writer import Ends, Set, clean, write
from plugins.payer.tests.x12_samples import opened

ENDS = Ends(sender="HUB", receiver="MUSTERKASSE")
MADE = datetime(2026, 3, 14, 10, 30, tzinfo=UTC)


def numbered(content, number=b"000000042"):
    """Do what the hub does when a file is sent."""
    return content.replace(NUMBER_MARK, number)


def test_the_header_is_as_wide_as_it_has_to_be_once_it_has_a_number():
    content = numbered(write(ENDS, MADE, [Set("278", "005010X216", [["BHT", "1"]])]))

    assert content[105:109] == b"~GS*"
    assert content[:3] == b"ISA"
    assert [fault for event in read(opened(content)) for fault in faults(event)] == []


def faults(event):
    return getattr(event, "faults", ())


def test_all_numbers_of_the_file_are_the_one_that_the_hub_gives():
    content = numbered(write(ENDS, MADE, [Set("278", "V", [])], group="HI"))

    assert content.count(b"000000042") == 4
    assert NUMBER_MARK not in content


def test_an_interchange_without_sets_has_no_group():
    content = numbered(write(ENDS, MADE, [], ta1=[["TA1", "000000001"]]))

    assert b"~TA1*000000001~IEA*0*000000042~" in content


def test_an_old_version_has_an_old_header():
    content = numbered(write(ENDS, MADE, [Set("997", "004010", [])], group="FA"))

    assert b"*U*00401*000000042*" in content
    assert b"~ST*997*0001~" in content


TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp", "Zs")),
    max_size=12,
).map(clean)
VALUES = st.one_of(TEXT, st.lists(TEXT, max_size=3))
SEGMENTS = st.lists(
    st.tuples(st.sampled_from(["NM1", "HI", "REF", "DTP"]), st.lists(VALUES)).map(
        lambda parts: [parts[0], *parts[1]]
    ),
    max_size=5,
)


@given(st.lists(SEGMENTS, min_size=1, max_size=4))
def test_what_is_written_is_read_again(sets):
    made = [Set("278", "005010X217", segments) for segments in sets]

    content = numbered(write(ENDS, MADE, made, group="HI"))
    events = list(read(opened(content)))

    assert not [fault for event in events for fault in faults(event)]
    back = [
        [event.elements for event in events if isinstance(event, Segment)],
        [event.control for event in events if isinstance(event, TransactionBegin)],
    ]
    flat = [plain(segment) for segments in sets for segment in segments]
    assert back == [flat, [f"{number:04}" for number in range(1, len(sets) + 1)]]


def plain(segment):
    """Return a segment as it is read: components joined, nothing empty at the end."""
    made = [
        value if isinstance(value, str) else ":".join(value).rstrip(":")
        for value in segment
    ]
    while len(made) > 1 and not made[-1]:
        made.pop()
    return made


@given(st.text(max_size=40))
def test_no_text_can_part_segments(text):
    assert not set(clean(text)) & set("*:^~\r\n\0")


def test_the_group_names_other_ends_where_it_has_any():
    ends = Ends(
        sender="HUB", receiver="K", group_sender="HUB2", group_receiver="KASSE2"
    )

    content = numbered(write(ends, MADE, [Set("278", "V", [])], group="HI"))
    events = list(read(opened(content)))

    (isa,) = (each.isa for each in events if isinstance(each, InterchangeBegin))
    (group,) = (each for each in events if isinstance(each, GroupBegin))
    assert (isa.sender, isa.receiver) == ("HUB", "K")
    assert (group.sender, group.receiver) == ("HUB2", "KASSE2")
