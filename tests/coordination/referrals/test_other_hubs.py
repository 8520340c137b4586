"""What another hub says of itself, told over FHIR, is in no conflict with ours.

Each side has a hub; the plugin writes what one of them tells, and reads it at the
other. Everybody in it is made up.
"""

import pytest
from msgspec.structs import replace

from hub.coordination.referrals.fold import fold_referral
from hub.coordination.standing import witness
from hub.model.times import exactly
from hub_fhir.reading.normalise import normalise
from hub_fhir.reading.profile import FhirProfile
from hub_fhir.rendering.options import ReferralOptions
from hub_fhir.rendering.referral import render, served
from hub_fhir.resources.wire import write
from plugins.fhir.tests.samples import referral
from tests.coordination.referrals.stories import BEGIN, answered, asked

WAITING = {"for": "undecided", "since": BEGIN.isoformat()}
REMINDER = {"by": "hub", "says": "reminder", "level": "reminder", "waiting": WAITING}
ROOM = {"by": "performer", "says": "capacity_reported"}
GONE = {"by": "hub", "says": "expired", "state": "expired"}
OWN = [asked(), answered(1, "accepted")]


def heard(name, payload, *, polled):
    """Return what a hub makes of what another one tells, two hours later."""
    notice = referral(name, **{"authored": BEGIN.isoformat(), **payload})
    event = notice.event
    at = BEGIN.replace(hour=10)
    times = replace(event.times, occurred=exactly(at), emitted=at)
    notice = replace(notice, event=replace(event, times=times))
    options = ReferralOptions()
    task = next(iter(served(notice, options).values()))
    body = write(task) if polled else render([notice], options).body
    return [witness(each) for each in normalise(body, FhirProfile()).facts]


@pytest.mark.parametrize("polled", [True, False])
@pytest.mark.parametrize(
    ("name", "payload"),
    [
        ("information_provided", ROOM | {"state": "requested"}),
        ("information_provided", ROOM | {"state": "accepted"}),
        ("expired", GONE),
        ("escalated", REMINDER | {"state": "requested"}),
        ("escalated", REMINDER | {"state": "accepted"}),
    ],
)
def test_what_another_hub_says_of_itself_moves_nothing(name, payload, polled):
    told = heard(name, payload, polled=polled)

    found = fold_referral([*OWN, *told])

    assert found.conflicts == ()
    assert found.state == "accepted"


def test_that_it_expired_there_is_told_in_words():
    found = fold_referral([OWN[0], *heard("expired", GONE, polled=True)])

    assert found.state == "requested"
    assert [each.event for each in found.tellings] == [
        "requested",
        "information_provided",
    ]
    assert "expired" in found.notes["performer"]["text"]
