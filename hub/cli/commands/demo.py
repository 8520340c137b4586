"""``hub demo``."""

import sys
from pathlib import Path

import click

from hub.demo.run import DemoOptions, main


@click.command("demo")
@click.option(
    "--exit",
    "at_end",
    is_flag=True,
    help="End when everything was delivered; the exit status is 0 if all is well.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder to play in. Default: a new one among the temporary ones.",
)
@click.option(
    "--people",
    type=click.IntRange(1, 100_000),
    default=200,
    show_default=True,
    help="How many made-up persons live in the region.",
)
@click.option(
    "--seed",
    type=int,
    default=1,
    show_default=True,
    help="Another number is another story; the same number is the same story.",
)
@click.option(
    "--rate",
    type=click.FloatRange(min=0),
    help="Messages per second and hospital; 0: as fast as they are answered.",
)
def command(
    *,
    at_end: bool,
    as_json: bool,
    data_dir: Path | None,
    people: int,
    seed: int,
    rate: float | None,
) -> None:
    """Play a simulated region: two hospitals, a payer, a social service.

    Everybody in it is made up, and nothing leaves this machine.
    """
    options = DemoOptions(
        data_dir=data_dir,
        people=people,
        seed=seed,
        exit=at_end,
        json=as_json,
        rate=rate,
    )
    sys.exit(main(options))
