"""The addresses of directories of services.

A directory is public, and about nobody whom the hub looks after: its content is not
hidden. Where the place of something must stay secret, no address knows it.
"""

from hub.admin import directory_handlers as handlers
from hub.admin.directory_parameters import (
    DirectoryDecision,
    HeldParameters,
    ObjectParameters,
    ReportParameters,
    RunParameters,
)
from hub.admin.parameters import Paging
from hub.admin.roles import Permission
from hub.admin.route import Route
from hub.store.directory.views import (
    Decided,
    DiffView,
    FeedView,
    HeldView,
    ObjectDetail,
    ObjectView,
    ReportView,
    RunView,
)
from hub.store.views import Page

DIRECTORY_ROUTES = (
    Route(
        "GET",
        "/api/v1/directory/feeds",
        handlers.feeds,
        "The directories: how current and how good they are, and what waits.",
        Page[FeedView],
        permission=Permission.STATES,
    ),
    Route(
        "GET",
        "/api/v1/directory/runs",
        handlers.list_runs,
        "The refreshes of directories, newest first.",
        Page[RunView],
        RunParameters,
        permission=Permission.STATES,
    ),
    Route(
        "GET",
        "/api/v1/directory/runs/{id}",
        handlers.run,
        "One refresh: its counts, and what became of it.",
        RunView,
        statuses=(404,),
        permission=Permission.STATES,
    ),
    Route(
        "GET",
        "/api/v1/directory/runs/{id}/diff",
        handlers.diff,
        "What a refresh did to objects; of one that waits, what made it wait.",
        Page[DiffView],
        Paging,
        statuses=(404,),
        permission=Permission.STATES,
    ),
    Route(
        "GET",
        "/api/v1/directory/report",
        handlers.report,
        "How good a directory is: score, what is wrong and what to do, what is unused.",
        ReportView,
        ReportParameters,
        statuses=(404,),
        permission=Permission.STATES,
    ),
    Route(
        "GET",
        "/api/v1/directory/held",
        handlers.held,
        "Changes of contacts and restrictions that wait for a person.",
        Page[HeldView],
        HeldParameters,
        permission=Permission.STATES,
    ),
    Route(
        "POST",
        "/api/v1/directory/runs/{id}/approve",
        handlers.approve,
        "Let a refresh go on that waits, or a change: `17` or `h5`.",
        Decided,
        statuses=(404, 409, 413),
        body=DirectoryDecision,
        permission=Permission.ARRANGE,
    ),
    Route(
        "POST",
        "/api/v1/directory/runs/{id}/reject",
        handlers.reject,
        "Let a refresh end that waits, or a change: `17` or `h5`.",
        Decided,
        statuses=(404, 409, 413),
        body=DirectoryDecision,
        permission=Permission.ARRANGE,
    ),
    Route(
        "GET",
        "/api/v1/services",
        handlers.services,
        "The services of all directories, by key.",
        Page[ObjectView],
        ObjectParameters,
        permission=Permission.STATES,
    ),
    Route(
        "GET",
        "/api/v1/services/{key}",
        handlers.service,
        "One service, with its record and what looks like the same elsewhere.",
        ObjectDetail,
        statuses=(404,),
        permission=Permission.STATES,
    ),
    Route(
        "GET",
        "/api/v1/organizations",
        handlers.organizations,
        "The organisations of all directories, by key.",
        Page[ObjectView],
        ObjectParameters,
        permission=Permission.STATES,
    ),
    Route(
        "GET",
        "/api/v1/organizations/{key}",
        handlers.organization,
        "One organisation, with its record and what looks like the same elsewhere.",
        ObjectDetail,
        statuses=(404,),
        permission=Permission.STATES,
    ),
    Route(
        "GET",
        "/api/v1/locations",
        handlers.locations,
        "The locations of all directories, by key.",
        Page[ObjectView],
        ObjectParameters,
        permission=Permission.STATES,
    ),
    Route(
        "GET",
        "/api/v1/locations/{key}",
        handlers.location,
        "One location; of one that must stay secret, nothing but that it is there.",
        ObjectDetail,
        statuses=(404,),
        permission=Permission.STATES,
    ),
)
