"""A hostile plugin: it implements a hook that the hub does not have."""

from hub.sdk import hookimpl


@hookimpl
def sourcez():
    return []
