"""The sequence number protocol (MSH-13, MSA-4), for feeds that agreed on it.

    sent MSH-13               taken  answered MSA-4           expected afterwards
    none, or unreadable       yes    none                     as before
    0: the link starts        yes    expected number, or -1   as before
    -1: start anew            yes    -1                       unknown
    any, expected unknown     yes    the number               the next number
    the expected number       yes    the number               the next number
    a lower one: a repeat     yes    expected number          as before
    a higher one: a gap       no     expected number          as before

A repeat is taken because the store knows what it has. The numbers are kept in
memory, for each MSH-3 and MSH-4 of one listener: after a restart the number of the
first message is right. Source: HL7 v2.5.1, section 2.10.1.
"""

import re
from collections import OrderedDict

_NUMBER = re.compile(rb"-1|\d{1,15}")
_MOST_SENDERS = 10_000

Sender = tuple[bytes, bytes]


class Sequences:
    """The numbers expected from the senders of one listener."""

    def __init__(self) -> None:
        self._expected: OrderedDict[Sender, int] = OrderedDict()

    def take(self, sender: Sender, sent: bytes) -> tuple[bool, bytes]:
        """Say whether a message with this MSH-13 is taken, and what is MSA-4."""
        if not _NUMBER.fullmatch(sent):
            return True, b""
        number, expected = int(sent), self._expected.get(sender, -1)
        if number < 0:
            self._expected.pop(sender, None)
            return True, b"-1"
        if number == 0 or number < expected:
            return True, b"%d" % expected
        if expected in {-1, number}:
            self._expect(sender, number + 1)
            return True, b"%d" % number
        return False, b"%d" % expected

    def put_back(self, sender: Sender, sent: bytes) -> None:
        """Expect a number that was taken again: its message was not stored."""
        number = int(sent) if _NUMBER.fullmatch(sent) else -1
        if 0 < number < self._expected.get(sender, -1):
            self._expect(sender, number)

    def _expect(self, sender: Sender, number: int) -> None:
        self._expected[sender] = number
        self._expected.move_to_end(sender)
        if len(self._expected) > _MOST_SENDERS:
            self._expected.popitem(last=False)
