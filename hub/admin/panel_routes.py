"""The addresses of panels, of the lists that are given for them, and of episodes."""

from hub.admin import panel_handlers as handlers
from hub.admin.panel_parameters import (
    EpisodeGiven,
    EpisodeParameters,
    ListDecision,
    ListGiven,
    MemberSearch,
)
from hub.admin.roles import Permission
from hub.admin.route import Route
from hub.store.panel_views import (
    EpisodeView,
    LoadView,
    MemberView,
    PanelDetail,
    PanelView,
)
from hub.store.views import Page

PANEL_ROUTES = (
    Route(
        "GET",
        "/api/v1/panels",
        handlers.panels,
        "The panels by name: what is in force, and what waits for a decision.",
        Page[PanelView],
        permission=Permission.STATES,
    ),
    Route(
        "GET",
        "/api/v1/panels/{name}",
        handlers.panel,
        "One panel with the lists that were given for it, newest first.",
        PanelDetail,
        statuses=(404,),
        permission=Permission.STATES,
    ),
    Route(
        "PUT",
        "/api/v1/panels/{name}",
        handlers.give_list,
        "Load the body, CSV, as a list of the panel; 202 where that goes on.",
        handlers.Taken,
        ListGiven,
        statuses=(202, 404, 409, 413),
        permission=Permission.ARRANGE,
    ),
    Route(
        "POST",
        "/api/v1/panels/{name}/members/search",
        handlers.find_members,
        "Entries of the panel in force, by number.",
        Page[MemberView],
        statuses=(404, 413),
        body=MemberSearch,
        permission=Permission.FIND,
    ),
    Route(
        "POST",
        "/api/v1/panels/{name}/loads/{id}/approve",
        handlers.approve_list,
        "Put a list in force that waits because it loses too many members.",
        LoadView,
        statuses=(404, 409, 413),
        body=ListDecision,
        permission=Permission.ARRANGE,
    ),
    Route(
        "POST",
        "/api/v1/panels/{name}/loads/{id}/refuse",
        handlers.refuse_list,
        "Drop a list that waits; what is in force stays so.",
        LoadView,
        statuses=(404, 409, 413),
        body=ListDecision,
        permission=Permission.ARRANGE,
    ),
    Route(
        "GET",
        "/api/v1/episodes",
        handlers.episodes,
        "The encounters and stays that subscriptions follow, newest first.",
        Page[EpisodeView],
        EpisodeParameters,
        permission=Permission.PICTURES,
    ),
    Route(
        "POST",
        "/api/v1/episodes",
        handlers.follow_episode,
        "Let a subscription to `episode` follow an encounter or a stay.",
        handlers.Followed,
        statuses=(404, 413),
        body=EpisodeGiven,
        permission=Permission.ARRANGE,
    ),
    Route(
        "DELETE",
        "/api/v1/episodes/{subscription}/{id}",
        handlers.end_episode,
        "Let a subscription follow something no longer.",
        handlers.Left,
        statuses=(404,),
        permission=Permission.ARRANGE,
    ),
)
