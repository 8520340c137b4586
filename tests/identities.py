"""People with numbers of several hospitals, and a hub that decides. All made up."""

from contextlib import asynccontextmanager

from hub.app import Hub
from hub.config import load
from hub.model.facts import EncounterKey, FactKind, IdentityChange
from hub.model.identifiers import Identifier
from hub.model.labels import Labels
from hub.registry import Registry
from tests.played import CANARY, fact

KVNR = Identifier("http://fhir.de/sid/gkv/kvid-10", "A123456780", "KVNR")
BEARER = Identifier("NORD", "P1", "MR")
OTHER = Identifier("SUED-CANARY", "4711-0815", "MR")
ANNA = {
    "names": [{"family": f"Muster{CANARY}", "given": f"Anna{CANARY}"}],
    "birth_date": "1961-04-07",
    "sex": "F",
}
BERTA = {
    "names": [{"family": f"Beispiel{CANARY}", "given": f"Berta{CANARY}"}],
    "birth_date": "1975-11-30",
    "sex": "F",
}
PSYCHIATRIC = Labels("R", ("PSY",))


def says(number, about, hour=8, *more, **given):
    """Return what a hospital says of whom it keeps under a number."""
    return fact(
        FactKind.PERSON,
        hour=hour,
        encounter=None,
        identifiers=(number, *more),
        demographics=about,
        **given,
    )


def admits(number, visit, hour=8, about=None, **given):
    """Return that a hospital admits whom it keeps under a number."""
    key = EncounterKey(number.system, "", visit)
    more = {"encounter": key, "demographics": about or {}}
    return fact(hour=hour, identifiers=(number,), **(more | given))


def repairs(operation, number, prior, hour=12, **given):
    """Return that numbers are one another's, or are not."""
    encounter = given.pop("encounter", None)
    change = IdentityChange(
        operation, given.pop("level", "person"), tuple(prior), **given
    )
    return fact(
        FactKind.IDENTITY,
        hour=hour,
        encounter=encounter,
        identifiers=(number,),
        demographics={},
        identity=change,
    )


def two_to_compare(labels=None):
    """Return facts about two people who have the same number of a payer.

    One of them is in hospital, and what is told of that has `labels`.
    """
    return (
        says(BEARER, ANNA, 8, KVNR),
        says(OTHER, BERTA, 9, KVNR),
        admits(OTHER, "S1", 10, labels=labels),
    )


@asynccontextmanager
async def running(played, *, port=0):
    """Run a hub on a store in which facts were played."""
    path = played.folder.parent / "running.toml"
    path.write_text(
        f'# Synthetic.\n[hub]\nname = "sample"\ndata_dir = "{played.folder.name}"\n'
        f"[admin]\nport = {port}\n"
    )
    registry = Registry.from_modules({})
    async with Hub(load(path, registry), registry) as hub:
        yield hub
