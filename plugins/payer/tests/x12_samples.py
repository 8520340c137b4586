"""Synthetic X12 files. Every person, payer and number in here is made up."""

import io
from datetime import UTC, datetime

from hub.sdk import Acknowledged, FileContext, Heading, Reply, Row, Totals
from hub_payer.x12.profile import X12Profile
from hub_payer.x12.reading import read

RECEIVED = datetime(2026, 3, 14, 10, 30, tzinfo=UTC)
CONTEXT = FileContext(name="members.834", received_at=RECEIVED)
ISA = (
    "ISA*00*          *00*          *ZZ*MUSTERKASSE    *ZZ*HUB            "
    "*260314*0930*^*00501*{control}*{asked}*{usage}*:~"
)
#: A member and what they are covered by, as most tests have them.
MEMBER = (
    "INS*Y*18*021*28*A***FT",
    "REF*0F*S100",
    "REF*1L*G7",
    "NM1*IL*1*SPATZ*JO*A***34*999001111",
    "PER*IP**HP*0305550100*EM*jo@example.org",
    "N3*AM WEHR 7*HINTERHAUS",
    "N4*MUSTERSTADT*NY*01234",
    "DMG*D8*19700131*M",
    "HD*021**HLT*PLAN A*IND",
    "DTP*348*D8*20260101",
)


def lines(*segments, end="~"):
    """Return segments as text."""
    return "".join(segment + end for segment in segments)


def transaction(*segments, kind="834", control="0001", version="005010X220A1", **wrong):
    """Return a transaction set; `wrong` replaces what stands in its SE."""
    count = wrong.get("count", len(segments) + 2)
    trailer = f"SE*{count}*{wrong.get('trailer', control)}"
    return lines(f"ST*{kind}*{control}*{version}", *segments, trailer)


def group(*sets, kind="BE", control="1", version="005010X220A1", **wrong):
    """Return a group; `wrong` replaces what stands in its GE."""
    header = f"GS*{kind}*KASSE*HUB*20260314*0930*{control}*X*{version}"
    count = wrong.get("count", len(sets))
    return (
        lines(header)
        + "".join(sets)
        + lines(f"GE*{count}*{wrong.get('trailer', control)}")
    )


def interchange(
    *groups, control="000000001", usage="P", asked="0", between="", **wrong
):
    """Return an interchange; `wrong` replaces what stands in its IEA."""
    header = ISA.format(control=control, usage=usage, asked=asked)
    count = wrong.get("count", len(groups))
    trailer = f"IEA*{count}*{wrong.get('trailer', control)}"
    return header + between + "".join(groups) + lines(trailer)


def enrolment(*members, purpose="2", bgn="00", header=(), control="0001"):
    """Return an 834 of `members`, each of which is a list of segments."""
    begin = f"BGN*{bgn}*REF{control}*20260314*0930****{purpose}"
    return transaction(
        begin,
        *header,
        "N1*P5*FIRMA*FI*123456789",
        "N1*IN*MUSTERKASSE*FI*987654321",
        *(segment for member in members for segment in member),
        control=control,
    )


def members(*each, **how):
    """Return a file with one 834."""
    return interchange(group(enrolment(*each, **how)))


def changed(member, **segments):
    """Return a member with other segments: by id, None leaves out, a list adds."""
    made = []
    for segment in member:
        name = segment.partition("*")[0]
        new = segments.get(name, segment)
        made += [] if new is None else [new] if isinstance(new, str) else list(new)
    return made


class Read:
    """What a file gave, sorted."""

    def __init__(self, items):
        self.items = list(items)
        assert isinstance(self.items[0], Heading)
        assert isinstance(self.items[-1], Totals)
        self.heading = self.items[0]
        self.totals = self.items[-1]
        self.all_rows = self._of(Row)
        self.rows = [row for row in self.all_rows if not row.problems]
        self.replies = {reply.kind: reply.body for reply in self._of(Reply)}
        self.acknowledged = self._of(Acknowledged)
        self.problems = [
            (problem.code, problem.column)
            for row in self.all_rows
            for problem in row.problems
        ]

    def _of(self, kind):
        return [item for item in self.items if isinstance(item, kind)]


def opened(content):
    """Return content as a file."""
    return io.BytesIO(content.encode() if isinstance(content, str) else content)


def reading(content, context=CONTEXT, **profile):
    """Read a file by a profile."""
    return Read(read(opened(content), X12Profile(**profile), context))


class Dribble(io.BytesIO):
    """A file whose reads give a few bytes at a time."""

    def __init__(self, content, size):
        super().__init__(content.encode() if isinstance(content, str) else content)
        self._size = size

    def read(self, size=-1):
        return super().read(min(size, self._size) if size > 0 else self._size)
