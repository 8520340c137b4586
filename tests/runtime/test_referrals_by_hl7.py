"""A referral by HL7 v2 on both sides. Synthetic; everybody in here is made up."""

import pytest

from hub.model.message import RawMessage
from hub.store import journal
from hub.testing.clock import FakeClock
from hub.testing.samples import notice
from hub_hl7.facts.normalise import normalise
from hub_hl7.facts.profile import Hl7Profile
from hub_hl7.outbound.errors import NoEquivalentError
from hub_hl7.outbound.rri import RRI, RriOptions, render
from tests.runtime.facts import events, states
from tests.runtime.setting import NOW

PID = "PID|1||0047^^^KLINIK_TEST^PI||Musterfrau^Anna||19490117|F"
RULE = {"referral_orders": ({"services": ("REF-PHYSIO",)},)}


def hl7(kind, minute, *lines, sender="KLINIK_TEST"):
    """Return a message that was sent at so many minutes past eight."""
    sent = f"2026031608{minute:02d}00+0000"
    msh = rf"MSH|^~\&|SYS|{sender}|HUB|HUB|{sent}||{kind}|{minute}|P|2.5.1"
    return "\r".join([msh, *lines]).encode()


def ref(minute, trigger="I12", reason=""):
    rf1 = f"RF1||R|MED||food|R-77^KLINIK_TEST|20260316||20260316||{reason}"
    provider = "PRD|RT|||||||||Tafel^^T-1^^^FBREG"
    return hl7(f"REF^{trigger}", minute, rf1, provider, PID)


def rri(minute, status="", trigger="I12", processed=""):
    rf1 = (
        f"RF1|{status}|R|MED||Food bank|R-77^KLINIK_TEST|||{processed}"
        "|full^No room^L|F-1^TAFEL"
    )
    return hl7(f"RRI^{trigger}", minute, "MSA|AA|1", rf1, PID, sender="TAFEL")


def order(minute, control, status=""):
    orc = f"ORC|{control}|R-77^KLINIK_TEST|F-1^TAFEL||{status}"
    obr = "OBR|1|R-77^KLINIK_TEST|F-1^TAFEL|REF-PHYSIO^Physiotherapy^L"
    kind, sender = ("OMG^O19", "KLINIK_TEST")
    if control in {"SC", "OK"}:
        kind, sender = "OSU^O51", "TAFEL"
    return hl7(kind, minute, PID, orc, obr, sender=sender)


@pytest.fixture
def hear(make, store, query):
    """Return what lets messages arrive, and gives back all events."""

    def hear(*bodies):
        profile = Hl7Profile(**RULE)
        pipeline = make(
            lambda body, _: normalise(body, profile), clock=FakeClock(NOW).now
        )
        rows = [
            journal.row(
                "klinik-nord",
                RawMessage(
                    body=body, media_type="x", received_at=NOW, control_id=str(place)
                ),
            )
            for place, body in enumerate(bodies)
        ]
        store.writer.call(journal.put, rows)
        while pipeline.work():
            continue
        assert {state for state, _ in states(query)} == {"processed"}
        return [each for each in events(query) if each.type.startswith("referral.")]

    return hear


def names(told):
    return [each.type.removeprefix("referral.") for each in told]


def test_a_referral_is_asked_for_answered_and_cancelled(hear):
    told = hear(
        ref(1),
        rri(2),
        rri(3, "A"),
        ref(4, "I14", "moved^Moved away^L"),
        rri(5, trigger="I14"),
    )

    assert names(told) == [
        "requested",
        "received",
        "accepted",
        "cancel_requested",
        "cancelled",
    ]
    assert told[-1].payload["category"]["code"] == "food"
    assert told[-1].payload["identifiers"]["filler"]["value"] == "F-1"


def test_an_answer_of_which_only_the_day_is_known_comes_after_those_before_it(hear):
    told = hear(ref(1), rri(2), rri(3, "A", processed="20260316"))

    assert names(told) == ["requested", "received", "accepted"]


def test_what_a_performer_adds_is_heard_and_changes_no_state(hear):
    told = hear(ref(1), rri(2, "A"), rri(3, trigger="I13"))

    assert names(told) == ["requested", "accepted", "information_provided"]
    assert told[-1].payload["state"] == "accepted"


def test_orders_that_are_referrals_follow_the_same_table(hear):
    told = hear(
        order(1, "NW"), order(2, "OK"), order(3, "SC", "SC"), order(4, "SC", "CM")
    )

    assert names(told) == ["requested", "accepted", "scheduled", "completed"]
    assert told[-1].quality.anomalies == ("outcome.missing",)


def test_each_step_is_told_by_hl7_again(hear):
    told = hear(ref(1), rri(2), rri(3, "P"), rri(4, "A"), rri(5, "R", "I14"))

    for event in told:
        if event.type in RRI.unspoken:
            with pytest.raises(NoEquivalentError):
                render([notice(event)], RriOptions())
            continue
        body = render([notice(event)], RriOptions()).body.decode()

        rf1 = next(line for line in body.split("\r") if line.startswith("RF1"))
        assert "R-77^KLINIK_TEST" in rf1
        assert event.payload["state"] in rf1.split("|")[1]
    assert names(told)[-1] == "conflict"
