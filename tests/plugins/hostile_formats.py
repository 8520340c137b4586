"""Hostile normalisers and renderers: declared well, and each misbehaves.

Normalisers: ``hostile-raises`` (with the body in the text), ``hostile-junk``
(returns no Normalised), ``hostile-says-nothing`` (an empty one),
``hostile-sleeps`` (blocks for 0.3 s). Renderers: ``hostile-raises``,
``hostile-junk`` (returns no Rendered), ``hostile-text`` (its body is text).
"""

import time

from hub.sdk import (
    Normalised,
    NormaliserSpec,
    Rendered,
    RendererSpec,
    Settings,
    hookimpl,
)


def normalise_raises(body, _profile):
    raise ValueError(body.decode(errors="replace"))


def normalise_junk(_body, _profile):
    return ["junk"]


def normalise_nothing(_body, _profile):
    return Normalised()


def normalise_slowly(_body, _profile):
    time.sleep(0.3)
    return Normalised(unmapped="too slow to matter")


def render_raises(notices, _options):
    raise ValueError(repr(notices))


def render_junk(_notices, _options):
    return b"junk"


def render_text(_notices, _options):
    return Rendered(body="text", media_type="text/plain")


NORMALISERS = {
    "hostile-raises": normalise_raises,
    "hostile-junk": normalise_junk,
    "hostile-says-nothing": normalise_nothing,
    "hostile-sleeps": normalise_slowly,
}
RENDERERS = {
    "hostile-raises": render_raises,
    "hostile-junk": render_junk,
    "hostile-text": render_text,
}


@hookimpl
def normalisers():
    for name, normalise in NORMALISERS.items():
        yield NormaliserSpec(
            name=name,
            media_type="text/plain",
            profile=Settings,
            normalise=normalise,
            summary="Misbehaves on purpose.",
        )


@hookimpl
def renderers():
    for name, render in RENDERERS.items():
        yield RendererSpec(
            name=name,
            options=Settings,
            render=render,
            summary="Misbehaves on purpose.",
        )
