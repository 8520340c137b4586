"""What a peer may do to an MLLP listener: rows 1 to 18 of the catalogue of bad input.

All through one hub and real sockets; `unharmed` says what has to hold after each.
Of the faults of a connection, F40 to F55, those that are not here are elsewhere in
the tests of plugins/hl7:

    F44  test_sender.py    a_late_answer_is_never_taken_for_the_next
    F45  test_sender.py    an_answer_becomes_an_outcome_and_the_next_message_goes_out,
                           a_wrong_answer_closes_the_connection_and_settles_nothing,
                           an_answer_that_comes_twice_is_never_taken_for_the_next
    F46  test_door.py      a_peer_that_vanished_is_noticed_within_a_minute
    F49  test_door.py      a_peer_that_reads_no_answers_is_closed_in_time
         test_listener.py  a_peer_that_reads_late_gets_every_answer
    F51  test_sender.py    destinations_of_one_receiver_never_open_a_second_session
    F52  test_tls.py       refuses_strange_certificates_each_with_its_cause,
                           refuses_old_versions, a_handshake_has_to_come_in_time,
                           the_end_of_the_socket_is_not_the_end_of_a_message
         test_door.py      openssl_cannot_renegotiate
         test_sender.py    nothing_is_sent_to_a_receiver_that_is_not_trusted
    F53  test_tls.py       new_files_serve_new_connections_and_keep_the_old_ones,
                           bad_new_files_raise_one_alarm_and_leave_the_old_in_use
    F54  test_sender.py    a_name_that_cannot_be_resolved_is_tried_again,
                           an_address_behind_which_packets_vanish_does_not_hide_another

F41, F42, F47 and F50 are rows 11 and 12, 10, 16 and 13. Of row 14, what arrives
without TLS at a port with TLS is in test_tls.py, names_what_arrives_without_tls.
"""

import select
import socket
import struct
import threading
import time
from contextlib import ExitStack

import pytest

from tests.acceptance.catalogue import (
    CANARY,
    build,
    outcome,
    running,
    stored,
    takes_a_good_message,
    told,
    unharmed,
)
from tests.acceptance.messages import END, START, Sender, framed, msa
from tests.acceptance.process import eventually, feed

pytestmark = pytest.mark.acceptance

LIMIT = 16 << 20  # the default of max_frame_bytes
FS = END[:1]
#: On closing, the peer is not asked to take what it was not yet sent.
AT_ONCE = struct.pack("ii", 1, 0)


@pytest.fixture(scope="module")
def running_hub(tmp_path_factory):
    feeds = (
        feed(),
        feed("streng", framing="strict"),
        feed("knapp", frame_timeout_seconds=0.5),
        feed("streng-knapp", framing="strict", frame_timeout_seconds=0.5),
    )
    with running(tmp_path_factory.mktemp("framing"), *feeds) as hub:
        yield hub


@pytest.fixture
def hub(running_hub):
    with unharmed(running_hub):
        yield running_hub


@pytest.fixture
def sender(hub):
    with Sender(hub.address()) as sender:
        sender.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield sender


def silent(sender, seconds=0.1):
    """Say whether nothing is heard for a while."""
    return select.select([sender.socket], [], [], seconds) == ([], [], [])


def refused(hub, data, name="klinik-nord"):
    """Send bytes that end the connection; return what the one line about it says."""
    before, told_of = stored(hub), len(hub.logged("connection.failed"))
    with Sender(hub.address(name)) as sender:
        sender.write(data)
        assert sender.ended()
    entry = hub.wait_for("connection.failed", count=told_of + 1)
    assert takes_a_good_message(hub)
    assert len(hub.logged("connection.failed")) == told_of + 1
    assert stored(hub) == before + 1
    return entry["error_code"], str(entry.get("error", ""))


# Row 1.


@pytest.mark.parametrize(
    "noise",
    [b"  \n", b"\r\n\x1c\r\0", b"\xff\xfd\x18\xff\xfb\x1f", b"hello\r\n" * 1000],
    ids=["blanks", "framing", "telnet", "words"],
)
def test_skips_noise_before_a_frame(hub, sender, noise):
    body = build(f"row1{len(noise)}")
    sender.write(noise + framed(body))

    assert msa(sender.answer())[0] == "AA"
    assert outcome(hub, body)["state"] == "processed"
    assert takes_a_good_message(hub, sender)


