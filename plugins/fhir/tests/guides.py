"""Where the R4 schema and the public examples are, and what the guides demand.

Nothing of either is in this repository; without them the tests that need them are
skipped. The tables say by path what a profile demands with a minimum of one, or, where
an element is there, of what is in it. Sources are named beside each.
"""

import json
import os
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

jsonschema_rs = pytest.importorskip(
    "jsonschema_rs", reason="jsonschema-rs is not installed"
)

ROOT = Path(__file__).parents[3]
SHARED = ROOT.parent / "shared"
SCHEMA = (
    Path(os.environ.get("CAREHUB_SCHEMAS", SHARED / "schemas")) / "fhir-r4.schema.json"
)
CORPUS = Path(os.environ.get("CAREHUB_CORPUS", SHARED / "corpus")) / "fhir"

needs_schema = pytest.mark.skipif(
    not SCHEMA.is_file(),
    reason=f"there is no schema at {SCHEMA}; set CAREHUB_SCHEMAS to its folder",
)
needs_corpus = [
    pytest.mark.corpus,
    pytest.mark.skipif(
        not CORPUS.is_dir(),
        reason=f"there is no corpus at {CORPUS}; set CAREHUB_CORPUS to where it is",
    ),
]


@cache
def definitions():
    return json.loads(SCHEMA.read_text())["definitions"]


@cache
def validator():
    return jsonschema_rs.validator_for(json.loads(SCHEMA.read_text()))


def violations(tree):
    """Return what of a resource the schema forbids, and the keys it does not know."""
    found = [str(each.instance_path) for each in validator().iter_errors(tree)]
    return found + list(unknown_keys(tree, definitions()[tree["resourceType"]]))


def unknown_keys(value, definition):
    """Yield the keys of objects that their definition lacks.

    The schema lets unknown keys of some types through, and so does not say of them.
    """
    if not isinstance(value, dict):
        return
    if "resourceType" in value:
        definition = definitions()[value["resourceType"]]
    known = definition.get("properties", {})
    for name, inner in value.items():
        if name not in known:
            yield name
            continue
        schema = known[name]
        schema = schema.get("items", schema)
        target = definitions().get(schema.get("$ref", "").rpartition("/")[2], {})
        for each in inner if isinstance(inner, list) else [inner]:
            yield from unknown_keys(each, target)


def examples(*folders):
    """Return the JSON files below folders of the corpus, in the order of names."""
    found = [path for each in folders for path in CORPUS.glob(f"{each}/**/*.json")]
    return sorted(found)


def exact(text):
    """Return JSON with decimals as they were written."""
    return json.loads(text, parse_float=Decimal)


def at(tree, path):
    """Return what stands at a path such as ``code.coding.code``, in every list."""
    found = [tree]
    for step in path.split("."):
        deeper = [
            each[step] for each in found if isinstance(each, dict) and step in each
        ]
        found = [
            one
            for each in deeper
            for one in (each if isinstance(each, list) else [each])
        ]
    return found


def missing(tree, demanded):
    """Return the paths of `demanded` at which a resource has nothing."""
    return [path for path in demanded if not at(tree, path)]


#: Gravity SDOH Clinical Care 2.3, SDOHCC-ServiceRequest (and R4's own minimum).
GRAVITY_SERVICE_REQUEST = (
    "meta.profile",
    "status",
    "intent",
    "category.coding.code",
    "priority",
    "code",
    "subject.reference",
    "occurrencePeriod.end",
    "authoredOn",
    "requester.reference",
    "performer.reference",
    "reasonCode",
    "supportingInfo.identifier.value",
)
#: Gravity SDOH Clinical Care 2.3, SDOHCC-TaskForReferralManagement.
GRAVITY_TASK = (
    "meta.profile",
    "status",
    "intent",
    "priority",
    "code.coding.code",
    "focus.reference",
    "for.reference",
    "authoredOn",
    "requester.reference",
    "owner.reference",
)
#: US Core 3.1.1, on which both guides build.
US_CORE_PATIENT = (
    "identifier.system",
    "identifier.value",
    "name",
    "gender",
)
US_CORE_ORGANIZATION = ("active", "name", "identifier.value")
US_CORE_PRACTITIONER = ("identifier.system", "identifier.value", "name.family")
US_CORE_PROVENANCE = (
    "target.reference",
    "recorded",
    "agent.type.coding.code",
    "agent.who.reference",
)
US_CORE_LOCATION = ("name", "status", "managingOrganization.reference")
#: Da Vinci Alerts 1.0, notifications-bundle.
ALERTS_BUNDLE = ("id", "type", "timestamp", "entry.fullUrl", "entry.resource")
#: Da Vinci Alerts 1.0, notifications-messageheader.
ALERTS_HEADER = (
    "id",
    "eventCoding.system",
    "eventCoding.code",
    "destination.endpoint",
    "sender.reference",
    "source.endpoint",
    "responsible.reference",
    "focus.reference",
)
#: Da Vinci Alerts 1.0, adt-notification-encounter, and US Core's encounter.
ALERTS_ENCOUNTER = (
    "identifier.system",
    "identifier.value",
    "status",
    "class.code",
    "type",
    "subject.reference",
    "participant.individual.reference",
    "period",
    "location.location.reference",
    "serviceProvider.reference",
)
#: Da Vinci Alerts 1.0, adt-notification-condition, and US Core's condition.
ALERTS_CONDITION = (
    "category.coding.code",
    "code",
    "subject.reference",
    "encounter.reference",
)
#: Da Vinci Alerts 1.0, adt-notification-coverage, and HRex's coverage.
ALERTS_COVERAGE = (
    "status",
    "subscriberId",
    "beneficiary.reference",
    "relationship.coding.code",
    "payor.reference",
)
#: gematik ISiK Basismodul, ISiKPatient.
ISIK_PATIENT = (
    "meta.profile",
    "identifier.type.coding.code",
    "identifier.system",
    "identifier.value",
    "active",
    "name.family",
    "name.given",
    "gender",
    "birthDate",
)
#: gematik ISiK Basismodul, ISiKKontaktGesundheitseinrichtung.
ISIK_CONTACT = (
    "id",
    "meta.profile",
    "identifier.type.coding.code",
    "identifier.system",
    "identifier.value",
    "status",
    "class.code",
    "type.coding.code",
    "serviceType.coding.code",
    "subject.reference",
    "period.start",
    "diagnosis.condition.reference",
    "diagnosis.use.coding.code",
    "location.location.identifier.value",
    "location.location.display",
    "location.physicalType.coding.code",
    "serviceProvider.identifier.value",
    "serviceProvider.display",
)
