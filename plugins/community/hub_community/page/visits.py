"""What a visitor does, request by request: from the link to the statement."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import structlog
from aiohttp import web

from hub.sdk import Inbox, RawMessage
from hub_community.page import links, screens
from hub_community.page.acts import BY_NAME, Act, open_acts
from hub_community.page.answers import Answers, lead_to
from hub_community.page.codes_sent import Answer, Codes
from hub_community.page.entrance import mail_code, signing
from hub_community.page.errors import (
    CodeNotSentError,
    ForeignFormError,
    LinkExpiredError,
    NoSuchLinkError,
    NothingToSeeError,
    NotNowError,
    NotSignedInError,
    NotStoredError,
    TooManyCodesError,
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
from hub_community.page.keeping import Kept, kept_of, sealed
from hub_community.page.links import Link
from hub_community.page.sessions import Session, Sessions, new_nonce
from hub_community.page.settings import PageSettings, PartySettings
from hub_community.page.telling import message_of, tell
from hub_community.page.view import View, view_of
from hub_community.page.wording import Words

log = structlog.get_logger()

_SESSION = "referral"
_UNFILLED = 422  # RFC 9110, section 15.5.21
#: Where a form cannot be stored, and what was typed into it is not to be lost.
_GIVEN_BACK = (NotSignedInError, ForeignFormError, NotNowError, NotStoredError)


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
        secure = settings.public_url.startswith("https:")
        self._answers = Answers(f"{self._base}/r", secure=secure)

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
            place = Place(f"{self._base}/r/{token}", self._answers.words(request, None))
            known = False
        back = known and not isinstance(error, NothingToSeeError)
        body = screens.nothing(place, error, back=back)
        return self._answers.page(request, body, status=error.status)

    async def _look(self, request: web.Request) -> web.Response:
        """Show the referral, or how to get to it."""
        visit = self._visit(request)
        try:
            session = self._sessions.of(visit.cookie, visit.link, self._ticks())
        except NotSignedInError:
            masked = screens.masked(visit.party.email)
            left = request.query_string == "left"
            return self._answers.page(
                request, screens.gate(visit.place, masked, left=left)
            )
        view = await self._view(visit)
        acts = open_acts(view.state, cancelling=view.cancelling, closed=view.closed)
        told, session.told = session.told, ""
        visitor = screens.Visitor(session.worker.name, session.csrf)
        body = screens.referral(visit.place, visitor, view, acts, told)
        return self._answers.page(request, body)

    async def _ask_code(self, request: web.Request) -> web.Response:
        visit = self._visit(request)
        return self._answers.page(request, self._code_page(visit))

    async def _send_code(self, request: web.Request) -> web.Response:
        """Send a code, then lead on to where it is entered.

        What was typed goes along in the answer: an address must not have it.
        """
        visit = self._visit(request)
        kept = self._kept_along(visit, await posted(request))
        try:
            await self._mail_code(visit)
        except (TooManyCodesError, CodeNotSentError) as error:
            if kept is None:
                raise
            return self._again(request, visit, kept, error)
        if kept:
            return self._answers.page(request, self._code_page(visit, kept=kept))
        return lead_to(f"{visit.place.address}/code")

    async def _mail_code(self, visit: _Visit) -> None:
        code = self._codes.issue(visit.link, self._ticks())
        await mail_code(self._settings, visit.party, visit.words, code, self._clock())
        log.info("code.sent", party=visit.link.party)

    async def _enter(self, request: web.Request) -> web.Response:
        """Open a session for a code that is right."""
        visit, given = self._visit(request), await posted(request)
        kept = self._kept_along(visit, given)
        form = signing(given, visit.words)
        if not form.faults:
            form = self._tried(visit, form)
        if form.faults:
            body = self._code_page(visit, form, kept)
            return self._answers.page(request, body, status=_UNFILLED)
        self._sessions.close(visit.cookie)
        worker = Worker(visit.link.party, form.values["name"], form.values["role"])
        cookie = self._sessions.open(visit.link, worker, self._ticks())
        log.info("session.opened", party=visit.link.party)
        response = lead_to(visit.place.address)
        if kept:
            session = self._sessions.of(cookie, visit.link, self._ticks())
            response = await self._resume(request, visit, session, kept)
        self._answers.set_cookie(response, _SESSION, cookie, visit.place.address)
        return response

    async def _leave(self, request: web.Request) -> web.Response:
        visit, given = self._visit(request), await posted(request)
        self._sessions.of(visit.cookie, visit.link, self._ticks()).check(given)
        self._sessions.close(visit.cookie)
        response = lead_to(f"{visit.place.address}?left")
        response.del_cookie(_SESSION, path=visit.place.address)
        return response

    async def _show(self, request: web.Request) -> web.Response:
        """Show the form of one act."""
        visit = self._visit(request)
        session = self._sessions.of(visit.cookie, visit.link, self._ticks())
        act, view = await self._chosen(visit, request.match_info["act"])
        return self._form(request, visit, session, act, Filled({}), view)

    async def _act(self, request: web.Request) -> web.Response:
        """Store what a form says, or give back what was typed where it cannot be."""
        visit, given = self._visit(request), await posted(request)
        try:
            return await self._store(request, visit, given)
        except _GIVEN_BACK as error:
            kept = self._kept(visit, request.match_info["act"], given)
            if kept is None:
                raise
            if isinstance(error, NotSignedInError):
                return self._again(request, visit, kept, error)
            session = self._sessions.of(visit.cookie, visit.link, self._ticks())
            used_up = isinstance(error, ForeignFormError) and session.made(given)
            if used_up or isinstance(error, NotStoredError):
                return self._give_up(request, visit, kept, error)
            return await self._resume(request, visit, session, kept, error)

    async def _store(
        self, request: web.Request, visit: _Visit, given: Mapping[str, str]
    ) -> web.Response:
        """Store what a form says, once, and lead back to the referral."""
        session = self._sessions.of(visit.cookie, visit.link, self._ticks())
        async with session.sending:
            sending = session.form(given)
            if sending.stored:
                session.told = session.told or "told_twice"
                return lead_to(visit.place.address)
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
        return lead_to(visit.place.address)

    def _kept(self, visit: _Visit, act: str, given: Mapping[str, str]) -> Kept | None:
        return kept_of(act, given, visit.link, self._settings.secrets)

    def _kept_along(self, visit: _Visit, given: Mapping[str, str]) -> Kept | None:
        """Return what a form of signing in carries, None for nothing."""
        return self._kept(visit, given.get("act", ""), given)

    def _again(
        self, request: web.Request, visit: _Visit, kept: Kept, error: VisitError
    ) -> web.Response:
        """Let somebody sign in again, with what they typed."""
        _log_refused(request, error)
        masked = screens.masked(visit.party.email)
        body = screens.again(visit.place, masked, kept, error)
        return self._answers.page(request, body, status=error.status)

    async def _resume(
        self,
        request: web.Request,
        visit: _Visit,
        session: Session,
        kept: Kept,
        error: VisitError | None = None,
    ) -> web.Response:
        """Show a form again with what was typed: its worker looks, and sends it."""
        try:
            act, view = await self._chosen(visit, kept.act.name)
        except VisitError as refusal:
            return self._give_up(request, visit, kept, refusal)
        if error:
            _log_refused(request, error)
        why = screens.Resumed(error.code if error else "", view.state != kept.state)
        response = self._form(
            request, visit, session, act, Filled(kept.values), view, why
        )
        if error:
            response.set_status(error.status)
        return response

    def _give_up(
        self, request: web.Request, visit: _Visit, kept: Kept, error: VisitError
    ) -> web.Response:
        """Show what was typed, so that it can be copied: there is no form for it."""
        _log_refused(request, error)
        back = not isinstance(error, NothingToSeeError)
        body = screens.nothing(visit.place, error, back=back, kept=kept)
        return self._answers.page(request, body, status=error.status)

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
        resumed: screens.Resumed | None = None,
    ) -> web.Response:
        visitor = screens.Visitor(session.worker.name, session.csrf)
        nonce = new_nonce()
        seal = sealed(self._settings.secrets[0], visit.link, act.name, nonce)
        marks = {"nonce": nonce, "seal": seal}
        body = screens.step(visit.place, visitor, act, form, marks, view, resumed)
        return self._answers.page(
            request, body, status=_UNFILLED if form.faults else 200
        )

    def _code_page(
        self, visit: _Visit, form: Filled | None = None, kept: Kept | None = None
    ) -> str:
        masked = screens.masked(visit.party.email)
        minutes = self._settings.code_valid_minutes
        return screens.code_entry(visit.place, masked, minutes, form, kept)

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
        place = Place(address, self._answers.words(request, party.language), here)
        return _Visit(link, party, place, request.cookies.get(_SESSION, ""))


def _log_refused(request: web.Request, error: VisitError) -> None:
    log.info("visit.refused", error_code=error.code, method=request.method)
