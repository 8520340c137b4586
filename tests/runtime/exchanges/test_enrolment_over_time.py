"""Members that come and go by files of a payer, as they are told of day by day.

A clock that moves, the gate, the ledger, the panel and the events together. Everything
in here is made up.
"""

import json
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from hub.model.identifiers import Identifier
from hub.runtime.relations import Contract, Relations, StoredPanels
from hub.runtime.routing import Router
from hub_payer.x12.profile import X12Profile
from hub_payer.x12.spec import X12
from tests.runtime.exchanges.files_world import LENIENT, opened, source
from tests.runtime.exchanges.quickly import data_folder
from tests.runtime.facts import EVERYONE
from tests.runtime.world import World

CHANGES, AUDIT = "2", "4"


def member(number, code="021", *, since="20260101", until="", dependant=""):
    """Return the segments of a member, by the number of the subscriber."""
    of = "N*19" if dependant else "Y*18"
    days = [("348", since), ("349", until)]
    return "".join(
        [
            f"INS*{of}*{code}*28*A~REF*0F*S{number}~",
            f"NM1*IL*1*SPATZ*{dependant or f'JO{number}'}~DMG*D8*19700131*M~",
            f"HD*{code}**HLT*PLAN A~",
            *(f"DTP*{kind}*D8*{day}~" for kind, day in days if day),
        ]
    )


def enrolment(day, *members, purpose=CHANGES, control=1):
    """Return an 834 that was made on a day."""
    said = day.strftime("%Y%m%d")
    body = f"BGN*00*R{control}*{said}*0930****{purpose}~{''.join(members)}"
    count = body.count("~") + 2
    return (
        "ISA*00*          *00*          *ZZ*KASSE          *ZZ*HUB            "
        f"*{said[2:]}*0930*^*00501*{control:09}*0*P*:~"
        f"GS*BE*KASSE*HUB*{said}*0930*{control}*X*005010X220A1~"
        f"ST*834*0001*005010X220A1~{body}SE*{count}*0001~"
        f"GE*1*{control}~IEA*1*{control:09}~"
    ).encode()


def payer_source(**gate):
    gated = source("roster", X12, panel="payer", **(LENIENT | gate))
    return replace(gated, profile=X12Profile())


class Payer:
    """Sends files day by day; `types` are the events that the last one led to."""

    def __init__(self, files):
        self.files, self.types = files, []
        self.world = World(Router(EVERYONE), matching=False)
        self._count = self._told = 0

    async def send(self, day, *members, purpose=CHANGES):
        """Send a file, and return what became of it."""
        self._count += 1
        self.files.now = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        body = enrolment(day, *members, purpose=purpose, control=self._count)
        found = await self.files.take(body, f"{self._count}.834")
        before = len(self.world.events)
        rows = self.files.query(
            "SELECT body FROM message WHERE source = 'roster' ORDER BY seq"
        )
        for (row,) in rows[self._told :]:
            said = X12.normalise(row, X12Profile())
            assert said.problem is None
            self.world.tell_at_once(*said.facts)
        self._told = len(rows)
        self.types = [each.removeprefix("coverage.") for each in self.world.types]
        self.types = self.types[before:]
        return found

    def on_panel(self, number, *days):
        """Return the days on which a member is told of."""
        wanted = Identifier("KASSE", number, "MB")
        with closing(self.files.store.reader()) as reader:
            stored = StoredPanels(reader, {"payer": Contract()})
            links = Relations(source=stored).links((wanted,), ())
        entries = links.get("payer", ())
        return [day for day in days if any(each.active(day) for each in entries)]

    def absent(self, found):
        rows = self.files.query(
            "SELECT key FROM exchange_row WHERE exchange = ? AND code = 'row.absent'"
            " ORDER BY place",
            found.seq,
        )
        return [key for (key,) in rows]


@pytest.fixture
async def payer():
    with data_folder() as folder:
        async with opened(folder, payer_source()) as files:
            made = Payer(files)
            await made.send(date(2026, 1, 2), *map(member, range(1, 5)))
            yield made
            made.world.close()


async def test_new_members_are_enrolled_and_told_of(payer):
    assert payer.types == ["member_enrolled"] * 4
    assert payer.on_panel("S1", date(2025, 12, 31), date(2026, 1, 1)) == [
        date(2026, 1, 1)
    ]


async def test_who_leaves_in_the_future_is_told_of_until_then_and_not_after(payer):
    last, after = date(2026, 4, 30), date(2026, 5, 1)
    await payer.send(date(2026, 2, 1), member(1, "024", until="20260430"))

    assert payer.types == ["changed"]
    assert payer.on_panel("S1", date(2026, 2, 2), last, after) == [
        date(2026, 2, 2),
        last,
    ]


async def test_a_list_that_has_no_more_who_left_as_announced_asks_nothing(payer):
    await payer.send(date(2026, 2, 1), member(1, "024", until="20260430"))
    rest = [member(n, "030") for n in (2, 3, 4)]

    before = await payer.send(date(2026, 4, 30), *rest, purpose=AUDIT)
    after = await payer.send(date(2026, 5, 1), *rest, purpose=AUDIT)

    assert payer.absent(before) == ["S1:S1:"]
    assert payer.absent(after) == []
    assert json.loads(after.counts)["absent"] == 0
    assert payer.types == []


