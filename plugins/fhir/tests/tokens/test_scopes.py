"""What scopes permit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_fhir.tokens.scopes import checked_scope, granted, permissions_of, written


@pytest.mark.parametrize(
    ("scope", "letters"),
    [
        ("system/Task.rs", {("Task", "r"), ("Task", "s")}),
        ("system/Task.read", {("Task", "r"), ("Task", "s")}),
        ("system/Task.write", {("Task", "c"), ("Task", "u"), ("Task", "d")}),
        ("system/*.c", {("Task", "c"), ("ServiceRequest", "c")}),
        ("*", set()),
        ("user/Task.rs", set()),
        ("system/Task.sr", set()),
        ("system/Task.", set()),
        ("system/Patient.r", set()),
        ("system/Task.rs?x=1", set()),
    ],
)
def test_a_scope_permits_what_it_says(scope, letters):
    assert permissions_of(scope) == letters


def test_nobody_gets_more_than_is_allowed():
    found = granted("system/*.cruds openid", ("system/Task.rs",))

    assert written(found) == "system/Task.rs"


def test_what_is_not_asked_for_is_not_granted():
    assert not granted("", ("system/*.cruds",))


def test_a_scope_of_the_settings_must_be_one():
    with pytest.raises(ValueError, match="system/Task"):
        checked_scope("patient/*.read")


@given(st.text())
def test_any_text_may_be_asked_for(asked):
    assert granted(asked, ("system/Task.r",)) <= {("Task", "r")}
