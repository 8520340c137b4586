"""Options that several commands have."""

from pathlib import Path

import click

config_option = click.option(
    "--config",
    type=click.Path(path_type=Path),
    envvar="HUB_CONFIG",
    show_envvar=True,
    help="The configuration: a TOML file, or a folder of them. "
    "Default: config/hub.toml or hub.toml.",
)
json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON instead of a table."
)
limit_option = click.option(
    "--limit",
    type=click.IntRange(1, 1000),
    default=100,
    show_default=True,
    help="Most rows to show, newest first.",
)
cursor_option = click.option(
    "--cursor", help="Go on after an earlier page: the `next` of its JSON."
)
