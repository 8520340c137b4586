"""Care events about referrals as REF and RRI. Everything in here is made up."""

import msgspec
import pytest
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.parser import parse_message

from hub.sdk import RendererSpec
from hub.testing import RendererContract
from hub.testing.samples import NASTY_TEXTS, admitted, notice
from hub_hl7.facts.profile import Hl7Profile
from hub_hl7.facts.reading import Reading
from hub_hl7.outbound.errors import NoEquivalentError
from hub_hl7.outbound.rri import EXCHANGES, RRI, RriOptions, render
from hub_hl7.records.referrals import read_referral
from hub_hl7.wire.er7 import Message

GOLDEN = r"""
MSH|^~\&|CAREHUB|hub-test|||20260316130300+0000||RRI^I12^RRI_I12|RERDDRFISZRPBYHJ4PY5|P|2.5.1||||||UNICODE UTF-8
RF1|R^Rejected^HL70283^rejected^rejected^99CAREHUB|A^urgent^HL70280|||food-insecurity|REF-1^KLINIK_TEST|||20260316140000+0100|capacity^No capacity\X0A\before May|T-9^TAFEL
AUT||||||AUTH-5
PRD|RP^Referring Provider^HL70286|Lange^Ute||^^^KLINIK_TEST|||123456601^LANR
PRD|RT^Referred to Provider^HL70286|||^^^Tafel Süd&1.2.3.4&L
PID|||M-00042^^^payer-test^PI~0000471^^^KLINIK_TEST^MR||^^^^^^U
OBR|1|REF-1^KLINIK_TEST|T-9^TAFEL|^Food parcel||20260401
NTE|1||Reason: Needs food & advice
NTE|2||Safety: Do not contact the person directly
""".strip().replace("food & advice", r"food \T\ advice")  # noqa: E501 - segments are as long as they are
REFERRAL = {
    "identifiers": {
        "placer": {"system": "KLINIK_TEST", "value": "REF-1"},
        "filler": {"system": "TAFEL", "value": "T-9"},
    },
    "state": "rejected",
    "priority": "urgent",
    "category": "food-insecurity",
    "reason": "Needs food & advice",
    "service_requested": "Food parcel",
    "desired_by": "2026-04-01",
    "authorization_ref": "AUTH-5",
    "requester": {
        "org": "KLINIK_TEST",
        "person": {"family": "Lange", "given": "Ute"},
        "identifiers": [{"value": "123456601", "type": "LANR"}],
    },
    "performer": {"org": {"name": "Tafel Süd", "id": "1.2.3.4"}},
    "status_reason": {"code": "capacity", "text": "No capacity\nbefore May"},
    "safety": {"contact_prohibited": True},
}


def referral(name, **payload):
    event = admitted(payload=payload)
    return msgspec.structs.replace(event, type=f"referral.{name}")


def told(event, **options):
    """Return the message of `event` as the hub's own parser reads it."""
    return Message(render([notice(event)], RriOptions(**options)).body.decode())


def _retold(notices, options):
    """Render the suite's notices as if each were about a referral."""
    told = [
        msgspec.structs.replace(
            each,
            event=msgspec.structs.replace(each.event, type="referral.accepted"),
        )
        for each in notices
    ]
    return render(told, options)


class TestRri(RendererContract):
    @pytest.fixture
    def spec(self):
        return RendererSpec(
            name=RRI.name, options=RRI.options, render=_retold, summary=RRI.summary
        )

    @pytest.fixture(params=["2.3.1", "2.5.1", "2.8.2"])
    def options(self, request):
        return RriOptions(version=request.param)


def test_writes_a_rejection_whole():
    body = render([notice(referral("rejected", **REFERRAL))], RriOptions()).body

    assert body.decode().replace("\r", "\n").strip() == GOLDEN


@pytest.mark.parametrize("name", sorted(EXCHANGES))
def test_tells_every_type_in_the_message_of_whoever_says_it(name):
    exchange = EXCHANGES[name]

    message = told(referral(name, **REFERRAL))

    header, rf1 = message.header, message.segment("RF1")
    assert header.value(9, 1) == exchange.family
    assert header.value(9, 2) == exchange.trigger
    assert header.value(9, 3) == f"{exchange.family}_I12"
    assert rf1.value(1) == exchange.status


