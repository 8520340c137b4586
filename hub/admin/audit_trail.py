"""Who saw what: recorded before an answer with content leaves (S23).

It goes by the permission that an address needs, so that none is forgotten. There is
one record for each person that is in the answer, as an access report is by person.
"""

import re

from aiohttp import web

from hub.admin.access import Caller
from hub.admin.context import AdminContext
from hub.admin.roles import Permission
from hub.admin.route import Route
from hub.store.audit import Entry
from hub.store.audit_views import VIEWED
from hub.threads import in_thread

#: What an address is recorded as that needs one of these.
ACTIONS = {
    Permission.PICTURES: VIEWED,
    Permission.BODIES: VIEWED,
    Permission.FIND: VIEWED,
    Permission.FETCH: VIEWED,
    Permission.AUDIT: VIEWED,
    Permission.DECIDE: "decided",
    Permission.REFER: "stated",
}
_REFUSED = 400
_PERSON = re.compile(rb'"(p_[0-9a-f]{32})"')
# What an id looks like: anything else in an address may be a patient's number.
_ID = re.compile(r"[a-z]{1,10}_[0-9A-Za-z]{1,64}|[0-9a-f]{64}")
_PREFIX = "/api/v1/"


async def leave_trail(
    context: AdminContext,
    route: Route,
    caller: Caller,
    request: web.Request,
    response: web.StreamResponse,
    reason: str = "",
) -> web.StreamResponse:
    """Return an answer once it is recorded who gets it.

    Raises HubError where it cannot be recorded; then nobody must get it.
    """
    verb = ACTIONS.get(route.permission)
    if verb is None or response.status >= _REFUSED:
        return response
    if route.permission is Permission.DECIDE and route.method == "GET":
        verb = VIEWED
    name = route.path.removeprefix(_PREFIX).partition("/")[0].removesuffix("s")
    key = next(filter(_ID.fullmatch, request.match_info.values()), "")
    subjects = await _subjects(context, route, key, response)
    await context.audit(
        *(
            Entry(
                actor=caller.actor,
                role=caller.role.value,
                action=f"{name}.{verb}",
                # A person is a token there, as the object too.
                object=subject if key.startswith("p_") else key,
                subject=subject,
                reason=reason,
                detail={"address": f"{route.method} {route.path}"},
            )
            for subject in subjects
        )
    )
    return response


async def _subjects(
    context: AdminContext, route: Route, key: str, response: web.StreamResponse
) -> list[str]:
    """Return the identities that an answer is about, or "" where that is nobody."""
    if not isinstance(response, web.Response):
        return [""]
    if route.permission is Permission.AUDIT:
        return [""]
    found: list[str] = []
    if route.permission is Permission.BODIES:
        reader = context.reader.audit
        of = route.path.removeprefix(_PREFIX).partition("/")[0]
        # A file of a partner is about thousands: the record names the file.
        asks = {"messages": reader.subjects, "documents": reader.subjects_of_document}
        found = await in_thread(asks[of], key) if of in asks else []
    elif isinstance(response.body, bytes):
        keys = dict.fromkeys(_PERSON.findall(response.body))
        found = [each.decode() for each in keys]
    return found or [""]
