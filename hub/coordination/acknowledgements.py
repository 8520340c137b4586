"""What a partner's answers to a file of ours come to, in whatever order they come.

A TA1 accepts the envelope, a 999 rejects what is in it: the worst that is said holds.
So the same answers lead to the same state, however often and in which order they are
heard. Source: domain 6.2.
"""

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from hub.model.files import Acknowledged, ExchangeState

ACCEPTED = "acknowledgement.accepted"
PARTLY = "acknowledgement.partly"
REJECTED = "acknowledgement.rejected"
#: The code of an answer to a file that we did not send.
UNKNOWN = "ack.unknown"
#: In place of what a partner wrote for a code and is none: it may be about somebody.
NO_CODE = "ack.no_code"
#: Codes that are kept of all answers to a file.
MOST_CODES = 100

_REASONS = {"accepted": ACCEPTED, "partly": PARTLY, "rejected": REJECTED}
_WORSE = (ACCEPTED, PARTLY, REJECTED)
_NUMBER = re.compile("[0-9]{1,9}")
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:*/-]{0,31}")


class Code(Struct, frozen=True, order=True):
    """A partner's code, and the kind of answer that it stood in (`column`)."""

    code: str
    column: str


class Standing(Struct, frozen=True):
    """What is known of a file of ours from its partner's answers.

    `reason` is "" where there were none.
    """

    reason: str = ""
    codes: tuple[Code, ...] = ()

    @property
    def state(self) -> ExchangeState:
        """The state that the file has by these answers."""
        refused = self.reason == REJECTED
        return ExchangeState.REFUSED if refused else ExchangeState.ACKNOWLEDGED

    def after(self, answer: Acknowledged) -> "Standing":
        """Return what is known with one more answer."""
        reason = _REASONS[answer.acceptance]
        worst = max(_rank(self.reason), _rank(reason))
        codes = {*self.codes, *_codes(answer)}
        return Standing(_WORSE[worst], tuple(sorted(codes)[:MOST_CODES]))


def standing(reason: str, codes: Iterable[Code]) -> Standing:
    """Return what is known by what was kept; nothing, where it was another reason."""
    return Standing(reason, tuple(codes)) if is_answer(reason) else Standing()


def is_answer(reason: str) -> bool:
    """Say whether it is a partner's answer that a file of ours has its state by."""
    return reason in _WORSE


def number_in(of: str) -> int | None:
    """Return our number by which an answer names a file, None where it is a name."""
    return int(of) if _NUMBER.fullmatch(of) else None


def names_in(of: str) -> Iterator[str]:
    """Yield the names that an answer may mean, the likeliest first.

    A path is cut to its name, and endings are cut off: partners name our file with
    more of them than we do (containers), or with fewer.
    """
    name = re.split(r"[/\\]", of.strip())[-1]
    while name:
        yield name
        name = name.rpartition(".")[0]


def _rank(reason: str) -> int:
    return _WORSE.index(reason) if is_answer(reason) else 0


def _codes(answer: Acknowledged) -> Iterable[Code]:
    return (
        Code(code if _CODE.fullmatch(code) else NO_CODE, answer.kind)
        for code in answer.codes
    )
