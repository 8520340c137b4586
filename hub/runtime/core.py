"""The core, put together: from a connection to what makes sense of messages."""

import sqlite3

import msgspec

from hub.config.tables import IdentityTable
from hub.coordination.ids import Keys
from hub.coordination.labels.labeller import Labeller
from hub.coordination.labels.tables import Site, Tables
from hub.coordination.matching.weights import Parameters, Thresholds, shipped
from hub.coordination.stay_rules import load_high_use, load_rules
from hub.runtime.entities import Entities
from hub.runtime.finding import Finder
from hub.runtime.index import Index
from hub.runtime.journeys import Journeys
from hub.runtime.processing import Processor
from hub.runtime.referring import Referring
from hub.runtime.relations import Relations
from hub.runtime.routing import Router
from hub.runtime.transitions import Programmes, Transitions


def processor(  # noqa: PLR0913 - a keyword for each set of rules
    connection: sqlite3.Connection,
    secret: bytes,
    router: Router,
    relations: Relations,
    *,
    rules: str,
    programmes: Programmes,
    identity: IdentityTable,
    site: Site | None = None,
    referring: Referring | None = None,
) -> Processor:
    """Return what turns messages into state and events.

    It reads by `connection`, and keeps in memory what it has read. `rules` names
    the rules of stays, `referring` has those of referrals.
    """
    keys = Keys(secret)
    entities = Entities(connection, keys.person, identity.trust)
    finder = None
    if identity.matching:
        finder = Finder(connection, entities, keys, _parameters(identity))
    index = Index(connection, entities, keys, finder)
    transitions = Transitions(entities, keys, programmes)
    stay_rules, high_use = load_rules(rules), load_high_use()
    labeller = Labeller(Tables(site))
    journeys = Journeys(entities, keys, stay_rules, high_use, transitions)
    return Processor(
        entities,
        index,
        keys,
        router,
        relations,
        journeys,
        labeller,
        referring or Referring(),
    )


def _parameters(identity: IdentityTable) -> Parameters:
    parameters = shipped()
    thresholds = Thresholds(
        parameters.thresholds.auto if identity.auto is None else identity.auto,
        parameters.thresholds.review if identity.review is None else identity.review,
    )
    return msgspec.structs.replace(parameters, thresholds=thresholds)
