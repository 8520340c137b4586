"""The check of a file, in this process: what it finds, and what it would change."""

import json
from collections import defaultdict
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.model.files import RowProblem
from hub.runtime.exchanges import checking_rows, checking_steps
from hub.runtime.exchanges.checking_steps import check
from tests.runtime.exchanges import gate_readers as readers
from tests.runtime.exchanges.gate_readers import heading, job, row, totals, written
from tests.runtime.exchanges.held import changes, listed, make, put_in_force

LISTS = ("full", "cumulative", "audit")


@pytest.fixture
def folder(tmp_path):
    make(tmp_path)
    (tmp_path / "staging").mkdir()
    (tmp_path / "scratch").mkdir()
    return tmp_path


def checked(folder, *items, version=0, **more):
    return check(job(folder, written(*items), current=version, **more))


def applied(folder, *items, version=1):
    found = checked(folder, *items, version=version - 1)
    put_in_force(folder, found, version)
    return found


def told(found):
    return [
        (each.op, each.key, json.loads(each.body), json.loads(each.before))
        for each in changes(found)
    ]


def x(value="x"):
    return {"value": value}


def test_a_first_file_sets_all_its_rows_in_their_order(folder):
    found = checked(folder, heading(), row(1, "b"), row(2, "a"), totals(2))
    counts = found.counts

    assert found.sha256 == sha256((folder / "original").read_bytes()).digest()
    assert found.size == (folder / "original").stat().st_size
    assert (counts.read, counts.accepted, counts.added) == (2, 2, 2)
    assert (counts.before, counts.after, found.stated) == (0, 2, 2)
    assert told(found) == [("set", "b", x(), None), ("set", "a", x(), None)]


def test_what_has_not_changed_makes_no_change(folder):
    applied(folder, heading(), row(1, "a"), row(2, "b"))
    found = checked(folder, heading(), row(1, "b"), row(2, "a", "y"), version=1)

    assert told(found) == [("set", "a", x("y"), x())]
    assert (found.counts.changed, found.counts.unchanged) == (1, 1)


def test_catalogue_17_a_file_again_with_one_row_changed_changes_one_record(folder):
    rows = [row(n, f"M{n:03}") for n in range(1, 51)]
    applied(folder, heading(), *rows)
    again = [*rows[:20], row(21, "M021", "new"), *rows[21:]]
    found = checked(folder, heading(), *again, version=1)

    assert told(found) == [("set", "M021", x("new"), x())]


@pytest.mark.parametrize("semantics", ["full", "cumulative"])
def test_what_a_list_of_all_does_not_have_ends_last_by_key(folder, semantics):
    applied(folder, heading(semantics), row(1, "c"), row(2, "b"), row(3, "a"))
    found = checked(folder, heading(semantics), row(1, "d"), version=1)

    assert told(found) == [
        ("set", "d", x(), None),
        *(("end", key, x(), x()) for key in "abc"),
    ]
    assert (found.counts.ended, found.counts.lost) == (3, 3)
    assert (found.counts.before, found.counts.after) == (3, 1)
    assert changes(found)[-1].memberships == "[]"
    assert json.loads(changes(found)[-1].memberships_before)[0]["value"] == "c"


def test_what_an_audit_does_not_have_is_listed_and_stays(folder):
    applied(folder, heading("audit"), row(1, "a"), row(2, "b"))
    found = checked(folder, heading("audit"), row(1, "b"), version=1)

    assert told(found) == []
    assert (found.counts.absent, found.counts.lost) == (1, 0)
    assert listed(found) == [(0, "a", "row.absent")]


@pytest.mark.parametrize("semantics", ["delta", "append"])
def test_what_a_file_of_changes_does_not_have_stays(folder, semantics):
    applied(folder, heading(), row(1, "a"))
    found = checked(folder, heading(semantics), row(1, "b"), version=1)

    assert told(found) == [("set", "b", x(), None)]
    assert found.counts.after == 2


