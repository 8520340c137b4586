"""Notices about referrals as a transaction of ServiceRequest, Task and who takes part.

Both sides get the same resources. What differs is what the recipient's server is asked
to do with them: only the side that speaks changes what is its own (see `requests`).
What R4 cannot say is in an extension and recorded as a loss beside it.
Source: Gravity SDOH Clinical Care 2.3; domain 4.1 to 4.3.
"""

from collections.abc import Sequence
from typing import Any

from hub.sdk import Notice, Rendered, RendererSpec
from hub_fhir.rendering.options import ReferralOptions
from hub_fhir.rendering.parties import actor, hub_organization, patient
from hub_fhir.rendering.places import Bundled, Served
from hub_fhir.rendering.provenance import provenance
from hub_fhir.rendering.request_resource import service_request
from hub_fhir.rendering.requests import owned_by, request_of
from hub_fhir.rendering.statuses import INTERNAL, Said, said_by
from hub_fhir.rendering.task_resource import task
from hub_fhir.rendering.telling import Telling
from hub_fhir.resources.wire import MEDIA_TYPE, built, write


def render(notices: Sequence[Notice], options: ReferralOptions) -> Rendered:
    """Return the only notice of `notices` as a Bundle of type transaction.

    Raises NoEquivalentError.
    """
    (notice,) = notices
    places = Bundled(_scope(notice), named=False)
    telling = Telling(notice, options, places)
    said = said_by(telling, options.received)
    _resources(telling, options, said)
    alert = telling.name == "escalated"
    owned = owned_by(said.speaker, said.says, options.recipient, alert=alert)
    entries = [
        each | {"request": request_of(each["resource"], owned)}
        for each in telling.entries.values()
    ]
    bundle = {
        "resourceType": "Bundle",
        "id": Bundled(notice.delivery).id("Bundle", notice.event.id),
        "type": "transaction",
        "timestamp": telling.emitted,
        "entry": entries,
    }
    built(bundle)
    return Rendered(body=write(bundle), media_type=MEDIA_TYPE, suffix=".json")


def served(
    notice: Notice, options: ReferralOptions, address: str = ""
) -> dict[str, dict[str, Any]]:
    """Return the resources of a referral as a server at `address` has them.

    By type and id (``Task/rec-…``), the task first. Task and ServiceRequest have a
    version, which is that of the referral. Raises NoEquivalentError.
    """
    telling = Telling(notice, options, Served(notice.hub, address))
    said = said_by(telling, options.received)
    _resources(telling, options, said)
    found = {
        f"{kind}/{each['resource']['id']}": _versioned(telling, each["resource"])
        for (kind, _), each in telling.entries.items()
    }
    for each in found.values():
        built(each)
    return dict(sorted(found.items(), key=lambda item: not item[0].startswith("Task/")))


def _versioned(telling: Telling, resource: dict[str, Any]) -> dict[str, Any]:
    if resource["resourceType"] not in {"Task", "ServiceRequest"}:
        return resource
    version = str(telling.event.entity.version)
    meta = {"versionId": version, "lastUpdated": telling.emitted}
    return resource | {"meta": meta | resource.get("meta", {})}


def _scope(notice: Notice) -> str:
    return f"{notice.hub}/{notice.destination}"


def _resources(telling: Telling, options: ReferralOptions, said: Said) -> None:
    """Add all resources of a referral to `telling`."""
    hub = hub_organization(telling)
    subject = patient(telling)
    asked = actor(telling, telling.said("requester"))
    performs = actor(telling, telling.said("performer"))
    # Whom nobody names as the requester, the hub asks for.
    parties = {"for": subject, "requester": asked or hub, "owner": performs}
    focus = service_request(telling, said, subject, asked or hub, performs)
    follows = task(telling, said, focus, parties)
    if options.provenance:
        author = {"requester": asked, "performer": performs}.get(said.speaker, "")
        provenance(telling, [focus, follows], author, hub)


REFERRAL = RendererSpec(
    name="fhir-referral",
    options=ReferralOptions,
    render=render,
    summary="One notice about a referral as a FHIR R4 transaction (Gravity SDOHCC).",
    unspoken=frozenset(f"referral.{name}" for name in INTERNAL),
)
