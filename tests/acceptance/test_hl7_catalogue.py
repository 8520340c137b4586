"""Headers and content that no sender should send: rows 19 to 50 of the catalogue.

All through one hub and real sockets; `unharmed` says what has to hold after each,
and rows 1 to 18 are in test_hl7_framing.py. Where a row leaves a choice to the
source, the hub by default accepts what it stored (R-HL7-13), because most senders
stop their queue at AE, and sets aside what it does not understand: rows 19 to 23, 25,
27, 28, 33 to 35, 39, 40, 42, 46, 47 and 50 then mean AA and `parked` or `unmapped`.
Beyond that these rows are read so:

    22, 26, 30  normalised without a warning where nothing was lost by it
    23          a message without MSH-10 is stored and answered with an empty MSA-2
                (R-HL7-12) instead of being set aside; so is one with control
                characters in it, which show escaped wherever it is shown
    25          the messages go where nobody acts on them; `test_messages` refuses
    27          ASCII in MSH-18 says as much as nothing, so the default of the feed
                decides, and only bytes that do not fit are set aside
    35          see also test_er7.py, test_mllp.py and test_batch.py of plugins/hl7,
                cost_is_linear
    37          an unescaped delimiter cannot be told from one that was meant, so
                there is no warning; the bytes are kept
    45          a document has to fit into `max_frame_bytes`
"""

import csv
import hashlib
import re
import socket
import subprocess
from itertools import count, product

import pytest

from tests.acceptance.catalogue import (
    CANARY,
    NUMBER,
    build,
    expected,
    line,
    outcome,
    patient,
    running,
    stored,
    takes_a_good_message,
    told,
    unharmed,
    verdict,
    visit,
)
from tests.acceptance.catalogue_content import CONTENTS, FAKE_LOG, NAMES
from tests.acceptance.catalogue_header import HEADERS
from tests.acceptance.messages import START, Sender, framed, msa
from tests.acceptance.process import COMMAND, ENVIRONMENT, eventually, feed

pytestmark = pytest.mark.acceptance

STRICT = {
    "accept_types": ["ADT"],
    "acknowledge": "after_processing",
    "on_problem": "strict",
    "test_messages": "reject",
}
_numbers = count(1)


@pytest.fixture(scope="module")
def running_hub(tmp_path_factory):
    feeds = (
        feed(),
        feed("streng", **STRICT),
        feed("stapel", batch_ack="messages"),
        feed("folge", sequence_protocol=True),
    )
    with running(tmp_path_factory.mktemp("catalogue"), *feeds) as hub:
        yield hub


@pytest.fixture
def hub(running_hub):
    with unharmed(running_hub):
        yield running_hub


@pytest.fixture
def key():
    """Return a name that no other message of these tests has."""
    return f"k{next(_numbers)}"


def rows(cases):
    return [pytest.param(case, id=f"{row}-{case.name}") for row, case in cases]


def say(hub, *bodies, name="klinik-nord"):
    """Send messages over one connection and wait; return what was answered to each."""
    with Sender(hub.address(name)) as sender:
        answers = []
        for body in bodies:
            sender.write(framed(body))
            answers.append(sender.answer())
            hub.quiet()
        assert takes_a_good_message(hub)
    return answers


def accepted(hub, *bodies, name="klinik-nord"):
    """Send messages that are accepted; return the state of each and what it tells."""
    codes = [msa(answer)[0] for answer in say(hub, *bodies, name=name)]
    assert codes == ["AA"] * len(bodies)
    return [
        (outcome(hub, body)["state"], [event["type"] for event in told(hub, body)])
        for body in bodies
    ]


def errors(answer):
    """Return the ERR segments of an answer, without what follows their code."""
    lines = answer.decode().split("\r")
    return [each.split("^HL70357")[0] for each in lines if each.startswith("ERR")]


@pytest.mark.parametrize("case", rows([*HEADERS, *CONTENTS]))
def test_each_piece_of_bad_input_has_one_outcome(hub, case):
    with Sender(hub.address()) as sender:
        answer, _ = sender.send(case.body)

        assert takes_a_good_message(hub, sender)
    assert verdict(hub, case.body, answer) == expected(case)


# Row 19.


def batch(key, *bodies, end=True):
    """Return a batch of messages, with trailers or without."""
    head = f"FHS|^~\\&|KIS|K|||20260314||||F{key}\rBHS|^~\\&|KIS|K|||||||B{key}\r"
    tail = f"BTS|{len(bodies)}\rFTS|1\r" if end else ""
    return head.encode() + b"".join(bodies) + tail.encode()


