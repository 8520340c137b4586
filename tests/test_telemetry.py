"""Logs and metrics show what the hub did, and never what a message said."""

import ast
import asyncio
import json
import logging
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest

import hub
from hub.errors import HubError, Recovery
from hub.metrics import Metrics
from hub.telemetry import (
    SAFE_FIELDS,
    WITHHELD,
    configure_logging,
    places,
    render_exceptions,
    withhold_unknown,
)

CANARY = "ZZCANARYZZ"


class SampleError(HubError):
    """Raised by these tests only."""

    code = "TELE-900"
    summary = "The sample failed"
    remedy = "Run the test again"
    recovery = Recovery.RETRY


class Stream:
    """Standard error, as far as it was captured."""

    def __init__(self, capsys):
        self._capsys = capsys
        self._text = ""

    @property
    def text(self):
        self._text += self._capsys.readouterr().err
        return self._text

    @property
    def entries(self):
        return [json.loads(line) for line in self.text.splitlines()]


@pytest.fixture
def stderr(capsys):
    """Standard error after `configure_logging`."""
    configure_logging(level="debug")
    return Stream(capsys)


@pytest.fixture
def log(stderr):  # noqa: ARG001 - logging is set up by it
    return structlog.get_logger()


def test_an_entry_is_a_line_of_json_with_level_and_time_in_utc(log, stderr):
    log.info("message.stored", source="klinik-nord", size=3)

    (entry,) = stderr.entries
    assert entry.pop("timestamp").endswith("Z")
    assert entry == {
        "event": "message.stored",
        "level": "info",
        "source": "klinik-nord",
        "size": 3,
    }


def test_entries_below_the_level_are_not_written(stderr):
    configure_logging(level="warning")
    structlog.get_logger().info("message.stored")

    assert stderr.text == ""


def test_fields_bound_to_the_context_are_in_each_entry(log, stderr):
    with structlog.contextvars.bound_contextvars(connector="mllp"):
        log.info("frame.received")

    assert stderr.entries[0]["connector"] == "mllp"


def test_a_terminal_gets_a_form_for_people(monkeypatch, stderr):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    configure_logging()
    structlog.get_logger().info("message.stored", source="nord", patient=CANARY)

    assert "message.stored" in stderr.text
    assert not stderr.text.startswith("{")
    assert CANARY not in stderr.text


def test_a_field_that_is_not_known_to_be_safe_is_withheld(log, stderr):
    log.info("message.stored", patient=CANARY, source="nord")

    assert stderr.entries[0]["patient"] == WITHHELD
    assert stderr.entries[0]["source"] == "nord"


@pytest.mark.parametrize(
    "value",
    [
        {"name": CANARY},
        CANARY.encode(),
        SimpleNamespace(name=CANARY),
        [{"name": CANARY}],
        ValueError(CANARY),
        f"PID|1||{CANARY}",
        f"no segment: \rPID|1||{CANARY}",
        f"ISA*00*{CANARY}",
        f"ISA*00~NM1*IL*1*{CANARY}",
    ],
    ids=range(9),
)
def test_content_under_a_safe_name_is_withheld(log, stderr, value):
    log.info("message.stored", reason=value)

    assert CANARY not in stderr.text


def test_a_name_or_an_event_that_is_no_literal_is_withheld(log, stderr):
    event = f"stored message of {CANARY}"
    log.info(event, **{f"of {CANARY}": 1})

    assert CANARY not in stderr.text
    assert stderr.entries[0]["event"] == WITHHELD


def test_a_catalogued_error_is_shown_in_full(log, stderr):
    log.warning("delivery.failed", error=SampleError("at host nord"))

    assert stderr.entries[0]["error"] == str(SampleError("at host nord"))


def fail(text):
    raise ValueError(text)


def test_an_exception_is_shown_by_type_and_place_only(log, stderr):
    secret = f"PID|1||{CANARY}"
    try:
        fail(secret)
    except ValueError:
        log.exception("message.refused")

    (shown,) = stderr.entries[0]["exceptions"]
    assert shown["type"] == "ValueError"
    assert all("test_telemetry.py:" in place for place in shown["where"])
    assert CANARY not in stderr.text
    assert "fail(" not in stderr.text


