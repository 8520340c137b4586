"""What leaves the hub, and what became of it."""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from msgspec import Struct

from hub.model.events import CareEvent


class Notice(Struct, frozen=True, kw_only=True):
    """One event for one recipient, already reduced to what policy permits.

    `hub` is the name of the hub that sends it, `delivery` its id of this delivery.
    `patient_id` is the recipient's own number for the person, echoed in every
    notice (R-ENC-10), empty where the recipient did not give one. `changed_at` is
    when that of which somebody looks for the newest event changed last, which can be
    later than the event; None where a notice is sent.
    """

    event: CareEvent
    hub: str
    delivery: str
    destination: str
    subscription: str
    purpose: str
    patient_id: str = ""
    changed_at: datetime | None = None


class Rendered(Struct, frozen=True, kw_only=True):
    """What a renderer makes of notices. `suffix` starts with a dot (``.csv``).

    `kind` is a word for file names (``census``). `body` may hold `NUMBER_MARK`, in
    whose place the artifact's number comes.
    """

    body: bytes
    media_type: str
    suffix: str = ""
    kind: str = ""


class Artifact(Struct, frozen=True, kw_only=True):
    """One thing to send.

    `id` is a function of what is in it, so that sending the artifact again
    sends the same id: a file name stem, an ``Idempotency-Key``. It holds only
    ``[a-z0-9_-]``. `attempt` counts from 1. A destination of files gets a `number`,
    gap-free for its partner, and when that was given; others get 0 and None.
    """

    id: str
    body: bytes
    media_type: str
    suffix: str = ""
    attempt: int = 1
    kind: str = ""
    number: int = 0
    numbered_at: datetime | None = None


class Outcome(StrEnum):
    """What a destination knows after one attempt."""

    ACCEPTED = "accepted"  # the recipient said that it has it
    RETRYABLE = "retryable"  # not there; the same artifact may succeed later
    PERMANENT = "permanent"  # not there; the same artifact will never succeed
    UNKNOWN = "unknown"  # sent, no answer: send again under the same id


class Receipt(Struct, frozen=True, kw_only=True):
    """The result of one attempt.

    `evidence` is what the recipient answered, without content (``HTTP 202``);
    `error_code` is a catalogued code where the outcome is not ACCEPTED.
    `blames_route` says that the fault lies with the whole destination (a wrong
    password, a changed host key) and not with this artifact.
    """

    outcome: Outcome
    evidence: str = ""
    error_code: str = ""
    retry_after_seconds: float | None = None
    blames_route: bool = False


class DeliveryState(StrEnum):
    """Where a delivery is."""

    READY = "ready"  # due now or later
    CLAIMED = "claimed"  # being sent
    DELIVERED = "delivered"
    DEAD = "dead"  # given up: waits for `hub replay`
    WITHDRAWN = "withdrawn"  # it was taken back before anybody was told
    WITHHELD = "withheld"  # it was permitted, and no longer is
    HELD = "held"  # nobody could decide: waits for `hub replay`


#: What the policy says: all of it may go, some of it, nothing, or a person must say.
Verdict = Literal["permit", "permit_redacted", "deny", "hold"]
PERMITS = frozenset({"permit", "permit_redacted"})


class Terms(Struct, frozen=True, omit_defaults=True):
    """On which terms an event goes to a recipient (domain 8.3, steps 6 and 7).

    `template` names what of it is told, `redacted` are the sensitivity codes that
    were taken out, `obligations` what goes with it, `consents` the versions of
    consent that were counted on.
    """

    template: str = ""
    redacted: tuple[str, ...] = ()
    masks_facility: bool = False
    obligations: tuple[str, ...] = ()
    consents: tuple[str, ...] = ()


class Decision(Struct, frozen=True, kw_only=True):
    """Why an event may, or may not, go to a recipient (domain 8.3).

    `rules` are the ids of the rules that were applied, in order. `until` is when the
    answer may be another one, None where only a change of what it rests on makes it
    so. Written before any delivery exists.
    """

    event: str
    subscription: str
    destination: str
    verdict: Verdict
    reason: str
    purpose: str = ""
    patient_id: str = ""
    rules: tuple[str, ...] = ()
    terms: Terms = Terms()
    until: datetime | None = None

    @property
    def permitted(self) -> bool:
        """Whether anything may go out."""
        return self.verdict in PERMITS
