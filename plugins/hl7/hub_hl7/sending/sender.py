"""The destination ``mllp-sender``: sends HL7 v2 messages over MLLP."""

import asyncio
import secrets
import ssl
from collections import OrderedDict
from collections.abc import Hashable
from datetime import UTC, datetime
from typing import Self

import structlog
from msgspec import Struct

from hub.sdk import Artifact, HubError, Outcome, Receipt
from hub_hl7.answers import ack
from hub_hl7.receiving.tls import client_context
from hub_hl7.sending.answer import Answer, failed, judge, read_answer
from hub_hl7.sending.dial import dial
from hub_hl7.sending.errors import (
    NoAnswerError,
    NoApplicationAnswerError,
    OwnCertificateError,
    UnsendableError,
    WrongAnswerError,
)
from hub_hl7.sending.line import Line
from hub_hl7.sending.lines import Receiver, receiver
from hub_hl7.sending.settings import SenderSettings
from hub_hl7.wire import mllp
from hub_hl7.wire.header import read_header

log = structlog.get_logger()

MOST_REMEMBERED = 10_000  # messages whose rejections are counted
_NEVER, _ON_ERROR = frozenset({"", "NE"}), "ER"  # of table 0155
_OVERDUE = "nothing within ack_timeout_seconds"


class Outgoing(Struct, frozen=True):
    """A message as it goes out: the same bytes whenever it is sent.

    `commit` and `application` are MSH-15 and MSH-16; original mode has neither.
    """

    frame: bytes
    control_id: bytes
    commit: str
    application: str

    @classmethod
    def of(cls, body: bytes) -> Self:
        """Frame `body`; raises UnsendableError."""
        header = read_header(body)
        if header is None or not header.control_id.strip():
            raise UnsendableError
        try:
            frame = mllp.encode(body)
        except ValueError:
            raise UnsendableError from None
        asked = [header.field(n).strip().upper().decode("latin-1") for n in (15, 16)]
        return cls(frame, header.control_id.strip(), *asked)

    @property
    def enhanced(self) -> bool:
        """Say whether the message asks for enhanced mode."""
        return bool(self.commit or self.application)


