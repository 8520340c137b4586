"""What a demonstration found out, for programs and for people."""

import shlex
from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from hub.demo.expectation import Difference
from hub.demo.view import Known
from hub.store.tally import Tally


class Messages(Struct, frozen=True):
    """What crossed the wire.

    `received` is how many messages the hub counted, repeats included;
    `acknowledged` how many positive answers its senders got. A message that
    was sent again after a lost answer is received twice and acknowledged once.
    """

    received: int
    acknowledged: int


class Decisions(Struct, frozen=True):
    """How often the policy said yes and no."""

    permit: int
    deny: int


class Audited(Struct, frozen=True):
    """How many records the audit has, and whether all of them are as written."""

    records: int
    verified: bool


class Exchanged(Struct, frozen=True):
    """What became of the files that the payer sent, and of those that it got.

    Its own were `applied`, `rejected`, or are `held` until somebody has looked;
    `acknowledged` are the files for it of which it said that it took them.
    """

    applied: int
    rejected: int
    held: int
    acknowledged: int


class Directories(Struct, frozen=True):
    """How many services the directories have, and of how many the place is secret."""

    services: int
    restricted: int


class DemoResult(Struct, frozen=True, kw_only=True):
    """The outcome; its JSON form is what ``hub demo --exit --json`` prints.

    `denied` counts by reason how often the policy said no.
    `missing` and `unexpected` name notices by destination, type and visit. `persons`
    counts people, not their numbers; `readmissions` those that stand; `review_queue`
    pairs of numbers of which somebody is to say whether they are of one person.
    `referrals` counts them by state, `loops_closed` those of which whoever asked knows
    how they ended.
    """

    messages: Messages
    events: Mapping[str, int]
    decisions: Decisions
    denied: Mapping[str, int]
    audit: Audited
    deliveries: Mapping[str, Mapping[str, int]]
    exchanges: Exchanged
    directory: Directories
    referrals: Mapping[str, int]
    loops_closed: int
    persons: int
    stays: Mapping[str, int]
    transitions: Mapping[str, int]
    readmissions: int
    review_queue: int
    books_balance: bool
    missing: tuple[Mapping[str, str], ...]
    unexpected: tuple[Mapping[str, str], ...]
    problems: tuple[str, ...] = ()

    @property
    def succeeded(self) -> bool:
        """Say whether every expected notice arrived, and books and audit are whole."""
        wrong = self.missing or self.unexpected or self.problems
        return self.books_balance and self.audit.verified and not wrong

    def to_json(self) -> str:
        """Return the outcome as one JSON object on one line."""
        return msgspec.json.encode(self, order="sorted").decode()


def notices(difference: Difference) -> tuple[tuple[dict[str, str], ...], ...]:
    """Return the missing and the unexpected notices by their ids."""
    return tuple(
        tuple(
            {"destination": n.destination, "type": n.event_type, "visit": n.visit}
            for n in group
        )
        for group in (difference.missing, difference.unexpected)
    )


def summarise(result: DemoResult, folder: Path, admin_url: str) -> str:
    """Return what happened and where to look, as plain text."""
    sections = [
        _section(
            "Messages",
            {
                "received": result.messages.received,
                "acknowledged": result.messages.acknowledged,
            },
        ),
        _section("Care events", result.events),
        _section("People", _known(result)),
        _section(
            "Decisions",
            {"permit": result.decisions.permit, "deny": result.decisions.deny},
        ),
        _section("Denied", result.denied),
        *(
            _section(f"Deliveries to {name}", counts)
            for name, counts in sorted(result.deliveries.items())
        ),
        _section("Files exchanged", msgspec.structs.asdict(result.exchanges)),
        _section("Directories", msgspec.structs.asdict(result.directory)),
        _section(
            "Referrals", {**result.referrals, "loops closed": result.loops_closed}
        ),
        _verdict(result),
        _places(folder, admin_url),
    ]
    return "\n".join(sections)


def _known(result: DemoResult) -> dict[str, int]:
    tally = Tally(
        persons=result.persons,
        stays=result.stays,
        transitions=result.transitions,
        readmissions=result.readmissions,
    )
    return Known(tally, result.review_queue).rows()


def _section(title: str, counts: Mapping[str, int]) -> str:
    lines = (f"  {name:<32}{count:>8}\n" for name, count in sorted(counts.items()))
    return f"{title}\n{''.join(lines)}"


def _verdict(result: DemoResult) -> str:
    books = "balance" if result.books_balance else "do NOT balance"
    audit = "is whole" if result.audit.verified else "is NOT whole"
    lines = [f"The books {books}."]
    lines.append(f"The audit of {result.audit.records} records {audit}.")
    if result.missing or result.unexpected:
        lines.append(
            f"{len(result.missing)} expected notices are missing, "
            f"{len(result.unexpected)} were not expected."
        )
    else:
        lines.append("Every expected notice arrived, and no other.")
    lines += [f"Problem: {problem}." for problem in result.problems]
    return "\n".join(lines) + "\n"


def _places(folder: Path, admin_url: str) -> str:
    config = shlex.quote(str(folder / "hub.toml"))
    places = {
        "the payer's server": folder / "payer-sftp",
        "what the webhook received": folder / "webhook-received.jsonl",
        "the archive": folder / "archive",
        "the configuration": folder / "hub.toml",
        "the API, while it runs": f"{admin_url}/api/v1/events",
        "health, while it runs": f"{admin_url}/health/ready",
        "on the command line": f"hub events --config {config}",
        "the referrals": f"hub referrals list --config {config}",
        "who waits for an answer": f"hub referrals escalations --config {config}",
        "the file that waits": f"hub exchange list --state held --config {config}",
    }
    lines = (f"  {what:<28}{where}\n" for what, where in places.items())
    return f"Where to look\n{''.join(lines)}"
