"""What the codes of the hub itself mean: of runs of directories, and of remarks."""

from collections.abc import Mapping

#: What each code means, and what to do.
MEANINGS: Mapping[str, tuple[str, str]] = {
    "run.permitted": ("Nothing speaks against it", "Nothing"),
    "run.approved": ("A person approved it", "Nothing"),
    "run.refused": ("A person rejected it", "Ask the publisher for another export"),
    "run.superseded": ("A later refresh took its place", "Nothing"),
    "package.repeated": ("The same bytes as before", "Nothing"),
    "objects.unchanged": ("It says the same as before", "Nothing"),
    "directory.empty": (
        "The directory came without anything in it",
        "Ask the publisher; approve it only if it is true",
    ),
    "objects.vanished": (
        "More is gone than may vanish at once",
        "Look at `hub directory diff RUN`, ask the publisher, then approve or reject",
    ),
    "ids.new": (
        "More is new, and like nothing there was, than a directory grows by",
        "Look at `hub directory diff RUN`, ask the publisher, then approve or reject",
    ),
    "ids.churning": (
        "The ids are made anew by each export; objects are found by name and place",
        "Ask the publisher for ids that stay",
    ),
    "object.vanished": ("It was there until now", "Ask the publisher"),
    "object.same_as_restricted": (
        "Another directory keeps the same thing secret, so that it is secret here too",
        "Ask both publishers; it is open once the other one says that it may be",
    ),
    "object.new": ("It was not there before", "Ask the publisher"),
    "object.unusable": (
        "An object has no id that can be used",
        "Ask the publisher for an id of at most 512 characters",
    ),
    "object.twice": (
        "Two objects of a type have the same id; the first counts",
        "Ask the publisher for an id for each",
    ),
    "record.unusable": (
        "An object cannot be kept as it is, or is larger than 4 MiB",
        "Ask the publisher for a smaller one",
    ),
}
