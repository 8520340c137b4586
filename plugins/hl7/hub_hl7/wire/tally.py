"""How many messages and batches a file holds, and how many its trailers say.

BTS-1 is the number of messages of a batch and FTS-1 the number of batches of a file
(HL7 v2.5.1, sections 2.15.3 and 2.15.7). Messages without BHS are a batch as well.
"""

import re

from hub.sdk import HubError
from hub_hl7.facts.errors import NotHl7Error

_COUNT = re.compile(rb"\s*\+?(\d{1,9})(?:\.0*)?\s*")


class BatchCountError(HubError):
    """BTS-1 or FTS-1 is not the number of what was received."""

    code = "HL7-010"
    summary = "The batch does not hold as many messages as its trailer says"
    remedy = "The whole file is set aside; ask the sender to send it again"


class Tally:
    """Counts messages and batches, and compares them with the trailers.

    `begun` says whether there was any segment, and `oddities` collects dotted codes.
    """

    def __init__(self) -> None:
        self.oddities: set[str] = set()
        self.begun = False
        self._file = False  # whether an FHS is open
        self._batch = False  # whether a BHS is open
        self._reset()

    def _reset(self) -> None:
        self._total = 0  # messages of this file
        self._messages = 0  # messages of this batch
        self._batches = 0  # with a BHS
        self._implied = 0  # without one

    def message(self) -> None:
        """Count a message."""
        self.begun = True
        self._total += 1
        self._messages += 1
        if self._batches and not self._batch:
            self.oddities.add("batch.message_outside")

    def header(self, name: str) -> None:
        """Open what FHS or BHS opens."""
        self.begun = True
        self._end_batch()
        if name == "BHS":
            self._batch = True
            self._batches += 1
            return
        if self._file:
            self.oddities.add("batch.fts_missing")
        self._file = True
        self._reset()

    def trailer(self, name: str, count: int | None) -> None:
        """Close what BTS or FTS closes. Raises BatchCountError."""
        self.begun = True
        if name == "BTS":
            self._end_messages(count)
            return
        self._end_batch()
        if not self._file:
            self.oddities.add("batch.fhs_missing")
        expected = {self._batches, self._batches + self._implied}
        if not self._batches:
            # Without a BHS, senders count what there is: the messages.
            expected.add(self._total)
        if count is not None and count not in expected:
            raise BatchCountError(f"FTS-1 is {count}, received {self._batches}")
        self._file = False
        self._reset()

    def end(self) -> None:
        """Close all that is open. Raises NotHl7Error where there was nothing."""
        if not self.begun:
            raise NotHl7Error
        self._end_batch()
        if self._file:
            self.oddities.add("batch.fts_missing")

    def _end_messages(self, count: int | None) -> None:
        if count is not None and count != self._messages:
            raise BatchCountError(f"BTS-1 is {count}, received {self._messages}")
        if not self._batch:
            self.oddities.add("batch.bhs_missing")
            self._implied += 1
        self._batch = False
        self._messages = 0

    def _end_batch(self) -> None:
        """Close the batch that has no BTS, where one is open."""
        if self._batch:
            self.oddities.add("batch.bts_missing")
        elif self._messages:
            self._implied += 1
            if self._batches:
                self.oddities.add("batch.message_outside")
        self._batch = False
        self._messages = 0


def stated_count(name: str, raw: bytes) -> int | None:
    """Return the count in field 1 of a trailer, None where it is empty.

    Raises BatchCountError where it is no number.
    """
    if not raw.strip() or raw.strip() == b'""':
        return None
    match = _COUNT.fullmatch(raw)
    if match is None:
        raise BatchCountError(f"{name}-1 is not a number")
    return int(match[1])
