"""Our records against what a partner says, by day. Everything is made up."""

import json
from datetime import UTC, date, datetime

import msgspec
import pytest

from hub.coordination.exchanges.findings import Counts
from hub.coordination.exchanges.reconciling import Comparison, Ours, Said, reconcile
from hub.coordination.exchanges.responses import Listing
from hub.coordination.panels import Entry
from hub.store.acting import Actor
from hub.store.exchanges import holdings, ledger, reconciling
from hub.store.exchanges.holdings import Held, Laid
from hub.store.exchanges.ledger import ListedRows
from hub.store.exchanges.reconciling import Kept
from hub.store.panel_rows import MEMBER_COLUMNS, row_of
from hub.store.policy_tables import panel_member
from hub.store.statements import Insert
from tests.store.exchanges.test_ledger import arrived

DAY = date(2026, 4, 15)
AT = datetime(2026, 4, 16, tzinfo=UTC)
OF = Comparison(feed="roster", partner="payer-a", day=DAY, at=AT, by="Ada")
APRIL = ("2026-04-01", "2026-04-30")


def member(value, since=None, until=None, patient_id=""):
    return {
        "system": "PAYER",
        "value": value,
        "patient_id": patient_id,
        "since": since,
        "until": until,
    }


_MEMBER = Insert(panel_member, MEMBER_COLUMNS)


class World:
    """A feed whose files are in force by the stroke of a pen."""

    def __init__(self, connection):
        self.connection = connection
        self.version = 0

    def file(self, semantics, held=(), *, gone=(), listed=(), stated=None, **counts):
        """Put a file in force."""
        self.version += 1
        key = f"xch_{self.version}"
        row = ledger.arrive(self.connection, arrived(key, modified=self.version))
        records = [
            Held(name, b"", json.dumps(memberships), b"")
            for name, memberships in dict(held).items()
        ]
        part = Laid(row.seq, "roster", self.version, list(gone), records, 0)
        holdings.lay(self.connection, [part])
        told = msgspec.to_builtins(Counts(**counts)) | {"stated": stated}
        self.connection.execute(
            "UPDATE exchange SET state = 'applied', version = ?, settled_at = 7,"
            " heading = ?, counts = ? WHERE id = ?",
            [self.version, json.dumps({"semantics": semantics}), json.dumps(told), key],
        )
        self.connection.execute(
            "INSERT INTO exchange_feed (feed, current) VALUES ('roster', ?)"
            " ON CONFLICT (feed) DO UPDATE SET current = excluded.current",
            [self.version],
        )
        rows = [Listing(n, n, name, "made.up") for n, name in enumerate(listed, 1)]
        ledger.list_rows(self.connection, [ListedRows(row.seq, rows, anew=False)])
        return key

    def panel(self, *members):
        """Put a version of the panel in force."""
        self.connection.execute("INSERT INTO panel (name, version) VALUES ('p', 2)")
        for value, since, until in members:
            entry = Entry(1, "add", "PAYER", value, "", _day(since), _day(until))
            row = row_of(entry, "p", 2, 0)
            _MEMBER.run(self.connection, [row])

    def ours(self, panel="p", day=DAY):
        return reconciling.compared(self.connection, "roster", panel, day).ours

    def said(self):
        return reconciling.said(self.connection, "roster")

    def questions(self, panel="p", most=10):
        told = (self.connection, "roster", panel, DAY, most)
        found = reconciling.rows_listed(self.connection, "roster", most)
        found += reconciling.compared(*told).in_question
        return [(each.key, each.code) for each in found]


def _day(text):
    return text and date.fromisoformat(text)


@pytest.fixture
def world(memory):
    return World(memory)


def test_records_are_told_apart_by_their_days(world):
    world.file(
        "full",
        {
            "open": [member("1")],
            "april": [member("2", *APRIL)],
            "last day": [member("3", None, "2026-04-15")],
            "first day": [member("4", "2026-04-15")],
            "gone": [member("5", None, "2026-04-14")],
            "to come": [member("6", "2026-04-16")],
            "never": [member("7", "2026-05-02", "2026-05-01")],
            "again": [member("8", None, "2026-01-01"), member("8", "2026-04-01")],
            "no member": [],
        },
    )

    found = world.ours(panel="")

    assert (found.records, found.active) == (9, 6)
    assert (found.later, found.past) == (1, 2)


