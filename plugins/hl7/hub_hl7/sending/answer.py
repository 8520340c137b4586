"""What a receiver's acknowledgement tells the hub. Pure.

==================  ==========  =========  ======================================
Answer              Outcome     Error      Source
==================  ==========  =========  ======================================
AA, CA              accepted
AE                  permanent   MLLP-105   R-HL7-16: never sent again by itself
AR, CR 200 to 203   permanent   MLLP-107   type, event, MSH-11 or version: the
                                           same bytes will not be taken later
AR, CE, CR          retryable   MLLP-106   R-HL7-16: a few times, then MLLP-107
anything else       unknown     MLLP-104   the connection is closed
==================  ==========  =========  ======================================

F45 would have AR and CR parked, and CE and AE repeated. R-HL7-16 is followed instead,
because IHE says of AE that the sender corrects before it sends again, and of AR that
it may repeat; the codes by which AR and CR say that repeating is no use are parked
as F45 asks. Sources: HL7 v2.5.1, section 2.9.2 and table 0357; IHE ITI
TF-2, appendix C.2.3.
"""

import re

from msgspec import Struct

from hub.sdk import HubError, Outcome, Receipt, Recovery
from hub_hl7.sending import errors

_ACCEPTED = frozenset({"AA", "CA"})
_CODES = _ACCEPTED | {"AE", "AR", "CE", "CR"}
_HOPELESS = frozenset({"200", "201", "202", "203"})
#: All of table 0357: nothing else of an ERR segment is ever repeated.
_TABLE_0357 = frozenset(
    {"0", "100", "101", "102", "103", "104", "198", "199", "200", "201", "202", "203"}
    | {"204", "205", "206", "207"}
)
_LINE_END = re.compile(rb"[\r\n]+")
_NOISE = b" \t\r\n\0\xef\xbb\xbf"
_UNKNOWN = (errors.NoAnswerError, errors.WrongAnswerError)
_ROUTE = (errors.UntrustedError, errors.OwnCertificateError)


class Answer(Struct, frozen=True):
    """An acknowledgement: MSA-1, MSA-2 as bytes, and a code of table 0357 or "".

    `asks_commit` says that its sender wants to know that it arrived: application
    acknowledgements of enhanced mode are messages themselves.
    """

    code: str
    control_id: bytes
    error: str = ""
    asks_commit: bool = False

    @property
    def evidence(self) -> str:
        """The codes alone, such as ``AE 207``: texts may quote the message."""
        return f"{self.code} {self.error}".rstrip()


def read_answer(payload: bytes) -> Answer | None:
    """Return the acknowledgement in `payload`, None where there is none in it."""
    lines = _LINE_END.split(payload.lstrip(_NOISE))
    mark = lines[0][3:4]
    if not mark or lines[0][:3] != b"MSH":
        return None
    segments = [line.split(mark) for line in lines]
    msa = next((one for one in segments if one[0] == b"MSA"), [])
    code = _field(msa, 1).strip().decode("ascii", "replace")
    if code not in _CODES:
        return None
    marks = _field(segments[0], 1)
    asked = _field(segments[0], 14).strip().upper()
    return Answer(
        code=code,
        control_id=_field(msa, 2).strip(),
        error=_error(segments, marks),
        asks_commit=code[:1] == "A" and asked in {b"AL", b"SU"},
    )


def judge(answer: Answer, *, hopeful: bool = True, before: str = "") -> Receipt:
    """Return the receipt of a message that was answered with `answer`.

    `hopeful` says that it may be sent again where it was rejected; `before` is the
    evidence of an earlier answer to the same message.
    """
    evidence = f"{before} {answer.evidence}".lstrip()
    if answer.code in _ACCEPTED:
        return Receipt(outcome=Outcome.ACCEPTED, evidence=evidence)
    if answer.code == "AE":
        return failed(errors.MessageRefusedError, evidence)
    hopeless = answer.code != "CE" and answer.error in _HOPELESS
    if hopeless or not hopeful:
        return failed(errors.RejectedForGoodError, evidence)
    return failed(errors.ReceiverRefusesError, evidence)


def failed(error: type[HubError], evidence: str = "") -> Receipt:
    """Return the receipt of an attempt that ended with `error`."""
    if issubclass(error, _UNKNOWN):
        outcome = Outcome.UNKNOWN
    elif error.recovery is Recovery.REJECT:
        outcome = Outcome.PERMANENT
    else:
        outcome = Outcome.RETRYABLE
    return Receipt(
        outcome=outcome,
        evidence=evidence,
        error_code=error.code,
        blames_route=issubclass(error, _ROUTE),
    )


def _error(segments: list[list[bytes]], marks: bytes) -> str:
    """Return the code of the first ERR segment, in either layout, or ""."""
    err = next((one for one in segments if one[0] == b"ERR"), [])
    component, sub = marks[:1] or b"^", marks[3:4] or b"&"
    new = _field(err, 3).split(component)[0]
    old = _field(_field(err, 1).split(component), 3).split(sub)[0]
    found = (new or old).strip().decode("ascii", "replace")
    return found if found in _TABLE_0357 else ""


def _field(fields: list[bytes], number: int) -> bytes:
    return fields[number] if number < len(fields) else b""
