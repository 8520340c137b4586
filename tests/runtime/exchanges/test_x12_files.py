"""Member lists in X12 at the gate: what they change, and what a person must see.

Everything in them is made up.
"""

from datetime import UTC, datetime

import pytest

from hub.coordination.exchanges.gate import History, judge
from hub.model.files import ExchangeState
from hub.runtime.exchanges.checking_job import Reading
from hub.runtime.exchanges.checking_steps import check
from hub.settings import GateSettings, Settings
from hub_payer.x12.profile import X12Profile
from hub_payer.x12.spec import X12
from tests.runtime.exchanges.gate_readers import job
from tests.runtime.exchanges.held import changes, listed, make, put_in_force

RECEIVED = datetime(2026, 3, 14, 10, 30, tzinfo=UTC)
GATE = GateSettings(panel="members")


@pytest.fixture
def folder(tmp_path):
    make(tmp_path)
    (tmp_path / "staging").mkdir()
    (tmp_path / "scratch").mkdir()
    return tmp_path


def members(numbers, *, code="021", purpose="2", control=1, until="", wrong=""):
    """Return an interchange with an 834 of these members."""
    ends = f"DTP*349*D8*{until}~" if until else ""
    listed_ = "".join(
        f"INS*Y*18*{code}*28*A~REF*0F*S{n}~NM1*IL*1*SPATZ*JO{n}~DMG*D8*19700131*M~"
        f"HD*{code}**HLT*PLAN A~DTP*348*D8*20260101~{ends}"
        for n in numbers
    )
    body = f"BGN*00*R*20260314*0930****{purpose}~{listed_}"
    count = body.count("~") + 2
    return (
        "ISA*00*          *00*          *ZZ*KASSE          *ZZ*HUB            "
        f"*260314*0930*^*00501*{control:09}*0*P*:~"
        f"GS*BE*KASSE*HUB*20260314*0930*{control}*X*005010X220A1~"
        f"ST*834*0001*005010X220A1~{body}SE*{count}*0001{wrong}~"
        f"GE*1*{control}~IEA*1*{control:09}~"
    ).encode()


def checked(folder, content, version=0):
    reading = Reading(X12.media_type, Settings(), X12Profile(), X12.read)
    return check(
        job(folder, content, reading=reading, received_at=RECEIVED, current=version)
    )


def applied(folder, content, version=1):
    found = checked(folder, content, version - 1)
    assert not found.error_code
    put_in_force(folder, found, version)
    return found


def verdict(found):
    return judge(found, GATE, History())


def test_additions_are_applied_and_said_again_change_nothing(folder):
    first = applied(folder, members(range(40)))
    again = checked(folder, members(range(40), code="030", purpose="4", control=2), 1)

    assert verdict(first).state is ExchangeState.APPLYING
    assert (first.counts.added, first.counts.after) == (40, 40)
    assert (again.counts.changed, again.counts.unchanged) == (0, 40)


def test_who_is_absent_from_an_audit_is_shown_and_stays(folder):
    applied(folder, members(range(40)))
    found = checked(folder, members(range(39), code="030", purpose="4"), 1)

    assert (found.counts.absent, found.counts.ended, found.counts.after) == (1, 0, 40)
    assert listed(found) == [(0, "S39:S39:", "row.absent")]


def test_a_termination_ends_who_was_enrolled(folder):
    applied(folder, members(range(40)))
    found = checked(folder, members([7], code="024", until="20260228", control=2), 1)

    (change,) = changes(found)
    assert (change.op, change.key) == ("end", "S7:S7:")
    assert (found.counts.lost, found.counts.after) == (1, 39)
    assert verdict(found).state is ExchangeState.APPLYING


def test_18_mass_terminations_wait_for_a_person(folder):
    applied(folder, members(range(40)))
    found = checked(
        folder, members(range(3), code="024", until="20260228", control=2), 1
    )

    decided = verdict(found)
    assert (decided.state, decided.reason) == (ExchangeState.HELD, "members.ended")


def test_18_a_list_of_all_that_says_it_is_changes_takes_nobody_away(folder):
    applied(folder, members(range(40)))
    found = checked(folder, members(range(20), control=2), 1)

    assert (found.counts.ended, found.counts.after) == (0, 40)


def test_a_termination_in_the_future_keeps_the_member_active(folder):
    applied(folder, members(range(40)))
    found = checked(folder, members([7], code="024", until="20261231", control=2), 1)

    assert (found.counts.lost, found.counts.after) == (0, 40)


def test_13_a_broken_interchange_costs_no_other(folder):
    good = b"".join(
        members(range(n * 10, n * 10 + 10), control=n + 1) for n in range(9)
    )
    found = checked(folder, good + members([1], control=10, wrong="9"))

    assert (found.counts.read, found.counts.accepted) == (91, 90)
    assert found.rejected == {"x12.control_differs": 1}
    assert verdict(found).state is ExchangeState.HELD


def test_a_broken_file_is_rejected_and_answered(folder):
    found = checked(folder, members(range(3), wrong="9"))

    assert verdict(found).state is ExchangeState.REJECTED
    assert [reply.kind for reply in found.replies] == ["999"]


def test_15_a_test_is_rejected(folder):
    content = members(range(3)).replace(b"*0*P*:", b"*0*T*:")

    assert verdict(checked(folder, content)).reason == "file.test"


def test_25_what_is_no_x12_is_rejected(folder):
    found = checked(folder, b"Subscriber;Name\r\n1;2\r\n")

    assert found.error_code == "X12-001"
    assert verdict(found).reason == "file.unusable"


def test_12_the_control_number_comes_to_the_ledger(folder):
    found = checked(folder, members(range(3), control=77))

    assert found.heading.control == "000000077"
    known = judge(found, GATE, History(same_control="x_0"))
    assert (known.state, known.reason) == (ExchangeState.HELD, "control.reused")