@pytest.mark.parametrize(
    ("name", "by", "message", "status"),
    [
        ("information_requested", "requester", "REF^I15^REF_I12", ""),
        ("information_requested", "performer", "RRI^I12^RRI_I12", "P"),
        ("information_requested", "", "RRI^I12^RRI_I12", "P"),
        ("information_provided", "requester", "REF^I13^REF_I12", ""),
        ("information_provided", "performer", "RRI^I13^RRI_I12", ""),
        ("information_provided", "hub", "REF^I13^REF_I12", ""),
        ("information_provided", "", "REF^I13^REF_I12", ""),
    ],
)
def test_what_both_sides_say_goes_out_as_the_message_of_who_does(
    name, by, message, status
):
    found = told(referral(name, **REFERRAL, by=by))

    header, rf1 = found.header, found.segment("RF1")
    assert "^".join(header.value(9, part) for part in (1, 2, 3)) == message
    assert rf1.value(1, 1) == status


def test_an_appointment_is_the_scheduled_time_of_the_service():
    stated = {"state": "scheduled", "appointment": {"at": "2026-03-24T10:00:00Z"}}

    answer = told(referral("scheduled", **stated)).segment("OBR")
    request = told(referral("requested", **stated))

    assert answer.value(36) == "20260324100000+0000"
    assert request.segment("OBR") is None


@pytest.mark.parametrize(
    ("name", "family", "status"),
    [
        ("requested", "REF", "P"),
        ("cancel_requested", "REF", ""),
        ("accepted", "RRI", "A"),
        ("rejected", "RRI", "R"),
        ("on_hold", "RRI", "P"),
        ("expired", "RRI", "E"),
        ("received", "RRI", ""),
        ("cancelled", "RRI", ""),
    ],
)
def test_states_what_table_0283_can_say_and_the_own_state_beside_it(
    name, family, status
):
    message = told(referral(name))

    rf1 = message.segment("RF1")
    assert message.header.value(9, 1) == family
    assert (rf1.value(1, 1), rf1.value(1, 4)) == (status, name)


@pytest.mark.parametrize(
    ("name", "by", "state"),
    [
        ("requested", "requester", "requested"),
        ("cancel_requested", "requester", "cancel_requested"),
        ("entered_in_error", "requester", "entered_in_error"),
        ("escalated", "requester", ""),
        ("received", "performer", "received"),
        ("accepted", "performer", "accepted"),
        ("rejected", "performer", "rejected"),
        ("on_hold", "performer", "on_hold"),
        ("expired", "performer", "expired"),
        ("reopened", "performer", "received"),
        ("appointment_cancelled", "performer", "accepted"),
        ("cancelled", "performer", "cancelled"),
        ("cancel_declined", "performer", "cancel_declined"),
        ("completed", "performer", ""),
    ],
)
def test_another_hub_takes_an_event_for_the_state_that_it_is(name, by, state):
    body = render([notice(referral(name, **REFERRAL))], RriOptions()).body

    found = read_referral(Reading(Message(body.decode()), Hl7Profile()))

    (fact,) = found.facts
    assert fact.record.value == "REF-1"
    assert (fact.details["by"], fact.details.get("state", "")) == (by, state)
    assert fact.details["identifiers"]["filler"] == REFERRAL["identifiers"]["filler"]
    assert fact.details["service_requested"]["text"] == "Food parcel"


@pytest.mark.parametrize("name", ["drafted", "conflict", "history_added"])
def test_refuses_what_is_nobodys_message(name):
    with pytest.raises(NoEquivalentError, match=f"HL7-202.*referral.{name}"):
        told(referral(name))


def test_refuses_what_is_not_about_a_referral():
    with pytest.raises(NoEquivalentError, match=r"hl7-rri, encounter\.admitted"):
        told(admitted())


def test_sends_one_type_to_a_recipient_that_takes_one():
    assert told(referral("accepted"), message="REF").header.value(9, 3) == "REF_I12"
    assert told(referral("requested"), message="RRI").header.value(9, 1) == "RRI"


def test_carries_what_the_performer_needs():
    payload = REFERRAL | {
        "person": {"contacts": [{"name": {"family": "Kurz"}, "relationship": "CHD"}]},
        "coverage": [{"payer": "Kasse", "member_id": "7"}],
        "diagnoses": [{"code": "Z59.41", "text": "Food insecurity"}],
    }

    asked, answered = (
        told(referral(name, **payload)) for name in ("requested", "accepted")
    )

    assert asked.segment("NK1").value(2) == "Kurz"
    assert asked.segment("IN1").value(49) == "7"
    assert asked.segment("DG1").value(3) == "Z59.41"
    assert answered.segment("NK1") is None
    assert answered.segment("IN1") is None


