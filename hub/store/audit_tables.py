"""The tables of who did what, and of who may: the audit chain, and access to the API.

Times are whole microseconds since 1970-01-01 UTC.
"""

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, Text, text

from hub.store.metadata import Sequence, metadata

#: The condition of the index by person, which is used only where it stands in so
#: many words.
NOT_A_DECISION = text("action <> 'event.decided'")

#: What was decided, disclosed, looked at, changed and done. Never changed or removed;
#: `hash` chains each record to the one before. `subject` is an HMAC: the audit names
#: no patient. `detail` is JSON without content.
audit = Table(
    "audit",
    metadata,
    Column("n", Sequence, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("monotonic", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    # Reports by person are of what was told and seen. Tokens come in no order, and
    # to keep each decision by them would cost more than all else of the audit.
    Index("ix_audit_subject", "subject", sqlite_where=NOT_A_DECISION),
    Index("ix_audit_object", "object"),
)

#: Who may use the API: a token by the argon2 hash of its secret, with one role.
#: `scope` is the feed, or the destination, that it is for; "" for all.
access = Table(
    "access",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("expires_at", BigInteger),
    Column("revoked_at", BigInteger),
)
