"""``hub explain``."""

from pathlib import Path

import click

from hub.admin.normalising import normalisers
from hub.cli.explain_text import Explained, lines
from hub.cli.loading import find, load_own
from hub.cli.options import config_option, json_option
from hub.cli.printing import show_json
from hub.cli.written import tables
from hub.registry import Registry
from hub.store.explaining.reader import ExplanationReader
from hub.store.queries import Reader
from hub.telemetry import printable

_SENDER = "sender"


@click.command("explain")
@click.argument("message", required=False)
@click.option("--destination", help="Only what concerns this destination.")
@click.option(
    "--person", help="The key of a person: what was told of them, instead of a message."
)
@click.option(
    "--as",
    "party",
    metavar="PARTY",
    help="Only what this party may know: `sender`, or the name of a destination.",
)
@json_option
@config_option
def command(
    message: str | None,
    destination: str | None,
    person: str | None,
    party: str | None,
    config: Path | None,
    *,
    as_json: bool,
) -> None:
    """Say why something was sent, or was not.

    Follows one message: what read it, whom it is about, the facts in it, the events
    that they led to, the decision for each subscription, and what came of each
    delivery. MESSAGE is its id, or that of an event that it led to. The key of a
    referral stands for the newest message that changed it, but not with --as.
    """
    if (message is None) == (person is None):
        raise click.UsageError("Name either a message or, with --person, a person.")
    if party and (destination or person):
        raise click.UsageError("--as goes with a message, and with nothing else.")
    explained = _explain(_reader(config), message, person, destination, party)
    if as_json:
        show_json(explained)
        return
    for line in lines(explained):
        click.echo(printable(line))


def _explain(
    why: ExplanationReader,
    message: str | None,
    person: str | None,
    destination: str | None,
    party: str | None,
) -> Explained:
    if person is not None:
        return why.person(person, destination)
    key = message or ""
    if party == _SENDER:
        return why.to_sender(key)
    if party is not None:
        return why.to_recipient(key, party)
    return why.message(key, destination)


def _reader(path: Path | None) -> ExplanationReader:
    loaded = load_own(path)
    trust = loaded.config.identity.trust
    readers = normalisers(loaded.registry, _chosen(find(path), loaded.registry))
    return Reader(loaded.store, trust=trust, readers=readers).explaining


def _chosen(path: Path, registry: Registry) -> dict[str, str]:
    """Return the name of each source's normaliser, as it is written."""
    kinds = {kind: spec.normaliser for kind, spec in registry.sources.items()}
    return {
        name: str(table.get("normaliser") or kinds.get(str(table.get("kind"))) or "")
        for name, table in tables(path, "sources").items()
    }