def test_refuses_noise_without_end(hub):
    code, _ = refused(hub, f"{CANARY} ".encode() * 8000)

    assert code == "MLLP-003"


# Row 2.


def test_refuses_a_message_without_frame_and_names_what_it_is(hub):
    code, error = refused(hub, build("row2"))

    assert code == "MLLP-005"
    assert "HL7 v2 without MLLP framing" in error


# Row 3.


def test_takes_a_frame_that_begins_twice(hub, sender):
    body = build("row3")
    sender.write(START + framed(body))

    assert msa(sender.answer()) == ("AA", "row3")
    assert outcome(hub, body)["state"] == "processed"
    assert takes_a_good_message(hub, sender)


def test_takes_the_last_of_frames_that_were_begun_anew(hub, sender):
    before = stored(hub)
    body = build("row3b")
    sender.write(START + body[:100] + START + body[:200] + framed(body))

    assert msa(sender.answer()) == ("AA", "row3b")
    assert outcome(hub, body)["state"] == "processed"
    assert stored(hub) == before + 3  # what was begun is kept as well
    assert hub.logged("frame.abandoned")
    assert takes_a_good_message(hub, sender)


# Row 4.


def test_never_accepts_a_message_with_a_start_block_in_it(hub, sender):
    """A VT is a new start: what follows is no HL7, is kept and refused."""
    body = build("row4")
    half = body[150:]
    sender.write(START + body[:150] + START + half + END)

    assert msa(sender.answer())[0] == "AR"
    assert outcome(hub, half)["error_code"] == "HL7-001"
    assert hub.query("SELECT 1 FROM message WHERE control_id = 'row4'") == []
    assert takes_a_good_message(hub, sender)


def test_a_strict_feed_hangs_up_on_a_start_block_in_a_message(hub):
    """Nothing is stored, against row 4: where that frame ends nobody knows."""
    body = build("row4s")
    data = START + body[:150] + START + body[150:] + END

    assert refused(hub, data, "streng")[0] == "MLLP-007"


# Row 5.


def test_takes_an_end_block_without_cr_after_a_pause(hub, sender):
    body = build("row5")
    sender.write(START + body + FS)

    assert msa(sender.answer()) == ("AA", "row5")
    assert outcome(hub, body)["state"] == "processed"
    assert takes_a_good_message(hub, sender)


def test_a_strict_feed_waits_for_the_cr_until_the_deadline(hub):
    data = START + build("row5s") + FS

    assert refused(hub, data, "streng-knapp")[0] == "MLLP-004"


# Row 6 and 7.


def test_takes_lf_between_frames_when_the_next_one_comes_in_parts(hub, sender):
    first, second = build("row6a"), build("row6b")
    sender.write(framed(first) + b"\n" + framed(second)[:40])
    answers = [msa(sender.answer())]
    sender.write(framed(second)[40:])
    answers.append(msa(sender.answer()))

    assert answers == [("AA", "row6a"), ("AA", "row6b")]
    assert outcome(hub, first)["state"] == outcome(hub, second)["state"] == "processed"


def test_takes_an_end_block_in_two_segments(hub, sender):
    body = build("row7")
    sender.write(START + body + FS)
    assert silent(sender)
    sender.write(END[1:])

    assert msa(sender.answer()) == ("AA", "row7")
    assert silent(sender)
    assert outcome(hub, body)["state"] == "processed"
    assert takes_a_good_message(hub, sender)


# Row 8.


def test_an_end_block_inside_a_field_is_data(hub, sender):
    body = build("row8", extra=("OBX|1|TX|X||a\x1cb",))
    sender.write(framed(body))

    assert msa(sender.answer()) == ("AA", "row8")
    assert outcome(hub, body)["state"] == "processed"
    assert takes_a_good_message(hub, sender)


# Row 9.


