"""Records against the specification, with its own schemas as the judge.

Nothing of the specification is in this repository; without it these tests are skipped.
"""

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_community.validation.forms import FORMS, FORMS_3_0
from hub_community.validation.structure import Fault, examine, faults
from plugins.community.tests.validation.specification import (
    CORPUS,
    SCHEMA,
    schemas,
    validators,
)

judged = pytest.mark.skipif(
    not SCHEMA.is_dir(),
    reason=f"there is no specification at {SCHEMA}; set CAREHUB_CORPUS",
)
UUID = "ac148810-d857-441c-9679-408f346de14b"
SERVICE = {
    "id": UUID,
    "name": "Made-up pantry",
    "status": "active",
    "phones": [{"id": UUID, "number": "+1 217 555 0100"}],
}
WRONG = [
    None, True, 7, 1.5, "", "active", "text", [], [None], {}, {"id": "x"}, UUID,
    "http://example.org", "a@b.example", "2024-01-01T00:00:00Z", "MO", ["text"],
]  # fmt: skip


def parts(value):
    """Yield each object within a value, that itself first."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from parts(each)


@pytest.fixture(scope="module")
def judges():
    return validators()


@pytest.fixture(scope="module")
def examples():
    found = []
    for path in sorted(CORPUS.rglob("*.json")):
        if "schema" not in path.parts:
            try:
                found += parts(json.loads(path.read_bytes()))
            except ValueError:
                continue
    return found


@judged
@pytest.mark.corpus
def test_forms_are_those_of_the_specification():
    for kind, schema in schemas().items():
        assert set(FORMS_3_0[kind].fields) == set(schema["properties"])
        assert set(FORMS_3_0[kind].required) == set(schema["required"])


@judged
@pytest.mark.corpus
def test_every_example_has_the_verdict_of_the_schemas(judges, examples):
    assert len(examples) > 1000
    for each in examples[::3]:
        for kind, judge in judges.items():
            assert judge.is_valid(each) is (not faults(kind, each)), (kind, each)


def changed(record, data):
    """Return a record with something in it, at any depth, dropped or made wrong."""
    made = copy.deepcopy(record)
    place = data.draw(st.sampled_from([each for each in parts(made) if each]))
    name = data.draw(st.sampled_from(sorted(place)))
    if data.draw(st.booleans()):
        del place[name]
    else:
        place[name] = copy.deepcopy(data.draw(st.sampled_from(WRONG)))
    return made


@judged
@pytest.mark.corpus
@pytest.mark.parametrize("kind", ["service", "organization", "service_at_location"])
@given(data=st.data())
def test_every_change_has_the_verdict_of_the_schemas(kind, judges, data):
    path = SCHEMA.parent / f"examples/{kind}_full.json"
    record = json.loads(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        record = changed(record, data)

    assert judges[kind].is_valid(record) is (not faults(kind, record))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"id": "1"}, Fault("id", "uuid")),
        ({"name": 7}, Fault("name", "type")),
        ({"status": "open"}, Fault("status", "enum")),
        ({"status": 1}, Fault("status", "type")),
        ({"minimum_age": "18"}, Fault("minimum_age", "type")),
        ({"minimum_age": True}, Fault("minimum_age", "type")),
        ({"email": "jo at example"}, Fault("email", "email")),
        ({"url": "www.example.org"}, Fault("url", "uri")),
        ({"last_modified": "yesterday"}, Fault("last_modified", "date-time")),
        ({"phones": {}}, Fault("phones", "type")),
        ({"phones": ["+1"]}, Fault("phones", "type")),
        ({"phones": [{"id": UUID}]}, Fault("phones.number", "required")),
        ({"organization": []}, Fault("organization", "type")),
    ],
)
def test_a_fault_says_where_and_what(change, fault):
    assert faults("service", SERVICE | change) == [fault]


def test_what_is_missing_is_named():
    assert faults("service", {"id": UUID}) == [
        Fault("name", "required"),
        Fault("status", "required"),
    ]


def test_fields_nobody_knows_are_allowed():
    assert faults("service", SERVICE | {"shoe_size": object()}) == []


def test_3_1_looks_at_more_than_3_0():
    record = SERVICE | {"additional_urls": [{"id": UUID, "url": 7}]}

    assert faults("service", record) == []
    assert examine("service", record).faults == [Fault("additional_urls.url", "type")]
    assert set(FORMS) > set(FORMS_3_0)


def test_what_is_to_be_looked_at_is_found_at_any_depth():
    contact = {"id": UUID, "email": "a@b.example", "phones": SERVICE["phones"]}
    found = examine("service", SERVICE | {"contacts": [contact], "url": "ftp://x"})

    assert found.emails == [("contacts.email", "a@b.example")]
    assert found.links == [("url", "ftp://x")]
    assert [place for place, _ in found.phones] == [
        "phones.number",
        "contacts.phones.number",
    ]


def test_depth_is_bounded():
    within = {}
    for _ in range(200):
        within = {"id": UUID, "phones": [within]}

    assert len(faults("contact", within)) < 20
