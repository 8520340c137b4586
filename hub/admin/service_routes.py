"""The addresses that find services which could meet a need.

A question that names nobody is answered to everybody who may see directories. One for a
person says what they need by what it answers, and so do the names of services.
"""

from hub.admin import service_handlers as handlers
from hub.admin.roles import Permission
from hub.admin.route import Route
from hub.admin.service_parameters import ProposalWanted, WishParameters
from hub.coordination.service_match.results import Matching, Proposal

#: How well services fit says nothing of anybody; what they are does.
_SHOWN = frozenset({"matching", "matcher", "looked_at", "restricted"})
_HIDDEN = frozenset(
    {"name", "organization_name", "reason", "reasons", "unknowns", "distance_km"}
)

SERVICE_ROUTES = (
    Route(
        "GET",
        "/api/v1/services/match",
        handlers.match,
        "Services that could meet a need, best first: why, and what nobody knows.",
        Matching,
        WishParameters,
        permission=Permission.STATES,
    ),
    Route(
        "POST",
        "/api/v1/services/match",
        handlers.propose,
        "The same for a person, by their needs and picture; it is kept as advice.",
        Proposal,
        statuses=(404, 413),
        body=ProposalWanted,
        permission=Permission.REFER,
        shown=_SHOWN,
        hidden=_HIDDEN,
    ),
)
