"""What the addresses of the audit answer."""

from aiohttp import web

from hub.admin.answers import answer
from hub.admin.audit_fhir import bundle
from hub.admin.audit_parameters import AboutPerson, AuditParameters
from hub.admin.handlers import CONTEXT, ask
from hub.store.audit_queries import AuditReader, Disclosure
from hub.store.audit_views import AuditRecord
from hub.store.views import Page


def _audit(request: web.Request) -> AuditReader:
    return request.app[CONTEXT].reader.audit


async def audit(request: web.Request, paging: AuditParameters) -> web.Response:
    """Return a page of records, newest first."""
    filters = paging.model_dump(exclude_none=True, exclude={"format"})
    page = await ask(request, _audit(request).records, **filters)
    if paging.format == "json":
        return answer(page)
    made = answer(bundle(page.items, request.app[CONTEXT].hub))
    made.content_type = "application/fhir+json"
    return made


async def disclosures(request: web.Request, about: AboutPerson) -> web.Response:
    """Return to whom something was told of a person."""
    found = await ask(request, _audit(request).disclosures, about.person)
    return answer(Page[Disclosure](found, None))


async def accesses(request: web.Request, about: AboutPerson) -> web.Response:
    """Return who looked at a person."""
    found = await ask(request, _audit(request).accesses, about.person)
    return answer(Page[AuditRecord](found, None))
