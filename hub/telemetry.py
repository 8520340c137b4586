"""What operators read of the hub: its log.

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

import msgspec
import structlog
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
        *("person", "message_id", "event_id", "event_type", "delivery", "delivery_id"),
        *("artifact", "artifact_id", "decision", "error_id", "worker"),
        # panels, readings and scores, as an operator or the hub calls them
        *("panel", "load_id", "amendment", "entity", "scorer", "model", "inputs"),
        *("people", "told", "failed", "members", "added", "removed"),
        # files that are exchanged: whose, since when missing, how many records
        *("partner", "exchange", "due", "changed", "ended"),
        # referrals by the hub's key, who works them, and why somebody is refused
        *("referral", "party", "why"),
        # directories: which of a publisher's lists, how much of it, whether all
        *("resource", "objects", "lines", "complete", "repeated"),
        # keys and certificates: whose, which, until when; parts of files that lack
        *("owner", "fingerprint", "alarm", "days", "expires", "missing", "place"),
        # the code of a peer's acknowledgement
        "answer",
        # what a score may not depend on unseen
        *("race_was_input", "ethnicity_was_input", "sex_was_input"),
        # whose token, never the token
        *("token_id", "role"),
        # how far the audit had come, for who keeps that elsewhere
        *("n", "hash", "first", "last", "signature"),
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
        *(
            "action",
            "operation",
            "permitted",
            "intentional",
            "warning",
            "warnings",
            "anomaly",
        ),
        *("signal", "status", "method", "exit_status", "version", "ready", "task"),
        # how much, how long, where to
        *("count", "counts", "items", "waiting", "limit", "size", "bytes", "rows"),
        *("frames", "connections", "messages", "events", "deliveries", "decisions"),
        *("stray_bytes", "abandoned_frames"),
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
