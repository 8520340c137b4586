import json
from pathlib import Path

import msgspec
import pytest

from hub.demo.expectation import Difference, Expected
from hub.demo.result import (
    Audited,
    Decisions,
    DemoResult,
    Directories,
    Exchanged,
    Messages,
    notices,
    summarise,
)

GOOD = DemoResult(
    messages=Messages(received=5, acknowledged=5),
    events={"encounter.admitted": 2},
    decisions=Decisions(permit=3, deny=1),
    denied={"relationship.none": 1},
    audit=Audited(records=9, verified=True),
    deliveries={"payer-a": {"delivered": 3}},
    exchanges=Exchanged(applied=3, rejected=1, held=1, acknowledged=7),
    directory=Directories(services=6, restricted=1),
    referrals={"completed": 1, "received": 1},
    loops_closed=1,
    persons=2,
    stays={"closed": 1, "opened": 1},
    transitions={"open": 1},
    readmissions=1,
    review_queue=4,
    books_balance=True,
    missing=(),
    unexpected=(),
)
NOTICE = {"destination": "payer-a", "type": "encounter.ended", "visit": "V1"}


def test_succeeds_when_all_arrived_and_the_books_balance():
    assert GOOD.succeeded


@pytest.mark.parametrize(
    "change",
    [
        {"books_balance": False},
        {"audit": Audited(records=9, verified=False)},
        {"missing": (NOTICE,)},
        {"unexpected": (NOTICE,)},
        {"problems": ("the hub did not come to rest",)},
    ],
)
def test_fails_when_anything_is_wrong(change):
    result = msgspec.structs.replace(GOOD, **change)

    assert not result.succeeded


def test_is_one_json_object():
    text = GOOD.to_json()

    assert "\n" not in text
    assert json.loads(text) == {
        "messages": {"received": 5, "acknowledged": 5},
        "events": {"encounter.admitted": 2},
        "decisions": {"permit": 3, "deny": 1},
        "denied": {"relationship.none": 1},
        "audit": {"records": 9, "verified": True},
        "deliveries": {"payer-a": {"delivered": 3}},
        "exchanges": {"applied": 3, "rejected": 1, "held": 1, "acknowledged": 7},
        "directory": {"services": 6, "restricted": 1},
        "referrals": {"completed": 1, "received": 1},
        "loops_closed": 1,
        "persons": 2,
        "stays": {"closed": 1, "opened": 1},
        "transitions": {"open": 1},
        "readmissions": 1,
        "review_queue": 4,
        "books_balance": True,
        "missing": [],
        "unexpected": [],
        "problems": [],
    }


def test_names_notices_without_the_patient():
    lost = Expected("payer-a", "encounter.ended", "PA-1", "V1")

    assert notices(Difference((lost,), ())) == ((NOTICE,), ())


def test_says_where_to_look_and_that_the_books_balance():
    text = summarise(GOOD, Path("demo"), "http://127.0.0.1:8080")

    assert "The books balance." in text
    assert "The audit of 9 records is whole." in text
    assert "Every expected notice arrived" in text
    assert "--config demo/hub.toml" in text
    assert "http://127.0.0.1:8080" in text


def test_says_how_much_is_known_of_people():
    text = " ".join(summarise(GOOD, Path("demo"), "http://127.0.0.1:8080").split())

    assert "People people 2 questions who is who 4 readmissions 1" in text
    assert "stays closed 1 stays opened 1 transitions open 1" in text


def test_says_what_became_of_files_and_which_one_waits():
    text = " ".join(summarise(GOOD, Path("demo"), "http://127.0.0.1:8080").split())

    assert "Files exchanged acknowledged 7 applied 3 held 1 rejected 1" in text
    assert "hub exchange list --state held --config demo/hub.toml" in text


def test_says_how_referrals_went_and_where_to_look():
    text = " ".join(summarise(GOOD, Path("demo"), "http://127.0.0.1:8080").split())

    assert "Directories restricted 1 services 6" in text
    assert "Referrals completed 1 loops closed 1 received 1" in text
    assert "hub referrals escalations --config demo/hub.toml" in text


def test_says_what_is_wrong():
    bad = msgspec.structs.replace(
        GOOD, books_balance=False, missing=(NOTICE,), problems=("too slow",)
    )
    text = summarise(bad, Path("demo"), "http://127.0.0.1:8080")

    assert "do NOT balance" in text
    assert "1 expected notices are missing" in text
    assert "Problem: too slow." in text
