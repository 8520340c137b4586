"""A newcomer's half hour: samples, a learned profile, a checked configuration, a feed.

The samples are folders of the public examples, which nobody here wrote.
"""

import json
import socket
import subprocess
from collections import Counter
from contextlib import closing

import pytest

from tests.acceptance.corpus import CR, FS, MESSAGES, VT, examples, needs
from tests.acceptance.corpus_table import kept
from tests.acceptance.process import (
    COMMAND,
    ENVIRONMENT,
    PATIENCE_SECONDS,
    HubProcess,
    folder,
    subscription,
    table,
    unbalanced,
    write_config,
)

#: A hospital's stream, and a folder of many kinds of message from many systems; what
#: the newcomer adds to the proposal: the answer to a question that it asks.
FOLDERS = {
    "google__simhospital": 'test_messages = "apply"\n',
    "microsoft__FHIR-Converter": "",
}

pytestmark = needs(MESSAGES)


def hub(*words):
    """Run a `hub` command as a newcomer does; return what it printed."""
    done = subprocess.run(
        [COMMAND[0], *map(str, words)],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def send_all(address, bodies):
    """Send messages over one connection; return all that comes back."""
    host, _, port = address.rpartition(":")
    with closing(socket.create_connection((host, int(port)))) as connection:
        connection.settimeout(PATIENCE_SECONDS)
        heard = b""
        for start in range(0, len(bodies), 16):
            some = bodies[start : start + 16]
            connection.sendall(b"".join(VT + body + FS + CR for body in some))
        connection.shutdown(socket.SHUT_WR)
        while more := connection.recv(65536):
            heard += more
    return heard


@pytest.mark.parametrize(("name", "answer"), FOLDERS.items(), ids=list(FOLDERS))
def test_a_folder_of_samples_becomes_a_feed_that_flows(name, answer, tmp_path):
    samples, proposal = MESSAGES / name, tmp_path / "proposal.toml"
    bodies = [each.body for each in examples() if each.folder == name]

    # Learn, paste the proposal below the source's table, and check.
    learn = ("--learn", "--source", "newcomer", "--output", proposal)
    hub("feeds", "profile", *learn, samples)
    source = table("sources.newcomer", kind="mllp-listener", port=0)
    source += proposal.read_text() + answer
    out = tmp_path / "out"
    config = write_config(
        tmp_path / "hub.toml", source, folder(out), subscription("out")
    )
    hub("check", "--config", config)
    trials = hub(
        "feeds", "try", "--source", "newcomer", "--config", config, "--json", samples
    )
    foreseen = Counter(json.loads(line)["outcome"] for line in trials.splitlines())

    # Run, and send what the samples hold.
    running = HubProcess(config, tmp_path / "data").ready()
    try:
        heard = send_all(running.address("newcomer"), bodies)
        running.quiet()
        messages = kept(running)
    finally:
        status = running.close()
    states, disputed = Counter(), 0
    for each in messages:
        states[each.state] += each.times
        # Only the hub can know that a number is in use already.
        disputed += each.times * each.code.startswith("PIPE-")

    assert status == 0
    assert sum(states.values()) == len(bodies)
    assert states["unmapped"] == foreseen["unmapped"]
    assert states["processed"] + disputed == foreseen["facts"]
    assert states["processed"]
    assert b"MSA|" in heard
    assert any(out.iterdir())
    assert unbalanced(tmp_path / "data") == []
