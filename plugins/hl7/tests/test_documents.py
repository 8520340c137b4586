"""Documents. Synthetic messages; every person and place in here is made up."""

import base64
import hashlib
import time

import msgspec
import pytest

from hub.sdk import RecordKey
from hub_hl7.facts.profile import Hl7Profile
from hub_hl7.facts.reading import Reading
from hub_hl7.records.families import FAMILIES
from hub_hl7.wire.er7 import Message

PID = "PID|1||0047^^^KLINIK_TEST^PI||Musterfrau^Änne||19490117|F"
LETTER = b"%PDF-1.4 synthetic letter"
ED = (
    "OBX|{place}|ED|18842-5^Discharge summary^LN|{sub}|^{type}^Base64^{data}"
    "||||||{status}"
)


def read(kind, *lines, **profile):
    msh = rf"MSH|^~\&|KIS|KLINIK_TEST|HUB|R|20260310081502+0100||{kind}|1|P|2.5"
    reading = Reading(Message("\r".join([msh, *lines])), Hl7Profile(**profile))
    return FAMILIES[kind[:3]](reading), reading.warnings


def txa(*, parent="", availability="AV", kind="DS", number="D-1^KLINIK_TEST", conf=""):
    return (
        f"TXA|1|{kind}|TX|20260309||20260310070000|||77^Feder^Fritz|||{number}|{parent}"
        f"||||LA|{conf}|{availability}"
    )


def obx(content=LETTER, *, kind="Application^PDF", status="F", place=1, sub=""):
    data = base64.b64encode(content).decode()
    return ED.format(place=place, sub=sub, type=kind, data=data, status=status)


def obr(*, filler="F-1^KLINIK_TEST", status=""):
    return f"OBR|1|P-1^X|{filler}|18842-5^Discharge summary^LN{'|' * 21}{status}"


def test_a_number_that_nobody_names_is_no_number_of_the_facility():
    """Two applications of one facility both have a document 77."""
    result, _ = read("MDM^T01", PID, txa(number="77"))
    named, _ = read("MDM^T01", PID, txa(number="77"), assigning_authority="RIS")

    assert result.facts[0].record == RecordKey("document", "", "77")
    assert named.facts[0].record == RecordKey("document", "RIS", "77")


@pytest.mark.parametrize(
    ("trigger", "availability", "status"),
    [
        ("T01", "AV", "available"),
        ("T02", "", "available"),
        ("T02", "UN", ""),
        ("T02", "OB", "replaced"),
        ("T03", "AV", "available"),
        ("T03", "", ""),
        ("T03", "OB", "replaced"),
        ("T04", "CA", "retracted"),
        ("T04", "UN", ""),
        ("T05", "AV", "available"),
        ("T06", "AV", "available"),
        ("T07", "AV", "amended"),
        ("T08", "", "amended"),
        ("T09", "AV", "available"),
        ("T10", "", "available"),
        ("T11", "", "retracted"),
        ("T11", "UN", "retracted"),
    ],
)
def test_trigger_and_availability_state(trigger, availability, status):
    result, _ = read(
        f"MDM^{trigger}", PID, txa(availability=availability, parent="D-0")
    )
    found = result.facts[0]

    assert found.record == RecordKey("document", "KLINIK_TEST", "D-1")
    assert found.details.get("status", "") == status


@pytest.mark.parametrize("trigger", ["T12", "", "A01"])
def test_another_trigger_is_for_nobody(trigger):
    assert read(f"MDM^{trigger}", PID, txa())[0] is None


@pytest.mark.parametrize(
    ("trigger", "status", "link"),
    [("T06", "amended", "addendum"), ("T10", "replaced", "replaced_by")],
)
def test_the_parent_is_told(trigger, status, link):
    result, _ = read(f"MDM^{trigger}", PID, txa(parent="D-0^KLINIK_TEST"), obx())
    own, parent = result.facts

    assert own.details["status"] == "available"
    assert own.details["parent"] == {"system": "KLINIK_TEST", "value": "D-0"}
    assert parent.record == RecordKey("document", "KLINIK_TEST", "D-0")
    assert parent.details == {
        "id": "D-0",
        "status": status,
        link: {"system": "KLINIK_TEST", "value": "D-1"},
    }


@pytest.mark.parametrize(
    ("parent", "warning"),
    [("", "document.parent_missing"), ("D-1^KLINIK_TEST", "document.own_parent")],
)
def test_a_replacement_without_another_document_replaces_nothing(parent, warning):
    result, warnings = read("MDM^T10", PID, txa(parent=parent), obx())

    assert len(result.facts) == 1
    assert warning in warnings


