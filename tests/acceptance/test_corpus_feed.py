"""Every public example message goes through a running hub, over a real socket.

Nothing of the corpus is in this repository; without it these tests are skipped.
Run with ``-s`` to see the table of states by message type.
"""

import hashlib
import os
import re
import socket
from collections import Counter
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest

from tests.acceptance.process import PATIENCE_SECONDS, feed

ROOT = Path(__file__).parents[2]
CORPUS = Path(os.environ.get("CAREHUB_CORPUS", ROOT.parent / "shared/corpus")) / "hl7v2"
START = re.compile(rb"(?:^|(?<=[\r\n\x0b]))(?=MSH[^A-Za-z0-9\s])")
VT, FS, CR = b"\x0b", b"\x1c", b"\x0d"

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.corpus,
    pytest.mark.skipif(
        not CORPUS.is_dir(),
        reason=f"there is no corpus at {CORPUS}; set CAREHUB_CORPUS to where it is",
    ),
]


def messages():
    """Return each message of the corpus that MLLP can carry; a batch is one."""
    found = []
    for path in sorted(path for path in CORPUS.rglob("*") if path.is_file()):
        content = path.read_bytes().strip(VT + FS + b"\r\n")
        cuts = [match.start() for match in START.finditer(content)]
        batch = content[:3] in {b"FHS", b"BHS"} or not cuts
        pieces = (
            [content]
            if batch
            else [content[a:b] for a, b in pairwise([*cuts, len(content)])]
        )
        found += [each for each in pieces if each and VT not in each and FS not in each]
    return found


def is_answer(body):
    """Say whether a message is itself an acknowledgement, which nobody answers."""
    header, _, rest = body.partition(b"\r")
    fields = header.split(body[3:4])
    return rest.lstrip(b"\r\n").startswith(b"MSA") or (
        len(fields) > 8 and fields[8][:3] in {b"ACK", b"MCF"}
    )


def exchange(connection, body):
    """Send one message; return the answer."""
    connection.sendall(VT + body + FS + CR)
    answer = b""
    while not answer.endswith(FS + CR):
        received = connection.recv(65536)
        assert received, "the hub closed the connection"
        answer += received
    return answer


@pytest.fixture(scope="module")
def sent():
    return messages()


@pytest.mark.parametrize("test_messages", ["set_aside", "apply"])
def test_each_message_is_answered_once_and_kept_byte_for_byte(
    hubs, sent, test_messages
):
    profile = {"charset_default": "8859/1", "test_messages": test_messages}
    hub = hubs.start(feed(profile=profile))
    host, port = hub.address().split(":")
    answers = Counter()
    with closing(socket.create_connection((host, int(port)))) as connection:
        connection.settimeout(PATIENCE_SECONDS)
        for body in sent:
            if is_answer(body):
                connection.sendall(VT + body + FS + CR)
                continue
            answer = exchange(connection, body)
            assert answer.count(VT) == 1  # or else the last one was answered too
            answers[re.search(rb"MSA.(\w\w)", answer).group(1).decode()] += 1
    hub.quiet()
    stored = hub.query("SELECT sha256, body FROM message")
    received = hub.query("SELECT sum(1 + repeats) FROM message")

    assert {bytes(digest) for digest, _ in stored} == {
        hashlib.sha256(body).digest() for body in sent
    }
    assert all(hashlib.sha256(body).digest() == digest for digest, body in stored)
    assert received == [(len(sent),)]
    assert sum(answers.values()) == sum(not is_answer(body) for body in sent)
    show(hub, answers)


def show(hub, answers):
    """Print what became of the messages, by type."""
    rows = hub.query("SELECT message_type, state, 1 + repeats FROM message")
    table = Counter()
    for kind, state, count in rows:
        table[kind, state] += count
    states = ("processed", "unmapped", "parked")
    print(f"\nanswers: {dict(answers)}")  # noqa: T201 - the test's second purpose
    print(f"{'type':<10}" + "".join(f"{state:>11}" for state in states))  # noqa: T201
    for kind in sorted({kind for kind, _ in table}):
        counts = "".join(f"{table[kind, state]:>11}" for state in states)
        print(f"{kind:<10}{counts}")  # noqa: T201
    reasons = hub.query(
        "SELECT error_code, reason, count(*) FROM message WHERE state = 'parked' "
        "GROUP BY 1, 2 ORDER BY 3 DESC"
    )
    for code, reason, count in reasons:
        print(f"parked {count:>4} {code} {reason}")  # noqa: T201
