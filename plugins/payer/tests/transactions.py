"""Transaction sets for tests. Everybody in them is made up."""

import io
from datetime import UTC, datetime
from itertools import count

import msgspec

from hub.sdk import NUMBER_MARK, Acknowledged, FileContext, Row, RowMessage
from hub_payer.x12.envelope import read
from hub_payer.x12.events import GroupBegin, InterchangeBegin, TransactionBegin
from hub_payer.x12.handlers import Place
from hub_payer.x12.profile import X12Profile
from hub_payer.x12.segments import Segment
from hub_payer.x12_services.registry import HANDLERS
from hub_payer.x12_services.statements import normalise_service

NOW = datetime(2026, 3, 16, 12, tzinfo=UTC)
CONTEXT = FileContext(name="synthetic.x12", received_at=NOW)
PROFILE = X12Profile(numbers={"system": "PAYER"})
GROUPS = {"270": "HS", "271": "HB", "278": "HI", "834": "BE", "835": "HP", "837": "HC"}
VERSIONS = {
    "270": "005010X279A1",
    "271": "005010X279A1",
    "278": "005010X217",
    "834": "005010X220A1",
    "835": "005010X221A1",
    "837": "005010X223A2",
}


def interchange(kind, *bodies, version="", control=7):
    """Return an interchange of transaction sets, whose segments lines hold."""
    version = version or VERSIONS[kind]
    blank, ends = " " * 10, f"ZZ*{'SENDER':15}*ZZ*{'RECEIVER':15}"
    lines = [
        f"ISA*00*{blank}*00*{blank}*{ends}*260316*1200*^*00501*{control:09}*0*P*:",
        f"GS*{GROUPS[kind]}*SENDER*RECEIVER*20260316*1200*{control}*X*{version}",
    ]
    for number, body in enumerate(bodies, 1):
        lines_of_body = body.strip().splitlines()
        inner = [line.strip() for line in lines_of_body if line.strip()]
        lines += [f"ST*{kind}*{number:04}*{version}", *inner]
        lines += [f"SE*{len(inner) + 2}*{number:04}"]
    lines += [f"GE*{len(bodies)}*{control}", f"IEA*1*{control:09}"]
    return ("~".join(lines) + "~").encode()


def numbered(body, number=42):
    """Return an artifact as it leaves the hub, with its number."""
    return body.replace(NUMBER_MARK, f"{number:09}".encode())


def sets(body):
    """Yield of each transaction set its place and its segments."""
    isa = group = transaction = None
    found, rows = [], count(1)
    for event in read(io.BytesIO(body)):
        match event:
            case InterchangeBegin():
                isa = event.isa
            case GroupBegin():
                group = event
            case TransactionBegin():
                transaction, found = event, []
            case Segment() if transaction is not None:
                if event.id not in {"ST", "SE"}:
                    found.append(event)
            case _ if transaction is not None:
                yield Place(isa, group, transaction, CONTEXT, rows), found
                transaction = None


def items(body, profile=PROFILE):
    """Return all that the handlers of the transaction sets yield."""
    return [
        item
        for place, segments in sets(body)
        for item in HANDLERS[place.transaction.kind](iter(segments), profile, place)
    ]


def rows_of(body, profile=PROFILE):
    """Return the rows of a file."""
    return [item for item in items(body, profile) if isinstance(item, Row)]


def answers_of(body):
    """Return what a file says of files of ours."""
    return [item for item in items(body) if isinstance(item, Acknowledged)]


def said(row):
    """Return the body of a row."""
    return msgspec.json.decode(row.body)


def facts_of(body, profile=PROFILE):
    """Return the facts of all rows of a file that have no problem."""
    return [
        fact
        for row in rows_of(body, profile)
        if not row.problems
        for fact in normalise_service(message(row), profile).facts
    ]


def message(row, said_at=NOW):
    """Return the message that a row becomes."""
    return RowMessage(
        op=row.op,
        key=row.key,
        row=msgspec.Raw(row.body),
        said=said_at,
        exchange="exc_synthetic",
        number=row.number,
    )


def codes(problems):
    """Return what the problems are, and where."""
    return [(each.code, each.column) for each in problems]
