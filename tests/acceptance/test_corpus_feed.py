"""Every public example message goes through a running hub, over a real socket.

Nothing of the corpus is in this repository; without it these tests are skipped.
Run with ``-s`` to see what became of the messages, by source folder and type.
"""

import hashlib
import re
import socket
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from tests.acceptance.corpus import CR, FS, MESSAGES, VT, examples, needs
from tests.acceptance.corpus_table import kept, lines, tabulate, total
from tests.acceptance.process import PATIENCE_SECONDS, feed

#: Peers that talk to the hub at once.
SENDERS = 6

#: Why a message of ADT that says who and which visit is quarantined all the same.
RIGHTLY_PARKED = {
    "HL7-001": "it lacks the header, so that nothing says how to read it",
    "HL7-002": "its header names too few delimiters to read any field",
    "HL7-005": "MSH-14 says that it continues another message: a part of a whole",
    "HL7-007": "a line in it is no segment, so that a field may be torn",
    "HL7-010": "its trailer counts other messages than there are: some are lost",
    "HL7-011": "something in the batch belongs to no message",
    "HL7-103": "nothing says when it was recorded or happened, so it has no order",
    "HL7-104": "it repairs a number and does not say which",
    "PIPE-003": "the visit number is another patient's: one of both is wrong",
}
#: What may be missing in a message that does not say who or which visit.
UNSAID = {
    "HL7-101": "no number of a patient: nobody can be told whom it is about",
    "HL7-102": "no number of a visit, and nothing else that makes it the same visit",
}
#: What other families lack where they are quarantined.
OTHERS = {
    "HL7-111": "the record has no number, so that a correction could not find it",
    "HL7-112": "the segment that the message type is about is not there",
}

pytestmark = needs(MESSAGES)


def fields(body):
    """Return the fields of the header; field n of MSH is at place n - 1."""
    header = re.split(rb"[\r\n]", body.lstrip(b" \t\r\n\0\xef\xbb\xbf"), maxsplit=1)[0]
    return header.split(header[3:4] or b"|")


#: Types that the hub reads, though their second segment may be MSA.
NEWS = {b"REF", b"RRI", b"ORM", b"OMG", b"OSU", b"SIU", b"MDM", b"ORU"}


def is_answer(body):
    """Say whether a message is itself an acknowledgement, and no news like an RRI."""
    header, _, rest = body.partition(b"\r")
    parts = header.split(body[3:4])
    kind = parts[8][:3] if len(parts) > 8 else b""
    answers = rest.lstrip(b"\r\n").startswith(b"MSA") or kind in {b"ACK", b"MCF"}
    return answers and kind not in NEWS


def exchange(connection, body):
    """Send one message; return the answer."""
    connection.sendall(VT + body + FS + CR)
    answer = b""
    while not answer.endswith(FS + CR):
        received = connection.recv(65536)
        assert received, "the hub closed the connection"
        answer += received
    return answer


def codes(answer):
    """Return MSA-1 of each acknowledgement in what a hub sent."""
    return [code.decode() for code in re.findall(rb"\rMSA.(\w\w)", answer)]


@pytest.fixture(scope="module")
def corpus():
    return examples()


@pytest.fixture(scope="module")
def folders(corpus):
    """Return the source folder of each message, by its digest."""
    return {hashlib.sha256(each.body).digest(): each.folder for each in corpus}


@pytest.mark.parametrize("test_messages", ["set_aside", "apply"])
def test_each_message_is_answered_once_and_kept_byte_for_byte(
    hubs, corpus, folders, test_messages
):
    profile = {"charset_default": "8859/1", "test_messages": test_messages}
    hub = hubs.start(feed(profile=profile, mode="original"))
    host, port = hub.address().split(":")
    answers = Counter()
    with closing(socket.create_connection((host, int(port)))) as connection:
        connection.settimeout(PATIENCE_SECONDS)
        for _, _, body in corpus:
            if is_answer(body):
                connection.sendall(VT + body + FS + CR)
                continue
            answer = exchange(connection, body)
            assert answer.count(VT) == 1  # or else the last one was answered too
            answers.update(codes(answer))
    hub.quiet()
    stored = hub.query("SELECT sha256, body FROM message")
    messages = kept(hub)
    arrivals = sum(each.times for each in messages)

    assert {bytes(digest) for digest, _ in stored} >= set(folders)
    assert all(hashlib.sha256(body).digest() == digest for digest, body in stored)
    assert arrivals == len(corpus) + parts_of(messages, corpus)
    assert answers.total() == sum(not is_answer(each.body) for each in corpus)
    check_outcomes(messages)
    show(messages, folders, answers)


def parts_of(messages, corpus):
    """Return how many messages the batches held that were split."""
    split = {each.digest for each in messages if each.state == "split"}
    distinct = {each.body for each in corpus}
    bodies = [each for each in distinct if hashlib.sha256(each).digest() in split]
    return sum(len(re.findall(rb"(?:^|[\r\n])MSH", body)) for body in bodies)


