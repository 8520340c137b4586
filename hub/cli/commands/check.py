"""``hub check``."""

from contextlib import closing
from pathlib import Path
from typing import Any

import click
import msgspec

from hub.cli.doubts import doubts, show_doubts
from hub.cli.loading import Loaded, load
from hub.cli.options import config_option, json_option
from hub.cli.printing import show_json, show_table
from hub.config import ConfigError
from hub.config.doubts import subscription_doubts
from hub.runtime.wiring import Fault, faults
from hub.store.books import balance
from hub.store.queries import open_read_only

_UNASKED = {"balanced": True}


@click.command("check")
@click.option(
    "--books",
    is_flag=True,
    help="Check too that everything in the store is accounted for.",
)
@click.option(
    "--people",
    is_flag=True,
    help="Look for what is known of a person and cannot all be true.",
)
@json_option
@config_option
@click.pass_context
def command(
    ctx: click.Context,
    config: Path | None,
    *,
    books: bool,
    people: bool,
    as_json: bool,
) -> None:
    """Check the configuration, with --books the store, with --people who is who.

    Says all that is wrong, or what `hub run` would run, and warns of what is
    hardly meant. The exit status is 1 where anything is wrong.
    """
    try:
        loaded = load(config)
    except ConfigError as error:
        if not as_json:
            raise
        show_json({"ok": False, "problems": _problems(error)})
        ctx.exit(1)
    report = _report(loaded)
    report["problems"] = [_problem(fault) for fault in faults(loaded.config)]
    report["warnings"] = [
        {"path": each.path, "message": each.message}
        for each in subscription_doubts(loaded.config)
    ]
    if books:
        report["books"] = _books(loaded)
    if people:
        report["people"] = doubts(loaded)
    sound = report.get("books", _UNASKED)["balanced"] and not report.get("people")
    report["ok"] = not report["problems"] and sound
    show_json(report) if as_json else _show(report)
    ctx.exit(0 if report["ok"] else 1)


def _problem(fault: Fault) -> dict[str, str]:
    """Return a part that cannot be made, in the shape of a `ConfigProblem`."""
    return {"file": "", "path": fault.table, "message": str(fault.error)}


def _problems(error: ConfigError) -> Any:
    return msgspec.to_builtins(error.problems)


def _report(loaded: Loaded) -> dict[str, Any]:
    config = loaded.config
    return {
        "hub": config.hub.name,
        "data_dir": str(config.hub.data_dir.resolve()),
        "admin": f"http://{config.admin.host}:{config.admin.port}",
        "sources": [
            {
                "name": name,
                "kind": source.spec.kind,
                "normaliser": source.normaliser.name,
            }
            for name, source in config.sources.items()
        ],
        "destinations": [
            {
                "name": name,
                "kind": destination.spec.kind,
                "format": destination.renderer.name,
            }
            for name, destination in config.destinations.items()
        ],
        "subscriptions": [
            {
                "name": name,
                "destination": subscription.destination,
                "panel": subscription.panel,
                "events": list(subscription.events),
                "cadence": str(subscription.cadence),
            }
            for name, subscription in config.subscriptions.items()
        ],
        "quarantined": dict(loaded.registry.quarantined),
    }


def _books(loaded: Loaded) -> dict[str, Any]:
    with closing(open_read_only(loaded.store)) as connection:
        books = balance(connection)
    return {"balanced": books.balanced, "checks": dict(books.checks)}


def _show(report: dict[str, Any]) -> None:
    for problem in report["problems"]:
        click.echo(f"{problem['path']}: {problem['message']}", err=True)
    for warning in report["warnings"]:
        click.echo(f"Warning: {warning['path']}: {warning['message']}", err=True)
    verdict = "cannot run as it is" if report["problems"] else "is right"
    click.echo(f"The configuration of {report['hub']} {verdict}.")
    click.echo(f"Its data is in {report['data_dir']}, its API at {report['admin']}.")
    for part in ("sources", "destinations", "subscriptions"):
        click.echo(f"\n{part.capitalize()}")
        rows = [list(row.values()) for row in report[part]]
        show_table(list(report[part][0]) if rows else (), rows)
    for name, reason in report["quarantined"].items():
        click.echo(f"\nThe plugin {name} is set aside: {reason}")
    if "books" in report:
        _show_books(report["books"])
    if "people" in report:
        show_doubts(report["people"])


def _show_books(books: dict[str, Any]) -> None:
    click.echo(f"\nThe books {'' if books['balanced'] else 'do not '}balance.")
    wrong = [item for item in books["checks"].items() if item[1]]
    if wrong:
        show_table(("what must not be", "rows"), wrong)