def test_the_content_is_a_document_and_the_fact_holds_its_digest():
    result, _ = read("MDM^T02", PID, txa(), obx())
    (document,), (found,) = result.documents, result.facts

    assert document.content == LETTER
    assert document.media_type == "application/pdf"
    assert document.digest == hashlib.sha256(LETTER).hexdigest()
    assert found.details["digest"] == document.digest
    assert found.details["size"] == len(LETTER)
    assert found.details["mime"] == "application/pdf"
    assert base64.b64encode(LETTER) not in msgspec.json.encode(found)


def test_what_txa_says_is_kept():
    result, _ = read("MDM^T02", "EVN|T02|20260310081400|||||", PID, txa(), obx())
    details = result.facts[0].details

    assert details["kind"] == {"code": "18842-5", "system": "LN", "original": "DS"}
    assert details["author"]["name"] == "Fritz Feder"
    assert details["period"]["start"]["raw"] == "20260309"
    assert details["completion"] == "LA"
    assert result.facts[0].recorded.raw == "20260310081400"


def test_a_local_kind_is_kept_as_it_is():
    result, _ = read("MDM^T02", PID, txa(kind="EB^Entlassbrief^L"))

    assert result.facts[0].details["kind"] == {
        "code": "EB",
        "text": "Entlassbrief",
        "system": "L",
    }


@pytest.mark.parametrize(("sent", "label"), [("V", "V"), ("R", "R"), ("U", None)])
def test_the_confidentiality_of_a_document_is_a_label(sent, label):
    result, _ = read("MDM^T02", PID, txa(conf=sent))
    labels = result.facts[0].labels

    assert (labels and labels.confidentiality) == label


def test_lines_of_text_are_one_document():
    lines = ("OBX|1|TX|B||Guten Tag,", "OBX|2|FT|B||es geht~ihr \\T\\ ihm gut.")
    result, _ = read("MDM^T02", PID, txa(), *lines)

    assert result.documents[0].content.decode() == "Guten Tag,\nes geht\nihr & ihm gut."
    assert result.documents[0].media_type == "text/plain"


def test_text_beside_a_letter_is_an_attachment():
    result, _ = read("MDM^T02", PID, txa(), "OBX|1|TX|B||See letter", obx(place=2))
    details = result.facts[0].details

    assert details["mime"] == "application/pdf"
    assert [one["mime"] for one in details["attachments"]] == ["text/plain"]
    assert len(result.documents) == 2


def test_a_retracted_document_is_not_taken_in():
    result, _ = read("MDM^T11", PID, txa(), obx())

    assert result.documents == ()
    assert "digest" not in result.facts[0].details


@pytest.mark.parametrize("data", ["%%%", "SGFsbG8", "SGFs=bG8=", "Größe", "====", "A"])
def test_what_cannot_be_decoded_is_a_warning(data):
    broken = ED.format(place=1, sub="", type="Application^PDF", data=data, status="F")
    result, warnings = read("MDM^T02", PID, txa(), broken)

    assert result.documents == ()
    assert "digest" not in result.facts[0].details
    assert "document.undecodable" in warnings


def test_no_data_at_all_is_another_warning():
    empty = ED.format(place=1, sub="", type="Application^PDF", data="", status="F")
    _, warnings = read("MDM^T02", PID, txa(), empty)

    assert "document.empty" in warnings


@pytest.mark.parametrize(
    ("encoding", "data", "content"),
    [
        ("Base64", "SGFs\\X0D0A\\bG8=", b"Hallo"),
        ("", "SGFsbG8=", b"Hallo"),
        ("Hex", "48 61 6c", b"Hal"),
        ("A", "Gr\\T\\ün", "Gr&ün".encode()),
    ],
)
def test_each_encoding_is_decoded(encoding, data, content):
    line = f"OBX|1|ED|X||^TEXT^plain^{encoding}^{data}||||||F"
    result, _ = read("MDM^T02", PID, txa(), line)

    assert result.documents[0].content == content


