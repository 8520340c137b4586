"""Proposals as messages of the hub's own feed. All of it is made up."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.coordination.service_match.errors import NoProposalError
from hub.coordination.service_match.results import Matched, Matching
from hub.model.directory import Reasoned
from hub.model.facts import FactKind
from hub.model.identifiers import Identifier
from hub.runtime import matches
from hub.settings import Settings

AT = datetime(2026, 3, 10, 9, tzinfo=UTC)
ANNA = Identifier("CASES", "K-7", "")
PANTRY = Matched(
    service="dir_1",
    name="Pantry",
    organization="dir_2",
    organization_name="Neighbours",
    feed="city",
    score=78.5,
    parts=[Reasoned("distance", 20, "it is near"), Reasoned("cost", 0, "not known")],
    unknowns=["what it costs"],
    restricted=False,
    distance_km=1.2,
    covers=None,
    open_at=None,
    opens_next=None,
    languages=[],
    accessibility=[],
    capacity="",
)
FOUND = Matching(
    matcher="weights",
    version="1.0",
    place="known",
    looked_at=3,
    left_out={"age": 2},
    items=[PANTRY],
)


def message(*categories, at=AT):
    given = (ANNA, ["rec_1"], categories, [], FOUND)
    return matches.message_of(*given, by="A. Worker", at=at)


def test_a_proposal_is_a_fact_about_the_person():
    [fact] = matches.normalise(message("food-insecurity").body, Settings()).facts

    assert (fact.kind, fact.basis) == (FactKind.RECORD, "inferred")
    assert fact.subject.identifiers == (ANNA,)
    assert fact.details["services"] == [
        {
            "service_id": "dir_1",
            "service": "Pantry",
            "organization": "Neighbours",
            "score": 78.5,
            "reasons": ["it is near"],
            "unknowns": ["what it costs"],
        }
    ]
    assert fact.labels is None


def test_a_proposal_for_a_sensitive_need_is_as_sensitive():
    [fact] = matches.normalise(message("elder-abuse").body, Settings()).facts

    assert fact.labels.sensitivity == ("SDV",)


def test_each_proposal_is_a_record_of_its_own():
    one, same = message("stress"), message("stress")
    later = message("stress", at=AT.replace(hour=10))

    assert one == same
    assert one.control_id != later.control_id


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"\xff", b'{"id": 7}'], ids=repr)
def test_what_proposes_nothing_is_a_problem(body):
    problem = matches.normalise(body, Settings()).problem

    assert problem.code == NoProposalError.code


@given(st.binary(max_size=60))
def test_any_bytes_can_be_read(body):
    assert matches.normalise(body, Settings()).problem
