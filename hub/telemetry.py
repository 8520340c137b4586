"""What operators see of the hub from outside: logs and metrics.

A log entry holds an event name and fields that are known to be safe; everything
else is withheld before it is rendered, exceptions included, so that no mistake
elsewhere can put the content of a message into a log (G24, S12, S13).
"""

import logging
import re
import sys
import threading
import types
from collections.abc import Iterator
from functools import cache
from typing import Any

import msgspec
import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from structlog.typing import EventDict, WrappedLogger

from hub.errors import HubError

WITHHELD = "[withheld]"

#: The fields that may be logged: names an operator chose, ids the hub made,
#: codes, counts and durations. A value under any other key is withheld.
SAFE_FIELDS = frozenset(
    {
        # added to every entry
        *("event", "level", "timestamp", "exceptions", "logger", "where", "thread"),
        # who and which
        *("hub", "connector", "source", "feed", "destination", "subscription"),
        *("plugin", "kind", "normaliser", "renderer", "format", "distribution"),
        *("message_id", "event_id", "event_type", "delivery", "delivery_id"),
        *("artifact", "artifact_id", "decision", "error_id", "worker"),
        # what came of it
        *(
            "state",
            "outcome",
            "evidence",
            "stage",
            "reason",
            "error",
            "error_code",
            "recovery",
        ),
        *("action", "permitted", "intentional", "warning", "warnings", "anomaly"),
        *("signal", "status", "method", "exit_status", "version", "ready", "task"),
        # how much, how long, where to
        *("count", "counts", "items", "waiting", "limit", "size", "bytes", "rows"),
        *("frames", "connections", "messages", "events", "deliveries", "decisions"),
        *("attempt", "attempts", "repeats", "imbalance", "checks", "code"),
        *("seconds", "wait_seconds", "retry_after_seconds", "timeout_seconds"),
        *("address", "host", "port", "peer", "path", "folder", "setting", "evidence"),
        # guards that the hub takes where a library has a fault
        "guard",
    }
)

_MAX_TEXT = 500  # characters of one value
_MAX_FRAMES = 12  # innermost frames of one exception
_MAX_CHAIN = 8  # exceptions of one entry

_EVENT = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+")
_KEY = re.compile(r"[a-z_]{1,40}")
# The second line of defence: a segment of HL7 v2 or X12 under a safe key.
_SEGMENT = re.compile(r"(?:^|[\r\n\x0b~])(?:[A-Z][A-Z0-9]{2}\||[A-Z][A-Z0-9]{1,2}\*)")


def configure_logging(*, json: bool | None = None, level: str = "info") -> None:
    """Send log entries of at least `level` to standard error.

    One line of JSON each; where `json` is None and standard error is a terminal,
    in a form for people. Entries of libraries, and exceptions that nobody
    caught, are logged too: by where they come from, without their text.
    """
    as_json = not sys.stderr.isatty() if json is None else json
    threshold = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            render_exceptions,
            withhold_unknown,
            _as_json if as_json else structlog.dev.ConsoleRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=_StandardError,
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(
        handlers=[_LibraryHandler()],
        level=max(threshold, logging.WARNING),
        force=True,
    )
    _watch_uncaught()


def _as_json(_: WrappedLogger, __: str, entry: EventDict) -> str:
    return msgspec.json.encode(entry).decode()


class _StandardError:
    """Writes to what is standard error at that moment; loggers outlive streams."""

    _lock = threading.Lock()

    def msg(self, line: str) -> None:
        with self._lock:
            sys.stderr.write(f"{line}\n")
            sys.stderr.flush()

    debug = info = warning = error = critical = msg


def render_exceptions(_: WrappedLogger, __: str, entry: EventDict) -> EventDict:
    """Replace ``exc_info`` by type names and places, outermost cause first.

    Texts, source lines and local variables of exceptions may hold what a sender
    wrote; only a HubError is known to hold none.
    """
    error = _exception(entry.pop("exc_info", None))
    entry.pop("stack_info", None)
    # The key would let a caller pass a text off as rendered here.
    entry.pop("exceptions", None)
    if error is not None:
        entry["exceptions"] = [_describe(each) for each in _chain(error)]
        if isinstance(error, HubError):
            entry.setdefault("error_code", error.code)
    return entry


def _exception(exc_info: object) -> BaseException | None:
    if isinstance(exc_info, BaseException):
        return exc_info
    if isinstance(exc_info, tuple):
        return exc_info[1] if isinstance(exc_info[1], BaseException) else None
    return sys.exception() if exc_info else None


