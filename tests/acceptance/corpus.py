"""Where the public example messages are, and how to read them.

Nothing of the corpus is in this repository; without it these tests are skipped.
"""

import os
import re
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
CORPUS = Path(os.environ.get("CAREHUB_CORPUS", ROOT.parent / "shared/corpus"))
MESSAGES = CORPUS / "hl7v2"

VT, FS, CR = b"\x0b", b"\x1c", b"\x0d"
_START = re.compile(rb"(?:^|(?<=[\r\n\x0b]))(?=MSH[^A-Za-z0-9\s])")


def needs(folder):
    """Return the marks of a module that reads a folder of the corpus."""
    reason = f"there is no corpus at {folder}; set CAREHUB_CORPUS to where it is"
    return [
        pytest.mark.acceptance,
        pytest.mark.corpus,
        pytest.mark.skipif(not folder.is_dir(), reason=reason),
    ]


class Example(NamedTuple):
    """One message of the corpus, and the project that published it."""

    folder: str
    name: str
    body: bytes


def examples():
    """Return each message of the corpus that MLLP can carry; a batch is one."""
    paths = sorted(path for path in MESSAGES.rglob("*") if path.is_file())
    return [
        Example(path.relative_to(MESSAGES).parts[0], path.name, body)
        for path in paths
        for body in messages_in(path.read_bytes())
    ]


def messages_in(content):
    """Return the messages in the content of a file; a batch is one."""
    content = content.strip(VT + FS + b"\r\n")
    batch = content[:3] in {b"FHS", b"BHS"}
    pieces = [content] if batch else _START.split(content)
    return [each for each in pieces if each and VT not in each and FS not in each]
