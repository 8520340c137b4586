"""Reason codes and error codes in words: what each means, and what to change."""

from msgspec import Struct

from hub.coordination.policy.reasons import REASONS
from hub.errors import HubError

_UNKNOWN_CODE = "Look the code up with `hub errors`"


class ReasonView(Struct, frozen=True):
    """A reason of a decision: what it means, and what to change for another one."""

    code: str
    summary: str
    remedy: str


def reasons() -> list[ReasonView]:
    """Return the catalogue of reasons, in the order of their codes."""
    return [
        ReasonView(code, reason.summary, reason.remedy)
        for code, reason in sorted(REASONS.items())
    ]


def reason_view(code: str) -> ReasonView:
    """Return what is known of a reason; no words where it is not in the catalogue."""
    reason = REASONS.get(code)
    if reason is None:
        return ReasonView(code, "", "")
    return ReasonView(code, reason.summary, reason.remedy)


def remedy(code: str) -> str:
    """Return what to do about an error code; empty where it is not known."""
    error = HubError.catalogue.get(code)
    return error.remedy if error else ""


def summary(code: str) -> str:
    """Return what an error code means; empty where it is not known."""
    error = HubError.catalogue.get(code)
    return error.summary if error else ""


def what_to_do(code: str) -> str:
    """Return what to do about an error code: at least, where to look."""
    return remedy(code) or _UNKNOWN_CODE
