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

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final

from hub.sdk import HubError, retry_after_seconds
from hub_community.fetching import errors

REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_USUAL: Final = frozenset({HTTPStatus.OK, HTTPStatus.NON_AUTHORITATIVE_INFORMATION})
_BUSY: Final = frozenset({429, 503})
_BY_STATUS: Final[Mapping[int, type[HubError]]] = {
    **dict.fromkeys(REDIRECTS, errors.DirectoryMovedError),
    **dict.fromkeys((401, 402, 403, 407), errors.DirectoryRefusesError),
    **dict.fromkeys((408, 409, 421, 423, 425), errors.DirectoryFailedError),
    304: errors.UnusableAnswerError,
}
_BY_CLASS: Final[Mapping[int, type[HubError]]] = {
    2: errors.UnusableAnswerError,
    4: errors.NothingThereError,
}


def problem(
    status: int, retry_after: str | None, now: datetime, *, conditional: bool = False
) -> HubError | None:
    """Return what is wrong with an answer; None where its body is what was asked."""
    told = f"HTTP {status}"
    if status in _USUAL or (status == HTTPStatus.NOT_MODIFIED and conditional):
        return None
    if status in _BUSY:
        return errors.DirectoryBusyError(told, retry_after_seconds(retry_after, now))
    default = _BY_CLASS.get(status // 100, errors.DirectoryFailedError)
    return _BY_STATUS.get(status, default)(told)


def http_date(header: str | None) -> datetime | None:
    """Return the time that a header such as Date says, None where it says none."""
    try:
        then = parsedate_to_datetime(header or "")
    except (ValueError, OverflowError):
        return None
    return then.replace(tzinfo=then.tzinfo or UTC).astimezone(UTC)
