"""The codes of files and rows, in words."""

from types import SimpleNamespace

from hub.admin.exchange_reference import exchange_reference
from hub.coordination.exchanges.codes import file_reasons, row_codes
from hub.coordination.exchanges.reasons import REASONS
from hub.coordination.exchanges.responses import meanings
from hub.coordination.exchanges.row_codes import ROW_CODES
from hub.coordination.policy.reasons import REASONS as OF_DECISIONS

ONE = SimpleNamespace(name="one-csv", row_codes={"a.b": ("It is so", "Change | it")})
TWO = SimpleNamespace(name="two-csv", row_codes={"a.b": ("It is so", "Change | it")})
OTHER = SimpleNamespace(name="other", row_codes={"a.b": ("It is otherwise", "")})


def test_a_code_that_readers_share_is_there_once():
    found = [each for each in row_codes([ONE, TWO]) if each.code == "a.b"]

    assert found == [("a.b", "It is so", "Change | it", "`one-csv`, `two-csv`")]


def test_a_code_that_readers_use_in_two_senses_is_there_twice():
    found = [each.by for each in row_codes([ONE, OTHER]) if each.code == "a.b"]

    assert found == ["`one-csv`", "`other`"]


def test_the_reference_has_every_code_of_the_hub_and_of_readers():
    page = exchange_reference([ONE])

    for code in [*REASONS, *ROW_CODES, "a.b"]:
        assert f"\n| `{code}` | " in page
    assert r"Change \| it." in page


def test_codes_of_files_rows_and_decisions_are_told_apart():
    """`hub errors CODE` has one answer."""
    assert not set(REASONS) & set(ROW_CODES)
    assert not (set(REASONS) | set(ROW_CODES)) & set(OF_DECISIONS)


def test_every_reason_of_a_file_is_listed():
    assert {each.code for each in file_reasons()} == set(REASONS)


def test_what_a_response_says_of_codes_covers_files_and_rows():
    known = meanings(ONE.row_codes)

    assert known["a.b"] == "It is so."
    assert known["name.period"]
    assert known["row.absent"]
