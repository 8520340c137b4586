"""ADT messages of a region's hospitals: people who are new, and people who come back.

Everything is a function of a number: the same number gives the same bytes.
"""

from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random

from exemplars import person_of

from hub.demo import pathways
from hub.demo.er7 import write_message
from hub.demo.stay import Stay

#: The first visits begin here, soon after the last ones of the population …
FIRST_DAY = datetime(2026, 2, 16, 6, tzinfo=UTC)
DAYS = 6
#: … and by this time all of them are over.
AFTER = FIRST_DAY + timedelta(days=20)
#: The share of visits by people who were there before.
RETURNING = 0.7
#: The share of visits of people with a second number, which is merged into theirs.
MERGED = 0.05
#: Above all numbers of the population.
NEW_NUMBERS = 5_000_000
#: What the demonstration plays, as far as it is ADT.
PATHS = {
    path: weight
    for path, weight in pathways.PATHWAYS
    if path is not pathways.short_admission
}


def traffic(seed, count, people, *, returning=RETURNING):
    """Return at least `count` messages in order: source, control id and body.

    `people` is how many there are in the population that some come back from. Of one
    seed no more than 50,000.
    """
    draw = Random(f"traffic/{seed}")  # noqa: S311 - reproducible, not secret
    sent = []
    while len(sent) < count:
        place = len(sent) + seed * 100_000
        back = people and draw.random() < returning
        index = draw.randint(1, people) if back else NEW_NUMBERS + place
        sent += _visit(draw, person_of(index), place)
        if draw.random() < MERGED:
            sent += _merge(draw, index, place)
    return [
        (site.name, control_id, write(control_id))
        for number, (_, site, write) in enumerate(sorted(sent, key=_when))
        for control_id in [f"T{seed:02d}{number:06d}"]
    ]


def frequent(seed):
    """Return the number of the person whom `visits_of_one` is about."""
    return NEW_NUMBERS + seed * 100_000 + 99_999


def visits_of_one(seed, count):
    """Return the messages of many admissions of one person, in order."""
    draw, sent = Random(seed), []  # noqa: S311 - reproducible, not secret
    for number in range(count):
        stay = _stay(draw, person_of(frequent(seed)), f"O{seed:03d}{number:05d}")
        stay.clock -= timedelta(days=9 * number)
        pathways.planned_admission(stay)
        site = stay.site.name
        for step in stay.finish():
            control_id = f"O{seed:02d}{number:04d}{step.trigger}{len(sent):04d}"
            sent.append((step.sent, site, control_id, write_message(step, control_id)))
    return [each[1:] for each in sorted(sent, key=_when)]


def crowded_visit(count):
    """Return `count` messages, with their source, about one visit with many moves."""
    stay = _stay(Random(count), person_of(NEW_NUMBERS - 1), "T-MOVES")  # noqa: S311
    stay.admit()
    for _ in range(count - 2):
        stay.clock = stay.steps[-1].occurred + timedelta(minutes=20)
        stay.move()
    stay.discharge()
    return [(stay.site.name, write_message(step, "0")) for step in stay.finish()]


def _when(each):
    return each[0]


def _stay(draw, person, visit):
    ((site, _),) = person.numbers
    start = FIRST_DAY + timedelta(minutes=draw.randrange(DAYS * 24 * 60))
    return Stay(draw, site, person, visit, start)


def _visit(draw, person, place):
    """Return when each message of a visit is sent, by whom, and what writes it."""
    stay = _stay(draw, person, f"T{place:09d}")
    (path,) = draw.choices(list(PATHS), list(PATHS.values()))
    path(stay)
    return [
        (step.sent, stay.site, partial(write_message, step)) for step in stay.finish()
    ]


def _merge(draw, index, place):
    """Return a visit under a second number of somebody, and what merges the two."""
    second = f"D{place:09d}"
    stay = _stay(draw, person_of(index, second), f"D{place:09d}")
    stay.arrive("O")
    stay.update_person()
    arrival, repair = stay.finish()
    write = partial(_write_merge, repair, person_of(index), second)
    return [
        (arrival.sent, stay.site, partial(write_message, arrival)),
        (repair.sent, stay.site, write),
    ]


def _write_merge(step, person, second, control_id):
    """Return an A40: what is known under MRG-1 is the same person as PID-3."""
    ((site, number),) = person.numbers
    body = write_message(step, control_id).replace(b"A31^ADT_A05", b"A40^ADT_A39")
    header, event, patient, _ = body.removesuffix(b"\r").split(b"\r")
    patient = patient.replace(second.encode(), number.encode())
    prior = f"MRG|{second}^^^{site.authority}^PI".encode()
    return b"".join(line + b"\r" for line in (header, event, patient, prior))
