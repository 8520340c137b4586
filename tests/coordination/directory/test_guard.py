"""Whether a directory may take effect: vectors of our own."""

import pytest

from hub.coordination.directory.guard import (
    EMPTY,
    UNKNOWN,
    VANISHED,
    Tally,
    held_by,
    mode_of,
)
from hub.settings import DirectorySettings

USUAL = DirectorySettings()


def tally(before=1000, there=1000, gone=0, new=0, alike=0, **more):
    return Tally(before, there, gone, new, alike, **more)


@pytest.mark.parametrize(
    ("found", "held"),
    [
        (tally(), ""),
        (tally(before=0, new=1000), ""),
        (tally(before=0, there=0), EMPTY),
        (tally(there=0, gone=1000), EMPTY),
        (tally(there=0, whole=False), ""),
        (tally(gone=50), ""),
        (tally(gone=51), VANISHED),
        (tally(before=100, there=90, gone=10), ""),
        (tally(before=100, there=89, gone=11), VANISHED),
        (tally(gone=20, kinds=((900, 10), (100, 10))), ""),
        (tally(gone=21, kinds=((900, 10), (100, 11))), VANISHED),
        (tally(there=1200, new=240), ""),
        (tally(there=1251, new=251), UNKNOWN),
        (tally(before=20, there=29, new=9), ""),
        (tally(before=20, there=30, new=10), UNKNOWN),
    ],
)
def test_too_much_gone_or_new_is_held(found, held):
    assert held_by(found, USUAL) == held


def test_the_limits_are_those_of_the_source():
    lenient = DirectorySettings(max_removed=1, max_removed_count=5000, max_new=1)

    assert held_by(tally(gone=900), lenient) == ""
    assert held_by(tally(there=2000, new=1000), lenient) == ""


@pytest.mark.parametrize(
    ("found", "mode"),
    [
        (tally(), "by_id"),
        (tally(gone=1000, new=1000, alike=900), "by_name"),
        (tally(gone=301, new=301, alike=151), "by_name"),
        (tally(gone=300, new=300, alike=300), "by_id"),
        (tally(gone=1000, new=1000, alike=499), "by_id"),
        (tally(before=0, new=1000), "by_id"),
        (tally(churning=True), "by_name"),
    ],
)
def test_ids_that_are_made_anew_are_found_out(found, mode):
    assert mode_of(found, USUAL) == mode
