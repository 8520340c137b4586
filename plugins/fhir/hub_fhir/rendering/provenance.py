"""Where resources come from: who said it, and that a hub put it into this form.

An intermediary that translates says so. Source: R4, section 6.3; Da Vinci Alerts 1.0,
"Intermediaries"; US Core 3.1.1 (Provenance).
"""

from hub_fhir.rendering.data.systems import AGENTS, LIFECYCLE, US_CORE
from hub_fhir.rendering.payloads import stated
from hub_fhir.rendering.pieces import Piece, concept_of
from hub_fhir.rendering.telling import Telling

_ACTIVITIES = {
    "": ("transform", "Transform/Translate Record Lifecycle Event"),
    "amendment": ("amend", "Amend (Update) Record Lifecycle Event"),
    "retraction": ("nullify", "Nullify Record Lifecycle Event"),
}


def provenance(
    telling: Telling, targets: list[str], author: str, assembler: str, earlier: str = ""
) -> str:
    """Add where `targets` come from; return the reference.

    `earlier` is the id of the message that is taken back or amended, "" for none.
    """
    correction = telling.event.correction
    code, display = _ACTIVITIES[correction.kind if correction else ""]
    resource = stated(
        meta=telling.meta(f"{US_CORE}provenance"),
        target=[{"reference": target} for target in targets],
        occurredDateTime=telling.occurred,
        recorded=telling.emitted,
        activity=concept_of(LIFECYCLE, code, display),
        agent=[_agent("author", author or assembler), _agent("assembler", assembler)],
        entity=[_entity(earlier)] if earlier else [],
    )
    return telling.add("Provenance", telling.event.id, resource)


def _agent(role: str, who: str) -> Piece:
    shown = role.capitalize()
    return {"type": concept_of(AGENTS, role, shown), "who": {"reference": who}}


def _entity(earlier: str) -> Piece:
    number = {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{earlier}"}
    what = {"type": "MessageHeader", "identifier": number}
    return {"role": "revision", "what": what}
