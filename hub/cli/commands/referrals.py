"""``hub referrals``."""

import json
from pathlib import Path
from typing import Any, get_args
from urllib.parse import quote

import click

from hub.admin.referral_parameters import Category
from hub.cli.client import ask, expected
from hub.cli.errors import HubNeededError, HubUnreachableError
from hub.cli.loading import load_own, reader
from hub.cli.options import (
    config_option,
    cursor_option,
    json_option,
    keys_limit_option,
)
from hub.cli.printing import show_details, show_json, show_page
from hub.cli.referral_tables import (
    show_escalations,
    show_performers,
    show_referral,
    show_referrals,
)
from hub.model.referrals import SIDE_FACTS, ReferralState
from hub.store.referral_queries import LoopFilter

_SHOWN = ("key", "state", "loop", "requester", "performer", "waiting", "children")
#: Said where the hub answers before it has worked out what it stored.
_STORED = (
    "It is stored, and not worked out yet: `hub referrals show KEY` says who is told."
)

by_option = click.option(
    "--by",
    default="",
    envvar="HUB_OPERATOR",
    show_envvar=True,
    help="Who says so, where no token does; kept with it.",
)


@click.group("referrals")
def command() -> None:
    """Show how referrals stand; send and cancel one, say how it goes.

    What is said needs a hub that runs: it goes through the journal, as what everybody
    else says.
    """


@command.command("list")
@click.option(
    "--state",
    type=click.Choice([state.value for state in ReferralState]),
    help="Only those in this state.",
)
@click.option(
    "--loop",
    type=click.Choice(get_args(LoopFilter)),
    help="Only those whose loop is so; `unclosed` is what nobody has closed.",
)
@click.option("--party", help="Only those of this partner, or organisation.")
@click.option(
    "--category", type=click.Choice(get_args(Category)), help="Only for this need."
)
@click.option("--person", help="Only those of this person.")
@click.option(
    "--overdue", is_flag=True, help="Only those for which somebody waits too long."
)
@keys_limit_option
@cursor_option
@json_option
@config_option
def list_command(config: Path | None, *, as_json: bool, **filters: Any) -> None:
    """Show referrals, in the order of their keys."""
    page = reader(config).referrals.referrals(**filters)
    show_page(page, show_referrals, as_json=as_json)


@command.command("show")
@click.argument("key")
@json_option
@config_option
def show_command(key: str, config: Path | None, *, as_json: bool) -> None:
    """Show a referral: what was said of it, who was told, and who was not and why."""
    found = reader(config).referrals.referral(key)
    show_json(found) if as_json else show_referral(found)


@command.command("escalations")
@keys_limit_option
@cursor_option
@json_option
@config_option
def escalations_command(config: Path | None, *, as_json: bool, **paging: Any) -> None:
    """Show for what somebody waits too long."""
    page = reader(config).referrals.escalations(**paging)
    show_page(page, show_escalations, as_json=as_json)


