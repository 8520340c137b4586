"""A publisher of a directory on loopback, which can be as odd as real ones are.

All of it is made up: synthetic services of places that do not exist.
"""

import contextlib
import math
from datetime import UTC, datetime

import msgspec
from aiohttp import web

JSON = "application/json"


def service(number, **said):
    """Return a synthetic service, whole."""
    return {
        "id": f"s{number}",
        "organization_id": "o1",
        "name": f"Service {number} (synthetic)",
        "status": "active",
        "last_modified": "2026-03-01T00:00:00Z",
        "phones": [{"id": f"p{number}", "number": "+49 30 0000000"}],
        **said,
    }


def answer(value, status=200, **headers):
    """Return a response with JSON."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return web.Response(
        body=msgspec.json.encode(value),
        status=status,
        content_type=JSON,
        headers=named,
    )


class Publisher:
    """An API of HSDS 3; tests say where it differs, in `instead`."""

    def __init__(self):
        self.services = {}
        self.lists = {"organizations": [{"id": "o1", "name": "House (synthetic)"}]}
        self.root = {"version": "3.1", "profile": "", "openapi_url": ""}
        self.honours = {"modified_after", "minimal", "full"}
        #: What answers instead: takes a request, returns a response or None.
        self.instead = lambda _: None
        self.asked = []
        self.port = 0
        self.at = datetime(2026, 3, 16, 12, tzinfo=UTC)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @contextlib.asynccontextmanager
    async def serving(self):
        app = web.Application()
        app.router.add_get("/{path:.*}", self._answered)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.port = runner.addresses[0][1]
        try:
            yield self
        finally:
            await runner.cleanup()

    def put(self, *services):
        self.services |= {each["id"]: each for each in services}

    def paths(self, name):
        return [each for each in self.asked if each.path.strip("/") == name]

    async def _answered(self, request):
        self.asked.append(request)
        said = self.instead(request)
        if hasattr(said, "__await__"):
            said = await said
        if said is None:
            said = self._usual(request)
        if not said.prepared:
            said.headers.setdefault("Date", f"{self.at:%a, %d %b %Y %H:%M:%S GMT}")
        return said

    def _usual(self, request):
        path = request.path.strip("/")
        if not path:
            return answer(self.root)
        name, _, key = path.partition("/")
        if name == "services" and key:
            found = self.services.get(key)
            return answer(found) if found else answer({}, 404)
        if name == "services":
            return self._page(request, self._chosen(request))
        if name in self.lists and not key:
            return self._page(request, self.lists[name])
        return answer({}, 404)

    def _chosen(self, request):
        query, chosen = request.query, list(self.services.values())
        after = query.get("modified_after")
        if after and "modified_after" in self.honours:
            chosen = [each for each in chosen if each["last_modified"] >= after]
        if query.get("minimal") and "minimal" in self.honours:
            return [
                {"id": each["id"], "last_modified": each["last_modified"]}
                for each in chosen
            ]
        if not (query.get("full") and "full" in self.honours):
            return [
                {key: value for key, value in each.items() if key != "phones"}
                for each in chosen
            ]
        return chosen

    def _page(self, request, chosen):
        number = int(request.query.get("page", 1))
        size = int(request.query.get("per_page", 50))
        return answer(page(chosen, number, size))


def page(chosen, number, size, **said):
    """Return a page as HSDS 3 has them."""
    pages = math.ceil(len(chosen) / size)
    contents = chosen[(number - 1) * size : number * size]
    return {
        "total_items": len(chosen),
        "total_pages": pages,
        "page_number": number,
        "size": len(contents),
        "first_page": number == 1,
        "last_page": number >= pages,
        "empty": not contents,
        "contents": contents,
        **said,
    }
