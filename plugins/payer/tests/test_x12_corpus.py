"""X12 files that nobody here wrote: each is taken or refused, and answered.

Nothing of the corpus is in this repository; without it these tests are skipped. Run
`x12_corpus` as a module for the table by folder and kind.
"""

import logging
import os

import pytest

from hub.sdk import HubError
from hub_payer.x12.spec import X12
from plugins.payer.tests import x12_corpus

pytestmark = x12_corpus.needs_corpus

#: Why the envelope of a file is judged otherwise than by pyx12's reader.
ENVELOPES = {
    "imsweb__x12-parser/837_5010/x12_bad_first_line.txt": (
        "the header is too short: pyx12 stops there, we answer it"
    ),
    "moov-io__x12/examples/example_stp_820/sample.txt": (
        "the header is too short: pyx12 stops there, we answer it"
    ),
    "imsweb__x12-parser/837_5010/x12_multiple_gs.txt": (
        "a group number comes twice: by a 999 that is 19, by the older 997 6"
    ),
}
#: Why a transaction set that pyx12 judges has no verdict of its own in our answer.
UNNAMED = {
    "x12.unsupported": "its kind is not read: the group is refused for that",
    "x12.version": "its version is not read: the group is refused for that",
    "x12.control_differs": "the group or interchange is refused, and it with that",
    "x12.control_repeated": "the group or interchange is refused, and it with that",
    "x12.count": "the group or interchange is refused, and it with that",
}
#: pyx12 reads some thousand segments a second; larger files say nothing more.
LARGEST = 60_000
STEP = 1 if os.environ.get("CAREHUB_WHOLE_CORPUS") else 8


@pytest.fixture(scope="module")
def outcomes():
    return {path: x12_corpus.outcome(path) for path in x12_corpus.paths()}


def test_every_file_is_taken_or_refused_with_a_reason(outcomes):
    for found in outcomes.values():
        assert found.accepted or found.refused or found.code in HubError.catalogue
        assert set(found.refused) <= set(X12.row_codes)


def test_every_file_is_answered_unless_it_is_an_answer(outcomes):
    for found in outcomes.values():
        answer = found.kind in {"999", "997", "TA1"}

        assert bool(found.ta1) is not answer
        if any(each.startswith("A") for each in found.ta1):
            assert found.groups


def test_the_answer_says_whether_anything_was_refused(outcomes):
    """What is wrong within a record is for the response file, not for a 999."""
    for found in outcomes.values():
        if found.kind in {"999", "997", "TA1"}:
            continue
        envelope = {code for code in found.refused if code in UNNAMED}
        said = {*found.groups, *(each[0] for each in found.ta1)}

        assert bool(said & {"R", "P"}) is bool(envelope or "R" in said)


def test_every_kind_that_is_read_gives_rows(outcomes):
    kinds = {found.kind for found in outcomes.values() if found.rows}

    assert kinds >= {"834", "835", "837", "270", "271", "278"}


def test_answers_of_others_are_read(outcomes):
    assert sum(found.acknowledged for found in outcomes.values()) >= 10


def test_envelopes_are_judged_as_pyx12_judges_them():
    for path in x12_corpus.paths():
        ours, theirs = (
            x12_corpus.envelope_by_us(path),
            x12_corpus.envelope_by_pyx12(path),
        )
        name = x12_corpus.name_of(path)

        assert (ours != theirs) is (name in ENVELOPES), (name, ours, theirs)


def test_transaction_sets_are_judged_as_pyx12_judges_them():
    """Where it has a map: each is accepted or refused by both, or not named by us."""
    compared = 0
    logging.disable(logging.CRITICAL)  # pyx12 quotes what it reads
    try:
        for path in x12_corpus.paths()[::STEP]:
            compared += agree(path)
    finally:
        logging.disable(logging.NOTSET)

    assert compared > 50 / STEP


def agree(path):
    """Compare one file; return how many transaction sets both have judged."""
    if path.stat().st_size > LARGEST or x12_corpus.envelope_by_pyx12(path) is None:
        return 0
    theirs = x12_corpus.sets_by_pyx12(path)
    ours = x12_corpus.outcome(path, "check")
    if theirs is None or ours.kind in {"997", "999"}:
        return 0  # an answer is never answered
    if ours.sets == theirs:
        return len(theirs)
    assert len(ours.sets) < len(theirs), path.name
    assert set(ours.sets) <= set(theirs), path.name
    assert set(ours.refused) & set(UNNAMED), path.name
    assert set(theirs) == {"R"}, path.name
    return len(ours.sets)
