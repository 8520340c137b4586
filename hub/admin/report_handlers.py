"""What the addresses of reports answer: rows as they are read, not all at once."""

import asyncio
from collections.abc import Iterator

from aiohttp import web

from hub.admin.handlers import CONTEXT, SLOTS
from hub.admin.report_parameters import KnownReportParameters, ReportParameters
from hub.admin.report_text import as_csv, as_json
from hub.store.evidence.reader import REPORTS
from hub.threads import in_thread

_TYPES = {"csv": "text/csv", "json": "application/json"}


async def report_notifications(
    request: web.Request, asked: KnownReportParameters
) -> web.StreamResponse:
    """Return the notices of encounters."""
    return await _report(request, "notifications", asked)


async def report_disclosures(
    request: web.Request, asked: KnownReportParameters
) -> web.StreamResponse:
    """Return how much was told to whom."""
    return await _report(request, "disclosures", asked)


async def report_latency(
    request: web.Request, asked: KnownReportParameters
) -> web.StreamResponse:
    """Return how long notices took."""
    return await _report(request, "latency", asked)


async def report_transitions(
    request: web.Request, asked: ReportParameters
) -> web.StreamResponse:
    """Return how the clocks after discharges went."""
    return await _report(request, "transitions", asked)


async def report_readmissions(
    request: web.Request, asked: ReportParameters
) -> web.StreamResponse:
    """Return how many discharges came back."""
    return await _report(request, "readmissions", asked)


async def report_referrals(
    request: web.Request, asked: ReportParameters
) -> web.StreamResponse:
    """Return how referrals went."""
    return await _report(request, "referrals", asked)


async def _report(
    request: web.Request, name: str, asked: ReportParameters
) -> web.StreamResponse:
    rows = request.app[CONTEXT].reader.evidence.rows(name, asked.asked())
    columns = REPORTS[name].columns
    text = as_csv(columns, rows) if asked.format == "csv" else as_json(rows)
    async with request.app[SLOTS]:
        try:
            # What is wrong is mostly so from the start: then there is an error yet.
            first, second = await in_thread(_two, text)
            response = _response(name, asked.format)
            await response.prepare(request)
            await response.write(first + second)
            while chunk := await in_thread(next, text, b""):
                await response.write(chunk)
        finally:
            await asyncio.shield(in_thread(rows.close))
    await response.write_eof()
    return response


def _two(text: Iterator[bytes]) -> tuple[bytes, bytes]:
    return next(text), next(text, b"")


def _response(name: str, written: str) -> web.StreamResponse:
    response = web.StreamResponse()
    response.content_type = _TYPES[written]
    response.charset = "utf-8"
    disposition = f'attachment; filename="{name}.{written}"'
    response.headers["Content-Disposition"] = disposition
    return response
