"""What every outbound message has in common. Everything in here is made up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.testing.samples import admitted, notice
from hub_hl7.outbound.building import write_segment
from hub_hl7.outbound.outbound import (
    MessageOptions,
    Telling,
    control_id,
    event_line,
    header,
    only,
    writing_codec,
)


@pytest.mark.parametrize(
    ("charset", "codec"),
    [
        ("UNICODE UTF-8", "utf-8"),
        ("utf-8", "utf-8"),
        ("8859/1", "latin-1"),
        ("8859/15", "iso8859_15"),
        ("WINDOWS-1252", "cp1252"),
        ("ASCII", "ascii"),
        ("GB 18030-2000", "gb18030"),
    ],
)
def test_writes_a_character_set_as_the_recipient_reads_it(charset, codec):
    assert writing_codec(charset) == codec


@pytest.mark.parametrize("charset", ["", "UNICODE UTF-16", "EBCDIC"])
def test_refuses_a_character_set_that_cannot_be_sent(charset):
    with pytest.raises(ValueError, match="table 0211"):
        MessageOptions(charset=charset)


def test_says_who_sends_what_to_whom():
    options = MessageOptions(
        sending_application="HUB^1.2.3^ISO",
        receiving_facility="PRAXIS",
        processing_id="T",
        accept_ack="AL",
        application_ack="NE",
    )

    line = write_segment(header(Telling(notice(), options), "ADT", "A01", "ADT_A01"))

    fields = line.split("|")
    assert fields[2:6] == ["HUB^1.2.3^ISO", "hub-test", "", "PRAXIS"]
    assert fields[10:12] == ["T", "2.5.1"]
    assert fields[14:16] == ["AL", "NE"]


@given(st.text(), st.text())
def test_a_control_id_is_short_and_plain_whatever_the_names(event, destination):
    sample = notice(admitted(id=event), destination=destination)

    name = control_id(sample)

    assert name == control_id(sample)
    assert name.isascii()
    assert name.isalnum()
    assert len(name) == 20


def test_a_control_id_does_not_confuse_where_names_end():
    first = notice(admitted(id="a"), destination="bc")
    second = notice(admitted(id="ab"), destination="c")

    assert control_id(first) != control_id(second)


@pytest.mark.parametrize(
    ("facility", "written"),
    [
        ({"name": "KLINIK", "id": "1.2.3"}, "KLINIK^1.2.3^ISO"),
        ({"name": "KLINIK", "id": "1234567893"}, "KLINIK^1234567893^L"),
        ({"id": "1234567893"}, "^1234567893^L"),
        ({"name": "KLINIK"}, "KLINIK"),
        ({}, "KLINIK_TEST"),
    ],
)
def test_names_the_facility_where_it_happened(facility, written):
    telling = Telling(
        notice(admitted(payload={"facility": facility})), MessageOptions()
    )

    assert write_segment(event_line(telling, "A01")).split("|")[7] == written


def test_says_when_the_hub_heard_of_it_where_nobody_recorded_it():
    times = admitted().times.__class__(
        received=admitted().times.received, emitted=admitted().times.emitted
    )
    telling = Telling(notice(admitted(times=times)), MessageOptions())

    assert write_segment(event_line(telling, "A01")) == (
        "EVN|A01|20260316130200+0000||||" + "|KLINIK_TEST"
    )


def test_takes_one_notice_at_a_time():
    assert only([notice()]) == notice()
    with pytest.raises(ValueError, match="too many"):
        only([notice(), notice()])
