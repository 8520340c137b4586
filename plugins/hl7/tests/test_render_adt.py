"""Care events as ADT messages. Everybody and everything in here is made up."""

import hl7
import msgspec
import pytest
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.parser import parse_message
from hypothesis import given
from hypothesis import strategies as st

from hub.sdk import Identifier, Labels
from hub.testing import RendererContract
from hub.testing.samples import (
    NASTY_TEXTS,
    NOTICES,
    admitted,
    care_event,
    discharged,
    encounter_payload,
    notice,
    retraction,
    transferred,
)
from hub_hl7.facts.normalise import normalise
from hub_hl7.facts.profile import Hl7Profile
from hub_hl7.outbound.adt import ADT, TRIGGERS, AdtOptions, render
from hub_hl7.outbound.errors import (
    NoEquivalentError,
    NoPriorError,
    UnmappableError,
)
from hub_hl7.outbound.outbound import LONGEST_CONTROL_ID
from hub_hl7.wire.er7 import Message
from hub_hl7.wire.times import Clock, read_time

PERSON = {
    "names": [
        {"family": "Müller", "given": "Änne", "middle": "Rosa", "prefix": "Dr.",
         "use": "L"},
        {"family": "Weiß", "use": "M"},
    ],
    "birth_date": "1949-01-17",
    "sex": "F",
    "addresses": [
        {"lines": ["Hauptstr. 5", "Hinterhaus"], "city": "Köln",
         "postal_code": "50667", "country": "DEU"},
    ],
    "telecoms": [
        {"system": "phone", "value": "0221 4711", "use": "home"},
        {"system": "phone", "value": "0221 4712", "use": "work"},
        {"system": "email", "value": "aenne@example.org", "use": "home"},
    ],
    "language": "de",
    "marital_status": "M",
    "multiple_birth": False,
    "deceased": {"flag": False},
    "contacts": [
        {"name": {"family": "Müller", "given": "Uwe"},
         "relationship": {"code": "SPO", "text": "Spouse", "system": "HL70063"},
         "telecoms": [{"system": "phone", "value": "0221 4713", "use": "home"}],
         "role": "C"},
    ],
}  # fmt: skip
FULL = encounter_payload(
    person=PERSON,
    account={"system": "KLINIK_TEST", "value": "A-1"},
    admission={"type": "E", "source": "7", "reason": "Sturz | Treppe"},
    expected={"admit": None, "discharge": "202603201000+0100"},
    careteam=[
        {"role": "attending", "name": "Dr. Ute Lange",
         "identifiers": [{"system": "LANR", "value": "123456601", "type": "LANR"}]},
        {"role": "admitting", "name": {"family": "Kurz", "given": "Jan"}},
        {"role": "primary_care", "name": "Nobody in PV1"},
    ],
    allergies=[{"code": "91936005", "text": "Penicillin", "severity": "SV"}],
    coverage=[
        {"payer": "Kasse Süd", "payer_id": "108018007", "plan": "GKV",
         "member_id": "A123456780", "from": "20200101"},
    ],
    facility={"name": "KLINIK_TEST", "id": "1.2.276.0.76.4.5"},
)  # fmt: skip

GOLDEN = r"""
MSH|^~\&|CAREHUB|hub-test|KIS2|PRAXIS|20260316140300+0100||ADT^A01^ADT_A01|RERDDRFISZRPBYHJ4PY5|P|2.5.1|||AL|NE||UNICODE UTF-8
EVN|A01|20260316140100+0100||||20260316140000+0100|KLINIK_TEST^1.2.276.0.76.4.5^ISO
PID|||M-00042^^^PRAXIS^PI~0000471^^^KLINIK_TEST^MR||Müller^Änne^Rosa^^Dr.^^L~Weiß^^^^^^M||19490117|F|||Hauptstr. 5^Hinterhaus^Köln^^50667^DEU||0221 4711^PRN^PH~^NET^Internet^aenne@example.org|0221 4712^WPN^PH|de|M||A-1^^^KLINIK_TEST||||||N||||||N
NK1|1|Müller^Uwe|SPO^Spouse^HL70063||0221 4713^PRN^PH||C
PV1|1|I|INN1^12^^KLINIK_TEST|E|||123456601^Dr. Ute Lange^^^^^^^LANR^^^^LANR|||MED||||7|||^Kurz^Jan||V-000815^^^KLINIK_TEST^VN|||||||||||||||||||||||||20260316140000+0100
PV2|||^Sturz \F\ Treppe|||||""|202603201000+0100
AL1|1||91936005^Penicillin|SV
DG1|1||I50.1^Test^ICD-10-GM
IN1|1|GKV|108018007|Kasse Süd||||||||20200101|||||||||||||||||||||||||||||||||||||A123456780^^^^MB
""".strip()  # noqa: E501 - segments are as long as they are


