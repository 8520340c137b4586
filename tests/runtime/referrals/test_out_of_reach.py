"""A partner that is out of reach for a while: what it is told then, and what counts.

In a whole hub whose clock is moved. Everybody in here is made up.
"""

import pytest

from tests.runtime.referrals.walked import Walk, ref, row, rri, statement

ROWS = "application/vnd.carehub.row+json"


@pytest.fixture
async def walk(tmp_path, monkeypatch):
    at_work = Walk(tmp_path, monkeypatch)
    async with at_work.running():
        await at_work.consent()
        yield at_work


async def page(walk, says, **more):
    await walk.wait(minutes=5)
    await walk.put("food-bank-page", statement(walk.now, "performer", says, **more))


async def back(walk, *names):
    """Let partners be in reach again, and all go out that waits."""
    walk.away -= set(names)
    for _ in range(6):
        await walk.wait(minutes=20)


def conflicts(walk):
    asked = "SELECT body FROM event WHERE type = 'referral.conflict'"
    return walk.query(asked)


async def test_an_end_that_was_left_again_closes_no_loop(walk):
    await walk.put("klinik-nord", ref(walk.now))
    walk.away.add("clinic")
    await page(walk, "rejected", reason={"text": "full"})
    await page(walk, "received")
    await back(walk, "clinic")

    assert [kind for kind, _ in walk.told("clinic")] == [
        "received",
        "rejected",
        "reopened",
    ]
    assert walk.standing("R-77") == ("received", "open")
    assert conflicts(walk) == []


async def test_only_the_notice_of_the_outcome_closes_the_loop(walk):
    """The clinic hears of a rejection late, and of the outcome not yet."""
    await walk.put("klinik-nord", ref(walk.now))
    walk.away.add("clinic")
    await page(walk, "rejected", reason={"text": "full"})
    await page(walk, "received")
    await page(walk, "accepted")
    walk.only = {"rejected"}
    await page(walk, "completed", outcome={"code": "resolved"})
    await back(walk, "clinic")
    assert walk.standing("R-77") == ("completed", "open")
    walk.only = None
    await walk.wait(hours=2)

    assert walk.standing("R-77") == ("completed", "closed_by_requester")


async def test_what_waited_is_told_once_and_in_its_order(walk):
    await walk.put("klinik-nord", ref(walk.now))
    walk.away.add("clinic")
    await page(walk, "accepted")
    await page(walk, "in_progress")
    await page(walk, "completed", outcome={"code": "resolved"})
    await walk.restart()
    await walk.wait(hours=3)
    assert walk.standing("R-77") == ("completed", "open")
    await back(walk, "clinic")

    told = [kind for kind, _ in walk.told("clinic")]
    assert told == ["received", "accepted", "started", "completed"]
    assert walk.standing("R-77") == ("completed", "closed_by_requester")


async def test_what_waits_for_who_was_asked_by_mistake_never_goes(walk):
    walk.away.add("food-bank")
    await walk.put("klinik-nord", ref(walk.now))
    await walk.wait(minutes=5)
    mistake = ref(walk.now, "I14", reason="entered-in-error^Mistake^L")
    await walk.put("klinik-nord", mistake)
    await back(walk, "food-bank")

    assert [kind for kind, _ in walk.told("food-bank")] == ["entered_in_error"]
    assert walk.standing("R-77") == ("entered_in_error", "closed_by_requester")


async def test_what_waits_goes_to_nobody_whose_consent_was_revoked(walk):
    walk.away.add("food-bank")
    await walk.put("klinik-nord", ref(walk.now))
    await walk.wait(minutes=5)
    await walk.consent("revoked")
    await back(walk, "food-bank")

    assert walk.told("food-bank") == []
    asked = "SELECT DISTINCT reason FROM recheck WHERE reason <> 'consent.permitted'"
    [(reason,)] = walk.query(asked)
    assert reason == "consent.revoked"


async def test_of_two_who_answer_the_one_who_was_asked_is_believed(walk):
    await walk.put("klinik-nord", ref(walk.now))
    await walk.wait(minutes=5)
    await walk.put("soup-rows", row(walk.now, "accepted"), media_type=ROWS)
    assert walk.standing("R-77") == ("received", "open")
    await page(walk, "accepted")

    assert walk.standing("R-77") == ("accepted", "open")
    assert len(conflicts(walk)) == 1
    assert walk.told("soup") == []


async def test_an_answer_after_the_expiry_counts_once_it_is_confirmed(walk):
    await walk.put("klinik-nord", ref(walk.now))
    await walk.wait(days=20)
    assert walk.standing("R-77") == ("expired", "closed_unresolved")
    await walk.put("food-bank-hl7", rri(walk.now, "I12", "A"))
    assert walk.standing("R-77") == ("expired", "closed_unresolved")
    await walk.restart()
    await walk.wait(days=1)
    await walk.put("clinic-page", statement(walk.now, "requester", "confirmed"))

    assert walk.standing("R-77") == ("accepted", "open")
    told = [kind for kind, _ in walk.told("clinic") if kind != "escalated"]
    assert told == ["received", "expired", "accepted"]
