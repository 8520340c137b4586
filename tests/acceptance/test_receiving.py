"""What a hospital may send. Every message in here is synthetic."""

import hashlib
import itertools

import hl7.client
import pytest

from tests.acceptance.messages import (
    END,
    START,
    Sender,
    adt,
    framed,
    header,
    joined,
    msa,
    pid,
    send,
)

pytestmark = pytest.mark.acceptance

_numbers = itertools.count(1)


@pytest.fixture
def ids():
    """Return ids that no other test uses: control id, patient and visit."""
    number = next(_numbers)
    return {
        "control_id": f"N{number}",
        "patient": f"PAT{number}",
        "visit": f"VIS{number}",
    }


def message(hub, body):
    """Wait until the hub is done with a message and return what the API says."""
    digest = hashlib.sha256(body).digest()
    hub.quiet()
    [(key,)] = hub.query("SELECT id FROM message WHERE sha256 = ?", digest)
    return hub.get(f"messages/{key}")


def still_takes_a_good_message(hub, ids):
    body = adt(**ids)

    return send(hub.address(), body) == ["AA"] and (
        message(hub, body)["state"] == "processed"
    )


def test_a_client_that_is_not_ours_gets_its_answer(hub, ids):
    host, _, port = hub.address().rpartition(":")
    body = adt(**ids)

    with hl7.client.MLLPClient(host, int(port)) as client:
        answer = client.send_message(body)

    assert msa(answer.strip(START + END)) == ("AA", ids["control_id"])
    assert message(hub, body)["state"] == "processed"


def test_stores_every_message_byte_for_byte(hub, ids):
    body = adt(**ids, family="Müller").replace(b"\r", b"\r\n")
    send(hub.address(), body)

    stored = message(hub, body)
    _, raw = hub.request("GET", f"/api/v1/messages/{stored['id']}/raw")

    assert raw == body


def test_sends_what_a_message_says_to_the_destination(hub, ids):
    body = adt(**ids)
    send(hub.address(), body)

    key = message(hub, body)["id"]
    [event] = hub.query(
        "SELECT e.id, e.type FROM event e JOIN message m ON m.seq = e.message"
        " WHERE m.id = ?",
        key,
    )
    out = hub.data_dir.parent / "out"

    assert event[1] == "encounter.admitted"
    assert list(out.glob(f"{event[0]}*"))


def test_answers_ar_to_what_is_not_hl7_and_keeps_it(hub, ids):
    body = b"Dear Sir or Madam, please find enclosed " + ids["patient"].encode()

    with Sender(hub.address()) as sender:
        assert sender.send(body)[0] == "AR"
        assert sender.send(adt(**ids))[0] == "AA"

    stored = message(hub, body)
    assert (stored["state"], stored["error_code"]) == ("parked", "HL7-001")


def test_ends_a_connection_that_never_ends_its_frame(hub, ids):
    with Sender(hub.address()) as sender:
        sender.write(START + adt(**ids))

        assert sender.ended()

    hub.wait_for("connection.failed", error_code="MLLP-004")
    assert still_takes_a_good_message(hub, ids)


def test_ends_a_connection_whose_frame_is_too_long(hub, ids):
    before = hub.query("SELECT count(*) FROM message")

    with Sender(hub.address()) as sender:
        sender.write(START + b"M" * 100_001)

        assert sender.ended()

    assert hub.query("SELECT count(*) FROM message") == before
    assert still_takes_a_good_message(hub, ids)


def test_reads_a_message_that_comes_byte_by_byte(hub, ids):
    body = adt(**ids)

    with Sender(hub.address()) as sender:
        for byte in framed(body):
            sender.write(bytes([byte]))

        assert msa(sender.answer()) == ("AA", ids["control_id"])

    assert message(hub, body)["state"] == "processed"


def test_answers_pipelined_messages_in_their_order(hub, ids):
    given = {"patient": ids["patient"], "visit": ids["visit"]}
    names = [f"{ids['control_id']}-{place}" for place in range(200)]
    bodies = [adt("A08", control_id=name, **given) for name in names]

    with Sender(hub.address()) as sender:
        sender.write(b"".join(map(framed, bodies)))
        answers = [msa(sender.answer()) for _ in bodies]

    assert answers == [("AA", name) for name in names]


