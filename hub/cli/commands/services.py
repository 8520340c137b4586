"""``hub services``."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import click

from hub.cli.client import ask, expected
from hub.cli.loading import load_own
from hub.cli.options import config_option, json_option
from hub.cli.printing import show_json, show_table
from hub.coordination.service_match.reasons import REASONS

_COLUMNS = ("key", "name", "organization", "score", "km", "why", "ask")
_MODES = ("phone", "in_person", "virtual")
by_option = click.option(
    "--by",
    default="",
    envvar="HUB_OPERATOR",
    show_envvar=True,
    help="Who asks for a person, where no token does; kept with it.",
)


@click.group("services")
def command() -> None:
    """Find services that could meet a need.

    What is found is advice: a referral needs somebody who sends it.
    """


@command.command("match")
@click.option(
    "--category", help="Needs, such as `food-insecurity`; separated by commas."
)
@click.option("--term", help="Codes or names of a taxonomy; separated by commas.")
@click.option("--postcode", help="Where somebody lives, or was seen last.")
@click.option("--country", help="The country of the postcode, such as `DE`.")
@click.option(
    "--no-fixed-address", is_flag=True, help="Nobody can say where they live."
)
@click.option("--radius-km", type=float, help="How far away it may be at most.")
@click.option("--car/--no-car", "has_car", default=None, help="Whether there is a car.")
@click.option("--age", type=click.IntRange(0, 150), help="In years.")
@click.option("--language", help="What is spoken: `es`, `Spanish`; with commas.")
@click.option("--accessibility", help="What is needed, such as `wheelchair`.")
@click.option("--mode", type=click.Choice(_MODES), help="How it is to be used.")
@click.option("--at", help="When it should be open: 2026-03-10T12:00:00Z; else now.")
@click.option("--limit", type=click.IntRange(1, 100), help="Most services to show.")
@click.option(
    "--person",
    help="For this person, by the hub's key: their needs and picture count, and what is"
    " found is kept as advice.",
)
@click.option("--need", "needs", multiple=True, help="A need of theirs; may repeat.")
@by_option
@json_option
@config_option
def match_command(
    config: Path | None,
    *,
    person: str | None,
    needs: tuple[str, ...],
    by: str,
    as_json: bool,
    **wish: Any,
) -> None:
    """Find services, best first: why, and what nobody knows. Needs a running hub."""
    admin = load_own(config).config.admin
    path = "/api/v1/services/match"
    given = {name: value for name, value in wish.items() if value not in (None, False)}
    if wish["has_car"] is False:
        given["has_car"] = False
    if person is None:
        query = urlencode({name: _plain(value) for name, value in given.items()})
        found = expected(ask(admin, "GET", f"{path}?{query}"))
    else:
        said = {**given, "person": person, "needs": list(needs), "by": by}
        found = expected(ask(admin, "POST", path, json.dumps(said).encode()))
    if as_json:
        show_json(found)
        return
    _show(found.get("matching", found))
    if "message" in found:
        click.echo(f"Kept as advice by message {found['message']}.", err=True)


def _show(found: Mapping[str, Any]) -> None:
    show_table(_COLUMNS, [_row(each) for each in found["items"]])
    if found["place"] != "known":
        click.echo(f"Nothing is known of the place ({found['place']}).", err=True)
    for reason, count in found["left_out"].items():
        click.echo(f"Left out: {count}. {REASONS.get(reason, reason)}.", err=True)


def _row(each: Mapping[str, Any]) -> list[object]:
    known = [part for part in each["parts"] if part["known"] and part["points"] > 0]
    best = sorted(known, key=lambda part: -part["points"])[:3]
    away = "secret" if each["restricted"] else each["distance_km"]
    return [
        each["service"],
        each["name"],
        each["organization_name"],
        f"{each['score']:.1f}",
        "" if away is None else away,
        "; ".join(part["reason"] for part in best),
        "; ".join(each["unknowns"]),
    ]


def _plain(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else value
