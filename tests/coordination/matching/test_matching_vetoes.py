import pytest

from hub.coordination.matching.decision import compare
from hub.coordination.matching.vetoes import RULES
from hub.model.identifiers import Identifier
from tests.coordination.matching.records import named, record

INSURED = Identifier("GKV", "A123456780", "KVNR")
OTHER_INSURED = Identifier("GKV", "B123456782", "KVNR")


def vetoes(*changes):
    return compare(*(record(**change) for change in changes)).vetoes


def numbered(one, other):
    return compare(record(*one), record(*other))


@pytest.mark.parametrize(
    ("code", "one", "other"),
    [
        ("twins", {}, {"names": named("Müller", "Katrin")}),
        (
            "twins",
            {"names": named("Müller", "Lea")},
            {"names": named("Müller", "Lia")},
        ),
        (
            "twins",
            {"names": named("Müller", "Daniel"), "sex": "M"},
            {"names": named("Müller", "Daniela")},
        ),
        # The one could be called like the other, and is her sister.
        (
            "twins",
            {"names": named("Müller", "Maria")},
            {"names": named("Müller", "Mia")},
        ),
        ("twins", {"birth_order": "1"}, {"birth_order": "2"}),
        (
            "twins",
            {"multiple_birth": True},
            {"names": named("Müller", "Johana")},
        ),
        ("unreliable_identity", {"identity_quality": {"unknown": True}}, {}),
        ("unreliable_identity", {}, {"identity_quality": {"reliability": ["UD"]}}),
        ("placeholder", {"birth_date": "1900-01-01"}, {}),
        ("placeholder", {}, {"names": named("Doe", "Jane")}),
        ("placeholder", {}, {"identity_quality": {"placeholder": True}}),
        ("newborn_name", {"names": named("Müller", "Baby")}, {}),
        (
            "generation",
            {"names": named("Müller", "Johanna", suffix="Jr")},
            {"names": named("Müller Sr", "Johanna")},
        ),
        (
            "death_before_activity",
            {"deceased": {"flag": True, "at": "20260110"}},
            {"active": "2026-02-01"},
        ),
        (
            "death_before_activity",
            {"active": "2026-02-01"},
            {"deceased": {"flag": True, "at": "2025"}},
        ),
    ],
)
def test_a_veto_applies_and_nothing_is_linked(code, one, other):
    found = compare(record(**one), record(**other))

    assert code in found.vetoes
    assert found.state != "auto"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {}),
        ({"names": named("Müller", "Hanni")}, {}),
        ({"names": named("Müller", "Johanan")}, {}),
        ({"multiple_birth": True}, {}),
        ({"birth_order": "1"}, {}),
        ({"names": named("Müller", "Johanna", suffix="Jr")}, {}),
        ({"deceased": {"flag": True, "at": "2026-01-10"}}, {"active": "2026-01-09"}),
        ({"deceased": {"flag": True, "at": "2026-01-10"}}, {"active": "2026-01-12"}),
        ({"deceased": {"flag": True, "at": "2026-01-99"}}, {"active": "2026-02-01"}),
        ({"deceased": {"flag": False, "at": "2020"}}, {"active": "2026-02-01"}),
        ({"deceased": {"flag": True}}, {"active": "2026-02-01"}),
    ],
)
def test_what_one_person_can_have_is_no_veto(one, other):
    assert vetoes(one, other) == ()


def test_two_numbers_of_one_kind_are_two_people():
    assert numbered([INSURED], [OTHER_INSURED]).vetoes == ("conflicting_ids",)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([INSURED], []),
        ([INSURED], [Identifier("US", "A123456780", "PPN")]),
        # Who shares a number has several.
        (
            [Identifier("KLINIK", "0001", "MR")],
            [Identifier("KLINIK", "0001", "MR"), Identifier("KLINIK", "0002", "MR")],
        ),
        # A passport is renewed.
        ([Identifier("US", "483290175", "PPN")], [Identifier("US", "66", "PPN")]),
        # One character off, where people copy numbers by hand.
        (
            [Identifier("NHS", "4857773456", "NI")],
            [Identifier("NHS", "4857773465", "NI")],
        ),
    ],
)
def test_numbers_that_one_person_can_have_are_no_conflict(one, other):
    assert "conflicting_ids" not in numbered(one, other).vetoes


def test_machines_make_no_slips():
    """Twins are admitted one after the other, and numbered so."""
    found = numbered(
        [Identifier("KLINIK", "10001", "MR")], [Identifier("KLINIK", "10002", "MR")]
    )

    assert found.vetoes == ("conflicting_ids",)


def test_vetoes_are_told_in_one_order():
    found = vetoes(
        {"identity_quality": {"unknown": True}, "birth_date": "1900-01-01"},
        {"names": named("Müller", "Baby")},
    )

    assert found == ("newborn_name", "placeholder", "unreliable_identity")
    assert list(RULES) == sorted(RULES)
