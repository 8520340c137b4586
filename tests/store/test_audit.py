"""The audit chain. All data here is synthetic."""

import stat
import time

import msgspec
import pytest

from hub.coordination.identity.links import Link
from hub.store import audit, audit_keys, outbox, rechecks, rulesets, state
from hub.store.audit import Entry
from hub.store.audit_errors import AuditKeyError
from hub.store.audit_keys import IN_MEMORY
from hub.store.journal import microseconds
from hub.store.links import Relinked
from hub.store.store import Store, call_at_once
from tests.store.rows import NOW, queued, received, settled, settlement

ACT = Entry("somebody", "operator", "delivery.replayed", "dlv_1", "p_secret")


def records(connection):
    cursor = connection.execute("SELECT * FROM audit ORDER BY n")
    names = [name for name, *_ in cursor.description]
    found = [dict(zip(names, row, strict=True)) for row in cursor]
    return [row | {"detail": msgspec.json.decode(row["detail"])} for row in found]


def of(connection, action):
    return [row for row in records(connection) if row["action"] == action]


def test_an_audit_begins_with_its_opening(memory):
    audit.append(memory, [ACT])

    assert [row["action"] for row in records(memory)] == [
        "audit.opened",
        "delivery.replayed",
    ]


def test_records_are_numbered_and_each_follows_the_one_before(memory):
    audit.append(memory, [ACT, ACT])
    audit.append(memory, [ACT])

    found = memory.execute("SELECT * FROM audit ORDER BY n").fetchall()
    last = audit.START
    for number, (*values, stored) in enumerate(found, 1):
        last = audit.following(IN_MEMORY.chain, last, values)
        assert (values[0], stored) == (number, last)
    assert len(found) == 4


def test_people_are_tokens(memory):
    audit.append(memory, [ACT, msgspec.structs.replace(ACT, object="p_secret")])

    assert "p_secret" not in str(memory.execute("SELECT * FROM audit").fetchall())
    assert records(memory)[1]["subject"] == IN_MEMORY.token("p_secret")
    assert records(memory)[2]["object"] == IN_MEMORY.token("p_secret")


def test_nothing_to_record_writes_nothing(memory):
    audit.append(memory, [])

    assert records(memory) == []


def test_decisions_are_recorded_with_what_they_are_about(memory):
    seq = received(memory, 1)
    one = settlement(seq, "1")
    denied = one.decisions[0]._replace(
        subscription="t",
        destination="other",
        permitted=False,
        verdict="deny",
        reason="consent.revoked",
    )
    event = one.events[0]._replace(unrelated=3, routes=5)
    one = one._replace(events=(event,), decisions=(denied, *one.decisions))
    state.settle(memory, [[one]])

    [row] = of(memory, "event.decided")
    assert row["object"] == "evt_1"
    assert row["subject"] == IN_MEMORY.token("p_1")
    assert row["outcome"] == "permit"
    assert row["detail"]["of"] == ["s", "t"]
    assert row["detail"]["permitted"] == ["payer"]
    assert row["detail"]["denied"] == {"consent.revoked": 1, "relationship.none": 3}


def test_a_change_of_consent_is_recorded(memory):
    seq = received(memory, 1)
    one = settlement(seq, "1")
    event = one.events[0]._replace(type="consent.revoked")
    state.settle(memory, [[one._replace(events=(event,))]])

    [row] = of(memory, "consent.revoked")
    assert row["object"] == event.entity
    assert row["subject"] == IN_MEMORY.token("p_1")


@pytest.mark.parametrize(
    ("decided", "action"),
    [("manual", "persons.linked"), ("broken", "persons.separated")],
)
def test_a_decision_on_who_is_who_is_recorded_for_both(memory, decided, action):
    link = Link("p_1", "p_2", "decided", decided, "operator", 1, "d", 1)
    found = msgspec.structs.replace(link, basis="matched")
    one = settlement(received(memory, 1), relinked=Relinked(links=(link, found)))
    state.settle(memory, [[one]])

    rows = of(memory, action)
    assert [row["subject"] for row in rows] == [
        IN_MEMORY.token("p_1"),
        IN_MEMORY.token("p_2"),
    ]
    assert {row["detail"]["message"] for row in rows} == {1}