def test_an_exception_is_shown_with_its_causes(log, stderr):
    try:
        try:
            fail(CANARY)
        except ValueError as error:
            raise SampleError("three rows") from error
    except SampleError:
        log.exception("message.refused")

    (entry,) = stderr.entries
    outer, inner = entry["exceptions"]
    assert outer["error"] == str(SampleError("three rows"))
    assert inner["type"] == "ValueError"
    assert entry["error_code"] == "TELE-900"
    assert CANARY not in stderr.text


def test_a_suppressed_context_is_not_shown(log, stderr):
    try:
        try:
            fail(CANARY)
        except ValueError:
            raise SampleError from None
    except SampleError:
        log.exception("message.refused")

    assert len(stderr.entries[0]["exceptions"]) == 1


def test_the_members_of_a_group_are_shown(log, stderr):
    group = ExceptionGroup(CANARY, [KeyError(CANARY), SampleError()])
    log.error("task.failed", exc_info=group)

    types = [each["type"] for each in stderr.entries[0]["exceptions"]]
    assert types == ["ExceptionGroup", "KeyError", "SampleError"]
    assert CANARY not in stderr.text


def test_a_chain_that_runs_in_a_circle_ends(log, stderr):
    first, second = ValueError(), KeyError()
    first.__cause__, second.__cause__ = second, first
    log.error("task.failed", exc_info=first)

    assert len(stderr.entries[0]["exceptions"]) == 2


@pytest.mark.parametrize("exc_info", [None, False, True, (None, None, None)])
def test_no_exception_is_shown_where_there_is_none(exc_info):
    assert render_exceptions(None, "", {"exc_info": exc_info}) == {}


def test_a_caller_cannot_pass_text_off_as_rendered(log, stderr):
    log.info("message.stored", exceptions=[CANARY], stack_info=CANARY)

    assert CANARY not in stderr.text


@given(st.dictionaries(st.sampled_from(sorted(SAFE_FIELDS)), st.text()))
def test_no_text_can_begin_a_line_of_its_own(fields):
    shown = withhold_unknown(None, "", render_exceptions(None, "", dict(fields)))

    assert "".join(str(value) for value in shown.values()).isprintable()


def logged_literally():
    """Yield the event and the fields of each call of `log` in hub and plugins."""
    home = Path(hub.__file__).parent
    plugins = home.parent.glob("plugins/*/hub_*/**/*.py")
    for path in (*home.rglob("*.py"), *plugins):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id="log")),
                    args=[ast.Constant(value=event), *_],
                    keywords=keywords,
                ):
                    names = {each.arg for each in keywords if each.arg}
                    yield event, names - {"exc_info"}


def test_nothing_that_the_hub_logs_is_withheld():
    """A field that nobody declared safe is missed when it is needed."""
    entries = list(logged_literally())
    shown = [withhold_unknown(None, "", {"event": event}) for event, _ in entries]

    assert len(entries) > 10
    assert [entry for entry in entries if not entry[1] <= SAFE_FIELDS] == []
    assert {"event": WITHHELD} not in shown


def test_whose_key_expires_and_when_is_shown(log, stderr):
    said = {"owner": "own", "fingerprint": "098D", "days": 30, "alarm": 30}
    log.warning("key.expires", **said)

    assert stderr.entries[0].items() >= said.items()


def test_an_injected_entry_stays_one_line(log, stderr):
    log.info("message.stored", reason='x\n{"event": "forged"}\u2028\x1b[2J\x85')

    assert len(stderr.text.splitlines()) == 1
    assert "\x1b" not in stderr.entries[0]["reason"]


def test_a_long_text_is_cut(log, stderr):
    log.info("message.stored", reason="x" * 10_000)

    assert len(stderr.entries[0]["reason"]) == 500


def test_a_library_is_logged_by_place_and_not_by_text(stderr):
    logging.getLogger("a.library").error("cannot parse %s", CANARY)

    (entry,) = stderr.entries
    assert entry["event"] == "library.logged"
    assert entry["logger"] == "a.library"
    assert entry["where"].startswith("test_telemetry.py:")
    assert CANARY not in stderr.text


def test_a_library_that_talks_too_much_is_not_heard(stderr):
    logging.getLogger("a.library").info("connected")

    assert stderr.text == ""


