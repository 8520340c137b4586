"""What other feeds told, storms of updates and filters, through the pipeline.

On a store on disk. Every stay is made up.
"""

from contextlib import closing
from datetime import time, timedelta

import pytest
from msgspec.structs import replace

from hub.coordination.filters import Filter
from hub.coordination.routes import Cadence, QuietHours
from hub.coordination.suppression import Storm
from hub.errors import HubError, Recovery
from hub.model.facts import FactKind
from hub.runtime.routing import Router
from hub.runtime.suppressing import Suppressing
from hub.runtime.whose import Whose
from hub.store.audit_verify import verify_folder
from hub.store.state import settle
from hub.testing.samples import admitted
from tests.coordination.scenarios import at
from tests.runtime.facts import PANEL, fact, subscription
from tests.runtime.setting import NOW
from tests.runtime.two_feeds import Hub

MINUTE = timedelta(minutes=1)
ONCE = (
    subscription("members", panel=PANEL.name)._replace(suppress_within=30 * MINUTE),
)
STORM = (
    subscription("members", panel=PANEL.name)._replace(storm=Storm(2, 60 * MINUTE)),
)


@pytest.fixture
def hub(store, query):
    """A hub with two feeds, each with visit numbers of its own."""
    with closing(Hub(store, query)) as hub:
        yield hub


def admission(visit, hour=8, minute=0, **given):
    occurred = {"recorded": at(hour, minute), "occurred": at(hour, minute)}
    return fact(visit=visit, **(occurred | given))


def update(hour):
    """Return a statement of the first feed that changes nothing but the service."""
    return "nord", fact(FactKind.UPDATE, hour=hour, details={"service": str(hour)})


def cancelled(visit, hour=9, **given):
    taken = {"cancels": FactKind.START, "occurred": at(8)}
    return fact(FactKind.CANCEL, visit=visit, hour=hour, **(taken | given))


def test_what_another_feed_told_is_not_told_again(hub):
    hub.subscribe(ONCE)

    hub.hear("nord", admission("V1"))
    hub.hear("sued", admission("S1", minute=20))

    assert hub.reasons("encounter.admitted") == [
        "relationship.panel",
        "suppressed.duplicate",
    ]
    assert hub.told() == ["encounter.admitted"]


def test_what_comes_in_one_round_is_told_once_too(hub):
    hub.subscribe(ONCE)

    hub.hear_at_once(("nord", admission("V1")), ("sued", admission("S1", minute=20)))

    assert hub.told() == ["encounter.admitted"]


@pytest.mark.parametrize(
    "second",
    [("nord", admission("V2", minute=20)), ("sued", admission("S1", 8, 31))],
    ids=["same-feed", "too-far-apart"],
)
def test_what_is_another_admission_is_told(hub, second):
    hub.subscribe(ONCE)

    hub.hear("nord", admission("V1"))
    hub.hear(*second)

    assert hub.told() == ["encounter.admitted"] * 2


@pytest.mark.parametrize("sent", [True, False], ids=["sent", "unsent"])
def test_what_was_suppressed_is_told_once_what_it_repeats_is_taken_back(hub, sent):
    hub.subscribe(ONCE)
    hub.hear("nord", admission("V1"))
    hub.hear("sued", admission("S1", minute=20))
    before = hub.send() if sent else []

    hub.hear("nord", cancelled("V1"))

    retraction = ["encounter.admit_cancelled"] if sent else []
    assert hub.types(before) == ["encounter.admitted"] * sent
    assert hub.types(hub.send()) == [*retraction, "encounter.admitted"]
    assert hub.reasons("encounter.admitted")[-1] == "relationship.panel"


def test_it_is_told_too_where_all_of_it_comes_in_one_round(hub):
    hub.subscribe(ONCE)

    hub.hear_at_once(
        ("nord", admission("V1")),
        ("sued", admission("S1", minute=20)),
        ("nord", cancelled("V1")),
    )

    assert hub.types(hub.send()) == ["encounter.admitted"]


