"""Reading a directory, from its bytes to what it would change. Blocking, and long.

All of a package is read before any of it counts, and nothing of it has an effect here:
what was found goes back to the hub, which decides.
"""

import os
import shutil
import sqlite3
from collections import Counter
from pathlib import Path

from msgspec.structs import replace

from hub.errors import HubError, Recovery
from hub.runtime.directory.carrying import CARRIED
from hub.runtime.directory.comparing import Comparing
from hub.runtime.directory.errors import (
    DirectoryReaderError,
    DirectoryStagingError,
    PackageLostError,
)
from hub.runtime.directory.job import Findings, Job
from hub.runtime.directory.likening import Likening
from hub.runtime.directory.resolving import Resolving
from hub.runtime.directory.secrecy import Secrecy
from hub.runtime.directory.taking import Taking
from hub.store.directory import package
from hub.store.directory.against import Against
from hub.store.directory.secrets import SecretReader
from hub.store.directory.stage import Stage

#: Where packages are staged, below the data folder.
FOLDER = "directory"
CHURNING = "ids.churning"
#: How much of a code's remarks are told of.
_MOST_CODES = 200


def read(job: Job) -> Findings:
    """Return what there is to say of a package.

    Never raises for what is in the package or for what a plugin does.
    """
    try:
        _prepare(job)
        taken = package.take_out(
            job.database, job.message, job.sha256, job.scratch / "package"
        )
        if not taken:
            return _failed(PackageLostError())
        with Stage(job.staging, job.database) as stage:
            return _Reading(job, stage).run()
    except (sqlite3.Error, OSError) as error:
        return _failed(DirectoryStagingError(_kind_of(error)))
    finally:
        shutil.rmtree(job.scratch, ignore_errors=True)


class _Reading:
    """One reading. Its stage is open."""

    def __init__(self, job: Job, stage: Stage) -> None:
        self._job = job
        self._stage = stage
        self._against = Against(stage, job.feed, job.version)
        self._taking = Taking(stage, self._against)

    def run(self) -> Findings:
        """Return what is found. Raises what the stage raises."""
        job = self._job
        folder = job.scratch / "folder"
        try:
            reading = job.reading
            self._taking.take(
                reading.read(job.scratch / "package", folder, reading.profile)
            )
            return self._worked()
        except (sqlite3.Error, OSError):
            raise
        except HubError as error:
            return _failed(error)
        except Exception as error:  # noqa: BLE001 - its text may hold content
            return _failed(DirectoryReaderError(type(error).__name__))

    def _worked(self) -> Findings:
        heading = self._taking.heading
        repeats = heading is not None and heading.mode == "unchanged"
        if heading is None or (repeats and not self._job.repeats):
            return self._told(Counter(there=self._against.present()))
        job, stage, against = self._job, self._stage, self._against
        if repeats:
            against.repeat()
        reader = SecretReader(stage, job.feed, job.version)
        secrecy = Secrecy(job.feed, against, reader)
        secrecy.work()
        self._taking.tell_of(CARRIED, secrecy.carried)
        Resolving(stage, against, secrecy).work()
        whole = repeats or (heading.mode == "full" and heading.complete)
        comparing = Comparing(job, stage, against, secrecy, whole=whole)
        comparing.judge()
        if not comparing.held:
            comparing.work()
            Likening(stage, against).work()
        found = self._told(comparing.counts, comparing.held)
        if comparing.mode == "by_name":
            warnings = () if job.churning else (CHURNING,)
            return replace(found, churning=True, warnings=warnings)
        return found

    def _told(self, counts: Counter[str], held: str = "") -> Findings:
        taking = self._taking
        counts["read"] = taking.objects
        counts["blocked"] = len(taking.blocked)
        rows, contacts = self._stage.laid()
        worst = self._stage.worst()
        self._stage.keep()
        return Findings(
            heading=taking.heading,
            held=held,
            counts={name: value for name, value in sorted(counts.items()) if value},
            remarks=dict(taking.remarks.most_common(_MOST_CODES)),
            worst=worst,
            rows=rows,
            contacts=contacts,
        )


def _prepare(job: Job) -> None:
    shutil.rmtree(job.scratch, ignore_errors=True)
    for folder in (job.scratch, job.scratch / "folder", job.staging.parent):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _failed(error: HubError) -> Findings:
    again = error.recovery is not Recovery.REJECT
    return Findings(error_code=error.code, detail=error.detail, again=again)


def _kind_of(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno is not None:
        return os.strerror(error.errno)
    return str(getattr(error, "sqlite_errorname", type(error).__name__))


def staging_of(folder: Path, run: int) -> tuple[Path, Path]:
    """Return where a run is staged below a data folder, and its scratch."""
    own = folder / FOLDER / str(run)
    return own / "staged.sqlite3", own / "scratch"