def test_parks_an_admission_without_a_patient(hub, ids):
    msh = header("ADT^A01", ids["control_id"])
    body = joined([msh, "EVN|A01|20260314093104", f"PV1|1|I|{'|' * 16}{ids['visit']}"])

    assert send(hub.address(), body) == ["AA"]
    stored = message(hub, body)

    assert (stored["state"], stored["error_code"]) == ("parked", "HL7-101")
    assert still_takes_a_good_message(hub, ids | {"control_id": "after-no-pid"})


def test_finds_an_encounter_without_a_visit_number_by_patient_and_start(hub, ids):
    body = adt(**(ids | {"visit": ""}))

    assert send(hub.address(), body) == ["AA"]
    stored = message(hub, body)

    assert stored["state"] == "processed"


def test_parks_an_admission_that_names_no_encounter(hub, ids):
    msh = header("ADT^A01", ids["control_id"])
    evn = "EVN|A01|20260314093104"
    body = joined([msh, evn, pid(ids["patient"]), "PV1|1|I|INN1"])

    assert send(hub.address(), body) == ["AA"]
    stored = message(hub, body)

    assert (stored["state"], stored["error_code"]) == ("parked", "HL7-102")


def test_warns_of_an_impossible_date_and_processes_the_rest(hub, ids):
    body = adt(**ids).replace(b"|19700101|", b"|19700231|")

    assert send(hub.address(), body) == ["AA"]
    stored = message(hub, body)

    assert (stored["state"], stored["warnings"]) == (
        "processed",
        ["time.invalid.pid-7"],
    )


def test_parks_a_message_in_which_every_time_is_impossible(hub, ids):
    body = adt(**ids, at="20261399999999").replace(b"20260314080000", b"20260230")

    assert send(hub.address(), body) == ["AA"]
    stored = message(hub, body)

    assert (stored["state"], stored["error_code"]) == ("parked", "HL7-103")


def test_keeps_what_it_does_not_understand_as_unmapped(hub, ids):
    body = joined([header("ORU^R01", ids["control_id"]), pid(), "OBX|1|NM|GLU||70"])

    assert send(hub.address(), body) == ["AA"]
    stored = message(hub, body)

    assert (stored["state"], stored["reason"]) == ("unmapped", "type.ORU")


def test_takes_the_same_bytes_again_as_one_message(hub, ids):
    body = adt(**ids)

    assert send(hub.address(), body, body) == ["AA", "AA"]
    stored = message(hub, body)
    events = "SELECT count(*) FROM event WHERE message = (SELECT seq FROM message"

    assert stored["repeats"] == 1
    assert hub.query(f"{events} WHERE id = ?)", stored["id"]) == [(1,)]


def test_takes_other_bytes_under_the_same_control_id_as_another_message(hub, ids):
    first, second = adt(**ids), adt("A02", **ids, unit="CHIR2")

    assert send(hub.address(), first, second) == ["AA", "AA"]

    assert message(hub, first)["warnings"] == []
    assert message(hub, second)["warnings"] == ["control_id.reused"]
    assert message(hub, second)["state"] == "processed"


def test_keeps_the_feeds_of_two_hospitals_apart(hub, ids):
    body = adt(**ids)

    assert send(hub.address("klinik-nord"), body) == ["AA"]
    assert send(hub.address("klinik-sued"), body) == ["AA"]
    hub.quiet()
    digest = hashlib.sha256(body).digest()
    rows = hub.query("SELECT source, repeats FROM message WHERE sha256 = ?", digest)

    assert sorted(rows) == [("klinik-nord", 0), ("klinik-sued", 0)]


def test_parks_a_visit_number_that_comes_with_another_patient(hub, ids):
    other = ids | {"patient": f"{ids['patient']}X", "control_id": "stranger"}
    first, second = adt(**ids), adt("A08", **other)

    assert send(hub.address(), first, second) == ["AA", "AA"]

    assert message(hub, first)["state"] == "processed"
    parked = message(hub, second)
    assert (parked["state"], parked["error_code"]) == ("parked", "PIPE-003")