def test_the_audit_has_what_was_told_after_all(hub, store):
    hub.subscribe(ONCE)
    hub.hear("nord", admission("V1"))
    hub.hear("sued", admission("S1", minute=20))

    hub.hear("nord", cancelled("V1"))

    verdict = verify_folder(store.folder)
    assert (verdict.verified, verdict.problems) == (True, [])
    assert hub.query("SELECT count(*) FROM decision WHERE subscription LIKE '%@%'") == [
        (1,)
    ]


def test_what_is_told_after_all_is_taken_back_from_who_heard_it(hub):
    hub.subscribe(ONCE)
    hub.hear("nord", admission("V1"))
    hub.hear("sued", admission("S1", minute=20))
    hub.hear("nord", cancelled("V1"))
    hub.send()
    hub.subscribe(())

    hub.hear("sued", cancelled("S1", occurred=at(8, 20)))

    assert hub.types(hub.send()) == ["encounter.admit_cancelled"]
    assert hub.reasons("encounter.admit_cancelled")[-1] == "correction.owed"


def test_nobody_hears_that_a_duplicate_is_taken_back(hub):
    hub.subscribe(ONCE)
    hub.hear("nord", admission("V1"))
    hub.hear("sued", admission("S1", minute=20))
    hub.send()

    hub.hear("sued", cancelled("S1", occurred=at(8, 20)))

    assert hub.send() == []
    assert hub.reasons("encounter.admit_cancelled") == ["suppressed.duplicate"]


def test_of_a_storm_the_newest_is_told_when_it_is_over(hub):
    hub.subscribe(STORM)
    hub.hear("nord", admission("V1"))

    for hour in range(9, 15):
        hub.hear(
            "nord", fact(FactKind.UPDATE, hour=hour, details={"service": str(hour)})
        )

    assert hub.types(hub.send()) == ["encounter.admitted", *["encounter.updated"] * 2]
    assert hub.receipts("withdrawn") == ["superseded"] * 3
    late = hub.send(NOW + 61 * MINUTE)
    assert hub.services(late) == ["14"]
    assert hub.reasons("encounter.updated") == [
        *["relationship.panel"] * 2,
        *["suppressed.storm"] * 4,
    ]


def test_a_storm_in_one_round_comes_to_the_same(hub):
    hub.subscribe(STORM)

    hub.hear_at_once(
        ("nord", admission("V1")),
        *(
            ("nord", fact(FactKind.UPDATE, hour=hour, details={"service": str(hour)}))
            for hour in range(9, 15)
        ),
    )

    assert len(hub.send()) == 3
    assert hub.services(hub.send(NOW + 61 * MINUTE)) == ["14"]


@pytest.mark.parametrize("at_once", [True, False])
def test_news_does_not_wait_for_a_storm_to_end(hub, at_once):
    hub.subscribe(STORM)
    stated = [("nord", admission("V1")), *(update(hour) for hour in range(9, 13))]
    stated.append(("nord", fact(FactKind.END, hour=14)))

    for each in [stated] if at_once else [[each] for each in stated]:
        hub.hear_at_once(*each)

    sent = hub.send()
    assert hub.types(sent) == [
        "encounter.admitted",
        *["encounter.updated"] * 3,
        "encounter.discharged",
    ]
    assert hub.services(sent[3:4]) == ["12"]
    assert hub.send(NOW + 61 * MINUTE) == []


def test_what_is_to_be_fetched_is_there_at_once(hub):
    pulled = STORM[0]._replace(cadence=Cadence(pull=True))
    hub.subscribe((pulled,))
    hub.hear("nord", admission("V1"))

    for hour in range(9, 15):
        hub.hear(*update(hour))

    assert hub.services(hub.send()[-1:]) == ["14"]
    assert hub.receipts("withdrawn") == ["superseded"] * 3


def test_what_was_sent_meanwhile_is_not_taken_out_of_line(hub):
    hub.subscribe(STORM)
    hub.hear("nord", admission("V1"))
    for hour in range(9, 12):
        hub.hear(
            "nord", fact(FactKind.UPDATE, hour=hour, details={"service": str(hour)})
        )
    hub.send(NOW + 61 * MINUTE)

    hub.hear("nord", fact(FactKind.UPDATE, hour=12, details={"service": "12"}))

    assert hub.receipts("withdrawn") == []


