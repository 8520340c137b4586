"""What a pipeline of these tests works with, wherever it works. All of it is made up.

The process of a pipeline finds it by its name, so that it is in a module.
"""

import os
import time
from functools import partial
from pathlib import Path

from hub.config.tables import IdentityTable
from hub.model.facts import FactKind, Normalised
from hub.runtime import core
from hub.runtime.relations import Relations
from hub.runtime.routing import Router
from hub.runtime.transitions import Programmes
from hub.runtime.workings import Workings
from hub.store.sqlite import open_reader
from hub.telemetry import configure_logging
from tests.runtime.facts import EVERYONE, SECRET, fact, made_up_feed
from tests.runtime.setting import raw


def said(patient, hour, control_id=""):
    """Return a message about a patient who moves on every hour."""
    return raw(f"{patient} {hour}".encode(), control_id or f"{patient}-{hour}")


def normalise(body, _profile, folder):
    """Read ``PATIENT HOUR``, or do what the message tells to do."""
    match body.decode().split():
        case ["nothing"]:
            return Normalised(unmapped="for.a.test")
        case ["wait"]:  # until the test lets go of it
            while not (folder / "go").exists():
                time.sleep(0.005)
            return Normalised(unmapped="for.a.test")
        case ["die"]:
            os._exit(77)
        case [patient, hour]:
            kind = FactKind.START if hour == "0" else FactKind.MOVE
            visit = f"V{patient}"
            return Normalised(facts=(fact(kind, patient, visit, hour=int(hour)),))


def poisoned(processor):
    """Let `processor` fail on the patient ``poison``, as a defect would."""
    process = processor.process

    def fail(waiting, *given):
        settlement = process(waiting, *given)
        if waiting.body.startswith(b"poison"):
            raise RuntimeError("made up")
        return settlement

    processor.process = fail
    return processor


def prepare(data_dir):
    """Return what reads messages of `normalise` in the store in `data_dir`."""
    configure_logging(json=True)
    reader = open_reader(data_dir)
    feed = made_up_feed(partial(normalise, folder=Path(data_dir).parent))
    processor = core.processor(
        reader,
        SECRET,
        Router(EVERYONE),
        Relations({}),
        rules="us",
        programmes=Programmes(),
        identity=IdentityTable(),
    )
    feeds = {"klinik-nord": feed}
    return Workings(reader, feeds, poisoned(processor))


def prepare_broken(data_dir):
    """Return what cannot read the store any more."""
    made = prepare(data_dir)
    made.reader.close()
    return made


def prepare_never(_data_dir):
    """Never come back."""
    while True:
        time.sleep(60)
