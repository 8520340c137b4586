"""Which acknowledgement is due, and when: rules without socket or clock (R-HL7-13).

    mode       MSH-15, MSH-16    once stored             once processed
    original   both empty        AA                      -
      … after_processing         -                       AA, or AE where strict
    enhanced   either valued     CA, CR, CE by MSH-15    AA, AE, AR by MSH-16

MSH-15 and MSH-16 hold a code of table 0155: always, never, on error or reject, on
success. In enhanced mode an empty one means never. One that is no code counts as
empty; only where MSH-16 is one, a wrong MSH-15 means always.

A batch is stored whole or not at all. In its header there is no MSH-15.
Source: HL7 v2.5.1, sections 2.9.2, 2.9.3 and 2.10.3.
"""

from collections.abc import Callable
from enum import Enum
from functools import lru_cache

from msgspec import Struct

from hub.sdk import HubError, MessageState, Processed
from hub_hl7.answers import refusals
from hub_hl7.answers.ack import Refusal, acknowledge, answer_batch
from hub_hl7.wire.header import Header


class Asked(Enum):
    """When a sender wants an acknowledgement (table 0155)."""

    ALWAYS = b"AL"
    NEVER = b"NE"
    ON_ERROR = b"ER"
    ON_SUCCESS = b"SU"

    def wants(self, *, good: bool) -> bool:
        """Say whether good news, or bad news, are to be told."""
        return self is Asked.ALWAYS or self is (
            Asked.ON_SUCCESS if good else Asked.ON_ERROR
        )


class Verdict(Struct, frozen=True):
    """What an acknowledgement says: MSA-1, and why where that is not good news."""

    answer: bytes
    refusal: Refusal | None = None


ACCEPTED = Verdict(b"AA")
COMMITTED = Verdict(b"CA")


class Plan(Struct, frozen=True):
    """When one message is answered; made by `plan`, once for many messages.

    `commit` says about what is told once the message is stored, `application` once
    it is processed. In original mode exactly one of them is always told. The others
    follow from these: what is told of a message that is stored, whether anything
    depends on its processing, and whether that holds up the answer (`late`).
    """

    enhanced: bool
    commit: Asked
    application: Asked
    stored: Verdict | None
    follows: bool
    late: bool


def plan(*, enhanced: bool, commit: Asked, application: Asked) -> Plan:
    """Return the plan for a mode and what is asked for in it."""
    accepted = COMMITTED if enhanced else ACCEPTED
    stored = accepted if commit.wants(good=True) else None
    follows = application is not Asked.NEVER
    late = follows and not enhanced
    return Plan(enhanced, commit, application, stored, follows, late)


AT_COMMIT = plan(enhanced=False, commit=Asked.ALWAYS, application=Asked.NEVER)
AT_PROCESSING = plan(enhanced=False, commit=Asked.NEVER, application=Asked.ALWAYS)
SILENT = plan(enhanced=True, commit=Asked.NEVER, application=Asked.NEVER)


class Member(Struct, frozen=True):
    """One message of a batch, where messages are answered one by one."""

    header: Header | None
    refusal: Refusal | None = None

    def letter(self, verdict: Verdict) -> bytes:
        """Return the second letter of MSA-1 in a batch with this verdict."""
        return (self.refusal or verdict).answer[1:]


class Exchange(Struct):
    """One message and its acknowledgements.

    `refusal` says why the message is refused, if it is; `kept` is false where it did
    not arrive whole, so that there is nothing to store. `expected` is MSA-4.
    `members` are there for a batch that is answered in the form of a batch, with all
    of them or with the `errors_only`. `answer` and `application` are what is told,
    once it is known.
    """

    header: Header | None
    plan: Plan = AT_COMMIT
    kind: str = "?"
    refusal: Refusal | None = None
    kept: bool = True
    expected: bytes = b""
    members: tuple[Member, ...] | None = None
    errors_only: bool = False
    settled: bool = False
    answer: Verdict | None = None
    worked_out: bool = False
    application: Verdict | None = None

    @property
    def set_aside(self) -> str:
        """The code with which the message is set aside, "" where it is not."""
        effective = self.refusal is not None and self.refusal.effective
        return self.refusal.error_code if self.refusal and effective else ""

    @property
    def follows(self) -> bool:
        """Whether anybody wants to hear what becomes of the message."""
        return self.plan.follows and self.refusal is None


