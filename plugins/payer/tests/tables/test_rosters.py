"""Rosters, lists of care gaps, and answers to our files: what a row of each says."""

from datetime import date

import msgspec
import pytest
from pydantic import ValidationError

from hub.sdk import Acknowledged, HubError, Identifier, Membership, Row
from hub_payer.members import Member
from hub_payer.rows_read import BadRowMessageError, row_message
from hub_payer.tables import acks, caregap, roster
from hub_payer.tables.roster import joined
from plugins.payer.tests.tables.tables import (
    ACKS,
    COLUMNS,
    GAPS,
    HEADER,
    ROSTER,
    ack_profile,
    answers,
    body,
    codes,
    gap_profile,
    items,
    message,
    profile,
    rows,
    table,
)

ACTION = {"columns": COLUMNS | {"action": "Action"}, "semantics": "delta"}


def acting(word, until=""):
    cells = f"M1,Muster,Anna,1961-04-07,F,PPO,2026-01-01,{until},{word}"
    [row] = rows(table(cells, header=f"{HEADER},Action"), profile(**ACTION))
    return row


def test_a_row_says_all_that_the_file_says_in_one_form():
    first, *_ = rows(ROSTER)

    assert first.body == (
        b'{"birth_date":"1961-04-07","family_name":"Musterfrau","given_name":"Anna",'
        b'"kind":"member","member_id":"0012345","plan":"PPO-1","sex":"F",'
        b'"since":"2026-01-01","system":"PAYER-A"}'
    )
    assert (first.number, first.key, first.op) == (2, "0012345", "set")


def test_a_row_is_on_the_panel_as_long_as_it_is_covered():
    _, second, _ = rows(ROSTER)

    assert second.memberships == (
        Membership(
            system="PAYER-A",
            value="0012346",
            patient_id="0012346",
            since=date(2026, 1, 1),
            until=date(2026, 12, 31),
        ),
    )


def test_further_numbers_are_of_the_person_and_on_the_panel():
    given = profile(
        columns=COLUMNS | {"mrn": "MRN", "patient_id": "Our ID"},
        identifiers={"mrn": {"system": "KLINIK_NORD", "type": "MR"}},
        leading_zeros={"mrn": 6},
    )
    lines = table(
        "M1,Muster,Anna,,F,PPO,,,471,X-9",
        "M2,Muster,Ben,,M,PPO,,,,",
        header=f"{HEADER},MRN,Our ID",
    )

    first, second = rows(lines, given)

    assert body(first)["identifiers"] == [
        {"system": "KLINIK_NORD", "value": "000471", "type": "MR"}
    ]
    assert [(each.value, each.patient_id) for each in first.memberships] == [
        ("M1", "X-9"),
        ("000471", "X-9"),
    ]
    assert [each.value for each in second.memberships] == ["M2"]


def test_who_was_never_covered_is_stated_with_days_that_never_hold():
    """Without a membership the record would count as active (R-PAY-03, step 5)."""
    [row] = rows(table("M1,Muster,Anna,,F,PPO,2026-02-01,2026-01-31"))

    [each] = row.memberships
    assert row.op == "set"
    assert (each.since, each.until) == (date(2026, 2, 1), date(2026, 1, 31))


@pytest.mark.parametrize(
    ("word", "until", "op", "change"),
    [
        ("ADD", "", "set", "added"),
        ("change", "", "set", "changed"),
        ("Reinstate", "", "set", "reinstated"),
        ("TERM", "", "end", "terminated"),
        ("TERM", "2026-10-31", "end", "terminated"),
        ("TERM", "2026-12-31", "set", "terminated"),
        ("VOID", "", "end", "never_effective"),
        ("active", "", "set", None),
    ],
)
def test_a_word_says_what_a_row_does(word, until, op, change):
    row = acting(word, until)

    assert (row.op, body(row).get("change")) == (op, change)


def test_a_word_that_nobody_knows_refuses_the_row():
    assert codes(acting("PERHAPS")) == ["action.unknown action"]


def test_a_sex_that_nobody_knows_is_left_out_with_a_warning():
    [row] = rows(table("M1,Muster,Anna,,weiblich?,PPO,,"))

    assert (codes(row), row.problems) == (["sex.unknown sex"], ())
    assert "sex" not in body(row)


@pytest.mark.parametrize(
    ("word", "code"), [("w", "F"), ("Männlich", "M"), ("divers", "O"), ("MALE", "M")]
)
def test_words_for_a_sex_are_those_of_two_languages(word, code):
    [row] = rows(table(f"M1,Muster,Anna,,{word},PPO,,"))

    assert body(row)["sex"] == code


def test_several_columns_can_make_the_key():
    given = profile(keys=["member_id", "plan"])

    assert rows(ROSTER, given)[0].key == "0012345|PPO-1"
    assert joined(["a|b", "c"]) != joined(["a", "b|c"])
    assert joined(["a|b"]) != joined(["a%7Cb"])


