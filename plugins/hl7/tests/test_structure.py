"""Every message here is made up for these tests."""

from datetime import UTC, datetime

import pytest

from hub.sdk import Remark
from hub_hl7.facts.profile import Hl7Profile
from hub_hl7.learning import structure
from hub_hl7.learning.structure import describe, new_message, supported, validate
from hub_hl7.learning.tidy import structure_of
from hub_hl7.wire.er7 import Message

PROFILE = Hl7Profile()
HEADER = "MSH|^~\\&|KIS|KH|HUB|HUB|20260310120000+0100||{kind}|4711|P|{version}"
VISIT = "PV1|1|I|C2^201^1^KH"
PERSON = "PID|1||4711^^^KH^MR||Muster^Anna||19700101|F"


def body(*segments, kind="ADT^A01^ADT_A01", version="2.5.1"):
    header = HEADER.format(kind=kind, version=version)
    return "\r".join([header, *segments, ""]).encode()


def remarks(*segments, **header):
    found = validate(body(*segments, **header), PROFILE)
    return {(each.severity, each.place): each.text for each in found}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("PID-3.1", "PID-3.1 Patient Identifier List > ID Number"),
        ("PID-3(2).1", "PID-3(2).1 Patient Identifier List > ID Number"),
        ("PID-5.1.1", "PID-5.1.1 Patient Name > Family Name > Surname"),
        ("PID-1.1", "PID-1.1 Set ID PID"),
        ("IN1-49", "IN1-49 Insured's ID Number"),
        ("EVN-2", "EVN-2 Recorded Date/Time"),
        ("ZBE-4", "ZBE-4 Action on Movement"),
        ("MSH-28", "MSH-28 Special Access Restriction Instructions"),
        ("ARV-2", "ARV-2 Access Restriction Action Code"),
        ("ZPI-1", "ZPI-1"),
        ("PID-99", "PID-99"),
        ("PID", "PID"),
        ("", ""),
        ("nonsense-x.y", "nonsense-x.y"),
    ],
)
def test_a_path_is_described_by_the_names_of_the_standard(path, expected):
    assert describe(path) == expected.replace(">", "\u203a")


def test_a_field_is_described_as_its_version_calls_it():
    described = describe("PID-3.1", "2.3")

    assert described == "PID-3.1 Patient ID Internal ID \u203a ID"


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("2.9", "2.8.2"),
        ("2.3.2", "2.3.1"),
        ("2.31", "2.8.2"),
        ("2.5^DEU&&HL70399", "2.5"),
        ("1.0", "2.1"),
        ("", "2.5.1"),
        ("foo", "2.5.1"),
        ("2.4", "2.4"),
        (f"{'9' * 9999}.1", "2.5.1"),
    ],
)
def test_a_version_without_tables_is_clamped_to_the_nearest(sent, expected):
    assert supported(sent) == expected


def test_a_correct_message_has_no_remarks():
    assert validate(body("EVN||20260310115900", PERSON, VISIT), PROFILE) == ()


def test_a_missing_segment_is_an_error_of_the_structure():
    found = remarks("EVN||20260310115900", PERSON)

    assert found == {("error", "PV1"): "Required in ADT_A01, and missing"}


def test_a_segment_too_many_and_one_without_a_place_are_remarked_on():
    found = remarks("EVN||202603101159", PERSON, VISIT, VISIT, "MRG|4711^^^KH^MR")

    assert set(found) == {("error", "PV1"), ("warning", "MRG")}


def test_missing_and_surplus_fields_codes_and_forms_are_remarked_on():
    person = "PID|1||^^^KH^MR|x|A^B~C|y|1970-01-01|Q" + "|1" * 40
    found = remarks("EVN||gestern", person, VISIT, "NK1||Muster^Eva", version="2.8")

    assert ("error", "PID-3.1") in found
    assert ("error", "PID-2") not in found
    assert ("error", "PID-4") in found  # withdrawn
    assert ("error", "PID") in found
    assert ("warning", "PID-7") in found
    assert ("warning", "EVN-2") in found
    assert ("error", "NK1-1") in found


def test_a_code_of_no_table_is_remarked_on_and_a_deleted_one_is_not():
    found = remarks("EVN||20260310", PERSON.replace("|F", "|Q"), 'PV1|1|""')

    assert ("warning", "PID-8") in found
    assert ("warning", "PV1-2") not in found


def test_remarks_of_one_kind_are_counted():
    results = ["OBX|1|NM|x||y"] * 3
    found = remarks("EVN||20260310", PERSON, VISIT, *["DG1|1"] * 3, *results)

    assert found["error", "DG1-6"].endswith("(3 times)")


def test_segments_that_nobody_defined_are_set_aside_first():
    found = remarks(
        "EVN||20260310", PERSON, VISIT, "ZBE|1|2", "FOO|1", "muell mit text"
    )

    assert set(found) == {("warning", "")}
    assert "5" not in "".join(found.values())[:8]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_line_ends_and_a_byte_order_mark_make_no_difference(ending):
    segments = ("EVN||20260310115900", PERSON)
    sent = b"\xef\xbb\xbf" + body(*segments).replace(b"\r", ending.encode())

    assert [each.place for each in validate(sent, PROFILE)] == ["PV1"]


