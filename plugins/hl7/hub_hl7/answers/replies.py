"""What a listener answers to whom: its settings, applied to each message (R-HL7-13).

A message that the contract of the feed excludes is refused, and what is stored of
it is set aside; so is a whole batch that holds one. When it comes again and is not
refused then, the store takes it.
"""

import structlog

from hub.sdk import HubError, Processed, Stored
from hub_hl7.answers import refusals, verdicts
from hub_hl7.answers.ack import NOT_HL7, Refusal
from hub_hl7.answers.sequence import Sequences
from hub_hl7.answers.verdicts import (
    AT_COMMIT,
    AT_PROCESSING,
    SILENT,
    Asked,
    Exchange,
    Member,
    Plan,
    plan,
    plan_of,
    plan_of_answer,
)
from hub_hl7.facts.errors import TooManyPartsError
from hub_hl7.facts.triggers import UNSUPPORTED
from hub_hl7.receiving.settings import ListenerSettings
from hub_hl7.records.families import FAMILIES
from hub_hl7.wire.batch import is_batch, parts_of
from hub_hl7.wire.header import Header, is_bare_answer, read_header

log = structlog.get_logger()

#: Queries, and triggers that no table of the standard defines (R-HL7-13).
NO_EVENTS = frozenset(
    f"{kind}^{trigger}" for kind in ("ADT", "QRY") for trigger in UNSUPPORTED
)
TESTS = frozenset({b"T", b"D"})  # table 0103: training and debugging
_LONGEST_NAME = 100  # of a sender whose numbers are kept


