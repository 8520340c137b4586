"""``hub reviews``."""

from pathlib import Path
from typing import Any, get_args

import click

from hub.cli.deciding import (
    again_option,
    by_option,
    decide,
    reason_option,
    show_decided,
)
from hub.cli.loading import reader
from hub.cli.options import (
    config_option,
    cursor_option,
    json_option,
    keys_limit_option,
)
from hub.cli.printing import show_json, show_page
from hub.cli.review_tables import show_review, show_reviews
from hub.store.reviews import OpenState


@click.group("reviews")
def command() -> None:
    """Show who could be one person, and decide it.

    The hub links what is certain. What it is not sure of it asks: each pair of
    identities once, until somebody says whether they are one person.
    """


@command.command("list")
@click.option(
    "--state",
    type=click.Choice(get_args(OpenState)),
    help="Only candidates, or only what would link but for other links.",
)
@click.option("--person", help="Only what asks of this person.")
@keys_limit_option
@cursor_option
@json_option
@config_option
def list_command(config: Path | None, *, as_json: bool, **filters: Any) -> None:
    """Show the pairs that somebody must compare.

    Nobody's name is shown, nor who gave a number.
    """
    page = reader(config).reviews.open_reviews(**filters)
    show_page(page, show_reviews, as_json=as_json)


@command.command("show")
@click.argument("review_id")
@click.option(
    "--unmasked", is_flag=True, help="Also names, numbers and all else that is known."
)
@json_option
@config_option
def show_command(
    review_id: str, config: Path | None, *, unmasked: bool, as_json: bool
) -> None:
    """Show a pair side by side, what speaks for and against it, and what to do."""
    found = reader(config).reviews.review(review_id, with_content=unmasked)
    show_json(found) if as_json else show_review(found)


@command.command("same")
@click.argument("review_id")
@by_option
@reason_option
@again_option
@json_option
@config_option
def same_command(
    review_id: str, config: Path | None, *, as_json: bool, **said: Any
) -> None:
    """Decide that both are one person.

    Where something sensitive is known of one of them, the first who decides so only
    recommends it, and a second person must decide the same.
    """
    found = decide(config, "reviews", review_id, "", decision="same", **said)
    show_decided(found, as_json=as_json)


@command.command("different")
@click.argument("review_id")
@by_option
@reason_option
@again_option
@json_option
@config_option
def different_command(
    review_id: str, config: Path | None, *, as_json: bool, **said: Any
) -> None:
    """Decide that they are two people, who are kept apart from now on."""
    found = decide(config, "reviews", review_id, "", decision="different", **said)
    show_decided(found, as_json=as_json)


@command.command("later")
@click.argument("review_id")
@by_option
@reason_option
@json_option
@config_option
def later_command(
    review_id: str, config: Path | None, *, as_json: bool, **said: Any
) -> None:
    """Leave a pair open, and keep that you looked and could not tell."""
    found = decide(config, "reviews", review_id, "", decision="later", **said)
    show_decided(found, as_json=as_json)
