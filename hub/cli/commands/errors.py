"""``hub errors``."""

import difflib
from collections.abc import Iterable

import click

from hub.catalogue import catalogued
from hub.cli.errors import UnknownCodeError
from hub.cli.loading import discover
from hub.cli.options import json_option
from hub.cli.printing import show_details, show_json, show_table
from hub.contract import NormaliserSpec
from hub.coordination.exchanges.codes import CodeInWords, file_reasons, row_codes
from hub.errors import HubError
from hub.store.explaining.reasons import ReasonView, reasons

_COLUMNS = ("code", "summary", "recovery")


@click.command("errors")
@click.argument("code", required=False)
@json_option
def command(code: str | None, *, as_json: bool) -> None:
    """Explain an error code or a reason, or list all of them.

    Codes of the hub and of the installed plugins; upper and lower case are the
    same. Reasons are those of decisions, such as `relationship.none`; they have no
    recovery: they say why a notice was permitted or withheld. Nor have the reasons
    and codes of files and their rows, such as `sequence.gap`.
    """
    readers = discover().normalisers.values()
    errors = {name: _describe(error) for name, error in sorted(_catalogue().items())}
    described = _of_files(readers) | errors
    described |= {each.code: _describe_reason(each) for each in reasons()}
    if code is None:
        _show_all(list(described.values()), as_json=as_json)
        return
    found = described.get(code.upper()) or described.get(code.lower())
    if found is None:
        raise UnknownCodeError(_suggest(code, list(described)))
    show_json(found) if as_json else show_details(found)


def _show_all(errors: list[dict[str, str]], *, as_json: bool) -> None:
    if as_json:
        show_json(errors)
        return
    cells = [[error.get(column, "") for column in _COLUMNS] for error in errors]
    show_table(_COLUMNS, cells)


def _of_files(readers: Iterable[NormaliserSpec]) -> dict[str, dict[str, str]]:
    """Return the codes of files and rows; of one with two meanings, the first."""
    found = [*file_reasons(), *row_codes(readers)]
    return {each.code: _describe_reason(each) for each in reversed(found)}


def _catalogue() -> dict[str, type[HubError]]:
    catalogued()
    return {
        code: error
        for code, error in HubError.catalogue.items()
        if not error.__module__.startswith("hub.testing")
    }


def _describe(error: type[HubError]) -> dict[str, str]:
    return {
        "code": error.code,
        "summary": error.summary,
        "remedy": error.remedy,
        "recovery": error.recovery.value,
    }


def _describe_reason(reason: ReasonView | CodeInWords) -> dict[str, str]:
    return {"code": reason.code, "summary": reason.summary, "remedy": reason.remedy}


def _suggest(code: str, codes: list[str]) -> str:
    # A code is in upper case, a reason in lower.
    asked = code.upper() if "-" in code else code.lower()
    near = difflib.get_close_matches(asked, codes, n=1)
    return f"perhaps {near[0]} was meant" if near else ""
