"""That a performer has read what it is asked: a receipt, which the hub states.

A partner that looks by itself is told nowhere, so nothing else shows that a request
came to it. It is stated once, in its name: by a task like one of its own.
"""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from typing import Any

import structlog

from hub.sdk import HubError, Inbox, Notice, RawMessage
from hub_fhir.reading.profile import FhirProfile
from hub_fhir.reading.stamping import stamped
from hub_fhir.rendering.data.systems import BUSINESS_STATUSES
from hub_fhir.rendering.payloads import instant
from hub_fhir.rendering.places import id_of, key_of
from hub_fhir.resources.wire import MEDIA_TYPE, write

log = structlog.get_logger()

Tree = dict[str, Any]
#: How many referrals are remembered that were stated as received.
_MOST = 20_000


class Receipts:
    """States what was read. `profile` is None where another plugin reads the feed."""

    def __init__(
        self,
        inbox: Inbox,
        systems: dict[str, str],
        profile: FhirProfile | None,
        clock: Callable[[], datetime],
    ) -> None:
        self._inbox = inbox
        self._clock = clock
        self._systems = systems
        self._hears = profile is None or profile.speaks_for != "requester"
        self._stated: OrderedDict[tuple[str, str], int] = OrderedDict()

    async def read(self, party: str, client: str, notice: Notice) -> None:
        """Let a referral be received, where `party` is asked and has read it now.

        What cannot be stored is stated when it is read again.
        """
        key = notice.event.entity.key
        known = (party, key) in self._stated
        if known or not self._hears or not _asks(notice, party):
            return
        record = await self._inbox.referrals.record(key)
        if record is None:
            return
        task = stamped(_received(notice), party, record, self._systems)
        try:
            await self._inbox.put(self._message(task, party, client, notice))
        except HubError as error:
            log.warning("receipt.not_stated", error_code=error.code)
            return
        self._remember(party, notice)

    def _message(
        self, task: Tree, party: str, client: str, notice: Notice
    ) -> RawMessage:
        entity = notice.event.entity
        return RawMessage(
            body=write(task),
            media_type=MEDIA_TYPE,
            received_at=self._clock(),
            peer=client,
            control_id=f"read-{entity.key}-{entity.version}-{party}",
            message_type="Task",
        )

    def led_on(self, party: str, version: str, task: Tree) -> bool:
        """Say whether all that changed since `version` is that it was read."""
        before = self._stated.get((party, key_of(task["id"])))
        codes = [
            each.get("code")
            for each in task.get("businessStatus", {}).get("coding", ())
            if each.get("system") == BUSINESS_STATUSES
        ]
        if before is None or codes != ["received"]:
            return False
        return (version, task["meta"]["versionId"]) == (f"{before}", f"{before + 1}")

    def _remember(self, party: str, notice: Notice) -> None:
        entity = notice.event.entity
        self._stated[party, entity.key] = entity.version
        if len(self._stated) > _MOST:
            self._stated.popitem(last=False)


def _asks(notice: Notice, party: str) -> bool:
    """Say whether somebody waits for `party` to hear of a referral."""
    payload = notice.event.payload
    performer = payload.get("performer")
    asked = performer.get("party") if isinstance(performer, dict) else ""
    return bool(party) and asked == party and payload.get("state") == "requested"


def _received(notice: Notice) -> Tree:
    """Return what a performer would send: that it came before any answer to it."""
    event = notice.event
    occurred = event.times.occurred
    at = occurred.earliest if occurred else event.times.emitted
    request = f"ServiceRequest/{id_of(event.entity.key)}"
    return {
        "resourceType": "Task",
        "status": "received",
        "intent": "order",
        "focus": {"reference": request, "type": "ServiceRequest"},
        "lastModified": instant(at),
    }
