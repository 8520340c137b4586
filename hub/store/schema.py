"""The tables. The only truth about what the store holds.

Times are whole microseconds since 1970-01-01 UTC. Bodies of facts, entities and
events are JSON. Everything is append-only except the columns that say where a
message or a delivery is on its way, and the entities, which are a fold that can
be made again from the facts.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)

import hub.store.audit_tables  # its tables are of this schema too
import hub.store.directory_tables
import hub.store.exchange_tables
import hub.store.offer_tables
import hub.store.policy_tables
import hub.store.referral_tables
import hub.store.shadow_tables  # noqa: F401 - the same
from hub.store.metadata import Sequence
from hub.store.metadata import metadata as metadata  # noqa: PLC0414 - it is looked for here

#: What partners were told, and have: after the hyphen comes a full stop.
TO_PARTNERS = (
    "state = 'delivered' AND subscription >= 'partner-' AND subscription < 'partner.'"
)

#: Small things about the store itself: the key that ids are made with.
meta = Table(
    "meta",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", LargeBinary, nullable=False),
)

#: Every message that was ever acknowledged, byte for byte. Source, control id and
#: digest make a resend meet its first arrival (G7). Control ids mostly count
#: upwards, so the index that finds it is written where it was written last: an
#: index of digests alone would cost as much as all the rest of an insert.
message = Table(
    "message",
    metadata,
    Column("seq", Sequence, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("source", Text, nullable=False),
    Column("control_id", Text, nullable=False),
    Column("message_type", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("size", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("peer", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("error_code", Text, nullable=False, server_default=""),
    Column("warnings", Text, nullable=False, server_default="[]"),
    Column("settled_at", BigInteger),
    Column("repeats", Integer, nullable=False, server_default="0"),
    Column("repeated_at", BigInteger),
    Column("parent", Sequence, ForeignKey("message.seq")),
    UniqueConstraint("source", "control_id", "sha256"),
    Index("ix_message_waiting", "seq", sqlite_where=text("state = 'received'")),
    Index("ix_message_parent", "parent", sqlite_where=text("parent IS NOT NULL")),
    Index("ix_message_parked", "error_code", sqlite_where=text("state = 'parked'")),
)

#: What senders said. `entity` is what it is about, such as an encounter. Where the
#: message was read again, `read_at` is since when it is taken to say this, and
#: `replaced_at` since when it no longer is.
fact = Table(
    "fact",
    metadata,
    Column("seq", Sequence, primary_key=True),
    Column("message", Sequence, ForeignKey("message.seq"), nullable=False),
    Column("place", Integer, nullable=False),
    Column("entity", Sequence, ForeignKey("entity.seq"), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("read_at", BigInteger),
    Column("replaced_at", BigInteger),
    UniqueConstraint("message", "place"),
    Index("ix_fact_entity", "entity"),
)

#: Content that facts refer to by its SHA-256, in hexadecimal; each stored once.
document = Table(
    "document",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("media_type", Text, nullable=False),
    Column("message", Sequence, ForeignKey("message.seq"), nullable=False),
    Column("body", LargeBinary, nullable=False),
)

#: In what a message is not as its standard says; `remarks` is a JSON list.
report = Table(
    "report",
    metadata,
    Column("message", Sequence, ForeignKey("message.seq"), primary_key=True),
    Column("made_at", BigInteger, nullable=False),
    Column("remarks", Text, nullable=False),
)

#: The fold of an entity's facts. `version` is that of its newest event. `identity`
#: is under whose number it was told of, `person` whose it is: the key of the identity
#: that stands for all that are one person with it. Where `kind` is ``person`` the
#: entity is an identity, and a person where both are its own key. Keys are digests,
#: and lie anywhere in an index. Other tables refer to the number, which counts upwards:
#: what is said of something new is written where the last was.
entity = Table(
    "entity",
    metadata,
    Column("seq", Sequence, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("identity", Text, nullable=False, server_default=""),
    Index("ix_entity_person", "person", "kind"),
)

#: What was said, found and decided about two identities, once for each `basis`.
link = Table(
    "link",
    metadata,
    Column("one", Text, primary_key=True),
    Column("other", Text, primary_key=True),
    Column("basis", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("said", BigInteger, nullable=False),
    Column("digest", Text, nullable=False),
    Column("message", Sequence, ForeignKey("message.seq"), nullable=False),
    Column("prior", Text, nullable=False),
    Column("score", Float),
    Column("reasons", Text, nullable=False),
    Index("ix_link_other", "other"),
    Index("ix_link_matched", "one", sqlite_where=text("basis = 'matched'")),
)

#: By which an identity is found that could be the same person. A token is an HMAC of
#: what identifies people, cut to 64 bits.
token = Table(
    "token",
    metadata,
    Column("token", BigInteger, primary_key=True),
    Column("identity", Text, primary_key=True),
    sqlite_with_rowid=False,
)

#: What is to be looked at again, and from when on.
timer = Table(
    "timer",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("due", BigInteger, nullable=False),
    Column("message", Sequence, ForeignKey("message.seq"), nullable=False),
    Index("ix_timer_due", "due"),
)

#: Which identities are known by an identifier: several may share one that somebody
#: else gave.
identifier = Table(
    "identifier",
    metadata,
    Column("system", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    Column("identity", Text, primary_key=True),
    sqlite_with_rowid=False,
)

#: What the hub said happened. It is about the person that its entity belongs to.
#: `routes` counts the subscriptions of its `ruleset` that
#: asked for it, `unrelated` those of them that have no decision, because they have
#: nothing to do with the person.
event = Table(
    "event",
    metadata,
    Column("seq", Sequence, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("message", Sequence, ForeignKey("message.seq"), nullable=False),
    Column("type", Text, nullable=False),
    Column("entity", Sequence, ForeignKey("entity.seq"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("emitted_at", BigInteger, nullable=False),
    Column("routes", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("unrelated", Integer, nullable=False, server_default="0"),
    Column("ruleset", BigInteger, nullable=False, server_default="0"),
    UniqueConstraint("entity", "version"),
    Index("ix_event_message", "message"),
)

#: Why an event may or may not go to a recipient.
decision = Table(
    "decision",
    metadata,
    Column("seq", Sequence, primary_key=True),
    Column("event", Text, ForeignKey("event.id"), nullable=False),
    Column("subscription", Text, nullable=False),
    Column("destination", Text, nullable=False),
    Column("permitted", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("patient_id", Text, nullable=False),
    Column("rules", Text, nullable=False),
    Column("decided_at", BigInteger, nullable=False),
    Column("verdict", Text, nullable=False, server_default=""),
    Column("terms", Text, nullable=False, server_default="{}"),
    UniqueConstraint("event", "subscription"),
)

#: What is to be sent. There is none without a decision: the key says so. `okey`
#: is the ordering key, `batch` the artifact that it was last put into, `epoch`
#: counts claims so that a late result cannot settle a newer claim, and `forgiven`
#: says how many attempts an operator no longer holds against the delivery. `terms`
#: are those on which it goes out, as they were decided last: in `generation`, and
#: `until` then. Where that was anew, `patient_id` is the recipient's own number by it.
delivery = Table(
    "delivery",
    metadata,
    Column("seq", Sequence, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("event", Text, nullable=False),
    Column("subscription", Text, nullable=False),
    Column("destination", Text, nullable=False),
    Column("okey", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("forgiven", Integer, nullable=False, server_default="0"),
    Column("epoch", Integer, nullable=False, server_default="0"),
    Column("due", BigInteger, nullable=False),
    Column("batch", Text, nullable=False, server_default=""),
    Column("receipt", Text, nullable=False, server_default=""),
    Column("error_code", Text, nullable=False, server_default=""),
    Column("created_at", BigInteger, nullable=False),
    Column("settled_at", BigInteger),
    Column("terms", Text, nullable=False, server_default="{}"),
    Column("until", BigInteger),
    Column("generation", BigInteger, nullable=False, server_default="0"),
    Column("patient_id", Text),
    ForeignKeyConstraint(
        ["event", "subscription"], ["decision.event", "decision.subscription"]
    ),
    UniqueConstraint("event", "destination"),
    Index(
        "ix_delivery_due",
        "destination",
        "seq",
        "due",
        sqlite_where=text("state = 'ready'"),
    ),
    Index(
        "ix_delivery_head",
        "destination",
        "okey",
        "seq",
        sqlite_where=text("state IN ('ready', 'claimed', 'dead')"),
    ),
    Index("ix_delivery_partner", "settled_at", sqlite_where=text(TO_PARTNERS)),
)

#: Each try at sending, with what came of it.
attempt = Table(
    "attempt",
    metadata,
    Column("seq", Sequence, primary_key=True),
    Column("delivery", Sequence, ForeignKey("delivery.seq"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("error_code", Text, nullable=False),
    Index("ix_attempt_delivery", "delivery"),
)
