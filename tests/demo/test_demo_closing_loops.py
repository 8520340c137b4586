"""What is said where a loop does not go as it should. Everything in here is made up."""

import pytest

from hub.demo import closing_loops
from hub.demo.closing_loops import NUMBER, LoopPlayers
from hub.demo.helping import HEARD
from hub.demo.hospital import Hospital
from hub.demo.referral_listener import Heard, ReferralListener
from hub.demo.referring import Hungry


async def rest():
    return []


def players(*heard):
    listener = ReferralListener()
    listener.heard += [Heard("RRI^I12", number, state) for number, state in heard]
    hospital = Hospital("st-mary", "127.0.0.1", 1)
    return LoopPlayers(hospital, listener, "http://127.0.0.1:1", rest)


async def test_where_nobody_is_hungry_nothing_is_played():
    assert await players().play(Hungry()) == (0, [])


def test_all_is_well_where_the_hospital_hears_each_step():
    heard = [("X-1", state) for state in HEARD]

    assert players((NUMBER, "received"), *heard)._misheard() == []


@pytest.mark.parametrize("lost", range(len(HEARD)))
def test_a_step_that_the_hospital_does_not_hear_is_a_problem(lost):
    heard = [("X-1", state) for place, state in enumerate(HEARD) if place != lost]

    [problem] = players(*heard)._misheard()
    assert problem.startswith("the hospital heard of a referral")


def test_the_forgotten_one_waits_for_longer_than_anybody_should():
    assert closing_loops.FORGOTTEN.days >= 10
