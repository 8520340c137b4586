"""What happens to a few people only: their numbers are repaired, they die, come back.

Each is bound to a place among two dozen of people, so that a seed changes who it is
and not whether it happens. The first people are those of the pathways.
"""

from collections.abc import Callable, Sequence
from functools import partial

from hub.demo.people import Person
from hub.demo.stay import Stay

DOZENS = 24
#: To whom a visit belongs that was booked for somebody else: so many places on, and
#: of the same hospital.
RIGHT_PERSON = 8
#: Numbers that are given later are above all others.
LATER = 1_000_000

Story = Callable[[Stay], None]


def two_numbers(stay: Stay) -> None:
    """A01, A40, A02, A03: admitted under a new number, and was known by another."""
    stay.admit()
    stay.merge(f"{LATER + int(stay.number):0{stay.site.number_digits}d}")
    stay.move()
    stay.discharge()


def wrong_patient(stay: Stay, right: Person) -> None:
    """A01, A45, A03: the visit was booked for somebody else."""
    stay.admit()
    stay.move_to(right)
    stay.discharge()


def death(stay: Stay) -> None:
    """A04 class E, A01 class I, A03 with disposition 20: died in the hospital."""
    stay.arrive("E")
    stay.admit()
    stay.die()


def admission(stay: Stay) -> None:
    """A01, A02, A03; something follows."""
    stay.admit()
    stay.move()
    stay.discharge()


#: By the place among two dozen: what happens, where it follows from nothing else.
WRONG_PATIENT, TWO_NUMBERS, DEATH, VISIT_AFTER, RETURN = 14, 15, 16, 17, 19
_STORIES: dict[int, Story] = {
    TWO_NUMBERS: two_numbers,
    DEATH: death,
    VISIT_AFTER: admission,
    RETURN: admission,
}


def story(place: int, people: Sequence[Person]) -> Story | None:
    """Return what happens to the person at `place`, None for nothing special."""
    role, right = place % DOZENS, place + RIGHT_PERSON
    if role == WRONG_PATIENT and right < len(people):
        return partial(wrong_patient, right=people[right])
    return _STORIES.get(role)