def _chain(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting and len(found) < _MAX_CHAIN:
        each = waiting.pop()
        if each is None or each in found:
            continue
        found.append(each)
        if isinstance(each, BaseExceptionGroup):
            waiting += reversed(each.exceptions)
        waiting.append(
            each.__cause__ or (None if each.__suppress_context__ else each.__context__)
        )
    return found


def _describe(error: BaseException) -> dict[str, object]:
    described: dict[str, object] = {
        "type": type(error).__name__,
        "where": list(places(error))[-_MAX_FRAMES:],
    }
    if isinstance(error, HubError):
        described["error"] = _plain(str(error))
    return described


def places(error: BaseException) -> Iterator[str]:
    """Yield the places that `error` passed through, as ``file:line``."""
    traceback = error.__traceback__
    while traceback is not None:
        path = traceback.tb_frame.f_code.co_filename
        yield f"{'/'.join(path.split('/')[-3:])}:{traceback.tb_lineno}"
        traceback = traceback.tb_next


def withhold_unknown(_: WrappedLogger, __: str, entry: EventDict) -> EventDict:
    """Keep what is known to be safe, on one line; replace the rest."""
    safe: EventDict = {}
    for key, value in entry.items():
        known = key in SAFE_FIELDS
        name = key if known or _KEY.fullmatch(key) else WITHHELD
        safe[name] = _safe_value(value) if known else WITHHELD
    # What render_exceptions made is ours, and nested on purpose.
    if "exceptions" in entry:
        safe["exceptions"] = entry["exceptions"]
    if not _EVENT.fullmatch(str(entry.get("event", ""))):
        safe["event"] = WITHHELD
    return safe


def _safe_value(value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return WITHHELD if _SEGMENT.search(value) else _plain(value)
    if isinstance(value, HubError):
        return _plain(str(value))
    if isinstance(value, BaseException):
        return type(value).__name__
    if isinstance(value, list | tuple | set | frozenset):
        return [_safe_value(each) for each in value]
    return WITHHELD


def _plain(text: str) -> str:
    return printable(text[:_MAX_TEXT])


def printable(text: str) -> str:
    """Return `text` on one line, control characters written out (S12)."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
        for char in text
    )


class _LibraryHandler(logging.Handler):
    """Logs that a library logged, and where, but not what: it may quote input."""

    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger().log(
            min(record.levelno // 10 * 10, logging.CRITICAL),
            "library.logged",
            logger=record.name,
            where=f"{record.filename}:{record.lineno}",
            exc_info=record.exc_info,
        )


def _watch_uncaught() -> None:
    """Log exceptions that Python would print to standard error with their text."""
    sys.excepthook = _log_uncaught
    threading.excepthook = lambda args: _log_uncaught(
        args.exc_type, args.exc_value, args.exc_traceback
    )
    sys.unraisablehook = lambda args: _log_uncaught(
        args.exc_type, args.exc_value, args.exc_traceback
    )


def _log_uncaught(
    _: type[BaseException],
    error: BaseException | None,
    __: types.TracebackType | None,
) -> None:
    structlog.get_logger().critical("exception.uncaught", exc_info=error)


_SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
_ITEMS = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Metrics:
    """The hub's counters, for callers on any thread.

    Labels are names from the configuration and words of the hub's own, never
    anything from a message, so that there is a bounded number of them.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        def counter(name: str, text: str, *labels: str) -> Any:
            # Looking up a label's counter costs three times what counting does.
            return cache(Counter(name, text, labels, registry=registry).labels)

        self._received = counter(
            "hub_messages_received_total", "Messages stored for the first time.", "feed"
        )
        self._repeated = counter(
            "hub_messages_repeated_total", "Messages that were stored before.", "feed"
        )
        self._settled = counter(
            "hub_messages_settled_total",
            "Messages processed, unmapped or parked.",
            *("feed", "state"),
        )
        self._emitted = counter(
            "hub_events_emitted_total", "Care events emitted.", "type"
        )
        self._decisions = counter(
            "hub_decisions_total", "Decisions to permit or deny a notice.", "outcome"
        )
        self._attempts = counter(
            "hub_attempts_total",
            "Attempts to deliver, by outcome.",
            *("destination", "outcome"),
        )
        self._deliveries = counter(
            "hub_deliveries_settled_total",
            "Deliveries that came to an end.",
            *("destination", "state"),
        )
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

    def books_imbalance(self, count: int) -> None:
        """Say how many rows contradict the balance (G4)."""
        self._imbalance.set(count)
