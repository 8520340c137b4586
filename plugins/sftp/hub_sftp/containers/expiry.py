"""Keys that are about to expire: said in time, and not only once it is too late."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any, Final, Literal

import structlog
from msgspec import Struct

from hub.sdk import HubError
from hub_sftp.containers.keyring import keyring
from hub_sftp.containers.settings import PgpSettings

log = structlog.get_logger()

#: From when on an expiry is said, in days before it. Source: domain, section 6.4.
ALARMS: Final = (60, 30, 7)
_DAY: Final = timedelta(days=1)
# Of a key as gpg lists it: what encrypts, what signs.
_ABILITIES: Final = ("e", "s")


class Expiring(Struct, frozen=True, kw_only=True):
    """A key that cannot do all that it does from `until` on.

    `days` are whole days from now, negative once they are over; `alarm` is the least
    of the alarms that they are within.
    """

    owner: Literal["own", "partner"]
    fingerprint: str
    until: datetime
    days: int
    alarm: int


def expiring(settings: PgpSettings, now: datetime) -> Sequence[Expiring]:
    """Return the keys that expire within 60 days of `now`, the first one first.

    Blocks. Raises GpgMissingError, OwnKeyUnusableError and PartnerKeyUnusableError.
    """
    with keyring(settings) as ring:
        keys = ring.keys()
    found = [_expiring(owner, key, now) for owner, key in keys]
    return sorted((each for each in found if each), key=lambda each: each.until)


def _expiring(owner: Any, key: dict[str, Any], now: datetime) -> Expiring | None:
    until = _until(key)
    if until is None:
        return None
    days = (until - now) // _DAY
    alarms = [alarm for alarm in ALARMS if days <= alarm]
    if not alarms:
        return None
    return Expiring(
        owner=owner,
        fingerprint=key["fingerprint"],
        until=until,
        days=days,
        alarm=min(alarms),
    )


def _until(key: dict[str, Any]) -> datetime | None:
    """Return when a key first loses one of its abilities, None for never."""
    parts = [key, *key.get("subkey_info", {}).values()]
    ends = [key["expires"], *_ends(parts)]
    known = [int(each) for each in ends if each]
    return datetime.fromtimestamp(min(known), UTC) if known else None


def _ends(parts: Sequence[dict[str, Any]]) -> Iterator[str]:
    for ability in _ABILITIES:
        ends = [
            each["expires"]
            for each in parts
            if ability in each["cap"] and each["trust"] != "r"
        ]
        # As long as one part without an end is able, so is the key.
        if ends and all(ends):
            yield max(ends, key=int)


class KeyWatch:
    """Says once a day which keys are about to expire."""

    def __init__(self) -> None:
        self._next: datetime | None = None
        self._guard = Lock()

    def look(
        self, settings: PgpSettings | None, now: datetime, **who: str
    ) -> Sequence[Expiring]:
        """Look, unless that was done today; log what was found, with `who`.

        Blocks. Never raises: what is wrong with a key is said by whoever needs it.
        """
        with self._guard:
            if settings is None or (self._next is not None and now < self._next):
                return ()
            self._next = now + _DAY
        try:
            found = expiring(settings, now)
        except HubError as error:
            log.warning("key.failed", error_code=error.code, **who)
            return ()
        for each in found:
            log.warning(
                "key.expires",
                owner=each.owner,
                fingerprint=each.fingerprint,
                days=each.days,
                alarm=each.alarm,
                **who,
            )
        return found