def test_a_row_ends_what_is_held_and_says_how(folder):
    applied(folder, heading(), row(1, "a"), row(2, "b"))
    ends = row(1, "a", "gone", op="end")
    found = checked(folder, heading("delta"), ends, version=1)

    assert told(found) == [("end", "a", x("gone"), x())]
    assert (found.counts.ended, found.counts.lost, found.counts.after) == (1, 1, 1)


def test_an_end_of_what_is_not_held_changes_nothing_and_is_listed(folder):
    found = checked(folder, heading("delta"), row(4, "a", op="end"))

    assert told(found) == []
    assert (found.counts.accepted, found.counts.unchanged) == (1, 1)
    assert listed(found) == [(4, "a", "row.end_unknown")]
    assert found.warned == {"row.end_unknown": 1}


def test_a_statement_that_stands_by_itself_is_told_each_time(folder):
    once = row(1, "a", op="once")
    applied(folder, heading("append"), once)
    found = checked(folder, heading("append"), once, row(2, "", op="once"), version=1)

    assert [(op, key) for op, key, *_ in told(found)] == [("once", "a"), ("once", "")]
    assert (found.counts.once, found.counts.before) == (2, 0)


def test_catalogue_17_the_same_row_twice_counts_once(folder):
    found = checked(folder, heading(), row(1, "a"), row(2, "b"), row(3, "a"))

    assert told(found) == [("set", "a", x(), None), ("set", "b", x(), None)]
    assert (found.counts.accepted, found.counts.duplicate) == (2, 1)


@pytest.mark.parametrize("semantics", [*LISTS, "delta", "append"])
def test_catalogue_17_one_key_with_two_meanings_is_set_aside_and_stays(
    folder, semantics
):
    applied(folder, heading(), row(1, "a", "old"), row(2, "b"))
    two = [row(1, "a", "one"), row(2, "b"), row(3, "a", "two")]
    found = checked(folder, heading(semantics), *two, version=1)

    assert told(found) == []
    assert (found.counts.rejected, found.counts.lost) == (2, 0)
    assert found.rejected == {"row.key_twice": 2}
    assert listed(found) == [(1, "a", "row.key_twice"), (3, "a", "row.key_twice")]


def test_in_a_file_of_changes_the_later_of_an_end_and_a_row_holds(folder):
    applied(folder, heading(), row(1, "a"), row(2, "b"))
    items = [
        row(1, "a", op="end"),
        row(2, "a", "again"),
        row(3, "b", "last"),
        row(4, "b", "gone", op="end"),
    ]
    found = checked(folder, heading("delta"), *items, version=1)

    assert told(found) == [
        ("set", "a", x("again"), x()),
        ("end", "b", x("gone"), x()),
    ]
    assert (found.counts.duplicate, found.warned) == (2, {"row.superseded": 2})
    assert listed(found) == [(1, "a", "row.superseded"), (3, "b", "row.superseded")]


def test_a_list_that_both_sets_and_ends_a_record_is_set_aside(folder):
    items = [row(1, "a"), row(2, "a", op="end")]

    assert checked(folder, heading(), *items).rejected == {"row.key_twice": 2}


def test_a_wrong_row_is_listed_and_its_record_stays(folder):
    applied(folder, heading(), row(1, "a"), row(2, "b"))
    found = checked(
        folder,
        heading(),
        row(7, "a", "?", bad=("date.unreadable", "id.scientific")),
        row(8, "b"),
        version=1,
    )

    assert told(found) == []
    assert (found.counts.rejected, found.counts.accepted) == (1, 1)
    assert found.rejected == {"date.unreadable": 1, "id.scientific": 1}
    assert listed(found) == [
        (7, "a", "date.unreadable"),
        (7, "a", "id.scientific"),
    ]


