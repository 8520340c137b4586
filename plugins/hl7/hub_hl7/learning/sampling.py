"""Samples of a feed cut into messages, and guards for what may be said of them.

What is found in samples is shown to people, written to files and pasted into
tickets. So nothing is: a code is shown only where it looks like one and is not
what the same message says of its patient.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from hub.sdk import HubError
from hub_hl7.wire.batch import BatchHeader, BatchMessage, BatchReader, BatchTrailer
from hub_hl7.wire.er7 import Message

MOST_MESSAGES = 20_000
MOST_CHARACTERS = 40  # of the name of an organisation
UNREADABLE = "unreadable"
MISSING = "missing"

_TYPE = re.compile(r"[A-Z][A-Z0-9]{2}")
_VERSION = re.compile(r"\d{1,2}(?:\.\d{1,2}){0,2}")
_CODE = re.compile(r"[A-Z0-9][A-Z0-9_-]{0,11}")
_NUMBERS = (2, 3, 4, 18, 19, 20, 21)  # fields of PID whose first component is one
_NAMES = (5, 6, 9)
_MARKED = b"\xef\xbb\xbfMSH"
_WORDS = re.compile(r"[^\W_]+")


def messages_in(samples: Iterable[bytes], anomalies: Counter[str]) -> Iterator[bytes]:
    """Yield each message of each sample: a message, a batch, or captured frames.

    A sample that cannot be cut is one message. `anomalies` counts dotted codes.
    """
    for sample in samples:
        anomalies["sample.framed"] += b"\x0b" in sample[:8]
        anomalies["charset.byte_order_mark"] += sample.count(_MARKED)
        yield from _cut(sample, anomalies)


def _cut(sample: bytes, anomalies: Counter[str]) -> Iterator[bytes]:
    reader = BatchReader(max_message=max(len(sample), 1))
    reader.receive_data(sample)
    reader.receive_eof()
    found = 0
    try:
        while (event := reader.next_event()) is not None:
            if isinstance(event, BatchMessage):
                found += 1
                yield event.body
            elif isinstance(event, BatchHeader | BatchTrailer):
                anomalies["sample.batch"] += isinstance(event, BatchHeader)
    except HubError as error:
        if found:
            anomalies[f"sample.{error.code.lower()}"] += 1
        else:
            yield sample


def type_code(text: str) -> str:
    """Return a message type, trigger or segment name, where `text` is one."""
    return _guarded(text.strip().upper(), _TYPE)


def version_code(text: str) -> str:
    """Return a version number, where `text` is one."""
    return _guarded(text.strip(), _VERSION)


def _guarded(text: str, pattern: re.Pattern[str]) -> str:
    if not text:
        return MISSING
    return text if pattern.fullmatch(text) else UNREADABLE


class Privacy:
    """What one message says of its patient, so as not to repeat it."""

    def __init__(self, message: Message) -> None:
        self._words: set[str] = set()
        for pid in message.all("PID"):
            for number in _NAMES:
                self._words.update(_words(pid.raw_field(number)))
            for number in _NUMBERS:
                for field in pid.repetitions(number):
                    self._words.update(_words(field.component(1) or ""))

    def code(self, text: str) -> str:
        """Return a local code in capitals, where `text` looks like one."""
        code = _guarded(text.strip().upper(), _CODE)
        return UNREADABLE if self._says(code) else code

    def organisation(self, text: str) -> str:
        """Return the name of an organisation, where it is short and printable."""
        name = text.strip()
        if len(name) > MOST_CHARACTERS or not name.isprintable() or self._says(name):
            return UNREADABLE
        return name or MISSING

    def _says(self, text: str) -> bool:
        words = _words(text)
        return bool(words) and words <= self._words


def _words(text: str) -> set[str]:
    """Return the words of `text`; a single letter says nothing of anybody."""
    return {word for word in _WORDS.findall(text.upper()) if len(word) > 1}
