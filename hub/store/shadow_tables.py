"""The tables of amendments: what was read once more, and what came of it.

Times are whole microseconds since 1970-01-01 UTC.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    Table,
    Text,
)

from hub.store.metadata import Sequence, metadata

#: What somebody approved: that messages are read again by another profile, of which
#: `profiles` is a digest. `messages` counts them.
amendment = Table(
    "amendment",
    metadata,
    Column("seq", Sequence, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("source", Text, nullable=False, server_default=""),
    Column("since", BigInteger),
    Column("before", BigInteger),
    Column("profiles", LargeBinary, nullable=False),
    Column("messages", Integer, nullable=False, server_default="0"),
    Column("created_at", BigInteger, nullable=False),
)

#: A message that was read again and says something else. `outcome` is ``amended``,
#: or ``left`` where `reason` says why it stays as it was.
amended = Table(
    "amended",
    metadata,
    Column("amendment", Sequence, ForeignKey("amendment.seq"), primary_key=True),
    Column("message", Sequence, ForeignKey("message.seq"), primary_key=True),
    Column("outcome", Text, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("settled_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
