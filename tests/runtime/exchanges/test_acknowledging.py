"""What partners say of our files, and what becomes of those they say nothing of."""

import csv
import io
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.coordination.acknowledgements import MOST_CODES
from hub.coordination.exchanges.reasons import REASONS
from hub.coordination.exchanges.row_codes import ROW_CODES
from hub.model.files import Acknowledged
from hub.model.happenings import EXCHANGES_FEED
from hub.store.exchanges import ledger as files
from hub.store.exchanges import sent, sent_answers
from hub.store.exchanges.ledger import Arrived
from hub.store.journal import microseconds
from tests.runtime.exchanges.files_world import LENIENT, opened, source, text
from tests.runtime.exchanges.outgoing import outgoing, put_sent
from tests.runtime.setting import NOW
from tests.store.rows import in_memory

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def ledger():
    connection = in_memory()
    yield connection
    connection.close()


def answer(of, acceptance="accepted", kind="ack-csv", *codes):
    return Acknowledged(of=of, kind=kind, acceptance=acceptance, codes=codes)


def heard(ledger, *items, partner="payer", exchange=0):
    """Let the hub hear answers; return what matched and what did not."""
    return sent_answers.match(ledger, partner, items, LATER, exchange)


def states(ledger):
    """Return state, reason and the partner's codes of each file of ours."""
    found = ledger.execute(
        "SELECT state, reason, problems FROM exchange WHERE direction = 'out'"
        " ORDER BY seq"
    )
    return [
        (state, reason, [each["code"] for each in msgspec.json.decode(problems)])
        for state, reason, problems in found
    ]


def told(ledger):
    """Return what was told of files, as the messages of the hub's own feed say it."""
    found = ledger.execute(
        "SELECT body FROM message WHERE source = ? ORDER BY seq", [EXCHANGES_FEED]
    )
    return [msgspec.json.decode(body) for (body,) in found]


NAME = "us_payer_census_20260316_20260316T120000Z_000001_P.csv"


@pytest.mark.parametrize(
    "of",
    [
        NAME,
        NAME.removesuffix(".csv"),
        f"{NAME}.pgp",
        f"/inbox/{NAME}",
        "C:\\in\\" + NAME,
        "bat_1",
        "000000001",
        "1",
    ],
)
def test_a_file_is_known_by_name_stem_id_and_number(ledger, of):
    put_sent(ledger, "bat_1", name=NAME)

    matched = heard(ledger, answer(of))

    assert len(matched.answered) == 1
    assert matched.unmatched == ()
    assert states(ledger) == [("acknowledged", "acknowledgement.accepted", [])]


@pytest.mark.parametrize(
    ("acceptance", "state"),
    [("accepted", "acknowledged"), ("partly", "acknowledged"), ("rejected", "refused")],
)
def test_an_answer_says_what_became_of_a_file(ledger, acceptance, state):
    put_sent(ledger)

    heard(ledger, answer("1", acceptance, "999", "AK5-1"))

    assert states(ledger) == [(state, f"acknowledgement.{acceptance}", ["AK5-1"])]
    assert f"acknowledgement.{acceptance}" in REASONS


def test_what_is_accepted_in_form_can_be_rejected_in_content(ledger):
    """A TA1 judges the envelope only, a 999 what is in it (domain 6.2)."""
    put_sent(ledger)

    heard(ledger, answer("1", "accepted", "TA1"))
    heard(ledger, answer("1", "rejected", "999", "5"))
    heard(ledger, answer("1", "accepted", "TA1"))

    assert states(ledger) == [("refused", "acknowledgement.rejected", ["5"])]


def test_an_answer_is_told_of_once(ledger):
    put_sent(ledger)

    first = heard(ledger, answer("1"))
    again = heard(ledger, answer("1"), answer("evt_1.csv"))

    assert (len(first.answered), again.answered) == (1, ())
    [happening] = told(ledger)
    assert happening["type"] == "acknowledgement_received"
    assert (happening["direction"], happening["number"]) == ("out", 1)
    assert "name" not in happening


def test_an_answer_to_what_we_never_sent_is_a_problem_of_the_file(ledger):
    """X12 catalogue, row 24: a 999 for something that was never sent."""
    arrived = Arrived(
        "in_1", "acks", "payer", "a.999", "in/a", 1, 1, "received", microseconds(NOW)
    )
    files.arrive(ledger, arrived)
    seq = files.exchange_of(ledger, "in_1").seq

    matched = heard(ledger, answer("7", "rejected", "999"), exchange=seq)
    heard(ledger, answer("8", "rejected", "999"), exchange=seq)

    assert [each.of for each in matched.unmatched] == ["7"]
    asked = [answer("7"), answer("8"), answer("7", "partly")]
    assert sent_answers.unmatched(ledger, "payer", asked) == asked
    problems = msgspec.json.decode(files.exchange_of(ledger, "in_1").problems)
    assert problems == [{"code": "ack.unknown", "column": "999"}]
    assert "ack.unknown" in ROW_CODES


