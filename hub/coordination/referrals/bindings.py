"""Bindings: which feeds speak for which partners, and whom referrals mean by ids."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from hub.coordination.partners import SIDES, Partners
from hub.model.referrals import REFERRALS_FEED, Side


class Bindings(Struct, frozen=True):
    """Who speaks for whom.

    `feeds` names for each feed the parties that it speaks for, `sides` the sides
    that each party takes. A feed that is not named is bound to nobody, and may speak
    for whoever has no feed of their own; so by default any feed may say anything.
    `partners` are those whom a referral can mean by the ids of an organisation alone.
    """

    feeds: dict[str, frozenset[str]] = field(default_factory=dict)
    sides: dict[str, frozenset[Side]] = field(default_factory=dict)
    partners: Partners = field(default_factory=Partners)

    def speaks(self, feed: str, by: Side, party: str) -> bool:
        """Say whether a feed may state something as `party` on the side `by`.

        The hub's own feed speaks for everybody who uses the hub, and no other one
        for the hub. "" is a feed of which nobody remembers the name.
        """
        if feed in {"", REFERRALS_FEED}:
            return True
        if by == "hub":
            return False
        parties = self.feeds.get(feed)
        if parties is None:
            return not party or not any(party in each for each in self.feeds.values())
        if party:
            return party in parties and self._takes(party, by)
        return any(self._takes(each, by) for each in parties)

    def party_of(self, feed: str, by: Side) -> str:
        """Return for whom alone a feed speaks on a side, "" where that is open."""
        found = [each for each in self.feeds.get(feed, ()) if self._takes(each, by)]
        return found[0] if len(found) == 1 else ""

    def named(self, told: Mapping[str, Any]) -> dict[str, Any]:
        """Return what is told of a referral, with the partners that it means by ids.

        Which they are follows from the configuration, and can be otherwise tomorrow.
        """
        found = dict(told)
        for side in SIDES:
            stated = told.get(side)
            if (
                isinstance(stated, dict)
                and not stated.get("party")
                and (party := self.partners.named(side, stated))
            ):
                found[side] = {**stated, "party": party}
        return found

    def _takes(self, party: str, by: Side) -> bool:
        return by in self.sides.get(party, ())