@pytest.mark.parametrize("end", [True, False])
@pytest.mark.parametrize("name", ["klinik-nord", "stapel"])
def test_row_19_a_batch_is_taken_apart(hub, key, name, end):
    bodies = [build(f"{key}-{number}") for number in range(3)]
    whole = batch(key, *bodies, end=end)
    (answer,) = say(hub, whole, name=name)

    given = [each for each in answer.decode().split("\r") if each.startswith("MSA")]
    every = [f"MSA|AA|{key}-{number}" for number in range(3)]
    assert given == (every if name == "stapel" else [f"MSA|AA|F{key}"])
    assert outcome(hub, whole)["state"] == "split"
    assert [outcome(hub, body)["state"] for body in bodies] == ["processed"] * 3


def test_row_19_a_batch_of_another_size_than_it_says_is_set_aside(hub, key):
    whole = batch(key, build(key)).replace(b"BTS|1", b"BTS|2")
    before = stored(hub)
    (answer,) = say(hub, whole)

    assert msa(answer) == ("AA", f"F{key}")
    assert outcome(hub, whole)["error_code"] == "HL7-010"
    assert stored(hub) == before + 2  # with the good message after it


# Row 23 and 24.


def test_row_23_and_24_a_control_id_may_come_again(hub, key):
    first, second = (build(f"{key}{day}", msh={10: key}) for day in "ab")

    assert accepted(hub, first, second) == [("processed", ["encounter.admitted"])] * 2
    assert outcome(hub, second)["warnings"] == ["control_id.reused"]


def test_row_23_a_control_id_does_nothing_to_a_terminal(hub):
    body = build("r23t", msh={10: "r23t\x1b[2J\x07"})
    accepted(hub, body)
    config = hub.data_dir.parent / "hub.toml"
    command = (COMMAND[0], "messages", "--config", str(config))
    done = subprocess.run(
        command, capture_output=True, env=ENVIRONMENT, timeout=30, check=True
    )

    assert b"r23t" in done.stdout
    assert b"\x1b[2J" not in done.stdout
    assert b"\x07" not in done.stdout


# Row 25, 34, 40 and 49, where the feed is strict.


@pytest.mark.parametrize(
    ("changes", "code", "error"),
    [
        ({"msh": {11: "T"}}, "AR", "ERR||MSH^1^11|202^Unsupported processing id"),
        ({"drop": ("PID",)}, "AE", "ERR||PID^1^3|101^Required field missing"),
        ({"trigger": "A40"}, "AE", "ERR||MRG^1^1|101^Required field missing"),
        (
            {"msh": {9: "ORM^O01"}},
            "AR",
            "ERR||MSH^1^9^1^1|200^Unsupported message type",
        ),
        (
            {"msh": {9: "QBP^Q22"}},
            "AR",
            "ERR||MSH^1^9^1^1|200^Unsupported message type",
        ),
    ],
)
def test_a_strict_feed_says_where_it_is_wrong(hub, key, changes, code, error):
    (answer,) = say(hub, build(key, **changes), name="streng")

    assert msa(answer) == (code, key)
    assert errors(answer) == [error]
    assert CANARY not in answer.decode()
    assert NUMBER not in answer.decode()


# Row 29.

SETTLED = "SELECT 1 FROM message WHERE control_id = ? AND state <> 'received'"
COMMIT = {"AL": "CA", "NE": "", "ER": "", "SU": "CA", "": ""}
DONE_WELL = {"AL": "AA", "NE": "", "ER": "", "SU": "AA", "": ""}
DONE_BADLY = {"AL": "AE", "NE": "", "ER": "AE", "SU": "", "": ""}


@pytest.mark.parametrize("good", [True, False])
@pytest.mark.parametrize(("accept", "application"), [*product(COMMIT, COMMIT)])
def test_row_29_msh_15_and_16_get_what_they_ask_for(
    hub, key, good, accept, application
):
    body = build(key, msh={15: accept, 16: application}, drop=() if good else ("PID",))
    done = DONE_WELL if good else DONE_BADLY
    both = [COMMIT[accept], done[application]] if accept or application else ["AA"]
    wanted = [code for code in both if code]
    with Sender(hub.address()) as sender:
        sender.write(framed(body))
        heard = [msa(sender.answer())[0] for _ in wanted]
        eventually(lambda: hub.query(SETTLED, key), hub)
        sender.write(framed(build(f"end{key}")))
        heard += until_end(sender)

    assert heard == wanted


def until_end(sender):
    """Return the codes that were answered before the message that ends a test."""
    codes = []
    while True:
        code, name = msa(sender.answer())
        if name.startswith("end"):
            return codes
        codes.append(code)


# Row 30.


