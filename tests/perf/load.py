"""Load: MLLP senders with one message in flight each, and a webhook that counts.

Runs as a process of its own, on the core that the hub does not use, and prints
what it saw as one line of JSON. The messages are synthetic.
"""

import argparse
import asyncio
import json
import sys
import time
from itertools import product
from statistics import quantiles

import uvloop
from aiohttp import web

# About 900 bytes, one admission for each person and visit. No two people are alike, or
# the hub would ask itself with each of them whether they are the same.
TEMPLATE = (
    b"\x0bMSH|^~\\&|KIS|KLINIK_NORD|HUB|REGION|20260310081502||ADT^A01^ADT_A01|"
    b"%(n)d|P|2.5|||AL|NE|DEU|8859/1\r"
    b"EVN||20260310081455|||muelj^Mueller^Jana|20260310080500|KLINIK_NORD\r"
    b"PID|||%(n)010d^^^KLINIK_NORD^PI~A%(n)09d^^^GKV^NI||%(family)b^%(given)b^^^^^L||"
    b"%(born)d|F|||Hauptstr. %(n)d^^Koeln^^50667^DEU||0221 %(n)07d^PRN^PH|||M\r"
    b"NK1|1|%(family)b^Karl|SPO|Hauptstr. %(n)d^^Koeln^^50667^DEU|0221 %(n)07d\r"
    b"PV1|1|I|INN2^204^1^KLINIK_NORD||||1234^Lange^Ute|5678^Kurz^Jan||MED||||1|||1234"
    b"^Lange^Ute||F%(n)09d^^^KLINIK_NORD^VN|||||||||||||||||||||||||20260310080500\r"
    b"PV2|||^Dyspnoe||||||20260317\r"
    b"DG1|1||J44.1^COPD mit Exazerbation^I10||20260310|A\r"
    b"IN1|1|TK|101575519|Krankenkasse Nord||||||||20200101||||%(family)b^%(given)b|SEL|"
    b"%(born)d|Hauptstr. %(n)d^^Koeln^^50667^DEU|||||||||||||||||A%(n)09d\r"
    b"ZBE|%(n)d^KIS|20260310080500||INSERT\r\x1c\r"
)
END = b"\x1c\r"
_SYLLABLES = (
    b"bar den fol gru hin jak kel lom mar nus pit ras sol tum wie zak"
).split()
FAMILIES = [
    (first + second + third).title()
    for first, second, third in product(_SYLLABLES, repeat=3)
]
GIVEN = [
    (first + second + b"e").title() for first, second in product(_SYLLABLES, repeat=2)
]


def message(number):
    """Return the framed admission of a person of whom nothing else was said."""
    return TEMPLATE % {
        b"n": number,
        b"family": FAMILIES[number * 2_741 % len(FAMILIES)],
        b"given": GIVEN[number * 97 % len(GIVEN)],
        b"born": (1930 + number % 89) * 10_000 + 101 + number % 12 * 100 + number % 28,
    }


class Sender(asyncio.Protocol):
    """One connection: sends, waits for the answer, sends the next."""

    def __init__(self, numbers, latencies, finished):
        self._numbers = numbers
        self._latencies = latencies
        self._finished = finished
        self._received = b""

    def connection_made(self, transport):
        self._transport = transport
        self._next()

    def data_received(self, data):
        self._received += data
        if not self._received.endswith(END):
            return
        if b"MSA|CA|" not in self._received and b"MSA|AA|" not in self._received:
            sys.exit(f"not accepted: {self._received!r}")
        self._latencies.append(time.perf_counter() - self._sent)
        self._received = b""
        self._next()

    def _next(self):
        number = next(self._numbers, None)
        if number is None:
            self._finished.set()
            return
        self._sent = time.perf_counter()
        self._transport.write(message(number))


async def send(port, connections, count, first):
    """Send `count` messages over `connections`; return seconds and latencies."""
    numbers = iter(range(first, first + count))
    latencies, events = [], [asyncio.Event() for _ in range(connections)]
    loop = asyncio.get_running_loop()
    started = time.perf_counter()
    transports = [
        (
            await loop.create_connection(
                lambda event=event: Sender(numbers, latencies, event),
                "127.0.0.1",
                port,
            )
        )[0]
        for event in events
    ]
    await asyncio.gather(*(event.wait() for event in events))
    seconds = time.perf_counter() - started
    for transport in transports:
        transport.close()
    return seconds, latencies


async def receive(port, count):
    """Serve a webhook until `count` different events have come."""
    seen, complete = set(), asyncio.Event()

    async def accept(request):
        await request.read()
        seen.add(request.headers["Idempotency-Key"])
        if len(seen) >= count:
            complete.set()
        return web.Response(status=202)

    app = web.Application()
    app.router.add_post("/", accept)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    return runner, complete


async def main(options):
    report = {}
    if options.webhook:
        runner, complete = await receive(options.webhook, options.messages)
        started = time.perf_counter()
    seconds, latencies = await send(
        options.port, options.connections, options.messages, options.first
    )
    hundredths = quantiles(latencies, n=100)
    report |= {
        "rate": len(latencies) / seconds,
        "p50_ms": hundredths[49] * 1000,
        "p99_ms": hundredths[98] * 1000,
    }
    if options.webhook:
        await asyncio.wait_for(complete.wait(), 300)
        report["end_to_end"] = options.messages / (time.perf_counter() - started)
        await runner.cleanup()
    print(json.dumps(report))  # noqa: T201 - this is what the process is for


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--connections", type=int, required=True)
    parser.add_argument("--messages", type=int, required=True)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--webhook", type=int, default=0)
    uvloop.run(main(parser.parse_args()))
