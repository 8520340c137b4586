"""The pages hang together, and read as the house style asks."""

import re
import subprocess
from itertools import pairwise

import pytest

from hub.model.taxonomy import EVENT_TYPES
from tests.docs.pages import (
    PAGES,
    ROOT,
    WRITTEN,
    anchors,
    headings,
    links,
    name_of,
    prose,
)

ADRS = sorted((ROOT / "docs/adr").glob("[0-9]*.md"))
SECTIONS = ["Status", "Context", "Decision", "Consequences", "Alternatives"]
MOST_ADR_WORDS = 450  # a page
MOST_CONTRIBUTING_LINES = 150
CHANGES = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
AMERICAN = re.compile(
    r"\b(normaliz|organiz(?!ation\w*_)|recogniz|behavior|color|license[sd]?\b|"
    r"catalog\b|center\b|analyz|canceled|authoriz(?!ation))\w*",
    re.IGNORECASE,
)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page):
    broken = []
    for target in links(page):
        file, _, anchor = target.partition("#")
        path = (page.parent / file).resolve() if file else page
        if not path.exists() or (anchor and anchor not in anchors(path)):
            broken.append(target)

    assert not broken


def test_every_page_is_on_the_map():
    overview = ROOT / "docs/README.md"
    linked = {
        (overview.parent / each.split("#")[0]).resolve() for each in links(overview)
    }
    pages = [*(ROOT / "docs").glob("*/*.md"), *(ROOT / "docs").glob("*/*.py")]

    missing = [name_of(page) for page in pages if page.resolve() not in linked]

    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_page_has_one_title_and_skips_no_level(page):
    levels = [level for level, _ in headings(page)]

    assert levels[:1] == [1]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("page", WRITTEN, ids=name_of)
def test_each_sentence_has_a_line_of_its_own(page):
    """A change of one sentence is a change of one line."""
    text = re.sub(r"`[^`]*`", "x", prose(page))
    lines = [line for line in text.splitlines() if not line.startswith("|")]

    crowded = [line for line in lines if re.search(r"[a-z)`*][.?!] +[A-Z]", line)]

    assert not crowded


@pytest.mark.parametrize("page", WRITTEN, ids=name_of)
def test_spelling_is_british(page):
    text = re.sub(r"`[^`]*`|\]\([^)]*\)|Apache License|LICENSE", "", prose(page))

    assert not [match[0] for match in AMERICAN.finditer(text)]


@pytest.mark.parametrize("page", ADRS, ids=name_of)
def test_a_decision_record_has_its_sections_on_a_page(page):
    title = headings(page)[0][1]
    number = int(page.name[:4])
    words = page.read_text(encoding="utf-8").split()

    assert title.startswith(f"{number}. ")
    assert [text for level, text in headings(page) if level > 1] == SECTIONS
    assert len(words) <= MOST_ADR_WORDS


def test_decision_records_are_numbered_without_gaps():
    numbers = [int(page.name[:4]) for page in ADRS]

    assert numbers == list(range(1, len(ADRS) + 1))
    assert len(numbers) >= 13


def test_the_changelog_is_kept():
    """Keep a Changelog 1.1.0: releases, newest first, with kinds of change."""
    page = ROOT / "CHANGELOG.md"
    releases = [text for level, text in headings(page) if level == 2]
    kinds = [text for level, text in headings(page) if level == 3]

    assert "keepachangelog.com" in page.read_text(encoding="utf-8")
    assert releases[0] == "[Unreleased]"
    assert all(
        re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", each)
        for each in releases[1:]
    )
    assert kinds
    assert set(kinds) <= CHANGES


def test_contributing_is_short_and_names_the_non_goals():
    page = ROOT / "CONTRIBUTING.md"
    text = page.read_text(encoding="utf-8")

    assert len(text.splitlines()) <= MOST_CONTRIBUTING_LINES
    assert "non-goals" in anchors(page)


def test_the_readme_names_commands_that_make_has():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = set(re.findall(r"\bmake ([a-z]+)", readme))

    for target in targets:
        done = subprocess.run(
            ["make", "--dry-run", target],  # noqa: S607 - make is what users have
            cwd=ROOT,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, target
    assert {"demo", "test"} <= targets


CLAUSES = ROOT / "docs/specs/connector.md"


def test_tests_that_clauses_name_exist():
    named = set(re.findall(r"`(test_[a-z0-9_]+)`", prose(CLAUSES)))
    known = {
        name
        for file in [*ROOT.glob("tests/**/*.py"), *ROOT.glob("hub/testing/*.py")]
        for name in re.findall(r"def (test_\w+)", file.read_text(encoding="utf-8"))
    }

    assert named
    assert named <= known


def test_clauses_are_numbered_without_gaps():
    numbers = re.findall(r"^(\d+)\. ", prose(CLAUSES), re.MULTILINE)

    assert [int(each) for each in numbers] == list(range(1, len(numbers) + 1))


def test_every_test_of_a_contract_suite_is_a_clause():
    clauses = CLAUSES.read_text(encoding="utf-8")
    suites = [
        name
        for file in (ROOT / "hub/testing").glob("*.py")
        for name in re.findall(r"def (test_\w+)", file.read_text(encoding="utf-8"))
    ]

    missing = [name for name in suites if f"`{name}`" not in clauses]

    assert suites
    assert not missing


def test_the_places_that_the_map_of_the_code_names_exist():
    named = re.findall(r"`([a-z0-9_.]+/[\w./]+)`", prose(ROOT / "ARCHITECTURE.md"))

    assert named
    assert not [place for place in named if not (ROOT / place).exists()]


@pytest.mark.parametrize("page", WRITTEN, ids=name_of)
def test_error_codes_in_the_pages_exist(page):
    own = {"FOODBANK"}  # the tutorial's
    codes = re.findall(r"`([A-Z][A-Z0-9]{1,8})-(\d{3})`", prose(page))
    catalogue = (ROOT / "docs/reference/errors.md").read_text(encoding="utf-8")

    missing = [
        f"{prefix}-{number}"
        for prefix, number in codes
        if prefix not in own and f"## {prefix}-{number}\n" not in catalogue
    ]

    assert not missing


@pytest.mark.parametrize("page", WRITTEN, ids=name_of)
def test_event_types_in_the_pages_exist(page):
    named = set(re.findall(r"`((?:encounter|person)\.[a-z_]+)`", prose(page)))

    assert named <= EVENT_TYPES
