"""The process in which messages are worked out. Every message is synthetic."""

import os
import signal
from pathlib import Path

import pytest

from tests.acceptance.messages import adt, send
from tests.acceptance.process import HubProcess, eventually

pytestmark = [pytest.mark.acceptance, pytest.mark.usefixtures("own_process")]

PROCESSED = "SELECT count(*) FROM message WHERE state = 'processed'"


def pipelines(hub):
    """Return the processes that a hub started to work messages out."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            command = (folder / "cmdline").read_text()
        except OSError:  # it has just ended
            continue
        if int(parent) == hub.process.pid and "pipeline_child" in command:
            found.append(int(folder.name))
    return found


def admissions(count, first=0):
    return [
        adt(control_id=f"C{n}", patient=f"P{n}", visit=f"V{n}")
        for n in range(first, first + count)
    ]


def test_works_messages_out_in_a_process_of_its_own(hubs):
    hub = hubs.start()

    assert send(hub.address(), adt()) == ["AA"]
    hub.quiet()

    assert len(pipelines(hub)) == 1
    assert hub.query(PROCESSED) == [(1,)]


def test_works_on_a_thread_where_it_is_told_to(hubs):
    config = hubs.config()
    config.write_text(config.read_text().replace('"process"', '"thread"'))
    hub = HubProcess(config, hubs.data_dir)
    hubs.started.append(hub)
    hub.ready()

    assert send(hub.address(), adt()) == ["AA"]
    hub.quiet()

    assert pipelines(hub) == []
    assert hub.query(PROCESSED) == [(1,)]


def test_ends_with_an_error_where_the_process_is_killed_and_goes_on_later(hubs):
    hub = hubs.start()
    bodies = admissions(100)
    assert send(hub.address(), *bodies[:50]) == ["AA"] * 50
    [pipeline] = pipelines(hub)
    os.kill(pipeline, signal.SIGKILL)

    status = hub.wait()

    assert status == 1
    assert "PIPE-007" in hub.log
    again = hubs.start()
    assert send(again.address(), *bodies[50:]) == ["AA"] * 50
    eventually(lambda: again.query(PROCESSED) == [(100,)], again)
    again.quiet()
    assert len(list(hubs.out.iterdir())) == 100


def test_the_process_ends_where_the_hub_is_killed(hubs):
    hub = hubs.start()
    [pipeline] = pipelines(hub)

    hub.kill()

    eventually(lambda: not Path(f"/proc/{pipeline}").exists())


def test_stops_well_where_all_its_processes_are_asked_to(hubs):
    hub = hubs.start()
    [pipeline] = pipelines(hub)
    assert send(hub.address(), *admissions(40)) == ["AA"] * 40

    os.kill(pipeline, signal.SIGTERM)
    os.kill(pipeline, signal.SIGINT)
    status, seconds = hub.terminate()

    assert status == 0
    assert seconds < 10
    assert "Traceback" not in hub.log
