"""Who asks: the token endpoint, and what a token permits."""

import structlog
from aiohttp import hdrs, web

from hub.sdk import HubError
from hub_fhir.server.errors import NoTokenError, NotPermittedError
from hub_fhir.server.guard import form_fields, plain_json
from hub_fhir.server.settings import ServerSettings
from hub_fhir.tokens.assertion import TYPE
from hub_fhir.tokens.desk import Client, Grant, TokenDesk
from hub_fhir.tokens.errors import AssertionRefusedError, ScopeRefusedError

log = structlog.get_logger()

_MAX_FORM_BYTES = 32 * 1024
_LONGEST_TOKEN = 512
_FORM = "application/x-www-form-urlencoded"


class Asking:
    """Gives tokens, and says what the bearer of one may do."""

    def __init__(self, settings: ServerSettings, token_url: str) -> None:
        clients = {
            name: Client(each.party, each.jwks_file, each.scopes)
            for name, each in settings.clients.items()
        }
        self._desk = TokenDesk(clients, settings.token_seconds)
        self._token_url = token_url

    def grant(self, request: web.Request) -> Grant:
        """Return what the bearer of a request may do. Raises NoTokenError."""
        scheme, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
        found = None
        if scheme.lower() == "bearer" and len(token) <= _LONGEST_TOKEN:
            found = self._desk.grant_of(token.strip())
        if found is None:
            raise NoTokenError
        return found

    def permitted(self, request: web.Request, kind: str, letter: str) -> Grant:
        """Return who may do this. Raises NoTokenError, NotPermittedError."""
        grant = self.grant(request)
        if (kind, letter) not in grant.permissions:
            raise NotPermittedError(f"system/{kind}.{letter}")
        return grant

    async def issue(self, request: web.Request) -> web.Response:
        """Answer a request for a token. Source: RFC 6749, 5.1 and 5.2; RFC 7521."""
        fields = await self._fields(request)
        if fields is None or fields.get("client_assertion_type") != TYPE:
            return _refused("invalid_request")
        if fields.get("grant_type") != "client_credentials":
            return _refused("unsupported_grant_type")
        assertion, scope = fields.get("client_assertion", ""), fields.get("scope", "")
        try:
            issued = await self._desk.issue(assertion, scope, self._token_url)
        except AssertionRefusedError as error:
            log.warning("assertion.refused", error_code=error.code, why=error.detail)
            return _refused("invalid_client", 401)
        except ScopeRefusedError:
            return _refused("invalid_scope")
        except HubError as error:
            log.error("client_keys.failed", error_code=error.code)  # noqa: TRY400 - the code says it
            return _refused("temporarily_unavailable", 503)
        answer = {"access_token": issued.token, "token_type": "bearer"}
        more = {"expires_in": issued.seconds, "scope": issued.scope}
        return plain_json(answer | more)

    async def _fields(self, request: web.Request) -> dict[str, str] | None:
        """Return the fields of a form, None where one is there twice or too large."""
        length = request.content_length
        if request.content_type != _FORM or length is None or length > _MAX_FORM_BYTES:
            return None
        if request.headers.get(hdrs.CONTENT_ENCODING):
            return None
        pairs = form_fields(await request.read())
        found = dict(pairs)
        return found if len(found) == len(pairs) else None


def _refused(code: str, status: int = 400) -> web.Response:
    return plain_json({"error": code}, status)