@command.command("send")
@click.option("--person", default="", help="The key of the person.")
@click.option(
    "--identifier",
    nargs=2,
    metavar="SYSTEM VALUE",
    help="A number of the person, with who gave it, in place of the key.",
)
@click.option(
    "--name",
    nargs=2,
    metavar="FAMILY GIVEN",
    help="What somebody is called whom the hub need not know yet.",
)
@click.option("--phone", help="How whoever acts can call them.")
@click.option(
    "--category",
    required=True,
    type=click.Choice(get_args(Category)),
    help="The need, by the Gravity Project's name.",
)
@click.option(
    "--to", "performers", multiple=True, help="A partner that shall act; may repeat."
)
@click.option(
    "--service",
    "services",
    multiple=True,
    help="The key of a service in a directory that shall act; may repeat.",
)
@click.option("--from", "requester", default="", help="The partner who asks.")
@click.option("--reason", help="Why, in words; who acts is not told.")
@click.option("--note", default="", help="Words for whoever shall act.")
@click.option(
    "--priority",
    type=click.Choice(["routine", "urgent", "asap", "stat"]),
    help="How much it hurries.",
)
@click.option("--language", default="", help="Which language the person speaks.")
@click.option(
    "--no-contact",
    is_flag=True,
    help="For the person's safety nobody may contact them directly.",
)
@click.option(
    "--idempotency-key", "repeat", help="Sent again under it, it counts once."
)
@by_option
@json_option
@config_option
def send_command(
    config: Path | None,
    *,
    person: str,
    identifier: tuple[str, str] | None,
    reason: str | None,
    no_contact: bool,
    repeat: str | None,
    as_json: bool,
    **said: Any,
) -> None:
    """Send a referral to whoever shall act; several get a part of it each.

    Says of each whether they are told, or why not.
    """
    whom: dict[str, Any] = {"key": person}
    if identifier:
        whom = {"system": identifier[0], "value": identifier[1]}
    if name := said.pop("name"):
        whom["names"] = [{"family": name[0], "given": name[1]}]
    if phone := said.pop("phone"):
        whom["telecoms"] = [{"system": "phone", "value": phone}]
    wanted = {name: value for name, value in said.items() if value}
    wanted["person"] = whom
    if reason:
        wanted["reason"] = {"text": reason}
    if no_contact:
        wanted["safety"] = {"contact_prohibited": True}
    headers = {"Idempotency-Key": repeat} if repeat else {}
    sent = _post(config, "", wanted, headers)
    _show(sent, as_json=as_json)
    if as_json:
        return
    if "performers" in sent:
        show_performers(sent["performers"])
    else:
        click.echo(_STORED, err=True)


@command.command("cancel")
@click.argument("key")
@click.option("--reason", required=True, help="Why, in words.")
@click.option("--code", default="", help="Why, as a code.")
@by_option
@json_option
@config_option
def cancel_command(
    key: str, config: Path | None, *, as_json: bool, **said: Any
) -> None:
    """Cancel a referral; where somebody took it up, ask them to."""
    _show(_post(config, f"/{_quoted(key)}/cancel", said), as_json=as_json)


@command.command("state")
@click.argument("key")
@click.argument(
    "says",
    metavar="SAYS",
    type=click.Choice([*(each.value for each in ReferralState), *sorted(SIDE_FACTS)]),
)
@click.option(
    "--side",
    required=True,
    type=click.Choice(["requester", "performer"]),
    help="For which side you say so.",
)
@click.option("--party", default="", help="For which partner.")
@click.option("--reason", help="Why, in words.")
@click.option("--outcome", help="What became of the need, as in `resolved`.")
@click.option("--appointment", help="When one takes place (2026-03-10T12:00:00Z).")
@click.option("--note", default="", help="Words for the other side.")
@by_option
@json_option
@config_option
def state_command(
    key: str,
    config: Path | None,
    *,
    reason: str | None,
    outcome: str | None,
    as_json: bool,
    **said: Any,
) -> None:
    """Say something of a referral for one of its sides, as somebody told you.

    SAYS is a state, such as `accepted` or `completed`, or what can be said beside one,
    such as `no_show` or `confirmed`.
    """
    stated = {name: value for name, value in said.items() if value}
    if reason:
        stated["reason"] = {"text": reason}
    if outcome:
        stated["outcome"] = {"code": outcome}
    _show(_post(config, f"/{_quoted(key)}/statements", stated), as_json=as_json)


def _post(
    config: Path | None,
    path: str,
    said: dict[str, Any],
    headers: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Let the running hub do something. Raises HubNeededError, ApiRefusedError."""
    content = json.dumps(said).encode()
    admin = load_own(config).config.admin
    try:
        answered = ask(admin, "POST", f"/api/v1/referrals{path}", content, headers)
    except HubUnreachableError as error:
        raise HubNeededError(error.detail) from error
    return expected(answered)


def _quoted(key: str) -> str:
    return quote(key, safe="")


def _show(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        show_json(found)
    else:
        show_details({name: found[name] for name in _SHOWN if name in found})
