"""A small store that every way of looking at the hub is tested on.

All of it is made up. `CANARY` stands wherever content may be, so that a test can
look for it where content may not be.
"""

import asyncio
import hashlib
import json
import logging
import os
import sys
import threading
import traceback
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
import structlog
from hypothesis import settings

from hub.store import migrate, schema, store
from hub.store.sqlite import DATABASE_NAME
from tests.stores import created, engine, put_down
from tests.together import Together

# `make test` tries the same examples each time, so that what fails is what was
# changed, and fewer than `make fuzz`, which looks for new ones.
settings.register_profile("the same each time", derandomize=True, max_examples=25)
if "CAREHUB_WALKS" not in os.environ:
    settings.load_profile("the same each time")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Keep tests in one process that share what their module sets up once."""
    return Together(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Begin with tests that take long, so that no process is left with one."""
    items.sort(key=lambda item: "acceptance" not in item.keywords)


_configure, _AS_IT_COMES = structlog.configure, structlog.get_config()


def _configure_without_cache(**given):
    """Configure for one test: loggers that are cached keep its level and form.

    For all of a process, because fixtures of whole modules run hubs as well.
    """
    _configure(**given | {"cache_logger_on_first_use": False})


structlog.configure = _configure_without_cache

# Hundreds of processes are started: what one has compiled, the next ones need not.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def _upgrade_copied(folder):
    """Bring a store up to date; a new one is a copy. Migrating has tests of its own."""
    put_down(folder)
    migrate.upgrade(folder)


store.upgrade = _upgrade_copied

# In debug mode each callback and each future notes where it comes from. With all of
# pytest's frames that takes as long as the tests; the innermost ones say as much.
asyncio.constants.DEBUG_STACK_DEPTH = 2
traceback.extract_stack.__defaults__ = (None, asyncio.constants.DEBUG_STACK_DEPTH)

CANARY = "ZZCANARYZZ"

# 2026-03-14T09:31:04.221Z in microseconds
NOON = 1_773_480_664_221_000
MINUTE = 60_000_000


def body_of(number):
    return (
        f"MSH|^~\\&|KIS|NORD|||20260314||ADT^A01|C{number}|P|2.5\r"
        f"PID|1||{CANARY}{number}||SYNTHETIC^{CANARY}\r"
    ).encode()


def message(number, state, **more):
    body = body_of(number)
    return {
        "seq": number,
        "id": f"msg_{number:032x}",
        "source": "klinik-nord" if number % 2 else "klinik-sued",
        "control_id": f"C{number}",
        "message_type": "ADT^A01",
        "media_type": "x-application/hl7-v2+er7",
        "sha256": hashlib.sha256(body).digest(),
        "size": len(body),
        "body": body,
        "received_at": NOON + number * MINUTE,
        "peer": "127.0.0.1:40000",
        "state": state,
        "reason": "",
        "error_code": "",
        "warnings": "[]",
        "settled_at": None,
        "repeats": 0,
        "repeated_at": None,
    } | more


def entity(number):
    """Return what facts and events are about, of a kind that is not shown itself."""
    return {
        "seq": number,
        "key": f"enc_{number:032x}",
        "kind": "synthetic",
        "person": "per_1",
        "version": 1,
        "body": b"{}",
    }


def fact(number, message, place, kind):
    body = {"kind": kind, "subject": {"demographics": {"name": CANARY}}}
    return {
        "seq": number,
        "message": message,
        "place": place,
        "entity": message,
        "body": json.dumps(body).encode(),
    }


def event(number, message, type_, routes):
    identity, entity = f"evt_{number:032x}", f"enc_{number:032x}"
    envelope = {
        "id": identity,
        "type": type_,
        "schema": "careevent/encounter/1.0",
        "subject": {"person": None, "identifiers": [{"value": CANARY}]},
        "entity": {"kind": "encounter", "key": entity, "version": 1},
        "payload": {"name": CANARY},
    }
    return {
        "seq": number,
        "id": identity,
        "message": message,
        "type": type_,
        "entity": number,
        "version": 1,
        "emitted_at": NOON + number * MINUTE,
        "routes": routes,
        "body": json.dumps(envelope).encode(),
    }


def decision(number, event, destination, *, permitted, reason):
    return {
        "seq": number,
        "event": f"evt_{event:032x}",
        "subscription": f"{destination}-members",
        "destination": destination,
        "permitted": permitted,
        "reason": reason,
        "purpose": "care_coordination",
        "patient_id": CANARY,
        "rules": '["panel.member", "purpose.allowed"]',
        "decided_at": NOON,
    }


