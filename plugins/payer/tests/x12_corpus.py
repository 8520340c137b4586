"""What becomes of the public X12 files: run it as a module for the table.

Nothing of them is in this repository; without them what needs them is skipped.
"""

import io
import json
import os
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pyx12.errors
import pyx12.params
import pyx12.x12file
import pyx12.x12n_document

from hub.sdk import HubError
from hub_payer.x12.envelope import read as read_events
from hub_payer.x12.profile import X12Profile
from hub_payer.x12.reading import read
from plugins.payer.tests.x12_samples import CONTEXT, Read

ROOT = Path(__file__).parents[3]
CORPUS = Path(os.environ.get("CAREHUB_CORPUS", ROOT.parent / "shared/corpus")) / "x12"

needs_corpus = [
    pytest.mark.corpus,
    pytest.mark.skipif(
        not CORPUS.is_dir(),
        reason=f"there is no corpus at {CORPUS}; set CAREHUB_CORPUS to where it is",
    ),
]


@dataclass
class Outcome:
    """What became of one file: `code` is why it could not be read at all.

    `ta1` is its TA104 with TA105, and `sets` are the IK501 (AK501) of its transaction
    sets in their order.
    """

    kind: str = ""
    rows: int = 0
    refused: tuple[str, ...] = ()
    acknowledged: int = 0
    ta1: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    code: str = ""

    @property
    def accepted(self):
        """Whether anything of it is used, and nothing is wrong with its envelope."""
        return not self.code and not self.refused


def paths():
    """Return every file, in the order of their names."""
    return sorted(path for path in CORPUS.rglob("*") if path.is_file())


def name_of(path):
    """Return what a file is called within the corpus."""
    return path.relative_to(CORPUS).as_posix()


def outcome(path, guide="off"):
    """Return what becomes of a file."""
    profile = X12Profile(guide=guide, ta1="always", acknowledge="always")
    try:
        with path.open("rb") as file:
            found = Read(read(file, profile, CONTEXT))
    except HubError as error:
        return Outcome(code=error.code)
    acks = [body for kind, body in found.replies.items() if kind != "TA1"]
    return Outcome(
        kind=found.heading.kind,
        rows=len(found.rows),
        refused=tuple(code for code, _ in found.problems),
        acknowledged=len(found.acknowledged),
        ta1=tuple(
            " ".join(each[4:6])
            for each in segments(found.replies.get("TA1", b"").decode())
            if each[0] == "TA1"
        ),
        sets=verdicts(b"".join(acks).decode(), {"IK5", "AK5"}),
        groups=verdicts(b"".join(acks).decode(), {"AK9"}),
    )


def segments(text):
    """Return the segments of an answer as lists of elements."""
    return [line.strip().split("*") for line in text.split("~")]


def verdicts(text, names):
    """Return the first element of each segment of some names."""
    return tuple(each[1] for each in segments(text) if each[0] in names)


def envelope_by_us(path):
    """Return the codes of what is wrong with the envelope."""
    try:
        with path.open("rb") as file:
            found = [
                fault.answer
                for event in read_events(file)
                for fault in getattr(event, "faults", ())
            ]
    except HubError as error:
        found = [error.code]
    return sorted(set(found))


def envelope_by_pyx12(path):
    """Return the same by pyx12; None of a file that it does not read."""
    text = path.read_bytes().decode("latin-1")
    found = []
    try:
        reader = pyx12.x12file.X12Reader(io.StringIO(text, newline=""))
        for _ in reader:
            found += reader.pop_errors()
        reader.cleanup()
    except pyx12.errors.X12Error:
        return None
    found += reader.pop_errors()
    return sorted({each[1] for each in found if each[0] in {"isa", "gs", "st"}})


def sets_by_pyx12(path):
    """Return the verdict of each transaction set by pyx12; None without a map."""
    said = io.StringIO()
    text = io.StringIO(path.read_bytes().decode("latin-1"), newline="")
    try:
        pyx12.x12n_document.x12n_document(
            pyx12.params.ParamsBase(), text, None, None, fd_json=said
        )
    except pyx12.errors.EngineError:
        return None
    return tuple(
        found["ack_code"]
        for interchange in json.loads(said.getvalue())["interchanges"]
        for group in interchange["groups"]
        for found in group["transactions"]
    )


@dataclass
class Line:
    """What became of the files of one folder and kind."""

    files: int = 0
    accepted: int = 0
    rows: int = 0
    acknowledged: int = 0
    ta1: Counter = field(default_factory=Counter)
    groups: Counter = field(default_factory=Counter)
    reasons: Counter = field(default_factory=Counter)


def table():
    """Return the lines of the table, by folder and kind."""
    made = defaultdict(Line)
    for path in paths():
        found = outcome(path)
        line = made[name_of(path).split("/")[0], found.kind or found.code]
        line.files += 1
        line.accepted += found.accepted
        line.rows += found.rows
        line.acknowledged += found.acknowledged
        line.ta1.update(each[0] for each in found.ta1)
        line.groups.update(found.groups)
        line.reasons.update(found.refused or ([found.code] if found.code else ()))
    return dict(sorted(made.items()))


def shown():
    """Yield the table as text."""
    yield (
        f"{'folder and kind':<34}{'files':>6}{'taken':>6}{'rows':>6}{'acks':>5}"
        "  TA1        999/997    why refused"
    )
    for (folder, kind), line in table().items():
        why = ", ".join(f"{code} {count}" for code, count in line.reasons.items())
        yield (
            f"{folder[:28] + ' ' + kind:<34}{line.files:>6}{line.accepted:>6}"
            f"{line.rows:>6}{line.acknowledged:>5}  {words(line.ta1):<11}"
            f"{words(line.groups):<11}{why}"
        )


def words(counts):
    """Return counts of codes in a few characters."""
    return " ".join(f"{code}{count}" for code, count in sorted(counts.items()))


if __name__ == "__main__":
    sys.stdout.write("\n".join(shown()) + "\n")
