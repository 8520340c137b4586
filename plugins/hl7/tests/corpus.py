"""Where the public example messages are, for tests that read them.

Nothing of the corpus is in this repository; without it these tests are skipped.
"""

import os
import re
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
CORPUS = Path(os.environ.get("CAREHUB_CORPUS", ROOT.parent / "shared/corpus")) / "hl7v2"
#: Read all of it, not a sample; takes minutes.
WHOLE = bool(os.environ.get("CAREHUB_WHOLE_CORPUS"))
_START = re.compile(rb"(?:^|(?<=[\r\n\x0b]))(?=MSH[^A-Za-z0-9\s])")

needs_corpus = [
    pytest.mark.corpus,
    pytest.mark.skipif(
        not CORPUS.is_dir(),
        reason=f"there is no corpus at {CORPUS}; set CAREHUB_CORPUS to where it is",
    ),
]


def messages_of(content):
    """Return each message in `content`, or `content` where it holds one at most."""
    cuts = [match.start() for match in _START.finditer(content)]
    each = [content[start:end] for start, end in pairwise([*cuts, len(content)])]
    return each if len(each) > 1 else [content]


def files():
    """Return the content of every file of the corpus, in the order of their names."""
    paths = sorted(path for path in CORPUS.rglob("*") if path.is_file())
    return [path.read_bytes() for path in paths]


def bodies():
    """Return every message of the corpus, in the order of its files' names."""
    return [body for content in files() for body in messages_of(content)]


def sample(step):
    """Return every `step`-th message, or all where CAREHUB_WHOLE_CORPUS is set."""
    return bodies() if WHOLE else bodies()[::step]
