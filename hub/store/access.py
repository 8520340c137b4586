"""Who may use the API: the tokens, by the hashes of their secrets.

Nothing of a token is ever removed: what it did is in the audit under its id.
"""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from msgspec import Struct

from hub.store.audit import Entry, append
from hub.store.audit_tables import access
from hub.store.journal import microseconds, moment
from hub.store.reading import Looks, unknown
from hub.store.statements import Insert, Statement
from hub.store.views import Instant

#: What the audit calls it.
CREATED, REVOKED = "token.created", "token.revoked"


class Token(Struct, frozen=True, kw_only=True):
    """A token. `hash` is the argon2id hash of its secret, `scope` "" for all.

    It is good until `expires_at`, for ever where that is null, or until it is revoked.
    """

    id: str
    name: str
    role: str
    scope: str
    hash: str
    created_at: Instant
    created_by: str
    expires_at: Instant | None = None
    revoked_at: Instant | None = None

    def __repr__(self) -> str:
        return f"Token({self.id})"


class TokenView(Struct, frozen=True, kw_only=True):
    """What is shown of a token: not its secret, which nobody has kept.

    `scope` is the source or the destination that it is for, "" where it is for all.
    It ends at `expires_at`, never where that is null.
    """

    id: str
    name: str
    role: str
    scope: str
    created_at: Instant
    created_by: str
    expires_at: Instant | None
    revoked_at: Instant | None


class Creation(NamedTuple):
    """A new token, and who makes it, in which role."""

    token: Token
    actor: str
    role: str


class Revocation(NamedTuple):
    """That a token is good no longer, from when on, and who says so."""

    token: str
    at: datetime
    actor: str
    role: str


_COLUMNS = tuple(access.c[name] for name in Token.__struct_fields__)
_PUT = Insert(access, Token.__struct_fields__)
_REVOKE = Statement(
    sa.update(access)
    .where(access.c.id == sa.bindparam("token"), access.c.revoked_at.is_(None))
    .values(revoked_at=sa.bindparam("at"))
)
_ONE = Statement(sa.select(*_COLUMNS).where(access.c.id == sa.bindparam("token")))


class AccessReader:
    """Reads the tokens."""

    def __init__(self, looks: Looks) -> None:
        self._looks = looks

    def tokens(self) -> list[Token]:
        """Return all tokens, revoked and expired ones too, oldest first."""
        query = sa.select(*_COLUMNS).order_by(access.c.created_at, access.c.id)
        with self._looks.connection() as connection:
            return [_token(row) for row in connection.execute(query)]


def create(connection: sqlite3.Connection, wanted: Sequence[Creation]) -> list[Token]:
    """Keep new tokens and return them; that is audited with it."""
    _PUT.run(connection, [_row(each.token) for each in wanted])
    append(connection, [_created(each) for each in wanted])
    return [each.token for each in wanted]


def revoke(connection: sqlite3.Connection, wanted: Sequence[Revocation]) -> list[Token]:
    """End tokens and return them; one that was revoked keeps its time.

    That is audited with it. Raises UnknownIdError.
    """
    return [_revoke(connection, each) for each in wanted]


def _created(wanted: Creation) -> Entry:
    token = wanted.token
    detail = {"role": token.role, "scope": token.scope}
    return Entry(wanted.actor, wanted.role, CREATED, token.id, detail=detail)


def _revoke(connection: sqlite3.Connection, wanted: Revocation) -> Token:
    at = microseconds(wanted.at)
    changed = _REVOKE(connection, token=wanted.token, at=at).rowcount
    row = _ONE(connection, token=wanted.token).fetchone()
    if row is None:
        raise unknown(wanted.token)
    if changed:
        append(connection, [Entry(wanted.actor, wanted.role, REVOKED, wanted.token)])
    return _token(row)


def shown(token: Token) -> TokenView:
    """Return what is shown of a token."""
    names = TokenView.__struct_fields__
    return TokenView(**{name: getattr(token, name) for name in names})


def _token(row: Sequence[Any]) -> Token:
    values = dict(zip(Token.__struct_fields__, row, strict=True))
    for name, value in values.items():
        if name.endswith("_at") and value is not None:
            values[name] = moment(value)
    return Token(**values)


def _row(token: Token) -> list[Any]:
    values = (getattr(token, name) for name in Token.__struct_fields__)
    return [microseconds(v) if isinstance(v, datetime) else v for v in values]
