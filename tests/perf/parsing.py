"""The parser next to two others, and a large batch file: part of ``make bench``.

One message is decoded from bytes and 25 values of it are read, by each parser in
turn and in the same run: read the ratios. Then a process of its own streams a batch
file of 100 MB through the splitter and says by how much its memory has grown.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import hl7
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.parser import parse_message

from hub_hl7.wire import batch, charset, header
from hub_hl7.wire.er7 import Message

# Floors of the ratios, and of what the splitter may add to the memory, in MiB.
MOST_OF_HL7APY = 1 / 50
MOST_OF_PYTHON_HL7 = 1 / 20
MOST_GROWTH = 64

BATCH_BYTES = 100_000_000
CHUNK = 1 << 16
REPEATS = {"own": 400, "python-hl7": 20, "hl7apy": 2}

# Synthetic; every person and place in here is made up.
MESSAGE = (
    "MSH|^~\\&|KIS|KLINIK_TEST|HUB|REGION|20260310081502+0100||ADT^A01^ADT_A01"
    "|000471133|P|2.5|||AL|NE|DEU|8859/1\r"
    "EVN||20260310081455|||muster^Muster^Jana|20260310080500|KLINIK_TEST\r"
    "PID|||0047^^^KLINIK_TEST^PI~A12^^^GKV&1.2.3&ISO^NI||Wei\u00df^\u00c4nne^^^^^L"
    "||19490117|F|||Teststr. 5^^K\u00f6ln^^50667^DEU||0221 4711\r"
    "PD1||||1234^Lange^Ute\r"
    "NK1|1|Wei\u00df^Otto|SPO^Ehepartner|||0221 4712\r"
    "PV1|1|I|INN2^204^1^KLINIK_TEST||||1234^Lange^Ute|||INN||||1|||||"
    "F2026001234^^^KLINIK_TEST^VN|||||||||||||||||||||||||20260310080500\r"
    "DG1|1||I50.1^Linksherzinsuffizienz^ICD10GM||20260310|AD\r"
    "IN1|1||109519005|AOK Test|||||||||20260101\r"
    "ZBE|98177^KIS|20260310080500||INSERT\r"
).encode("iso8859_1")
PLACES = (
    ("MSH", 3, 1), ("MSH", 4, 1), ("MSH", 7, 1), ("MSH", 9, 1), ("MSH", 9, 2),
    ("MSH", 10, 1), ("MSH", 11, 1), ("MSH", 12, 1), ("EVN", 2, 1), ("EVN", 6, 1),
    ("PID", 3, 1), ("PID", 3, 4), ("PID", 3, 5), ("PID", 5, 1), ("PID", 5, 2),
    ("PID", 7, 1), ("PID", 8, 1), ("PID", 11, 3), ("PID", 11, 5), ("PV1", 2, 1),
    ("PV1", 3, 1), ("PV1", 3, 4), ("PV1", 7, 1), ("PV1", 19, 1), ("PV1", 44, 1),
)  # fmt: skip


def by_own():
    decoded = charset.decode_message(
        MESSAGE, header.read_header(MESSAGE), default="8859/1"
    )
    message = Message(decoded.text, codec=decoded.codec)
    return [message.segment(name).value(field, part) for name, field, part in PLACES]


def by_python_hl7():
    message = hl7.parse(MESSAGE.decode("cp1252"))
    return [
        message.extract_field(name, 1, field, 1, part) for name, field, part in PLACES
    ]


def by_hl7apy():
    message = parse_message(
        MESSAGE.decode("cp1252"),
        validation_level=VALIDATION_LEVEL.TOLERANT,
        find_groups=False,
    )
    return [hl7apy_value(message, *place) for place in PLACES]


def hl7apy_value(message, name, field, part):
    repetition = getattr(getattr(message, name), f"{name}_{field}")[0]
    named = {child.name.rpartition("_")[2]: child for child in repetition.children}
    # A field of a simple type has one child, which is named by the type.
    return (named.get(str(part)) or repetition.children[0]).to_er7()


PARSERS = {"own": by_own, "python-hl7": by_python_hl7, "hl7apy": by_hl7apy}


def microseconds(name):
    """Return processor time per message: what else the machine does is not in it."""
    started = time.process_time()
    for _ in range(REPEATS[name]):
        PARSERS[name]()
    return (time.process_time() - started) / REPEATS[name] * 1e6


def parsers(rounds):
    """Return the time of each parser per message, and the ratios of each round."""
    values = {name: parse() for name, parse in PARSERS.items()}
    if not values["own"] == values["python-hl7"] == values["hl7apy"]:
        sys.exit("the parsers do not read the same values")
    times = [{name: microseconds(name) for name in PARSERS} for _ in range(rounds)]
    report = {name: median(one[name] for one in times) for name in PARSERS}
    for other in ("python-hl7", "hl7apy"):
        report[f"of_{other}"] = median(one["own"] / one[other] for one in times)
    return report


def write_batch(path):
    """Write a batch of `BATCH_BYTES` and return the number of its messages."""
    count = BATCH_BYTES // len(MESSAGE)
    with path.open("wb") as file:
        file.write(b"FHS|^~\\&|KIS\rBHS|^~\\&|KIS\r")
        for _ in range(count):
            file.write(MESSAGE)
        file.write(b"BTS|%d\rFTS|1\r" % count)
    return count


def memory(field):
    """Return a field of the kernel's account of this process's memory, in MiB."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition(f"{field}:")[2].split()[0]) / 1024


def stream(path):
    """Stream a file through the splitter in this process; return what it took."""
    before, started, count = memory("VmRSS"), time.perf_counter(), 0
    with Path(path).open("rb") as file:
        for _ in batch.stream(iter(lambda: file.read(CHUNK), b"")):
            count += 1
        size = file.tell()
    seconds = time.perf_counter() - started
    return {
        "messages": count,
        "mb_per_s": size / seconds / 1e6,
        "growth_mib": memory("VmHWM") - before,
    }


def streamed():
    with tempfile.TemporaryDirectory(prefix="carehub-bench-") as folder:
        path = Path(folder) / "batch.hl7"
        count = write_batch(path)
        done = subprocess.run(
            [sys.executable, __file__, "--stream", str(path)],
            check=True,
            capture_output=True,
            text=True,
        )
    report = json.loads(done.stdout)
    if report["messages"] != count:
        sys.exit("the splitter lost messages")
    return report


def show(times, batched):
    lines = [
        f"{len(MESSAGE)} bytes, {len(PLACES)} values, decoded from bytes",
        "parser          us per message   own takes   of which allowed",
        f"own            {times['own']:>15.1f}",
    ]
    for name, most in (
        ("python-hl7", MOST_OF_PYTHON_HL7),
        ("hl7apy", MOST_OF_HL7APY),
    ):
        share = times[f"of_{name}"]
        lines.append(
            f"{name:<15}{times[name]:>15.1f}{f'1/{1 / share:.0f}':>12}"
            f"{f'1/{1 / most:.0f}':>19}"
        )
    lines.append(
        f"batch file of {BATCH_BYTES / 1e6:.0f} MB: {batched['messages']} messages, "
        f"{batched['mb_per_s']:.0f} MB/s, memory grew by "
        f"{batched['growth_mib']:.1f} MiB of {MOST_GROWTH}"
    )
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--stream", metavar="FILE", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.stream:
        print(json.dumps(stream(options.stream)))  # noqa: T201
        sys.exit()
    times, batched = parsers(options.rounds), streamed()
    if options.json:
        print(json.dumps({"parsers": times, "batch": batched}))  # noqa: T201
    else:
        print(show(times, batched))  # noqa: T201
