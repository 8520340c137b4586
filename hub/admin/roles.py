"""Who may do what: every role and every permission, in one table.

A token has one role. What an address needs is declared with the address
(`hub.admin.route`); whether a role has it is decided here and nowhere else.
Source: reliability 4.4, S2, S3.
"""

from enum import Enum, StrEnum


class Role(StrEnum):
    """What whoever holds a token is to the hub."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ANALYST = "analyst"
    ADMIN = "admin"
    FEED = "feed"
    SUBSCRIBER = "subscriber"


#: Roles whose tokens are for one source, or for one destination.
SCOPED = frozenset({Role.FEED, Role.SUBSCRIBER})


class Permission(StrEnum):
    """What an address needs of whoever asks."""

    HEALTH = "health"
    METRICS = "metrics"
    STATES = "states"
    PICTURES = "pictures"
    BODIES = "bodies"
    FIND = "find"
    DECIDE = "decide"
    REPLAY = "replay"
    ARRANGE = "arrange"
    REFER = "refer"
    PUT = "put"
    FETCH = "fetch"
    SETTLE = "settle"
    AUDIT = "audit"
    TOKENS = "tokens"


#: What each permission is for, for the reference.
MEANING: dict[Permission, str] = {
    Permission.HEALTH: "Whether the hub works, and how this API is described.",
    Permission.METRICS: "The metrics.",
    Permission.STATES: "States, counts and reasons: nothing that a sender wrote.",
    Permission.PICTURES: "Events, people, encounters, stays and records.",
    Permission.BODIES: "Messages and documents as they were received.",
    Permission.FIND: "Who has an identifier.",
    Permission.DECIDE: "Decide who is who.",
    Permission.REPLAY: "Let something be processed, or sent, again.",
    Permission.ARRANGE: "Change panels, episodes and subscriptions.",
    Permission.REFER: "Send referrals, cancel them, and say what becomes of one.",
    Permission.PUT: "Give the hub messages of a source.",
    Permission.FETCH: "Read the worklist of a destination.",
    Permission.SETTLE: "Acknowledge and close what is on it.",
    Permission.AUDIT: "Read the audit.",
    Permission.TOKENS: "Make and revoke tokens.",
}

_LOOKERS = frozenset({Role.VIEWER, Role.OPERATOR, Role.ANALYST, Role.ADMIN})
_KEEPERS = frozenset({Role.OPERATOR, Role.ADMIN})
_STAFF = frozenset({Role.OPERATOR, Role.ANALYST, Role.ADMIN})
_READERS = frozenset({Role.ANALYST, Role.ADMIN})

#: Which roles have a permission.
GRANTS: dict[Permission, frozenset[Role]] = {
    Permission.HEALTH: frozenset(Role),
    Permission.METRICS: _LOOKERS,
    Permission.STATES: _LOOKERS,
    Permission.PICTURES: _LOOKERS,
    Permission.BODIES: _READERS,
    Permission.FIND: _STAFF,
    Permission.DECIDE: _STAFF,
    Permission.REPLAY: _KEEPERS,
    Permission.ARRANGE: _KEEPERS,
    Permission.REFER: _STAFF,
    Permission.PUT: frozenset({Role.FEED, Role.ADMIN}),
    Permission.FETCH: frozenset({Role.SUBSCRIBER, Role.ANALYST, Role.ADMIN}),
    Permission.SETTLE: frozenset({Role.SUBSCRIBER, Role.ADMIN}),
    Permission.AUDIT: frozenset({Role.ADMIN}),
    Permission.TOKENS: frozenset({Role.ADMIN}),
}

#: Permissions that a scoped role has for its own source or destination only. Their
#: addresses say where they name it.
OWN_ONLY = frozenset({Permission.PUT, Permission.FETCH, Permission.SETTLE})

#: Permissions whose answers hold content: masked for who may not read bodies.
MASKABLE = frozenset({Permission.PICTURES, Permission.FIND, Permission.REFER})

#: Roles that may see content where they say why: that is an alarm, and audited.
BREAKS_GLASS = frozenset({Role.OPERATOR})


class Verdict(Enum):
    """What becomes of a request."""

    PLAIN = "may see all of the answer"
    MASKED = "may see the answer without content"
    BROKEN_GLASS = "may see all of the answer, for the reason given"
    REASON_NEEDED = "may, once a reason is given"
    REFUSED = "may not"
    UNKNOWN = "is not told whether there is such a thing"


def judge(role: Role, permission: Permission, *, own: bool, reason: bool) -> Verdict:
    """Say what becomes of a request that needs `permission`.

    `own` says that it is about the source or destination that the token is for,
    `reason` that it gives a reason for looking at content.
    """
    if role not in GRANTS[permission]:
        if permission is not Permission.BODIES or role not in BREAKS_GLASS:
            return Verdict.REFUSED
        return Verdict.BROKEN_GLASS if reason else Verdict.REASON_NEEDED
    if role in SCOPED and permission in OWN_ONLY and not own:
        return Verdict.UNKNOWN
    if permission not in MASKABLE or role in GRANTS[Permission.BODIES]:
        return Verdict.PLAIN
    if reason and role in BREAKS_GLASS:
        return Verdict.BROKEN_GLASS
    return Verdict.MASKED
