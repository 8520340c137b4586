"""``hub audit``."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

from hub.admin.audit_fhir import audit_event
from hub.cli.loading import load_own, reader
from hub.cli.options import (
    config_option,
    cursor_option,
    in_time,
    json_option,
    limit_option,
)
from hub.cli.printing import show_details, show_json, show_page, show_table
from hub.store.audit_queries import Disclosure
from hub.store.audit_views import AuditRecord
from hub.store.queries import MAX_LIMIT

_RECORD = ("n", "at", "actor", "action", "object", "recipient", "outcome")
_SAID = ("by", "reason")
_DISCLOSURE = ("at", "recipient", "purpose", "outcome", "told", "receipt")
_ACCESS = ("at", "actor", "role", "action", "address", "reason")


@click.group("audit")
def command() -> None:
    """Show what was decided, told, seen and done; prove that it is whole.

    The audit names no patient: people are tokens in it.
    """


@command.command("verify")
@click.option(
    "--checkpoints",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Checkpoints that were kept elsewhere, instead of those in the data folder.",
)
@click.option(
    "--public-key",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The key to check them with, kept elsewhere: `audit-signing.pub`.",
)
@json_option
@config_option
@click.pass_context
def verify_command(
    ctx: click.Context,
    config: Path | None,
    checkpoints: Path | None,
    public_key: Path | None,
    *,
    as_json: bool,
) -> None:
    """Check every record, what it is about, and every checkpoint.

    Works beside a running hub. The exit status is 1 where anything was changed,
    removed, put in another order, or cut off; the first bad record is named.
    """
    # It takes a library for signatures, which no other command needs.
    from hub.store.audit_verify import verify_folder  # noqa: PLC0415

    verdict = verify_folder(load_own(config).folder, checkpoints, public_key)
    if as_json:
        show_json(verdict)
    else:
        bad = "none" if verdict.first_bad is None else verdict.first_bad
        show_details(
            {
                "verified": "yes" if verdict.verified else "NO",
                "records": verdict.records,
                "decisions": verdict.decisions,
                "checkpoints": verdict.checkpoints,
                "first bad record": bad,
            }
        )
        if verdict.problems:
            rows = [(each.n or "", each.what) for each in verdict.problems]
            click.echo()
            show_table(("record", "problem"), rows)
    ctx.exit(0 if verdict.verified else 1)


def _filters(function: Any) -> Any:
    """Add the options that say which records."""
    for option in (
        in_time("--until", "Only before this time"),
        in_time("--since", "Not before this time"),
        click.option("--outcome", help="Only with this outcome (accepted, deny)."),
        click.option("--recipient", help="Only what concerns this destination."),
        click.option("--object", help="Only what was done to this id."),
        click.option("--actor", help="Only what they did."),
        click.option("--action", help="Only this (notice.sent, event.viewed)."),
    ):
        function = option(function)
    return function


@command.command("list")
@_filters
@limit_option
@cursor_option
@json_option
@config_option
def list_command(config: Path | None, *, as_json: bool, **filters: Any) -> None:
    """Show records, newest first."""
    page = reader(config).audit.records(**filters)
    show_page(page, _show_records, as_json=as_json)


def _show_records(found: Sequence[AuditRecord]) -> None:
    rows = [
        [
            *(getattr(each, name) for name in _RECORD),
            each.detail.get("by", ""),
            each.reason,
        ]
        for each in found
    ]
    show_table((*_RECORD, *_SAID), rows)


@command.command("disclosures")
@click.argument("person")
@json_option
@config_option
def disclosures_command(person: str, config: Path | None, *, as_json: bool) -> None:
    """Account for the disclosures of PERSON: who was told what, when and why."""
    found = reader(config).audit.disclosures(person)
    if as_json:
        show_json(found)
        return
    show_table(_DISCLOSURE, [_disclosure(each) for each in found])


def _disclosure(each: Disclosure) -> list[object]:
    told = [one.type for one in each.told]
    return [each.at, each.recipient, each.purpose, each.outcome, told, each.receipt]


@command.command("accesses")
@click.argument("person")
@json_option
@config_option
def accesses_command(person: str, config: Path | None, *, as_json: bool) -> None:
    """Show who looked at what is known of PERSON."""
    found = reader(config).audit.accesses(person)
    if as_json:
        show_json(found)
        return
    show_table(_ACCESS, [_access(each) for each in found])


def _access(each: AuditRecord) -> list[object]:
    address = each.detail.get("address", "")
    return [each.at, each.actor, each.role, each.action, address, each.reason]


@command.command("export")
@click.option(
    "--fhir",
    is_flag=True,
    help="Write FHIR R4 AuditEvent resources, by the patterns of IHE BALP.",
)
@_filters
@config_option
def export_command(config: Path | None, *, fhir: bool, **filters: Any) -> None:
    """Write all records as lines of JSON, newest first."""
    hub = load_own(config).config.hub.name
    audit = reader(config).audit
    cursor: str | None = None
    while True:
        page = audit.records(**filters, limit=MAX_LIMIT, cursor=cursor)
        for each in page.items:
            line = audit_event(each, hub) if fhir else each
            click.echo(msgspec.json.encode(line).decode())
        cursor = page.next
        if cursor is None:
            return
