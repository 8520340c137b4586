"""Consents: what a person decided about who may be told what of them.

Each is a record like any other, that moves along when people are merged and parted.
Source: domain 8.4.
"""

from datetime import datetime
from typing import Literal

from msgspec import Struct

ConsentMode = Literal["explicit", "implied", "presumed", "opt_out"]


class Consent(Struct, frozen=True, kw_only=True):
    """One decision of a person, in its newest version.

    An empty tuple names everything of its kind. `scope` are purposes, `data` event
    types, families (``encounter.*``), sensitivity codes and categories, `recipients`
    names and classes of recipients, `actors` who may act under it. It holds from
    `since` until `until`, both of which may be open; `recorded` is when it was said.
    `proxy` is the contact who may be told, "" where it is about no caregiver.
    """

    key: str
    version: int
    permits: bool
    recorded: datetime
    scope: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    actors: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    mode: ConsentMode = "explicit"
    revoked: bool = False
    proxy: str = ""
    form: str = ""
    evidence: str = ""
