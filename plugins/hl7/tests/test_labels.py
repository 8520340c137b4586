"""What a message says of its confidentiality. Every sample is synthetic."""

import pytest

from hub.sdk import Labels
from hub_hl7.facts.normalise import normalise
from hub_hl7.facts.profile import Hl7Profile

PROFILE = Hl7Profile()


def labels(body):
    return normalise(body, PROFILE).facts[0].labels


def at(name, number, value):
    """Return a segment with one field."""
    return name + "|" * number + value


@pytest.mark.parametrize(
    ("changes", "source"),
    [
        ({"extra": [at("PD1", 11, "N")]}, "PD1-11"),
        ({"extra": [at("PD1", 12, "Y")]}, "PD1-12"),
        ({"extra": [at("PV2", 21, "F")]}, "PV2-21"),
        ({"extra": [at("PV2", 22, "Y")]}, "PV2-22"),
        ({"extra": [at("DG1", 3, "I50"), at("DG1", 18, "Y")]}, "DG1-18"),
        ({"extra": ["ARV|1|A|LOC"]}, "ARV-3"),
        ({"extra": ["ARV|1|A||PAT"]}, "ARV-4"),
        ({"extra": ["ARV|1|A|||||R"]}, "ARV-7"),
        ({"msh": {26: "R"}}, "MSH-26"),
        ({"msh": {28: "call first"}}, "MSH-28"),
    ],
)
def test_a_restriction_names_the_field_it_comes_from(adt, changes, source):
    assert labels(adt(**changes)) == Labels("R", derived_by=(source,))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"extra": [at("PD1", 11, "U") + "|N"]},
        {"extra": ["ARV|1|D|HIV|VIP"]},
        {"extra": ["ARV|1|A|NO"]},
        {"pv1": {16: "N"}},
        {"extra": [at("DG1", 18, "N")]},
    ],
)
def test_a_message_that_says_nothing_has_no_labels(adt, changes):
    assert labels(adt(**changes)) is None


def test_what_is_sensitive_is_restricted(adt):
    body = adt(pv1={16: "VIP"}, extra=["ARV|1|A|HIV~PSY|EMP"])

    assert labels(body) == Labels(
        "R", ("VIP", "HIV", "PSY", "EMPLOYEE"), derived_by=("PV1-16", "ARV-3", "ARV-4")
    )


def test_an_unknown_classification_restricts_and_is_noted(adt):
    result = normalise(adt(extra=["ARV|1|A|||||XYZ"]), PROFILE)

    assert result.facts[0].labels == Labels(
        "R", ("unknown",), derived_by=("ARV-7:unknown",)
    )
    assert "label.unmapped" in result.warnings


@pytest.mark.parametrize(
    ("changes", "source"),
    [
        ({"extra": ["ARV|1|A||XYZ"]}, "ARV-4"),
        ({"msh": {26: "whatever"}}, "MSH-26"),
    ],
)
def test_a_code_that_nobody_knows_is_of_unknown_sensitivity(adt, changes, source):
    marks = (f"{source}:unknown",)

    assert labels(adt(**changes)) == Labels("R", ("unknown",), derived_by=marks)


def test_the_highest_confidentiality_holds(adt):
    assert labels(adt(msh={26: "V"}, extra=[at("PD1", 12, "Y")])).confidentiality == "V"
    assert labels(adt(msh={26: "N"})) == Labels("N", derived_by=("MSH-26",))


def test_handling_instructions_are_passed_on(adt):
    body = adt(msh={27: "NORDSCLCD~no free text"}, extra=["ARV|1|A||||||NOAUTH"])

    assert labels(body).handling == ("NORDSCLCD", "NOAUTH")


def test_restrictions_are_details_too(adt):
    arv = "ARV|1|A|HIV^x|PAT|ask first~twice|20260310^20270310"

    fact = normalise(adt(extra=[arv, "ARV|2|D"]), PROFILE).facts[0]

    assert fact.details["restrictions"] == [
        {"action": "A", "values": ["HIV"], "reasons": ["PAT"],
         "instructions": ["ask first", "twice"],
         "period": {"start": "20260310", "end": "20270310"}},
        {"action": "D"},
    ]  # fmt: skip


def test_every_fact_of_a_message_has_its_labels(adt):
    profile = Hl7Profile(a08={"location": "apply"})
    body = adt(trigger="A08", pv1={16: "Y"})

    facts = normalise(body, profile).facts

    assert [fact.labels.sensitivity for fact in facts] == [("VIP",), ("VIP",)]
    assert normalise(adt(trigger="A31", pv1={16: "Y"}), profile).facts[0].labels
