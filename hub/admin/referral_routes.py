"""The addresses of referrals.

Where a referral is, who waits for what, and who was told is the hub's own; what it is
about, who asks and in which words is content.
"""

from hub.admin import referral_handlers as handlers
from hub.admin.parameters import Paging
from hub.admin.referral_parameters import (
    ReferralCancel,
    ReferralParameters,
    ReferralStatement,
    ReferralWanted,
)
from hub.admin.roles import Permission
from hub.admin.route import Route
from hub.store.referral_views import EscalationView, ReferralDetail, ReferralView
from hub.store.views import Page

#: A service, or an organisation, says as much as a diagnosis; so does a category.
_SHOWN = frozenset(
    {
        *("loop", "waiting", "cancel_requested", "conflicts", "changed_at", "parent"),
        *("children", "told", "event", "destination", "subscription", "error_code"),
        *("created_at", "settled_at", "history", "says", "by", "conflict"),
        *("basis", "performers", "referral"),
        # Reasons of decisions, which every explanation has, too.
        *("why", "code", "summary", "remedy"),
    }
)
#: In `level` how far silence was told of; who and for what is a sender's.
_HIDDEN = frozenset({"details", "category", "requester", "performer", "number"})

REFERRAL_ROUTES = (
    Route(
        "GET",
        "/api/v1/referrals",
        handlers.referrals,
        "Referrals, in the order of their keys: where they are, and who waits.",
        Page[ReferralView],
        ReferralParameters,
        permission=Permission.PICTURES,
        shown=_SHOWN,
        hidden=_HIDDEN,
    ),
    Route(
        "GET",
        "/api/v1/referrals/escalations",
        handlers.escalations,
        "For what somebody waits too long, by the keys of referrals.",
        Page[EscalationView],
        Paging,
        permission=Permission.PICTURES,
        shown=_SHOWN,
        hidden=_HIDDEN,
    ),
    Route(
        "GET",
        "/api/v1/referrals/{id}",
        handlers.referral,
        "One referral: what was said of it by whom, and who was told.",
        ReferralDetail,
        statuses=(404,),
        permission=Permission.PICTURES,
        shown=_SHOWN,
        hidden=_HIDDEN,
    ),
    Route(
        "POST",
        "/api/v1/referrals",
        handlers.send_referral,
        "Send a referral to one who shall act, or a part of it to each of several.",
        ReferralDetail,
        statuses=(201, 202, 404, 409, 413, 422),
        body=ReferralWanted,
        permission=Permission.REFER,
        shown=_SHOWN,
        hidden=_HIDDEN,
    ),
    Route(
        "POST",
        "/api/v1/referrals/{id}/cancel",
        handlers.cancel_referral,
        "Cancel a referral; where it was taken up, ask for that.",
        ReferralDetail,
        statuses=(202, 404, 409, 413, 422),
        body=ReferralCancel,
        permission=Permission.REFER,
        shown=_SHOWN,
        hidden=_HIDDEN,
    ),
    Route(
        "POST",
        "/api/v1/referrals/{id}/statements",
        handlers.state_of_referral,
        "Say something of a referral for one of its sides, as somebody told you.",
        ReferralDetail,
        statuses=(202, 404, 409, 413, 422),
        body=ReferralStatement,
        permission=Permission.REFER,
        shown=_SHOWN,
        hidden=_HIDDEN,
    ),
)