def test_row_30_the_time_of_sending_does_not_order_anything(hub, key):
    first = build(key, msh={7: "20361231"})
    second = build(
        key,
        "A02",
        msh={7: "20260314100000", 10: f"{key}b"},
        evn={2: "20260314100000"},
        pv1={3: "CHIR2"},
    )

    moved = [("processed", ["encounter.transferred"])]
    assert accepted(hub, first, second)[1:] == moved
    (event,) = told(hub, second)
    assert event["payload"]["location"]["unit"] == "CHIR2"


# Row 32, 36, 43 and 44.


@pytest.mark.parametrize("name", NAMES)
def test_rows_32_43_and_44_a_name_is_stored_exactly_and_does_nothing(hub, name):
    family = NAMES[name]
    body = build(f"r43{name}", pid={5: f"{family}^{CANARY}"})

    assert accepted(hub, body) == [("processed", ["encounter.admitted"])]
    (event,) = told(hub, body)
    assert event["payload"]["person"]["names"][0]["family"] == family


def test_row_44_no_cell_is_a_formula_and_no_file_is_named_by_content(hub):
    names = [f"{each}^{CANARY}" for each in NAMES.values()]
    bodies = [build(f"r44-{n}", pid={5: name}) for n, name in enumerate(names)]
    accepted(hub, *bodies)
    files = [each for each in hub.data_dir.parent.rglob("*") if each.is_file()]
    sheets = [each for each in files if each.suffix == ".csv"]
    cells = [cell for each in sheets for cell in cells_of(each)]

    assert any("HYPERLINK" in cell for cell in cells)
    assert [each for each in cells if each.startswith(tuple("=+-@\t\r"))] == []
    assert [
        each.name for each in files if not re.fullmatch(r"[\w.-]+", each.name)
    ] == []


def cells_of(path):
    """Return the cells of a CSV file."""
    with path.open(newline="", encoding="utf-8") as file:
        return [cell for row in csv.reader(file) for cell in row]


def test_row_36_an_escaped_line_end_stays_in_its_field(hub, key):
    body = build(key, pid={5: f"{FAKE_LOG}^{CANARY}"})

    assert accepted(hub, body) == [("processed", ["encounter.admitted"])]
    (event,) = told(hub, body)
    family = '\r\n{"event":"hub.stopped","level":"info"}\n'
    assert event["payload"]["person"]["names"][0]["family"] == family


# Row 38.


def test_row_38_a_null_deletes_and_an_empty_field_leaves(hub, key):
    renamed = build(
        key, "A08", msh={10: f"{key}b"}, pid={5: f"{CANARY}B^Erika", 7: "", 8: ""}
    )
    deleted = build(key, "A08", msh={10: f"{key}c"}, pid={5: "", 8: '""'})
    end = build(key, "A03", msh={10: f"{key}d"}, pid={5: "", 7: "", 8: ""})
    accepted(hub, build(key), renamed, deleted, end)
    left, gone = (told(hub, body)[-1]["payload"] for body in (renamed, deleted))
    person = told(hub, end)[-1]["payload"]["person"]

    assert left["changed_fields"] == ["names"]
    assert (gone["changed_fields"], gone["sex"]) == (["sex"], None)
    assert person.get("sex") is None
    assert person["birth_date"] == "1970-01-01"
    assert person["names"][0]["family"] == f"{CANARY}B"


# Row 39.


def test_row_39_strangers_with_the_same_placeholder_stay_strangers(hub, key):
    bodies = [
        build(f"{key}{one}", pid={3: f"UNKNOWN~99999~{patient(f'{key}{one}')}"})
        for one in "ab"
    ]
    accepted(hub, *bodies)
    people = {told(hub, body)[0]["subject"]["person"] for body in bodies}

    assert len(people) == 2


# Row 40.


def merge(key, name, into, prior, trigger="A40"):
    """Return a merge of the patient `prior` into the patient `into`."""
    mrg = {1: prior and patient(f"{key}{prior}")}
    extra = (line("MRG", mrg),)
    pid = {3: patient(f"{key}{into}")}
    msh, drop = {10: f"{key}{name}"}, ("PV1",)
    return build(key, trigger, msh=msh, pid=pid, extra=extra, drop=drop)


@pytest.mark.parametrize("trigger", ["A34", "A40", "A47"])
@pytest.mark.parametrize(
    ("pairs", "states"),
    [
        (["a-"], ["parked"]),
        (["aa"], ["processed"]),
        (["ba", "cb", "dc"], ["processed"] * 3),
        (["ba", "ab", "ba"], ["processed"] * 3),
        (["xy"], ["processed"]),
    ],
    ids=["mrg-missing", "self", "chain", "cycle", "unknown"],
)
def test_row_40_any_merge_comes_to_an_end(hub, key, trigger, pairs, states):
    admissions = [build(f"{key}{one}") for one in "abcd"]
    merges = [
        merge(key, number, into, prior.strip("-"), trigger)
        for number, (into, prior) in enumerate(pairs)
    ]
    accepted(hub, *admissions)

    assert [state for state, _ in accepted(hub, *merges)] == states


