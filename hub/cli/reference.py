"""The reference page of the command line, made from the commands."""

from collections.abc import Iterator

import click

from hub.cli.group import COMMANDS, main

_INTRODUCTION = """# Command line

Made from the code by `python -m hub.reference --write`; do not edit.

Commands that read the store work beside a running hub and without one.
They change nothing.
An error is one line on standard error, `[CODE] what. what to do.`, and the exit
status 1; a wrong option has the exit status 2.
The JSON of `--json` has the field names of the admin API.
"""


def cli_reference() -> str:
    """Return the reference of every command and option, in Markdown."""
    parts = [_INTRODUCTION]
    with main.make_context("hub", [], resilient_parsing=True) as root:
        for name in COMMANDS:
            command = main.get_command(root, name)
            if command is not None:
                parts += _section(command, root)
    return "\n".join(parts)


def _section(command: click.Command, root: click.Context) -> Iterator[str]:
    with command.make_context(
        command.name, [], parent=root, resilient_parsing=True
    ) as context:
        usage = " ".join(command.collect_usage_pieces(context))
        yield f"## `{context.command_path}`\n"
        yield f"```text\n{context.command_path} {usage}\n```\n"
        yield f"{_paragraphs(command.help or '')}\n"
        yield "| Option | Meaning |\n|---|---|"
        for parameter in command.get_params(context):
            if isinstance(parameter, click.Option):
                yield _row(parameter, context)
        yield ""
        if isinstance(command, click.Group):
            for name in command.list_commands(context):
                yield from _section(command.commands[name], context)


def _paragraphs(text: str) -> str:
    """Return a docstring with one line for each sentence, as all our pages have."""
    parts = [" ".join(part.split()) for part in text.split("\n\n")]
    return "\n\n".join(part.replace(". ", ".\n") for part in parts)


def _row(option: click.Option, context: click.Context) -> str:
    record = option.get_help_record(context)
    cells = record or (", ".join(option.opts), option.help or "")
    names, text = (" ".join(cell.split()).replace("|", r"\|") for cell in cells)
    return f"| `{names}` | {text} |"
