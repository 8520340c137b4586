"""Episodes: encounters and stays that subscriptions follow, as entries of panels.

Such an entry is about a key of the hub's own instead of a number of a person. It ends
by itself: on a day that somebody named, or some days after the encounter ended.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from hub.coordination.panel_errors import UnknownEpisodeError
from hub.coordination.panels import ENTITY_SYSTEM, EPISODE
from hub.store import audit
from hub.store.acting import Actor
from hub.store.generation import advance
from hub.store.panel_rows import MEMBER_COLUMNS, OPEN
from hub.store.policy_tables import panel, panel_member
from hub.store.statements import Insert, Statement

#: How long an episode lasts after its encounter, in days.
DAYS_AFTER = 30
_encode = msgspec.json.Encoder().encode
_VERSION = 1
_ADD = Insert(
    panel_member,
    MEMBER_COLUMNS,
    "ON CONFLICT (system, value, panel, version, patient_id, valid_from, programme)"
    " DO UPDATE SET valid_to = excluded.valid_to, days_after = excluded.days_after,"
    " confirmed_at = excluded.confirmed_at",
)
_KNOW = Statement(
    insert(panel)
    .values(name=sa.bindparam("name"), version=_VERSION)
    .on_conflict_do_nothing()
)
_of_panel = panel_member.c.panel == sa.bindparam("named")
_COUNT = Statement(
    sa.update(panel)
    .where(panel.c.name == sa.bindparam("named"))
    .values(
        members=sa.select(sa.func.count())
        .select_from(panel_member)
        .where(_of_panel)
        .scalar_subquery()
    )
)
_keys = sa.func.json_each(sa.bindparam("keys")).table_valued("value")
_END = Statement(
    sa.delete(panel_member).where(
        panel_member.c.system == ENTITY_SYSTEM,
        panel_member.c.value.in_(sa.select(_keys.c.value)),
        _of_panel,
    )
)
_LAST_UNTIL = Statement(
    sa.update(panel_member)
    .where(
        panel_member.c.system == ENTITY_SYSTEM,
        panel_member.c.value.in_(sa.select(_keys.c.value)),
        _of_panel,
        panel_member.c.patient_id == sa.bindparam("whom"),
    )
    .values(valid_to=sa.bindparam("until"))
)
_FOLLOWED = Statement(
    sa.select(
        panel_member.c.panel,
        panel_member.c.value,
        panel_member.c.patient_id,
        panel_member.c.valid_to,
        panel_member.c.days_after,
        panel_member.c.confirmed_at,
    ).where(
        panel_member.c.panel.between(EPISODE, f"{EPISODE}~"),
        panel_member.c.days_after.is_not(None),
    )
)


class Episode(NamedTuple):
    """What a subscription is to follow: a key, and those of what comes of it.

    `patient_id` is the subscriber's own number. Without an `until`, in days since
    1970, it ends `days_after` the encounter did.
    """

    subscription: str
    keys: tuple[str, ...]
    patient_id: str
    until: int | None
    days_after: int | None
    at: int
    acting: Actor


class Ending(NamedTuple):
    """What a subscription is not to follow any more."""

    subscription: str
    keys: tuple[str, ...]
    acting: Actor


class Followed(NamedTuple):
    """What is followed until some time after it ended. `until` is as known now."""

    subscription: str
    key: str
    patient_id: str
    until: int | None
    days_after: int
    since: int


class Lasting(NamedTuple):
    """Until when an episode lasts, by what is known of the encounter now."""

    subscription: str
    keys: tuple[str, ...]
    patient_id: str
    until: int | None


def add(connection: sqlite3.Connection, episodes: Sequence[Episode]) -> list[None]:
    """Let subscriptions follow something from now on."""
    for each in episodes:
        name = f"{EPISODE}{each.subscription}"
        _KNOW(connection, name=name)
        # Only the key that was named says how long all of them last.
        lasts = [each.days_after, *([None] * (len(each.keys) - 1))]
        rows = [
            (
                *(ENTITY_SYSTEM, key, name, _VERSION, each.patient_id, OPEN, ""),
                *(each.until, "", "", each.at, days),
            )
            for key, days in zip(each.keys, lasts, strict=True)
        ]
        _ADD.run(connection, rows)
        _COUNT(connection, named=name)
        _audit(connection, "episode.added", each.subscription, each.keys, each.acting)
    return [None] * len(episodes)


def end(connection: sqlite3.Connection, endings: Sequence[Ending]) -> list[None]:
    """Let subscriptions follow something no longer. Raises UnknownEpisodeError."""
    for each in endings:
        name = f"{EPISODE}{each.subscription}"
        if not _END(connection, named=name, keys=_list(each.keys)).rowcount:
            raise UnknownEpisodeError
        _COUNT(connection, named=name)
        _audit(connection, "episode.ended", each.subscription, each.keys, each.acting)
    return [None] * len(endings)


def last(
    connection: sqlite3.Connection, rounds: Sequence[Sequence[Lasting]]
) -> list[None]:
    """Take note of until when episodes last."""
    for lasting in rounds:
        for each in lasting:
            _LAST_UNTIL(
                connection,
                named=f"{EPISODE}{each.subscription}",
                keys=_list(each.keys),
                whom=each.patient_id,
                until=each.until,
            )
        advance(connection)
    return [None] * len(rounds)


def followed(connection: sqlite3.Connection) -> list[Followed]:
    """Return what is followed until some time after its end."""
    return [
        Followed(name.removeprefix(EPISODE), key, whom, until, days, since)
        for name, key, whom, until, days, since in _FOLLOWED(connection)
    ]


def _list(keys: Iterable[str]) -> str:
    return _encode(list(keys)).decode()


def _audit(
    connection: sqlite3.Connection,
    action: str,
    subscription: str,
    keys: tuple[str, ...],
    acting: Actor,
) -> None:
    advance(connection)
    entry = audit.Entry(
        actor=acting.name,
        role=acting.role,
        action=action,
        object=keys[0],
        detail={"subscription": subscription},
    )
    audit.append(connection, [entry])
