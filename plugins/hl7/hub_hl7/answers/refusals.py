"""Why a message that is well framed is refused, and how an answer says so.

Each reason has two sides: an error of the catalogue, for the operator, and a
`Refusal`, for the sender. Source: R-HL7-13, table 0357 and IHE ITI TF-2 appendix C.
"""

from hub.sdk import HubError, Recovery
from hub_hl7.answers.ack import Refusal
from hub_hl7.wire.mllp import RestartedFrameError


class TypeRefusedError(HubError):
    """By contract the feed does not take messages of this type or trigger."""

    code = "HL7-020"
    summary = "Messages of this type are not accepted here"
    remedy = "Add the type to `accept_types` of the source, or have it filtered"


class TestMessageRefusedError(HubError):
    """The feed takes no messages that are tests by MSH-11."""

    code = "HL7-021"
    summary = "Test messages are not accepted here"
    remedy = "Send them to a hub for tests, or set `test_messages` to accept"


class SequenceGapError(HubError):
    """Under the sequence protocol, messages before this one are missing."""

    code = "HL7-022"
    summary = "Messages before this one are missing"
    remedy = "The sender goes back to the number in MSA-4, or starts again with 0"
    recovery = Recovery.RETRY


class BatchRefusedError(HubError):
    """A batch is taken whole or not at all, and a message in it is refused."""

    code = "HL7-023"
    summary = "Another message of the batch is refused, and with it the whole batch"
    remedy = "Have the sender leave out of the batch what this feed does not accept"


def refusal(
    error: type[HubError] | None,
    code: int,
    *place: int,
    segment: bytes = b"MSH",
    answer: bytes = b"AR",
    effective: bool = False,
) -> Refusal:
    """Return the refusal for `error` with a code of table 0357.

    `place` is field, repetition and component (ERR-2.3, 2.4 and 2.5). A message is
    stored all the same, and set aside where the refusal is `effective`.
    """
    field, repetition, component, *_ = (*(b"%d" % n for n in place), b"", b"", b"")
    return Refusal(
        answer=answer,
        code=b"%d" % code,
        text=TEXTS[code],
        segment=segment,
        field=field,
        repetition=repetition,
        component=component,
        error_code=error.code if error else "",
        said=error.summary if error else "",
        effective=effective,
    )


#: Table 0357.
TEXTS = {
    100: b"Segment sequence error",
    101: b"Required field missing",
    102: b"Data type error",
    103: b"Table value not found",
    104: b"Value too long",
    200: b"Unsupported message type",
    201: b"Unsupported event code",
    202: b"Unsupported processing id",
    203: b"Unsupported version id",
    204: b"Unknown key identifier",
    205: b"Duplicate key identifier",
    206: b"Application record locked",
    207: b"Application internal error",
}

UNKNOWN_TYPE = refusal(TypeRefusedError, 200, 9, 1, 1, effective=True)
UNKNOWN_TRIGGER = refusal(TypeRefusedError, 201, 9, 1, 2, effective=True)
#: Of triggers that no feed can use: nothing can come of the message in any case.
NO_EVENT = refusal(TypeRefusedError, 201, 9, 1, 2)
TEST_MESSAGE = refusal(TestMessageRefusedError, 202, 11, effective=True)
SEQUENCE_GAP = refusal(SequenceGapError, 207, 13, answer=b"AE", effective=True)
WHOLE_BATCH = refusal(BatchRefusedError, 207, effective=True)

#: What a parked message lacks, by the code with which it was parked.
_LACKING: dict[str, tuple[int, bytes, tuple[int, ...]]] = {
    "HL7-001": (100, b"MSH", ()),
    "HL7-002": (101, b"MSH", (2,)),
    "HL7-003": (102, b"MSH", (18,)),
    "HL7-004": (103, b"MSH", (18,)),
    "HL7-005": (100, b"MSH", (14,)),
    "HL7-007": (100, b"MSH", ()),
    "HL7-010": (100, b"BTS", (1,)),
    "HL7-011": (100, b"MSH", ()),
    "HL7-012": (104, b"MSH", ()),
    "HL7-101": (101, b"PID", (3,)),
    "HL7-102": (101, b"PV1", (19,)),
    "HL7-103": (101, b"EVN", (2,)),
    "HL7-104": (101, b"MRG", (1,)),
    "HL7-112": (100, b"MSH", ()),
}


#: Of a frame that was begun anew: kept as evidence, and nobody waits for an answer.
RESTARTED = refusal(RestartedFrameError, 207, effective=True)


def too_long(error: type[HubError]) -> Refusal:
    """Return the refusal of a frame that passes the limit."""
    return refusal(error, 104, effective=True)


def not_stored(error: HubError) -> Refusal:
    """Return the refusal of a message that could not be stored."""
    return refusal(type(error), 207, answer=b"AE")


def not_understood(code: str) -> Refusal:
    """Return the refusal of a message that is parked with a code of the catalogue."""
    reason, segment, place = _LACKING.get(code, (207, b"MSH", ()))
    error = HubError.catalogue.get(code)
    return refusal(error, reason, *place, segment=segment, answer=b"AE")
