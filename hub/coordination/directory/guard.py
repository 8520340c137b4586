"""Whether a directory may take effect: too much gone, too much new (R-DIR-06, 07).

Nothing is judged by how a package calls itself: only by what would become of what the
hub has of the feed.
"""

from typing import Literal, NamedTuple

from hub.settings import DirectorySettings

#: A directory without anything in it never ends one that has something.
EMPTY = "directory.empty"
#: More is gone than may vanish at once.
VANISHED = "objects.vanished"
#: More is new, and like nothing that was there, than a directory grows by.
UNKNOWN = "ids.new"
#: From so many new objects on it is asked whether they are too many.
FEWEST_NEW = 10
#: So many of the new ones must be known by name and place for ids that churn.
_MOST_OF = 0.5

Mode = Literal["by_id", "by_name"]


class Tally(NamedTuple):
    """How a directory compares with the one before, by the ids of its objects.

    `before` counts what was there, `there` what the package has, `gone` those that were
    there until now and are not in it, `new` those whose id was never seen, and
    `alike` those of the new ones that are like one that is gone. `kinds` has
    (before, gone) of each type. `churning` says that ids of the feed were made anew
    before.
    """

    before: int
    there: int
    gone: int
    new: int
    alike: int
    kinds: tuple[tuple[int, int], ...] = ()
    whole: bool = True
    churning: bool = False


def mode_of(tally: Tally, settings: DirectorySettings) -> Mode:
    """Return how objects are to be found again (R-DIR-07)."""
    if tally.churning:
        return "by_name"
    if not tally.before or not tally.new:
        return "by_id"
    much = tally.new > settings.churn * tally.there
    return "by_name" if much and tally.alike >= _MOST_OF * tally.new else "by_id"


def held_by(tally: Tally, settings: DirectorySettings) -> str:
    """Return why a directory must wait for a person, "" where it need not.

    `tally` counts by the way of `mode_of`.
    """
    if tally.whole and not tally.there:
        return EMPTY
    if not tally.before:
        return ""
    if tally.gone > settings.max_removed_count:
        return VANISHED
    for before, gone in ((tally.before, tally.gone), *tally.kinds):
        if gone and gone > settings.max_removed * before:
            return VANISHED
    if tally.new >= FEWEST_NEW and tally.new > settings.max_new * tally.there:
        return UNKNOWN
    return ""
