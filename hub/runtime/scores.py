"""Scores as a feed of the hub's own: what a model said is a fact like any other.

Pure, as every normaliser is: the message holds all of it, so that it can be read
again, and told apart from what others say.
"""

import hashlib
from typing import Any

import msgspec

from hub.config.scoring import SCORES_FEED, ScorerConfig
from hub.contract import NormaliserSpec
from hub.errors import HubError, Recovery
from hub.model.care.reading import read_facts
from hub.model.facts import Normalised, Problem, Provenance
from hub.model.identifiers import Identifier
from hub.model.message import RawMessage
from hub.model.scoring import Score, ScoreInputs, score_key
from hub.settings import Settings

MEDIA_TYPE = "application/vnd.carehub.facts+json"

_encode = msgspec.json.Encoder(order="sorted").encode


class NoScoreError(HubError):
    """A message of the hub's own feed that states no score."""

    code = "PIPE-020"
    summary = "A message of the feed `carehub-scores` states no score"
    remedy = "Let people be scored by `hub scorers run` or the admin API"
    recovery = Recovery.REJECT


class ScorerFailedError(HubError):
    """A scorer raised, which none may."""

    code = "PIPE-021"
    summary = "The scorer failed on what is known of a person"
    remedy = "Tell the author of the plugin; `scorer.failed` in the log says where"
    recovery = Recovery.REJECT


def normalise(body: bytes, _profile: Settings) -> Normalised:
    """Return the fact that a score is."""
    read = read_facts(body)
    if read.problems:
        return Normalised(problem=Problem(NoScoreError.code))
    return Normalised(provenance=Provenance(system=SCORES_FEED), facts=read.facts)


def inputs_hash(scorer: ScorerConfig, inputs: ScoreInputs) -> str:
    """Return a digest of all that a score depends on."""
    given = {name: getattr(inputs, name) for name in scorer.spec.inputs}
    model = [scorer.spec.name, scorer.spec.version]
    own = scorer.settings.model_dump(mode="json")
    return hashlib.sha256(_encode([model, own, given])).hexdigest()


def message_of(
    scorer: ScorerConfig,
    person: str,
    number: Identifier,
    inputs: ScoreInputs,
    score: Score,
) -> RawMessage:
    """Return the message that says how a scorer rates a person."""
    spec, at = scorer.spec, inputs.at.isoformat().replace("+00:00", "Z")
    digest, key = inputs_hash(scorer, inputs), score_key(scorer.name, person)
    stated: dict[str, Any] = {
        "kind": "risk",
        "person": {"identifiers": [msgspec.to_builtins(number)]},
        "key": {"system": key.system, "value": key.value},
        "recorded": at,
        "basis": "inferred",
        "level": score.level,
        "score": score.value,
        "scale": spec.scale,
        "model": spec.name,
        "model_version": spec.version,
        "calculated": at,
        "inputs": list(spec.inputs),
        "inputs_hash": digest,
        # They are not among what a scorer can be given.
        "demographic_inputs": {"race": False, "ethnicity": False, "sex": False},
        "extensions": {part.input: part.points for part in score.parts},
    }
    body = _encode({"facts": [stated]})
    return RawMessage(
        body=body,
        media_type=MEDIA_TYPE,
        received_at=inputs.at,
        control_id=hashlib.sha256(body).hexdigest()[:32],
        message_type="risk.score",
    )


#: How scores become facts; no configuration names it.
NORMALISER = NormaliserSpec(
    name="carehub-score",
    media_type=MEDIA_TYPE,
    profile=Settings,
    normalise=normalise,
    summary="What a scorer of this hub said of a person.",
    stability="stable",
)
