"""The tables of who is told what, and why: panels, rulesets, rechecks, worklists.

Times are whole microseconds since 1970-01-01 UTC, days whole days since then.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
)

from hub.store.metadata import Sequence, metadata

#: Numbers that only grow. ``policy`` grows with each change of what decisions rest on.
counter = Table(
    "counter",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
)

#: Which subscriptions ask for which events, by the ruleset that was in force.
asked = Table(
    "asked",
    metadata,
    Column("ruleset", BigInteger, primary_key=True),
    Column("type", Text, primary_key=True),
    Column("subscription", Text, primary_key=True),
    Column("destination", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    sqlite_with_rowid=False,
)

#: A decision that was taken anew before an attempt, because what the one before
#: rests on had changed.
recheck = Table(
    "recheck",
    metadata,
    Column("seq", Sequence, primary_key=True),
    Column("delivery", Sequence, ForeignKey("delivery.seq"), nullable=False),
    Column("verdict", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("rules", Text, nullable=False),
    Column("terms", Text, nullable=False),
    Column("generation", BigInteger, nullable=False),
    Column("decided_at", BigInteger, nullable=False),
    Column("subscription", Text, nullable=False, server_default=""),
    Column("patient_id", Text, nullable=False, server_default=""),
    Index("ix_recheck_delivery", "delivery"),
)

#: The panels. `version` is the one in force, 0 while there is none.
panel = Table(
    "panel",
    metadata,
    Column("name", Text, primary_key=True),
    Column("version", Integer, nullable=False, server_default="0"),
    Column("members", Integer, nullable=False, server_default="0"),
    Column("confirmed_at", BigInteger),
)

#: Each list that was given for a panel, and what became of it.
panel_load = Table(
    "panel_load",
    metadata,
    Column("seq", Sequence, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("panel", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("mode", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("members", Integer, nullable=False),
    Column("added", Integer, nullable=False, server_default="0"),
    Column("removed", Integer, nullable=False, server_default="0"),
    Column("reason", Text, nullable=False, server_default=""),
    Column("actor", Text, nullable=False, server_default=""),
    Column("created_at", BigInteger, nullable=False),
    Column("settled_at", BigInteger),
    Index("ix_panel_load_panel", "panel"),
)

#: Who is on which version of a panel, by any number that they are known by. A
#: `valid_from` that is open is the first day of the calendar. `days_after` is how long
#: an entry lasts after the encounter that it is about, where it ends by itself.
panel_member = Table(
    "panel_member",
    metadata,
    Column("system", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    Column("panel", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("patient_id", Text, primary_key=True),
    Column("valid_from", Integer, primary_key=True),
    Column("programme", Text, primary_key=True),
    Column("valid_to", Integer),
    Column("purpose", Text, nullable=False, server_default=""),
    Column("legal_basis", Text, nullable=False, server_default=""),
    Column("confirmed_at", BigInteger, nullable=False),
    Column("days_after", Integer),
    Index("ix_panel_member_panel", "panel", "version", "system", "value"),
    sqlite_with_rowid=False,
)

#: What a recipient fetches by itself: an item for each delivery to a worklist.
worklist_item = Table(
    "worklist_item",
    metadata,
    Column("delivery", Sequence, ForeignKey("delivery.seq"), primary_key=True),
    Column("state", Text, nullable=False),
    Column("acknowledged_at", BigInteger),
    Column("acknowledged_by", Text, nullable=False, server_default=""),
    Column("closed_at", BigInteger),
    Column("closed_by", Text, nullable=False, server_default=""),
    Column("outcome", Text, nullable=False, server_default=""),
)
