"""Members: what a payer says of somebody's coverage, whatever the file's format.

A reader writes a `Member` as the body of a `Row`; `normalise_member` makes facts of
the message that the row becomes. Coverage is one record, under the row's key, and
whom the person is attributed to is another: each has events of its own. Source:
domain 6.2 (R-PAY-01), 6.3 and 9.3.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from hub.sdk import (
    Fact,
    FactKind,
    FuzzyTime,
    Normalised,
    Provenance,
    RecordKey,
    RowMessage,
)
from hub_payer.moments import instant, whole_day
from hub_payer.people import Somebody, subject_of

#: What the sender itself calls what it says.
Change = Literal["", "added", "changed", "terminated", "reinstated", "never_effective"]
#: What a coverage is on a day, by what a row says.
Phase = Literal["none", "active", "ended", "never"]
#: Added to the key of a row, this is the key of who the person is attributed to.
ATTRIBUTION = "/attribution"
_ATTRIBUTED = ("provider", "provider_name", "provider_system", "pcp", "pcp_name")
_PLAIN = (
    *("plan", "contract", "programme", "member_id", "subscriber_id", "relationship"),
    *("reason", "risk_score", "pcp", "provider"),
)


class Member(
    Somebody,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="kind",
    tag="member",
):
    """Somebody's coverage as a payer's file states it: the body of a row.

    Days are ISO 8601; `until` is the last day that is covered; "" is open, or not
    stated. `change` is what the sender calls it, for where dates do not say it.
    `provider` and `pcp` are whom the person is attributed to, by numbers of
    `provider_system`.
    """

    subscriber_id: str = ""
    relationship: str = ""
    payer: str = ""
    payer_system: str = ""
    plan: str = ""
    contract: str = ""
    programme: str = ""
    since: str = ""
    until: str = ""
    change: Change = ""
    reason: str = ""
    provider: str = ""
    provider_name: str = ""
    provider_system: str = ""
    pcp: str = ""
    pcp_name: str = ""
    risk_score: str = ""


_member = msgspec.json.Decoder(Member).decode
_member_or_none = msgspec.json.Decoder(Member | None).decode


def normalise_member(message: RowMessage, zone: str = "UTC") -> Normalised:
    """Return the facts of a row whose body is a `Member`.

    `zone` is where the payer's days begin. A coverage that has ended by the day on
    which the file was made is terminated, one that is to end later is not yet; one
    that ends before it begins was never effective. Raises msgspec.ValidationError for
    a body that is no `Member`.
    """
    said = _Said(_member(message.row), _member_or_none(message.before), message, zone)
    return Normalised(
        provenance=Provenance(message_id=f"{message.exchange}:{message.number}"),
        facts=tuple(_facts(said)),
    )


def phase(member: Member | None, day: date) -> Phase:
    """Return what a coverage is on a day."""
    if member is None:
        return "none"
    since, until, today = member.since, member.until, day.isoformat()
    if member.change == "never_effective" or (since and until and until < since):
        return "never"
    if member.change == "terminated" and until <= today:
        return "ended"
    return "ended" if until and until < today else "active"


class _Said(NamedTuple):
    """What a row says, what it had said before, and in which file."""

    now: Member
    before: Member | None
    message: RowMessage
    zone: str

    @property
    def day(self) -> date:
        """The day on which it was said, where the payer is."""
        return self.message.said.astimezone(ZoneInfo(self.zone)).date()

    @property
    def phase(self) -> Phase:
        """What the coverage is now: what is gone from a file has ended."""
        found = phase(self.now, self.day)
        if self.message.op != "end" or found != "active":
            return found
        return "never" if self.now.since > self.day.isoformat() else "ended"

    @property
    def until(self) -> str:
        """The last day that is covered; of what ends unannounced, that of the file."""
        today = self.day.isoformat()
        if self.phase != "ended":
            return self.now.until
        return min(self.now.until or today, today)


def _facts(said: _Said) -> Iterator[Fact]:
    status = _status(said)
    occurred = {"enrolled": said.now.since, "terminated": said.until}.get(status, "")
    yield _fact(said, "", _details(said) | _given(status=status), occurred)
    now = _attribution(said.now) if said.phase == "active" else {}
    before = _attribution(_held(said))
    if now != before:
        yield _attributed(said, now, before)


def _status(said: _Said) -> str:
    """Return the status that a row gives a coverage, "" where it keeps its own."""
    match said.phase:
        case "never":
            return "never_effective"
        case "ended":
            return "terminated"
        case _:
            earlier = phase(said.before, said.day)
    if earlier in {"ended", "never"} or (
        earlier == "none" and said.now.change == "reinstated"
    ):
        return "reinstated"
    return "enrolled" if earlier == "none" else ""


def _held(said: _Said) -> Member | None:
    """Return by what the person was attributed to somebody until now, None for none.

    A coverage that has ended by itself since it was stated has a last attribution to
    be taken back; one that is begun anew is attributed anew.
    """
    before = said.before
    if before is None and said.message.op == "end":
        before = said.now
    none = {"none", "never", "ended"} if said.phase == "active" else {"none", "never"}
    return None if phase(before, said.day) in none else before


def _details(said: _Said) -> dict[str, Any]:
    now = said.now
    payer = {"system": now.payer_system, "value": now.payer} if now.payer else None
    period = _given(start=now.since, end=said.until)
    plain = {name: getattr(now, name) or None for name in _PLAIN}
    details: dict[str, Any] = {
        **plain,
        "payer": payer,
        "period": period or None,
        "change_kind": now.change or None,
        "file": {"exchange": said.message.exchange, "row": said.message.number},
    }
    if said.message.op != "end":
        return details
    # A row that ends something need not repeat what it was.
    return {name: value for name, value in details.items() if value is not None}


def _attribution(member: Member | None) -> dict[str, str]:
    if member is None:
        return {}
    return _given(**{name: getattr(member, name) for name in _ATTRIBUTED})


def _attributed(said: _Said, now: dict[str, str], before: dict[str, str]) -> Fact:
    status = "changed" if now and before else "added" if now else "removed"
    told = now or before
    details = {name: told.get(name) for name in _ATTRIBUTED}
    coverage = _details(said)
    details |= {
        name: coverage.get(name)
        for name in ("payer", "plan", "contract", "programme", "member_id", "file")
    }
    occurred = {"added": said.now.since, "removed": said.until}.get(status, "")
    details["status"] = f"attribution_{status}"
    return _fact(said, ATTRIBUTION, details, occurred)


def _fact(said: _Said, of: str, details: dict[str, Any], occurred: str) -> Fact:
    recorded = instant(said.message.said)
    key = RecordKey("coverage", said.now.system, said.message.key + of)
    return Fact(
        kind=FactKind.RECORD,
        subject=subject_of(said.now),
        recorded=recorded,
        occurred=_on(occurred, said.zone) or recorded,
        record=key,
        details=details,
    )


def _on(day: str, zone: str) -> FuzzyTime | None:
    return whole_day(day, zone) if day else None


def _given(**values: str) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}
