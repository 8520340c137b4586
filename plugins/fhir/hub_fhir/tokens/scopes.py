"""What a client may do. Pure.

    scope        = "system/" resource "." permissions
    resource     = "Task" / "ServiceRequest" / "*"
    permissions  = ["c"] ["r"] ["u"] ["d"] ["s"] / "read" / "write" / "*"

Source: SMART App Launch 2.2, "Scopes for requesting FHIR Resources", with the words of
version 1.
"""

import re

RESOURCES = ("Task", "ServiceRequest")
_SCOPE = re.compile(r"system/(Task|ServiceRequest|\*)\.(c?r?u?d?s?|read|write|\*)")
_WORDS = {"read": "rs", "write": "cud", "*": "cruds"}
#: A resource and one of ``cruds``.
Permission = tuple[str, str]


def permissions_of(scope: str) -> frozenset[Permission]:
    """Return what one scope permits; nothing where it is none."""
    found = _SCOPE.fullmatch(scope)
    if found is None:
        return frozenset()
    resources = RESOURCES if found[1] == "*" else (found[1],)
    letters = _WORDS.get(found[2], found[2])
    return frozenset((each, letter) for each in resources for letter in letters)


def checked_scope(scope: str) -> str:
    """Return a scope of the settings. Raises ValueError."""
    if not permissions_of(scope):
        raise ValueError("a scope is written like system/Task.rs")
    return scope


def granted(asked: str, allowed: tuple[str, ...]) -> frozenset[Permission]:
    """Return what is asked for and allowed; what nobody asks for is not granted."""
    may: frozenset[Permission] = frozenset().union(*map(permissions_of, allowed))
    wants: frozenset[Permission]
    wants = frozenset().union(*map(permissions_of, asked.split()))
    return wants & may


def written(permissions: frozenset[Permission]) -> str:
    """Return permissions as scopes, in a fixed order."""
    scopes = []
    for resource in RESOURCES:
        letters = "".join(each for each in "cruds" if (resource, each) in permissions)
        scopes += [f"system/{resource}.{letters}"] if letters else []
    return " ".join(scopes)
