"""What a visitor does, request by request: from the link to the statement."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import structlog
from aiohttp import hdrs, web

from hub.sdk import Inbox, RawMessage
from hub_community.page import links, screens
from hub_community.page.acts import BY_NAME, Act, open_acts
from hub_community.page.codes_sent import Answer, Codes
from hub_community.page.entrance import mail_code, signing
from hub_community.page.errors import (
    LinkExpiredError,
    NoSuchLinkError,
    NothingToSeeError,
    NotNowError,
    NotSignedInError,
    VisitError,
)
from hub_community.page.forms import (
    Fault,
    Filled,
    Worker,
    filled,
    statement_of,
)
from hub_community.page.frame import Place
from hub_community.page.guard import posted
from hub_community.page.links import Link
from hub_community.page.sessions import Session, Sessions, new_nonce
from hub_community.page.settings import PageSettings, PartySettings
from hub_community.page.telling import message_of, tell
from hub_community.page.view import View, view_of
from hub_community.page.wording import LANGUAGES, Language, Words, preferred_language

log = structlog.get_logger()

_SESSION, _LANGUAGE = "referral", "lang"
_UNFILLED = 422  # RFC 9110, section 15.5.21


class _Visit(NamedTuple):
    """One request with a genuine link."""

    link: Link
    party: PartySettings
    place: Place
    cookie: str

    @property
    def words(self) -> Words:
        return self.place.words


class Visits:
    """Answers the requests of one page."""

    def __init__(
        self,
        settings: PageSettings,
        inbox: Inbox,
        clock: Callable[[], datetime],
        ticks: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._inbox = inbox
        self._clock = clock
        self._ticks = ticks
        self._zone = ZoneInfo(settings.time_zone)
        self._codes = Codes(
            valid_seconds=settings.code_valid_minutes * 60, tries=settings.tries
        )
        self._sessions = Sessions(settings.session_minutes * 60)
        self._base = urlsplit(settings.public_url).path
        self._secure = settings.public_url.startswith("https:")

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the addresses of the page."""
        own = f"{self._base}/r/{{token}}"
        return [
            web.get(own, self._look),
            web.get(f"{own}/code", self._ask_code),
            web.post(f"{own}/code", self._send_code),
            web.get(f"{own}/enter", self._ask_code),
            web.post(f"{own}/enter", self._enter),
            web.post(f"{own}/leave", self._leave),
            web.get(f"{own}/act/{{act}}", self._show),
            web.post(f"{own}/act/{{act}}", self._act),
        ]

    def explain(self, request: web.Request, error: VisitError) -> web.Response:
        """Return the page of a visit that came to nothing."""
        token = request.match_info.get("token", "")
        try:
            place, known = self._visit(request).place, True
        except VisitError:
            place = Place(f"{self._base}/r/{token}", self._words(request, None))
            known = False
        back = known and not isinstance(error, NothingToSeeError)
        body = screens.nothing(place, error, back=back)
        return self._answer(request, body, status=error.status)

    async def _look(self, request: web.Request) -> web.Response:
        """Show the referral, or how to get to it."""
        visit = self._visit(request)
        try:
            session = self._sessions.of(visit.cookie, visit.link, self._ticks())
        except NotSignedInError:
            masked = screens.masked(visit.party.email)
            left = request.query_string == "left"
            return self._answer(request, screens.gate(visit.place, masked, left=left))
        view = await self._view(visit)
        acts = open_acts(view.state, cancelling=view.cancelling, closed=view.closed)
        told, session.told = session.told, ""
        visitor = screens.Visitor(session.worker.name, session.csrf)
        body = screens.referral(visit.place, visitor, view, acts, told)
        return self._answer(request, body)

    async def _ask_code(self, request: web.Request) -> web.Response:
        visit = self._visit(request)
        return self._answer(request, self._code_page(visit))

    async def _send_code(self, request: web.Request) -> web.Response:
        """Send a code, then lead on to where it is entered."""
        visit = self._visit(request)
        code = self._codes.issue(visit.link, self._ticks())
        await mail_code(self._settings, visit.party, visit.words, code, self._clock())
        log.info("code.sent", party=visit.link.party)
        return _to(f"{visit.place.address}/code")

    async def _enter(self, request: web.Request) -> web.Response:
        """Open a session for a code that is right."""
        visit, given = self._visit(request), await posted(request)
        form = signing(given, visit.words)
        if not form.faults:
            form = self._tried(visit, form)
        if form.faults:
            return self._answer(request, self._code_page(visit, form), status=_UNFILLED)
        self._sessions.close(visit.cookie)
        worker = Worker(visit.link.party, form.values["name"], form.values["role"])
        cookie = self._sessions.open(visit.link, worker, self._ticks())
        log.info("session.opened", party=visit.link.party)
        response = _to(visit.place.address)
        self._set(response, _SESSION, cookie, visit.place.address)
        return response

    async def _leave(self, request: web.Request) -> web.Response:
        visit, given = self._visit(request), await posted(request)
        self._sessions.of(visit.cookie, visit.link, self._ticks()).check(given)
        self._sessions.close(visit.cookie)
        response = _to(f"{visit.place.address}?left")
        response.del_cookie(_SESSION, path=visit.place.address)
        return response

    async def _show(self, request: web.Request) -> web.Response:
        """Show the form of one act."""
        visit = self._visit(request)
        session = self._sessions.of(visit.cookie, visit.link, self._ticks())
        act, view = await self._chosen(visit, request.match_info["act"])
        return self._form(request, visit, session, act, Filled({}), view)

    async def _act(self, request: web.Request) -> web.Response:
        """Store what a form says, once, and lead back to the referral."""
        visit, given = self._visit(request), await posted(request)
        session = self._sessions.of(visit.cookie, visit.link, self._ticks())
        async with session.sending:
            sending = session.form(given)
            if sending.stored:
                session.told = session.told or "told_twice"
                return _to(visit.place.address)
            if sending.message is None:
                act, view = await self._chosen(visit, request.match_info["act"])
                if given.get("state") != view.state:
                    raise NotNowError
                form = filled(act, given, self._clock(), self._zone, visit.words)
                if form.faults:
                    return self._form(request, visit, session, act, form, view)
                sending.message = await self._message(
                    visit, session, act, form, given["nonce"]
                )
            session.told = await tell(self._inbox, sending.message)
            sending.stored = True
        log.debug("statement.stored", party=visit.link.party)
        return _to(visit.place.address)

    async def _message(
        self, visit: _Visit, session: Session, act: Act, form: Filled, nonce: str
    ) -> RawMessage:
        """Return what a form without faults says. Raises NothingToSeeError."""
        number = await self._inbox.referrals.record(visit.link.referral)
        if number is None:
            raise NothingToSeeError
        now = self._clock()
        said = statement_of(act, form, number, session.worker, now, visit.words)
        return message_of(said, nonce, now)

    async def _chosen(self, visit: _Visit, name: str) -> tuple[Act, View]:
        """Return an act and the referral. Raises NotNowError, NoSuchLinkError."""
        act = BY_NAME.get(name)
        if act is None:
            raise NoSuchLinkError
        view = await self._view(visit)
        if act not in open_acts(
            view.state, cancelling=view.cancelling, closed=view.closed
        ):
            raise NotNowError
        return act, view

    async def _view(self, visit: _Visit) -> View:
        """Return what the partner may see now. Raises NothingToSeeError."""
        link = visit.link
        notice = await self._inbox.referrals.newest(link.party, link.referral)
        if notice is None:
            raise NothingToSeeError
        return view_of(notice, visit.words, self._zone)

    def _form(
        self,
        request: web.Request,
        visit: _Visit,
        session: Session,
        act: Act,
        form: Filled,
        view: View,
    ) -> web.Response:
        visitor = screens.Visitor(session.worker.name, session.csrf)
        body = screens.step(visit.place, visitor, act, form, new_nonce(), view)
        return self._answer(request, body, status=_UNFILLED if form.faults else 200)

    def _code_page(self, visit: _Visit, form: Filled | None = None) -> str:
        masked = screens.masked(visit.party.email)
        minutes = self._settings.code_valid_minutes
        return screens.code_entry(visit.place, masked, minutes, form)

    def _tried(self, visit: _Visit, form: Filled) -> Filled:
        """Return a form of which the code was tried."""
        answer = self._codes.enter(visit.link, form.values["code"], self._ticks())
        if answer is Answer.RIGHT:
            return form
        log.info("code.refused", party=visit.link.party, answer=answer.value)
        fault = visit.words(f"code_{answer.value}")
        return Filled({**form.values, "code": ""}, (Fault("code", fault),))

    def _visit(self, request: web.Request) -> _Visit:
        """Return what a request is about. Raises NoSuchLinkError, LinkExpiredError."""
        token = request.match_info.get("token", "")
        link = links.read(token, self._settings.secrets, self._clock())
        party = self._settings.parties.get(link.party)
        if party is None:
            raise NoSuchLinkError
        digests = [
            links.address_digest(each, party.email) for each in self._settings.secrets
        ]
        if link.address not in digests:
            raise LinkExpiredError
        address = f"{self._base}/r/{token}"
        here = request.path.replace("/enter", "/code").replace("/leave", "")
        place = Place(address, self._words(request, party.language), here)
        return _Visit(link, party, place, request.cookies.get(_SESSION, ""))

    def _words(self, request: web.Request, own: Language | None) -> Words:
        """Return the language: that of the switch, of the partner, of the browser."""
        wanted = request.query.get(_LANGUAGE) or request.cookies.get(_LANGUAGE)
        for known in LANGUAGES:
            if wanted == known:
                return Words(known)
        header = request.headers.get(hdrs.ACCEPT_LANGUAGE, "")
        return Words(own or preferred_language(header, "en"))

    def _answer(
        self, request: web.Request, body: str, status: int = 200
    ) -> web.Response:
        response = web.Response(
            text=body, status=status, content_type="text/html", charset="utf-8"
        )
        chosen = request.query.get(_LANGUAGE, "")
        if chosen in LANGUAGES:
            self._set(response, _LANGUAGE, chosen, f"{self._base}/r")
        return response

    def _set(self, response: web.Response, name: str, value: str, path: str) -> None:
        response.set_cookie(
            name,
            value,
            path=path,
            secure=self._secure,
            httponly=True,
            samesite="Strict",
        )


def _to(address: str) -> web.Response:
    """Lead a browser on with GET, so that a reload posts nothing again."""
    return web.Response(status=303, headers={hdrs.LOCATION: address})
