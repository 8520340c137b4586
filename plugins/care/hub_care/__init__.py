"""Carehub connector: facts of care management, and a reference scorer."""

from collections.abc import Iterable

from hub.sdk import NormaliserSpec, ScorerSpec, SourceSpec, hookimpl
from hub_care import facts_csv, facts_json, points
from hub_care.waiting import FactsApi, FactsApiSettings

HUB_API = ">=1.2,<2"


@hookimpl
def sources() -> Iterable[SourceSpec]:
    """Provide ``facts-api``."""
    yield SourceSpec(
        kind="facts-api",
        settings=FactsApiSettings,
        build=FactsApi,
        normaliser="facts-json",
        summary="Takes facts that are posted to the hub's own API.",
    )


@hookimpl
def normalisers() -> Iterable[NormaliserSpec]:
    """Provide ``facts-json`` and ``facts-csv``."""
    yield NormaliserSpec(
        name="facts-json",
        media_type="application/json",
        profile=facts_json.JsonProfile,
        normalise=facts_json.normalise,
        summary="Facts of care management in the hub's own JSON.",
        validate=facts_json.validate,
    )
    yield NormaliserSpec(
        name="facts-csv",
        media_type="text/csv",
        profile=facts_csv.CsvProfile,
        normalise=facts_csv.normalise,
        summary="Facts of care management in the rows of a table.",
        validate=facts_csv.validate,
    )


@hookimpl
def scorers() -> Iterable[ScorerSpec]:
    """Provide ``utilisation-points``."""
    yield ScorerSpec(
        name="utilisation-points",
        version=points.VERSION,
        settings=points.Weights,
        score=points.score,
        inputs=points.INPUTS,
        scale="0-100",
        summary="Adds points for stays, visits, returns and what is open; an example.",
    )
