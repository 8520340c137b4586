"""What operators can measure: Prometheus counters, with a bounded set of labels."""

from functools import cache
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
_ITEMS = (1, 2, 4, 8, 16, 32, 64, 128, 256)


#: Each counter: what it counts, and by which labels.
_COUNTERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "hub_messages_received_total": ("Messages stored for the first time.", ("feed",)),
    "hub_messages_repeated_total": ("Messages that were stored before.", ("feed",)),
    "hub_messages_settled_total": (
        "Messages processed, unmapped or parked.",
        ("feed", "state"),
    ),
    "hub_files_settled_total": (
        "Files of partners applied, held, rejected or found a duplicate.",
        ("feed", "state"),
    ),
    "hub_events_emitted_total": ("Care events emitted.", ("type",)),
    "hub_decisions_total": ("Decisions to permit or deny a notice.", ("outcome",)),
    "hub_attempts_total": (
        "Attempts to deliver, by outcome.",
        ("destination", "outcome"),
    ),
    "hub_deliveries_settled_total": (
        "Deliveries that came to an end.",
        ("destination", "state"),
    ),
}


class Metrics:
    """The hub's counters, for callers on any thread.

    Labels are names from the configuration and words of the hub's own, never
    anything from a message, so that there is a bounded number of them.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        def counter(name: str) -> Any:
            text, labels = _COUNTERS[name]
            # Looking up a label's counter costs three times what counting does.
            return cache(Counter(name, text, labels, registry=registry).labels)

        self._received = counter("hub_messages_received_total")
        self._repeated = counter("hub_messages_repeated_total")
        self._settled = counter("hub_messages_settled_total")
        self._files = counter("hub_files_settled_total")
        self._emitted = counter("hub_events_emitted_total")
        self._decisions = counter("hub_decisions_total")
        self._attempts = counter("hub_attempts_total")
        self._deliveries = counter("hub_deliveries_settled_total")
        self._commit_seconds = Histogram(
            "hub_store_commit_seconds",
            "Time of one commit of the store.",
            buckets=_SECONDS,
            registry=registry,
        )
        self._commit_items = Histogram(
            "hub_store_commit_items",
            "Pieces of work in one commit of the store.",
            buckets=_ITEMS,
            registry=registry,
        )
        self._messages_waiting = Gauge(
            "hub_messages_waiting",
            "Messages stored and not yet processed.",
            registry=registry,
        )
        self._deliveries_waiting = cache(
            Gauge(
                "hub_deliveries_waiting",
                "Deliveries that are not settled.",
                ("destination",),
                registry=registry,
            ).labels
        )
        self._overdue = cache(
            Gauge(
                "hub_exchange_overdue",
                "Whether a file of a partner is missing: 1 where one is.",
                ("feed",),
                registry=registry,
            ).labels
        )
        self._unacknowledged = cache(
            Gauge(
                "hub_exchange_unacknowledged",
                "Files sent that their partner should have acknowledged by now.",
                ("destination",),
                registry=registry,
            ).labels
        )
        self._imbalance = Gauge(
            "hub_books_imbalance",
            "Rows that contradict the balance of the books; 0 is right.",
            registry=registry,
        )

    def received(self, feed: str, count: int = 1) -> None:
        """Count messages stored for the first time."""
        self._received(feed).inc(count)

    def repeated(self, feed: str, count: int = 1) -> None:
        """Count messages that had been stored before."""
        self._repeated(feed).inc(count)

    def settled(self, feed: str, state: str, count: int = 1) -> None:
        """Count messages that reached `state`."""
        self._settled(feed, state).inc(count)

    def file_settled(self, feed: str, state: str) -> None:
        """Count files of a partner that came to `state`, or wait for somebody."""
        self._files(feed, state).inc()

    def emitted(self, event_type: str, count: int = 1) -> None:
        """Count care events."""
        self._emitted(event_type).inc(count)

    def decided(self, *, permitted: bool, count: int = 1) -> None:
        """Count decisions about a notice."""
        self._decisions("permit" if permitted else "deny").inc(count)

    def attempted(self, destination: str, outcome: str, count: int = 1) -> None:
        """Count attempts to deliver."""
        self._attempts(destination, outcome).inc(count)

    def delivery_settled(self, destination: str, state: str, count: int = 1) -> None:
        """Count deliveries that came to an end."""
        self._deliveries(destination, state).inc(count)

    def committed(self, items: int, seconds: float) -> None:
        """Record one commit. Fits the store's `Observe`."""
        self._commit_items.observe(items)
        self._commit_seconds.observe(seconds)

    def messages_waiting(self, count: int) -> None:
        """Say how many messages wait to be processed."""
        self._messages_waiting.set(count)

    def deliveries_waiting(self, destination: str, count: int) -> None:
        """Say how many deliveries to `destination` are not settled."""
        self._deliveries_waiting(destination).set(count)

    def feed_overdue(self, feed: str, *, overdue: bool) -> None:
        """Say whether a file that `feed` should have brought is missing."""
        self._overdue(feed).set(overdue)

    def unacknowledged(self, destination: str, count: int) -> None:
        """Say how many files to `destination` should have been acknowledged."""
        self._unacknowledged(destination).set(count)

    def books_imbalance(self, count: int) -> None:
        """Say how many rows contradict the balance (G4)."""
        self._imbalance.set(count)