def test_an_attempt_is_recorded_for_each_person_in_the_artifact(memory):
    for name, person in (("1", "p_1"), ("2", "p_2"), ("3", "p_1")):
        queued(memory, name, okey=person)
    [claimed] = outbox.claim(
        memory, [outbox.Claim("payer", NOW, most=9, together=True)]
    )
    ends = [settled(each, evidence="HTTP 202", digest="ab12") for each in claimed]
    outbox.settle(memory, [ends])

    one, two = of(memory, "notice.sent")
    assert one["object"] == two["object"] == claimed[0].batch
    assert (one["recipient"], one["outcome"]) == ("payer", "accepted")
    assert one["subject"] == IN_MEMORY.token("p_1")
    assert one["detail"]["deliveries"] == ["dlv_1", "dlv_3"]
    assert one["detail"]["digest"] == "ab12"
    assert one["detail"]["receipt"] == "HTTP 202"
    assert two["detail"]["events"] == ["evt_2"]


def test_a_result_that_came_too_late_is_not_recorded(memory):
    queued(memory, "1")
    [[claimed]] = outbox.claim(memory, [outbox.Claim("payer", NOW, most=1)])
    outbox.reopen(memory)
    outbox.settle(memory, [[settled(claimed)]])

    assert of(memory, "notice.sent") == []


def test_a_decision_taken_anew_is_recorded(memory):
    queued(memory, "1")
    [[claimed]] = outbox.claim(memory, [outbox.Claim("payer", NOW, most=1)])
    rechecks.record(memory, [[anew(claimed)]])

    [row] = of(memory, "delivery.rechecked")
    assert (row["object"], row["recipient"]) == ("dlv_1", "payer")
    assert row["outcome"] == "deny"
    assert row["detail"]["why"] == "consent.revoked"


def anew(claimed, verdict="deny"):
    """Return what was decided of a delivery before an attempt."""
    at = microseconds(NOW)
    return rechecks.Rechecked(
        claimed, verdict, "consent.revoked", "[]", "{}", None, 1, at
    )


def test_a_clock_that_was_set_is_recorded(memory, monkeypatch):
    chain = audit.chain_of(memory)
    chain.extend(memory, [ACT])
    real = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: real() - 60_000_000_000)
    chain.extend(memory, [ACT])
    chain.extend(memory, [ACT])

    [row] = of(memory, "clock.stepped")
    assert -60.5 < row["detail"]["seconds"] < -59.5


def test_keys_are_made_once_for_their_owner_alone(store, folder):
    for name in (audit_keys.CHAIN_FILE, audit_keys.SUBJECT_FILE):
        file = folder / name
        assert len(file.read_bytes()) == 32
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert store.writer.call(audit.record, ACT) is None


def test_the_chain_goes_on_after_a_restart(folder):
    for _ in range(2):
        with Store(folder, call_at_once) as store:
            store.writer.call(audit.record, ACT)
            with_numbers = [row["n"] for row in records(store.reader())]

    assert with_numbers == [1, 2, 3]


@pytest.mark.parametrize("damage", ["missing", "short"])
def test_a_store_whose_key_is_lost_does_not_start(folder, damage):
    with Store(folder, call_at_once):
        pass
    key = folder / audit_keys.CHAIN_FILE
    key.unlink() if damage == "missing" else key.write_bytes(b"short")

    with pytest.raises(AuditKeyError, match=r"AUDIT-001"), Store(folder, call_at_once):
        pass


def test_a_change_that_fails_leaves_no_record_and_the_chain_whole(store):
    def fail(connection, payloads):
        audit.append(connection, payloads)
        raise ValueError

    store.writer.submit(fail, ACT, lambda _: None)
    store.writer.call(audit.record, ACT)

    assert [row["n"] for row in records(store.reader())] == [1, 2]


def test_a_change_that_cannot_be_recorded_fails(store):
    def spoil(connection, payloads):
        connection.execute("ALTER TABLE audit RENAME TO gone")
        return payloads

    store.writer.call(spoil)
    answers = []
    store.writer.submit(_keep_and_record, ACT, answers.append)
    store.writer.close()

    assert getattr(answers[0], "code", "").startswith("STORE-")


def _keep_and_record(connection, payloads):
    rulesets.keep(connection, [rulesets.Ruleset(8, ())])
    audit.append(connection, payloads)
    return payloads
