"""The addresses of the audit."""

from hub.admin import audit_handlers as handlers
from hub.admin.audit_parameters import AboutPerson, AuditParameters
from hub.admin.roles import Permission
from hub.admin.route import Route
from hub.store.audit_queries import Disclosure
from hub.store.audit_views import AuditRecord
from hub.store.views import Page

AUDIT_ROUTES = (
    Route(
        "GET",
        "/api/v1/audit",
        handlers.audit,
        "What was decided, told, looked at, changed and done, newest first.",
        Page[AuditRecord],
        AuditParameters,
        permission=Permission.AUDIT,
    ),
    Route(
        "POST",
        "/api/v1/audit/disclosures",
        handlers.disclosures,
        "The accounting of disclosures of a person: who was told what, when and why.",
        Page[Disclosure],
        statuses=(404, 413),
        body=AboutPerson,
        permission=Permission.AUDIT,
    ),
    Route(
        "POST",
        "/api/v1/audit/accesses",
        handlers.accesses,
        "The access report of a person: who looked at what is known of them.",
        Page[AuditRecord],
        statuses=(404, 413),
        body=AboutPerson,
        permission=Permission.AUDIT,
    ),
)
