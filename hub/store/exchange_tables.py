"""The tables of files that come and go: the ledger, its rows, what is held of whom.

Times are whole microseconds since 1970-01-01 UTC.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    text,
)

from hub.store.metadata import Sequence, metadata

#: Every file that came (`direction` ``in``) or went (``out``), and what became of it.
#: `feed` is the source or destination, `path` where it was on the partner's server.
#: `control` is the sender's number for it, `number` ours. `heading`, `counts` and
#: `problems` are JSON. A file that is applied is the `version` of its feed from then
#: on. `rows` is how many changes it makes: `laid` counts those that are held, and
#: `fed` those that became a message.
exchange = Table(
    "exchange",
    metadata,
    Column("seq", Sequence, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("direction", Text, nullable=False),
    Column("feed", Text, nullable=False),
    Column("partner", Text, nullable=False),
    Column("kind", Text, nullable=False, server_default=""),
    Column("name", Text, nullable=False),
    Column("path", Text, nullable=False, server_default=""),
    Column("size", BigInteger, nullable=False, server_default="0"),
    Column("modified", BigInteger, nullable=False, server_default="0"),
    Column("sha256", LargeBinary, nullable=False, server_default=text("X''")),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("error_code", Text, nullable=False, server_default=""),
    Column("heading", Text, nullable=False, server_default="{}"),
    Column("counts", Text, nullable=False, server_default="{}"),
    Column("problems", Text, nullable=False, server_default="[]"),
    Column("control", Text, nullable=False, server_default=""),
    Column("number", BigInteger, nullable=False, server_default="0"),
    Column("of", Text, nullable=False, server_default=""),
    Column("rows", BigInteger, nullable=False, server_default="0"),
    Column("version", BigInteger, nullable=False, server_default="0"),
    Column("laid", BigInteger, nullable=False, server_default="0"),
    Column("fed", BigInteger, nullable=False, server_default="0"),
    Column("answer", Text, nullable=False, server_default=""),
    Column("actor", Text, nullable=False, server_default=""),
    Column("received_at", BigInteger, nullable=False),
    Column("checked_at", BigInteger),
    Column("settled_at", BigInteger),
    Column("answered_at", BigInteger),
    Column("due_at", BigInteger),
    Column("kept", Boolean, nullable=False, server_default=text("1")),
    Index("ix_exchange_feed", "feed", "seq"),
    Index("ix_exchange_sha256", "feed", "sha256"),
    Index("ix_exchange_name", "feed", "name"),
    Index("ix_exchange_path", "feed", "path"),
    Index("ix_exchange_number", "partner", "number"),
    Index(
        "ix_exchange_open",
        "state",
        "seq",
        sqlite_where=text(
            "state IN ('received', 'held', 'applying', 'sending', 'sent', 'overdue')"
        ),
    ),
    Index(
        "ix_exchange_unfed",
        "feed",
        "seq",
        sqlite_where=text("state = 'applied' AND fed < rows"),
    ),
    Index(
        "ix_exchange_due",
        "due_at",
        sqlite_where=text("due_at IS NOT NULL AND state IN ('sent', 'overdue')"),
    ),
    Index(
        "ix_exchange_owed",
        "feed",
        "seq",
        sqlite_where=text("answer != '' AND answered_at IS NULL"),
    ),
)

#: Whose turn it is to fetch a file. `spool` names the file that its bytes go to.
lease = Table(
    "lease",
    metadata,
    Column("feed", Text, primary_key=True),
    Column("path", Text, primary_key=True),
    Column("size", BigInteger, primary_key=True),
    Column("modified", BigInteger, primary_key=True),
    Column("ticket", Text, nullable=False, unique=True),
    Column("until", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

#: Rows that a person should look at: those not taken, and those that were missed.
exchange_row = Table(
    "exchange_row",
    metadata,
    Column("exchange", Sequence, ForeignKey("exchange.seq"), primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("key", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("column", Text, nullable=False),
    sqlite_with_rowid=False,
)

#: What is to be put where the partner looks for answers, by place. It is there since
#: `given_at`.
exchange_reply = Table(
    "exchange_reply",
    metadata,
    Column("exchange", Sequence, ForeignKey("exchange.seq"), primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("number", BigInteger, nullable=False, server_default="0"),
    Column("body", LargeBinary, nullable=False),
    Column("given_at", BigInteger),
    Index("ix_exchange_reply_number", "number", sqlite_where=text("number > 0")),
)

#: Which deliveries are in a file of ours.
exchange_notice = Table(
    "exchange_notice",
    metadata,
    Column("exchange", Sequence, ForeignKey("exchange.seq"), primary_key=True),
    Column("delivery", Sequence, ForeignKey("delivery.seq"), primary_key=True),
    sqlite_with_rowid=False,
)

#: The last number that was given: of files to a partner, or by a partner.
control_number = Table(
    "control_number",
    metadata,
    Column("partner", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("last", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

#: What a feed said of a record, by its key: in force from the version `since` of the
#: feed on, until the version `until`, None while it is.
holding = Table(
    "holding",
    metadata,
    Column("feed", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("since", BigInteger, primary_key=True),
    Column("until", BigInteger),
    Column("digest", LargeBinary, nullable=False),
    Column("memberships", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

#: How far each feed is: `current` is the version in force (each file that is applied
#: makes one), `active` how many records it leaves, `said_at` when its partner last
#: said how many there should be, `stated`.
exchange_feed = Table(
    "exchange_feed",
    metadata,
    Column("feed", Text, primary_key=True),
    Column("current", BigInteger, nullable=False, server_default="0"),
    Column("active", BigInteger, nullable=False, server_default="0"),
    Column("stated", BigInteger),
    Column("said_at", BigInteger),
    Column("due_at", BigInteger),
    Column("overdue", Boolean, nullable=False, server_default=text("0")),
)

#: Each comparison of our records with what a partner says there are, with what was
#: found; see `hub.coordination.exchanges.reconciling.Reconciliation`. `day` counts
#: from 1970-01-01.
reconciliation = Table(
    "reconciliation",
    metadata,
    Column("seq", Sequence, primary_key=True),
    Column("feed", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("day", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("found", Text, nullable=False),
    Index("ix_reconciliation_feed", "feed", "seq"),
)
