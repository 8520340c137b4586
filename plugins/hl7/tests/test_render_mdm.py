"""Care events as MDM messages. Everybody and everything in here is made up."""

import msgspec
import pytest
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.parser import parse_message

from hub.sdk import Labels
from hub.testing import RendererContract
from hub.testing.samples import NASTY_TEXTS, admitted, discharged, notice, retraction
from hub_hl7.facts.profile import Hl7Profile
from hub_hl7.facts.reading import Reading
from hub_hl7.outbound.mdm import MDM, MdmOptions, render
from hub_hl7.records.documents import read_document
from hub_hl7.wire.er7 import Message

GOLDEN = r"""
MSH|^~\&|CAREHUB|hub-test|||20260316150300+0000||MDM^T02^MDM_T02|RJVQCCL5DBMHQOKXW6DP|P|2.5.1||||||UNICODE UTF-8
EVN|T02|20260316160100+0100||||20260316160000+0100|KLINIK_TEST
PID|||M-00042^^^payer-test^PI~0000471^^^KLINIK_TEST^MR||Weiß^Änne^^^Dr.||19490117|F
PV1|1|I|INN1^12^^KLINIK_TEST|||||||MED|||||||||V-000815^^^KLINIK_TEST^VN|||||||||||||||||01||||||||20260316130000+0000
TXA|1|NOTICE|TX|20260316160000+0100||||||||evt-discharged-3^hub-test|||||AU||AV
OBX|1|TX|NOTICE^Care event notice^99CAREHUB||Visit: discharged||||||F
OBX|2|TX|NOTICE^Care event notice^99CAREHUB||Patient: Dr. Änne Weiß||||||F
OBX|3|TX|NOTICE^Care event notice^99CAREHUB||Born: 1949-01-17||||||F
OBX|4|TX|NOTICE^Care event notice^99CAREHUB||Sex: F||||||F
OBX|5|TX|NOTICE^Care event notice^99CAREHUB||Your number: M-00042||||||F
OBX|6|TX|NOTICE^Care event notice^99CAREHUB||Numbers: 0000471 (KLINIK_TEST)||||||F
OBX|7|TX|NOTICE^Care event notice^99CAREHUB||When: 2026-03-16 16:00 +0100||||||F
OBX|8|TX|NOTICE^Care event notice^99CAREHUB||Where: KLINIK_TEST INN1 12||||||F
OBX|9|TX|NOTICE^Care event notice^99CAREHUB||Class: IMP||||||F
OBX|10|TX|NOTICE^Care event notice^99CAREHUB||Visit number: V-000815||||||F
OBX|11|TX|NOTICE^Care event notice^99CAREHUB||Service: Innere Medizin||||||F
OBX|12|TX|NOTICE^Care event notice^99CAREHUB||Start: 2026-03-16 13:00 +0000||||||F
OBX|13|TX|NOTICE^Care event notice^99CAREHUB||Disposition: home||||||F
OBX|14|TX|NOTICE^Care event notice^99CAREHUB||Diagnosis: I50.1 Test||||||F
""".strip()  # noqa: E501 - segments are as long as they are
PERSON = {
    "names": [{"family": "Weiß", "given": "Änne", "prefix": "Dr."}],
    "birth_date": "1949-01-17",
    "sex": "F",
}
DOCUMENT = {
    "id": {"system": "ARCHIV", "value": "D-77"},
    "kind": {"code": "18842-5", "display": "Discharge summary", "system": "LN"},
    "mime": "application/pdf",
    "digest": "0" * 64,
    "author": {"name": "Dr. Ute Lange", "identifiers": [{"value": "9", "system": "K"}]},
    "period": {"start": "2026-03-16"},
}


class TestMdm(RendererContract):
    @pytest.fixture
    def spec(self):
        return MDM

    @pytest.fixture(params=["2.4", "2.5.1", "2.8.2"])
    def options(self, request):
        return MdmOptions(version=request.param)


def told(event, **options):
    """Return the message of `event` as the hub's own parser reads it."""
    return Message(render([notice(event)], MdmOptions(**options)).body.decode())


def document(name, **payload):
    event = admitted(payload=DOCUMENT | payload)
    return msgspec.structs.replace(event, type=f"document.{name}")


def test_writes_a_notice_as_a_text_for_people():
    payload = admitted().payload | {
        "person": PERSON,
        "discharge": {"disposition": {"code": "home", "original": "01"}},
    }

    body = render([notice(discharged(payload=payload))], MdmOptions()).body

    assert body.decode().replace("\r", "\n").strip() == GOLDEN


def test_replaces_the_notice_that_is_taken_back():
    message = told(retraction(discharged()))

    txa = message.segment("TXA")
    assert message.header.value(9, 2) == "T10"
    assert txa.value(13) == discharged().id
    assert txa.value(12) != txa.value(13)
    said = [each.value(5) for each in message.all("OBX")]
    assert "Correction: an earlier notice is taken back" in said


