"""What is shown of the audit. The field names are a contract."""

from typing import Any

from msgspec import Struct

from hub.store.views import Instant

#: The end of the name of an action by which somebody saw content.
VIEWED = "viewed"
#: Somebody saw content who ordinarily may not, and said why.
BROKE_GLASS = "access.broke_glass"


class AuditRecord(Struct, frozen=True, kw_only=True):
    """One record of the audit, the `n`-th.

    `subject` is a token that stands for a person, "" where it is about nobody;
    `monotonic` is the clock of the machine, in microseconds since it started. `hash`
    is hexadecimal, and covers all before it, too.
    """

    n: int
    at: Instant
    monotonic: int
    actor: str
    role: str
    action: str
    object: str
    subject: str
    recipient: str
    purpose: str
    reason: str
    outcome: str
    detail: dict[str, Any]
    hash: str