class MllpSender:
    """A destination. One message at a time on a connection that is kept.

    A connection on which an answer is overdue, or wrong, is closed: what comes late
    can then never be taken for the answer to the next message (F44).
    """

    def __init__(self, settings: SenderSettings) -> None:
        self._settings = settings
        self._receiver: Receiver | None = None
        self._rejections: OrderedDict[str, int] = OrderedDict()

    async def send(self, artifact: Artifact) -> Receipt:
        """Send `artifact` once and wait for its acknowledgement."""
        try:
            receipt = await self._attempt(artifact)
        except HubError as error:
            log.warning(
                "artifact.failed",
                artifact=artifact.id,
                stage="sending",
                error_code=error.code,
                error=error,
            )
            return failed(type(error))
        self._count(artifact, receipt)
        log.debug(
            "artifact.answered",
            artifact=artifact.id,
            evidence=receipt.evidence,
            error_code=receipt.error_code,
        )
        return receipt

    async def close(self) -> None:
        """Close the connection, unless another destination goes on using it."""
        if self._receiver:
            receiver_, self._receiver = self._receiver, None
            await receiver_.leave(self)

    async def _attempt(self, artifact: Artifact) -> Receipt:
        message = Outgoing.of(artifact.body)
        hopeful = self._rejections.get(artifact.id, 0) + 1 < self._limit
        seconds = self._settings.keep_open_seconds
        lending = self._shared().line(
            self._way(), self._open, seconds, self._settings.timeout_seconds / 2
        )
        async with lending as line:
            await self._tell(line, message.frame)
            return await self._outcome(line, message, hopeful=hopeful)

    async def _tell(self, line: Line, frame: bytes) -> None:
        try:
            async with asyncio.timeout(self._settings.timeout_seconds):
                await line.send(frame)
        except TimeoutError:
            raise NoAnswerError("the receiver reads nothing") from None

    async def _outcome(
        self, line: Line, message: Outgoing, *, hopeful: bool
    ) -> Receipt:
        if not message.enhanced:
            return judge(await self._answer(line, message), hopeful=hopeful)
        before = ""
        if message.commit not in _NEVER:
            answer = await self._next(line, message)
            if answer is None and message.commit != _ON_ERROR:
                raise NoAnswerError(_OVERDUE)
            if answer and answer.code != "CA":
                return judge(answer, hopeful=hopeful)
            before = answer.evidence if answer else ""
            if answer is None and message.application == _ON_ERROR:
                return _taken(before)  # either of the two would be here by now
        if message.application in _NEVER:
            return _taken(before)
        return await self._application(line, message, before, hopeful=hopeful)

    async def _application(
        self, line: Line, message: Outgoing, before: str, *, hopeful: bool
    ) -> Receipt:
        """Return what the application says, which the message asks it to.

        Silence is good news where only bad ones were asked for.
        """
        if not self._settings.await_application_ack:
            return _taken(before)
        answer = await self._next(line, message)
        if answer:
            return judge(answer, hopeful=hopeful, before=before)
        if message.application == _ON_ERROR:
            return _taken(before)
        if not before:
            raise NoAnswerError(_OVERDUE)
        # It has the message: sending it again could only make a second of it. What
        # comes late must not meet the next message.
        line.abort()
        log.warning("answer.missed", error_code=NoApplicationAnswerError.code)
        return _taken(before)

    async def _answer(self, line: Line, message: Outgoing) -> Answer:
        answer = await self._next(line, message)
        if answer is None:
            raise NoAnswerError(_OVERDUE)
        return answer

    async def _next(self, line: Line, message: Outgoing) -> Answer | None:
        """Return the next answer, which must be one to `message`; None: overdue."""
        try:
            async with asyncio.timeout(self._settings.ack_timeout_seconds):
                payload = await line.receive()
        except TimeoutError:
            return None
        answer = read_answer(payload)
        if answer is None:
            raise WrongAnswerError("no acknowledgement")
        if answer.control_id != message.control_id:
            raise WrongAnswerError("MSA-2 is not the MSH-10 that was sent")
        if answer.asks_commit:
            await self._tell(line, _commit(payload))
        return answer

    async def _open(self) -> Line:
        own = self._settings
        context = await asyncio.to_thread(self._context) if own.tls else None
        seconds, name = own.connect_timeout_seconds, own.server_name or own.host
        return await dial(own.host, own.port, seconds, context, name)

    def _context(self) -> ssl.SSLContext:
        settings = self._settings
        try:
            return client_context(
                settings.tls_ca, settings.tls_certificate, settings.tls_key
            )
        except OSError as error:  # ssl.SSLError is one
            raise OwnCertificateError(type(error).__name__) from None

    def _shared(self) -> Receiver:
        if self._receiver is None:
            self._receiver = receiver(self._settings.host, self._settings.port)
            self._receiver.join(self, self._settings.connections)
        return self._receiver

    def _way(self) -> Hashable:
        own = self._settings
        return own.tls, own.tls_ca, own.tls_certificate, own.tls_key, own.server_name

    @property
    def _limit(self) -> int:
        return self._settings.max_rejections

    def _count(self, artifact: Artifact, receipt: Receipt) -> None:
        """Remember how often a message was rejected; forget it once it is settled."""
        count = self._rejections.pop(artifact.id, 0)
        if receipt.outcome is Outcome.RETRYABLE:
            self._rejections[artifact.id] = count + 1
            if len(self._rejections) > MOST_REMEMBERED:
                self._rejections.popitem(last=False)


def _taken(evidence: str) -> Receipt:
    return Receipt(outcome=Outcome.ACCEPTED, evidence=evidence or "sent")


def _commit(payload: bytes) -> bytes:
    """Return the accept acknowledgement of an application acknowledgement."""
    accepted = ack.acknowledge(
        read_header(payload),
        sent=ack.timestamp(datetime.now(UTC)),
        control_id=secrets.token_hex(10).encode(),
        answer=b"CA",
    )
    return mllp.encode(accepted)
