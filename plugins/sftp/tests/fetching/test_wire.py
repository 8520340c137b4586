"""Packets of SFTP: as the draft writes them, however they are cut, whatever comes."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_sftp.fetching import wire

WORDS = st.binary(max_size=40)


def packet(kind, number, rest):
    return struct.pack(">IBI", len(rest) + 5, kind, number) + rest


def string(data):
    return struct.pack(">I", len(data)) + data


@given(
    st.lists(st.tuples(st.integers(0, 255), st.integers(0, 2**32 - 1), WORDS)),
    st.lists(st.integers(1, 60)),
)
def test_cutting_the_stream_changes_nothing(packets, cuts):
    stream = b"".join(packet(*each) for each in packets)
    decoder, found = wire.Packets(), []
    for cut in cuts:
        found += decoder.receive_data(stream[:cut])
        stream = stream[cut:]
    found += decoder.receive_data(stream)

    assert found == packets
    assert decoder.rests


@given(st.binary(max_size=300))
def test_any_bytes_raise_only_what_is_declared(data):
    try:
        for each in wire.Packets().receive_data(data):
            for read in (
                wire.status,
                wire.data,
                wire.attributes,
                wire.handle,
                wire.most_read,
            ):
                with_error(read, each)
            with_error(lambda one: list(wire.names(one)), each)
    except wire.WireError:
        pass


def with_error(read, each):
    try:
        read(each)
    except wire.WireError:
        return


def test_a_packet_that_is_too_long_is_refused_before_it_comes():
    with pytest.raises(wire.WireError):
        wire.Packets().receive_data(struct.pack(">IBI", wire.LONGEST + 1, 103, 1))


@given(st.lists(st.tuples(WORDS, st.integers(0, 2**64 - 1), st.integers(0, 2**32 - 1))))
def test_entries_come_back_as_they_were_listed(entries):
    rest = struct.pack(">I", len(entries))
    for name, size, modified in entries:
        rest += string(name) + string(b"shown")
        rest += struct.pack(">IQIII", 13, size, 0o100644, 5, modified)

    found = list(wire.names(wire.Packet(wire.NAME, 1, rest)))

    assert [
        (each.name, each.attributes.size, each.attributes.modified) for each in found
    ] == entries


def test_attributes_may_say_nothing_or_more_than_we_read():
    owner = struct.pack(">III", 2 | 1 << 31, 0, 0)
    more = struct.pack(">I", 1) + string(b"name") + string(b"value")

    assert wire.attributes(wire.Packet(wire.ATTRS, 1, owner + more)) == wire.Attributes(
        None, None, None
    )


@given(st.lists(st.integers(0, 2**64 - 1), min_size=4, max_size=4))
def test_a_server_says_how_much_it_gives_at_once(limits):
    answer = wire.Packet(wire.EXTENDED_REPLY, 1, struct.pack(">4Q", *limits))

    assert wire.most_read(answer) == limits[1]


def test_requests_are_as_the_draft_writes_them():
    assert wire.read(7, b"h", 1 << 33, 32768) == (
        b"\x00\x00\x00\x16\x05\x00\x00\x00\x07\x00\x00\x00\x01h"
        b"\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x80\x00"
    )
    assert wire.open_to_read(1, b"a").endswith(b"a\x00\x00\x00\x01\x00\x00\x00\x00")
