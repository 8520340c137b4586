"""The command line. Importing it loads click and little else."""

from hub.cli.group import main

__all__ = ["main"]
