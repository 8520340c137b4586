"""What is written as TOML reads back as it was."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.cli.toml import write_comment, write_table

# Lone surrogates are no text: no file in UTF-8 can hold them.
texts = st.text(st.characters(exclude_categories=["Cs"]))
scalars = st.one_of(
    texts,
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(texts, inner)),
    max_leaves=20,
)
tables = st.dictionaries(texts, values)


@given(tables)
def test_a_table_reads_back_as_it_was(table):
    text = write_table(["sources", "klinik-nord", "profile"], table)

    assert tomllib.loads(text) == {"sources": {"klinik-nord": {"profile": table}}}


@given(st.lists(texts, min_size=1, max_size=4))
def test_any_name_can_be_in_the_header(path):
    document = tomllib.loads(write_table(path, {}))
    for name in path:
        document = document[name]

    assert document == {}


@given(st.text(), tables)
def test_a_comment_changes_nothing(comment, table):
    text = write_comment(comment) + write_table(["profile"], table)

    assert tomllib.loads(text) == {"profile": table}


def test_a_long_list_has_a_line_for_each_value():
    text = write_table(["profile"], {"placeholders": ["UNKNOWN-UNKNOWN"] * 9})

    assert text.count("\n") == 12


@pytest.mark.parametrize("value", [None, b"bytes", {1, 2}])
def test_what_toml_does_not_have_is_refused(value):
    with pytest.raises(TypeError, match="TOML has no"):
        write_table(["profile"], {"key": value})
