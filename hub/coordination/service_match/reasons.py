"""Why services are left out, in words."""

from collections.abc import Mapping

#: Why services are left out, and what that means.
REASONS: Mapping[str, str] = {
    "status": "It is not active",
    "age": "It is for people of another age",
    "area": "It does not serve the place",
    "distance": "It is too far away",
    "mode": "It cannot be used in the way that is wanted",
    "condition": "It asks for something that is known not to be so",
}
