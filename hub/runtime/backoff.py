"""When to try again, and when to leave a destination alone for a while."""

from datetime import datetime, timedelta

import tenacity

from hub.model.delivery import DeliveryState, Outcome, Receipt
from hub.settings import DestinationSettings

#: Failures in a row after which the destination, not its mail, is suspected.
SUSPICIOUS = 5


class Backoff:
    """Full jitter: a random wait up to a limit that doubles with each attempt."""

    def __init__(self, initial_seconds: float, longest_seconds: float) -> None:
        self._wait = tenacity.wait_random_exponential(
            multiplier=initial_seconds, max=longest_seconds
        )

    def seconds(self, attempt: int) -> float:
        """Return how long to wait after attempt number `attempt`, from 1."""
        # What is tried again outlives any call stack, so only tenacity's arithmetic
        # is used: it takes the attempt from a state that we fill in.
        state = tenacity.RetryCallState(None, None, (), {})  # type: ignore[arg-type]
        state.attempt_number = attempt
        return self._wait(state)


def next_step(
    receipt: Receipt, attempts: int, settings: DestinationSettings
) -> DeliveryState:
    """Return where a delivery goes after the `attempts`-th attempt that counts.

    What a recipient will never take is a dead letter at once; what may succeed
    is tried again, and not given up while the whole route is to blame.
    """
    if receipt.outcome is Outcome.ACCEPTED:
        return DeliveryState.DELIVERED
    if receipt.outcome is Outcome.PERMANENT:
        return DeliveryState.DEAD
    if attempts >= settings.max_attempts and not receipt.blames_route:
        return DeliveryState.DEAD
    return DeliveryState.READY


class Breaker:
    """Notices that a destination is down, and lets one probe through at a time.

    One bad letter among good ones never trips it: each success starts afresh.
    """

    def __init__(self, backoff: Backoff) -> None:
        self._backoff = backoff
        self._failures = 0
        self._until: datetime | None = None

    @property
    def open(self) -> bool:
        """Say whether the destination is suspected of being down."""
        return self._until is not None

    def wait_seconds(self, now: datetime) -> float:
        """Return how long to leave the destination alone from `now`."""
        if self._until is None:
            return 0
        return max(0.0, (self._until - now).total_seconds())

    def heard(self, receipt: Receipt, now: datetime) -> None:
        """Take note of an attempt."""
        if receipt.outcome in {Outcome.ACCEPTED, Outcome.PERMANENT}:
            self._failures, self._until = 0, None
            return
        self._failures += 1
        if self._failures >= SUSPICIOUS or receipt.blames_route:
            beyond = max(1, self._failures - SUSPICIOUS + 1)
            wait = receipt.retry_after_seconds or self._backoff.seconds(beyond)
            self._until = now + timedelta(seconds=wait)
