"""Readers of made-up files, each line of which is JSON. All of it is synthetic.

The process that checks finds them by their names, so that they are in a module.
"""

import json
import os
import signal
import time
from datetime import UTC, date, datetime
from pathlib import Path

from hub.errors import HubError, Recovery
from hub.runtime.exchanges.checking_job import Job, Reading
from hub.sdk import (
    Acknowledged,
    Heading,
    Membership,
    Reply,
    Row,
    RowProblem,
    Settings,
    Totals,
)

NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)
CANARY = "ZZCANARYZZ"


class BadFileError(HubError):
    code = "TESTC-001"
    summary = "The made-up file is not usable"
    remedy = "Nothing: this is a test"


class NotNowError(HubError):
    code = "TESTC-002"
    summary = "The made-up key server does not answer"
    remedy = "Nothing: this is a test"
    recovery = Recovery.RETRY


def heading(semantics="full", **more):
    return {"heading": {"kind": "roster", "semantics": semantics} | more}


def row(number, key, value="x", **more):
    return {"row": {"number": number, "key": key, "value": value} | more}


def totals(stated=None, *codes):
    return {"totals": {"stated": stated, "codes": codes}}


def read(file, _profile, _context):
    """Read a file line by line; a line may say what goes wrong there."""
    for line in file:
        [(what, told)] = json.loads(line).items()
        match what:
            case "heading":
                yield Heading(**told)
            case "row":
                yield _row(**told)
            case "totals":
                problems = tuple(map(RowProblem, told["codes"]))
                yield Totals(stated=told["stated"], problems=problems)
            case "acknowledged":
                yield Acknowledged(**told)
            case "reply":
                yield Reply(kind="TA1", body=b"x" * told, suffix=".x12")
            case _:
                _misbehave(what, told)


def _row(number, key, value, op="set", bad=(), warned=(), until="", since=""):
    member = Membership(
        system="PAYER",
        value=key,
        since=date.fromisoformat(since) if since else None,
        until=date.fromisoformat(until) if until not in {"", "none"} else None,
    )
    return Row(
        number=number,
        key=key,
        op=op,
        body=json.dumps({"value": value}).encode(),
        memberships=(member,) if op == "set" and until != "none" else (),
        problems=tuple(RowProblem(code, "value") for code in bad),
        warnings=tuple(RowProblem(code) for code in warned),
    )


def _misbehave(what, told):
    match what:
        case "die":
            os._exit(told)
        case "hang":
            Path(told).touch()
            time.sleep(600)
        case "alarm":
            os.kill(os.getpid(), signal.SIGALRM)
            time.sleep(600)
        case "raise":
            raise RuntimeError(CANARY)
        case "refuse":
            raise BadFileError("in line 3")
        case "later":
            raise NotNowError
        case "touch":
            os.truncate(told, 5)
        case "print":
            print(CANARY, flush=True)  # noqa: T201
        case _:
            raise ValueError(what)


def nothing(_file, _profile, _context):
    """Yield nothing at all."""
    return iter(())


def rubbish(_file, _profile, _context):
    """Yield what no reader may."""
    yield Heading(kind="roster", semantics="full")
    yield "rubbish"


def many(file, _profile, _context):
    """Yield as many rows as the file says, of some hundred bytes each."""
    count, changed = map(int, file.read().split())
    yield Heading(kind="roster", semantics="full")
    for n in range(count):
        # Not in the order of the keys.
        key = f"{n * 2654435761 % 2**32:010d}"
        value = b"y" if changed and n % changed == 0 else b"x"
        member = Membership(system="PAYER", value=key, patient_id=key)
        body = b'{"family":"SYNTHETIC","given":"%d","value":"%b"}' % (n, value * 200)
        yield Row(number=n, key=key, body=body, memberships=(member,))


def large(file, _profile, _context):
    """Read a file to its end, and say how long it was."""
    yield Heading(kind="large", semantics="append")
    size = 0
    while piece := file.read(65536):
        size += len(piece)
    yield Row(number=1, key="size", op="once", body=str(size).encode())


def split(wrapped, folder, _settings):
    """Open a container: its parts stand between lines of ``---``."""
    paths = []
    for n, part in enumerate(wrapped.read_bytes().split(b"---\n")):
        if part:
            path = folder / f"part-{n}"
            path.write_bytes(part)
            paths.append(path)
    return paths


def cannot_unwrap(_wrapped, _folder, _settings):
    raise BadFileError


def written(*items):
    return b"".join(json.dumps(item).encode() + b"\n" for item in items)


def job(folder, body, *, reader=read, **more):
    """Return the job of checking `body` in `folder`."""
    original = folder / "original"
    original.write_bytes(body)
    media_type = more.pop("media_type", "text/csv")
    unwrap = more.pop("unwrap", None)
    given = {
        "exchange": "x_1",
        "feed": "roster",
        "name": "roster.csv",
        "received_at": NOON,
        "original": original,
        "staging": folder / "staging" / "x_1.sqlite3",
        "scratch": folder / "scratch",
        "database": folder,
        "current": 0,
        "groups": {},
        "reading": Reading(media_type, Settings(), Settings(), reader, unwrap),
    }
    return Job(**given | more)
