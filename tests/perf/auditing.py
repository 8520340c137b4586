"""What the audit adds to the storing of what was decided, and how fast it is checked.

Run it by itself: ``python -m tests.perf.auditing``. Data are made up.
"""

import sys
import tempfile
import time
from pathlib import Path
from unittest.mock import patch

from hub.store import audit_records, journal, state
from hub.store.audit_verify import verify_folder
from hub.store.store import Store, call_at_once
from tests.store.rows import row, settlement

MESSAGES = 20_000
AT_ONCE = 64
RUNS = 3


def settle(folder):
    """Store messages and what came of them; return microseconds for a settlement."""
    with Store(folder, call_at_once) as store:
        seconds = 0.0
        for start in range(0, MESSAGES, AT_ONCE):
            numbers = range(start + 1, start + AT_ONCE + 1)
            arrived = [row(body=b"%d" % n, control_id=f"C{n}") for n in numbers]
            store.writer.call(journal.put, arrived)
            made = [settlement(n, f"{n:032x}", okey=f"p_{n:032x}") for n in numbers]
            began = time.perf_counter()
            store.writer.call(state.settle, made)
            seconds += time.perf_counter() - began
    return seconds / MESSAGES * 1e6


def main():
    """Print what it costs."""
    audited, bare = [], []
    with tempfile.TemporaryDirectory() as scratch:
        for run in range(RUNS):
            folder = Path(scratch) / f"audited-{run}"
            audited.append(settle(folder))
            with patch.object(audit_records, "settled", lambda *_: None):
                bare.append(settle(Path(scratch) / f"bare-{run}"))
        began = time.perf_counter()
        verdict = verify_folder(folder)
        seconds = time.perf_counter() - began
    sys.stdout.write(
        f"settled with the audit   {min(audited):7.1f} us for a message\n"
        f"settled without          {min(bare):7.1f} us for a message\n"
        f"the audit                {min(audited) - min(bare):7.1f} us for a message\n"
        f"verified                 {verdict.records / seconds:7.0f} records a second,"
        f" {'whole' if verdict.verified else verdict.problems}\n"
    )


if __name__ == "__main__":
    main()