def test_catalogue_19_one_bad_row_is_set_aside_and_the_rest_counts(folder):
    rows = [row(n, f"M{n}") for n in range(1, 200)]
    found = checked(
        folder, heading(), *rows, row(200, "M200", bad=("date.unreadable",))
    )

    assert (found.counts.added, found.counts.rejected) == (199, 1)


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ("", "row.key_missing"),
        ("k" * 513, "row.key_unusable"),
        ("\ud800", "row.key_unusable"),
        ("a\0b", "row.key_unusable"),
    ],
)
def test_a_row_whose_key_cannot_be_kept_is_rejected(folder, key, code):
    found = checked(folder, heading(), row(1, key), row(2, "good"))

    assert listed(found) == [(1, "", code)]
    assert [change.key for change in changes(found)] == ["good"]


def test_a_row_that_says_too_much_is_rejected(folder):
    found = checked(folder, heading(), row(1, "a", "x" * checking_rows.LARGEST_BODY))

    assert listed(found) == [(1, "a", "row.too_large")]


def test_warnings_are_counted_and_change_nothing(folder):
    found = checked(folder, heading(), row(1, "a", warned=("column.unknown",)))

    assert found.warned == {"column.unknown": 1}
    assert (listed(found), found.counts.added) == ([(1, "a", "column.unknown")], 1)


def test_rows_beyond_the_most_are_counted_and_not_listed(folder, monkeypatch):
    monkeypatch.setattr(checking_rows, "MOST_LISTED", 2)
    rows = [row(n, f"M{n}", bad=("date.unreadable",)) for n in range(1, 5)]
    found = checked(folder, heading(), *rows)

    assert len(listed(found)) == 2
    assert found.rejected == {"date.unreadable": 4}


def test_who_is_said_to_end_is_lost_although_their_row_is_there(folder):
    """A roster can disenrol everybody without leaving anybody out."""
    applied(
        folder, heading(), row(1, "a"), row(2, "b"), row(3, "c", until="2026-12-31")
    )
    ended = [
        row(1, "a", until="2026-03-31"),
        row(2, "b", since="2026-09-01", until="2026-08-31"),
        row(3, "c", until="2026-04-01"),
    ]
    found = checked(folder, heading(), *ended, version=1)

    assert (found.counts.changed, found.counts.ended) == (3, 0)
    assert (found.counts.before, found.counts.lost, found.counts.after) == (3, 2, 1)


def test_who_comes_back_counts_as_active_again(folder):
    applied(folder, heading(), row(1, "a", until="2025-01-31"))
    found = checked(folder, heading(), row(1, "a", until="2027-01-31"), version=1)

    assert (found.counts.before, found.counts.lost, found.counts.after) == (0, 0, 1)


def test_a_record_without_memberships_is_active_while_it_is_held(folder):
    applied(folder, heading("cumulative"), row(1, "gap", until="none"))
    found = checked(folder, heading("cumulative"), version=1)

    assert (found.counts.before, found.counts.lost) == (1, 1)


@pytest.mark.parametrize(
    ("said", "lost"), [("2026-02-01", 0), ("2026-04-01", 1), ("2099-01-01", 1)]
)
def test_members_count_as_of_the_day_of_the_file_never_of_the_future(
    folder, said, lost
):
    applied(folder, heading(), row(1, "a"), row(2, "b"))
    said = datetime.fromisoformat(said).replace(tzinfo=UTC)
    rows = [row(1, "a", until="2026-03-01"), row(2, "b", until="2026-05-01")]
    given = job(folder, written(heading(), *rows), current=1)
    reading = given.reading._replace(read=_saying(said))

    assert check(given._replace(reading=reading)).counts.lost == lost


def _saying(moment):
    def read(file, profile, context):
        for item in readers.read(file, profile, context):
            if isinstance(item, readers.Heading):
                yield readers.Heading(kind="roster", semantics="full", said=moment)
            else:
                yield item

    return read


