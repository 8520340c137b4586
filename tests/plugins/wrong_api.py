"""A hostile plugin: it was written for an interface of the far future."""

from hub.sdk import hookimpl

HUB_API = ">=999"


@hookimpl
def sources():
    return []
