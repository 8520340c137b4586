"""A hostile plugin: what its hook returns is no spec."""

from hub.sdk import hookimpl


@hookimpl
def sources():
    return [{"kind": "junk-listener"}]
