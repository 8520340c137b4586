"""The addresses of the review queue, and those that merge and split people."""

from hub.admin import review_handlers as handlers
from hub.admin.deciding import Decided
from hub.admin.parameters import (
    Merge,
    ReviewDecision,
    ReviewParameters,
    ReviewShown,
    Split,
)
from hub.admin.roles import Permission
from hub.admin.route import Route
from hub.store.review_views import ReviewDetail, ReviewView
from hub.store.views import Page

REVIEW_ROUTES = (
    Route(
        "GET",
        "/api/v1/reviews",
        handlers.reviews,
        "Pairs of identities that could be one person and that somebody must compare, "
        "masked, in the order of their keys.",
        Page[ReviewView],
        ReviewParameters,
        statuses=(404,),
        permission=Permission.PICTURES,
    ),
    Route(
        "GET",
        "/api/v1/reviews/{id}",
        handlers.review,
        "One pair side by side, with what agrees, what speaks against it, what to do, "
        "and what was decided.",
        ReviewDetail,
        ReviewShown,
        statuses=(404,),
        permission=Permission.PICTURES,
    ),
    Route(
        "POST",
        "/api/v1/reviews/{id}",
        handlers.decide_review,
        "Decide whether a pair is one person; 202 where it takes a second person.",
        Decided,
        statuses=(202, 404, 409, 413, 503),
        body=ReviewDecision,
        permission=Permission.DECIDE,
    ),
    Route(
        "POST",
        "/api/v1/persons/{id}/merge",
        handlers.merge_persons,
        "Decide that two people are one; 202 where it takes a second person.",
        Decided,
        statuses=(202, 404, 409, 413, 503),
        body=Merge,
        permission=Permission.DECIDE,
    ),
    Route(
        "POST",
        "/api/v1/persons/{id}/split",
        handlers.split_person,
        "Decide that an identity is not that person: what was told of it under the "
        "wrong one is taken back.",
        Decided,
        statuses=(404, 409, 413, 503),
        body=Split,
        permission=Permission.DECIDE,
    ),
)