def test_skips_an_empty_frame(hub, sender):
    before = stored(hub)
    sender.write(START + END)

    assert silent(sender)
    assert stored(hub) == before
    assert takes_a_good_message(hub, sender)


# Row 10 and F42.


@pytest.mark.parametrize("count", [2, 50, 5000])
def test_answers_frames_of_one_write_in_their_order(hub, sender, count):
    names = [f"row10-{count}-{number}" for number in range(count)]
    kind = {9: "DFT^P03"}
    frames = b"".join(framed(build("row10", msh=kind | {10: n})) for n in names)
    writing = threading.Thread(target=sender.write, args=(frames,))
    writing.start()
    answers = [msa(sender.answer()) for _ in names]
    writing.join()

    assert answers == [("AA", name) for name in names]
    pattern = f"row10-{count}-%"
    sql = "SELECT count(*) FROM message WHERE control_id LIKE ?"
    assert hub.query(sql, pattern) == [(count,)]
    assert takes_a_good_message(hub, sender)


# Row 11 and 12, F41.


def test_takes_one_byte_at_a_time(hub, sender):
    body = build("row11")
    for byte in framed(body):
        sender.write(bytes([byte]))

    assert msa(sender.answer()) == ("AA", "row11")
    assert outcome(hub, body)["state"] == "processed"
    assert takes_a_good_message(hub, sender)


def test_a_trickle_ends_at_the_deadline_of_the_frame(hub):
    before = len(hub.logged("connection.failed", error_code="MLLP-004"))
    with Sender(hub.address("knapp")) as sender:
        sender.write(START)
        started = time.monotonic()
        for byte in build("row12"):
            if not silent(sender, 0.05):
                break
            sender.write(bytes([byte]))

        assert sender.ended()
        assert 0.4 < time.monotonic() - started < 3
    hub.wait_for("connection.failed", count=before + 1, error_code="MLLP-004")


def test_peers_that_never_end_a_frame_keep_nobody_waiting(hub):
    with ExitStack() as stack:
        for _ in range(60):
            slow = stack.enter_context(Sender(hub.address()))
            slow.write(START + build("slow")[:50])

        assert takes_a_good_message(hub)


# Row 13 and F50.


def test_a_frame_above_the_limit_is_refused_by_its_name(hub):
    before = stored(hub)
    body = build("row13")
    with Sender(hub.address()) as sender:
        sender.write(START + body + b"X" * (LIMIT + 1 - len(body)))

        assert msa(sender.answer()) == ("AR", "row13")
        assert sender.ended()
    assert stored(hub) == before


def pour(sender):
    """Send the middle of a frame for ever."""
    while True:
        sender.write(b"M" * (1 << 20))


def test_a_frame_without_end_is_cut_off(hub):
    before, failed = stored(hub), {"error_code": "MLLP-001"}
    count = len(hub.logged("connection.failed", **failed))
    with Sender(hub.address()) as sender:
        sender.write(START)
        with pytest.raises(ConnectionError):
            pour(sender)
    hub.wait_for("connection.failed", count=count + 1, **failed)
    assert stored(hub) == before


def test_a_storm_of_connections_keeps_nobody_waiting(hub, sender):
    host, _, port = hub.address().rpartition(":")
    for number in range(1000):
        with socket.create_connection((host, int(port))) as one:
            if number % 2:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)

    assert takes_a_good_message(hub, sender)


# Row 14.


@pytest.mark.parametrize(
    ("opening", "protocol"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "TLS"),
        (f"GET /{CANARY} HTTP/1.1\r\nHost: x\r\n\r\n".encode(), "HTTP"),
        (b"SSH-2.0-OpenSSH_9.9\r\n", "SSH"),
    ],
    ids=["tls", "http", "ssh"],
)
def test_names_another_protocol_in_one_line(hub, opening, protocol):
    code, error = refused(hub, opening)

    assert code == "MLLP-005"
    assert protocol in error


# Row 15.


