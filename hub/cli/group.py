"""The command `hub`: finds its subcommands by name and loads them when called."""

import importlib
from pathlib import Path
from typing import Any, NoReturn

import click

from hub import __version__
from hub.cli.errors import CommandFailedError
from hub.errors import HubError
from hub.runtime.memory import collect_seldom

HELP_OPTIONS = ["-h", "--help"]

#: Each command's one-line help, so that listing them loads none of them.
COMMANDS = {
    "run": "Run the hub until it is told to stop.",
    "check": "Check the configuration, with --books the store, "
    "with --people who is who.",
    "demo": "Play a simulated region: two hospitals, a payer, a social service.",
    "feeds": "Show the feeds, learn a feed's profile from samples, or try one.",
    "plugins": "Show what became of each plugin.",
    "messages": "Show the messages that the hub received.",
    "events": "Show the care events that the hub emitted.",
    "persons": "Show people and what happened to one of them; merge and split.",
    "reviews": "Show who could be one person, and decide it.",
    "encounters": "Show encounters, and the messages behind them.",
    "stays": "Show stays over sources and hospitals.",
    "transitions": "Show what is due after stays, and what became of it.",
    "records": "Show referrals, tasks, consents and all else that is stated of people.",
    "referrals": "Show how referrals stand; send and cancel one, say how it goes.",
    "facts": "Tell the hub facts of care management, or show their form.",
    "scorers": "Show the models that score people, and run them.",
    "panels": "Show whom recipients look after; load, approve and refuse lists.",
    "exchange": "Show files of partners and for them; approve, reject, compare.",
    "directory": "Show directories of services, and what changed; approve, reject.",
    "services": "Find services that could meet a need.",
    "episodes": "Let subscriptions follow single encounters and stays.",
    "labels": "Show what gives away something sensitive, and codes nobody mapped.",
    "deliveries": "Show what is, was or will be sent.",
    "explain": "Say why something was sent, or was not.",
    "report": "Print evidence: notices, disclosures, delays and what came after.",
    "worklist": "Show what waits at a destination to be fetched, and settle it.",
    "subscriptions": "Show who asks for which events, and tell one of the past.",
    "replay": "Let messages be processed, or deliveries sent, again.",
    "test": "Compare what a configuration makes of messages with what is expected.",
    "shadow": "Show what another configuration would have changed, and apply it.",
    "tokens": "Make, list and revoke tokens for the API.",
    "audit": "Show what was decided, told, seen and done; prove that it is whole.",
    "errors": "Explain an error code or a reason, or list all of them.",
}


class HubGroup(click.Group):
    """A group whose commands are modules of `hub.cli.commands`."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's
        """Return the names of the commands, in the order of their use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's
        """Load a command; None where there is no such command."""
        if cmd_name not in COMMANDS:
            return None
        collect_seldom()
        module = importlib.import_module(f"hub.cli.commands.{cmd_name}")
        command: click.Command = module.command
        command.context_settings.setdefault("help_option_names", HELP_OPTIONS)
        return command

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's
        formatter: click.HelpFormatter,
    ) -> None:
        """List the commands without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; an error is one line and exit status 1, no traceback."""
        try:
            return super().invoke(ctx)
        except HubError as error:
            _report(ctx, error)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except (BrokenPipeError, KeyboardInterrupt):
            raise
        except Exception as error:  # noqa: BLE001 - its text may quote content
            _report(ctx, _described(error))


def _report(ctx: click.Context, error: HubError) -> NoReturn:
    click.echo(str(error), err=True)
    ctx.exit(1)


def _described(error: Exception) -> CommandFailedError:
    traceback = error.__traceback__
    while traceback and traceback.tb_next:
        traceback = traceback.tb_next
    where = ""
    if traceback:
        file = traceback.tb_frame.f_code.co_filename
        where = f" at {'/'.join(file.split('/')[-3:])}:{traceback.tb_lineno}"
    return CommandFailedError(f"{type(error).__name__}{where}")


@click.group(cls=HubGroup, context_settings={"help_option_names": HELP_OPTIONS})
@click.version_option(__version__, prog_name="carehub")
@click.option(
    "--token-file",
    type=click.Path(path_type=Path),
    help="The file with the token to show to a running hub; else it is taken from "
    "the variable CAREHUB_TOKEN.",
)
def main(token_file: Path | None) -> None:
    """Carehub: the open integration hub for care that crosses sectors."""
