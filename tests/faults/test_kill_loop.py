"""A short run of the kill loop; the long one is run by hand and by night."""

import subprocess
import sys
from pathlib import Path

import pytest

LOOP = Path(__file__).with_name("kill_loop.py")


@pytest.mark.long
@pytest.mark.acceptance
def test_nothing_is_lost_doubled_or_out_of_order_when_the_hub_is_killed(tmp_path):
    done = subprocess.run(
        [sys.executable, str(LOOP), "--times", "3", "--folder", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 kills" in done.stdout
    assert "all guarantees held" in done.stdout