async def response_to(files, of):
    """Deliver a file that answers one of ours; return its lines about unknown ones."""
    found = await files.take(text("append", answers=of))
    [response] = [
        body
        for each in await files.answers()
        if each.exchange == found.id
        for _, body in each.replies
    ]
    lines = csv.reader(io.StringIO(response.decode(), newline=""))
    return found, [line[:5] for line in lines if line[0] == "unknown"]


async def test_the_partner_is_told_which_files_we_never_sent(tmp_path):
    acks = source(partner="payer", **LENIENT)

    def put(connection, payloads):
        return [put_sent(connection, each) for each in payloads]

    async with opened(tmp_path / "data", acks) as files:
        await files.write(put, "evt_1")
        known, none = await response_to(files, "evt_1.csv")
        stray, named = await response_to(files, "census_0815.csv")

    assert (known.state, none) == ("applied", [])
    assert named == [["unknown", "", "census_0815.csv", "ack.unknown", "999"]]
    problems = msgspec.json.decode(stray.problems)
    assert problems == [{"code": "ack.unknown", "column": "999"}]


def test_one_partner_cannot_answer_for_another(ledger):
    put_sent(ledger)

    matched = heard(ledger, answer("1"), answer("evt_1.csv"), partner="other")

    assert len(matched.unmatched) == 2
    assert states(ledger) == [("sent", "", [])]


def test_an_answer_to_an_answer_of_ours_is_no_problem(ledger):
    """It has a number of the same series, and nobody answers a 999."""
    arrived = Arrived(
        "in_1", "acks", "payer", "a.834", "in/a", 1, 1, "received", microseconds(NOW)
    )
    files.arrive(ledger, arrived)
    ledger.execute(
        "INSERT INTO exchange_reply (exchange, place, kind, name, number, body)"
        " SELECT seq, 1, '999', 'made-up.999', 4, x'00' FROM exchange"
    )

    assert heard(ledger, answer("000000004", kind="TA1")).unmatched == ()


@pytest.mark.parametrize("of", ["", " ", "/", ".", "0", "000000000", "9999999999", "%"])
def test_an_answer_may_name_nothing(ledger, of):
    put_sent(ledger)

    assert len(heard(ledger, answer(of)).unmatched) == 1


def test_an_answer_may_be_faster_than_our_own_record(ledger):
    """The partner has the file; that an attempt failed in our eyes changes nothing."""
    sent.number(ledger, [outgoing()])

    heard(ledger, answer("1"))
    [again] = sent.number(ledger, [outgoing()])

    assert again.number == 1
    assert states(ledger) == [("acknowledged", "acknowledgement.accepted", [])]


def test_codes_of_a_partner_are_kept_up_to_a_limit(ledger):
    put_sent(ledger)

    heard(ledger, answer("1", "partly", "999", *(f"E{n}" for n in range(500))))

    [(_, _, codes)] = states(ledger)
    assert len(codes) == MOST_CODES


def test_words_of_a_partner_are_no_codes(ledger):
    put_sent(ledger)

    heard(ledger, answer("1", "rejected", "ack-csv", "Zqkanarie Anna", "E1\ud800", ""))

    [(_, _, codes)] = states(ledger)
    assert codes == ["ack.no_code"]
    assert set(codes) <= set(ROW_CODES)
    assert "anarie" not in str(told(ledger))


def test_who_does_not_answer_in_time_is_told_of_once(ledger):
    put_sent(ledger, due=LATER)

    early = sent_answers.fall_due(ledger, [LATER - timedelta(seconds=1)])
    late = sent_answers.fall_due(ledger, [LATER])
    again = sent_answers.fall_due(ledger, [LATER + timedelta(days=1)])

    assert [len(found[0]) for found in (early, late, again)] == [0, 1, 0]
    [happening] = told(ledger)
    assert happening["type"] == "overdue"
    assert happening["direction"] == "out"
    assert happening["reason"] == "acknowledgement.missing"
    assert happening["reason"] in REASONS


def test_a_late_answer_is_an_answer(ledger):
    put_sent(ledger, due=LATER)
    sent_answers.fall_due(ledger, [LATER])

    heard(ledger, answer("1"))

    assert states(ledger) == [("acknowledged", "acknowledgement.accepted", [])]


answers = st.lists(
    st.builds(
        Acknowledged,
        of=st.sampled_from(["1", "2", "evt_1.csv", "evt_2", "000000002", "3"]),
        kind=st.sampled_from(["TA1", "999", "ack-csv"]),
        acceptance=st.sampled_from(["accepted", "partly", "rejected"]),
        codes=st.lists(st.sampled_from(["A", "B", "C"]), max_size=2).map(tuple),
    ),
    max_size=6,
)


@given(st.data(), answers)
def test_answers_come_to_the_same_in_any_order_and_however_often(data, items):
    mixed = data.draw(st.permutations([*items, *items[:2]]))
    found = []
    for order in (items, mixed):
        ledger = in_memory()
        put_sent(ledger, "evt_1")
        put_sent(ledger, "evt_2")
        for item in order:
            heard(ledger, item)
        found.append(states(ledger))
        ledger.close()

    assert found[0] == found[1]
