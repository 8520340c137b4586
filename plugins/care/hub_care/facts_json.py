"""The normaliser ``facts-json``: the hub's own JSON, ``docs/reference``."""

from collections.abc import Sequence

from hub.sdk import FactsRead, Normalised, Problem, Provenance, Remark, read_facts
from hub_care.errors import BadFactsError
from hub_care.profile import FactsProfile


class JsonProfile(FactsProfile):
    """What is to be known of a feed of facts in JSON."""


def normalise(body: bytes, profile: JsonProfile) -> Normalised:
    """Return the facts of a body; a problem where anything in it is wrong."""
    return normalised(read_facts(body, profile.time_zone or None))


def validate(body: bytes, profile: JsonProfile) -> Sequence[Remark]:
    """Return all that is wrong with a body."""
    return remarks(read_facts(body, profile.time_zone or None))


def normalised(read: FactsRead) -> Normalised:
    """Return what the hub is told of a body that was read."""
    provenance = Provenance(message_id=read.id)
    if read.problems:
        problem = Problem(BadFactsError.code, f"{len(read.problems)} problems")
        return Normalised(provenance=provenance, problem=problem)
    return Normalised(provenance=provenance, facts=read.facts, warnings=read.warnings)


def remarks(read: FactsRead) -> list[Remark]:
    """Return the problems and warnings of a body that was read."""
    wrong = [
        Remark(severity="error", place=each.path, text=each.message)
        for each in read.problems
    ]
    doubts = [
        Remark(severity="warning", place="facts", text=each) for each in read.warnings
    ]
    return [*wrong, *doubts]
