"""The payers' panels: about half of the people, with what real panels contain.

Some members have left, and some rows name people whom no hospital knows.
"""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from hub.demo.people import Person
from hub.demo.sites import SITES

HEADER = ("patient_id", "assigning_authority", "identifier", "valid_from", "valid_to")
SINCE, LONG_AGO, FAR_AWAY = "2025-01-01", "2025-06-30", "2099-12-31"
SHARE, LEFT = 0.5, 0.08
STRANGERS = 5


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody on the panel; `patient_id` is the payer's own number for them."""

    patient_id: str
    person: Person
    left: bool


def choose_members(
    people: Sequence[Person], seed: int, payer: str = "PA"
) -> list[Member]:
    """Return who is on the panel of a payer: every second person or so."""
    story = f"panel/{seed}" if payer == "PA" else f"panel/{payer}/{seed}"
    rng = Random(story)  # noqa: S311  # reproducible, not secret
    return [
        Member(f"{payer}-{700_000 + 7 * person.index}", person, rng.random() < LEFT)
        for person in people
        if rng.random() < SHARE
    ]


def write_panel(path: Path, members: Iterable[Member]) -> None:
    """Write the panel as CSV: one row for each number that a member is known by."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for member in members:
            writer.writerows(_rows(member))
        for number in range(STRANGERS):
            stranger = f"9{number:0{SITES[0].number_digits - 1}d}"
            row = (f"PA-{900_000 + number}", SITES[0].authority, stranger, SINCE, "")
            writer.writerow(row)


def _rows(member: Member) -> Iterable[tuple[str, ...]]:
    # Both ways of saying "until further notice" occur in real panels.
    until = LONG_AGO if member.left else ("", FAR_AWAY)[member.person.index % 2]
    for site, number in member.person.numbers:
        yield member.patient_id, site.authority, number, SINCE, until