# Row 41 and 42.


@pytest.mark.parametrize(
    "triggers",
    [["A08", "A01"], ["A01", "A03", "A03"], ["A11"], ["A13"], ["A01", "A02"]],
    ids=["update-first", "two-ends", "cancel", "cancel-of-end", "same-bed"],
)
def test_row_41_events_out_of_order_are_taken(hub, key, triggers):
    bodies = [
        build(key, trigger, msh={10: f"{key}{number}"}, evn={2: f"2026031410{number}0"})
        for number, trigger in enumerate(triggers, start=1)
    ]
    states = [state for state, _ in accepted(hub, *bodies)]

    assert states == ["processed"] * len(bodies)


def test_row_42_a_visit_number_of_another_patient_is_set_aside(hub, key):
    other = build(f"{key}x", pv1={19: visit(key)})

    assert [state for state, _ in accepted(hub, build(key), other)] == [
        "processed",
        "parked",
    ]
    assert outcome(hub, other)["error_code"] == "PIPE-003"


# Row 45.


def document(key, data):
    """Return a document with content, in base64."""
    return build(
        key,
        msh={9: "MDM^T02^MDM_T02"},
        extra=(
            f"TXA|1|DS|AP|20260314||||||||T{key}|||||AU",
            f"OBX|1|ED|18842-5^Discharge^LN||^application^pdf^Base64^{data}||||||F",
        ),
    )


def test_row_45_a_document_above_the_limit_is_refused(hub, key):
    before = stored(hub)
    with Sender(hub.address()) as sender:
        sender.write(framed(document(key, "JVBERi0x" * (20 << 17))))

        assert msa(sender.answer()) == ("AR", key)
    assert stored(hub) == before


def test_row_45_a_document_of_15_mebibytes_is_kept(running_hub, key):
    """It takes ten times its size while it is stored: G8 is the bound, not 64 MiB."""
    body = document(key, "JVBERi0x" * (15 << 17))

    with unharmed(running_hub, memory=192 << 20):
        told_of = [("processed", ["document.available"])]
        assert accepted(running_hub, body) == told_of


def test_row_45_a_document_keeps_its_content(hub, key):
    content = b"%PDF-1"
    body = document(key, "JVBERi0x")
    accepted(hub, body)
    digest = hashlib.sha256(content).hexdigest()

    status, kept = hub.request("GET", f"/api/v1/documents/{digest}")
    assert (status, kept) == (200, content)


def test_row_45_a_pointer_is_never_followed(hub, key):
    with socket.create_server(("127.0.0.1", 0)) as trap:
        host, port = trap.getsockname()
        extra = tuple(
            f"OBX|{n}|RP|X^Y||{pointer}^Archive^image^jpeg||||||F"
            for n, pointer in enumerate(
                [f"http://{host}:{port}/{CANARY}", "file:///etc/passwd"], start=1
            )
        )
        mdm = document(key, "JVBERi0x").replace(b"T02", b"T04")
        for number, body in enumerate([build(f"{key}o", extra=extra), mdm]):
            with_pointers = body + "".join(f"{each}\r" for each in extra).encode()
            assert accepted(hub, with_pointers)[0][0] == "processed", number
        trap.settimeout(0.2)

        with pytest.raises(TimeoutError):
            trap.accept()


# Row 48.


def test_row_48_numbers_count_only_where_that_is_agreed(hub, key):
    numbers = ["1", "3", "2", "2", "-1", "0"]
    bodies = [build(f"{key}{n}", msh={13: number}) for n, number in enumerate(numbers)]
    answers = [msa(answer)[0] for answer in say(hub, *bodies, name="folge")]

    assert answers == ["AA", "AE", "AA", "AA", "AA", "AA"]


# Row 50.


def test_row_50_each_single_byte_has_one_outcome(hub):
    before, answered = stored(hub), 0
    with Sender(hub.address()) as sender:
        for number in range(256):
            byte = bytes([number])
            if byte in START:
                continue
            assert sender.send(byte)[0] == "AR"
            answered += 1
    hub.quiet()

    assert answered == stored(hub) - before == 255


def test_each_input_is_counted_once(hub):
    """What a contract refuses is settled when it is stored, and counted as well."""
    hub.quiet()
    lines = hub.request("GET", "/metrics")[1].decode().splitlines()
    received, settled = (
        sum(float(each.split()[-1]) for each in lines if each.startswith(name))
        for name in ("hub_messages_received_total{", "hub_messages_settled_total{")
    )

    assert received == stored(hub)
    assert settled == stored(hub)