class RefusedError(HubError):
    """Made up."""

    code = "SUPPTEST-001"
    summary = "The store does not take this"
    remedy = "Look at it"
    recovery = Recovery.REJECT


def test_a_round_that_fails_comes_to_the_same_when_it_is_done_again(
    hub, store, monkeypatch
):
    hub.subscribe(ONCE)
    real, refused = store.writer.call, []

    def call(apply, payload=None, size=0):
        if apply is settle and not refused:
            refused.append(payload)
            raise RefusedError
        return real(apply, payload, size)

    monkeypatch.setattr(store.writer, "call", call)

    hub.hear_at_once(("nord", admission("V1")), ("sued", admission("S1", minute=20)))

    assert len(refused) == 1
    assert hub.told() == ["encounter.admitted"]


INPATIENTS = (
    subscription("members", panel=PANEL.name)._replace(
        where=Filter((("unit", ("W8",)),))
    ),
)


def test_what_a_filter_keeps_back_has_a_reason(hub):
    hub.subscribe(INPATIENTS)

    hub.hear("nord", admission("V1"))
    hub.hear("nord", fact(FactKind.MOVE, hour=9))

    assert hub.told() == ["encounter.admitted"]
    assert hub.query(
        "SELECT verdict, reason, rules FROM decision WHERE NOT permitted"
    ) == [("deny", "filter.not_matched", '["relationship@1","filter:unit@1"]')]


def test_a_filter_speaks_only_where_there_is_a_relation(hub):
    stranger = fact(patient="P9", visit="V9", hour=9)
    hub.subscribe(INPATIENTS)

    hub.hear("nord", stranger)

    assert hub.query("SELECT count(*) FROM decision") == [(0,)]


def test_no_filter_keeps_a_correction_from_who_was_told(hub):
    hub.subscribe(INPATIENTS)
    hub.hear("nord", admission("V1"))
    hub.hear("nord", fact(FactKind.END, hour=10, location=None))
    hub.send()
    where = Filter((("unit", ("elsewhere",)),))
    hub.subscribe((INPATIENTS[0]._replace(where=where),))

    hub.hear("nord", fact(FactKind.END, hour=11, occurred=at(10, 30), location=None))

    assert hub.types(hub.send()) == ["encounter.end_corrected"]


def test_a_filter_of_ages_asks_what_is_known_of_the_person():
    grown_up = subscription()._replace(where=Filter((), 18))
    event = replace(admitted(), payload={})
    child = Whose("p_1", about=lambda: {"birth_date": "2020-01-01"})

    routed = Router([grown_up]).route(event, child, NOW)

    assert [row.reason for row in routed.decisions] == ["filter.not_matched"]


def test_in_quiet_hours_nothing_is_due(hub):
    quiet = QuietHours(time(11), time(14), "UTC")
    hub.subscribe((subscription("members", panel=PANEL.name)._replace(quiet=quiet),))

    hub.hear("nord", admission("V1"))

    assert hub.send() == []
    assert len(hub.send(NOW + timedelta(hours=2))) == 1


def test_the_oldest_is_forgotten_where_memory_is_full(store):
    with closing(store.reader()) as connection:
        router = Router(ONCE)
        suppressing = Suppressing(connection, ONCE, size=2)
        for name in ("evt-1", "evt-2", "evt-3"):
            event = replace(admitted(), id=name)
            routed = router.route(event, Whose("p_1"), NOW)
            suppressing.remember(event, "p_1", routed)

        kept = [each.event for each in suppressing.pasts("p_1")["out"]]
        assert kept == ["evt-2", "evt-3"]
        suppressing.forget()
        assert suppressing.pasts("p_1") == {"out": []}


def test_nothing_is_looked_up_where_nobody_asks_for_it(store):
    with closing(store.reader()) as connection:
        suppressing = Suppressing(connection, (subscription(),))

        assert suppressing.judge(admitted(), "p_1") is None
        assert suppressing.freed(admitted()) == []
