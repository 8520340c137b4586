"""What the status of an answer to GET means. Pure.

=============================  =================================  =========
Status                         What it is                         Again now
=============================  =================================  =========
200, 203                       the directory
304                            unchanged, where that was asked
301, 302, 303, 307, 308        followed, to permitted hosts only
401, 402, 403, 407             HSDS-022
429, 503                       HSDS-020, after Retry-After        yes
408, 409, 421, 423, 425, 5xx   HSDS-021                           yes
other 4xx                      HSDS-023
other 2xx, 304 unasked         HSDS-028
anything else                  HSDS-021                           yes
=============================  =================================  =========

Sources: RFC 9110, section 15; RFC 6585.
"""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final

from hub.sdk import HubError, retry_after_seconds
from hub_community.fetching import errors

REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_REFUSED: Final = frozenset({401, 402, 403, 407})
_BUSY: Final = frozenset({429, 503})
_PASSING: Final = frozenset({408, 409, 421, 423, 425})
_SUCCESS, _CLIENT, _SERVER = 2, 4, 5


def problem(
    status: int, retry_after: str | None, now: datetime, *, conditional: bool = False
) -> HubError | None:
    """Return what is wrong with an answer; None where its body is what was asked."""
    told = f"HTTP {status}"
    if status in (HTTPStatus.OK, HTTPStatus.NON_AUTHORITATIVE_INFORMATION):
        return None
    if status == HTTPStatus.NOT_MODIFIED and conditional:
        return None
    if status in _BUSY:
        return errors.DirectoryBusyError(told, retry_after_seconds(retry_after, now))
    kind = status // 100
    if status in REDIRECTS:
        return errors.DirectoryMovedError(told)
    if status in _REFUSED:
        return errors.DirectoryRefusesError(told)
    if kind == _CLIENT and status not in _PASSING:
        return errors.NothingThereError(told)
    if kind == _SUCCESS or status == HTTPStatus.NOT_MODIFIED:
        return errors.UnusableAnswerError(told)
    return errors.DirectoryFailedError(told)


def http_date(header: str | None) -> datetime | None:
    """Return the time that a header such as Date says, None where it says none."""
    try:
        then = parsedate_to_datetime(header or "")
    except (ValueError, OverflowError):
        return None
    return then.replace(tzinfo=then.tzinfo or UTC).astimezone(UTC)
