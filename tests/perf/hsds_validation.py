"""What checks cost: ``python tests/perf/hsds_validation.py``.

Services with their children, made up, are completed with their hours and held against
all levels; microseconds of processor time for each, without and with their location.
"""

import argparse
import platform
import time

from directories import _location, _service

from hub_community.hsds.checking import remarks_for
from hub_community.hsds.profile import HsdsProfile
from hub_community.validation import phones
from hub_community.validation.nearby import Nearby
from hub_community.validation.structure import faults

# What is asked for, in microseconds for a service.
MOST = 100
ROUNDS = 3


def services(count):
    """Return made-up services as a careful directory has them."""
    made = [_service(n, "Some text.", n % 10) for n in range(count)]
    for n, each in enumerate(made):
        each["phones"][0]["number"] = f"+1 217 555 {n % 10000:04}"
        each |= {
            "url": f"https://pantry{n}.example.org/",
            "minimum_age": 18,
            "assured_date": "2026-01-31",
            "service_areas": [{"id": f"r{n}", "name": "Springfield"}],
            "attributes": [{"id": f"t{n}", "taxonomy_term_id": "food"}],
            "cost_options": [{"id": f"c{n}", "option": "free", "amount": 0}],
        }
        for row in each["schedules"]:
            row["closes_at"] = "17:00"
    return made


def measure(count, country):
    """Return microseconds for the structure of a service, all of it, and a location."""
    profile = HsdsProfile(country=country)
    places, made = [_location(n) for n in range(count)], services(count)
    if country == "DE":
        for n, each in enumerate(made):
            each["phones"][0]["number"] = f"0221 {100000 + n}"
    best = [float("inf")] * 3
    for _ in range(ROUNDS):
        nearby = Nearby(profile)
        phones._problem.cache_clear()
        took = (
            _time(_hold, made),
            _time(_check, "location", places, nearby),
            _time(_check, "service", made, nearby),
        )
        best = list(map(min, best, took))
    return [each / count * 1e6 for each in best]


def _hold(records):
    for record in records:
        faults("service", record)


def _check(kind, records, nearby):
    for record in records:
        remarks_for(kind, nearby.completed(kind, record), nearby.profile, nearby)


def _time(work, *given):
    started = time.process_time()
    work(*given)
    return time.process_time() - started


def main():
    """Measure, and say whether it is fast enough."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--services", type=int, default=20_000)
    asked = parser.parse_args()
    slowest = 0.0
    print(f"{asked.services:,} services, Python {platform.python_version()}")  # noqa: T201
    for country in ("US", "DE"):
        structure, location, service = measure(asked.services, country)
        slowest = max(slowest, service)
        print(  # noqa: T201
            f"{country}: {structure:.1f} µs for the structure of a service,"
            f" {service:.1f} µs for all of it; {location:.1f} µs for a location"
        )
    print("fast enough" if slowest <= MOST else "too slow")  # noqa: T201
    raise SystemExit(slowest > MOST)


if __name__ == "__main__":
    main()
