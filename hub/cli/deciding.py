"""What the commands that decide who is who have in common."""

from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from hub.cli.client import post_decision
from hub.cli.loading import load_own
from hub.cli.printing import show_details, show_json

by_option = click.option(
    "--by",
    required=True,
    envvar="HUB_OPERATOR",
    show_envvar=True,
    help="Who decides; kept with the decision.",
)
reason_option = click.option(
    "--reason", required=True, help="Why; kept with the decision."
)
again_option = click.option(
    "--again", is_flag=True, help="Decide anew what was decided otherwise before."
)

_OUTCOMES = {
    "carried_out": "carried out",
    "recommended": "recommended; somebody else must decide the same",
    "deferred": "left open",
    "waiting": "stored; it is carried out in its turn",
    "parked": "set aside; look at the message",
}


def decide(
    config: Path | None, kind: str, key: str, action: str, **said: Any
) -> dict[str, Any]:
    """Let the running hub carry out a decision; return what came of it.

    Raises HubNeededError, DecidedOtherwiseError, ApiRefusedError.
    """
    path = f"/api/v1/{kind}/{quote(key, safe='')}{action}"
    return post_decision(load_own(config).config.admin, path, said)


def show_decided(decided: dict[str, Any], *, as_json: bool) -> None:
    """Print what came of a decision."""
    if as_json:
        show_json(decided)
        return
    outcome = decided["outcome"]
    show_details(
        {
            "outcome": _OUTCOMES.get(outcome, outcome),
            "message": decided["message"],
            "error": decided["error_code"],
            "persons": list(dict.fromkeys(decided["persons"].values())),
        }
    )
