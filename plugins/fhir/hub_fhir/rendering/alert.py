"""Notices about visits as messages of Da Vinci Alerts, or with profiles of ISiK.

The code of the message is one of the guide's where the guide has one that is true: to
be moved to another bed is no transfer. All else has the hub's own name for it, which
the guide's binding allows. What takes something back says so in a Provenance that names
the earlier message; the visit is never deleted.
Source: Da Vinci Alerts 1.0; R4, section 2.4 (messaging); domain 3.8.
"""

from collections.abc import Sequence
from urllib.parse import quote

from hub.sdk import Notice, Rendered, RendererSpec
from hub_fhir.rendering.around_visit import conditions, coverages, facility, places
from hub_fhir.rendering.data.encounters import (
    DISPLAYS,
    HEADERS,
    NOTIFICATIONS,
    TRANSFER,
)
from hub_fhir.rendering.data.systems import ALERT_EVENTS, ALERTS, OWN_EVENTS
from hub_fhir.rendering.errors import NoEquivalentError
from hub_fhir.rendering.options import AlertOptions
from hub_fhir.rendering.parties import hub_organization, patient
from hub_fhir.rendering.payloads import stated, words
from hub_fhir.rendering.pieces import Piece
from hub_fhir.rendering.provenance import provenance
from hub_fhir.rendering.telling import Telling
from hub_fhir.rendering.visit_resource import (
    Around,
    class_of,
    encounter,
    status_of,
    visit_key,
)
from hub_fhir.resources.wire import MEDIA_TYPE, built, write

_INPATIENT = frozenset({"IMP", "ACUTE", "NONAC", "SS"})


def render(notices: Sequence[Notice], options: AlertOptions) -> Rendered:
    """Return the only notice of `notices` as a Bundle of type message.

    Raises NoEquivalentError.
    """
    (notice,) = notices
    telling = Telling(notice, options)
    if not telling.event.type.startswith("encounter."):
        raise NoEquivalentError(f"fhir-alert, {telling.event.type}")
    _message(telling, options)
    first = telling.entries.pop(("MessageHeader", telling.event.id))
    bundle = {
        "resourceType": "Bundle",
        "id": telling.places.id("Bundle", notice.delivery),
        "meta": telling.meta(f"{ALERTS}notifications-bundle"),
        "type": "message",
        "timestamp": telling.emitted,
        "entry": [first, *telling.entries.values()],
    }
    bundle = stated(**bundle)
    built(bundle)
    return Rendered(body=write(bundle), media_type=MEDIA_TYPE, suffix=".json")


def event_of(telling: Telling) -> Piece:
    """Return what a message is about: the guide's code where it has one."""
    code = NOTIFICATIONS.get(telling.event.type, "")
    if _is_transfer(telling):
        code = TRANSFER
    if code:
        return {"system": ALERT_EVENTS, "code": code, "display": DISPLAYS[code]}
    shown = telling.name.replace("_", " ").capitalize()
    return {"system": OWN_EVENTS, "code": telling.event.type, "display": shown}


def _is_transfer(telling: Telling) -> bool:
    """Say whether somebody went to another facility, or from outside to a ward."""
    if telling.name == "class_changed":
        return class_of(telling)[0]["code"] in _INPATIENT
    if telling.name != "transferred":
        return False
    before = words(telling.said("prior_location", "facility"))
    after = words(telling.said("location", "facility"))
    return bool(before and after and before != after)


def _message(telling: Telling, options: AlertOptions) -> None:
    """Add the header and all that it leads to."""
    hub = hub_organization(telling)
    subject = patient(telling, options.guide)
    provider, name = facility(telling)
    nothing_happened = status_of(telling) == "entered-in-error"
    around = Around(
        subject=subject,
        provider=provider,
        provider_name=name,
        places=places(telling, provider),
        diagnoses=()
        if nothing_happened
        else conditions(telling, subject, options.guide),
    )
    visit = encounter(telling, options.guide, around)
    coverages(telling, subject)
    header = _header(telling, options, visit, provider or hub, hub)
    provenance(telling, [header, visit], provider, hub, _earlier(telling))


def _earlier(telling: Telling) -> str:
    """Return the id of the message that is taken back or amended, "" for none."""
    correction = telling.event.correction
    return telling.places.id("MessageHeader", correction.of) if correction else ""


def _header(
    telling: Telling, options: AlertOptions, visit: str, responsible: str, hub: str
) -> str:
    event = event_of(telling)
    notice = telling.notice
    destination = f"urn:carehub:destination:{quote(notice.destination, safe='')}"
    special = HEADERS.get(event["code"], "")
    resource = stated(
        meta=telling.meta(
            f"{ALERTS}notifications-messageheader",
            f"{ALERTS}{special}" if special else "",
        ),
        eventCoding=event,
        destination=[
            {
                "name": words(notice.destination),
                "endpoint": options.destination_endpoint or destination,
            }
        ],
        sender={"reference": hub},
        author=_author(telling),
        source={
            "name": words(notice.hub) or "Carehub",
            "software": "Carehub",
            "endpoint": options.source_endpoint,
        },
        responsible={"reference": responsible},
        focus=[{"reference": visit}],
    )
    return telling.add("MessageHeader", telling.event.id, resource)


def _author(telling: Telling) -> Piece:
    """Return who treats the patient, as the visit has it, {} where nobody is named."""
    visit = telling.entries["Encounter", visit_key(telling)]["resource"]
    team = visit.get("participant", ())
    return {"reference": team[0]["individual"]["reference"]} if team else {}


ALERT = RendererSpec(
    name="fhir-alert",
    options=AlertOptions,
    render=render,
    summary="One notice about a visit as a FHIR R4 message (Da Vinci Alerts, ISiK).",
)
