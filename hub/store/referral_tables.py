"""The tables by which referrals are found. What is known of one stands with entities.

Times are whole microseconds since 1970-01-01 UTC.
"""

from sqlalchemy import BigInteger, Column, Index, Table, Text, text

from hub.store.metadata import metadata

#: Each referral, by what they are looked for by. It is written with the entity, and
#: says nothing that the entity does not. `service` is the hub's key of a service in a
#: directory, `parent` that of the referral of which it is a part. `level` is how far
#: silence has been told of, "" where nobody waits too long; `changed_at` is when it
#: changed last.
referral = Table(
    "referral",
    metadata,
    Column("key", Text, primary_key=True),
    Column("loop", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("parent", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Index("ix_referral_loop", "loop", "state", "key"),
    Index("ix_referral_level", "level", "key", sqlite_where=text("level != ''")),
    Index("ix_referral_service", "service", "loop", sqlite_where=text("service != ''")),
    Index("ix_referral_parent", "parent", "key", sqlite_where=text("parent != ''")),
    sqlite_with_rowid=False,
)

#: By what each side of a referral is named, and by which feeds something was said of
#: it; `changed_at` is that of the referral.
referral_side = Table(
    "referral_side",
    metadata,
    Column("key", Text, primary_key=True),
    Column("named", Text, primary_key=True),
    Column("changed_at", BigInteger, nullable=False),
    Index("ix_referral_side_changed", "named", "changed_at", "key"),
    sqlite_with_rowid=False,
)
