"""German feeds: numbers, names, cases, companions. Every sample is synthetic."""

import pytest

from hub.sdk import FactKind
from hub_hl7.facts import german
from hub_hl7.facts.normalise import normalise
from hub_hl7.facts.profile import Hl7Profile

PROFILE = Hl7Profile(
    time_zone="Europe/Berlin",
    charset_default="8859/1",
    country="DE",
    visit_number_scope="case",
    first_consultant="primary_care",
    companions=[{"field": "PV1-18", "values": ["begl"]}],
)


@pytest.mark.parametrize(
    ("check", "sound", "unsound"),
    [
        (german.is_kvnr, "A123456780", ["A123456781", "a123456780", "1123456780", ""]),
        (german.is_ik, "260530103", ["260530104", "26053010", "A60530103"]),
        (german.is_lanr, "123456601", ["123456701", "12345660"]),
        (german.is_bsnr, "723811200", ["72381120", "A23811200"]),
    ],
)
def test_a_number_is_checked_by_its_digits(check, sound, unsound):
    assert check(sound)
    assert not any(check(value) for value in unsound)


@pytest.mark.parametrize(
    ("changes", "warning"),
    [
        ({"pid": {3: "47~A123456781^^^GKV&1.2.276.0.76.4.8&ISO^NI"}},
         "identifier.kvnr_checksum"),
        ({"pid": {3: "47~A123456781^^^X^KVNR"}}, "identifier.kvnr_checksum"),
        ({"extra": ["IN1|1||260530104|AOK"]}, "identifier.ik_checksum"),
        ({"extra": ["IN1|1|" + "|" * 47 + "A123456781"]}, "identifier.kvnr_checksum"),
        ({"pv1": {7: "123456701^Lange^^^^^^^LANR"}}, "identifier.lanr_checksum"),
        ({"pv1": {8: "12^Lange^^^^^^^^^^^BSNR"}}, "identifier.bsnr_format"),
    ],
)  # fmt: skip
def test_a_number_that_cannot_be_right_is_kept_and_noted(adt, changes, warning):
    result = normalise(adt(**changes), PROFILE)

    assert result.facts
    assert warning in result.warnings


def test_sound_numbers_are_not_noted(adt):
    insured = "IN1|1|" + "|" * 47 + "A123456780"
    body = adt(
        pid={3: "47~A123456780^^^GKV^NI"},
        pv1={7: "123456601^Lange^^^^^^^LANR"},
        extra=[insured, "IN1|2||260530103|AOK", "IN1|3||AOK-NO|AOK"],
        encoding="cp1252",
    )

    assert normalise(body, PROFILE).warnings == ()


def test_numbers_of_other_countries_are_not_checked(adt):
    body = adt(extra=["IN1|1||260530104|AOK|" + "|" * 44 + "A123456781"])

    assert normalise(body, Hl7Profile()).warnings == ()


def test_a_german_name_and_address_keep_their_parts(adt):
    body = adt(
        pid={
            5: "von Groß&von&Groß&&^Änne^^Gräfin^^Dr.^L~Weiß^^^^^^M",
            11: "Hauptstr. 5 a&Hauptstr.&5 a^Hinterhaus^Köln^^50667^DEU^C",
        },
        encoding="cp1252",
    )

    found = normalise(body, PROFILE).facts[0].subject.demographics

    assert found["names"] == [
        {"family": "von Groß", "own_prefix": "von", "own_family": "Groß",
         "given": "Änne", "suffix": "Gräfin", "degree": "Dr.", "use": "L"},
        {"family": "Weiß", "use": "M"},
    ]  # fmt: skip
    assert found["addresses"] == [
        {"lines": ["Hauptstr. 5 a", "Hinterhaus"], "street": "Hauptstr.",
         "house_number": "5 a", "city": "Köln", "postal_code": "50667",
         "country": "DEU", "type": "C"},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("sent", "line"),
    [("Hauptstr.&&5", "Hauptstr. 5"), ("&Hauptstr.&5", "Hauptstr. 5")],
)
def test_a_house_number_sent_apart_is_in_the_line(adt, sent, line):
    found = normalise(adt(pid={11: sent}), PROFILE).facts[0].subject.demographics

    assert found["addresses"][0]["lines"] == [line]


def test_a_companion_is_marked(adt):
    companion = normalise(adt(pv1={18: "BEGL"}), PROFILE).facts[0]
    patient = normalise(adt(pv1={18: "STAT"}), PROFILE).facts[0]

    assert companion.details["companion"] is True
    assert "companion" not in patient.details


def test_the_first_consultant_is_the_family_doctor_where_the_feed_says_so(adt):
    fact = normalise(adt(pv1={9: "1^Kurz~2^Lang"}), PROFILE).facts[0]

    roles = [(one["role"], one["name"]) for one in fact.details["careteam"]]
    assert roles == [("primary_care", "Kurz"), ("consulting", "Lang")]


def test_a_case_of_three_contacts_keeps_its_number_and_its_movements(adt):
    def contact(trigger, movement, occurred, patient_class):
        return adt(
            trigger=trigger,
            evn={2: occurred, 6: occurred},
            pv1={2: patient_class, 44: occurred},
            extra=[f"ZBE|{movement}^KIS|{occurred}||INSERT"],
            encoding="cp1252",
        )

    bodies = [
        contact("A04", 1, "20260301080000", "O"),
        contact("A03", 2, "20260301100000", "O"),
        contact("A01", 3, "20260310080000", "I"),
        contact("A02", 4, "20260311080000", "I"),
        contact("A03", 5, "20260314080000", "I"),
        contact("A04", 6, "20260401080000", "O"),
    ]
    facts = [normalise(body, PROFILE).facts[0] for body in bodies]

    assert {fact.encounter for fact in facts} == {facts[0].encounter}
    assert facts[0].encounter.basis == "case"
    assert [fact.movement.ids[0].value for fact in facts] == list("123456")
    assert [fact.kind for fact in facts] == [
        FactKind.START, FactKind.END, FactKind.START, FactKind.MOVE, FactKind.END,
        FactKind.START,
    ]  # fmt: skip