def test_what_all_rows_have_in_common_the_profile_says():
    given = profile(constants={"payer": "PA", "programme": "ACO"}, payer_system="NAIC")

    first, *_ = rows(ROSTER, given)

    assert {"payer": "PA", "programme": "ACO", "payer_system": "NAIC"}.items() <= (
        body(first).items()
    )


def test_columns_that_must_be_there_must_say_something():
    given = profile(required=["sex"])

    assert codes(rows(ROSTER, given)[2]) == ["column.empty sex"]


def test_lines_above_the_header_are_skipped_and_counted():
    found = rows("Roster of October\n\n" + ROSTER, profile(skip_lines=2))

    assert [row.number for row in found] == [4, 5, 6]


def test_a_column_named_by_its_number_may_have_an_empty_heading_at_the_end():
    columns = {"member_id": 1, "plan": 3}
    given = profile(columns=columns, optional=list(COLUMNS), ignored=["Name"])

    found = rows("Member,Name,\nM1,Muster,PPO\nM2,Muster\n", given)

    assert [codes(row) for row in found] == [[], ["row.width"]]


def test_a_table_without_header_and_rows_has_none():
    places = {name: place for place, name in enumerate(COLUMNS, 1)}
    given = profile(columns=places, header=False, trailer=r"END (?P<count>\d+)")

    assert rows("", given) == []
    assert items("END 0\n", given)[-1].stated == 0


def test_a_table_without_header_is_as_wide_as_its_first_good_row():
    places = {name: place for place, name in enumerate(COLUMNS, 1)}
    text = 'a"b,c\n' + ROSTER.partition("\n")[2]

    found = rows(text, profile(columns=places, header=False))

    assert [bool(row.problems) for row in found] == [True, False, False, False]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"columns": {"shoe_size": "S", "member_id": "M"}}, "no column shoe_size"),
        ({"columns": {"plan": "P"}}, "the column member_id is needed"),
        ({"columns": {}}, "either `columns` or `positions`"),
        ({"header": False}, "are positions"),
        ({"keys": ["sex", "nobody"]}, "no column nobody"),
        ({"patterns": {"plan": "("}}, "no regular expression"),
        ({"date_formats": ["DD.MM.YY"]}, "no format"),
        ({"time_zone": "Europe/Kiel"}, "IANA"),
        ({"columns": {}, "positions": {"member_id": (9, 2)}}, "ends before it begins"),
        ({"identifiers": {"plan": {"system": "X"}}}, "rosters have"),
        ({"semantics": "everything"}, "semantics"),
    ],
)
def test_a_profile_that_cannot_be_meant_is_refused(given, told):
    with pytest.raises(ValidationError, match=told):
        profile(**given)


def test_what_is_not_in_a_file_must_be_declared():
    with pytest.raises(ValidationError, match="semantics"):
        roster.RosterProfile(columns=COLUMNS, system="PAYER-A")


def test_facts_are_about_the_person_in_the_row():
    row = body(rows(ROSTER)[0]) | {
        "identifiers": [{"system": "NORD", "value": "P1", "type": "MR"}],
        "street": "Am Wehr",
        "house_number": "7",
        "postal_code": "01234",
        "city": "Kiel",
        "phone": "0431 5550100",
        "deceased": "2026-10-01",
    }

    [fact] = normalised(row).facts

    assert fact.subject.identifiers == (
        Identifier("PAYER-A", "0012345", "MB"),
        Identifier("NORD", "P1", "MR"),
    )
    assert fact.subject.demographics == {
        "names": [{"family": "Musterfrau", "given": "Anna"}],
        "birth_date": "1961-04-07",
        "sex": "F",
        "addresses": [
            {
                "lines": ["Am Wehr 7"],
                "street": "Am Wehr",
                "house_number": "7",
                "city": "Kiel",
                "postal_code": "01234",
            }
        ],
        "telecoms": [{"system": "phone", "value": "0431 5550100"}],
        "deceased": {"flag": True, "at": "2026-10-01"},
    }


def normalised(row, normalise=roster.normalise, given=None):
    return normalise(msgspec.json.encode(message(row)), given or profile())


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"{}",
        b"null",
        b'{"op":"set","key":"1","row":{},"said":"2026-01-01T00:00:00Z","exchange":"e"}',
    ],
)
@pytest.mark.parametrize(
    ("normalise", "given"),
    [(roster.normalise, profile()), (caregap.normalise, gap_profile())],
    ids=["roster", "caregap"],
)
def test_a_message_that_is_no_row_is_a_problem(normalise, given, bad):
    assert normalise(bad, given).problem.code == BadRowMessageError.code


@pytest.mark.parametrize("year", ["0001", "9999"])
def test_a_row_of_another_age_is_none(year):
    raw = (
        f'{{"op":"set","key":"1","row":{{}},"said":"{year}-01-01T00:00:00Z",'
        '"exchange":"e"}'
    )

    with pytest.raises(BadRowMessageError):
        row_message(raw.encode())