def test_safety_survives():
    safety = {"protected": True, "publicity": {"code": "N"}}

    pd1 = told(referral("requested", safety=safety)).segment("PD1")

    assert (pd1.value(11), pd1.value(12)) == ("N", "Y")


def test_carries_an_authorisation_and_what_was_found_before():
    payload = {
        "authorization_ref": {"system": "KASSE", "value": "AUTH-5"},
        "authorization": {"payer": "Kasse", "authorized": "3"},
        "observations": [{"question": "88122-7", "answer": {"code": "LA28397-0"}}],
        "desired_by": "2026-04-01",
        "participants": [{"role": "requester"}, {"role": "primary_care",
                          "role_code": "PP", "person": {"name": "Dr. Kurz"}}],
    }  # fmt: skip

    old, new = (
        told(referral("requested", **payload), version=each) for each in ("2.5", "2.8")
    )

    aut = old.segment("AUT")
    assert [aut.value(n) for n in (3, 6, 9)] == ["Kasse", "AUTH-5", "3"]
    assert old.segment("OBR").value(6) == new.segment("OBR").value(36) == "20260401"
    assert old.segment("OBX").value(5) == "LA28397-0"
    prd = old.segment("PRD")
    assert (prd.value(1), prd.value(2)) == ("PP", "Dr. Kurz")


def test_names_both_sides_as_the_version_can():
    side = {
        "person": {"name": "Dr. Ute Lange",
                   "identifiers": [{"system": "KBV", "value": "9", "type": "LANR"}]},
        "org": {"name": "Praxis", "identifiers": [{"system": "KBV", "value": "8"}]},
        "telecoms": [{"system": "phone", "value": "0221 1"}],
    }  # fmt: skip
    event = referral("requested", performer=side)

    old, new = (told(event, version=each).segment("PRD") for each in ("2.5", "2.6"))

    assert (old.value(1), old.value(2), old.value(5)) == (
        "RT", "Dr. Ute Lange", "0221 1",
    )  # fmt: skip
    assert [old.value(7, n) for n in (1, 2, 3)] == ["9", "LANR", "KBV"]
    assert [old.value(4, 4, n) for n in (1, 2, 3)] == ["Praxis", "8", "L"]
    assert old.value(10) == ""
    assert [new.value(10, n) for n in (1, 6, 10)] == ["Praxis", "KBV", "8"]


def test_a_referral_without_a_number_has_that_of_its_stream():
    event = referral("requested")

    rf1 = told(event).segment("RF1")

    assert (rf1.value(6), rf1.value(6, 2)) == (event.entity.key, "hub-test")
    assert rf1.value(11) == ""


@pytest.mark.parametrize(
    ("stated", "written"),
    [("routine", "R"), ("STAT", "S"), ("asap", "A"), ("soon", "soon"),
     ({"code": "R"}, "R"), ("", "")],
)  # fmt: skip
def test_states_the_priority_in_table_0280_where_it_is_there(stated, written):
    rf1 = told(referral("requested", priority=stated)).segment("RF1")

    assert rf1.value(2) == written


@pytest.mark.parametrize("name", ["requested", "completed"])
def test_fits_the_structure_that_it_names(name):
    body = render([notice(referral(name, **REFERRAL))], RriOptions()).body.decode()

    message = parse_message(body, VALIDATION_LEVEL.TOLERANT, find_groups=True)

    assert message.name == message.msh.msh_9.msh_9_3.value
    groups = [child.name.rpartition("I12_")[2] for child in message.children]
    assert groups.count("PROVIDER_CONTACT") == 2
    assert "PID" in groups
    assert "OBSERVATION" in groups


@pytest.mark.parametrize("text", NASTY_TEXTS)
def test_reads_awkward_texts_back(text):
    payload = {"reason": text, "status_reason": text, "service_requested": text,
               "performer": {"org": text}}  # fmt: skip

    message = told(referral("rejected", **payload))

    assert message.segment("RF1").value(10, 2) == text
    assert message.segment("OBR").value(4, 2) == text
    assert message.segment("PRD").value(4, 4) == text
    assert message.segment("NTE").value(3) == f"Reason: {text}".replace("\r\n", "\n")
