"""Made-up cases for the tests of the policy: events, consents, recipients."""

from datetime import UTC, date, datetime, timedelta

from hub.coordination.consents import Consent
from hub.coordination.panels import Member
from hub.coordination.policy import STANDARD, Case, Regime, decide
from hub.coordination.recipients import PURPOSES, Recipient
from hub.coordination.routes import Subscription
from hub.model.events import (
    CareEvent,
    Entity,
    EventSource,
    EventSubject,
    EventTimes,
)
from hub.model.labels import Labels

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
TODAY = NOW.date()
BEFORE, LATER = NOW - timedelta(days=30), NOW + timedelta(days=30)
ACTIVE = Member("M1", date(2026, 3, 10), date(2026, 3, 10))
EXPIRED = Member("M0", valid_to=date(2026, 3, 9))
FUTURE = Member("M2", valid_from=date(2026, 3, 11))
STALE = Member("M3", stale_from=date(2026, 3, 10))
DE, NY, CA, IL = Regime("DE"), Regime("US-NY"), Regime("US-CA"), Regime("US-IL")
#: What a diagnosis, a department, a sender and a field give away.
DIAGNOSIS, WARD = "diagnosis:F10.2", "department:SUCHT"
SENDER, FACILITY, DOCUMENT = "sender:klinik-sucht", "facility:NORD", "document:1234-5"


def labelled(*codes, by="ARV-3", confidentiality="", handling=()):
    """Return labels; what they are derived from is `by` with each code."""
    marks = tuple(f"{by}:{code}" for code in codes)
    return Labels(confidentiality or ("R" if codes else "N"), codes, handling, marks)


def event(labels=None, *, kind="encounter.admitted", version=1, **fields):
    """Return an event of the feed ``klinik``."""
    family = kind.partition(".")[0]
    return CareEvent(
        **{
            "id": "evt_1",
            "type": kind,
            "schema": f"careevent/{family}/1.0",
            "subject": EventSubject("p_1"),
            "entity": Entity("encounter", "enc_1", version),
            "times": EventTimes(received=NOW, emitted=NOW),
            "source": EventSource(feed="klinik", facility="NORD"),
            "causes": ("msg_1",),
            "labels": labels or Labels(),
            "payload": {"status": "in-progress"},
        }
        | fields
    )


def to(sector="provider", **terms):
    """Return a recipient with a contract of its own."""
    return Recipient("clinic", sector, contracted=True, **terms)


def permit(*data, key="c1", **terms):
    """Return a permission, explicit and in force unless `terms` say otherwise."""
    given = {
        "version": 1,
        "recorded": BEFORE,
        "permits": True,
        "data": data,
        "key": key,
    }
    return Consent(**given | terms)


def deny(*data, key="c2", **terms):
    """Return a denial."""
    return permit(*data, key=key, **{"permits": False} | terms)


def case(  # noqa: PLR0913 - a case has so many sides, each of which a test can change
    labels=None,
    recipient=None,
    purpose="treatment",
    consents=(),
    links=(ACTIVE,),
    regime=STANDARD,
    panel="panel",
    *,
    about=None,
    endangered=False,
):
    """Return a case, that of an admission of somebody on the panel."""
    asking = Subscription("members", "clinic", frozenset(), purpose, panel)
    what = about or event(labels)
    whom = recipient or Recipient("clinic")
    given = (what, asking, whom, tuple(links), tuple(consents), NOW, regime)
    return Case(*given, lambda: endangered)


def ask(*args, **terms):
    """Return the decision on a case."""
    return decide(case(*args, **terms))


ALL_PURPOSES = sorted(PURPOSES)
