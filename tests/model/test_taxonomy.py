import re

from hub.model.taxonomy import EVENT_TYPES, TAXONOMY


def test_a_type_is_a_family_and_a_name():
    assert "encounter.admitted" in EVENT_TYPES
    assert all(re.fullmatch(r"[a-z]+\.[a-z_]+", each) for each in EVENT_TYPES)
    assert {each.partition(".")[0] for each in EVENT_TYPES} == set(TAXONOMY)


def test_no_name_is_listed_twice():
    for names in TAXONOMY.values():
        assert len(names.split()) == len(set(names.split()))
