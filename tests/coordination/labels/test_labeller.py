"""What codes, departments and senders give away."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.coordination.labels.labeller import Labeller
from hub.coordination.labels.tables import Site, Tables, described, shipped
from hub.model.facts import RecordKey
from hub.model.identifiers import Location
from hub.model.labels import Labels
from tests.runtime.facts import fact

#: A diagnosis and its system, and what it gives away.
DIAGNOSES = {
    ("F10.2", "ICD-10-GM"): "ETH",
    ("F11.20", "I10"): "ETH",
    ("f1911", ""): "ETH",
    ("F17.2", "I10"): "",
    ("F32.1", "10GM"): "PSY",
    ("F03", "I10"): "",
    ("B20", "I10C"): "HIV",
    ("Z21", ""): "HIV",
    ("A51.0", "ICD10"): "STD",
    ("T74.01XA", "ICD-10-CM"): "SDV",
    ("O04.5", "I10"): "REPRO",
    ("Z15.01", "I10"): "GENETIC",
    ("I21.0", "I10"): "",
    ("303.90", "I9C"): "ETH",
    ("305.1", "I9"): "",
    ("042", "ICD-9-CM"): "HIV",
    ("250.00", "I9C"): "",
    ("4721", "LOCAL"): "unknown",
    ("XYZZY", ""): "unknown",
}


def said(**details):
    return fact(location=None, details=details)


def codes(labels):
    return labels.sensitivity if labels else ()


@pytest.mark.parametrize(("diagnosis", "label"), DIAGNOSES.items())
def test_a_diagnosis_gives_away_what_its_code_stands_for(diagnosis, label):
    code, system = diagnosis

    labels = Labeller().of(said(diagnoses=[{"code": code, "system": system}]))

    assert codes(labels) == ((label,) if label else ())


def test_a_mark_names_the_code_and_the_label():
    labels = Labeller().of(said(diagnoses=[{"code": "F10.2", "system": "I10"}]))

    assert labels == Labels("R", ("ETH",), (), ("diagnosis:F102:ETH",))


def test_entries_that_are_added_to_a_list_count_too():
    added = {"1": {"code": "F20.0", "system": "I10"}, "2": None}

    assert codes(Labeller().of(said(diagnoses={"set": added}))) == ("PSY",)


@pytest.mark.parametrize(
    ("details", "label"),
    [
        ({"service": "psy"}, "PSY"),
        ({"service": {"code": "2950", "system": "301"}}, "ETH"),
        ({"discharge": {"disposition": "65"}}, "PSY"),
        ({"kind": {"code": "34788-0", "system": "LN"}}, "PSY"),
        ({"programme": "opioid_treatment"}, "ETH"),
        ({"category": ["domestic_violence"]}, "SDV"),
    ],
)
def test_other_codes_give_away_what_they_stand_for(details, label):
    assert codes(Labeller().of(said(**details))) == (label,)


@pytest.mark.parametrize(
    "details", [{}, {"service": "CAR"}, {"discharge": {"disposition": "01"}}, {"x": 1}]
)
def test_what_gives_nothing_away_has_no_labels(details):
    assert Labeller().of(said(**details)) is None


def test_a_ward_counts_as_a_department():
    stay = fact(location=Location(unit="Detox"))

    assert codes(Labeller().of(stay)) == ("ETH",)


SITE = Site(
    departments={"CAR": (), "W7": ("HIV",), "PSY": ()},
    facilities={"St. Nowhere": ("PSY",)},
    senders={"otp": ("ETH",)},
)


@pytest.mark.parametrize(
    ("code", "label"), [("CAR", ()), ("w7", ("HIV",)), ("PSY", ()), ("SUR", "unknown")]
)
def test_what_a_site_says_of_its_departments_counts_and_the_rest_is_unknown(
    code, label
):
    labels = Labeller(Tables(SITE)).of(said(service=code))

    assert codes(labels) == ((label,) if label == "unknown" else label)


def test_a_facility_gives_away_what_the_site_says_of_it():
    labels = Labeller(Tables(SITE)).of(said(facility={"name": "st. nowhere"}))

    assert labels.derived_by == ("facility:st. nowhere:PSY",)


def test_what_a_sender_gives_away_stays_with_the_fact():
    labeller = Labeller(Tables(SITE))
    own = Labels("V", ("VIP",), (), ("PV1-16:VIP",))

    sent = labeller.as_sent(fact(labels=own), "otp")

    assert sent.labels == Labels(
        "V", ("ETH", "VIP"), (), ("PV1-16:VIP", "sender:otp:ETH")
    )
    assert labeller.as_sent(fact(), "another").labels is None


coded = st.sampled_from(sorted(DIAGNOSES)).map(
    lambda pair: said(diagnoses=[{"code": pair[0], "system": pair[1]}])
)


@given(st.lists(coded, max_size=6), coded, st.randoms())
def test_labels_only_grow_and_in_any_order(facts, more, random):
    labeller = Labeller()
    before, after = labeller.of_all(facts), labeller.of_all([*facts, more])
    shuffled = [*facts, more]
    random.shuffle(shuffled)

    assert set(before.sensitivity) <= set(after.sensitivity)
    assert set(before.derived_by) <= set(after.derived_by)
    assert labeller.of_all(shuffled) == after


@given(
    st.dictionaries(
        st.sampled_from(
            [
                *("diagnoses", "service", "discharge", "kind", "programme"),
                *("facility", "category"),
            ]
        ),
        st.recursive(
            st.none() | st.text(max_size=20) | st.integers(),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.text(max_size=9), inner, max_size=3)
            ),
            max_leaves=8,
        ),
        max_size=3,
    )
)
def test_no_details_are_too_strange_to_be_labelled(details):
    key = RecordKey("document", "NORD", "1")

    labels = Labeller(Tables(SITE)).of(fact(record=key, details=details))

    assert labels is None or labels.confidentiality == "R"


def test_no_code_is_listed_under_two_labels():
    for table in shipped().diagnoses.values():
        listed = [code for codes_ in table.values() for code in codes_]
        assert len(listed) == len(set(listed))


def test_everything_that_is_looked_for_is_described():
    kinds = {kind for kind, _, _ in described()}

    assert kinds == {
        "diagnosis, icd10",
        "diagnosis, icd9",
        "department",
        "disposition",
        "document",
        "programme",
    }


@pytest.mark.parametrize(
    ("category", "label"),
    [
        ("intimate-partner-violence", ("SDV",)),
        ({"code": "Elder-Abuse", "text": "x"}, ("SDV",)),
        ("food-insecurity", ()),
        (None, ()),
    ],
)
def test_a_need_gives_away_what_help_is_for(category, label):
    assert codes(Labeller().of(said(category=category))) == label


def test_where_somebody_was_imprisoned_is_restricted_without_a_code():
    assert Labeller().of(said(category="incarceration-status")).confidentiality == "R"
