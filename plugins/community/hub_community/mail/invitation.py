"""The format ``referral-invitation``: a mail that says that something is waiting.

Mail is read on its way, forwarded and printed. So it holds a link and nothing else:
no name, no kind of help, not even that it is about somebody (domain 4.5). Pure.
"""

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr

from hub.sdk import Notice, PartnerName, Rendered, Secret, Settings, is_local
from hub_community.mail.settings import MailAddress
from hub_community.page.links import Link, address_digest, checked_secret, signed
from hub_community.page.wording import Language, Words

_MARK_CHARACTERS = 12


def _secret(secret: SecretStr) -> SecretStr:
    checked_secret(secret.get_secret_value())
    return secret


def _page(text: str) -> str:
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host, parts = "", urlsplit("")
    if parts.scheme not in {"http", "https"} or not host or not text.isascii():
        raise ValueError("must be a URL such as https://referrals.example.org")
    if parts.query or parts.fragment or parts.username or parts.password:
        raise ValueError("must be a URL without user, question mark and hash")
    if parts.scheme == "http" and not is_local(host):
        raise ValueError("http is only for this machine, use https")
    return text.rstrip("/")


#: A secret that signs links.
LinkSecret = Annotated[Secret, AfterValidator(_secret)]
#: Where browsers reach the page, without a slash at its end.
PageUrl = Annotated[str, AfterValidator(_page)]


class InvitationOptions(Settings):
    """Options of ``referral-invitation``."""

    page: PageUrl = Field(
        description="Where the referral page is reached: its `public_url`."
    )
    secret: LinkSecret = Field(
        description="What links are signed with, the same as at the referral page."
    )
    party: PartnerName = Field(
        min_length=1,
        max_length=100,
        description="The partner, as it is called in `partners` and on the page.",
    )
    email: MailAddress = Field(
        description="The partner's address, the same as on the referral page."
    )
    language: Language = Field(default="en", description="The language of the mail.")
    valid_days: int = Field(
        default=14, ge=1, le=90, description="How long the link works, in days."
    )


def render(notices: Sequence[Notice], options: InvitationOptions) -> Rendered:
    """Return the mail for the only notice of `notices`, as text/plain.

    The link lasts from when the event was told, so that the same notice always gives
    the same mail.
    """
    (notice,) = notices
    words = Words(options.language)
    until = notice.event.times.emitted + timedelta(days=options.valid_days)
    secret = options.secret.get_secret_value()
    link = Link(
        version=1,
        referral=notice.event.entity.key,
        party=options.party,
        address=address_digest(secret, options.email),
        expires=int(until.timestamp()),
        mark=hashlib.sha256(notice.delivery.encode()).hexdigest()[:_MARK_CHARACTERS],
    )
    body = words(
        "mail_waiting",
        link=f"{options.page}/r/{signed(link, secret)}",
        until=words.day(until),
    )
    return Rendered(
        body=body.replace("\n", "\r\n").encode(),
        media_type="text/plain; charset=utf-8",
        suffix=".txt",
        kind="invitation",
    )
