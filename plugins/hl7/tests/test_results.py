"""Selected results. Synthetic messages; every person and place here is made up."""

import pytest

from hub.sdk import RecordKey
from hub_hl7.facts.profile import Hl7Profile
from hub_hl7.facts.reading import Reading
from hub_hl7.records.data.panels import PANELS
from hub_hl7.records.families import FAMILIES
from hub_hl7.wire.er7 import Message

PID = "PID|1||0047^^^KLINIK_TEST^PI||Musterfrau^Änne||19490117|F"
SDOH = {"panels": ("sdoh",)}


def read(*lines, rules=(SDOH,)):
    msh = r"MSH|^~\&|KIS|KLINIK_TEST|HUB|R|20260310081502+0100||ORU^R01|1|P|2.5"
    profile = Hl7Profile(results=rules)
    return FAMILIES["ORU"](Reading(Message("\r".join([msh, *lines])), profile))


def obr(code, *, filler="F-1^KLINIK_TEST", status="F"):
    return f"OBR|1||{filler}|{code}|||20260310070000{'|' * 18}{status}"


def obx(code, answer="LA28397-0^Often true^LN", *, kind="CE", status="F", more=""):
    return f"OBX|1|{kind}|{code}||{answer}|{more}|||||{status}"


@pytest.mark.parametrize("panel", PANELS.values(), ids=PANELS)
def test_each_screening_is_an_assessment(panel):
    result = read(PID, obr(f"{panel.code}^Sent name^LN"), obx("88122-7^Worried^LN"))
    (found,) = result.facts

    assert found.record == RecordKey("assessment", "KLINIK_TEST", f"F-1|{panel.code}")
    assert found.details["instrument"] == {
        "code": panel.code,
        "system": "LN",
        "display": panel.name,
    }
    assert found.details["status"] == "final"
    assert found.details["performed"]["raw"] == "20260310070000"
    assert found.occurred.raw == "20260310070000"


def test_no_rule_selects_nothing():
    assert read(PID, obr("88121-9^HVS^LN"), obx("88122-7^W^LN"), rules=()) is None


def test_a_rule_for_one_screening_does_not_select_another():
    rules = ({"panels": ("prapare",)},)

    assert read(PID, obr("88121-9^HVS^LN"), obx("88122-7^W^LN"), rules=rules) is None


def test_answers_are_coded_text_or_numbers():
    result = read(
        PID,
        obr("88121-9^HVS^LN"),
        obx("88122-7^Worried^LN"),
        obx("88123-5^Did not last^LN", "LA6729-3^Sometimes^LN~L2^Both^L"),
        obx("X1^How many^L", "3", kind="NM", more="{people}^^UCUM"),
        obx("X2^Say more^L", "In \\T\\ out~again", kind="TX"),
        obx("X3^Ratio^L", "^1^:^4", kind="SN"),
        obx("X4^Taken back^L", "7", kind="NM", status="X"),
        obx("X5^Deleted^L", '""', kind="ST"),
    )
    answers = result.facts[0].details["answers"]

    assert answers[0]["question"]["code"] == "88122-7"
    assert answers[0]["answer"]["text"] == "Often true"
    assert [one["code"] for one in answers[1]["answer"]] == ["LA6729-3", "L2"]
    assert answers[2]["answer"] == {"text": "3"}
    assert answers[2]["units"]["code"] == "{people}"
    assert answers[3]["answer"] == {"text": "In & out\nagain"}
    assert answers[4]["answer"] == {"text": "1:4"}
    assert [one["question"]["code"] for one in answers[5:]] == ["X5"]
    assert answers[5]["answer"] is None


def test_answers_that_were_all_taken_back_are_deleted():
    result = read(PID, obr("88121-9^HVS^LN"), obx("88122-7^W^LN", status="D"))

    assert result.facts[0].details["answers"] is None


def test_single_answers_are_found_in_an_order_of_another_name():
    result = read(
        PID,
        obr("INTAKE^Intake^L"),
        obx("8867-4^Heart rate^LN", "72", kind="NM"),
        obx("88124-3^Food insecurity risk^LN", "LA19952-3^At risk^LN"),
    )
    (found,) = result.facts

    assert found.details["instrument"]["code"] == "88121-9"
    assert [one["question"]["code"] for one in found.details["answers"]] == ["88124-3"]


def test_a_rule_by_code_may_keep_a_result():
    rules = ({"codes": ("4548-4",), "record": "result"},)
    lines = obr("4548-4^HbA1c^LN"), obx("4548-4^HbA1c^LN", "7.1", kind="NM", more="%")
    result = read(PID, *lines, rules=rules)
    (found,) = result.facts

    assert found.record.kind == "result"
    assert found.details["code"]["code"] == "4548-4"
    assert found.details["observations"][0]["answer"] == {"text": "7.1"}


def test_a_rule_by_code_finds_a_single_observation():
    rules = ({"codes": ("4548-4",), "record": "result"},)
    lines = obr("LAB^Lab^L"), obx("718-7^Hb^LN"), obx("4548-4^HbA1c^LN", "7", kind="NM")
    (found,) = read(PID, *lines, rules=rules).facts

    assert found.record.value == "F-1|LAB"
    assert len(found.details["observations"]) == 1


def test_each_order_of_a_message_is_looked_at():
    result = read(
        PID,
        obr("718-7^Hb^LN"),
        obx("718-7^Hb^LN", "13", kind="NM"),
        obr("93025-5^PRAPARE^LN", filler="F-2^K"),
        obx("93030-5^Transport^LN"),
        obr("88121-9^HVS^LN", filler="F-3^K"),
        obx("88122-7^W^LN"),
    )

    assert [one.record.value for one in result.facts] == ["F-2|93025-5", "F-3|88121-9"]


def test_a_letter_is_not_an_answer():
    letter = "OBX|1|ED|L^L^L||^TEXT^plain^Base64^SGFsbG8=||||||F"
    result = read(PID, obr("88121-9^HVS^LN"), obx("88122-7^W^LN"), letter)
    kinds = [one.record.kind for one in result.facts]

    assert sorted(kinds) == ["assessment", "document"]
    assert len(result.documents) == 1


def test_an_overlong_text_is_no_value():
    long = obx("X^X^L", "x" * 5_000, kind="TX")
    (found,) = read(PID, obr("88121-9^HVS^LN"), long).facts

    assert "answer" not in found.details["answers"][0]
