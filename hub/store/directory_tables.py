"""The tables of directories of services: their runs, their objects, what waits.

Times are whole microseconds since 1970-01-01 UTC. Records are JSON, packed by zlib.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    text,
)

from hub.store.metadata import Sequence, metadata

#: How far each directory is: `current` is the version in force (each run that changes
#: something makes one), `run` the run that was the last to say anything. `churning`
#: are feeds whose ids change on each export. `stale_at` is when somebody was told.
directory_feed = Table(
    "directory_feed",
    metadata,
    Column("feed", Text, primary_key=True),
    Column("current", BigInteger, nullable=False, server_default="0"),
    Column("run", BigInteger, nullable=False, server_default="0"),
    Column("refreshed_at", BigInteger),
    Column("hsds_version", Text, nullable=False, server_default=""),
    Column("profile", Text, nullable=False, server_default=""),
    Column("counts", Text, nullable=False, server_default="{}"),
    Column("score", Float),
    Column("churning", Boolean, nullable=False, server_default=text("0")),
    Column("stale_at", BigInteger),
    sqlite_with_rowid=False,
)

#: Each package that came, by its message, and what became of it. `version` is the one
#: of its feed that it makes. `heading`, `counts` and `remarks` (how many by code) are
#: JSON. Of `rows` that it changes `laid` are written. The last row of an object that
#: says something new is `changes`, and `told` the last that became a message.
directory_run = Table(
    "directory_run",
    metadata,
    Column("seq", Sequence, primary_key=True),
    Column("message", Sequence, ForeignKey("message.seq"), nullable=False, unique=True),
    Column("feed", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("error_code", Text, nullable=False, server_default=""),
    Column("sha256", LargeBinary, nullable=False, server_default=text("X''")),
    Column("reading", LargeBinary, nullable=False, server_default=text("X''")),
    Column("version", BigInteger, nullable=False, server_default="0"),
    Column("heading", Text, nullable=False, server_default="{}"),
    Column("counts", Text, nullable=False, server_default="{}"),
    Column("remarks", Text, nullable=False, server_default="{}"),
    Column("score", Float),
    Column("rows", BigInteger, nullable=False, server_default="0"),
    Column("laid", BigInteger, nullable=False, server_default="0"),
    Column("changes", BigInteger, nullable=False, server_default="0"),
    Column("told", BigInteger, nullable=False, server_default="0"),
    Column("approved", Boolean, nullable=False, server_default=text("0")),
    Column("actor", Text, nullable=False, server_default=""),
    Column("received_at", BigInteger, nullable=False),
    Column("checked_at", BigInteger),
    Column("settled_at", BigInteger),
    Index("ix_directory_run_feed", "feed", "seq"),
    Index(
        "ix_directory_run_open",
        "state",
        "seq",
        sqlite_where=text("state IN ('waiting', 'applying', 'held')"),
    ),
    Index(
        "ix_directory_run_untold",
        "seq",
        sqlite_where=text("state = 'applied' AND told < changes"),
    ),
)

#: What a directory says of an object: in force from the version `since` of its feed
#: until the version `until`, None while it is. `key` is the hub's, and stays; `id` is
#: the feed's own, `stable` what the key was made of, `natural` how it is found where
#: ids change. `owner` and `places` are keys of its organisation and, as JSON, of its
#: locations. `missing` counts the runs that did not have it; one that is `removed`
#: stays for those who were referred there. `last_seen` is of the version's begin.
#: `digest` is of what it says, `raw` of how its package said it, where nothing of that
#: is secret. `said` is what of it is told, as JSON, or only which fields are others;
#: "" for nothing.
directory_object = Table(
    "directory_object",
    metadata,
    Column("seq", Sequence, primary_key=True),
    Column("feed", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("until", BigInteger),
    Column("id", Text, nullable=False),
    Column("stable", Text, nullable=False),
    Column("natural", Text, nullable=False),
    Column("name", Text, nullable=False, server_default=""),
    Column("owner", Text, nullable=False, server_default=""),
    Column("places", Text, nullable=False, server_default="[]"),
    Column("digest", LargeBinary, nullable=False),
    Column("material", LargeBinary, nullable=False),
    Column("raw", LargeBinary, nullable=False, server_default=text("X''")),
    Column("record", LargeBinary, nullable=False),
    Column("restricted", Text, nullable=False, server_default="[]"),
    Column("status", Text, nullable=False, server_default=""),
    Column("missing", Integer, nullable=False, server_default="0"),
    Column("removed", Boolean, nullable=False, server_default=text("0")),
    Column("first_seen", BigInteger, nullable=False),
    Column("last_seen", BigInteger, nullable=False),
    Column("assured_at", BigInteger),
    Column("said", Text, nullable=False, server_default=""),
    Index("ix_directory_object_key", "key", "since", unique=True),
    Index(
        "ix_directory_object_feed",
        *("feed", "type", "id", "since", "until", "raw", "digest", "key"),
        *("missing", "removed", "natural"),
    ),
    Index("ix_directory_object_name", "type", "name", "key"),
    Index("ix_directory_object_owner", "owner", sqlite_where=text("owner != ''")),
    Index("ix_directory_object_natural", "feed", "type", "natural"),
    Index(
        "ix_directory_object_said",
        *("feed", "since", "seq"),
        sqlite_where=text("said != ''"),
    ),
    Index(
        "ix_directory_object_restricted",
        *("feed", "type", "id"),
        sqlite_where=text("restricted != '[]'"),
    ),
    Index(
        "ix_directory_object_ended",
        "feed",
        "until",
        sqlite_where=text("until IS NOT NULL"),
    ),
)

#: What is wrong with objects of a run, as far as it is kept: by its place in the run.
#: Of what a held run does not have any more, or has anew, `field` is the name.
directory_remark = Table(
    "directory_remark",
    metadata,
    Column("run", Sequence, ForeignKey("directory_run.seq"), primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("level", Integer, nullable=False),
    Column("severity", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("type", Text, nullable=False, server_default=""),
    Column("id", Text, nullable=False, server_default=""),
    Column("field", Text, nullable=False, server_default=""),
    sqlite_with_rowid=False,
)

#: Columns and fields of a run that have no place in the internal shape.
directory_unmapped = Table(
    "directory_unmapped",
    metadata,
    Column("run", Sequence, ForeignKey("directory_run.seq"), primary_key=True),
    Column("table", Text, primary_key=True),
    Column("column", Text, primary_key=True),
    Column("count", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

#: Objects of two directories that look like the same; `one` is the lesser key. `why`
#: is JSON: the points of each comparison.
directory_link = Table(
    "directory_link",
    metadata,
    Column("one", Text, primary_key=True),
    Column("other", Text, primary_key=True),
    Column("type", Text, nullable=False),
    Column("score", Float, nullable=False),
    Column("why", Text, nullable=False, server_default="{}"),
    Column("found_at", BigInteger, nullable=False),
    Index("ix_directory_link_other", "other"),
    sqlite_with_rowid=False,
)

#: Changes that wait for a person: of contacts, and of what was restricted. `change` is
#: JSON packed by zlib: what the object has, and what it would have, by field.
directory_held = Table(
    "directory_held",
    metadata,
    Column("seq", Sequence, primary_key=True),
    Column("feed", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("run", Sequence, ForeignKey("directory_run.seq"), nullable=False),
    Column("state", Text, nullable=False),
    Column("change", LargeBinary, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("actor", Text, nullable=False, server_default=""),
    Column("held_at", BigInteger, nullable=False),
    Column("settled_at", BigInteger),
    Index("ix_directory_held_key", "key", "kind", "seq"),
    Index(
        "ix_directory_held_open",
        "feed",
        "seq",
        sqlite_where=text("state = 'waiting'"),
    ),
)