def told(event, **options):
    """Return the message of `event` as the hub's own parser reads it."""
    return Message(render([notice(event)], AdtOptions(**options)).body.decode())


class TestAdt(RendererContract):
    @pytest.fixture
    def spec(self):
        return ADT

    @pytest.fixture(params=["2.3", "2.5.1", "2.8.2"])
    def options(self, request):
        return AdtOptions(version=request.param, receiving_facility="PRAXIS")


def test_writes_an_admission_whole():
    options = AdtOptions(
        receiving_application="KIS2",
        receiving_facility="PRAXIS",
        accept_ack="AL",
        application_ack="NE",
        time_zone="Europe/Berlin",
    )

    rendered = render([notice(admitted(payload=FULL))], options)

    assert rendered.body.decode().replace("\r", "\n").strip() == GOLDEN
    assert (rendered.media_type, rendered.suffix) == (
        "x-application/hl7-v2+er7",
        ".hl7",
    )


@pytest.mark.parametrize("kind", sorted(TRIGGERS))
def test_tells_every_type_with_its_trigger(kind):
    prior = [{"system": "KLINIK_TEST", "value": "0000472", "type": "MR"}]
    event = msgspec.structs.replace(
        admitted(payload={**FULL, **PERSON, "prior": prior}), type=kind
    )

    message = told(event)

    header, evn = message.header, message.segment("EVN")
    assert header.value(9, 1) == "ADT"
    assert header.value(9, 2) == evn.value(1) == TRIGGERS[kind]
    assert message.segment("PID").value(3) == "M-00042"


@pytest.mark.parametrize("kind", sorted(TRIGGERS))
def test_fits_the_structure_that_it_names(kind):
    prior = [{"system": "KLINIK_TEST", "value": "0000472", "type": "MR"}]
    payload = {**FULL, **PERSON, "prior": prior}
    payload["careteam"] = payload["careteam"][:1]
    event = msgspec.structs.replace(admitted(payload=payload), type=kind)
    body = render([notice(event)], AdtOptions()).body.decode()

    message = parse_message(body, VALIDATION_LEVEL.TOLERANT, find_groups=True)

    named = message.msh.msh_9.msh_9_3.value
    assert message.name == named
    assert len(segments_of(message)) == body.count("\r")


def segments_of(group):
    """Return the names of all segments below `group`, which hl7apy nests."""
    found = []
    for child in group.children:
        found += [child.name] if len(child.name) == 3 else segments_of(child)
    return found


def test_the_hub_reads_back_what_it_wrote():
    body = render([notice(admitted(payload=FULL))], AdtOptions()).body

    read = normalise(body, Hl7Profile())

    (fact,) = read.facts
    details, told = fact.details, fact.subject.demographics
    kept = ("admission", "expected", "facility", "coverage", "allergies")
    assert read.warnings == ()
    assert fact.occurred.earliest == admitted().times.occurred.earliest
    assert {name: details[name] for name in kept} == {name: FULL[name] for name in kept}
    assert details["careteam"][0] == FULL["careteam"][0]
    assert fact.encounter.value == "V-000815"
    assert {name: told[name] for name in PERSON if name not in _REORDERED} == {
        name: value for name, value in PERSON.items() if name not in _REORDERED
    }


#: By field of PID, and a contact's relationship is read as its code alone.
_REORDERED = frozenset({"telecoms", "contacts"})


