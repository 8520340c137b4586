"""What is derived from several things is as confidential as the most of them."""

from itertools import permutations

import pytest

from hub.coordination.labelling import accumulate
from hub.model.labels import Labels

NORMAL = Labels()
PSYCHIATRY = Labels("R", ("PSY",), derived_by=("PV1-10",))
VIP = Labels("V", (), ("NOAUTH",), ("PV1-16",))


def test_nothing_is_normal():
    assert accumulate([]) == NORMAL


def test_labels_accumulate_in_any_order():
    expected = Labels("V", ("PSY",), ("NOAUTH",), ("PV1-10", "PV1-16"))

    orders = permutations([NORMAL, PSYCHIATRY, VIP])
    assert {accumulate(order) for order in orders} == {expected}


@pytest.mark.parametrize(("code", "kept"), [("L", "N"), ("odd", "odd"), ("R", "R")])
def test_what_is_unknown_counts_as_restricted(code, kept):
    assert accumulate([NORMAL, Labels(code)]).confidentiality == kept
