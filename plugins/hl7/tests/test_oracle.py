"""Our parser against hl7apy and python-hl7: they agree, or a reason is given.

The reasons are classes of difference, each with a rule that recognises it. A
difference that no rule recognises fails the test. Every n-th message is compared;
with CAREHUB_WHOLE_CORPUS set, every one.
"""

import re
import warnings
from decimal import Decimal, InvalidOperation

import hl7
import hl7apy
import pytest

from hub.sdk import HubError
from hub_hl7.facts.profile import Hl7Profile
from hub_hl7.learning.structure import supported, validate
from hub_hl7.learning.tidy import tidy
from hub_hl7.wire import charset
from hub_hl7.wire.er7 import Message
from plugins.hl7.tests import corpus, oracles

pytestmark = [*corpus.needs_corpus, pytest.mark.long]

#: hl7apy takes some 50 ms for a message, python-hl7 some 3.
STEP_HL7APY, STEP_PYTHON_HL7 = 6, 2


def readable(step):
    """Return the messages of the sample that are text with a usable header."""
    found = []
    for body in corpus.sample(step):
        try:
            decoded = charset.decode(body, "", default="8859/1")
            message = Message(decoded.text)
        except HubError:
            continue
        if message.header.name == "MSH":
            found.append(message)
    assert found
    return found


def text_of(message):
    return "".join(f"{segment.raw}\r" for segment in message.segments)


def unexplained(differences, reasons):
    """Return the differences for which no reason holds."""
    return [
        each
        for each in differences
        if not any(holds(*each) for holds in reasons.values())
    ]


# Where python-hl7 differs. Each rule is given what we read and what it reads.

PYTHON_HL7 = {
    "it cuts off blanks at the end of the message": (
        lambda mine, its: mine.rstrip() == its
    ),
}

# It takes MSH-2 as it stands. Where a program escaped it once too often (^~\\&),
# that makes the escape character the separator of subcomponents as well.
REPEATED = "delimiters.repeated"


def test_python_hl7_reads_the_same_leaves():
    differences = []
    for message in readable(STEP_PYTHON_HL7):
        if REPEATED in message.oddities:
            continue
        theirs = oracles.python_hl7(text_of(message))
        assert len(theirs) == len(message.segments)
        for segment, its in zip(message.segments, theirs, strict=True):
            mine = oracles.ours(segment, message.syntax)
            differences += _differing(mine, its)

    assert unexplained(differences, PYTHON_HL7) == []


def _differing(mine, its):
    places = sorted({*mine, *its})
    pairs = [(mine.get(place, ""), its.get(place, "")) for place in places]
    return [pair for pair in pairs if pair[0] != pair[1]]


# Where it replaces escape sequences differently. The rules are given the leaf.

_KNOWN = r"\\(?:[FSTRE]|X(?:[0-9A-Fa-f]{2})+)\\"
UNESCAPING = {
    "a new line is LF with us and CR with it, an indent is one blank": (
        lambda leaf: bool(re.search(r"\\\.[a-z]{2}", leaf))
    ),
    "highlighting is left out with us, and marked with underlines by it": (
        lambda leaf: "\\H\\" in leaf or "\\N\\" in leaf
    ),
    "what is no sequence is data with us, and dropped by it": (
        lambda leaf: "\\" in re.sub(_KNOWN, "", leaf)
    ),
}


def test_python_hl7_replaces_the_same_escape_sequences():
    differing, compared = [], 0
    for message in readable(1):
        if message.syntax.escape != "\\" or "\\" not in text_of(message)[9:]:
            continue
        its = hl7.parse(text_of(message))
        for leaf, mine in _escaped_leaves(message):
            compared += 1
            with warnings.catch_warnings(action="ignore"):
                replaced = its.unescape(leaf)
            if replaced != mine:
                differing.append((leaf,))

    assert compared
    assert unexplained(differing, UNESCAPING) == []


def _escaped_leaves(message):
    for segment in message.segments:
        leaves = oracles.ours(segment, message.syntax)
        for (field, repetition, *parts), leaf in leaves.items():
            if "\\" in leaf:
                found = segment.repetitions(field)[repetition - 1]
                yield leaf, found.component(*parts)


# Where hl7apy differs. It reads a tidied copy (`hub_hl7.learning.tidy`). A rule gets
# what we read and what it reads at a place, and what it found no place for.


def _same_number(mine, its, _lost):
    try:
        return Decimal(mine) == Decimal(its)
    except InvalidOperation:
        return False


# It knows that MSH-1 is the separator itself, and not that FHS-1 and BHS-1 are.
CUT_ONE_OFF = {"FHS", "BHS"}

HL7APY = {
    "no place in the tables of the version: it keeps the text and loses the place": (
        lambda mine, its, lost: not its and any(mine in each for each in lost)
    ),
    "it cuts off blanks at the end of a segment, and takes a blank field for none": (
        lambda mine, its, _lost: mine.rstrip() == its
    ),
    "it reads numbers as numbers: leading zeros are gone": _same_number,
    "it escapes what it takes for an escape character, each time it writes": (
        lambda mine, its, _lost: (
            "\\E\\" in its and its.replace("\\E\\", "\\") == mine.replace("\\E\\", "\\")
        )
    ),
}


def test_hl7apy_reads_the_same_leaves():
    differences, compared = [], 0
    for message in readable(STEP_HL7APY):
        copy = _tidied(message)
        kept = Message(copy.text).segments
        theirs = oracles.read_by_hl7apy(copy)
        assert [segment.name for segment in kept] == list(copy.names)
        for segment, (its, lost) in zip(kept, theirs, strict=True):
            if segment.name in CUT_ONE_OFF:
                continue
            mine = oracles.ours(segment, message.syntax)
            compared += len(mine)
            differences += [(*pair, lost) for pair in _differing(mine, its)]

    assert compared
    assert unexplained(differences, HL7APY) == []


def _tidied(message):
    version = supported(message.header.value(12) or "")
    library = hl7apy.load_library(version)
    return tidy(
        message, version, segments=library.SEGMENTS, structures=library.MESSAGES
    )


def test_hl7apy_loses_nothing_that_we_find():
    """What it has no place for is text that we read in the same segment."""
    for message in readable(STEP_HL7APY * 2):
        copy = _tidied(message)
        kept = Message(copy.text).segments
        for segment, (_, lost) in zip(kept, oracles.read_by_hl7apy(copy), strict=True):
            plain = segment.raw.replace("\\E\\", "\\")
            assert all(each.replace("\\E\\", "\\") in plain for each in lost)


def test_hl7apy_can_report_on_every_message():
    for body in corpus.sample(STEP_HL7APY * 5):
        remarks = validate(body, Hl7Profile(charset_default="8859/1"))

        assert not [each for each in remarks if "Error" in each.text and not each.place]
