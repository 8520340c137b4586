"""What the payer does with files; the hub is played by the test."""

import asyncio
import csv

import pytest

from hub.coordination.exchanges.findings import Counts
from hub.coordination.exchanges.response_csv import response_csv
from hub.coordination.exchanges.responses import ResponseFacts
from hub.demo import exchanging
from hub.demo.exchanging import Clerk, Drop, Response, read_response, rosters
from hub.demo.payer import Payer
from tests.demo.interchanges import NOTICE, NOW

TAKEN = Response("roster-01.csv", "applied", "file.permitted", 5)


@pytest.fixture
def payer(tmp_path):
    """A payer's folders; nobody serves them."""
    payer = Payer(tmp_path)
    for name in ("inbox", "outbox", "notifications", "x12"):
        (payer.root / name).mkdir(parents=True)
    return payer


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch):
    monkeypatch.setattr(exchanging, "LOOK_SECONDS", 0.001)


def respond(payer, said):
    facts = ResponseFacts(
        exchange="in_1",
        name=said.file,
        sha256=b"",
        received_at=NOW,
        status=said.status,
        reason=said.reason,
        counts=Counts(read=said.accepted, accepted=said.accepted),
    )
    name = f"{said.file}.response.csv"
    (payer.root / "outbox" / name).write_bytes(response_csv(facts))


async def answer_all(payer, work, **status):
    """Do what a hub does while `work` is under way: answer each file in the inbox."""
    given = asyncio.ensure_future(work)
    while not given.done():
        for file in payer.inbox.iterdir():
            said = {"status": "applied", "reason": "file.permitted", "accepted": 0}
            respond(payer, Response(file.name, **(said | status)))
            file.rename(payer.root / file.name)
        await asyncio.sleep(0.001)
    return given.result()


def test_reads_what_a_response_says(payer):
    respond(payer, TAKEN)
    [body] = payer.responses()

    assert read_response(body) == TAKEN


def test_expects_one_roster_used_one_refused_and_one_held():
    drops = rosters([("PA-1",)] * 10)

    assert [each.answer.status for each in drops] == ["applied", "rejected", "held"]
    assert [each.answer.accepted for each in drops] == [10, 7, 6]


async def test_goes_on_when_its_file_was_answered_as_it_must_be(payer):
    work = Clerk(payer).drop([Drop(b"rows", TAKEN)])

    assert await answer_all(payer, work, accepted=5) == []


async def test_says_where_the_answer_is_another_one(payer):
    work = Clerk(payer).drop([Drop(b"rows", TAKEN)])
    [problem] = await answer_all(payer, work, status="held", reason="members.drop")

    assert "roster-01.csv" in problem
    assert "held" in problem


async def test_says_which_file_nobody_answers(payer, monkeypatch):
    monkeypatch.setattr(exchanging, "ANSWER_SECONDS", 0.01)

    [problem] = await Clerk(payer).drop([Drop(b"rows", TAKEN)])
    assert "nothing answered roster-01.csv" in problem


async def test_acknowledges_each_file_once(payer):
    (payer.notices / "a.csv").write_text("EventID\r\n", encoding="utf-8")
    (payer.root / "x12" / "b.278").write_text(NOTICE, encoding="ascii")
    clerk = Clerk(payer)
    problems = await answer_all(payer, clerk.acknowledge())
    (payer.notices / "c.csv").write_text("EventID\r\n", encoding="utf-8")
    problems += await answer_all(payer, clerk.acknowledge())

    def listed(name):
        text = (payer.root / name).read_text(encoding="utf-8")
        return [line["File"] for line in csv.DictReader(text.splitlines())]

    assert problems == []
    assert listed("taken-01.csv") == ["a.csv"]
    assert listed("taken-02.csv") == ["c.csv"]
    answer = (payer.root / "taken-01.999").read_text(encoding="ascii")
    assert "AK1*HI*000000007*005010X216~" in answer
    assert not (payer.root / "taken-02.999").exists()
