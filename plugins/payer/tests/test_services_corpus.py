"""Public examples of 270, 271, 278, 835 and 837: read, with declared problems only.

Nothing of the corpus is in this repository; without it these tests are skipped.
"""

import io
import os
from collections import Counter
from pathlib import Path

import pytest

from hub.sdk import Row
from hub.testing.normaliser import check_normalised
from hub_payer.x12.profile import X12Profile
from hub_payer.x12.reading import read
from hub_payer.x12.registry import NORMALISERS
from hub_payer.x12.row_codes import ROW_CODES as ENVELOPE_CODES
from hub_payer.x12_services.codes import ROW_CODES
from plugins.payer.tests.transactions import CONTEXT, message, said

ROOT = Path(__file__).parents[3]
CORPUS = Path(os.environ.get("CAREHUB_CORPUS", ROOT.parent / "shared/corpus")) / "x12"
KINDS = ("270", "271", "278", "835", "837")
#: Larger ones say nothing that the small ones do not.
LARGEST = 300_000
PROFILE = X12Profile(counts="warn")

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(
        not CORPUS.is_dir(),
        reason=f"there is no corpus at {CORPUS}; set CAREHUB_CORPUS to where it is",
    ),
]


def bodies(kind):
    """Return the files with a transaction set of a kind, by their names."""
    start = f"ST*{kind}*".encode()
    found = (
        path.read_bytes()
        for path in sorted(CORPUS.rglob("*"))
        if path.is_file() and path.stat().st_size <= LARGEST
    )
    return [body for body in found if start in body and body.lstrip()[:3] == b"ISA"]


def rows(body):
    found = read(io.BytesIO(body), PROFILE, CONTEXT)
    return [item for item in found if isinstance(item, Row)]


@pytest.mark.parametrize("kind", KINDS)
def test_files_of_others_are_read_with_declared_problems_only(kind):
    found = [rows(body) for body in bodies(kind)]

    said_of = Counter(
        problem.code
        for file in found
        for row in file
        for problem in (*row.problems, *row.warnings)
    )
    assert found
    assert {*said_of} <= {*ROW_CODES, *ENVELOPE_CODES}


@pytest.mark.parametrize("kind", KINDS)
def test_most_files_of_others_give_rows(kind):
    found = [rows(body) for body in bodies(kind)]

    good = sum(any(not row.problems for row in file) for file in found)
    assert good / len(found) >= 0.5


@pytest.mark.parametrize("kind", KINDS)
def test_every_row_of_others_is_understood_again(kind):
    for body in bodies(kind):
        for row in rows(body):
            if not row.problems:
                normalise = NORMALISERS[said(row)["kind"]]
                check_normalised(normalise(message(row), PROFILE))