@lru_cache(maxsize=512)
def plan_of(accept: bytes, application: bytes) -> Plan | None:
    """Return the plan that MSH-15 and MSH-16 ask for, None where neither is a code."""
    codes = {asked.value: asked for asked in Asked}
    commit, late = (codes.get(code.strip().upper()) for code in (accept, application))
    if commit is None and late is None:
        return None
    if commit is None:
        commit = Asked.ALWAYS if accept.strip(b' "') else Asked.NEVER
    return plan(enhanced=True, commit=commit, application=late or Asked.NEVER)


@lru_cache(maxsize=64)
def plan_of_answer(accept: bytes) -> Plan:
    """Return the plan of a message that is an answer, by its MSH-15.

    It gets no application acknowledgement (HL7 v2.5.1, section 2.9.2), and without
    a code in MSH-15 none at all: to answer it could begin a loop.
    """
    codes = {asked.value: asked for asked in Asked}
    commit = codes.get(accept.strip().upper(), Asked.NEVER)
    return plan(enhanced=True, commit=commit, application=Asked.NEVER)


def settle_stored(exchange: Exchange) -> None:
    """Settle what is told of a message that is stored and not refused."""
    if not exchange.plan.late:
        exchange.answer = exchange.plan.stored
        exchange.settled = True


def settle_not_stored(exchange: Exchange, error: HubError) -> bool:
    """Settle what is told of a message that could not be stored.

    Says False where nothing can be told, and hanging up is the only truth.
    """
    asked = exchange.plan
    if not (asked.enhanced and asked.commit.wants(good=False)):
        return False
    exchange.answer = Verdict(b"CE", refusals.not_stored(error))
    exchange.settled = exchange.worked_out = True
    return True


def settle_refused(exchange: Exchange, refusal: Refusal) -> None:
    """Settle what is told of a message that is refused, stored or not.

    It is told at commit, or in its stead where only the rest is wanted.
    """
    asked = exchange.plan
    if not asked.enhanced:
        exchange.answer = Verdict(refusal.answer, refusal)
    elif asked.commit.wants(good=False):
        exchange.answer = Verdict(b"C" + refusal.answer[1:], refusal)
    elif asked.application.wants(good=False):
        exchange.application = Verdict(refusal.answer, refusal)
    exchange.settled = exchange.worked_out = True


def settle_processed(exchange: Exchange, processed: Processed, *, strict: bool) -> None:
    """Settle what is told of a message that is worked out.

    Bad news are told in enhanced mode always, since they stop no queue there, and in
    original mode where the feed is `strict`.
    """
    asked, bad = exchange.plan, processed.state is MessageState.PARKED
    verdict = ACCEPTED
    if bad and (asked.enhanced or strict):
        verdict = Verdict(b"AE", refusals.not_understood(processed.error_code))
    if not asked.enhanced:
        exchange.answer, exchange.settled = verdict, True
    elif asked.application.wants(good=not bad):
        exchange.application = verdict
    exchange.worked_out = True


def compose(
    exchange: Exchange,
    verdict: Verdict,
    *,
    sent: bytes,
    next_id: Callable[[], bytes],
) -> bytes:
    """Return the bytes of one answer, without framing.

    `sent` becomes MSH-7; `next_id` gives a new MSH-10 whenever it is called.
    """
    if exchange.members is None or exchange.header is None:
        return acknowledge(
            exchange.header,
            sent=sent,
            control_id=next_id(),
            answer=verdict.answer,
            refusal=verdict.refusal,
            expected=exchange.expected,
        )
    answers = [
        acknowledge(
            one.header,
            sent=sent,
            control_id=next_id(),
            answer=verdict.answer[:1] + one.letter(verdict),
            refusal=one.refusal or verdict.refusal,
        )
        for one in exchange.members
        if not exchange.errors_only or one.refusal or verdict.refusal
    ]
    return answer_batch(exchange.header, answers, sent=sent, control_id=next_id())