def test_versions_that_are_not_in_force_are_not_compared_with(folder):
    """What a file that waits has laid down already is nobody's yet."""
    applied(folder, heading(), row(1, "a"), row(2, "b"))
    applied(folder, heading(), row(1, "a", "later"), version=2)
    found = checked(folder, heading(), row(1, "a"), row(2, "b"), version=1)

    assert (told(found), found.counts.unchanged) == ([], 2)


def test_catalogue_12_totals_that_are_missing_or_wrong_are_reported(folder):
    found = checked(folder, heading(), row(1, "a"), totals(None, "trailer.missing"))

    assert found.totals == (RowProblem("trailer.missing"),)
    assert found.stated is None


def test_what_the_name_says_is_added_to_the_heading(folder):
    groups = {"sequence": "0007", "env": "T", "period": "202603"}
    found = checked(folder, heading(period="2026-02"), groups=groups)

    assert (found.heading.sequence, found.heading.test) == (7, True)
    assert found.problems == (RowProblem("name.period"),)


def test_files_of_one_container_count_together(folder):
    one = written(heading(control="1"), row(1, "a"), totals(1))
    two = written(heading(control="2"), row(1, "b"), totals(1))
    found = check(job(folder, one + b"---\n" + two, unwrap=readers.split))

    assert (found.counts.added, found.stated) == (2, 2)
    assert (found.heading.control, found.heading.kind) == ("1", "roster")


def test_two_kinds_of_changes_go_together(folder):
    found = checked(folder, heading("delta"), heading("append", kind="999"))

    assert (found.heading.kind, found.heading.semantics) == ("roster+999", "delta")


def test_acknowledgements_and_answers_are_handed_on(folder):
    told = {"of": "000000007", "kind": "999", "acceptance": "rejected", "codes": ["5"]}
    found = checked(folder, heading("append"), {"acknowledged": told}, {"reply": 3})

    assert [each.of for each in found.acknowledgements] == ["000000007"]
    assert [each.body for each in found.replies] == [b"xxx"]


@pytest.mark.parametrize(
    ("items", "more", "code", "again"),
    [
        ([], {}, "EXCH-006", False),
        ([row(1, "a")], {}, "EXCH-006", False),
        ([heading()], {"reader": readers.nothing}, "EXCH-006", False),
        ([heading(), heading("delta")], {}, "EXCH-007", False),
        ([heading("append"), {"reply": 17 * 1024 * 1024}], {}, "EXCH-009", False),
        ([heading(), row(1, "a"), {"refuse": 1}], {}, "TESTC-001", False),
        ([heading()], {"unwrap": readers.cannot_unwrap}, "TESTC-001", False),
        ([], {"unwrap": readers.split}, "EXCH-011", False),
        ([heading(), {"later": 1}], {}, "TESTC-002", True),
        ([heading(), row(1, "a"), {"raise": 1}], {}, "EXCH-002", True),
        ([heading()], {"reader": readers.rubbish}, "EXCH-002", True),
        ([heading(), row(1, "a", op="drop")], {}, "EXCH-002", True),
    ],
)
def test_a_file_that_is_not_read_to_its_end_says_why(folder, items, more, code, again):
    found = checked(folder, *items, **more)

    assert (found.error_code, found.again) == (code, again)
    assert found.changes.count == 0
    assert readers.CANARY not in found.detail


def test_rows_that_were_wrong_before_the_end_are_still_listed(folder):
    bad = row(1, "a", bad=("date.unreadable",))
    found = checked(folder, heading(), bad, {"refuse": 1})

    assert listed(found) == [(1, "a", "date.unreadable")]
    assert found.detail == "in line 3"


@pytest.mark.parametrize(("end", "replies"), [("refuse", 1), ("later", 0)])
def test_the_readers_answers_are_given_where_the_file_is_at_fault(folder, end, replies):
    """A TA1 that rejects an interchange is due; one of a check to come is not."""
    found = checked(folder, heading(), {"reply": 3}, {end: 1})

    assert len(found.replies) == replies