class Rules:
    """What one listener answers to whom, by its settings.

    One for each listener: it holds the numbers of the sequence protocol.
    """

    def __init__(self, settings: ListenerSettings) -> None:
        self._strict = settings.on_problem == "strict"
        self._original = (
            AT_COMMIT if settings.acknowledge == "after_commit" else AT_PROCESSING
        )
        self._ignores_codes = settings.mode == "original"
        self._uncoded = _uncoded(settings, self._original)
        self._accepted = frozenset(settings.accept_types)
        self._tests_refused = settings.test_messages == "reject"
        self._batch_ack = settings.batch_ack
        self._most_inside = settings.max_batch_messages
        # Of a batch only the header matters, unless one of these looks inside.
        self._looks_inside = bool(
            self._accepted or self._tests_refused or self._batch_ack != "batch"
        )
        self._sequences = Sequences() if settings.sequence_protocol else None
        self._plain = not (self._looks_inside or settings.sequence_protocol)
        self._numbers_seen = False

    def open(self, header: Header | None, body: bytes) -> Exchange:
        """Return the exchange that begins with a message."""
        if header is None:
            asked = SILENT if is_bare_answer(body) else self._uncoded
            return Exchange(None, asked, refusal=NOT_HL7)
        kind = header.message_type
        if _is_answer(header, kind):
            return Exchange(header, self._plan_of_answer(header), kind)
        if header.name != b"MSH" or (self._looks_inside and is_batch(body)):
            return self._open_batch(header, kind, body)
        asked = self._plan(header)
        if self._plain and kind not in NO_EVENTS:
            return Exchange(header, asked, kind)
        refusal, expected = self._sequence(header)
        refusal = refusal or self._contract(header, kind)
        return Exchange(header, asked, kind, refusal, expected=expected)

    def refuse(self, header: Header, refusal: Refusal) -> Exchange:
        """Return the exchange of a message that did not arrive whole."""
        kind = header.message_type
        answer = _is_answer(header, kind)
        asked = self._plan_of_answer(header) if answer else self._plan(header)
        return Exchange(header, asked, kind, refusal, kept=False)

    def commit(self, exchange: Exchange, outcome: Stored | HubError | None) -> bool:
        """Settle what is told at commit; say whether that can be told at all.

        `outcome` is None for a message that is not stored. Where the answer is
        False, saying nothing and hanging up is the only truth.
        """
        if isinstance(outcome, HubError):
            self._put_back(exchange.header)
            return verdicts.settle_not_stored(exchange, outcome)
        if exchange.refusal is not None:
            verdicts.settle_refused(exchange, exchange.refusal)
        else:
            verdicts.settle_stored(exchange)
        return True

    def apply(self, exchange: Exchange, processed: Processed) -> None:
        """Settle what is told once the message is processed."""
        verdicts.settle_processed(exchange, processed, strict=self._strict)

    def _plan(self, header: Header) -> Plan:
        elements = header.elements
        if len(elements) < 13:  # noqa: PLR2004  up to MSH-13
            return self._uncoded
        if elements[12] and self._sequences is None:
            self._note_numbers()
        if self._ignores_codes or len(elements) < 15:  # noqa: PLR2004  up to MSH-15
            return self._uncoded
        application = elements[15] if len(elements) > 15 else b""  # noqa: PLR2004  MSH-16
        return plan_of(elements[14][:3], application[:3]) or self._uncoded

    def _plan_of_answer(self, header: Header) -> Plan:
        """Return the plan of an answer, which is answered only if it says so."""
        if self._ignores_codes:
            return SILENT
        return plan_of_answer(header.field(15)[:3])

    def _contract(self, header: Header, kind: str) -> Refusal | None:
        """Return why the feed refuses a message of this kind, if it does."""
        if kind in NO_EVENTS:
            return refusals.NO_EVENT
        accepted = self._accepted
        if accepted and not {kind, kind[:3]} & accepted:
            known = any(one[:3] == kind[:3] for one in accepted)
            return refusals.UNKNOWN_TRIGGER if known else refusals.UNKNOWN_TYPE
        if self._tests_refused:
            processing = header.field(11)[:8].split(header.component_separator)[0]
            return refusals.TEST_MESSAGE if processing.upper() in TESTS else None
        return None

    # Sequence numbers.

    def _note_numbers(self) -> None:
        """Say once that the sender numbers its messages and nobody counts."""
        if not self._numbers_seen:
            self._numbers_seen = True
            log.info("sequence.ignored", setting="sequence_protocol")

    def _sequence(self, header: Header) -> tuple[Refusal | None, bytes]:
        if self._sequences is None:
            return None, b""
        taken, expected = self._sequences.take(_sender(header), header.field(13))
        return None if taken else refusals.SEQUENCE_GAP, expected

    def _put_back(self, header: Header | None) -> None:
        if self._sequences is not None and header is not None:
            self._sequences.put_back(_sender(header), header.field(13))

    # Batches.

    def _open_batch(self, header: Header, kind: str, body: bytes) -> Exchange:
        exchange = Exchange(header, self._uncoded, kind)
        if not (self._looks_inside or self._strict):
            return exchange
        try:
            parts = parts_of(body, self._most_inside)
        except TooManyPartsError:  # to read it would hold up all other connections
            log.warning("batch.not_examined", setting="max_batch_messages")
            return exchange
        except HubError as error:
            if self._strict:  # it will be parked for the same reason
                exchange.refusal = refusals.not_understood(error.code)
            return exchange
        self._look_inside(exchange, [read_header(part.body) for part in parts])
        return exchange

    def _look_inside(self, exchange: Exchange, headers: list[Header | None]) -> None:
        """Find out which messages are refused; some refusals are of the whole."""
        reasons = [
            self._contract(one, one.message_type) if one else NOT_HL7 for one in headers
        ]
        first = next((one for one in reasons if one and one.effective), None)
        if first:
            exchange.refusal = first
            reasons = [one or refusals.WHOLE_BATCH for one in reasons]
        if self._batch_ack != "batch":
            members = zip(headers, reasons, strict=True)
            exchange.members = tuple(Member(*member) for member in members)
            exchange.errors_only = self._batch_ack == "errors"


def _is_answer(header: Header, kind: str) -> bool:
    """Say whether a message only answers; some answers are news, such as RRI."""
    return header.replies and kind[:3] not in FAMILIES


def _uncoded(settings: ListenerSettings, original: Plan) -> Plan:
    """Return the plan for messages without MSH-15 and MSH-16."""
    if settings.mode != "enhanced":
        return original
    elsewhere = bool(settings.application_ack_to)
    application = Asked.ALWAYS if elsewhere else Asked.NEVER
    return plan(enhanced=True, commit=Asked.ALWAYS, application=application)


def _sender(header: Header) -> tuple[bytes, bytes]:
    return header.field(3)[:_LONGEST_NAME], header.field(4)[:_LONGEST_NAME]
