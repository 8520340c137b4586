"""Facts about made-up stays, and normalisers that read them in any message."""

from datetime import date

import msgspec

from hub.contract import NormaliserSpec
from hub.coordination.panels import Member, Panel
from hub.coordination.routes import Subscription
from hub.model.events import CareEvent
from hub.model.facts import (
    EncounterKey,
    Fact,
    FactKind,
    Normalised,
    Provenance,
    Subject,
)
from hub.model.identifiers import Code, Identifier, Location
from hub.model.taxonomy import EVENT_TYPES
from hub.runtime.interpreting import Feed
from hub.sdk import Settings
from tests.coordination.scenarios import at

SECRET = b"made up, and of no use elsewhere"
PANEL = Panel("members", {("NORD", "P1"): (Member("M-1"),)})


#: Somebody who was on a panel, and is not any more.
NOBODY = Panel("nobody", {("NORD", "P1"): (Member("M-1", None, date(2020, 1, 1)),)})
#: Whom all that was told is about.
OWNERS = "SELECT DISTINCT person FROM event JOIN entity ON entity.seq = event.entity"
PANELS = {each.name: each for each in (PANEL, NOBODY)}


def subscription(name="everyone", destination="out", panel=""):
    return Subscription(name, destination, EVENT_TYPES, "treatment", panel)


EVERYONE = (subscription(),)


def fact(kind=FactKind.START, patient="P1", visit="V1", hour=8, **given):
    """Return a fact about a made-up stay."""
    identifiers = given.pop("identifiers", (Identifier("NORD", patient, "MR"),))
    demographics = given.pop("demographics", {})
    standard = {
        "recorded": at(hour),
        "occurred": at(hour),
        "encounter": EncounterKey("NORD", "", visit),
        "encounter_class": Code("inpatient"),
        "location": Location(unit=f"W{hour}"),
    }
    return Fact(
        kind=kind, subject=Subject(identifiers, demographics), **(standard | given)
    )


def says(*facts, **given):
    """Return a normaliser that reads these facts in every message."""
    return lambda _body, _profile: Normalised(facts=facts, **given)


def reads(facts):
    """Return a normaliser that knows the facts of each body."""
    return lambda body, _profile: Normalised(
        facts=(facts[body],), provenance=Provenance(message_id=body.decode())
    )


def made_up_feed(normalise):
    """Return a feed whose messages `normalise` reads."""
    spec = NormaliserSpec(
        name="made-up",
        media_type="text/plain",
        profile=Settings,
        normalise=normalise,
        summary="For a test.",
    )
    return Feed(spec, Settings())


def states(query):
    return query("SELECT state, error_code FROM message ORDER BY seq")


def events(query):
    found = query("SELECT body FROM event ORDER BY seq")
    return [msgspec.json.decode(body, type=CareEvent) for (body,) in found]
