"""What becomes of a file. All of it is made up."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.coordination.exchanges.findings import Counts, Findings
from hub.coordination.exchanges.gate import History, is_retry, judge
from hub.coordination.exchanges.reasons import REASONS
from hub.model.files import ExchangeState, Heading, RowProblem
from hub.settings import GateSettings

GATE = GateSettings()
EARLIER = History(rows=(1000,) * 6)
SEVERITY = [ExchangeState.APPLYING, ExchangeState.HELD, ExchangeState.REJECTED]


def findings(semantics="full", *, heading=None, **more):
    counts = {"read": 1000, "accepted": 1000, "before": 1000, "after": 1000}
    counts |= more.pop("counts", {})
    told = {"kind": "roster", "semantics": semantics} | (heading or {})
    given = {"sha256": b"x", "heading": Heading(**told), "counts": Counts(**counts)}
    return Findings(**given | more)


def verdict(found, gate=GATE, history=EARLIER):
    told = judge(found, gate, history)
    assert {told.reason, *told.also} <= REASONS.keys()
    return told


def ruled(found, history=EARLIER, **gate):
    told = verdict(found, GateSettings(**gate), history)
    return told.state.value, told.reason


@pytest.mark.parametrize(
    "semantics", ["full", "delta", "append", "cumulative", "audit"]
)
def test_a_file_that_nothing_speaks_against_is_applied(semantics):
    assert ruled(findings(semantics)) == ("applying", "file.permitted")


def test_the_same_bytes_are_a_duplicate_whatever_else_is_wrong():
    found = findings(error_code="EXCH-006", totals=(RowProblem("a.b"),))

    assert ruled(found, History(same_bytes="x_1")) == ("duplicate", "content.known")


def test_a_file_whose_digest_is_not_known_is_no_duplicate():
    found = Findings(error_code="EXCH-001", again=True)

    assert ruled(found, History(same_bytes="x_1")) == ("held", "check.failed")


def test_a_name_with_something_else_in_it_is_held_unless_names_come_again():
    history = EARLIER._replace(same_name="x_1")

    assert ruled(findings(), history) == ("held", "name.reused")
    assert ruled(findings(), history, reuses_names=True)[0] == "applying"


@pytest.mark.parametrize("code", ["name.sequence", "name.period"])
def test_a_name_that_contradicts_the_content_holds_the_file(code):
    assert ruled(findings(problems=(RowProblem(code),))) == ("held", code)


def test_other_problems_of_a_file_are_only_told():
    assert ruled(findings(problems=(RowProblem("column.unknown"),)))[0] == "applying"


def test_a_control_number_that_came_before_holds_the_file():
    history = EARLIER._replace(same_control="x_1")

    assert ruled(findings(), history) == ("held", "control.reused")


@pytest.mark.parametrize(
    ("sequence", "outcome"),
    [
        (8, ("applying", "file.permitted")),
        (9, ("held", "sequence.gap")),
        (7, ("held", "sequence.passed")),
        (1, ("held", "sequence.passed")),
        (None, ("held", "sequence.missing")),
    ],
)
def test_files_of_a_series_are_held_where_they_are_not_next(sequence, outcome):
    found = findings(heading={"sequence": sequence})
    history = EARLIER._replace(last_sequence=7)

    assert ruled(found, history, ordered=True) == outcome
    assert ruled(found, history)[0] == "applying"


def test_the_first_file_of_a_series_may_have_any_number():
    found = findings(heading={"sequence": 70})

    assert ruled(found, ordered=True)[0] == "applying"


def test_a_test_is_rejected():
    assert ruled(findings(heading={"test": True})) == ("rejected", "file.test")


def test_totals_that_do_not_agree_make_a_file_partial():
    found = findings(totals=(RowProblem("trailer.missing"),))

    assert ruled(found) == ("rejected", "totals.wrong")


def test_a_file_that_cannot_be_used_is_rejected_with_its_code():
    found = Findings(sha256=b"x", error_code="PGP-003")
    told = verdict(found)

    assert (told.state, told.reason, told.error_code) == (
        ExchangeState.REJECTED,
        "file.unusable",
        "PGP-003",
    )


def test_a_check_without_an_end_holds_the_file_to_be_checked_again():
    counts = {"read": 3, "accepted": 0, "rejected": 3}
    told = verdict(findings(counts=counts, error_code="EXCH-001", again=True))

    assert (told.state, told.reason) == (ExchangeState.HELD, "check.failed")
    assert is_retry(told)
    assert not is_retry(verdict(findings(counts={"lost": 900})))


@pytest.mark.parametrize(
    ("read", "outcome"),
    [
        (499, ("held", "rows.few")),
        (500, ("applying", "file.permitted")),
        (2000, ("applying", "file.permitted")),
        (2001, ("held", "rows.many")),
        (0, ("held", "rows.none")),
    ],
)
def test_the_number_of_rows_is_compared_with_the_median(read, outcome):
    history = History(rows=(1, 1000, 1000, 1000, 1000, 9999))

    assert ruled(findings(counts={"read": read}), history) == outcome


def test_only_the_last_six_files_say_what_is_usual():
    history = History(rows=(9, 9, 9, 9, 9, 9, 1000, 1000, 1000, 1000, 1000, 1000))

    assert ruled(findings(), history)[0] == "applying"


@pytest.mark.parametrize("semantics", ["delta", "append"])
def test_a_file_of_changes_may_have_none(semantics):
    counts = {"read": 0, "accepted": 0}

    assert ruled(findings(semantics, counts=counts))[0] == "applying"


@pytest.mark.parametrize("semantics", ["full", "cumulative", "audit"])
def test_a_list_of_nobody_is_held_even_where_it_is_the_first(semantics):
    counts = {"read": 0, "accepted": 0, "before": 0, "after": 0}

    assert ruled(findings(semantics, counts=counts), History()) == ("held", "rows.none")


def test_how_many_changes_are_usual_is_known_after_six_files():
    few = findings("delta", counts={"read": 3, "accepted": 3})

    assert ruled(few, History(rows=(1000,) * 5))[0] == "applying"
    assert ruled(few) == ("held", "rows.few")


@pytest.mark.parametrize("semantics", ["full", "cumulative"])
def test_a_drop_in_active_members_holds_the_file(semantics):
    assert ruled(findings(semantics, counts={"lost": 200}))[0] == "applying"
    assert ruled(findings(semantics, counts={"lost": 201})) == ("held", "members.drop")


def test_a_list_in_which_all_keys_are_new_is_a_drop():
    """As many members as before, but not one of them."""
    counts = {"added": 1000, "ended": 1000, "lost": 1000, "after": 1000}

    assert ruled(findings(counts=counts)) == ("held", "members.drop")


@pytest.mark.parametrize("semantics", ["delta", "append", "audit"])
def test_terminations_by_a_file_of_changes_hold_it(semantics):
    assert ruled(findings(semantics, counts={"lost": 50}))[0] == "applying"
    assert ruled(findings(semantics, counts={"lost": 51})) == ("held", "members.ended")


@pytest.mark.parametrize(
    ("rejected", "outcome"),
    [
        (0, ("applying", "file.permitted")),
        (10, ("applying", "file.permitted")),
        (11, ("held", "rows.doubtful")),
        (20, ("held", "rows.doubtful")),
        (21, ("rejected", "rows.wrong")),
    ],
)
def test_wrong_rows_hold_a_file_and_then_reject_it(rejected, outcome):
    assert ruled(findings(counts={"rejected": rejected})) == outcome


def test_catalogue_19_one_bad_row_of_ten_thousand_is_set_aside_and_the_rest_applied():
    counts = {"read": 10_000, "accepted": 9_999, "rejected": 1}

    assert ruled(findings(counts=counts), History())[0] == "applying"


@pytest.mark.parametrize("semantics", ["full", "cumulative"])
def test_rows_that_name_nobody_hold_a_list_that_ends_somebody(semantics):
    """Who seems to be absent may be in the row that nobody can read."""
    counts = {"rejected": 1, "nameless": 1, "ended": 1, "lost": 1}

    assert ruled(findings(semantics, counts=counts)) == ("held", "rows.nameless")
    for harmless in ({"nameless": 0}, {"ended": 0, "lost": 0}):
        permitted = findings(semantics, counts=counts | harmless)
        assert ruled(permitted)[0] == "applying"


@pytest.mark.parametrize("semantics", ["delta", "append", "audit"])
def test_rows_that_name_nobody_hold_no_file_in_which_absence_ends_nobody(semantics):
    counts = {"rejected": 1, "nameless": 1, "ended": 1}

    assert ruled(findings(semantics, counts=counts))[0] == "applying"


def test_what_must_not_be_used_goes_before_what_a_person_may_decide():
    """Else an approval of the gap in the series would apply a partial file."""
    found = findings(totals=(RowProblem("trailer.count"),), counts={"lost": 900})
    told = verdict(found, history=EARLIER._replace(same_name="x_1"))

    assert (told.state, told.reason) == (ExchangeState.REJECTED, "totals.wrong")
    assert told.also == ("name.reused", "members.drop")


small = st.integers(0, 40)
parts = st.sampled_from([0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0])
gates = st.builds(
    GateSettings,
    band=st.tuples(parts, st.sampled_from([1.0, 1.5, 2.0, 5.0])),
    max_drop=parts,
    max_terminations=parts,
    max_errors=parts,
    ordered=st.booleans(),
    reuses_names=st.booleans(),
)
histories = st.builds(
    History,
    same_bytes=st.sampled_from(["", "", "x_1"]),
    same_name=st.sampled_from(["", "x_2"]),
    same_control=st.sampled_from(["", "x_3"]),
    last_sequence=st.none() | small,
    rows=st.lists(small, max_size=8).map(tuple),
)
problems = st.lists(
    st.sampled_from(["name.sequence", "name.period", "column.unknown"]).map(RowProblem),
    max_size=2,
).map(tuple)


@st.composite
def found_things(draw):
    read, before = draw(small), draw(small)
    rejected = draw(st.integers(0, read))
    lost = draw(st.integers(0, before))
    heading = Heading(
        kind="roster",
        semantics=draw(
            st.sampled_from(["full", "delta", "append", "cumulative", "audit"])
        ),
        sequence=draw(st.none() | small),
        test=draw(st.sampled_from([False, False, True])),
    )
    return Findings(
        sha256=b"x",
        heading=draw(st.none() | st.just(heading)),
        counts=Counts(read=read, rejected=rejected, before=before, lost=lost),
        totals=draw(st.sampled_from([(), (), (RowProblem("trailer.count"),)])),
        problems=draw(problems),
        error_code=draw(st.sampled_from(["", "", "EXCH-006"])),
        again=draw(st.sampled_from([False, False, True])),
    )


@given(found_things(), gates, histories)
def test_nothing_is_applied_where_any_step_fails(found, gate, history):
    told = verdict(found, gate, history)
    counts, heading = found.counts, found.heading
    lists = heading is not None and heading.semantics in {"full", "cumulative"}
    allowed = gate.max_drop if lists else gate.max_terminations

    if told.state is ExchangeState.APPLYING:
        assert heading is not None
        assert not any((history.same_bytes, history.same_control))
        assert not history.same_name or gate.reuses_names
        assert not any((heading.test, found.totals, found.error_code, found.again))
        assert counts.lost <= allowed * counts.before + 1e-6
        assert counts.rejected <= gate.max_errors / 2 * counts.read + 1e-6
        assert counts.read or heading.semantics in {"delta", "append"}
        if gate.ordered and history.last_sequence is not None:
            assert heading.sequence == history.last_sequence + 1


@given(found_things(), gates, gates, histories)
def test_a_stricter_gate_never_lets_more_through(found, one, other, history):
    strict = GateSettings(
        band=(max(one.band[0], other.band[0]), min(one.band[1], other.band[1])),
        max_drop=min(one.max_drop, other.max_drop),
        max_terminations=min(one.max_terminations, other.max_terminations),
        max_errors=min(one.max_errors, other.max_errors),
        ordered=one.ordered or other.ordered,
        reuses_names=one.reuses_names and other.reuses_names,
    )
    lax, hard = verdict(found, one, history), verdict(found, strict, history)

    if lax.state is ExchangeState.DUPLICATE:
        assert hard == lax
    else:
        assert SEVERITY.index(hard.state) >= SEVERITY.index(lax.state)


@given(found_things(), gates, histories)
def test_the_same_findings_get_the_same_verdict(found, gate, history):
    again = msgspec.json.decode(msgspec.json.encode(found), type=Findings)

    assert judge(again, gate, history) == judge(found, gate, history)


@pytest.mark.parametrize("reason", REASONS.values())
def test_reasons_are_sentences_without_a_full_stop(reason):
    assert reason.summary
    assert not reason.summary.endswith(".")
    assert not reason.remedy.endswith(".")
