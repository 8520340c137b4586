"""Tables of members, care gaps and answers. All of it is synthetic: nobody lives."""

import io
from datetime import UTC, datetime

import msgspec

from hub.sdk import Acknowledged, FileContext, Heading, Row, RowMessage, Totals
from hub_payer.tables import acks, caregap, roster

CONTEXT = FileContext(name="synthetic", received_at=datetime(2026, 11, 2, tzinfo=UTC))
COLUMNS = {
    "member_id": "Member ID",
    "family_name": "Last Name",
    "given_name": "First Name",
    "birth_date": "DOB",
    "sex": "Gender",
    "plan": "Plan",
    "since": "Start",
    "until": "End",
}
HEADER = "Member ID,Last Name,First Name,DOB,Gender,Plan,Start,End"
ROWS = (
    "0012345,Musterfrau,Anna,1961-04-07,F,PPO-1,2026-01-01,",
    '0012346,"Muster, Mann",Ben,1950-12-31,M,PPO-1,2026-01-01,2026-12-31',
    "0012347,Beispiel,Cem,2001-02-03,,HMO-2,2025-01-01,2026-06-30",
)
ROSTER = "\n".join([HEADER, *ROWS, ""])
GAPS = (
    "Member,Measure,Status,Due\n"
    "0012345,BCS,open,2026-12-31\n"
    "0012345,COL,closed,2026-12-31\n"
    "0012346,COL,disputed,\n"
)
ACKS = "File,Status,Codes\nA_B_notice_1.csv,accepted,\n000000007,REJECTED,E17 E18\n"


def profile(**given):
    """Return the profile of the rosters above."""
    given = {"columns": COLUMNS, "semantics": "full", "system": "PAYER-A"} | given
    return roster.RosterProfile(**given)


def gap_profile(**given):
    """Return the profile of the care gaps above."""
    columns = {
        "member_id": "Member",
        "measure": "Measure",
        "status": "Status",
        "due": "Due",
    }
    given = {"columns": columns, "semantics": "cumulative", "system": "PAYER-A"} | given
    return caregap.CareGapProfile(**given)


def ack_profile(**given):
    """Return the profile of the acknowledgements above."""
    columns = {"file": "File", "status": "Status", "codes": "Codes"}
    return acks.AckProfile(**{"columns": columns} | given)


def items(text, given=None, reader=roster.read):
    """Return all that a reader yields of a text, or of bytes."""
    raw = text if isinstance(text, bytes) else text.encode()
    return list(reader(io.BytesIO(raw), given or profile(), CONTEXT))


def rows(text, given=None):
    """Return the rows of a roster."""
    return [each for each in items(text, given) if isinstance(each, Row)]


def table(*lines, header=HEADER):
    """Return lines below a header as a file."""
    return "\n".join([header, *lines, ""])


def body(row):
    """Return what a row says."""
    return msgspec.json.decode(row.body)


def codes(row):
    """Return what is wrong with a row: codes, or codes and columns."""
    return [
        f"{each.code} {each.column}".strip() for each in (*row.problems, *row.warnings)
    ]


def totals(found):
    """Return the last item, which says what the file says of itself."""
    assert isinstance(found[0], Heading)
    assert isinstance(found[-1], Totals)
    return found[-1]


def answers(text, given=None):
    """Return what a file says of ours."""
    found = items(text, given or ack_profile(), acks.read)
    return [each for each in found if isinstance(each, Acknowledged)]


def message(now, before=None, *, op="set", said="2026-11-02", key="0012345"):
    """Return the message of a row whose body is `now`."""
    return RowMessage(
        op=op,
        key=key,
        row=msgspec.Raw(msgspec.json.encode(now)),
        before=msgspec.Raw(msgspec.json.encode(before)),
        said=datetime.fromisoformat(f"{said}T06:00:00+00:00"),
        exchange="ex-1",
        number=2,
    )
