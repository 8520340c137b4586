"""Which statements show a need, and which terms meet it. All samples are made up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.coordination.needs.diagnosed import needs_of_diagnosis
from hub.coordination.needs.screened import needs_of_answers
from hub.coordination.needs.shown import (
    labels_of_need,
    shown_by_assessment,
    shown_by_encounter,
)
from hub.coordination.needs.tables import (
    categories,
    diagnoses,
    open_eligibility,
    screenings,
    services,
)
from hub.model.encounters import Encounter, EncounterStatus


def answered(question, answer, system="LN", **more):
    return {"question": {"code": question, "system": system}, "answer": answer, **more}


def shown(*answers):
    return {each.category for each in needs_of_answers(list(answers))}


def test_there_are_the_24_categories_of_gravity():
    assert len(categories()) == 24


@pytest.mark.parametrize(
    "table",
    [categories, diagnoses, screenings, open_eligibility, services],
    ids=lambda table: table.__name__,
)
def test_every_table_can_be_read(table):
    assert table()


def test_every_table_names_only_needs_that_there_are():
    named = {
        category
        for table in diagnoses().tables.values()
        for codes in table.codes.values()
        for category in codes
    }
    for one in screenings().questions:
        named |= one.answers.keys() | one.at_least.keys()
    named |= services().needs.keys()

    assert named <= categories().keys()


def test_every_table_says_where_it_comes_from_and_under_which_licence():
    tables = [
        screenings(),
        open_eligibility(),
        services(),
        *diagnoses().tables.values(),
    ]

    assert all(each.source and each.licence and each.version for each in tables)


def test_every_code_that_meets_a_need_is_in_the_taxonomy():
    codes = {code for each in services().needs.values() for code in each.codes}

    assert codes <= open_eligibility().terms.keys()


@pytest.mark.parametrize(
    ("code", "system", "needs"),
    [
        ("Z59.41", "I10C", ["food-insecurity"]),
        ("Z5941", "", ["food-insecurity"]),
        ("z59.00", "ICD-10-CM", ["homelessness"]),
        ("Z59.12", "I10", ["inadequate-housing", "utility-insecurity"]),
        ("Z59.811", "http://hl7.org/fhir/sid/icd-10-cm", ["housing-instability"]),
        ("Z59.82", "urn:oid:2.16.840.1.113883.6.90", ["transportation-insecurity"]),
        ("Z55.6", "I10C", ["personal-health-literacy"]),
        ("Z64.0", "I10C", []),
        ("Z59", "ICD-10-GM", ["sdoh-category-unspecified"]),
        ("Z59.0", "ICD-10-GM", ["homelessness"]),
        ("Z74.2", "ICD-10-GM", ["social-connection"]),
        ("Z74.2", "I10C", []),
        ("I50.9", "I10C", []),
        ("Z59.41", "SCT", []),
        ("Z99", "ICD-10-GM", []),
    ],
)
def test_a_diagnosis_names_a_need_by_the_table_of_its_system(code, system, needs):
    assert list(needs_of_diagnosis(code, system)) == needs


@given(st.text(max_size=12), st.text(max_size=8))
def test_any_code_of_any_system_is_looked_up(code, system):
    assert set(needs_of_diagnosis(code, system)) <= categories().keys()


def test_a_positive_answer_of_the_hunger_vital_sign_shows_a_need():
    assert shown(answered("88122-7", {"code": "LA6729-3"})) == {"food-insecurity"}
    assert shown(answered("88122-7", {"code": "LA28398-8"})) == set()


def test_the_risk_that_is_stated_counts_instead_of_its_questions():
    worried = answered("88122-7", {"code": "LA28397-0"})

    assert shown(worried, answered("88124-3", {"code": "LA19983-8"})) == set()
    assert shown(answered("88124-3", {"code": "LA19952-3"})) == {"food-insecurity"}


@pytest.mark.parametrize("answer", [True, "yes", "Ja", {"text": "YES"}, ["LA33-6"]])
def test_a_yes_is_a_yes_in_whichever_way_it_is_written(answer):
    assert shown(answered("93030-5", answer)) == {"transportation-insecurity"}


def test_several_answers_to_one_question_show_several_needs():
    codes = [{"code": "LA30125-1"}, {"code": "LA30124-4"}]

    assert shown(answered("93031-3", codes)) == {
        "food-insecurity",
        "utility-insecurity",
    }


@pytest.mark.parametrize(
    ("score", "needs"), [("11", {"intimate-partner-violence"}), ("10", set())]
)
def test_a_score_shows_a_need_from_its_threshold_on(score, needs):
    assert shown(answered("95614-4", {"text": score})) == needs


def test_an_answer_that_does_not_stand_shows_nothing():
    assert shown(answered("88122-7", {"code": "LA28397-0"}, status="W")) == set()
    assert shown(answered("88122-7", None)) == set()
    assert shown(answered("88122-7", {"code": "LA28397-0"}, system="LOCAL")) == set()


def test_an_assessment_that_was_taken_back_shows_nothing():
    answers = [answered("88122-7", {"code": "LA28397-0"})]

    assert shown_by_assessment({"answers": answers, "status": "final"})
    assert shown_by_assessment({"answers": answers, "status": "withdrawn"}) == ()
    assert shown_by_assessment(None) == ()


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["question", "answer", "code", "text", "status"]), inner
        )
    ),
    max_leaves=12,
)


@given(values)
def test_any_answers_can_be_looked_at(answers):
    for each in shown_by_assessment({"answers": answers}):
        assert each.category in categories()


def test_the_diagnoses_of_a_stay_show_needs_once_each():
    stay = Encounter(
        status=EncounterStatus.IN_PROGRESS,
        details={
            "diagnoses": [
                {"code": "Z59.41", "system": "I10C"},
                {"code": "Z59.48", "system": "I10C"},
                {"code": "I50.9", "system": "I10C"},
            ]
        },
    )

    [found] = shown_by_encounter(stay)

    assert (found.category, found.code, found.by) == (
        "food-insecurity",
        "Z59.41",
        "diagnosis",
    )


def test_a_stay_that_never_was_shows_nothing():
    stay = Encounter(
        status=EncounterStatus.CANCELLED, details={"diagnoses": [{"code": "Z59.41"}]}
    )

    assert shown_by_encounter(stay) == ()


@pytest.mark.parametrize("category", ["intimate-partner-violence", "elder-abuse"])
def test_violence_is_restricted_and_says_why(category):
    labels = labels_of_need(category)

    assert (labels.confidentiality, labels.sensitivity) == ("R", ("SDV",))
    assert labels.derived_by == (f"need:{category}:SDV",)
    assert labels_of_need("food-insecurity").confidentiality == "N"