def check_outcomes(messages):
    """Every message has one outcome, and every outcome what belongs to it."""
    parents = {each.parent for each in messages} - {None}
    for each in messages:
        assert each.state in {"processed", "split", "unmapped", "parked"}
        assert bool(each.facts) == (each.state == "processed")
        assert bool(each.code) == (each.state == "parked")
        assert each.seq not in parents or each.state == "split"
    split = [each.seq for each in messages if each.state == "split"]
    assert parents
    assert parents <= set(split)
    parked = {each.code for each in messages if each.state == "parked"}
    assert parked <= {*RIGHTLY_PARKED, *UNSAID, *OTHERS}


def show(messages, folders, answers):
    """Print what became of the messages."""
    table = tabulate(messages, folders)
    assert total(table).stored == sum(each.times for each in messages)
    print(f"\nanswers: {dict(answers)}")  # noqa: T201 - the test's second purpose
    print("\n".join(lines(table)))  # noqa: T201


def test_who_and_which_visit_make_facts_of_every_event(hubs, corpus):
    """Or the message is quarantined for a reason that is right."""
    profile = {"charset_default": "8859/1", "test_messages": "apply"}
    hub = hubs.start(feed(profile=profile, mode="original"))
    told = [each.body for each in corpus if says_who_and_which_visit(each.body)]
    host, port = hub.address().split(":")
    with closing(socket.create_connection((host, int(port)))) as connection:
        connection.settimeout(PATIENCE_SECONDS)
        for body in told:
            exchange(connection, body)
    hub.quiet()
    outcomes = {each.digest: each for each in kept(hub)}

    silent = Counter()
    for body in told:
        outcome = outcomes[hashlib.sha256(body).digest()]
        if not outcome.facts:
            silent[outcome.state, outcome.code] += 1
    assert {code for _, code in silent} <= RIGHTLY_PARKED.keys()
    assert {state for state, _ in silent} <= {"parked"}
    assert silent.total() < len(told) // 10


def says_who_and_which_visit(body):
    """Say whether it is an ADT message with PID-3 and PV1-19; a batch is none."""
    header = fields(body)
    if header[0] != b"MSH" or len(header) < 9 or is_answer(body):
        return False
    if header[8][:3] != b"ADT":
        return False
    first = {}
    for line in re.split(rb"[\r\n]+", body):
        first.setdefault(line[:3], line.split(body[3:4]))
    numbers = (first.get(b"PID", [])[3:4], first.get(b"PV1", [])[19:20])
    return all(field and re.match(rb"\s*\w", field[0]) for field in numbers)


def asked(body):
    """Return what MSH-15 and MSH-16 say, None where the mode is the original one."""
    header = fields(body)
    if header[0] != b"MSH":
        return None
    both = (*header[14:16], b"", b"")[:2]
    commit, application = (
        code.strip().decode() if code.strip() in {b"AL", b"NE", b"ER", b"SU"} else ""
        for code in both
    )
    return (commit, application) if commit or application else None


def due(body, outcome):
    """Return the answers that a message asks for, given what became of it."""
    header = fields(body)
    if is_answer(body):  # only that it is stored may be asked for
        commit, _ = asked(body) or ("", "")
        return ["CA"] if commit in {"AL", "SU"} else []
    if header[0] not in {b"MSH", b"FHS", b"BHS"}:
        return ["AR"]
    modes = asked(body)
    if modes is None:
        return ["AA"]
    commit, application = modes
    good = outcome.state != "parked"
    answers = ["CA"] if commit in {"AL", "SU"} else []
    if application in ("AL", "SU" if good else "ER"):
        answers.append("AA" if good else "AE")
    return answers


def test_each_message_gets_exactly_the_answers_that_it_asks_for(hubs, corpus):
    """One connection for each: all that comes before its end is for that message."""
    profile = {"charset_default": "8859/1", "test_messages": "apply"}
    hub = hubs.start(feed(profile=profile, mode="auto"))
    host, port = hub.address().split(":")

    def hear(body):
        with closing(socket.create_connection((host, int(port)))) as connection:
            connection.settimeout(PATIENCE_SECONDS)
            connection.sendall(VT + body + FS + CR)
            connection.shutdown(socket.SHUT_WR)
            return codes(b"".join(iter(lambda: connection.recv(65536), b"")))

    bodies = [each.body for each in corpus]
    with ThreadPoolExecutor(SENDERS) as pool:
        heard = list(pool.map(hear, bodies))
    hub.quiet()
    outcomes = {each.digest: each for each in kept(hub)}
    table = Counter()
    for body, answers in zip(bodies, heard, strict=True):
        outcome = outcomes[hashlib.sha256(body).digest()]
        table[asked(body), tuple(answers)] += 1

        assert answers == due(body, outcome)
    modes = {modes for modes, _ in table}
    assert {None, ("AL", "AL"), ("NE", "NE"), ("ER", "AL"), ("AL", "NE")} <= modes
    for (modes, answers), count in sorted(table.items(), key=str):
        print(f"{modes!s:<14}{' '.join(answers) or '-':<8}{count}")  # noqa: T201
