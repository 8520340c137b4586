"""What shows that somebody has a need: an assessment, or a diagnosis of a stay."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple

from hub.coordination.additions import coded
from hub.coordination.labelling import accumulate
from hub.coordination.needs.diagnosed import needs_of_diagnosis
from hub.coordination.needs.screened import is_taken_back, needs_of_answers
from hub.coordination.needs.tables import categories
from hub.model.encounters import Encounter, EncounterStatus
from hub.model.facts import RecordKey
from hub.model.labels import Labels

#: Who numbers the needs that the hub finds by itself.
NEEDS = "urn:carehub:need"
_NOTHING: tuple["Shown", ...] = ()


class Shown(NamedTuple):
    """That something shows a need: by which code of which system."""

    category: str
    code: str
    system: str
    by: Literal["screening", "diagnosis"]


def shown_by_assessment(details: Mapping[str, Any] | None) -> tuple[Shown, ...]:
    """Return the needs that an assessment shows, once each."""
    if not details or is_taken_back(details):
        return _NOTHING
    return _once(
        Shown(each.category, each.question, "LN", "screening")
        for each in needs_of_answers(details.get("answers"))
    )


def shown_by_encounter(encounter: Encounter | None) -> tuple[Shown, ...]:
    """Return the needs that the diagnoses of a stay name, once each."""
    diagnoses = encounter.details.get("diagnoses") if encounter else None
    if encounter is None or not diagnoses:
        return _NOTHING
    if encounter.status is EncounterStatus.CANCELLED:
        return _NOTHING
    return _once(
        Shown(category, code, system, "diagnosis")
        for code, system in coded(diagnoses)
        for category in needs_of_diagnosis(code, system)
    )


def need_key(identity: str, category: str) -> RecordKey:
    """Return the key of the record that holds a need that the hub found."""
    return RecordKey("need", NEEDS, f"{identity}|{category}")


def labels_of_need(category: str) -> Labels:
    """Return how confidential it is to have a need of a category."""
    known = categories().get(category)
    if known is None or not (known.sensitivity or known.confidentiality):
        return Labels()
    return Labels(
        known.confidentiality or "R",
        known.sensitivity,
        (),
        tuple(f"need:{category}:{each}" for each in known.sensitivity)
        or (f"need:{category}",),
    )


def with_labels(labels: Labels, category: str) -> Labels:
    """Return labels with those that a need of a category has."""
    own = labels_of_need(category)
    return accumulate((labels, own)) if own != Labels() else labels


def _once(shown: Iterable[Shown]) -> tuple[Shown, ...]:
    found: dict[str, Shown] = {}
    for each in shown:
        found.setdefault(each.category, each)
    return tuple(found.values())
