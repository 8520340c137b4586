"""What the addresses of amendments answer."""

from datetime import UTC, datetime

import structlog
from aiohttp import web
from pydantic import Field

from hub.admin.access import signed_by
from hub.admin.answers import answer
from hub.admin.handlers import CONTEXT, ask
from hub.admin.parameters import Moment, Parameters, Spoken, Text
from hub.store import shadow_amending
from hub.store.acting import ACTING
from hub.store.shadow_amending import AmendmentView, Approved, Line
from hub.store.shadow_errors import OtherProfilesError
from hub.store.shadow_profiles import digest_of
from hub.store.views import Page

log = structlog.get_logger()

_ACCEPTED = 202  # RFC 9110 section 15.3.3


class AmendmentWanted(Parameters):
    """Which messages are to be read again, and who says so."""

    by: Spoken = Field(description="Who approves it; kept with the amendment.")
    reason: Spoken = Field(description="Why; kept with the amendment.")
    since: Moment | None = Field(
        default=None, description="Only what was received from this time on."
    )
    before: Moment | None = Field(
        default=None, description="Only what was received before this time."
    )
    source: Text | None = Field(
        default=None, description="Only the messages of this source."
    )
    profiles: Text | None = Field(
        default=None,
        description="The digest of how feeds are to be read, in hexadecimal; refused"
        " where the hub reads them otherwise.",
    )


async def amendments(request: web.Request, _: Parameters) -> web.Response:
    """Return all amendments."""
    found = await ask(request, request.app[CONTEXT].reader.amendments)
    return answer(Page[AmendmentView](found, None))


async def amend(request: web.Request, said: AmendmentWanted) -> web.Response:
    """Put messages in line; some at a time, so that what arrives has its turn."""
    context = request.app[CONTEXT]
    profiles = digest_of(context.sources)
    if said.profiles not in {None, profiles.hex()}:
        raise OtherProfilesError
    approved = Approved(
        acting=ACTING.get(),
        by=signed_by(request, said.by),
        reason=said.reason,
        at=datetime.now(UTC),
        profiles=profiles,
        since=said.since,
        before=said.before,
        source=said.source,
    )
    key = await context.write(shadow_amending.approve, approved)
    after = 0
    while after := await context.write(shadow_amending.line_up, Line(key, after)):
        continue
    log.info("amendment.approved", amendment=key)
    found = await ask(request, context.reader.amendments)
    return answer(next(each for each in found if each.id == key), _ACCEPTED)
