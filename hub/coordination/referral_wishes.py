"""What users of the hub want of referrals: to send one, or to say something of one."""

from typing import Any, NamedTuple

from msgspec import Struct

from hub.model.referrals import Reason, Reported, Side


class Wanted(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A referral that somebody sends, as they say it.

    The person is a key of the hub, or a number with its `system`; `about` is what is
    said of somebody whom the hub need not know yet, as demographics. `performers` are
    names of partners, `services` keys of services in a directory; `requester` is the
    partner in whose name it is sent, "" for the hub's own users.
    """

    person: str = ""
    system: str = ""
    value: str = ""
    about: dict[str, Any] = {}
    category: str
    performers: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    requester: str = ""
    reason: Reason | None = None
    need_refs: tuple[str, ...] = ()
    service_requested: str = ""
    priority: str = ""
    desired_by: str = ""
    language: str = ""
    note: str = ""
    safety: dict[str, Any] = {}
    accessibility: tuple[str, ...] = ()
    program: dict[str, str] = {}
    replaces: str = ""
    consent_ref: str = ""


class Sent(NamedTuple):
    """What came of a referral that was sent.

    `key` is that of the referral, `waits` says that it is stored and not worked out
    yet, `before` that it was sent before.
    """

    key: str
    waits: bool = False
    before: bool = False


class Said(NamedTuple):
    """What somebody says of a referral, for one of its sides."""

    by: Side
    says: str
    party: str = ""
    reason: Reason | None = None
    outcome: Reported | None = None
    appointment: str = ""
    note: str = ""