def test_two_peers_under_one_name_do_not_disturb_each_other(hub, sender):
    first, second = build("row15a"), build("row15b")
    with Sender(hub.address()) as other:
        for one, two in zip(framed(first), framed(second), strict=True):
            sender.write(bytes([one]))
            other.write(bytes([two]))

        assert msa(sender.answer()) == ("AA", "row15a")
        assert msa(other.answer()) == ("AA", "row15b")
    assert outcome(hub, first)["state"] == outcome(hub, second)["state"] == "processed"


# Row 16 and F47.


def test_answers_a_peer_that_closed_its_half(hub, sender):
    body = build("row16")
    sender.write(framed(body))
    sender.socket.shutdown(socket.SHUT_WR)

    assert msa(sender.answer()) == ("AA", "row16")
    assert sender.ended()
    assert outcome(hub, body)["state"] == "processed"


# Row 17.


@pytest.mark.parametrize("kind", ["ACK^A01", "ACK^A01^ACK", "ACK", "ADT^A01"])
def test_never_answers_an_acknowledgement(hub, sender, kind):
    name = f"row17{kind}"
    keep = ("EVN", "PID", "PV1")
    body = build(name, msh={9: kind}, drop=keep, extra=(f"MSA|AA|{CANARY}",))
    sender.write(framed(body))

    assert silent(sender)
    assert takes_a_good_message(hub, sender)
    found = outcome(hub, body)
    assert (found["state"], found["reason"]) == ("unmapped", "acknowledgement")


@pytest.mark.parametrize("before", [b"", b"\r\n "])
def test_never_answers_an_acknowledgement_without_header(hub, sender, before):
    body = before + f"MSA|AA|{CANARY}\r".encode()
    sender.write(framed(body))

    assert silent(sender)
    assert takes_a_good_message(hub, sender)
    assert outcome(hub, body)["error_code"] == "HL7-001"


# Row 18.


def test_hangs_up_on_hllp_with_a_hint(hub):
    block = START + b"D25\r" + build("row18") + b"00321" + b"047" + END
    code, error = refused(hub, block)

    assert code == "MLLP-005"
    assert "HLLP" in error


# F40.


@pytest.mark.parametrize("name", ["klinik-nord", "streng"])
def test_stores_nothing_of_a_frame_that_was_cut_anywhere(hub, name):
    """Where a lenient feed has the FS, a closed connection stands for the CR."""
    body = build(f"f40{name}")
    frame, failed = framed(body), {"error_code": "MLLP-002"}
    before, logged = stored(hub), len(hub.logged("connection.failed", **failed))
    cuts = range(1, len(frame) - (name == "klinik-nord"))
    for cut in cuts:
        with Sender(hub.address(name)) as sender:
            sender.write(frame[:cut])
    hub.wait_for("connection.failed", count=logged + len(cuts), **failed)

    assert stored(hub) == before
    with Sender(hub.address(name)) as sender:
        assert sender.send(body)[0] == "AA"
    assert outcome(hub, body)["repeats"] == 0


# F43 and F48.


@pytest.mark.parametrize("reset", [False, True])
def test_a_message_whose_answer_was_lost_is_taken_once(hub, reset):
    body = build(f"f43{reset}")
    with Sender(hub.address()) as sender:
        sender.write(framed(body))
        key = f"f43{reset}"
        sql = "SELECT 1 FROM message WHERE control_id = ?"
        eventually(lambda: hub.query(sql, key), hub)
        if reset:
            option = (socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
            sender.socket.setsockopt(*option)
    with Sender(hub.address()) as sender:
        assert sender.send(body)[0] == "AA"

    assert outcome(hub, body)["repeats"] == 1
    assert [event["type"] for event in told(hub, body)] == ["encounter.admitted"]


# F55.


def test_takes_a_message_over_a_slow_line(hub, sender):
    """At 9.6 kbit/s the default deadline of 60 s is enough for 72 kB (R-HL7-17)."""
    body = build("f55")
    frame = framed(body)
    for place in range(0, len(frame), 24):
        sender.write(frame[place : place + 24])
        assert place + 24 >= len(frame) or silent(sender, 0.02)

    assert msa(sender.answer()) == ("AA", "f55")
    assert outcome(hub, body)["state"] == "processed"
