"""Partners: the organisations that ask for help, and those that give it.

Who has to do with a referral, the referral itself says: by the party that it names,
by the ids of its organisations, or by the feed that stated it first. Nothing else of
the person is any partner's business. Source: domain 4.1 and 4.5.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, NamedTuple

#: The sides of a referral that a partner can take.
PartnerSide = Literal["requester", "performer"]
SIDES: tuple[PartnerSide, ...] = ("requester", "performer")

#: Begins the name of a panel that has whom the referrals of a partner are about.
REFERRAL = "referral:"
#: In the place of a side: a look at how things stand, at no event in particular.
LOOK = "look"
_SUBSCRIPTION = "partner-"

# What each side is told of. Its own words are not told back to anybody.
_PERFORMER_HEARS = (
    "requested information_requested information_provided redirected "
    "cancel_requested cancelled entered_in_error escalated expired failed reopened "
    "loop_closed"
)
_REQUESTER_HEARS = (
    "received accepted rejected on_hold resumed scheduled no_show "
    "appointment_cancelled started completed failed cancel_declined cancelled "
    "expired reopened information_requested information_provided outcome_reported "
    "outcome_amended escalated"
)
HEARS: Mapping[str, frozenset[str]] = {
    "performer": frozenset(f"referral.{name}" for name in _PERFORMER_HEARS.split()),
    "requester": frozenset(f"referral.{name}" for name in _REQUESTER_HEARS.split()),
}
#: What happens to a service is told to whoever has referrals open there.
SERVICE_EVENTS = frozenset(
    {"directory.service_updated", "directory.service_closed"}
    | {"directory.service_removed", "directory.capacity_changed"}
)
#: All that a partner can be told.
HEARD = HEARS["performer"] | HEARS["requester"] | SERVICE_EVENTS


def look_of(side: PartnerSide) -> str:
    """Return what stands in the place of a side where it only looks."""
    return f"{LOOK}.{side}"


def subscription_of(partner: str) -> str:
    """Return the name of the subscription that a partner has by being one."""
    return f"{_SUBSCRIPTION}{partner}"


def panel_of(partner: str) -> str:
    """Return the name of the panel of a partner's referrals."""
    return f"{REFERRAL}{partner}"


class Partner(NamedTuple):
    """One partner; see `hub.config.partners` for what its parts mean."""

    name: str
    title: str = ""
    organizations: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()
    destination: str = ""
    sides: frozenset[str] = frozenset()
    language: str = ""
    closes_on: Literal["accepted", "statement"] = "accepted"


class Party(NamedTuple):
    """A partner on one side of a referral."""

    partner: str
    side: PartnerSide


class Partners:
    """All partners of a hub, found by what referrals say."""

    def __init__(self, partners: Iterable[Partner] = ()) -> None:
        self.by_name = {each.name: each for each in partners}
        self._by_organization = {
            (side, written): each.name
            for each in self.by_name.values()
            for side in each.sides
            for written in each.organizations
        }

    def __bool__(self) -> bool:
        return bool(self.by_name)

    def speaking(self, feed: str) -> frozenset[str]:
        """Return the names of the partners for which a feed speaks."""
        found = self.by_name.values()
        return frozenset(each.name for each in found if feed in each.sources)

    def parties(
        self, details: Mapping[str, Any], first: Mapping[str, str]
    ) -> tuple[Party, ...]:
        """Return the partners that have to do with a referral, by their sides.

        `details` are those of the referral, `first` has for each side the feed by
        which it spoke first.
        """
        found = [
            Party(name, side)
            for side in SIDES
            if (name := self._named(side, details.get(side), first.get(side, "")))
        ]
        return tuple(found)

    def named(self, side: PartnerSide, stated: object) -> str:
        """Return the partner that is named as one side, "" for none that is known."""
        if not isinstance(stated, Mapping):
            return ""
        party = stated.get("party")
        if isinstance(party, str) and self._takes(party, side):
            return party
        for written in organizations(stated):
            if name := self._by_organization.get((side, written)):
                return name
        return ""

    def _named(self, side: PartnerSide, stated: object, first: str) -> str:
        return self.named(side, stated) or self._only(side, first)

    def _takes(self, party: str, side: PartnerSide) -> bool:
        partner = self.by_name.get(party)
        return partner is not None and side in partner.sides

    def _only(self, side: PartnerSide, feed: str) -> str:
        """Return the only partner on a side for which a feed speaks, "" for none."""
        found = [name for name in self.speaking(feed) if self._takes(name, side)]
        return found[0] if len(found) == 1 else ""


def numbers_of(partner: Partner) -> list[dict[str, str]]:
    """Return the ids of a partner's organisations, as a referral states them."""
    listed = []
    for written in sorted(partner.organizations):
        system, _, value = written.partition("|" if "|" in written else ":")
        listed.append({"system": system, "value": value})
    return listed


def organizations(stated: Mapping[str, Any]) -> Iterator[str]:
    """Yield how a configuration may write the ids of a stated organisation."""
    org = stated.get("org")
    listed = org.get("identifiers") if isinstance(org, Mapping) else ()
    for each in listed if isinstance(listed, list | tuple) else ():
        if isinstance(each, Mapping) and each.get("value"):
            system, value = each.get("system") or "", each["value"]
            yield f"{system}|{value}"
            yield f"{system}:{value}"