def delivery(number, event, state, **more):
    return {
        "seq": number,
        "id": f"dlv_{number:032x}",
        "event": f"evt_{event:032x}",
        "subscription": "payer-a-members",
        "destination": "payer-a",
        "okey": f"per_{CANARY}",
        "state": state,
        "attempts": 0,
        "epoch": 0,
        "due": NOON + MINUTE,
        "batch": "",
        "receipt": "",
        "error_code": "",
        "created_at": NOON,
        "settled_at": None,
    } | more


def attempt(number, delivery, count, outcome, **more):
    return {
        "seq": number,
        "delivery": delivery,
        "number": count,
        "started_at": NOON,
        "ended_at": NOON + 1,
        "outcome": outcome,
        "evidence": "",
        "error_code": "",
    } | more


ROWS = {
    schema.message: [
        message(1, "processed", settled_at=NOON, warnings='["charset.fallback"]'),
        message(2, "parked", error_code="QUERY-003", reason="MSH-9 is empty"),
        message(3, "unmapped", reason="no trigger that the hub knows"),
        message(4, "received"),
        message(5, "processed"),
        message(6, "processed"),
        message(7, "processed", repeats=2, repeated_at=NOON),
        message(8, "processed"),
        message(9, "processed"),
    ],
    schema.entity: [entity(number) for number in range(1, 10)],
    schema.fact: [
        fact(1, 1, 0, "start"),
        fact(2, 1, 1, "person"),
        fact(3, 5, 0, "update"),
        fact(4, 6, 0, "update"),
        fact(5, 7, 0, "end"),
        fact(6, 8, 0, "end"),
    ],
    schema.event: [
        event(1, 1, "encounter.admitted", 2),
        event(2, 6, "encounter.updated", 0),
        event(3, 7, "encounter.discharged", 1),
        event(4, 8, "encounter.discharged", 1),
    ],
    schema.decision: [
        decision(1, 1, "payer-a", permitted=True, reason="on the panel"),
        decision(2, 1, "foodbank", permitted=False, reason="no consent"),
        decision(3, 3, "payer-a", permitted=True, reason="on the panel"),
        decision(4, 4, "payer-a", permitted=True, reason="on the panel"),
    ],
    schema.delivery: [
        delivery(1, 1, "delivered", attempts=2, receipt="file stored", settled_at=NOON),
        delivery(2, 3, "dead", attempts=20, error_code="QUERY-001", settled_at=NOON),
        delivery(3, 4, "ready", attempts=1),
    ],
    schema.attempt: [
        attempt(1, 1, 1, "retryable", error_code="QUERY-005"),
        attempt(2, 1, 2, "accepted", evidence="file stored"),
    ],
}


@cache
def _filled():
    with TemporaryDirectory() as folder:
        fill(Path(folder, DATABASE_NAME))
        return Path(folder, DATABASE_NAME).read_bytes()


def fill(path):
    path.write_bytes(created())
    writing = engine(path)
    with writing.connect() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode=wal")
    with writing.begin() as connection:
        for table, rows in ROWS.items():
            connection.execute(sa.insert(table), rows)


@pytest.fixture
def seeded(tmp_path):
    """A data folder with a store in it, and the names of what is in it."""
    folder = tmp_path / "data"
    folder.mkdir()
    path = Path(folder / DATABASE_NAME)
    path.write_bytes(_filled())
    return SimpleNamespace(
        folder=folder,
        path=path,
        canary=CANARY,
        body=body_of,
        message=lambda number: f"msg_{number:032x}",
        event=lambda number: f"evt_{number:032x}",
        delivery=lambda number: f"dlv_{number:032x}",
    )


@pytest.fixture(autouse=True)
def _logging_is_put_back(monkeypatch):
    """Undo what `configure_logging` does to the process, as commands call it.

    Also what a fixture of a whole module did before this test.
    """
    _configure(**_AS_IT_COMES)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    # Setting the hooks to what they are makes monkeypatch put them back.
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    yield
    _configure(**_AS_IT_COMES)
    structlog.contextvars.clear_contextvars()
    for handler in set(root.handlers) - set(handlers):
        root.removeHandler(handler)
    for handler in handlers:
        if handler not in root.handlers:
            root.addHandler(handler)
    root.setLevel(level)