def test_a_row_whose_time_has_no_zone_is_of_utc():
    raw = b'{"op":"set","key":"1","row":{},"said":"2026-01-01T00:00:00","exchange":"e"}'

    assert row_message(raw).said.utcoffset().total_seconds() == 0


def test_a_row_of_a_roster_is_shown_column_by_column():
    raw = msgspec.json.encode(message(body(rows(ROSTER)[0])))

    found = roster.outline(raw, profile())

    assert ("plan", "Plan", "PPO-1") in [
        (each.path, each.name, each.value) for each in found
    ]
    assert roster.outline(b"x", profile()) == []


def test_the_body_of_a_row_is_a_member():
    member = msgspec.json.decode(rows(ROSTER)[1].body, type=Member)

    assert (member.family_name, member.until) == ("Muster, Mann", "2026-12-31")


def test_a_list_of_care_gaps_has_a_row_for_each_gap_of_each_member():
    found = items(GAPS, gap_profile(), caregap.read)

    listed = [each for each in found if isinstance(each, Row)]
    assert found[0].semantics == "cumulative"
    assert [row.key for row in listed] == ["0012345|BCS", "0012345|COL", "0012346|COL"]
    assert [body(row)["status"] for row in listed] == ["opened", "closed", "disputed"]
    assert listed[0].memberships[0].value == "0012345"


def test_a_status_that_nobody_knows_refuses_the_gap():
    found = items(GAPS.replace("closed", "soon"), gap_profile(), caregap.read)

    assert codes(found[2]) == ["status.unknown status"]


def test_a_gap_is_shown_column_by_column():
    found = items(GAPS, gap_profile(member_type="PI"), caregap.read)
    raw = msgspec.json.encode(message(body(found[1])))

    assert {each.path for each in caregap.outline(raw, gap_profile())} >= {"measure"}
    fact = caregap.normalise(raw, gap_profile()).facts[0]
    assert fact.subject.identifiers[0].type == "PI"


def test_partners_say_in_their_words_what_became_of_our_files():
    assert answers(ACKS) == [
        Acknowledged(of="A_B_notice_1.csv", kind="ack-csv", acceptance="accepted"),
        Acknowledged(
            of="000000007",
            kind="ack-csv",
            acceptance="rejected",
            codes=("E17", "E18"),
        ),
    ]


def test_a_word_that_nobody_knows_makes_somebody_look():
    [found] = answers("File,Status,Codes\na.csv,maybe,\n")

    assert (found.acceptance, found.codes) == ("rejected", ("ack.status_unknown",))


def test_a_partner_may_have_words_of_its_own():
    given = ack_profile(words={"Teils": "partly"})

    [found] = answers("File,Status,Codes\na.csv,TEILS,\n", given)

    assert found.acceptance == "partly"


def test_codes_are_codes_and_no_sentences_about_anybody():
    [found] = answers(
        'File,Status,Codes\na.csv,R,"E17;(J. Müller row 2)|E18 duplicate"\n'
    )

    assert found.codes == ("E17", "E18")


def test_an_answer_without_a_file_says_nothing():
    found = items("File,Status,Codes\n,accepted,\n", ack_profile(), acks.read)

    assert codes(found[1]) == ["column.empty file"]
    assert acks.normalise(b"", ack_profile()).unmapped


@pytest.mark.parametrize("code", ["TABLE-001", "TABLE-002", "TABLE-003", "ROW-001"])
def test_errors_say_what_to_do(code):
    error = HubError.catalogue[code]

    assert error.remedy
    assert not error.summary.endswith(".")


@pytest.mark.parametrize("count", ["x", "9" * 60, "1,5,"])
def test_a_count_that_is_no_number_agrees_with_nothing(count):
    given = profile(trailer="END (?P<count>.*)")

    said = items(f"{ROSTER}END {count}", given)[-1]

    assert (said.stated, [each.code for each in said.problems]) == (
        None,
        ["trailer.count"],
    )


def test_lines_that_are_no_rows_may_be_counted_too():
    given = profile(trailer=r"END (?P<count>\d+)", trailer_extra=2)

    said = items(f"{ROSTER}END 5", given)[-1]

    assert (said.stated, said.problems) == (3, ())


@pytest.mark.parametrize("day", ["2026-02-30", "0001-01-01", "soon"])
def test_a_day_that_there_is_not_is_when_the_file_was_made(day):
    [fact] = normalised(
        {"kind": "member", "system": "P", "member_id": "1", "since": day}
    ).facts

    assert fact.occurred == fact.recorded


def test_somebody_unknown_who_is_gone_is_attributed_to_nobody():
    row = {"kind": "member", "system": "P", "member_id": "1", "provider": "7"}

    found = roster.normalise(msgspec.json.encode(message(row, op="end")), profile())

    assert [fact.details["status"] for fact in found.facts] == [
        "terminated",
        "attribution_removed",
    ]
