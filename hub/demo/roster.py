"""The payer's roster: whom it insures, as a file with a line at its end that counts.

It names each member by the payer's own number and by those of the hospitals. Some have
left, and some are known to no hospital.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

from hub.demo.panel import FAR_AWAY, LONG_AGO, SINCE, STRANGERS, Member
from hub.demo.sites import SITES

#: The hub's name for each column, and the payer's.
COLUMNS: Mapping[str, str] = {
    "member_id": "Member",
    "family_name": "Family name",
    "given_name": "Given name",
    "birth_date": "Born",
    "sex": "Sex",
    "since": "From",
    "until": "To",
    **{site.authority.lower(): site.authority for site in SITES},
}
#: How the line at the end is to be understood.
TRAILER = "Total,(?P<count>[0-9]+)"
#: Of five members, by place, those whom the roster that loses too many leaves out.
FIVE, LOST = 5, frozenset({1, 3})

Rows = Sequence[Sequence[str]]


def roster_rows(members: Iterable[Member]) -> Rows:
    """Return a row for each member, and some whom no hospital knows."""
    return [*map(_row, members), *map(_stranger, range(STRANGERS))]


def whole(rows: Rows) -> bytes:
    """Return a roster of all rows."""
    return _written([*rows, ("Total", str(len(rows)))])


def broken(rows: Rows) -> bytes:
    """Return the same as it is when its transfer ended early: without its end."""
    return _written(arrived(rows))


def arrived(rows: Rows) -> Rows:
    """Return the rows of the roster that broke off: three of four."""
    return rows[: len(rows) * 3 // 4]


def shrunken(rows: Rows) -> bytes:
    """Return a whole roster from which two of five members are missing."""
    return whole(remaining(rows))


def remaining(rows: Rows) -> Rows:
    """Return the rows of that roster."""
    return [row for n, row in enumerate(rows) if n % FIVE not in LOST]


def _row(member: Member) -> Sequence[str]:
    person = member.person
    # Both ways of saying "until further notice" occur in real rosters.
    until = LONG_AGO if member.left else ("", FAR_AWAY)[person.index % 2]
    numbers = {site.name: number for site, number in person.numbers}
    return (
        *(member.patient_id, person.family, person.given),
        *(person.born.isoformat(), person.sex, SINCE, until),
        *(numbers.get(site.name, "") for site in SITES),
    )


def _stranger(place: int) -> Sequence[str]:
    number = f"9{place:0{SITES[0].number_digits - 1}d}"
    others = [""] * (len(SITES) - 1)
    named = (
        f"PA-{900_000 + place}",
        "Niemand",
        f"Nr. {place}",
        f"19{10 + place}-01-01",
    )
    return (*named, "U", SINCE, "", number, *others)


def _written(lines: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS.values())
    writer.writerows(lines)
    return text.getvalue().encode()
