"""Normalisers: ``examined`` validates, ``examined-slowly`` hangs, ``mute`` cannot."""

import time

from hub.sdk import Normalised, NormaliserSpec, Remark, Settings, hookimpl


def read(_body, _profile):
    return Normalised(unmapped="for a test")


def examine(body, _profile):
    remark = Remark(severity="error", place="PV1", text="Required, and missing")
    return () if b"PV1|" in body else (remark,)


def hang(_body, _profile):
    time.sleep(3600)


@hookimpl
def normalisers():
    validators = {"examined": examine, "examined-slowly": hang, "mute": None}
    for name, validate in validators.items():
        yield NormaliserSpec(
            name=name,
            media_type="x-application/hl7-v2+er7",
            profile=Settings,
            normalise=read,
            validate=validate,
            summary="Validates.",
        )
