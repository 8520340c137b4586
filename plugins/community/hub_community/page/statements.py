"""The normaliser ``referral-statement``: what partners say of referrals, as JSON.

The page makes such messages, and a source of another plugin may bring them too. Pure.
"""

from hub.sdk import (
    HubError,
    Normalised,
    Problem,
    Provenance,
    Settings,
    read_statement,
    statement_fact,
)
from hub_community.page.errors import NoStatementError


class StatementProfile(Settings):
    """A feed of statements has no peculiarities: their form is the hub's own."""


def normalise(body: bytes, _profile: StatementProfile) -> Normalised:
    """Return the fact that a statement is; a problem where it is none."""
    try:
        statement = read_statement(body)
        fact = statement_fact(statement)
    except HubError:
        return Normalised(problem=Problem(NoStatementError.code))
    return Normalised(provenance=Provenance(system=statement.party), facts=(fact,))
