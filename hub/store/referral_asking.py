"""What is asked of the store before somebody says something of a referral."""

import zlib
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from hub.coordination.records import Record
from hub.model.facts import Fact, RecordKey
from hub.model.identifiers import Identifier
from hub.model.referrals import REFERRALS_FEED
from hub.store import schema
from hub.store.context import gather
from hub.store.directory_tables import directory_object
from hub.store.entity_rows import number_of
from hub.store.reading import Looks, unknown
from hub.store.referral_tables import referral

_record = msgspec.json.Decoder(Record | None).decode
_fact = msgspec.json.Decoder(Fact).decode
_entity, _fact_c = schema.entity.c, schema.fact.c


class Referred(NamedTuple):
    """A referral, as far as it matters what may be said of it.

    `parties` has the partner of each side that is known, `parts` those of which the
    referral consists.
    """

    key: str
    number: RecordKey
    state: str
    parties: dict[str, str]
    parts: tuple["Referred", ...] = ()


class Asking:
    """Asks by the looks of a `Reader`; see there for what it raises."""

    def __init__(self, looks: Looks) -> None:
        self._looks = looks

    def number_of(self, person: str) -> Identifier:
        """Return a number of a person by their key. Raises UnknownIdError."""
        with self._looks.connection() as connection:
            return gather(connection, person, (), datetime.now(UTC)).number

    def known_by(self, system: str, value: str) -> int:
        """Return how many people have a number."""
        number, known = schema.identifier.c, schema.entity.c
        query = (
            sa.select(sa.func.count(sa.distinct(known.person)))
            .join_from(schema.identifier, schema.entity, known.key == number.identity)
            .where(number.system == system, number.value == value)
        )
        with self._looks.connection() as connection:
            return int(connection.execute(query).scalar_one())

    def referred(self, key: str) -> Referred:
        """Return a referral. Raises UnknownIdError."""
        children = sa.select(referral.c.key).where(
            referral.c.parent != sa.literal_column("''"), referral.c.parent == key
        )
        with self._looks.connection() as connection:
            parts = connection.execute(children.order_by(referral.c.key)).scalars()
            found = tuple(_referred(connection, each) for each in parts.all())
            return _referred(connection, key)._replace(parts=found)

    def said_under(self, beginning: str) -> str:
        """Return the control id of what was sent before that begins so, "" for none."""
        message = schema.message.c
        end = f"{beginning}\U0010ffff"
        query = (
            sa.select(message.control_id)
            .where(
                message.source == REFERRALS_FEED,
                message.control_id >= beginning,
                message.control_id < end,
            )
            .limit(1)
        )
        with self._looks.connection() as connection:
            return connection.execute(query).scalar() or ""

    def service(self, key: str) -> dict[str, Any] | None:
        """Return a service as a referral names who acts; None for what is none now.

        Its organisation has the id that the directory's own feed gives it.
        """
        with self._looks.connection() as connection:
            found = _object(connection, key)
            if found is None or found["type"] != "service" or found["removed"]:
                return None
            owner = _object(connection, found["owner"]) if found["owner"] else None
        org: dict[str, Any] = {"name": owner["name"] if owner else found["name"]}
        if owner:
            org["identifiers"] = [{"system": owner["feed"], "value": owner["id"]}]
        return {"service_id": key, "service": _name(found), "org": org}


def _object(connection: sa.Connection, key: str) -> sa.RowMapping | None:
    table = directory_object.c
    query = sa.select(
        table.feed, table.type, table.id, table.name, table.owner, table.removed,
        table.record,
    ).where(table.key == key, table.until.is_(None))  # fmt: skip
    return connection.execute(query).mappings().one_or_none()


def _name(found: sa.RowMapping) -> str:
    if found["name"]:
        return str(found["name"])
    record = msgspec.json.decode(zlib.decompress(found["record"]), type=dict[str, Any])
    return str(record.get("name", ""))


def _referred(connection: sa.Connection, key: str) -> Referred:
    query = sa.select(_entity.body).where(
        _entity.key == key, _entity.kind == "referral"
    )
    body = connection.execute(query).scalar()
    if body is None:
        raise unknown(key)
    facts = sa.select(_fact_c.body).where(
        _fact_c.entity == number_of(key), _fact_c.replaced_at.is_(None)
    )
    said = connection.execute(facts.order_by(_fact_c.seq).limit(1)).scalar()
    number = _fact(bytes(said)).record if said is not None else None
    if number is None:
        raise unknown(key)
    record = _record(bytes(body))
    details = record.details if record else {}
    parties = {
        side: party
        for side in ("requester", "performer")
        if isinstance(stated := details.get(side), dict)
        if isinstance(party := stated.get("party"), str)
    }
    return Referred(key, number, str(details.get("state", "")), parties)
