"""A changed audit is found out, whatever was changed. All data here is synthetic."""
# ruff: noqa: S608 - the names are those of the schema

import random
import sqlite3
from contextlib import closing

import msgspec
import pytest

from hub.store import audit, backfill, journal, outbox, rechecks, rulesets, state
from hub.store.audit import Entry
from hub.store.audit_checkpoints import (
    CHECKPOINTS_FILE,
    PUBLIC_FILE,
    Signer,
    read_checkpoints,
    read_public_key,
)
from hub.store.audit_errors import CheckpointsUnreadableError
from hub.store.audit_keys import IN_MEMORY, read_keys
from hub.store.audit_verify import verify, verify_folder
from hub.store.journal import microseconds
from hub.store.rechecks import Rechecked
from hub.store.rulesets import Ruleset, id_of
from hub.store.store import Store, call_at_once
from tests.store.rows import NOW, in_memory, queued, row, settled, settlement

ACT = Entry("somebody", "operator", "delivery.replayed", "dlv_1", "p_1")
EDITS = 1000
ASKED = (
    ("encounter.admitted", "s", "payer", "treatment"),
    ("encounter.ended", "t", "payer", "treatment"),
)
#: By what a row is known. Where it is the number that the store gave a row, it is
#: nothing that somebody decided.
KEYS = {"audit": "n", "decision": "seq", "recheck": "seq", "event": "seq"}


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A store with everything that is verified, earlier states, and its checkpoints."""
    signer = Signer(tmp_path_factory.mktemp("signer"))
    earlier = []
    with closing(in_memory()) as connection:
        rulesets.keep(connection, [Ruleset(id_of(ASKED), ASKED)])
        for number in range(1, 13):
            decide(connection, str(number))
            if number % 3 == 0:
                earlier.append(copied(connection))
        signer.sign(connection, 0)
        decide(connection, "late")
        signer.sign(connection, signer.last())
        checkpoints = list(read_checkpoints(signer._file))
        key = read_public_key(signer._file.with_name(PUBLIC_FILE))
        yield connection, earlier, checkpoints, key
    for each in earlier:
        each.close()


def decide(connection, name):
    """Bring about decisions, an attempt, and for some a decision taken anew."""
    queued(connection, name, okey=f"p_{name}")
    [claimed] = outbox.claim(connection, [outbox.Claim("payer", NOW, most=1)])
    if name.endswith("2"):
        at = microseconds(NOW)
        again = Rechecked(
            claimed[0], "permit", "relationship.all", "[]", "{}", None, 1, at
        )
        rechecks.record(connection, [[again]])
    outbox.settle(connection, [[settled(claimed[0], digest="ab")]])


def copied(connection):
    copy = sqlite3.connect(":memory:", isolation_level=None)
    connection.backup(copy)
    return copy


def rows(connection, table):
    cursor = connection.execute(f"SELECT * FROM {table}")
    names = [name for name, *_ in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def other(value, chance):
    """Return another value of the same type."""
    if isinstance(value, bytes):
        place = chance.randrange(len(value)) if value else 0
        changed = bytes([value[place] ^ 1]) if value else b"\1"
        return value[:place] + changed + value[place + 1 :]
    if isinstance(value, str):
        return value + chance.choice("ax{0")
    return (value or 0) + chance.choice([1, -1, 1000])


def change(connection, chance):
    table = chance.choice(["audit", "audit", "decision", "recheck", "asked", "event"])
    if table == "asked":
        name = chance.choice(["type", "subscription", "destination", "purpose"])
        connection.execute(f"UPDATE asked SET {name} = {name} || 'x'")
        return
    row = chance.choice(rows(connection, table))
    names = row.keys() - {"seq", "n"}
    if table == "event":
        names = {"unrelated", "ruleset"}
    name = chance.choice(sorted(names))
    value = other(row[name], chance)
    if name == "permitted":
        value = 1 - row[name]
    sql = f"UPDATE {table} SET {name} = ? WHERE {KEYS[table]} = ?"
    connection.execute(sql, [value, row[KEYS[table]]])


def delete(connection, chance):
    table = chance.choice(["audit", "audit", "decision", "recheck"])
    row = chance.choice(rows(connection, table))
    key = KEYS[table]
    connection.execute(f"DELETE FROM {table} WHERE {key} = ?", [row[key]])


def forge(connection, chance):
    table = chance.choice(["audit", "decision"])
    row = chance.choice(rows(connection, table))
    if table == "audit":
        row["n"] = max(each["n"] for each in rows(connection, "audit")) + 1
        # With the hash of somebody who does not have the key.
        row["hash"] = audit.following(b"guessed", row["hash"], list(row.values())[:-1])
    else:
        row |= {"seq": 10_000, "subscription": f"forged-{chance.random()}"}
    marks = ", ".join("?" * len(row))
    names = ", ".join(row)
    sql = f"INSERT INTO {table} ({names}) VALUES ({marks})"
    connection.execute(sql, list(row.values()))


def reorder(connection, chance):
    one, two = chance.sample([row["n"] for row in rows(connection, "audit")], 2)
    for old, new in ((one, -1), (two, one), (-1, two)):
        connection.execute("UPDATE audit SET n = ? WHERE n = ?", [new, old])


def cut(connection, chance):
    numbers = [row["n"] for row in rows(connection, "audit")]
    connection.execute("DELETE FROM audit WHERE n >= ?", [chance.choice(numbers)])


def renumber(connection, chance):
    """Take one out and close the gap, as who knows about numbers would."""
    gone = chance.choice([row["n"] for row in rows(connection, "audit")])
    connection.execute("DELETE FROM audit WHERE n = ?", [gone])
    for later in sorted(rows(connection, "audit"), key=lambda each: each["n"]):
        if later["n"] > gone:
            sql = "UPDATE audit SET n = ? WHERE n = ?"
            connection.execute(sql, [later["n"] - 1, later["n"]])


ATTACKS = [change, change, delete, forge, reorder, cut, renumber]


def test_what_nobody_touched_is_whole(written):
    connection, _, checkpoints, key = written

    verdict = verify(connection, IN_MEMORY, checkpoints, key)

    assert verdict.problems == []
    assert verdict.verified
    assert verdict.first_bad is None
    assert verdict.records == 1 + 13 * 2 + 2
    assert (verdict.decisions, verdict.checkpoints) == (13, 2)


def test_a_thousand_random_edits_are_all_found(written):
    connection, earlier, checkpoints, key = written
    chance = random.Random(5)  # noqa: S311 - no secret hangs on it
    missed = []
    for number in range(EDITS):
        attack = chance.choice([*ATTACKS, "roll back"])
        source = chance.choice(earlier) if attack == "roll back" else connection
        with closing(copied(source)) as copy:
            before = contents(copy)
            if attack != "roll back":
                attack(copy, chance)
                assert contents(copy) != before
            if verify(copy, IN_MEMORY, checkpoints, key).verified:
                missed.append((number, attack))

    assert missed == []


def contents(connection):
    return [rows(connection, each) for each in (*KEYS, "asked")]


@pytest.mark.parametrize(
    ("edit", "first_bad", "what"),
    [
        ("UPDATE audit SET actor = 'me' WHERE n = 5", 5, "not what was written"),
        ("DELETE FROM audit WHERE n = 5", 5, "missing"),
        ("DELETE FROM audit WHERE n > 9", 10, "cut off"),
        ("UPDATE decision SET reason = '' WHERE event = 'evt_3'", 7, "not those"),
        ("UPDATE recheck SET verdict = 'deny' WHERE delivery = 2", 5, "anew"),
        ("DELETE FROM audit", 1, "no record"),
    ],
)
def test_the_first_bad_record_is_named(written, edit, first_bad, what):
    connection, _, checkpoints, key = written
    with closing(copied(connection)) as copy:
        copy.execute(edit)
        verdict = verify(copy, IN_MEMORY, checkpoints, key)

    assert verdict.first_bad == first_bad
    assert any(what in each.what for each in verdict.problems), verdict.problems


def test_a_decision_that_nobody_recorded_is_found(written):
    connection, _, checkpoints, key = written
    with closing(copied(connection)) as copy:
        copy.execute("DELETE FROM audit WHERE n > 1")
        copy.execute("UPDATE audit SET n = 1")
        verdict = verify(copy, IN_MEMORY, checkpoints, key)

    assert any("such as of evt_1" in each.what for each in verdict.problems)


def test_what_was_decided_before_there_was_an_audit_is_kept_too(folder):
    with Store(folder, call_at_once) as store:
        store.writer.call(journal.put, [row()])
        store.writer.call(state.settle, [settlement(1)])
        store.writer.call(spoil, "DELETE FROM audit")
    with Store(folder, call_at_once) as store:
        assert verify_folder(folder).verified
        assert verify_folder(folder).decisions == 1
        store.writer.call(spoil, "UPDATE decision SET reason = 'made.up'")

    assert "before the audit" in verify_folder(folder).problems[0].what


def spoil(connection, payloads):
    for each in payloads:
        connection.execute(each)
    return payloads


def test_decisions_that_were_added_later_are_verified_by_themselves(memory):
    queued(memory, "1")
    again = settlement(1, "1").decisions[0]._replace(subscription="again")
    backfill.add(memory, [backfill.Added((again,), (), NOW)])
    before = verify(memory, IN_MEMORY)
    memory.execute("UPDATE decision SET purpose = '' WHERE subscription = 'again'")

    assert before.problems == []
    assert before.decisions == 2
    assert verify(memory, IN_MEMORY).first_bad == 3


def test_a_checkpoint_that_somebody_else_signed_does_not_count(written, tmp_path):
    connection, _, _, key = written
    theirs = Signer(tmp_path)
    theirs.sign(connection, 0)
    forged = list(read_checkpoints(tmp_path / CHECKPOINTS_FILE))

    verdict = verify(connection, IN_MEMORY, forged, key)

    assert not verdict.verified
    assert "not signed" in verdict.problems[0].what


def test_a_checkpoint_that_was_taken_out_is_missed(written):
    connection, _, checkpoints, key = written

    verdict = verify(connection, IN_MEMORY, checkpoints[1:], key)

    assert "checkpoints are missing" in verdict.problems[0].what


@pytest.fixture
def kept(folder):
    """A folder with an audit of a few records and a checkpoint."""
    with Store(folder, call_at_once) as store:
        store.writer.call(audit.record_all, [ACT] * 4)
        with closing(store.reader()) as reader:
            signer = Signer(folder)
            signer.sign(reader, signer.last())
    return folder


def test_a_folder_is_verified_with_its_own_keys(kept):
    verdict = verify_folder(kept)

    assert verdict.verified
    assert (verdict.records, verdict.checkpoints) == (5, 1)


def test_a_running_hub_is_verified_too(kept):
    with Store(kept, call_at_once) as store:
        store.writer.call(audit.record, ACT)

        assert verify_folder(kept).records == 6


def test_a_rewrite_with_stolen_keys_is_found_by_a_copy_kept_elsewhere(kept, tmp_path):
    copy = tmp_path / "elsewhere.jsonl"
    copy.write_bytes((kept / CHECKPOINTS_FILE).read_bytes())
    rewrite(kept)

    assert verify_folder(kept).verified
    assert not verify_folder(kept, checkpoints=copy).verified


def rewrite(folder):
    """Write the whole audit anew, as somebody can who has all that is in the folder."""
    keys, last = read_keys(folder), audit.START
    with closing(sqlite3.connect(folder / "carehub.sqlite3")) as connection:
        names = ", ".join(audit.HASHED)
        found = connection.execute(f"SELECT {names} FROM audit ORDER BY n").fetchall()
        for values in found:
            changed = [*values[:3], "nobody", *values[4:]]
            last = audit.following(keys.chain, last, changed)
            sql = "UPDATE audit SET actor = 'nobody', hash = ? WHERE n = ?"
            connection.execute(sql, [last, values[0]])
        connection.commit()
        (folder / CHECKPOINTS_FILE).unlink()
        Signer(folder).sign(connection, 0)


def test_a_checkpoint_that_a_crash_cut_short_is_not_continued(kept):
    with (kept / CHECKPOINTS_FILE).open("ab") as file:
        file.write(b'{"n":9')
    with Store(kept, call_at_once) as store, closing(store.reader()) as reader:
        store.writer.call(audit.record, ACT)
        signer = Signer(kept)
        signer.sign(reader, signer.last())

    numbers = [each.n for each in read_checkpoints(kept / CHECKPOINTS_FILE)]
    assert numbers == [5, 0, 6]


def test_nothing_new_needs_no_checkpoint(kept):
    with Store(kept, call_at_once) as store, closing(store.reader()) as reader:
        signer = Signer(kept)

        assert signer.sign(reader, signer.last()) is None


def test_a_key_that_is_none_is_reported(kept):
    (kept / PUBLIC_FILE).write_text("no key")

    with pytest.raises(CheckpointsUnreadableError, match=r"AUDIT-002"):
        verify_folder(kept)


def test_a_missing_key_file_is_reported(kept, tmp_path):
    with pytest.raises(CheckpointsUnreadableError, match=r"AUDIT-002"):
        verify_folder(kept, public_key=tmp_path / "nowhere")


def test_a_verdict_is_json(kept):
    assert msgspec.json.decode(msgspec.json.encode(verify_folder(kept)))["verified"]
