"""A clock that moves only when told to."""

from datetime import UTC, datetime, timedelta


class FakeClock:
    """Stands in for the time of day; call it, or `now`, for the current time.

    Starts at a Monday noon unless told otherwise. Times are aware and in UTC.
    """

    def __init__(self, start: datetime | None = None) -> None:
        start = start or datetime(2026, 3, 16, 12, tzinfo=UTC)
        if start.utcoffset() is None:
            raise ValueError("a clock starts at an aware time")
        self._now = start.astimezone(UTC)

    def __call__(self) -> datetime:
        """Return the current time."""
        return self._now

    def now(self) -> datetime:
        """Return the current time."""
        return self._now

    def advance(self, seconds: float = 0, **units: float) -> datetime:
        """Move on by `seconds` and other units of timedelta; return the new time.

        Raises ValueError where that would move the clock back.
        """
        step = timedelta(seconds=seconds, **units)
        if step < timedelta(0):
            raise ValueError("a clock does not go back")
        self._now += step
        return self._now
