"""Bytes of a file as lines of text, with memory that does not grow with it.

A line ends with LF, CR LF or CR and with nothing else: U+2028, U+0085 and form feeds
are characters of a value. A mark at the start says the character set, whatever the
profile does. Bytes that the set does not have become lone surrogates, so that only
their row is at fault.
"""

import codecs
from collections.abc import Iterator
from typing import BinaryIO

from hub_payer.tables.errors import NotTextError

#: Longest line, in characters; a longer one is left out, and the file goes on.
LONGEST_LINE = 1 << 20
_BLOCK = 1 << 17
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
#: What a character set is called without a mark at the start.
CODECS = {"utf-8-sig": "utf-8", "utf-16": "utf-16-le", "latin-1": "iso-8859-1"}
# What is never the start of a table. Workbooks are zip archives, old ones are OLE.
_NOT_TEXT = (
    *(b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF-", b"\x1f\x8b", b"-----BEGIN PGP"),
    *(b"<!DOCTYPE", b"<!doctype", b"<html", b"<HTML", b"<?xml"),
)
_LONGEST_START = max(map(len, _NOT_TEXT))
_CUT_CHARACTER = "\udcff"


class Lines:
    """The lines of a file, once, in order; None for one that is too long."""

    def __init__(self, file: BinaryIO, charset: str) -> None:
        self._file = file
        self._charset = CODECS.get(charset, charset)

    def __iter__(self) -> Iterator[str | None]:
        """Yield the lines without their ends. Raises NotTextError."""
        rest, too_long, held = "", False, ""
        for block in self._blocks():
            text = held + block
            # A line end may have been cut in two.
            held = "\r" if text.endswith("\r") else ""
            text = rest + text.removesuffix("\r")
            if "\r" in text:
                text = text.replace("\r\n", "\n").replace("\r", "\n")
            *lines, rest = text.split("\n")
            for line in lines:
                long = too_long or len(line) > LONGEST_LINE
                too_long = False
                yield None if long else line
            if len(rest) > LONGEST_LINE:
                rest, too_long = "", True
        if rest or too_long:
            yield None if too_long or len(rest) > LONGEST_LINE else rest
        elif held:
            yield ""

    def _blocks(self) -> Iterator[str]:
        start = b""
        while len(start) < _LONGEST_START and (more := self._file.read(_BLOCK)):
            start += more
        if start.startswith(_NOT_TEXT):
            raise NotTextError
        mark, codec = next(
            ((mark, codec) for mark, codec in _MARKS if start.startswith(mark)),
            (b"", self._charset),
        )
        wide = codec.startswith("utf-16")
        decoder = codecs.getincrementaldecoder(codec)(
            "surrogatepass" if wide else "surrogateescape"
        )
        raw = start[len(mark) :]
        while raw:
            yield decoder.decode(raw)
            raw = self._file.read(_BLOCK)
        try:
            yield decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            yield _CUT_CHARACTER
