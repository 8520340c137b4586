import csv
import io
import re

from hypothesis import given
from hypothesis import strategies as st

from hub.demo import roster
from hub.demo.panel import STRANGERS, choose_members
from hub.demo.people import make_people


def rows_of(count, seed=1):
    members = choose_members(make_people(seed, count), seed)
    return members, roster.roster_rows(members)


def lines(body):
    return list(csv.reader(io.StringIO(body.decode(), newline="")))


def test_names_each_member_by_the_numbers_of_the_hospitals():
    members, rows = rows_of(60)
    header, *said, _total = lines(roster.whole(rows))
    told = [dict(zip(header, each, strict=True)) for each in said]

    assert len(told) == len(members) + STRANGERS
    for member, row in zip(members, told, strict=False):
        assert row["Member"] == member.patient_id
        numbers = {site.authority: n for site, n in member.person.numbers}
        assert {name: row[name] for name in numbers} == numbers
        assert (row["To"] == "2025-06-30") is member.left


def test_counts_its_members_at_its_end():
    _, rows = rows_of(20)
    last = roster.whole(rows).decode().splitlines()[-1]

    assert re.fullmatch(roster.TRAILER, last)["count"] == str(len(rows))


def test_breaks_off_before_its_end():
    _, rows = rows_of(20)
    broken = lines(roster.broken(rows))

    assert lines(roster.whole(rows))[: len(broken)] == broken
    assert len(broken) < len(rows)


@given(st.integers(0, 200))
def test_loses_enough_members_to_be_held_and_not_half_of_them(count):
    rows = [("PA",)] * (STRANGERS + count)
    left = len(roster.remaining(rows))

    assert 0.5 * len(rows) <= left <= 0.75 * len(rows)
    assert lines(roster.shrunken(rows))[-1] == ["Total", str(left)]
