"""``hub tokens``."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from msgspec import convert, json

from hub.admin.access import LOCAL
from hub.admin.issuing import (
    TokenMade,
    TokenWanted,
    check_scope,
    issue,
    made,
    parse_life,
)
from hub.admin.parameters import parse_body
from hub.admin.roles import Role
from hub.cli.client import delete_token, post_token
from hub.cli.loading import Loaded, load, load_own, reader
from hub.cli.options import config_option, json_option
from hub.cli.printing import show_json, show_page, show_table
from hub.store.access import Revocation, TokenView, create, revoke, shown
from hub.store.errors import DataFolderLockedError
from hub.store.store import Store, call_at_once
from hub.store.views import Page

_NO_ADMIN = (
    "Nobody has the role admin, and a running hub makes tokens for that role only: "
    "stop it, and make a token of that role."
)


def _life(
    _context: click.Context, _option: click.Parameter, value: str | None
) -> str | None:
    try:
        if value is not None:
            parse_life(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
    return value


@click.group("tokens")
def command() -> None:
    """Make, list and revoke tokens for the API.

    From the first token on the API answers nobody who has none. A hub that runs is
    asked to make and revoke tokens, and wants the token of an admin for that, where
    there is one; otherwise it is done in the store.
    """


@command.command("create")
@click.option(
    "--role",
    required=True,
    type=click.Choice([role.value for role in Role]),
    help="What it allows.",
)
@click.option("--scope", default="", help="The source of a feed, or the destination.")
@click.option("--name", default="", help="Who has it: what the audit calls them.")
@click.option(
    "--expires", callback=_life, help="How long it is good, such as 90d or 12h."
)
@json_option
@config_option
def create_command(config: Path | None, *, as_json: bool, **wanted: Any) -> None:
    """Make a token and print it, this once."""
    found = _create(config, wanted)
    if as_json:
        show_json(found)
        return
    click.echo(found.token)
    if not _has_admin(config):
        click.echo(_NO_ADMIN, err=True)
    click.echo(
        f"It is shown this once; as {found.made.id} it can be revoked.", err=True
    )


@command.command("list")
@json_option
@config_option
def list_command(config: Path | None, *, as_json: bool) -> None:
    """Show all tokens, oldest first; also those that are good no longer."""
    found = [shown(each) for each in reader(config).access.tokens()]
    show_page(Page[TokenView](found, None), _show, as_json=as_json)


@command.command("revoke")
@click.argument("token_id")
@json_option
@config_option
def revoke_command(token_id: str, config: Path | None, *, as_json: bool) -> None:
    """Let a token be good no longer, from now on."""
    found = _revoke(config, token_id)
    show_json(found) if as_json else _show([found])


def _create(config: Path | None, wanted: dict[str, Any]) -> TokenMade:
    loaded = load(config) if wanted["scope"] else load_own(config)
    try:
        return _create_offline(loaded, wanted)
    except DataFolderLockedError:
        return convert(post_token(loaded.config.admin, wanted), TokenMade)


def _create_offline(loaded: Loaded, wanted: dict[str, Any]) -> TokenMade:
    """Raises DataFolderLockedError where a hub owns the folder, BadRequestError."""
    with Store(loaded.folder, call_at_once) as store:
        asked = parse_body(TokenWanted, json.encode(wanted))
        check_scope(asked, loaded.config.sources, loaded.config.destinations)
        secret, creation = issue(asked, LOCAL)
        return made(secret, store.writer.call(create, creation))


def _has_admin(config: Path | None) -> bool:
    tokens = reader(config).access.tokens()
    return any(each.role == Role.ADMIN and not each.revoked_at for each in tokens)


def _revoke(config: Path | None, key: str) -> TokenView:
    loaded = load_own(config)
    wanted = Revocation(key, datetime.now(UTC), LOCAL.actor, LOCAL.role.value)
    try:
        with Store(loaded.folder, call_at_once) as store:
            return shown(store.writer.call(revoke, wanted))
    except DataFolderLockedError:
        return convert(delete_token(loaded.config.admin, key), TokenView)


def _show(tokens: Sequence[TokenView]) -> None:
    columns = ("id", "name", "role", "scope", "created", "expires", "revoked")
    rows = (
        (t.id, t.name, t.role, t.scope, t.created_at, t.expires_at, t.revoked_at)
        for t in tokens
    )
    show_table(columns, rows)
