"""A read-only look at the panels, for the API and the command line."""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from hub.coordination.panel_errors import UnknownLoadError
from hub.coordination.panels import ENTITY_SYSTEM, EPISODE
from hub.store.journal import moment
from hub.store.panel_rows import day_of
from hub.store.panel_views import (
    EpisodeView,
    LoadView,
    MemberView,
    PanelDetail,
    PanelView,
)
from hub.store.panels import WAITING
from hub.store.policy_tables import panel, panel_load, panel_member
from hub.store.reading import Looks, equal

#: Lists of a panel that are shown.
MOST_LOADS = 50

_waiting = (
    sa.select(panel_load.c.id)
    .where(panel_load.c.panel == panel.c.name, panel_load.c.state == WAITING)
    .order_by(panel_load.c.seq.desc())
    .limit(1)
    .scalar_subquery()
    .label("waiting")
)
_PANELS = sa.select(panel, _waiting)


class PanelReader:
    """Reads panels by the looks of a `Reader`; see there for what it raises."""

    def __init__(self, looks: Looks) -> None:
        self._looks = looks

    def panels(self, names: Iterable[str] = ()) -> list[PanelView]:
        """Return all panels by name, also those of `names` without any list yet."""
        query = _PANELS.where(panel.c.name.not_like(f"{EPISODE}%"))
        with self._looks.connection() as connection:
            rows = connection.execute(query).all()
        found = {name: _unheard(name) for name in names}
        found |= {row.name: _panel(row) for row in rows}
        return [found[name] for name in sorted(found)]

    def panel(self, name: str) -> PanelDetail:
        """Return a panel with the lists that were given for it."""
        loads = (
            sa.select(panel_load)
            .where(panel_load.c.panel == name)
            .order_by(panel_load.c.seq.desc())
            .limit(MOST_LOADS)
        )
        with self._looks.connection() as connection:
            row = connection.execute(_PANELS.where(panel.c.name == name)).one_or_none()
            view = _panel(row) if row else _unheard(name)
            given = [_load(each) for each in connection.execute(loads)]
        return PanelDetail(
            name=view.name,
            version=view.version,
            members=view.members,
            last_confirmed=view.last_confirmed,
            waiting=view.waiting,
            loads=given,
        )

    def load(self, key: str) -> LoadView:
        """Return a list that was given. Raises UnknownLoadError."""
        query = sa.select(panel_load).where(panel_load.c.id == key)
        with self._looks.connection() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise UnknownLoadError
        return _load(row)

    def members(
        self,
        name: str,
        *,
        system: str | None = None,
        value: str | None = None,
        patient_id: str | None = None,
        limit: int,
    ) -> list[MemberView]:
        """Return entries of the version in force, by number, `limit` of them."""
        table = panel_member.c
        query = (
            sa.select(panel_member)
            .join_from(panel, panel_member, panel.c.name == table.panel)
            .where(
                panel.c.name == name,
                table.version == panel.c.version,
                *equal(table.system, system),
                *equal(table.value, value),
                *equal(table.patient_id, patient_id),
            )
            .order_by(table.system, table.value, table.patient_id)
            .limit(limit)
        )
        with self._looks.connection() as connection:
            return [_member(row) for row in connection.execute(query)]

    def episodes(self, subscription: str | None = None) -> list[EpisodeView]:
        """Return the encounters and stays that subscriptions follow, newest first."""
        table = panel_member.c
        names: sa.ColumnElement[bool] = table.panel.between(EPISODE, f"{EPISODE}~")
        if subscription is not None:
            names = table.panel == f"{EPISODE}{subscription}"
        query = (
            sa.select(panel_member)
            .where(names, table.system == ENTITY_SYSTEM)
            .order_by(table.confirmed_at.desc(), table.panel, table.value)
        )
        with self._looks.connection() as connection:
            return [_episode(row) for row in connection.execute(query)]


def _unheard(name: str) -> PanelView:
    return PanelView(name=name, version=0, members=0, last_confirmed=None, waiting=None)


def _panel(row: sa.Row[Any]) -> PanelView:
    return PanelView(
        name=row.name,
        version=row.version,
        members=row.members,
        last_confirmed=None if row.confirmed_at is None else moment(row.confirmed_at),
        waiting=row.waiting,
    )


def _load(row: sa.Row[Any]) -> LoadView:
    return LoadView(
        id=row.id,
        panel=row.panel,
        version=row.version,
        mode=row.mode,
        state=row.state,
        sha256=bytes(row.sha256).hex(),
        members=row.members,
        added=row.added,
        removed=row.removed,
        reason=row.reason,
        actor=row.actor,
        created_at=moment(row.created_at),
        settled_at=None if row.settled_at is None else moment(row.settled_at),
    )


def _member(row: sa.Row[Any]) -> MemberView:
    return MemberView(
        patient_id=row.patient_id,
        system=row.system,
        value=row.value,
        valid_from=day_of(row.valid_from),
        valid_to=day_of(row.valid_to),
        programme=row.programme,
        purpose=row.purpose,
        legal_basis=row.legal_basis,
        confirmed_at=moment(row.confirmed_at),
    )


def _episode(row: sa.Row[Any]) -> EpisodeView:
    return EpisodeView(
        subscription=row.panel.removeprefix(EPISODE),
        entity=row.value,
        patient_id=row.patient_id,
        since=moment(row.confirmed_at),
        until=day_of(row.valid_to),
        days_after=row.days_after,
    )