@pytest.mark.parametrize(
    ("name", "payload", "trigger"),
    [
        ("available", {}, "T01"),
        ("available", {"parent": "D-70", "relation": "addendum"}, "T05"),
        ("available", {"parent": "D-70", "relation": "replacement"}, "T09"),
        ("amended", {}, "T07"),
        ("amended", {"changed_fields": ["status"]}, "T03"),
        ("amended", {"changed_fields": ["status", "addendum"]}, "T03"),
        ("amended", {"changed_fields": ["title", "status"]}, "T07"),
        ("replaced", {}, "T03"),
        ("retracted", {}, "T11"),
    ],
)
def test_tells_of_a_document_without_its_content(name, payload, trigger):
    message = told(document(name, **payload))

    txa = message.segment("TXA")
    assert message.header.value(9, 2) == message.segment("EVN").value(1) == trigger
    assert message.header.value(9, 3) == "MDM_T01"
    assert message.segment("OBX") is None
    assert txa.value(13) == payload.get("parent", "")


def test_describes_a_document():
    txa = told(document("available", completion="LA")).segment("TXA")

    assert (txa.value(2), txa.value(3), txa.value(4)) == ("18842-5", "AP", "20260316")
    assert (txa.value(9), txa.value(9, 2)) == ("9", "Dr. Ute Lange")
    assert (txa.value(12), txa.value(12, 2)) == ("D-77", "ARCHIV")
    assert (txa.value(16), txa.value(17), txa.value(19)) == ("0" * 64, "LA", "AV")


def test_a_document_that_was_replaced_is_obsolete():
    assert told(document("replaced")).segment("TXA").value(19) == "OB"


def test_gives_the_title_where_the_version_has_a_place_for_it():
    event = document("available", title="Arztbrief")

    assert told(event, version="2.6").segment("TXA").value(25) == "Arztbrief"
    assert told(event).segment("TXA").value(25) == ""


@pytest.mark.parametrize(
    ("name", "payload", "status"),
    [
        ("available", {}, "available"),
        ("available", {"relation": "addendum", "parent": {"value": "1", "system": "K"}},
         "available"),
        ("replaced", {}, "replaced"),
        ("retracted", {}, "retracted"),
        ("amended", {}, "amended"),
    ],
)  # fmt: skip
def test_another_hub_reads_the_same_standing(name, payload, status):
    body = render([notice(document(name, **payload))], MdmOptions()).body

    found = read_document(Reading(Message(body.decode()), Hl7Profile()))

    details = found.facts[0].details
    assert (details["id"], details["status"]) == ("D-77", status)
    assert details["author"]["name"] == "Dr. Ute Lange"


def test_a_document_that_was_retracted_is_cancelled():
    txa = told(document("retracted")).segment("TXA")

    assert (txa.value(17), txa.value(19)) == ("LA", "CA")


def test_a_document_without_a_number_has_that_of_its_stream():
    event = msgspec.structs.replace(document("available"), payload={})

    txa = told(event).segment("TXA")

    assert (txa.value(2), txa.value(12)) == ("NOTICE", event.entity.key)
    assert (txa.value(17), txa.value(19)) == ("DO", "AV")


@pytest.mark.parametrize(
    ("author", "written"),
    [("Dr. Ute Lange", ["Dr. Ute Lange"]), ("", []),
     ([{"name": "A"}, {"name": "B"}], ["A", "B"])],
)  # fmt: skip
def test_names_the_authors(author, written):
    txa = told(document("available", author=author)).segment("TXA")

    assert [each.component(2) for each in txa.repetitions(9)] == written


def test_marks_what_is_restricted():
    for event in (
        admitted(labels=Labels("R")),
        msgspec.structs.replace(document("available"), labels=Labels("V")),
    ):
        level = event.labels.confidentiality
        assert told(event).segment("TXA").value(18) == level


@pytest.mark.parametrize("name", ["available", "retracted", "admitted"])
def test_fits_the_structure_that_it_names(name):
    event = admitted() if name == "admitted" else document(name)
    body = render([notice(event)], MdmOptions()).body.decode()

    message = parse_message(body, VALIDATION_LEVEL.TOLERANT, find_groups=True)

    assert message.name == message.msh.msh_9.msh_9_3.value
    assert len(message.children) >= 5


@pytest.mark.parametrize("text", NASTY_TEXTS)
def test_reads_awkward_texts_back(text):
    event = admitted(payload={"service": {"display": text}})

    said = [each.value(5) for each in told(event).all("OBX")]

    assert f"Service: {text}" in said


@pytest.mark.parametrize(
    "kind", ["referral.accepted", "stay.readmission_detected", "person.merged"]
)
def test_tells_any_other_event_as_a_text(kind):
    message = told(msgspec.structs.replace(admitted(payload={}), type=kind))

    assert message.header.value(9, 2) == "T02"
    assert message.segment("PV1").raw == "PV1|1|N"
    assert kind.partition(".")[2].replace("_", " ") in message.segment("OBX").value(5)
