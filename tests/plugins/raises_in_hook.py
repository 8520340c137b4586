"""A hostile plugin: one hook is fine, the other raises halfway through."""

from hub.sdk import Normalised, NormaliserSpec, Settings, hookimpl

__version__ = "6.6.6"


def nothing(body, profile):  # noqa: ARG001  the contract passes both
    return Normalised(unmapped="nothing")


NOTHING = NormaliserSpec(
    name="half-declared",
    media_type="text/plain",
    profile=Settings,
    normalise=nothing,
    summary="Declared before the hook raises.",
)


@hookimpl
def normalisers():
    yield NOTHING
    raise RuntimeError("the hook\nbroke")