@pytest.mark.parametrize(
    ("kind", "fact", "cancels"),
    [
        ("admitted", "start", None),
        ("admit_cancelled", "cancel", "start"),
        ("transferred", "move", None),
        ("transfer_cancelled", "cancel", "move"),
        ("discharged", "end", None),
        ("discharge_cancelled", "cancel", "end"),
        ("preadmitted", "plan", None),
        ("preadmit_cancelled", "cancel", "plan"),
        ("leave_started", "leave", None),
        ("leave_end_cancelled", "cancel", "return"),
        ("discharge_pending", "pending", None),
        ("discharge_pending_cancelled", "cancel", "pending"),
        ("updated", "update", None),
    ],
)
def test_another_hub_takes_an_event_for_the_fact_that_it_is(kind, fact, cancels):
    event = msgspec.structs.replace(admitted(payload=FULL), type=f"encounter.{kind}")

    read = normalise(render([notice(event)], AdtOptions()).body, Hl7Profile())

    assert [(each.kind, each.cancels) for each in read.facts] == [(fact, cancels)]


@pytest.mark.parametrize("sample", NOTICES, ids=lambda each: each.event.id)
def test_is_readable_to_python_hl7(sample):
    body = render([sample], AdtOptions()).body.decode()

    message = hl7.parse(body)

    assert len(message) == body.count("\r")
    assert message.segment("PV1")[2][0] in {"I", "U"}


@pytest.mark.parametrize(
    ("code", "trigger"),
    [("inpatient", "A06"), ("rehab", "A06"), ("outpatient", "A07"), ("", "A08")],
)
def test_tells_a_change_of_class_by_the_class_it_led_to(code, trigger):
    event = care_event("class_changed", payload={"class": {"code": code}})

    assert told(event).header.value(9, 2) == trigger


@pytest.mark.parametrize(
    ("stated", "written"),
    [
        ({"code": "inpatient", "original": "I"}, "I"),
        ({"code": "outpatient", "original": "R"}, "R"),
        ({"code": "outpatient", "original": "AMB"}, "O"),
        ({"code": "", "original": "XX"}, "XX"),
        ({}, "U"),
        (None, "U"),
    ],
)
def test_states_the_class_in_the_codes_of_table_0004(stated, written):
    message = told(admitted(payload={"class": stated}))

    assert message.segment("PV1").value(2) == written


def test_takes_a_discharge_back_with_its_time_and_deletes_the_end():
    cancelled = discharged().times.occurred
    event = retraction(discharged(), payload=FULL)
    event = msgspec.structs.replace(
        event, times=msgspec.structs.replace(event.times, occurred=cancelled)
    )

    message = told(event)

    assert message.header.value(9, 2) == "A13"
    assert read_time(message.segment("EVN").value(6), Clock()).earliest == (
        cancelled.earliest
    )
    assert message.segment("PV1").value(45) is None


def test_an_end_that_is_not_known_yet_is_no_statement():
    payload = FULL | {"period": {"start": FULL["period"]["start"], "end": None}}

    assert told(admitted(payload=payload)).segment("PV1").value(45) == ""


def test_keeps_what_was_deleted_apart_from_what_was_not_said():
    lists = ("diagnoses", "careteam", "coverage", "allergies", "procedures")
    person = dict.fromkeys(("addresses", "telecoms", "contacts"))
    payload = dict.fromkeys((*lists, "service")) | {
        "location": {"unit": "A", "bed": None},
        "person": person,
    }

    message = told(admitted(payload=payload))

    pid, pv1 = message.segment("PID"), message.segment("PV1")
    assert [pid.value(n) for n in (11, 13, 14)] == [None] * 3
    assert [pv1.value(n) for n in (7, 8, 9, 10, 17)] == [None] * 5
    assert (pv1.value(3, 2), pv1.value(3, 3)) == ("", None)
    for name in ("NK1", "DG1", "IN1", "AL1", "PR1"):
        assert [each.value(1) for each in message.all(name)] == [None]


def test_writes_procedures_and_the_parts_of_a_german_name_and_address():
    name = {"family": "von Berg", "own_prefix": "von", "own_family": "Berg"}
    address = {"lines": "Ring 7", "street": "Ring", "house_number": "7"}
    payload = {
        "procedures": [{"code": "5-470", "system": "OPS", "at": "20260316"}],
        "person": {"names": [name], "addresses": [address]},
    }

    message = told(admitted(payload=payload))

    pid, pr1 = message.segment("PID"), message.segment("PR1")
    assert [pid.value(5, 1, n) for n in (1, 2, 3)] == ["von Berg", "von", "Berg"]
    assert [pid.value(11, 1, n) for n in (1, 2, 3)] == ["Ring 7", "Ring", "7"]
    assert (pr1.value(3), pr1.value(3, 3), pr1.value(5)) == ("5-470", "OPS", "20260316")


