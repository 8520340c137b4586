"""What is linked automatically is right, on labelled sets that nobody tuned to."""

from collections import defaultdict
from itertools import combinations, islice
from time import perf_counter

import pytest

from hub.coordination.matching.blocking import blocking_keys
from hub.coordination.matching.decision import compare
from tests.coordination.matching.records import named, record
from tests.perf.matching_sets import CORPUS, febrl, households, senzing, splink

public = [
    pytest.mark.corpus,
    pytest.mark.skipif(
        not (CORPUS / "matching").is_dir(),
        reason=f"there are no labelled sets at {CORPUS}; set CAREHUB_CORPUS",
    ),
]


def decided(records):
    """Return how many links are right, how many wrong, and how many pairs are true."""
    blocks = defaultdict(set)
    for each in records:
        for key in blocking_keys(each.features):
            blocks[key].add(each.name)
    known = {each.name: each for each in records}
    pairs = {
        pair for block in blocks.values() for pair in combinations(sorted(block), 2)
    }
    linked = [
        known[one].person == known[other].person
        for one, other in pairs
        if compare(known[one].features, known[other].features).state == "auto"
    ]
    true = sum(x.person == y.person for x, y in combinations(records, 2))
    return sum(linked), len(linked) - sum(linked), true


@pytest.mark.parametrize(
    ("read", "least_recall"),
    [
        pytest.param(lambda: islice(households(600), 1200), 0.75, id="households"),
        pytest.param(
            lambda: febrl(1, with_numbers=False), 0.60, id="febrl", marks=public
        ),
        pytest.param(
            lambda: febrl(1, with_numbers=True), 0.75, id="febrl-ids", marks=public
        ),
        pytest.param(splink, 0.10, id="splink", marks=public),
        pytest.param(senzing, 0.20, id="senzing", marks=public),
    ],
)
def test_what_is_linked_is_right(read, least_recall):
    right, wrong, true = decided(list(read()))

    assert right / (right + wrong) >= 0.999
    assert right / true >= least_recall


def test_a_comparison_takes_less_than_a_tenth_of_a_millisecond():
    one, other = record(), record(names=named("Möller-Berg", "Jhoanna"), sex="M")
    compare(one, other)

    def timed():
        start = perf_counter()
        for _ in range(200):
            compare(one, other)
        return (perf_counter() - start) / 200

    assert min(timed() for _ in range(5)) < 100e-6
