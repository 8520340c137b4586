"""The reports by their names, and who reads them."""

from collections.abc import Callable, Generator, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa
from msgspec import Struct

from hub.store.evidence.asked import Asked
from hub.store.evidence.disclosures import DisclosureRow, disclosures
from hub.store.evidence.latency import LatencyRow, latency
from hub.store.evidence.notifications import NotificationRow, notifications
from hub.store.evidence.readmissions import ReadmissionRow, readmissions
from hub.store.evidence.referrals import ReferralRow, referrals
from hub.store.evidence.transitions import TransitionRow, transitions
from hub.store.reading import Looks

#: A report reads much, and whoever asks for one waits for it.
TIME_LIMIT_SECONDS = 600.0


class Report(NamedTuple):
    """One report. `knows_then` says that it can be asked for as known at a time."""

    rows: Callable[[sa.Connection, Asked], Iterator[Any]]
    row: type[Struct]
    summary: str
    knows_then: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the values in a row, in their order."""
        return self.row.__struct_fields__


REPORTS: dict[str, Report] = {
    "notifications": Report(
        notifications,
        NotificationRow,
        "Each notice of an encounter: recipient, first attempt, outcome, content.",
        knows_then=True,
    ),
    "disclosures": Report(
        disclosures,
        DisclosureRow,
        "How much was told to whom, for what, on which terms, by month.",
        knows_then=True,
    ),
    "latency": Report(
        latency,
        LatencyRow,
        "How long it took until recipients were told.",
        knows_then=True,
    ),
    "transitions": Report(
        transitions,
        TransitionRow,
        "Whether what was due after discharges was done in time, by programme.",
    ),
    "readmissions": Report(
        readmissions,
        ReadmissionRow,
        "How many discharges came back, by facility and month.",
    ),
    "referrals": Report(
        referrals,
        ReferralRow,
        "How many referrals were answered, and their loops closed, by month.",
    ),
}


class EvidenceReader:
    """Reads reports from the store in the file `path`.

    `cadences` says by the name of a subscription at which pace it is served. Raises
    StoreUnreadableError and, after `time_limit_seconds`, SlowQueryError: also in the
    middle of a report.
    """

    def __init__(
        self,
        path: Path,
        cadences: Mapping[str, str] | None = None,
        time_limit_seconds: float = TIME_LIMIT_SECONDS,
    ) -> None:
        self._looks = Looks(path, time_limit_seconds)
        self._cadences = cadences or {}

    def rows(self, name: str, asked: Asked) -> Generator[Struct]:
        """Yield the rows of a report, all of the same moment.

        Whoever does not read to the end must close the iterator. Raises KeyError for
        a report that there is not.
        """
        report = REPORTS[name]
        with self._looks.connection() as connection:
            known = asked._replace(cadences=self._cadences)
            yield from report.rows(connection, known)
