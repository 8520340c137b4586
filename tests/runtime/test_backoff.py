"""When to try again."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.model.delivery import DeliveryState
from hub.runtime.backoff import SUSPICIOUS, Backoff, Breaker, next_step
from tests.runtime.setting import (
    ACCEPTED,
    FAILED,
    LOST,
    NOW,
    REFUSED,
    ROUTE,
    settings,
)

WAITS = settings(retry_initial_seconds=1, retry_max_seconds=300)


def backoff_of(told):
    return Backoff(told.retry_initial_seconds, told.retry_max_seconds)


@given(st.integers(1, 10_000))
def test_waits_at_random_up_to_a_limit_that_doubles(attempt):
    seconds = backoff_of(WAITS).seconds(attempt)

    assert 0 <= seconds <= min(2 ** (attempt - 1), 300)


def test_spreads_the_waits_over_the_whole_range():
    backoff = backoff_of(WAITS)

    waits = [backoff.seconds(9) for _ in range(400)]

    assert min(waits) < 60
    assert max(waits) > 196


@pytest.mark.parametrize(
    ("receipt", "attempts", "state"),
    [
        (ACCEPTED, 1, DeliveryState.DELIVERED),
        (ACCEPTED, 99, DeliveryState.DELIVERED),
        (REFUSED, 1, DeliveryState.DEAD),
        (FAILED, 2, DeliveryState.READY),
        (LOST, 2, DeliveryState.READY),
        (FAILED, 3, DeliveryState.DEAD),
        (LOST, 3, DeliveryState.DEAD),
        (ROUTE, 99, DeliveryState.READY),
    ],
)
def test_says_where_a_delivery_goes(receipt, attempts, state):
    assert next_step(receipt, attempts, settings(max_attempts=3)) is state


@pytest.fixture
def breaker():
    return Breaker(backoff_of(WAITS))


def hear(breaker, *receipts, at=NOW):
    for receipt in receipts:
        breaker.heard(receipt, at)
    return breaker.open


def test_suspects_a_destination_after_five_failures_in_a_row(breaker):
    assert not hear(breaker, *[FAILED, LOST] * 2)
    assert hear(breaker, FAILED)


def test_suspects_a_destination_at_once_whose_route_is_blamed(breaker):
    assert hear(breaker, ROUTE)


@pytest.mark.parametrize("answer", [ACCEPTED, REFUSED])
def test_trusts_a_destination_again_that_answers(breaker, answer):
    hear(breaker, *[FAILED] * SUSPICIOUS)

    assert not hear(breaker, answer)
    assert breaker.wait_seconds(NOW) == 0
    assert not hear(breaker, *[FAILED] * (SUSPICIOUS - 1))


def test_never_suspects_a_destination_of_one_bad_letter_among_good_ones(breaker):
    assert not any(hear(breaker, FAILED, ACCEPTED) for _ in range(1000))


def test_leaves_a_destination_alone_until_its_time_has_come():
    breaker = Breaker(backoff_of(settings(retry_initial_seconds=60)))
    receipt = type(FAILED)(outcome=FAILED.outcome, retry_after_seconds=20.0)
    hear(breaker, *[receipt] * SUSPICIOUS)

    assert breaker.wait_seconds(NOW) == 20
    assert breaker.wait_seconds(NOW + timedelta(seconds=15)) == 5
    assert breaker.wait_seconds(NOW + timedelta(seconds=30)) == 0
    # One may try now; whether the destination is up is still to be seen.
    assert breaker.open


def test_waits_ever_longer_for_a_destination_that_stays_down():
    longest = []
    for failures in (SUSPICIOUS, SUSPICIOUS + 8):
        waits = []
        for _ in range(100):
            each = Breaker(backoff_of(WAITS))
            hear(each, *[FAILED] * failures)
            waits.append(each.wait_seconds(NOW))
        longest.append(max(waits))

    assert longest[0] <= 1
    assert 60 < longest[1] <= 256