def test_what_is_wrong_with_a_file_is_said_so_often_and_no_more(folder):
    said = totals(None, *(f"trailer.{n}" for n in range(1500)))

    assert len(checked(folder, heading(), said, said).totals) == 1000


def test_catalogue_25_a_file_that_changes_meanwhile_is_checked_again(folder):
    touch = {"touch": str(folder / "original")}
    found = checked(folder, heading(), touch)

    assert (found.error_code, found.again) == ("EXCH-004", True)


def test_a_file_that_is_gone_is_checked_again(folder):
    given = job(folder, b"")
    given.original.unlink()

    assert check(given).error_code == "EXCH-004"


def test_a_folder_without_room_is_not_the_fault_of_the_file(folder):
    given = job(folder, written(heading()))._replace(staging=Path("/dev/full/x"))
    found = check(given)

    assert (found.error_code, found.again) == ("EXCH-003", True)


def test_a_file_without_a_reader_is_one_message_as_it_is(folder):
    body = b"MSH|^~\\&|SYNTHETIC\rPID|1\r"
    found = check(job(folder, body, reader=None, media_type="x/hl7"))
    [change] = changes(found)

    assert found.changes.plain
    assert (change.op, change.body, found.counts.once) == ("once", body, 1)


def test_each_file_of_a_container_is_a_message(folder):
    body = b"one---\ntwo---\none"
    found = check(job(folder, body, reader=None, unwrap=readers.split))

    assert [each.body for each in changes(found)] == [b"one", b"two", b"one"]


def test_a_message_can_be_only_so_large(folder, monkeypatch):
    monkeypatch.setattr(checking_steps, "LARGEST_MESSAGE", 3)

    assert check(job(folder, b"four", reader=None)).error_code == "EXCH-008"
    assert check(job(folder, b"one", reader=None)).error_code == ""


def test_a_message_that_is_a_whole_directory_can_be_larger_and_packed(
    folder, monkeypatch
):
    monkeypatch.setattr(checking_steps, "LARGEST_MESSAGE", 3)
    monkeypatch.setattr(checking_steps, "LARGEST_DIRECTORY", 6)

    def directory(body):
        given = job(folder, body, reader=None)
        return check(given._replace(reading=given.reading._replace(directory=True)))

    assert directory(b"PK\x03\x04ab").error_code == ""
    assert directory(b"PK\x03\x04abc").error_code == "EXCH-008"


@pytest.mark.parametrize(
    "beginning",
    [
        b"PK\x03\x04\x14\x00",
        b"%PDF-1.7\n",
        b"\xef\xbb\xbf <!DOCTYPE html><html>",
        b"\r\n<HTML>",
        b"-----BEGIN PGP MESSAGE-----\n",
        b"\x85\x01\x0c\x03\x01\x02\x03",
        b"\xc1\xc0\x4c\x03\x01\x02",
        b"\x1f\x8b\x08\x00",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"7z\xbc\xaf\x27\x1c",
    ],
)
def test_catalogue_24_another_kind_of_file_is_refused_by_how_it_begins(
    folder, beginning
):
    found = check(job(folder, beginning + bytes(100)))

    assert (found.error_code, found.again) == ("EXCH-010", False)


@pytest.mark.parametrize(
    "beginning", ["ÄRZTIN;1", "Åsa,1", "“a”,1", "\ufeffid,1", "…", "a\tb"]
)
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16", "utf-16-le"])
def test_catalogue_24_text_of_any_encoding_is_text(folder, beginning, encoding):
    body = beginning.encode(encoding, "replace") + b"\n" + b"a,b\n" * 20
    found = check(job(folder, body, reader=readers.large))

    assert found.error_code == ""


def test_a_feed_of_archives_takes_them(folder):
    body = b"PK\x03\x04" + bytes(10)
    found = check(job(folder, body, reader=None, media_type="application/zip"))

    assert found.error_code == ""


