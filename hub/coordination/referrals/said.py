"""What one statement says of a referral, whoever sent it and in whatever form."""

from collections.abc import Iterable, Mapping
from copy import copy
from datetime import UTC, datetime, timedelta
from functools import cached_property
from hashlib import blake2b
from typing import Any, cast

import msgspec

from hub.coordination.referrals.bindings import Bindings
from hub.coordination.referrals.table import TABLE
from hub.coordination.standing import Standing, Witness
from hub.model.facts import FactKind
from hub.model.referrals import Side
from hub.model.times import FuzzyTime

#: What a requester says who asks how things stand, in the words of this package.
STATUS_ASKED = "status_asked"
#: What a statement says of itself; all else it says of the referral.
FRAME = frozenset({"by", "state", "asked", "via", "party", "actor", "text"})
#: What is of one message, and no news of a referral.
PASSING = frozenset({"control", "order_status", "processed"})
_SIDES = frozenset({"requester", "performer", "hub"})
_COARSE = timedelta(seconds=1)
_PLACES = {state: place for place, state in enumerate(TABLE)}
_encode = msgspec.json.Encoder(order="sorted").encode
_decode = msgspec.json.Decoder(dict[str, Any]).decode


class Who(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who acts on a side: a configured partner, else by numbers and a name."""

    party: str = ""
    ids: tuple[str, ...] = ()
    name: str = ""
    via: str = ""

    def speaks_not_for(self, other: "Who") -> bool:
        """Say whether both are partners, and two of them."""
        return bool(self.party and other.party and self.party != other.party)

    def differs(self, other: "Who") -> bool:
        """Say whether the two are known not to be the same."""
        if self.party and other.party:
            return self.party != other.party
        if self.ids and other.ids:
            return not set(self.ids) & set(other.ids)
        if self.via and self.via == other.via:
            return False  # one system may call its organisation this or that
        return bool(self.name and other.name and self.name != other.name)


class Said:
    """One statement: who says what, when it happened, and with which details.

    `says` is a state, a side fact, `STATUS_ASKED`, or "" for mere details.
    """

    def __init__(self, each: Witness, bindings: Bindings) -> None:
        fact = each.fact
        self.details = _plain(fact.details)
        self.time: FuzzyTime = fact.occurred or fact.recorded
        self.at = _instant(self.time, each.recorded)
        self.basis = fact.basis
        self.digest = each.digest
        self.recorded = each.recorded
        stated = text_of(self.details.get("by"))
        self.by = cast("Side", stated) if stated in _SIDES else None
        self.via = text_of(self.details.get("via"))
        self.says = _says(self.details)
        self.party = text_of(self.details.get("party")) or (
            bindings.party_of(self.via, self.by) if self.by else ""
        )
        self.bound = self.by is None or bindings.speaks(self.via, self.by, self.party)

    @cached_property
    def who(self) -> Who:
        """Who says so, as far as that is told."""
        named = named_party(self.details.get(self.by or ""))
        party = self.party or named.party
        return Who(party, named.ids, named.name, self.via)

    def implying(self, says: str) -> "Said":
        """Return what is so as well if this is: said by the same, at the same time."""
        kept = {"by", "via", "party", "actor", self.by}
        implied = copy(self)
        implied.says, implied.basis = says, "inferred"
        implied.details = {
            name: value for name, value in self.details.items() if name in kept
        }
        return implied

    @property
    def opens(self) -> bool:
        """Whether this makes a referral."""
        return self.by == "requester" and self.says in {"draft", "requested"}

    @property
    def is_receipt(self) -> bool:
        """Whether the hub only notes that a request arrived: that may come late."""
        return self.by == "hub" and self.says == "received"

    @property
    def order(self) -> tuple[datetime, datetime, int, bytes]:
        """What puts statements in the order in which things happened.

        Of two at the same time the one that was said first comes first, and then
        the state that comes first in the life of a referral.
        """
        return self.at, self.recorded, _PLACES.get(self.says, 0), self.digest

    @property
    def told(self) -> dict[str, Any]:
        """What is said of the referral itself."""
        return {
            name: value for name, value in self.details.items() if name not in FRAME
        }

    @property
    def content(self) -> str:
        """A digest of what is said of the referral, whoever says so and when."""
        told = {**self.told, "text": self.details.get("text")}
        kept = {name: value for name, value in told.items() if name not in PASSING}
        return blake2b(_encode(kept), digest_size=8).hexdigest()

    @property
    def reason(self) -> Any:
        """Why: as the statement says it of itself; a requester may use its field."""
        reason = self.details.get("status_reason")
        if reason is None and self.by == "requester" and self.says == "cancelled":
            reason = self.details.get("reason")
        return reason

    @property
    def actor(self) -> dict[str, Any]:
        """Who says so, in the words of an event: side, party, name and role."""
        stated = self.details.get("actor")
        actor = stated if isinstance(stated, dict) else {}
        org = {"name": self.who.name} if self.who.name else {}
        known = {"party": self.who.party, "org": org, **actor}
        return {name: value for name, value in known.items() if value}


def statements(witnesses: Iterable[Witness], bindings: Bindings) -> list[Said]:
    """Return what stands, in the order in which it happened.

    The request opens a referral, whatever the clocks of two systems say: the first
    one comes before all else but a draft.
    """
    standing = Standing(list(witnesses)).of(FactKind.RECORD)
    said = sorted((Said(each, bindings) for each in standing), key=lambda s: s.order)
    opening = [_first(said, state) for state in ("draft", "requested")]
    if opening[0] and opening[1] and opening[0].order > opening[1].order:
        opening[0] = None
    first = [each for each in opening if each]
    return [*first, *(each for each in said if each not in first)]


def text_of(value: Any) -> str:
    """Return a text, "" for whatever is none."""
    return value if isinstance(value, str) else ""


def words_of(reason: Any) -> str:
    """Return the words of a reason, which can be a text or coded."""
    if isinstance(reason, str):
        return reason.strip()
    if isinstance(reason, dict):
        return text_of(reason.get("text") or reason.get("display")).strip()
    return ""


def outcome_of(details: Mapping[str, Any]) -> str:
    """Return the code of what became of the need, "" for none."""
    outcome = details.get("outcome")
    if isinstance(outcome, dict):
        return text_of(outcome.get("code"))
    return text_of(outcome)


def instant_of(value: Any) -> datetime | None:
    """Return when an appointment is: a text of ISO 8601, or a time as facts hold it."""
    if isinstance(value, dict):
        value = value.get("at") or value.get("earliest")
    if isinstance(value, dict):
        value = value.get("earliest")
    if not isinstance(value, str):
        return None
    try:
        read = datetime.fromisoformat(value)
        read = read if read.tzinfo else read.replace(tzinfo=UTC)
        return read.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def named_party(stated: Any) -> Who:
    """Return who a requester or performer is, from how details hold one."""
    if not isinstance(stated, dict):
        return Who(name=text_of(stated).casefold())
    org = stated.get("org")
    listed = [*_numbers(org), *_numbers(stated), *_ids(stated.get("service_id"))]
    name = text_of(org.get("name") if isinstance(org, dict) else org)
    return Who(text_of(stated.get("party")), tuple(sorted({*listed})), name.casefold())


def _numbers(stated: Any) -> list[str]:
    if not isinstance(stated, dict):
        return []
    listed = stated.get("identifiers")
    numbers = listed if isinstance(listed, list) else []
    found = [
        f"{text_of(each.get('system'))}|{text_of(each.get('value'))}"
        for each in numbers
        if isinstance(each, dict)
    ]
    return [*found, *_ids(stated.get("id"))]


def _ids(value: Any) -> list[str]:
    return [value] if isinstance(value, str) and value else []


def _instant(time: FuzzyTime, recorded: datetime) -> datetime:
    """Return when something happened: on a day, or in a minute, when it was said.

    A performer who only gives the day has not answered at midnight.
    """
    if time.latest - time.earliest <= _COARSE:
        return time.earliest
    return min(max(time.earliest, recorded), time.latest - _COARSE)


def _says(details: Mapping[str, Any]) -> str:
    state = details.get("state")
    if state is None or state == "":
        return STATUS_ASKED if details.get("asked") == "status" else ""
    return state if isinstance(state, str) else "?"


def _first(said: Iterable[Said], state: str) -> Said | None:
    opens = (
        each
        for each in said
        if each.says == state and each.by == "requester" and each.bound
    )
    return next(opens, None)


def _plain(details: dict[str, Any]) -> dict[str, Any]:
    """Return details as the store would give them back."""
    return _decode(_encode(details))
