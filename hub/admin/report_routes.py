"""The addresses of reports."""

from types import GenericAlias

from hub.admin import report_handlers as handlers
from hub.admin.report_parameters import KnownReportParameters, ReportParameters
from hub.admin.roles import Permission
from hub.admin.route import Answer, Route
from hub.store.evidence.reader import REPORTS
from hub.store.views import Page

_ANSWERS: dict[str, Answer] = {
    "notifications": handlers.report_notifications,
    "disclosures": handlers.report_disclosures,
    "latency": handlers.report_latency,
    "transitions": handlers.report_transitions,
    "readmissions": handlers.report_readmissions,
    "referrals": handlers.report_referrals,
}

REPORT_ROUTES = tuple(
    Route(
        "GET",
        f"/api/v1/reports/{name}",
        _ANSWERS[name],
        report.summary,
        GenericAlias(Page, report.row),
        KnownReportParameters if report.knows_then else ReportParameters,
        permission=Permission.STATES,
    )
    for name, report in REPORTS.items()
)