def test_only_the_hubs_own_user_may_look_at_what_is_staged(folder):
    checked(folder, heading(), row(1, "a"))

    assert (folder / "staging" / "x_1.sqlite3").stat().st_mode & 0o077 == 0


keys = st.sampled_from("abcd")
rows = st.tuples(
    keys,
    st.sampled_from(["x", "y"]),
    st.sampled_from(["set", "set", "set", "end", "once", "bad"]),
)
files = st.lists(
    st.tuples(st.sampled_from([*LISTS, "delta", "append"]), st.lists(rows, max_size=6)),
    min_size=1,
    max_size=4,
)


class Model:
    """What a feed holds, and what a file changes, in the plainest way."""

    def __init__(self):
        self.held = {}

    def apply(self, semantics, said):
        changes, lists = [], semantics in LISTS
        of_key = defaultdict(list)
        for place, (key, value, op) in enumerate(said):
            of_key[key].append((place, op, value))
        told_once = set()
        for place, (key, value, op) in enumerate(said):
            if op == "once" and (key, value) not in told_once:
                told_once.add((key, value))
                changes.append(("once", key, value, None, place))
        for key, rows in of_key.items():
            winner = self._winner(rows, lists=lists)
            if winner is None:
                continue
            place, op, value = winner
            before = self.held.get(key)
            if op == "set" and before != value:
                changes.append(("set", key, value, before, place))
            elif op == "end" and before is not None:
                changes.append(("end", key, value, before, place))
        changes.sort(key=lambda each: each[-1])
        absent = sorted(
            key
            for key in self.held
            if all(op == "once" for _, op, _ in of_key.get(key, []))
        )
        if semantics in {"full", "cumulative"}:
            changes += [
                ("end", key, self.held[key], self.held[key], -1) for key in absent
            ]
        self._do(changes)
        return [each[:-1] for each in changes], absent if semantics == "audit" else []

    @staticmethod
    def _winner(rows, *, lists):
        sets = [each for each in rows if each[1] == "set"]
        ends = [each for each in rows if each[1] == "end"]
        torn = any(len({value for *_, value in some}) > 1 for some in (sets, ends))
        if torn or (lists and sets and ends):
            return None
        if not (sets and ends):
            return (sets or ends or [None])[0]
        return sets[0] if sets[-1] > ends[-1] else ends[0]

    def _do(self, changes):
        for op, key, value, *_ in changes:
            if op == "set":
                self.held[key] = value
            elif op == "end":
                del self.held[key]


@settings(deadline=None)  # it writes to the disk
@given(files)
def test_any_sequence_of_files_changes_what_a_model_says(given):
    model = Model()
    with TemporaryDirectory() as made:
        folder = Path(made)
        make(folder)
        (folder / "staging").mkdir()
        for version, (semantics, said) in enumerate(given, 1):
            items = [
                row(n, key, value, op="set", bad=("bad.bad",))
                if op == "bad"
                else row(n, key, value, op=op)
                for n, (key, value, op) in enumerate(said, 1)
            ]
            before = len(model.held)
            found = checked(folder, heading(semantics), *items, version=version - 1)
            expected, absent = model.apply(semantics, said)
            put_in_force(folder, found, version)
            counts = found.counts

            assert found.error_code == ""
            assert [
                (op, key, body["value"], was and was["value"])
                for op, key, body, was in told(found)
            ] == expected
            assert [key for _, key, code in listed(found) if code == "row.absent"] == (
                absent
            )
            assert (counts.before, counts.after) == (before, len(model.held))
            assert counts.read == len(said)
            assert counts.read == (counts.accepted + counts.rejected + counts.duplicate)
            assert counts.unchanged >= 0


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_lead_to_findings(body):
    with TemporaryDirectory() as made:
        folder = Path(made)
        make(folder)
        (folder / "staging").mkdir()
        found = check(job(folder, body))

        assert found.sha256 == sha256(body).digest()
        assert found.error_code or found.heading
