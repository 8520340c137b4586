"""Tables of reviews: masked, unless what is unmasked was asked for."""

from collections.abc import Sequence

import click
import msgspec

from hub.cli.printing import show_details, show_table
from hub.store.review_views import ReviewDetail, ReviewView, Side, Unmasked


def show_reviews(views: Sequence[ReviewView]) -> None:
    """Print the pairs that somebody must compare."""
    rows = [
        (
            each.id,
            each.state,
            each.rule,
            each.score,
            _short(each.one),
            _short(each.other),
            each.since,
        )
        for each in views
    ]
    show_table(["id", "state", "rule", "bits", "one", "other", "since"], rows)


def show_review(found: ReviewDetail) -> None:
    """Print a pair side by side, what agrees, and what to do."""
    show_details(
        {
            "id": found.id,
            "state": found.state,
            "rule": found.rule,
            "bits": found.score,
            "since": found.since,
            "four eyes": "needed" if found.four_eyes else "not needed",
        }
    )
    click.echo()
    show_table(["", "one", "other"], _sides(found))
    click.echo("\nfields")
    rows = [(each.field, each.level, each.bits) for each in found.fields]
    show_table(["field", "agreement", "bits"], rows)
    click.echo("\nwhat to do")
    for sentence in found.advice:
        click.echo(f"{sentence}.")
    if found.said:
        click.echo("\nsaid")
        said = [(each.decision, each.at, each.message) for each in found.said]
        show_table(["decision", "at", "message"], said)


def _sides(found: ReviewDetail) -> list[tuple[object, ...]]:
    one, other = found.one, found.other
    rows: list[tuple[object, ...]] = [
        ("identity", one.identity, other.identity),
        ("person", one.person, other.person),
        ("initials", one.initials, other.initials),
        ("born", one.birth_year, other.birth_year),
        ("sex", one.sex, other.sex),
        ("numbers", _numbers(one), _numbers(other)),
    ]
    if found.unmasked is not None:
        rows += _whole(*found.unmasked)
    return rows


def _whole(one: Unmasked, other: Unmasked) -> list[tuple[object, ...]]:
    """Return what is known of both, field by field."""
    names = dict.fromkeys((*one.demographics, *other.demographics))
    return [
        ("identifiers", *(_all(each) for each in (one, other))),
        *(
            (name, *(_text(each.demographics.get(name)) for each in (one, other)))
            for name in names
        ),
    ]


def _all(known: Unmasked) -> list[str]:
    return [" ".join(filter(None, (n.type, n.value, n.system)))
            for n in known.identifiers]  # fmt: skip


def _text(value: object) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return msgspec.json.encode(value).decode()


def _numbers(side: Side) -> list[str]:
    return [f"{each.type} {each.ending}".strip() for each in side.numbers]


def _short(side: Side) -> str:
    return " ".join(filter(None, (side.initials, side.birth_year, side.sex)))
