"""The page that explains the policy shows the rules as they are."""

from hub.coordination.policy import REASONS, RULES
from hub.coordination.policy.templates import template_names
from tests.coordination.policy.matrix import PAGE, TABLES, rendered

TEXT = PAGE.read_text(encoding="utf-8")


def test_the_tables_in_the_page_are_those_of_the_rules():
    assert all(f"<!-- {name} -->" in TEXT for name in TABLES)
    assert rendered(TEXT) == TEXT


def test_the_page_names_every_rule_and_template():
    for name in RULES:
        assert f"`{name}`" in TEXT
    for name in template_names():
        assert f"`{name}`" in TEXT


def test_the_page_names_no_reason_that_is_none():
    named = {word for word in TEXT.split("`") if word.count(".") == 1}
    prefixes = {each.partition(".")[0] for each in REASONS}

    assert {each for each in named if each.partition(".")[0] in prefixes} <= {
        *REASONS,
    }
