"""The reader of X12 envelopes next to pyx12: part of ``make bench``.

The same member list is read by the envelope reader, by pyx12's bare reader and by
pyx12 as it validates, in turn and in the same run: read the ratios. Then a process of
its own reads a file of many members, and one with a segment that does not end, and
says by how much its memory has grown.
"""

import argparse
import io
import json
import logging
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import pyx12.params
import pyx12.x12file
import pyx12.x12n_document

from hub.sdk import FileContext, Row
from hub_payer.x12.envelope import read as read_envelope
from hub_payer.x12.profile import X12Profile
from hub_payer.x12.reading import read as read_rows

#: How many times pyx12's segments per second, as it validates, are the least.
LEAST = 100
#: What a file may add to the memory, in MiB.
MOST_GROWTH = 64
MEMBERS = {"envelope": 10_000, "rows": 4_000, "bare": 2_000, "validating": 100}
LARGE_BYTES = 512_000_000

# Synthetic; every person and place in here is made up.
HEADER = (
    "ISA*00*          *00*          *ZZ*MUSTERKASSE    *ZZ*HUB            "
    "*260314*0930*^*00501*000000001*0*P*:~"
    "GS*BE*MUSTERKASSE*HUB*20260314*0930*1*X*005010X220A1~"
    "ST*834*0001*005010X220A1~BGN*00*REF1*20260314*0930****2~"
    "N1*P5*FIRMA*FI*123456789~N1*IN*MUSTERKASSE*FI*987654321~"
)
BEFORE = 4
MEMBER = (
    "INS*Y*18*021*28*A***FT~REF*0F*{n:09}~REF*1L*G7~"
    "NM1*IL*1*SPATZ*JO*A***34*{n:09}~PER*IP**HP*2025550100~"
    "N3*AM WEHR 7*HINTERHAUS~N4*MUSTERSTADT*NY*10001~DMG*D8*19700131*M~"
    "HD*021**HLT*PLAN A*IND~DTP*348*D8*20260101~"
)
SEGMENTS = MEMBER.count("~")


def trailer(members):
    return f"SE*{members * SEGMENTS + BEFORE + 1}*0001~GE*1*1~IEA*1*000000001~"


def file_of(members):
    """Return a file with so many members."""
    return (
        HEADER + "".join(MEMBER.format(n=n) for n in range(members)) + trailer(members)
    )


class Generated(io.RawIOBase):
    """A file of `size` bytes that is nowhere: members, or one segment without end."""

    def __init__(self, size, *, endless):
        block = "".join(MEMBER.format(n=n) for n in range(1000)).encode()
        self._block = b"x" * len(block) if endless else block
        self._size, self._at = size, -1

    def seekable(self):
        return True

    def seek(self, *_place):
        self._at = -1
        return 0

    def read(self, _size=-1):
        self._at += 1
        if self._at == 0:
            return HEADER.encode()
        return self._block if self._at * len(self._block) < self._size else b""


def by_envelope(text):
    return sum(1 for _ in read_envelope(io.BytesIO(text.encode())))


def by_rows(text):
    context = FileContext(name="bench", received_at=datetime(2026, 3, 14, tzinfo=UTC))
    items = read_rows(io.BytesIO(text.encode()), X12Profile(), context)
    return SEGMENTS * sum(isinstance(item, Row) for item in items)


def by_bare(text):
    return sum(1 for _ in pyx12.x12file.X12Reader(io.StringIO(text)))


def by_validating(text):
    valid = pyx12.x12n_document.x12n_document(
        pyx12.params.ParamsBase(), io.StringIO(text), None, None
    )
    if not valid:
        sys.exit("pyx12 finds something wrong with the file")
    return text.count("~")


READERS = {
    "envelope": by_envelope,
    "rows": by_rows,
    "bare": by_bare,
    "validating": by_validating,
}


def speed(name):
    """Return segments per second of processor time."""
    text = file_of(MEMBERS[name])
    started = time.process_time()
    count = READERS[name](text)
    return count / (time.process_time() - started)


def readers(rounds):
    """Return the speed of each reader, and the ratios of each round."""
    by_validating(file_of(1))  # it reads its maps
    speeds = [{name: speed(name) for name in READERS} for _ in range(rounds)]
    report = {name: median(one[name] for one in speeds) for name in READERS}
    for other in ("bare", "validating"):
        report[f"times_{other}"] = median(
            one["envelope"] / one[other] for one in speeds
        )
    return report


def memory(field):
    """Return a field of the kernel's account of this process's memory, in MiB."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition(f"{field}:")[2].split()[0]) / 1024


def stream(*, endless):
    """Read a large file in this process; return what it took."""
    by_rows(file_of(10))
    context = FileContext(name="bench", received_at=datetime(2026, 3, 14, tzinfo=UTC))
    before, started, count = memory("VmRSS"), time.perf_counter(), 0
    for _ in read_envelope(Generated(LARGE_BYTES, endless=endless)):
        count += 1
    seconds = time.perf_counter() - started
    some = Generated(LARGE_BYTES // 10, endless=endless)
    for _ in read_rows(some, X12Profile(counts="warn"), context):
        pass
    return {
        "events": count,
        "mb_per_s": LARGE_BYTES / seconds / 1e6,
        "growth_mib": memory("VmHWM") - before,
    }


def streamed(kind):
    done = subprocess.run(
        [sys.executable, __file__, "--stream", kind],
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(done.stdout)


def show(speeds, large):
    lines = [
        "reader                 segments per second   envelope reader is",
        f"envelope reader        {speeds['envelope']:>19,.0f}",
        f"rows of members (834)  {speeds['rows']:>19,.0f}",
        (
            f"pyx12, bare            {speeds['bare']:>19,.0f}"
            f"{speeds['times_bare']:>12.0f} times as fast"
        ),
        (
            f"pyx12, validating      {speeds['validating']:>19,.0f}"
            f"{speeds['times_validating']:>12.0f} times as fast, of {LEAST}"
        ),
    ]
    lines += [
        f"{LARGE_BYTES / 1e6:.0f} MB, {what}: {found['mb_per_s']:.0f} MB/s, "
        f"memory grew by {found['growth_mib']:.1f} MiB of {MOST_GROWTH}"
        for what, found in large.items()
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--stream", choices=["members", "endless"])
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)  # pyx12 quotes what it reads
    if options.stream:
        print(json.dumps(stream(endless=options.stream == "endless")))  # noqa: T201
        sys.exit()
    speeds = readers(options.rounds)
    large = {
        "many members": streamed("members"),
        "one segment without end": streamed("endless"),
    }
    if options.json:
        print(json.dumps({"x12": speeds, "large": large}))  # noqa: T201
    else:
        print(show(speeds, large))  # noqa: T201