def test_a_name_is_never_deleted():
    event = person_event("demographics_changed", {"names": None})

    assert told(event).segment("PID").value(5, 7) == "U"


def person_event(kind, payload, **changes):
    event = care_event("updated", payload=payload, **changes)
    return msgspec.structs.replace(event, type=f"person.{kind}")


def test_tells_a_change_of_a_person_without_a_visit():
    message = told(person_event("demographics_changed", {"sex": "M", "language": None}))

    assert message.header.value(9, 2) == "A31"
    assert message.segment("PID").value(8) == "M"
    assert message.segment("PID").value(15) is None
    assert message.segment("PV1").raw == "PV1|1|N"


def test_tells_a_death():
    payload = {"deceased": {"flag": True, "at": "20260316"}}

    pid = told(person_event("deceased", payload)).segment("PID")

    assert (pid.value(29), pid.value(30)) == ("20260316", "Y")


def test_merges_numbers_of_a_person_into_the_surviving_ones():
    prior = [
        {"system": "KLINIK_TEST", "value": "0000472", "type": "MR"},
        {"system": "urn:oid:1.2.276.0.76.4.8", "value": "A123456780"},
    ]

    message = told(person_event("merged", {"prior": prior}))

    merged = message.segment("MRG").repetitions(1)
    assert message.header.value(9, 3) == "ADT_A39"
    assert [each.component(1) for each in merged] == ["0000472", "A123456780"]
    assert [merged[1].component(4, n) for n in (1, 2, 3)] == [
        "", "1.2.276.0.76.4.8", "ISO",
    ]  # fmt: skip
    assert message.segment("PID").repetitions(3)[1].component(1) == "0000471"


@pytest.mark.parametrize(
    ("kind", "field", "into"),
    [("account.merged", 3, ("PID", 18)), ("account.moved", 3, ("PID", 18)),
     ("encounter.merged", 5, ("PV1", 19)), ("encounter.rekeyed", 5, ("PV1", 19)),
     ("encounter.moved", 5, ("PV1", 19))],
)  # fmt: skip
def test_repeats_superior_numbers_in_a_repair(kind, field, into):
    identity = {
        "prior": [{"system": "KLINIK_TEST", "value": "OLD"}],
        "into": [{"system": "KLINIK_TEST", "value": "NEW"}],
        "prior_person": [{"system": "KLINIK_TEST", "value": "0000999", "type": "MR"}],
    }
    event = msgspec.structs.replace(admitted(payload={"identity": identity}), type=kind)

    message = told(event)

    assert message.segment("MRG").value(1) == "0000999"
    assert message.segment("MRG").value(field) == "OLD"
    assert message.segment(into[0]).value(into[1]) == "NEW"


def test_names_both_records_that_are_linked():
    prior = [{"system": "KLINIK_ANDERE", "value": "77"}]

    first, second = told(person_event("linked", {"prior": prior})).all("PID")

    assert first.value(3) == "M-00042"
    assert (second.value(3), second.value(3, 4)) == ("77", "KLINIK_ANDERE")


@pytest.mark.parametrize("kind", ["merged", "unlinked"])
def test_refuses_a_repair_that_does_not_say_what_it_repairs(kind):
    with pytest.raises(NoPriorError, match="HL7-203"):
        told(person_event(kind, {}))


@pytest.mark.parametrize(
    "kind", ["person.erased", "person.unmerged", "stay.opened", "referral.accepted"]
)
def test_refuses_a_type_that_adt_cannot_tell(kind):
    event = msgspec.structs.replace(admitted(), type=kind)

    with pytest.raises(NoEquivalentError, match=f"HL7-202.*{kind}"):
        told(event)


def test_gives_a_person_without_numbers_an_anonymous_one():
    sample = NOTICES[4]
    pid = Message(render([sample], AdtOptions()).body.decode()).segment("PID")

    assert (pid.value(3), pid.value(3, 5)) == (sample.event.entity.key, "ANON")
    assert pid.value(31) == "Y"


def test_a_person_whom_only_the_hub_numbers_has_that_number():
    event = admitted(
        subject=msgspec.structs.replace(admitted().subject, identifiers=())
    )
    rendered = render([notice(event, patient_id="")], AdtOptions())
    pid = Message(rendered.body.decode()).segment("PID")

    assert (pid.value(3), pid.value(3, 4)) == ("p_test_1", "hub-test")


