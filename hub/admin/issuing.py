"""How a token is made, by the API and by a command without one."""

import re
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Annotated

from msgspec import Struct
from pydantic import AfterValidator, Field

from hub.admin.access import Caller, Secret, new_secret
from hub.admin.errors import BadRequestError
from hub.admin.parameters import Parameters, Text
from hub.admin.roles import SCOPED, Role
from hub.store.access import Creation, Token, TokenView, shown

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9@._-]{0,59}")
_LIFE = re.compile(r"([1-9][0-9]{0,3})([hd])")
_HOURS = {"h": 1, "d": 24}


def _named(name: str) -> str:
    if name and not _NAME.fullmatch(name):
        raise ValueError("must be of letters, digits, and @._-, at most 60")
    return name


def parse_life(text: str) -> timedelta:
    """Return how long a token lives; ValueError for what is no such time."""
    parts = _LIFE.fullmatch(text)
    if parts is None:
        raise ValueError("must be like 12h or 90d")
    count, unit = parts.groups()
    return timedelta(hours=int(count) * _HOURS[unit])


def _life(text: str) -> str:
    parse_life(text)
    return text


class TokenWanted(Parameters):
    """Which token to make."""

    role: Role = Field(description="What it allows.")
    scope: Text = Field(
        default="",
        description="The source that a feed gives messages to, or the destination "
        "that a subscriber is; needed for these roles, and for no other.",
    )
    name: Annotated[str, AfterValidator(_named)] = Field(
        default="", description="Who has it: what the audit calls them. No patient."
    )
    expires: Annotated[str, AfterValidator(_life)] | None = Field(
        default=None,
        description="How long it is good, such as `90d` or `12h`; else for ever.",
    )


class TokenMade(Struct, frozen=True, kw_only=True):
    """A new token. `token` is shown now and never again: the hub keeps its hash."""

    token: str
    made: TokenView


def check_scope(
    wanted: TokenWanted, sources: Collection[str], destinations: Collection[str]
) -> None:
    """Raise BadRequestError where the scope does not go with the role."""
    known = {Role.FEED: sources, Role.SUBSCRIBER: destinations}.get(wanted.role, [""])
    if wanted.scope in known:
        return
    if wanted.role in SCOPED:
        what = "source" if wanted.role is Role.FEED else "destination"
        raise BadRequestError([f"scope: must be the name of a {what}"])
    raise BadRequestError([f"scope: a token for {wanted.role} has none"])


def issue(wanted: TokenWanted, by: Caller) -> tuple[Secret, Creation]:
    """Return a new secret, and what to keep of it. It takes a moment."""
    secret, now = new_secret(), datetime.now(UTC)
    token = Token(
        id=secret.id,
        name=wanted.name,
        role=wanted.role.value,
        scope=wanted.scope,
        hash=secret.hashed(),
        created_at=now,
        created_by=by.actor,
        expires_at=now + parse_life(wanted.expires) if wanted.expires else None,
    )
    return secret, Creation(token, by.actor, by.role.value)


def made(secret: Secret, token: Token) -> TokenMade:
    """Return what whoever asked for a token gets to see."""
    return TokenMade(token=secret.text(), made=shown(token))
