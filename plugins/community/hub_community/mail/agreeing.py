"""Whether a link that is mailed opens anything: invitation against page. Pure."""

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

from hub.sdk import Remark
from hub_community.mail.invitation import InvitationOptions
from hub_community.page.settings import PageSettings

_PORTS: Final = {"http": 80, "https": 443}


def disagreements(
    options: InvitationOptions, pages: Mapping[str, PageSettings]
) -> Sequence[Remark]:
    """Return what keeps the links of an invitation from being opened, with a remedy.

    Where several pages are at its address, those of the one that fits best.
    """
    if not pages:
        lacking = "no source of kind referral-page opens the link: add one, with this"
        return [_wrong("page", f"{lacking} public_url")]
    here = {name: page for name, page in pages.items() if _is_at(options, page)}
    if not here:
        listed = ", ".join(f"{page.public_url} ({n})" for n, page in pages.items())
        other = "is not the public_url of a referral page: write the same in both"
        return [_wrong("page", f"{other}; there is {listed}")]
    found = [_at(name, page, options) for name, page in here.items()]
    return min(found, key=len)


def _at(name: str, page: PageSettings, options: InvitationOptions) -> list[Remark]:
    where = f"sources.{name}"
    found = []
    if options.secret.get_secret_value() not in page.secrets:
        found.append(
            _wrong("secret", f"is not that of {where}: write the same in both")
        )
    party = page.parties.get(options.party)
    if party is None:
        listed = ", ".join(page.parties)
        lacking = f"{where} has no party {options.party}; it has {listed}"
        return [
            *found,
            _wrong("party", f"{lacking}: add it there, or name one of them"),
        ]
    if party.email.casefold() != options.email.casefold():
        same = f"is not the email of {where}.parties.{options.party}"
        found.append(_wrong("email", f"{same}: write the same in both"))
    return found


def _is_at(options: InvitationOptions, page: PageSettings) -> bool:
    return _place(options.page) == _place(page.public_url)


def _place(url: str) -> tuple[str, str, int, str]:
    """Return an address so that two ways to write it are the same."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    return parts.scheme, host, parts.port or _PORTS[parts.scheme], parts.path


def _wrong(place: str, text: str) -> Remark:
    return Remark(severity="error", place=place, text=text)
