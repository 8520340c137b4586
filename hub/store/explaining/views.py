"""What explanations say. The field names are a contract, as those of other views.

None of them holds content: codes, kinds, keys, names of fields and times only. What
somebody gets as an answer says in `view` which explanation it is.
"""

from msgspec import Struct

from hub.model.delivery import Terms
from hub.store.entity_views import LinkView
from hub.store.explaining.reasons import ReasonView
from hub.store.views import DecisionView, DeliveryDetail, Instant, MessageView


class NormaliserView(Struct, frozen=True, kw_only=True):
    """What read the message, and what it noticed.

    `name` and `version` are those of what reads the source's messages today, empty
    where that is not known; `remarks` counts those of the report on the message's
    form, null without one.
    """

    name: str
    version: str
    media_type: str
    warnings: list[str]
    remarks: int | None


class FactView(Struct, frozen=True):
    """A fact of a message: its place in it, its kind, and what it is about."""

    place: int
    kind: str
    entity: str
    basis: str


class ExplainedIdentity(Struct, frozen=True, kw_only=True):
    """Under which number a message tells of somebody, and who that is.

    `links` are those of this identity, with rule and score; `together` are the keys
    of the identities that are one person with it, `reviews` the open questions.
    """

    identity: str
    person: str
    together: list[str]
    links: list[LinkView]
    reviews: list[str]


class ExplainedFold(Struct, frozen=True, kw_only=True):
    """What a message did to the picture of one thing.

    `changed` are the names of fields that its events say have changed; `anomalies`
    are codes of what did not fit.
    """

    entity: str
    kind: str
    version: int
    changed: list[str]
    anomalies: list[str]


class RecheckView(Struct, frozen=True, kw_only=True):
    """A decision that was taken anew before an attempt."""

    decided_at: Instant
    verdict: str
    reason: ReasonView
    rules: list[str]
    terms: Terms
    generation: int


class ExplainedDecision(Struct, frozen=True, kw_only=True):
    """A decision, what its reason means, and the delivery that came of it, if any.

    `until` is when the answer may become another one without any change, null for
    never; `rechecks` are in their order.
    """

    decision: DecisionView
    reason: ReasonView
    until: Instant | None
    rechecks: list[RecheckView]
    delivery: DeliveryDetail | None


class ExplainedEvent(Struct, frozen=True, kw_only=True):
    """An event of a message, without content, and where it went.

    `corrects` is the event that it takes back or amends, by `correction`. `unrelated`
    counts the subscriptions that asked for the type, have nothing to do with the
    person, and are not among the `decisions`.
    """

    id: str
    type: str
    entity: str
    version: int
    emitted_at: Instant
    corrects: str | None
    correction: str | None
    changed: list[str]
    unrelated: int
    decisions: list[ExplainedDecision]


class Explanation(Struct, frozen=True, kw_only=True, tag_field="view", tag="message"):
    """The path of one message through the hub.

    `conclusion` says in plain sentences what was sent, or why nothing was, and what
    to change; `remedy` what to do about the message's own error, if it has one.
    """

    message: MessageView
    normaliser: NormaliserView
    identities: list[ExplainedIdentity]
    facts: list[FactView]
    fold: list[ExplainedFold]
    events: list[ExplainedEvent]
    conclusion: list[str]
    remedy: str


class ExplainedPerson(
    Struct, frozen=True, kw_only=True, tag_field="view", tag="person"
):
    """Who a person is, and where the latest events about them went, oldest first.

    `identities` are those that are this person, each with its links. `earlier` says
    that there are events before these.
    """

    person: str
    identities: list[ExplainedIdentity]
    events: list[ExplainedEvent]
    earlier: bool
    conclusion: list[str]


class SendersView(Struct, frozen=True, kw_only=True, tag_field="view", tag="sender"):
    """What the sender of a message may know of it: nothing of whom it is told.

    `problem` says why a person looks at the message, null where nobody does.
    `events` counts what the message itself said that was new.
    """

    message: str
    control_id: str
    message_type: str
    received_at: Instant
    repeats: int
    state: str
    warnings: list[str]
    problem: ReasonView | None
    events: int
    conclusion: list[str]


class NoticeAttempt(Struct, frozen=True, kw_only=True):
    """An attempt to reach a recipient; `problem` says what went wrong, if anything."""

    at: Instant
    outcome: str
    problem: ReasonView | None


class ReceivedNotice(Struct, frozen=True, kw_only=True):
    """A notice that a recipient got, or that was tried to be brought to them."""

    event: str
    type: str
    subscription: str
    state: str
    delivered_at: Instant | None
    attempts: list[NoticeAttempt]


class RecipientsView(
    Struct, frozen=True, kw_only=True, tag_field="view", tag="recipient"
):
    """What a recipient may know: the notices that they got, or nearly.

    A message of which nothing was sent to them looks like one that is not there.
    """

    destination: str
    notices: list[ReceivedNotice]
    conclusion: list[str]
