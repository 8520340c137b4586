"""What a plain reading of the rules permits, to compare an engine with.

It knows the panels and consents that a walk stated, and nothing of the engine: domain
8.3 for a world with three recipients, one sensitivity and no jurisdictions. Everybody
in it is made up.
"""

from datetime import datetime
from typing import NamedTuple

from hub.model.facts import Fact, FactKind, RecordKey, Subject


class Said(NamedTuple):
    """What a consent is, in the words of the oracle."""

    key: str
    number: str
    recorded: int
    permits: bool
    recipients: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    revoked: bool = False

    def fact(self, patient, recorded):
        """Return it as a feed would state it."""
        details = {
            "status": "revoked" if self.revoked else "active",
            "decision": "permit" if self.permits else "deny",
            "recipients": list(self.recipients),
            "data": list(self.data),
            "since": self.since and self.since.isoformat(),
            "until": self.until and self.until.isoformat(),
        }
        return Fact(
            kind=FactKind.RECORD,
            subject=Subject((patient,)),
            recorded=recorded,
            occurred=recorded,
            record=RecordKey("consent", "PAPERS", self.key),
            details=details,
        )

    def names(self, to):
        """Say how narrowly it names a recipient, None where it does not."""
        if not self.recipients:
            return 0
        return 1 if to in self.recipients else None

    def runs(self, now):
        """Say whether it is in force."""
        begun = self.since is None or self.since <= now
        return begun and not (self.until and self.until <= now) and not self.revoked


class PlainRules:
    """Says what may go, from `members`, `consents`, `recipients` and `now`."""

    def permits(self, by, event, numbers):
        """Return whether an event may go, None for no; true for what is sensitive too.

        Domain 8.3, steps 1 to 5, for the three recipients of these tests.
        """
        today = self.now.date()
        if by.panel and not any(
            key[0] == by.panel and key[1] in numbers and (not end or today <= end)
            for key, end in self.members.items()
        ):
            return None
        if self.recipients[by.destination].jurisdiction:
            return None  # nobody knows the rules there: it is held
        sector = self.recipients[by.destination].sector
        permits, denials = self._in_force(by.destination, numbers)
        about = [each for each in permits if self._about(each, event)]
        for each in denials:
            if self._about(each, event) and not any(
                _narrower(one, each, by.destination, event) for one in about
            ):
                return None
        if sector == "community" and not about:
            return None
        if "ETH" not in event.labels.sensitivity:
            return True
        return self._sensitive(by, event, permits, denials)

    def _sensitive(self, by, event, permits, denials):
        naming = [each for each in permits if "ETH" in each.data]
        against = [each for each in denials if "ETH" in each.data]
        free = naming and all(
            any(_narrower(one, each, by.destination, event) for one in naming)
            for each in against
        )
        if free:
            return True
        marks = [one for one in event.labels.derived_by if one.endswith(":ETH")]
        dropped = all(one.startswith(("diagnosis:", "department:")) for one in marks)
        return False if dropped else None

    def _in_force(self, to, numbers):
        newest = {}
        for each in sorted(self.consents, key=lambda one: one.recorded):
            if each.number in numbers:
                newest[each.key, each.number] = each
        running = [
            each
            for each in newest.values()
            if each.runs(self.now) and each.names(to) is not None
        ]
        return (
            [each for each in running if each.permits],
            [each for each in running if not each.permits],
        )

    def _about(self, each, event):
        types = [name for name in each.data if name != "ETH"]
        return event.type in types if each.data else True


def _narrower(permit, denial, to, event):
    one, other = _width(permit, to, event), _width(denial, to, event)
    return one != other and all(a >= b for a, b in zip(one, other, strict=True))


def _width(each, to, event):
    return each.names(to) or 0, 2 if event.type in each.data else 0