async def test_who_is_missing_from_an_audit_is_asked_about_and_stays(payer):
    found = await payer.send(date(2026, 2, 1), member(1, "030"), purpose=AUDIT)

    assert payer.absent(found) == ["S2:S2:", "S3:S3:", "S4:S4:"]
    assert payer.on_panel("S2", date(2026, 2, 2))
    assert payer.types == []


async def test_an_audit_that_repeats_an_announced_end_asks_nothing(payer):
    """The hub tells of such an end by itself: tests/runtime/test_care_timers.py."""
    await payer.send(date(2026, 2, 1), member(1, "024", until="20260430"))

    repeated = [member(1, "030", until="20260430")]
    rest = [member(n, "030") for n in (2, 3, 4)]
    found = await payer.send(date(2026, 6, 1), *repeated, *rest, purpose=AUDIT)

    assert payer.absent(found) == []


async def test_who_left_in_the_past_is_told_of_no_more_from_now_on(payer):
    found = await payer.send(date(2026, 3, 1), member(2, "024", until="20260131"))

    assert payer.types == ["terminated"]
    assert json.loads(found.counts)["lost"] == 1
    assert payer.on_panel("S2", date(2026, 1, 15), date(2026, 3, 1)) == []


async def test_who_was_never_covered_is_told_of_never(payer):
    await payer.send(date(2026, 3, 1), member(3, "024", until="20251231"))

    assert payer.types == ["never_effective"]
    assert payer.on_panel("S3", date(2026, 1, 15), date(2026, 3, 1)) == []


async def test_an_audit_can_say_that_somebody_was_never_covered(payer):
    rest = [member(n, "030") for n in (1, 2, 4)]
    never = member(3, "030", since="20260901", until="20260101")
    found = await payer.send(date(2026, 3, 1), never, *rest, purpose=AUDIT)

    counts = json.loads(found.counts)
    assert payer.types == ["never_effective"]
    assert (counts["lost"], counts["after"]) == (1, 3)
    assert payer.on_panel("S3", date(2026, 3, 1), date(2026, 9, 1)) == []


async def test_who_is_reinstated_is_told_of_from_then_on(payer):
    await payer.send(date(2026, 2, 1), member(1, "024", until="20260131"))
    await payer.send(date(2026, 3, 1), member(1, "025", since="20260401"))

    assert payer.types == ["reinstated"]
    first = date(2026, 4, 1)
    assert payer.on_panel("S1", date(2026, 3, 31), first) == [first]


async def test_who_is_added_after_a_cancellation_is_told_of_again(payer):
    await payer.send(date(2026, 2, 1), member(1, "024", until="20251231"))
    assert payer.types == ["never_effective"]

    await payer.send(date(2026, 3, 1), member(1, "021", since="20260301"))

    assert payer.types == ["reinstated"]
    assert payer.on_panel("S1", date(2026, 3, 1))


async def test_an_end_that_is_withdrawn_before_its_day_is_none(payer):
    await payer.send(date(2026, 2, 1), member(1, "024", until="20260430"))
    await payer.send(date(2026, 3, 1), member(1, "001"))

    assert payer.types == ["changed"]
    assert payer.on_panel("S1", date(2026, 5, 1))


async def test_who_ends_and_begins_in_one_file_goes_on(payer):
    found = await payer.send(
        date(2026, 7, 1),
        member(1, "024", until="20260630"),
        member(1, "021", since="20260701"),
    )

    counts = json.loads(found.counts)
    assert (counts["duplicate"], counts["lost"], counts["changed"]) == (1, 0, 1)
    assert "terminated" not in payer.types
    assert payer.on_panel("S1", date(2026, 7, 1))


async def test_the_same_member_twice_counts_once_and_nobody_guesses(payer):
    same = await payer.send(date(2026, 2, 1), member(1, "001"), member(1, "001"))
    assert json.loads(same.counts)["duplicate"] == 1
    assert payer.types == []

    other = [member(1, "001", since=day) for day in ("20260201", "20260301")]
    torn = await payer.send(date(2026, 2, 2), *other)

    assert (torn.state, torn.reason) == ("rejected", "rows.wrong")
    assert payer.on_panel("S1", date(2026, 1, 1))


async def test_a_family_is_one_number_and_several_people(payer):
    for_both = [member(4, dependant=name) for name in ("KIM", "LOU")]
    await payer.send(date(2026, 2, 1), *for_both)
    assert payer.types == ["member_enrolled"] * 2

    await payer.send(date(2026, 3, 1), member(4, "024", until="20260228"))

    assert payer.types == ["terminated"]
    assert len(payer.files.held()) == 5
    assert payer.on_panel("S4", date(2026, 3, 1)) == []


async def test_a_file_that_makes_many_never_covered_is_held():
    with data_folder() as folder:
        strict = payer_source(max_terminations=0.2)
        async with opened(folder, strict) as files:
            payer = Payer(files)
            await payer.send(date(2026, 1, 2), *map(member, range(1, 5)))
            never = [
                member(n, "001", since="20260901", until="20260101") for n in (1, 2)
            ]
            found = await payer.send(date(2026, 2, 1), *never)
            payer.world.close()

            assert (found.state, found.reason) == ("held", "members.ended")