def test_states_labels_in_the_segment_of_the_version():
    event = admitted(labels=Labels("R", ("PSY", "ETH")))
    about_person = person_event("registered", {}, labels=Labels("V"))

    assert told(event).segment("PV2").value(22) == "Y"
    assert told(about_person).segment("PD1").value(12) == "Y"
    arv = told(event, version="2.7").segment("ARV")
    assert (arv.value(2), arv.value(3)) == ("A", "ALL")
    assert [each.text() for each in arv.repetitions(4)] == ["PSY", "ETH"]
    assert told(admitted()).segment("PV2") is None


def test_writes_what_a_version_wants():
    old = told(admitted(payload=FULL), version="2.3")
    new = told(admitted(payload=FULL), version="2.8")

    assert old.header.value(9, 3) == ""
    assert old.segment("EVN").value(7) == ""
    assert new.segment("EVN").value(1) == ""
    assert (new.segment("PID").value(13), new.segment("PID").value(13, 12)) == (
        "", "0221 4711",
    )  # fmt: skip


def test_moves_an_account_in_the_structure_of_the_version():
    prior = [{"system": "KLINIK_TEST", "value": "OLD"}]
    event = msgspec.structs.replace(
        admitted(payload={"prior": prior}), type="account.moved"
    )

    assert told(event).header.value(9, 3) == "ADT_A43"
    assert told(event, version="2.7").header.value(9, 3) == "ADT_A44"


def test_names_a_message_the_same_however_often_it_is_made():
    first, again = (told(admitted()).header.value(10) for _ in range(2))
    other = told(transferred()).header.value(10)
    elsewhere = Message(
        render([notice(admitted(), destination="b")], AdtOptions()).body.decode()
    ).header.value(10)

    assert first == again
    assert len({first, other, elsewhere}) == 3
    assert first.isascii()
    assert first.isalnum()
    assert len(first) == LONGEST_CONTROL_ID


def test_writes_umlauts_in_the_recipients_set():
    rendered = render([notice(admitted(payload=FULL))], AdtOptions(charset="8859/1"))

    assert "Müller^Änne".encode("latin-1") in rendered.body
    assert b"|8859/1\r" in rendered.body


def test_transliterates_what_the_recipients_set_lacks():
    person = {"names": [{"family": "Wałęsa", "given": "„Łódź“"}]}
    event = admitted(payload={"person": person})

    body = render([notice(event)], AdtOptions(charset="ASCII")).body

    assert b'|Walesa^"Lodz"\r' in body


def test_refuses_a_name_that_the_recipients_set_cannot_write():
    event = admitted(payload={"person": {"names": [{"family": "王"}]}})

    with pytest.raises(UnmappableError, match="PID-5"):
        render([notice(event)], AdtOptions(charset="8859/1"))


@given(st.lists(st.text(st.characters(codec="utf-8")), min_size=5, max_size=5))
def test_reads_any_name_back(texts):
    keys = ("family", "given", "middle", "suffix", "prefix")
    names = [dict(zip(keys, texts, strict=True))]

    message = told(admitted(payload={"person": {"names": names}}))

    field = message.segment("PID").field(5)
    if any(texts):
        assert [field.component(n) for n in range(1, 6)] == texts


@pytest.mark.parametrize("text", NASTY_TEXTS)
def test_reads_awkward_texts_back(text):
    payload = {"location": {"unit": text}, "diagnoses": [{"code": text, "text": text}],
               "coverage": [{"payer": text}], "chief_complaint": text}  # fmt: skip
    subject = msgspec.structs.replace(
        admitted().subject, identifiers=(Identifier(text, text, text),)
    )

    message = told(admitted(payload=payload, subject=subject))

    number = message.segment("PID").repetitions(3)[1]
    assert message.segment("PV1").value(3) == text
    assert message.segment("DG1").value(3, 2) == text
    assert message.segment("IN1").value(4) == text
    assert message.segment("PV2").value(3, 2) == text
    assert [number.component(n) for n in (1, 4, 5)] == [text] * 3


def test_refuses_settings_that_name_nothing():
    with pytest.raises(ValueError, match="table 0211"):
        AdtOptions(charset="UNICODE UTF-16")
    with pytest.raises(ValueError, match="IANA"):
        AdtOptions(time_zone="CET/Berlin")
