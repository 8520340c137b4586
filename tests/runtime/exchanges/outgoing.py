"""Files of ours on their way out, for tests. All of it is made up."""

import hashlib
from dataclasses import replace

from hub.model.delivery import Rendered
from hub.model.files import NUMBER_MARK
from hub.runtime.dispatch import Dispatcher
from hub.settings import FileDestinationSettings
from hub.store.exchanges import sent
from hub.store.exchanges.sent import Outgoing
from hub.store.journal import microseconds
from tests.runtime.setting import NOW, config, metrics

WAITS = {"retry_initial_seconds": 0.001, "retry_max_seconds": 0.002}


def render_numbered(notices, _options):
    """Write a file that has a place for its number, and a line for each notice."""
    lines = "".join(f"{each.event.id}\n" for each in notices)
    return Rendered(
        body=b"no. " + NUMBER_MARK + b"\n" + lines.encode(),
        media_type="text/csv",
        suffix=".csv",
        kind="census",
    )


def file_config(render=render_numbered, together=1, **given):
    """Return the configuration of a destination of files that is called ``out``."""
    told = config(render=render, together=together)
    named = {"kind": "scripted", "format": "lines", "partner": "payer"}
    settings = FileDestinationSettings.model_validate(named | WAITS | given)
    return replace(told, settings=settings)


def file_dispatcher(store, destination, told, clock=None):
    """Return a dispatcher that numbers what it sends."""
    more = {"clock": clock} if clock else {}
    return Dispatcher(
        told, destination, store.writer, metrics(), folder=store.folder, **more
    )


def outgoing(artifact="evt_1", body=b"made up", **given):
    """Return an artifact for the partner ``payer`` before an attempt."""
    standard = {
        "artifact": artifact,
        "destination": "out",
        "partner": "payer",
        "name": f"{artifact}.csv",
        "kind": "census",
        "body": body,
        "deliveries": (),
        "at": NOW,
    }
    return Outgoing(**(standard | given))


def put_sent(connection, artifact="evt_1", due=None, **given):
    """Enter a file of ours that its partner's server has; return its number."""
    [numbered] = sent.number(connection, [outgoing(artifact, **given)])
    connection.execute(
        "UPDATE exchange SET state = 'sent', settled_at = received_at, due_at = ?"
        " WHERE id = ?",
        [due and microseconds(due), numbered.id],
    )
    return numbered


def sha256(body):
    return hashlib.sha256(body).digest()