@pytest.mark.parametrize(
    ("kind", "content", "media_type"),
    [
        ("Application^PDF", b"x", "application/pdf"),
        ("AP^pdf", b"x", "application/pdf"),
        ("application/pdf^", b"x", "application/pdf"),
        ("TEXT^html", b"x", "text/html"),
        ("IM^JPEG", b"x", "image/jpeg"),
        ("multipart^x-hl7-cda-level-one", b"x", "text/xml"),
        ("NS^Octet-stream", b"x", "application/octet-stream"),
        ("^", b"%PDF-1.7", "application/pdf"),
        ("^", b"{\\rtf1", "application/rtf"),
        ("^", b"anything", "application/octet-stream"),
        ("Application^../../etc/passwd", b"x", "application/octet-stream"),
        ("Meier^Änne", b"x", "application/octet-stream"),
    ],
)
def test_the_media_type_is_one_that_is_known_or_none(kind, content, media_type):
    result, _ = read("MDM^T02", PID, txa(), obx(content, kind=kind))

    assert result.documents[0].media_type == media_type


@pytest.mark.parametrize(
    "pointer",
    [
        "file:///etc/passwd",
        "http://169.254.169.254/latest",
        "1.2.840.99",
        "\\\\host\\x",
    ],
)
def test_a_pointer_is_neither_followed_nor_kept(pointer):
    line = f"OBX|1|RP|L||{pointer}^APP^Application^PDF||||||F"
    result, warnings = read("MDM^T02", PID, txa(), line)
    (found,) = result.facts

    assert found.details["pointer"] is True
    assert pointer not in str(found.details)
    assert result.documents == ()
    assert "document.pointer_ignored" in warnings


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("P", "available"),
        ("F", "available"),
        ("C", "amended"),
        ("X", "retracted"),
        ("D", "retracted"),
        ("W", "retracted"),
        ("I", ""),
        ("", "available"),
    ],
)
def test_the_status_of_a_letter_in_a_result(code, status):
    by_observation, _ = read("ORU^R01", PID, obr(), obx(status=code))
    by_order, _ = read("ORU^R01", PID, obr(status=code), obx(status=""))

    for result in (by_observation, by_order):
        assert result.facts[0].details.get("status", "") == status
        assert bool(result.documents) is (status != "retracted")


def test_a_letter_has_the_same_key_from_preliminary_to_withdrawn():
    found = [
        read("ORU^R01", PID, obr(), obx(status=status))[0].facts[0].record
        for status in "PFCX"
    ]

    assert set(found) == {RecordKey("document", "KLINIK_TEST", "F-1|18842-5")}


def test_several_letters_of_an_order_have_keys_of_their_own():
    lines = obx(b"1"), obx(b"2", sub="2"), obx(b"3", sub="2")
    result, _ = read("ORU^R01", PID, obr(), *lines)

    assert [one.record.value for one in result.facts] == [
        "F-1|18842-5",
        "F-1|18842-5|2",
        "F-1|18842-5|2#2",
    ]


def test_a_letter_sent_as_text_in_a_result_is_a_document():
    lines = ("OBX|1|TX|T^Text^L||Guten Tag||||||F", "OBX|2|TX|T^Text^L||Ende||||||F")
    result, _ = read("ORU^R01", PID, obr(), *lines)

    assert result.documents[0].content == b"Guten Tag\nEnde"
    assert result.facts[0].details["kind"]["code"] == "18842-5"


def test_a_laboratory_result_is_for_nobody():
    lines = "OBR|1||F-1|718-7^Hb^LN", "OBX|1|NM|718-7^Hb^LN||13.2|g/dL|||||F"

    assert read("ORU^R01", *lines)[0] is None


def test_letters_about_several_patients_stay_apart():
    other = "PID|2||0048^^^KLINIK_TEST^PI||Mustermann^Max"
    lines = PID, obr(), obx(b"one"), other, obr(filler="F-2"), obx(b"two")
    result, _ = read("ORU^R01", *lines)
    found = {
        one.subject.identifiers[0].value: one.details["digest"] for one in result.facts
    }

    assert found["0047"] == hashlib.sha256(b"one").hexdigest()
    assert found["0048"] == hashlib.sha256(b"two").hexdigest()


def test_twenty_mebibytes_take_linear_time():
    def seconds(size):
        data = base64.b64encode(b"\xff\xfe" * (size // 2)).decode()
        line = ED.format(place=1, sub="", type="AP^PDF", data=data, status="F")
        started = time.process_time()
        result, _ = read("MDM^T02", PID, txa(), line)
        assert len(result.documents[0].content) == size
        return time.process_time() - started

    small, large = min(seconds(1 << 21) for _ in range(3)), seconds(20 << 20)

    assert large < 2
    assert large < small * 10 * 4  # ten times the size; four for a busy machine
