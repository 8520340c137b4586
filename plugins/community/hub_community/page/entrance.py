"""How somebody signs in: a code by mail, and what they type in with it."""

import asyncio
from collections.abc import Mapping
from datetime import datetime

import structlog

from hub.sdk import Outcome
from hub_community.mail import smtp
from hub_community.mail.letter import Letter, written
from hub_community.page.codes_sent import DIGITS
from hub_community.page.errors import CodeNotSentError
from hub_community.page.forms import LONGEST_NAME, Fault, Filled, tidy
from hub_community.page.sessions import new_nonce
from hub_community.page.settings import PageSettings, PartySettings
from hub_community.page.wording import Words

log = structlog.get_logger()

_MAIL_SECONDS = 25


async def mail_code(
    settings: PageSettings, party: PartySettings, words: Words, code: str, now: datetime
) -> None:
    """Send a code to a partner's address. Raises CodeNotSentError."""
    own = settings.smtp
    body = words("mail_code", code=code, minutes=settings.code_valid_minutes)
    letter = Letter(
        name=f"code-{new_nonce()}",
        sender=own.sender,
        sender_name=own.sender_name,
        to=party.email,
        subject=words("subject_code"),
        body=body.replace("\n", "\r\n").encode(),
        language=words.language,
    )
    try:
        async with asyncio.timeout(_MAIL_SECONDS):
            receipt = await smtp.send(own, party.email, written(letter, now))
    except TimeoutError:
        raise CodeNotSentError from None
    if receipt.outcome is not Outcome.ACCEPTED:
        log.warning("code.failed", stage="sending", error_code=receipt.error_code)
        raise CodeNotSentError


def signing(given: Mapping[str, str], words: Words) -> Filled:
    """Return who signs in, and what is missing; the code is not yet tried."""
    values = {"code": "".join(tidy(given.get("code", "")).split())}
    for name in ("name", "role"):
        values[name] = " ".join(tidy(given.get(name, "")).split())[:LONGEST_NAME]
    code = values["code"]
    complete = len(code) == DIGITS and code.isascii() and code.isdigit()
    missing = {
        "code": "" if complete else "code_empty",
        "name": "" if values["name"] else "name_empty",
    }
    faults = tuple(Fault(name, words(key)) for name, key in missing.items() if key)
    return Filled(values, faults)
