import json
from collections import Counter

import pytest

from hub.demo.expectation import Expected, compare
from hub.demo.hospital import Hospital
from hub.demo.observe import Peers, amended, arrivals, take_audit, take_denials
from hub.demo.payer import Payer
from hub.demo.receiver import Receiver, Told
from hub.demo.result import Audited
from hub.store.sqlite import DATABASE_NAME
from hub.store.store import Store, call_at_once

ROWS = (  # synthetic
    "EventID,EventType,SubscriberPatientID,VisitNumber\r\n"
    "e1,encounter.admitted,PA-1,0001\r\n"
)
#: What the hub itself knows plays no part where notices name a visit.
NOTHING = None
ADMITTED = Expected("payer-a", "encounter.admitted", "PA-1", "0001")


@pytest.fixture
def peers(tmp_path):
    """Peers as they are after a demonstration; none of them serves."""
    payer, archive = Payer(tmp_path), tmp_path / "archive"
    payer.notices.mkdir(parents=True)
    archive.mkdir()
    hospital = Hospital("klinik-nord", "127.0.0.1", 9)
    return Peers((hospital,), payer, Receiver(tmp_path), tmp_path)


def test_sees_the_audit_and_why_the_policy_said_no(tmp_path):
    with Store(tmp_path, call_at_once):
        assert take_audit(tmp_path) == Audited(records=1, verified=True)
        assert take_denials(tmp_path / DATABASE_NAME) == {}


def test_counts_a_notice_once_that_came_in_two_files(peers):
    for name in ("a.csv", "b.csv"):
        (peers.payer.notices / name).write_text(ROWS, encoding="utf-8", newline="")

    assert arrivals(peers, NOTHING) == {ADMITTED: 1}


def test_misses_a_notice_whose_file_is_incomplete(peers):
    name = peers.payer.notices / "a.csv.part"
    name.write_text(ROWS, encoding="utf-8", newline="")

    assert compare(Counter([ADMITTED]), arrivals(peers, NOTHING)).missing == (ADMITTED,)


def test_sees_what_the_webhook_and_the_archive_got(peers):
    event = {
        "specversion": "1.0",
        "id": "e2",
        "type": "org.carehub.care.encounter.discharged.v1",
        "data": {"payload": {"identifiers": [{"type": "VN", "value": "F1"}]}},
    }
    (peers.folder / "archive" / "e2.json").write_text(
        json.dumps(event), encoding="utf-8"
    )
    peers.receiver.events["e1"] = Told("encounter.admitted", "F1")

    assert arrivals(peers, NOTHING) == {
        Expected("social-services", "encounter.admitted", visit="F1"): 1,
        Expected("archive", "encounter.discharged", visit="F1"): 1,
    }


def test_tells_what_says_that_it_corrects_something(peers):
    peers.receiver.events["e1"] = Told("encounter.admitted", "F1", "e0")
    peers.receiver.events["e2"] = Told("encounter.discharged", "F1")

    assert amended(peers, NOTHING) == {
        Expected("social-services", "encounter.admitted", visit="F1"): 1
    }


def test_adds_up_the_answers_of_all_hospitals(peers):
    peers.hospitals[0].count.acknowledged = 5

    assert peers.acknowledged() == 5
    assert peers.feeds()["klinik-nord"].acknowledged == 5
