"""What records say, whichever way they are written. All of them are made up."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from hub.coordination.directory.digests import (
    canonical,
    changed_fields,
    digest,
    is_material,
    material_digest,
    translated,
)

words = st.text("abcäö é1", min_size=1, max_size=6)
leaves = st.none() | words | st.integers(-5, 5) | st.booleans()
names = st.sampled_from(["name", "notes", "phones", "value", "fees", "x"])
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3)
    ),
    max_leaves=8,
)
records = st.dictionaries(names, values, max_size=5)


def otherwise(value, draw):
    """Return the same, written otherwise."""
    if isinstance(value, str):
        form = draw(st.sampled_from(["NFC", "NFD"]))
        return f" {unicodedata.normalize(form, value)}\n"
    if isinstance(value, list):
        return [otherwise(each, draw) for each in draw(st.permutations(value))] + [None]
    if isinstance(value, dict):
        pairs = draw(st.permutations(list(value.items())))
        made = {key: otherwise(each, draw) for key, each in pairs}
        return made | {"id": draw(words), "last_modified": draw(words), "none": None}
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value


@given(st.data())
def test_what_is_written_otherwise_has_the_same_digest(data):
    record = data.draw(records)
    other = otherwise(record, data.draw)

    assert digest(canonical(other)) == digest(canonical(record))
    assert changed_fields(canonical(record), canonical(other)) == []


@given(records, words)
def test_what_says_something_else_has_another_digest(record, new):
    other = record | {"alert": f"{new}!"}

    assert digest(canonical(other)) != digest(canonical(record))
    assert changed_fields(canonical(record), canonical(other)) == ["alert"]


@given(records)
def test_what_is_canonical_stays_as_it_is(record):
    said = canonical(record)

    assert canonical(said) == said


def test_ids_of_children_and_whose_they_are_do_not_count():
    def service(own, phone):
        return {
            "id": own,
            "phones": [{"id": phone, "number": "1", "service_id": own}],
            "organization_id": "o1",
        }

    assert canonical(service("a", "p")) == canonical(service("b", "q"))


def test_whose_it_is_counts():
    assert canonical({"id": "a", "organization_id": "o1"}) != canonical(
        {"id": "a", "organization_id": "o2"}
    )


def test_ids_of_others_are_read_as_keys_where_they_change():
    before = canonical({"organization_id": "o1", "name": "x"})
    after = canonical({"organization_id": "o9", "name": "x"})
    keys = {("organization", "o1"): "dir_1", ("organization", "o9"): "dir_1"}

    assert translated(before, keys, "service") == translated(after, keys, "service")
    assert translated(after, {}, "service") == {"name": "x"}


def test_only_what_concerns_others_is_material():
    assert is_material("service", ["description", "fees_description"])
    assert not is_material("service", ["description", "assured_date"])
    assert not is_material("taxonomy_term", ["name"])
    plain = canonical({"name": "a", "alert": "x"})
    assert material_digest("service", plain) == material_digest(
        "service", canonical({"name": "b", "alert": "x"})
    )
    assert material_digest("service", plain) != material_digest(
        "service", canonical({"name": "a", "alert": "y"})
    )
