"""Laying what was staged, some at a time, so that messages do not wait for it."""

import shutil
import sqlite3
import threading
import time
from pathlib import Path

from hub.runtime.directory.errors import StageLostError
from hub.store.directory import objects
from hub.store.directory.objects import CHUNK, LaidObjects
from hub.store.directory.runs import RunRow
from hub.store.directory.stage import Stage, StagedRow
from hub.store.writer import Writer

#: After each piece of work it rests so many times as long.
REST = 0.1


class Stopped(Exception):  # noqa: N818 - nobody but the hub's own parts catches it
    """The hub stops: what is not in force goes on at the next start."""


class Laying:
    """Lays runs, one at a time, on a thread."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Give up what is under way. May be called from any thread."""
        self._stopping.set()

    def lay(self, run: RunRow, staging: Path, at: int) -> None:
        """Write what was staged of a run from where it was left.

        Raises StageLostError where that is not there, and Stopped.
        """
        try:
            with Stage(staging) as stage:
                self._lay(stage, run, at)
        except sqlite3.Error as error:
            raise StageLostError(type(error).__name__) from error

    def _lay(self, stage: Stage, run: RunRow, at: int) -> None:
        if stage.laid()[0] != run.rows:
            raise StageLostError("fewer rows than there were")
        after = run.laid
        while found := stage.rows(after, CHUNK):
            began = time.perf_counter()
            first, last = found[0][0], found[-1][0]
            rows = [row for _, row in found]
            links = stage.links(first, last)
            part = LaidObjects(run.seq, run.feed, run.version, at, rows, links, last)
            self._writer.call(objects.lay, part, sum(map(_size, rows)))
            after = last
            if self._stopping.wait(REST * (time.perf_counter() - began)):
                raise Stopped


def _size(row: StagedRow) -> int:
    return len(row.record) + 400


def tidy(folder: Path, wanted: set[str]) -> None:
    """Remove what is staged below a folder but for the runs that are `wanted`."""
    if folder.is_dir():
        for each in folder.iterdir():
            if each.name not in wanted:
                shutil.rmtree(each, ignore_errors=True)