@pytest.mark.parametrize("marks", ["^~\\&#", "^~\\", "*!?%"])
def test_any_delimiters_can_be_checked(marks):
    sent = body("EVN||20260310115900", PERSON, VISIT).decode()
    for old, new in zip("^~\\&", marks, strict=False):
        sent = sent.replace(old, new)
    head, _, rest = sent.partition("|")
    sent = f"{head}|{marks}|{rest.partition('|')[2]}"

    assert validate(sent.encode(), PROFILE) == ()


@pytest.mark.parametrize(
    ("kind", "version", "place"),
    [
        ("ADT^A04", "2.5.1", "MSH-9.3"),
        ("ADT^A04^ADT_A03", "2.5.1", "MSH-9.3"),
        ("ADT^Z99", "2.5.1", "MSH-9"),
        ("ADT^A01^ADT_A01", "2.9", "MSH-12"),
        ("ADT^A01^ADT_A01", "", "MSH-12"),
    ],
)
def test_what_was_made_up_for_the_check_is_remarked_on(kind, version, place):
    found = remarks("EVN||20260310", PERSON, VISIT, kind=kind, version=version)

    assert ("warning", place) in found


def test_old_versions_have_no_structure_to_send():
    evn = "EVN|A01|20260310"
    assert (
        remarks(evn, "PID|1||4711||Muster^A", VISIT, kind="ADT^A01", version="2.3")
        == {}
    )


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"\x89PNG",
        b"MSH",
        b"MSH|^~\\&",
        b"MSH||||",
        b"FHS|^~\\&|a\rBHS|^~\\&\rMSH|^~\\&|b",
        b"MSH|^~\\&|||||||ADT^A01|1|P|2.5||||||UNICODE UTF-16\r",
        b"MSH|^~\\&|||||||ADT^A01|1|P|2.5||||||UNICODE UTF-8\rPID|\xff\xfe",
        b"MSH|^~\\&|||||||ADT^A01|1|P|2.5\r" + b"NTE|x\r" * 2000,
    ],
)
def test_what_cannot_be_checked_is_said_to_be_so(sent):
    assert validate(sent, PROFILE)


def test_a_report_is_bounded():
    segments = [f"NK1{'|' * place}x" for place in range(1, 60)]
    many = [
        f"{name}|{'|'.join('x' * 60)}" for name in ("PID", "PV1", "PV2", "GT1", "IN1")
    ]
    found = validate(body(*segments, *many, version="2.8"), PROFILE)

    assert len(found) <= structure.MOST_REMARKS + 1


def test_an_error_inside_hl7apy_becomes_a_remark(monkeypatch):
    def fail(*_args, **_options):
        raise RuntimeError("Muster^Anna")

    monkeypatch.setattr(structure, "parse_message", fail)

    found = validate(body(PERSON, VISIT), PROFILE)

    assert {each.text for each in found} == {
        "hl7apy cannot read it: RuntimeError (2 times)"
    }


def test_no_remark_repeats_content():
    canary = "Kanarienvogel"
    segments = [
        f"{name}|{'|'.join([f'{canary}^{canary}&{canary}~{canary}'] * 70)}"
        for name in (
            "EVN",
            "PID",
            "PV1",
            "NK1",
            "OBX",
            "DG1",
            "IN1",
            "AL1",
            "ZZZ",
            "KAN",
        )
    ]
    for version in ("2.3", "2.8.2", canary):
        for kind in ("ADT^A01^ADT_A01", canary, f"ADT^{canary}", f"ADT^A01^{canary}"):
            sent = body(*segments, kind=kind, version=version)
            found = validate(sent, PROFILE)

            assert found
            assert canary.lower() not in repr(found).lower()
            assert all(isinstance(each, Remark) for each in found)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("ADT^A08", "ADT_A01"),
        ("ADT^A28", "ADT_A05"),
        ("SIU^S14", "SIU_S12"),
        ("MDM^T04", "MDM_T02"),
        ("REF^I14", "REF_I12"),
        ("ADT^Z99^ADT_A01", "ADT_A01"),
        ("ADT^Z99", ""),
        ("ACK", "ACK"),
    ],
)
def test_triggers_share_structures(kind, expected):
    known = {"ADT_A01", "ADT_A05", "SIU_S12", "MDM_T02", "REF_I12", "ACK"}
    message = Message(body(kind=kind).decode())

    assert structure_of(message, known) == expected


def test_a_message_can_be_built_with_an_aware_time():
    message = new_message("ADT_A01", datetime(2026, 3, 10, 12, tzinfo=UTC))
    message.pid.pid_5 = "Muster^Anna"

    built = Message(message.to_er7())
    assert built["MSH-7"] == "20260310120000+0000"
    assert built["PID-5.2"] == "Anna"


@pytest.mark.parametrize(
    ("name", "version", "zone"),
    [("ADT_X99", "2.5.1", UTC), ("ADT_A01", "2.9", UTC), ("ADT_A01", "2.5", None)],
)
def test_a_message_without_tables_or_zone_is_not_built(name, version, zone):
    with pytest.raises(ValueError, match=r"structure|version|aware"):
        new_message(name, datetime(2026, 3, 10, tzinfo=zone), version)