async def test_an_exception_that_asyncio_reports_is_shown_without_text(stderr):
    loop = asyncio.get_running_loop()
    loop.call_exception_handler({"message": CANARY, "exception": ValueError(CANARY)})

    assert stderr.entries[0]["exceptions"][0]["type"] == "ValueError"
    assert CANARY not in stderr.text


def test_an_exception_that_ends_a_thread_is_shown_without_text(stderr):
    thread = threading.Thread(target=fail, args=(CANARY,))
    thread.start()
    thread.join()

    assert stderr.entries[0]["event"] == "exception.uncaught"
    assert CANARY not in stderr.text


def test_an_exception_that_python_ignores_is_shown_without_text(stderr):
    class Leaky:
        def __del__(self):
            fail(CANARY)

    Leaky()

    assert stderr.entries[0]["event"] == "exception.uncaught"
    assert CANARY not in stderr.text


def test_an_exception_that_ends_the_process_is_shown_without_text():
    program = (
        "from hub.telemetry import configure_logging\n"
        "configure_logging()\n"
        f"raise ValueError('{CANARY}')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )

    assert done.returncode == 1
    assert json.loads(done.stderr)["exceptions"][0]["type"] == "ValueError"
    assert CANARY not in done.stderr


def test_places_name_the_file_and_the_line():
    try:
        fail("x")
    except ValueError as error:
        found = list(places(error))

    assert len(found) == 2
    assert all(place.split(":")[0].endswith("test_telemetry.py") for place in found)


METRICS = [
    (lambda m: m.received("nord"), 'hub_messages_received_total{feed="nord"}', 1),
    (lambda m: m.received("nord", 7), 'hub_messages_received_total{feed="nord"}', 7),
    (lambda m: m.repeated("nord"), 'hub_messages_repeated_total{feed="nord"}', 1),
    (
        lambda m: m.settled("nord", "parked"),
        'hub_messages_settled_total{feed="nord",state="parked"}',
        1,
    ),
    (
        lambda m: m.emitted("encounter.admitted"),
        'hub_events_emitted_total{type="encounter.admitted"}',
        1,
    ),
    (lambda m: m.decided(permitted=True), 'hub_decisions_total{outcome="permit"}', 1),
    (lambda m: m.decided(permitted=False), 'hub_decisions_total{outcome="deny"}', 1),
    (
        lambda m: m.attempted("payer", "unknown"),
        'hub_attempts_total{destination="payer",outcome="unknown"}',
        1,
    ),
    (
        lambda m: m.delivery_settled("payer", "dead"),
        'hub_deliveries_settled_total{destination="payer",state="dead"}',
        1,
    ),
    (
        lambda m: m.file_settled("roster", "held"),
        'hub_files_settled_total{feed="roster",state="held"}',
        1,
    ),
    (lambda m: m.committed(256, 0.004), "hub_store_commit_items_sum", 256),
    (lambda m: m.committed(256, 0.004), "hub_store_commit_seconds_sum", 0.004),
    (lambda m: m.committed(3, 9), 'hub_store_commit_seconds_bucket{le="5.0"}', 0),
    (lambda m: m.messages_waiting(5), "hub_messages_waiting", 5),
    (
        lambda m: m.deliveries_waiting("payer", 6),
        'hub_deliveries_waiting{destination="payer"}',
        6,
    ),
    (lambda m: m.books_imbalance(2), "hub_books_imbalance", 2),
]


@pytest.mark.parametrize(("act", "series", "value"), METRICS)
def test_what_happens_is_counted(act, series, value):
    registry = CollectorRegistry()
    act(Metrics(registry))

    lines = generate_latest(registry).decode().splitlines()
    assert f"{series} {float(value)}" in lines


def test_counts_add_up():
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    metrics.received("nord")
    metrics.received("nord", 2)

    value = registry.get_sample_value("hub_messages_received_total", {"feed": "nord"})
    assert value == 3


def test_two_hubs_in_one_process_count_apart():
    first, second = CollectorRegistry(), CollectorRegistry()
    Metrics(second)
    Metrics(first).books_imbalance(1)

    assert second.get_sample_value("hub_books_imbalance") == 0
