"""``hub plugins``."""

import click

from hub.cli.loading import discover
from hub.cli.options import json_option
from hub.cli.printing import show_json, show_table
from hub.store.views import Page

_COLUMNS = ("name", "version", "distribution", "api", "provides", "state", "reason")


@click.command("plugins")
@json_option
def command(*, as_json: bool) -> None:
    """Show what became of each plugin.

    No configuration is needed. HUB_LOAD_PLUGINS, a list of distributions, loads
    only those that it names.
    """
    plugins = list(discover().plugins)
    if as_json:
        show_json(Page(plugins, None))
        return
    rows = [[getattr(plugin, column) for column in _COLUMNS] for plugin in plugins]
    show_table(_COLUMNS, rows)
