"""Forms of given names: Bob is Robert, and Uschi is Ursula.

English forms come from the `nicknames` library, German ones from this package.
"""

from functools import cache

from nicknames import NickNamer

from hub.coordination.matching.data_files import table

#: Robbie is written Robby, and Steffie Steffi.
_ENDINGS = (("ie", "y"), ("ie", "i"), ("y", "ie"), ("i", "y"), ("i", "ie"))


def forms_of(name: str) -> frozenset[str]:
    """Return the names that `name` can stand for, itself among them.

    Two names are forms of one where these have something in common.
    """
    found = frozenset({name}) | _canonical().get(name, frozenset())
    for ending, same in _ENDINGS:
        if name.endswith(ending):
            found |= _canonical().get(name.removesuffix(ending) + same, frozenset())
    return found


def is_known(name: str) -> bool:
    """Say whether `name` is a name that people bear, and no typing error."""
    return name in _known()


def stands_alone(name: str) -> bool:
    """Say whether parents give `name` as it is, whatever else it is short for.

    Maria can be called Mia, and have a sister of that name.
    """
    return name in _alone()


@cache
def _alone() -> frozenset[str]:
    stated = table("given_names.toml")
    return frozenset({*stated["forms"], *stated["known"]["names"]})


@cache
def _canonical() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for short, full in NickNamer().canonical_lookup.items():
        found.setdefault(short, set()).update(full)
    for full, shorts in table("given_names.toml")["forms"].items():
        for short in shorts:
            found.setdefault(short, set()).add(full)
    return {short: frozenset(full) for short, full in found.items()}


@cache
def _known() -> frozenset[str]:
    names: set[str] = set(_alone())
    for short, full in _canonical().items():
        names |= {short, *full}
    return frozenset(names)
