"""Statements about one made-up referral, and what a hub tells of it as they arrive."""

from datetime import UTC, datetime, timedelta

from hub.coordination.announcements import Occasion
from hub.coordination.referrals.bindings import Bindings
from hub.coordination.referrals.fold import fold_referral
from hub.coordination.referrals.news import announce, news_of
from hub.coordination.referrals.rules import ReferralRules
from hub.coordination.standing import witness
from hub.model.events import EventSource, EventTimes
from hub.model.facts import Fact, FactKind, RecordKey, Subject
from hub.model.identifiers import Identifier
from hub.model.times import exactly

BEGIN = datetime(2026, 3, 9, 8, tzinfo=UTC)
KEY = RecordKey("referral", "KLINIK_TEST", "R-1")
SUBJECT = Subject((Identifier("KLINIK_TEST", "P-1", "MR"),))


def said(hour, by, state="", **details):
    """Return what a side says so many hours after the beginning."""
    at = exactly(BEGIN + timedelta(hours=hour))
    stated = {"by": by, **({"state": state} if state else {}), **details}
    return witness(
        Fact(
            kind=FactKind.RECORD,
            subject=SUBJECT,
            recorded=at,
            occurred=at,
            record=KEY,
            details=stated,
        )
    )


def asked(hour=0, **details):
    """Return a request."""
    return said(hour, "requester", "requested", **details)


def answered(hour, state, **details):
    """Return what the performer says."""
    return said(hour, "performer", state, **details)


def fold(*witnesses, marks=None, rules=None, bindings=None):
    """Return the referral that these statements describe."""
    return fold_referral(
        witnesses, marks, rules or ReferralRules(), bindings or Bindings()
    )


class Telling:
    """A hub that hears statements one by one, and remembers what it told."""

    def __init__(self, marks=None, **given):
        self.marks, self.given = dict(marks or {}), given
        self.heard, self.events = [], []

    def hear(self, *witnesses):
        """Hear statements, each by itself; return this."""
        for each in witnesses:
            self.heard.append(each)
            self.tell()
        return self

    def tell(self):
        """Tell what is new."""
        referral = fold(*self.heard, marks=self.marks, **self.given)
        events, self.marks = announce(
            news_of(referral, self.marks),
            referral,
            self.marks,
            _occasion(f"msg_{len(self.events):032x}"),
            "rec_1",
            len(self.events),
            {},
            (),
        )
        self.events += events
        self.referral = referral

    @property
    def types(self):
        """The names of all events, in order."""
        return [each.type.partition(".")[2] for each in self.events]

    def net(self):
        """Return what stands of all that was told, whatever the order."""
        return sorted(
            name.removeprefix("told:")
            for name in self.marks
            if name.startswith("told:")
        )


def _occasion(message):
    times = EventTimes(received=BEGIN, emitted=BEGIN)
    return Occasion(message, "p_1", SUBJECT, EventSource(feed="klinik"), times, ())
