"""Assessments and results as ORU messages. Everything in here is made up."""

import msgspec
import pytest
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.parser import parse_message

from hub.sdk import RendererSpec
from hub.testing import RendererContract
from hub.testing.samples import NASTY_TEXTS, admitted, notice
from hub_hl7.facts.clinical import observations
from hub_hl7.facts.profile import Hl7Profile
from hub_hl7.facts.reading import Reading
from hub_hl7.outbound.errors import NoEquivalentError
from hub_hl7.outbound.oru import ORU, OruOptions, render
from hub_hl7.wire.er7 import Message

HUNGER = {
    "identifiers": {
        "placer": {"system": "KLINIK_TEST", "value": "P-1"},
        "filler": {"system": "KLINIK_TEST", "value": "F-1"},
    },
    "instrument": {"code": "88121-9", "display": "Hunger Vital Sign", "system": "LN"},
    "status": "corrected",
    "performed": "202603161230+0100",
    "answers": [
        {
            "question": {"code": "88122-7", "text": "Worried", "system": "LN"},
            "answer": {"code": "LA28397-0", "text": "Often true", "system": "LN"},
            "at": "202603161230+0100",
        },
        {
            "question": {"code": "8302-2"},
            "answer": {"text": "172.5"},
            "units": {"code": "cm"},
            "range": "40-250",
            "flag": "N",
            "status": "P",
        },
        {"question": {"code": "X"}, "answer": {"text": "172.5"}},
        {"question": {"code": "Y"}, "answer": {"text": "one\ntwo"}},
        {"question": {"code": "Z"}, "answer": [{"code": "a"}, {"code": "b"}]},
        {"question": {"code": "0"}, "answer": None},
    ],
}
GOLDEN = r"""
MSH|^~\&|CAREHUB|hub-test|||20260316130300+0000||ORU^R01^ORU_R01|RERDDRFISZRPBYHJ4PY5|P|2.5.1||||||UNICODE UTF-8
PID|||M-00042^^^payer-test^PI~0000471^^^KLINIK_TEST^MR||^^^^^^U
OBR|1|P-1^KLINIK_TEST|F-1^KLINIK_TEST|88121-9^Hunger Vital Sign^LN|||202603161230+0100|||||||||||||||20260316130300+0000|||C
OBX|1|CE|88122-7^Worried^LN||LA28397-0^Often true^LN||||||F|||202603161230+0100
OBX|2|NM|8302-2||172.5|cm|40-250|N|||P
OBX|3|ST|X||172.5||||||F
OBX|4|FT|Y||one\.br\two||||||F
OBX|5|CE|Z||a~b||||||F
OBX|6||0||""||||||F
""".strip()  # noqa: E501 - segments are as long as they are


def assessed(**payload):
    return msgspec.structs.replace(
        admitted(payload=payload), type="assessment.recorded"
    )


def told(event, **options):
    """Return the message of `event` as the hub's own parser reads it."""
    return Message(render([notice(event)], OruOptions(**options)).body.decode())


def _retold(notices, options):
    """Render the suite's notices as if each were about an assessment."""
    told = [
        msgspec.structs.replace(
            each,
            event=msgspec.structs.replace(each.event, type="assessment.recorded"),
        )
        for each in notices
    ]
    return render(told, options)


class TestOru(RendererContract):
    @pytest.fixture
    def spec(self):
        return RendererSpec(
            name=ORU.name, options=ORU.options, render=_retold, summary=ORU.summary
        )

    @pytest.fixture
    def options(self):
        return OruOptions()


def test_writes_a_screening_whole():
    body = render([notice(assessed(**HUNGER))], OruOptions()).body

    assert body.decode().replace("\r", "\n").strip() == GOLDEN


def test_a_result_has_a_code_and_observations():
    found = [{"question": "8302-2", "answer": "172"}]
    event = msgspec.structs.replace(
        assessed(code="34566-0", observations=found), type="result.recorded"
    )

    message = told(event)

    assert message.segment("OBR").value(4) == "34566-0"
    assert message.segment("OBX").value(5) == "172"


def test_deletes_the_answers_that_were_deleted():
    obx = told(assessed(answers=None)).segment("OBX")

    assert (obx.value(3), obx.value(11)) == (None, "D")


@pytest.mark.parametrize("name", ["answers", "observations"])
def test_another_hub_reads_the_same_answers(name):
    kept = HUNGER["answers"][:5]
    body = render([notice(assessed(**{name: kept}))], OruOptions()).body
    reading = Reading(Message(body.decode()), Hl7Profile())

    found = observations(reading, reading.all("OBX"))

    assert [each["question"] for each in found] == [each["question"] for each in kept]
    assert [each["answer"] for each in found] == [each["answer"] for each in kept]


def test_a_record_without_numbers_has_that_of_its_stream():
    event = assessed(instrument="71802-3")

    message = told(event)

    assert message.segment("OBR").value(3) == event.entity.key
    assert message.segment("OBX") is None


def test_states_coded_values_in_the_type_of_the_version():
    assert told(assessed(**HUNGER), version="2.8").segment("OBX").value(2) == "CWE"


def test_fits_the_structure_that_it_names():
    body = render([notice(assessed(**HUNGER))], OruOptions()).body.decode()

    message = parse_message(body, VALIDATION_LEVEL.TOLERANT, find_groups=True)

    order = message.oru_r01_patient_result.oru_r01_order_observation
    assert len(order.oru_r01_observation) == 6


def test_refuses_what_is_no_assessment():
    with pytest.raises(NoEquivalentError, match=r"HL7-202.*encounter\.admitted"):
        told(admitted())


@pytest.mark.parametrize("text", NASTY_TEXTS)
def test_reads_awkward_texts_back(text):
    answers = [{"question": text, "answer": text}]

    obx = told(assessed(answers=answers)).segment("OBX")

    assert obx.value(3) == text
    assert obx.value(5) == text.replace("\r\n", "\n")
