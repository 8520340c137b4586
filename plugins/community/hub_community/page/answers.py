"""How the page answers: in which language, with which cookies, and where it leads."""

from aiohttp import hdrs, web

from hub_community.page.wording import LANGUAGES, Language, Words, preferred_language

_LANGUAGE = "lang"


class Answers:
    """Makes answers. `root` is the path below which all pages are."""

    def __init__(self, root: str, *, secure: bool) -> None:
        self._root = root
        self._secure = secure

    def words(self, request: web.Request, own: Language | None) -> Words:
        """Return the language: that of the switch, of the partner, of the browser."""
        wanted = request.query.get(_LANGUAGE) or request.cookies.get(_LANGUAGE)
        for known in LANGUAGES:
            if wanted == known:
                return Words(known)
        header = request.headers.get(hdrs.ACCEPT_LANGUAGE, "")
        return Words(own or preferred_language(header, "en"))

    def page(self, request: web.Request, body: str, status: int = 200) -> web.Response:
        """Return a page, which remembers the language that was switched to."""
        response = web.Response(
            text=body, status=status, content_type="text/html", charset="utf-8"
        )
        chosen = request.query.get(_LANGUAGE, "")
        if chosen in LANGUAGES:
            self.set_cookie(response, _LANGUAGE, chosen, self._root)
        return response

    def set_cookie(
        self, response: web.Response, name: str, value: str, path: str
    ) -> None:
        """Give a browser a cookie, for pages of ours below `path` and nobody else."""
        response.set_cookie(
            name,
            value,
            path=path,
            secure=self._secure,
            httponly=True,
            samesite="Strict",
        )


def lead_to(address: str) -> web.Response:
    """Lead a browser on with GET, so that a reload posts nothing again."""
    return web.Response(status=303, headers={hdrs.LOCATION: address})
