"""What the addresses of reports answer: rows as they are read, not all at once."""

import asyncio
import threading
from collections.abc import Generator, Iterator

from aiohttp import web
from msgspec import Struct

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
    pages = _Pages(text, rows)
    async with request.app[SLOTS]:
        try:
            # What is wrong is mostly so from the start: an error can be told yet.
            first = await in_thread(pages.next) + await in_thread(pages.next)
            response = _response(name, asked.format)
            await response.prepare(request)
            await response.write(first)
            while page := await in_thread(pages.next):
                await response.write(page)
        finally:
            await asyncio.shield(in_thread(pages.close))
    await response.write_eof()
    return response


class _Pages:
    """A report that is read by one thread at a time, and closed by another."""

    def __init__(self, text: Iterator[bytes], rows: Generator[Struct]) -> None:
        self._text = text
        self._rows = rows
        self._lock = threading.Lock()

    def next(self) -> bytes:
        """Return what comes next, nothing at the end."""
        with self._lock:
            return next(self._text, b"")

    def close(self) -> None:
        """Let go of the store, once nobody reads."""
        with self._lock:
            self._rows.close()


def _response(name: str, written: str) -> web.StreamResponse:
    response = web.StreamResponse()
    response.content_type = _TYPES[written]
    response.charset = "utf-8"
    disposition = f'attachment; filename="{name}.{written}"'
    response.headers["Content-Disposition"] = disposition
    return response
