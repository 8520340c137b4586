"""What somebody typed into a form that came too late to count. Pure.

Nothing of it is stored: the answer carries it in hidden fields, each form on the way
brings it back, and it becomes a statement only when the worker sends it once more.
Only what comes from a form of this page is carried, so that nobody else can put words
into somebody's mouth:

    seal = hex( HMAC-SHA256( key, label link act nonce ) )

A seal says that the form was shown to somebody who had signed in with the same link.
It gives no right to anything, and outlasts the visit and a restart as the link does.
"""

import hmac
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from hub_community.page.acts import BY_NAME, Act
from hub_community.page.forms import LONGEST_TEXT, tidy
from hub_community.page.links import Link

_LABEL = b"carehub referral form 1:"
#: Fields in which somebody writes, and does not choose.
_WRITTEN = frozenset({"question", "text", "date", "time", "explain"})
_LONGEST_STATE = 40
_encode = msgspec.json.Encoder().encode


class Kept(NamedTuple):
    """What was typed into the form of an act, while the referral was in `state`."""

    act: Act
    state: str
    nonce: str
    seal: str
    values: Mapping[str, str]

    def hidden(self) -> dict[str, str]:
        """Return the hidden fields that carry it."""
        own = {"state": self.state, "nonce": self.nonce, "seal": self.seal}
        return {"act": self.act.name, **own, **self.values}

    def typed(self) -> list[tuple[str, str]]:
        """Return the lines of what was written, each with the key of its label."""
        found = self.values.items()
        return [
            (f"f_{name}", text) for name, text in found if name in _WRITTEN and text
        ]


def sealed(secret: str, link: Link, act: str, nonce: str) -> str:
    """Return the seal of a form that is shown to somebody who has signed in."""
    said = _LABEL + _encode([link, act, nonce])
    return hmac.digest(secret.encode(), said, "sha256").hex()


def kept_of(
    name: str, posted: Mapping[str, str], link: Link, secrets: Iterable[str]
) -> Kept | None:
    """Return what was typed into the form of an act, None where it is none of ours.

    Values are cut to what a browser lets somebody type.
    """
    act, nonce, seal = (
        BY_NAME.get(name),
        posted.get("nonce", ""),
        posted.get("seal", ""),
    )
    if act is None or not any(_fits(seal, each, link, name, nonce) for each in secrets):
        return None
    values: dict[str, str] = {
        each: tidy(posted.get(each, ""))[: 2 * LONGEST_TEXT] for each in act.fields
    }
    return Kept(act, posted.get("state", "")[:_LONGEST_STATE], nonce, seal, values)


def _fits(seal: str, secret: str, link: Link, act: str, nonce: str) -> bool:
    right = sealed(secret, link, act, nonce).encode()
    return hmac.compare_digest(seal.encode("utf-8", "replace"), right)
