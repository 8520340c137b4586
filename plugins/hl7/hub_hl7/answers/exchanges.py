"""The exchanges of one connection, and the order in which they are answered.

Answers leave in the order in which messages arrived (R-HL7-15), whatever the order
in which they are stored or processed. An application acknowledgement of enhanced
mode leaves after the commit acknowledgement of its message, and after those of all
earlier messages, but holds up no commit acknowledgement. Sans I/O.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence

from hub.sdk import HubError, Processed, Stored
from hub_hl7.answers import refusals
from hub_hl7.answers.ack import Refusal
from hub_hl7.answers.replies import Rules
from hub_hl7.answers.verdicts import SILENT, Exchange, compose
from hub_hl7.wire import mllp
from hub_hl7.wire.header import Header, read_header

#: Messages of one connection that may get an application acknowledgement later.
MOST_APPLICATIONS = 1000


class Exchanges:
    """What one connection has asked and not yet been answered.

    `next_id` gives a new MSH-10 whenever it is called. `elsewhere` takes application
    acknowledgements where they do not go to this connection.
    """

    def __init__(
        self,
        rules: Rules,
        next_id: Callable[[], bytes],
        elsewhere: Callable[[bytes], None] | None = None,
    ) -> None:
        self._rules = rules
        self._next_id = next_id
        self._elsewhere = elsewhere
        self._unstored: deque[Exchange] = deque()
        self._unanswered: deque[Exchange] = deque()
        self._applying: deque[Exchange] = deque()

    @property
    def pending(self) -> bool:
        """Whether this connection may still get answers."""
        return bool(self._unanswered or self.applying)

    @property
    def applying(self) -> int:
        """How many application acknowledgements may still go to this connection."""
        return 0 if self._elsewhere else len(self._applying)

    def has_room(self, most: int) -> bool:
        """Say whether one more message may come, where `most` may be unanswered."""
        return len(self._unanswered) < most and len(self._applying) < MOST_APPLICATIONS

    def open(self, header: Header | None, body: bytes) -> Exchange:
        """Take the next message, for which `stored` is called in its turn."""
        exchange = self._rules.open(header, body)
        self._unanswered.append(exchange)
        self._unstored.append(exchange)
        return exchange

    def keep(self, refusal: Refusal) -> Exchange:
        """Take what is stored in its turn, set aside and never answered."""
        exchange = Exchange(None, SILENT, refusal=refusal)
        self._unanswered.append(exchange)
        self._unstored.append(exchange)
        return exchange

    def refuse(self, beginning: bytes, error: HubError) -> bool:
        """Refuse a message that is too large, of which this much is known.

        Says False where the sender could not know which one is meant.
        """
        header = read_header(beginning)
        if header is None or header.name != b"MSH" or len(header.elements) <= 10:  # noqa: PLR2004  MSH-10 is whole if something follows
            return False
        exchange = self._rules.refuse(header, refusals.too_long(type(error)))
        self._unanswered.append(exchange)
        self._rules.commit(exchange, None)
        return True

    def stored(self, outcome: Stored | HubError) -> bool:
        """Take the outcome of the next message that is kept.

        Says False where only hanging up is left. Neither that message nor a later
        one is ever answered then.
        """
        return self._rules.commit(self._unstored.popleft(), outcome)

    def processed(self, exchange: Exchange, outcome: Processed) -> None:
        """Take what became of one message."""
        self._rules.apply(exchange, outcome)

    def take(self, sent: bytes) -> bytes:
        """Return, framed, the answers that are due now; each only once.

        `sent` is their time (MSH-7). What goes elsewhere is handed over.
        """
        frames = []
        waiting = self._unanswered
        while waiting and waiting[0].settled:
            exchange = waiting.popleft()
            plan, verdict = exchange.plan, exchange.answer
            if plan.follows and plan.enhanced:
                self._applying.append(exchange)
            if verdict is not None:
                answer = compose(exchange, verdict, sent=sent, next_id=self._next_id)
                frames.append(mllp.encode(answer))
        if self._applying:
            frames += self._applications(sent)
        return b"".join(frames)

    def _applications(self, sent: bytes) -> Sequence[bytes]:
        due = [
            compose(exchange, verdict, sent=sent, next_id=self._next_id)
            for exchange in self._worked_out()
            if (verdict := exchange.application) is not None
        ]
        if self._elsewhere is None:
            return [mllp.encode(answer) for answer in due]
        for answer in due:
            self._elsewhere(answer)
        return ()

    def _worked_out(self) -> Iterator[Exchange]:
        waiting = self._applying
        while waiting and waiting[0].worked_out:
            yield waiting.popleft()