def test_what_is_not_in_force_does_not_count(world):
    world.file("full", {"a": [member("1")], "b": [member("2")]})
    world.file("full", {"a": [member("3")]}, gone=["a", "b"])
    later = Laid(1, "roster", world.version + 1, ["a"], [Held("c", b"", "[]", b"")], 0)
    holdings.lay(world.connection, [later])

    assert world.ours(panel="").records == 1


def test_the_panel_is_compared_by_number_and_day(world):
    world.file(
        "full",
        {
            "there": [member("1")],
            "not there": [member("2")],
            "there before": [member("3")],
            "gone from both": [member("4", None, "2026-04-01")],
        },
    )
    world.panel(
        ("1", None, None),
        ("3", None, "2026-04-01"),
        ("4", None, "2026-04-01"),
        ("5", *APRIL),
        ("6", "2026-05-01", None),
    )

    found = world.ours()

    assert (found.panel, found.on_panel) == ("p", 2)
    assert (found.missing, found.extra) == (2, 1)
    assert world.questions() == [
        ("not there", "panel.missing"),
        ("there before", "panel.missing"),
        ("5", "panel.extra"),
    ]
    assert world.questions(most=1) == [("not there", "panel.missing")]


@pytest.mark.parametrize("semantics", ["full", "cumulative", "audit"])
def test_the_last_list_says_how_many_there_are(world, semantics):
    world.file("full", read=99, accepted=99, added=99)
    key = world.file(
        semantics,
        listed=["x", "y"],
        read=10,
        accepted=7,
        rejected=1,
        duplicate=2,
        added=4,
        unchanged=2,  # and one that ends a record
    )
    world.file("delta", listed=["z"], read=5, accepted=5, added=3, ended=1)
    world.file("delta", read=1, accepted=1, ended=1)

    said = world.said()

    assert (said.exchange, said.stated) == (key, 7)
    assert (said.since_then, said.listed) == (1, 3)
    assert world.questions(panel="") == [(name, "made.up") for name in "xyz"]


def test_what_a_trailer_says_counts_before_the_rows(world):
    world.file("full", stated=12, read=10, accepted=10, added=10)

    assert world.said().stated == 12


def test_files_of_changes_say_nothing_of_how_many_there_are(world):
    world.file("delta", {"a": []}, read=1, accepted=1, added=1)

    assert world.said() is None
    assert reconcile(OF, world.ours(""), None, 1).status == "clean"
    with pytest.raises(ValueError, match="nothing to compare"):
        reconcile(OF, world.ours(""), None, None)


@pytest.mark.parametrize(
    ("count", "difference", "status"),
    [(None, 0, "clean"), (8, 0, "clean"), (9, -1, "differs"), (0, 8, "differs")],
)
def test_a_count_is_of_who_is_active_and_a_file_of_all_records(
    count, difference, status
):
    ours = Ours(records=10, active=8, later=2)
    said = Said(exchange="xch_1", at=AT, stated=7, since_then=3)

    found = reconcile(OF, ours, said, count)

    assert (found.difference, found.status) == (difference, status)


@pytest.mark.parametrize("wrong", ["missing", "extra"])
def test_a_panel_that_is_not_the_feeds_is_never_clean(wrong):
    assert reconcile(OF, Ours(**{wrong: 1}), None, 0).status == "differs"


def test_the_last_comparison_is_kept_without_keys(world):
    world.file("full", {"a": []}, listed=["x"], read=2, accepted=1, added=1)
    found = reconcile(OF, world.ours(""), world.said(), None)
    asked = reconciling.rows_listed(world.connection, "roster")
    full = msgspec.structs.replace(found, questions=1, in_question=asked)

    reconciling.keep(world.connection, [Kept(found, Actor("Eve", "operator"))])
    reconciling.keep(world.connection, [Kept(full, Actor("Ada", "operator"))])

    kept = reconciling.last(world.connection, "roster")
    assert kept == msgspec.structs.replace(full, in_question=[])
    assert reconciling.last(world.connection, "other") is None
    [audited] = world.connection.execute(
        "SELECT actor, detail FROM audit WHERE action = 'exchange.reconciled'"
        " ORDER BY n DESC LIMIT 1"
    )
    assert audited[0] == "Ada"
    assert json.loads(audited[1])["feed"] == "roster"
