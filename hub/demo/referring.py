"""What a hospital writes of somebody without food: a screening, and a referral.

Source: HL7 v2.5.1, chapter 7 (ORU) and sections 11.3 and 11.6 (REF); LOINC 88121-9,
the Hunger Vital Sign.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from hub.demo.directories import CITY, FOOD_BANK
from hub.demo.er7 import composite, header, local_time, patient, segment
from hub.demo.pathways import PATHWAYS, SentMessage, Simulation
from hub.demo.people import DOUBLED, DOZEN, Person
from hub.demo.sites import ST_MARY

#: By which feed its system speaks, and where it hears how its referrals go.
SITE = ST_MARY
CATEGORY = "food-insecurity"
_OFTEN, _AT_RISK = ("LA28397-0", "Often true"), ("LA19952-3", "At risk")
_QUESTIONS = (
    ("88122-7", "Food would run out", _OFTEN),
    ("88123-5", "Food did not last", _OFTEN),
    ("88124-3", "Food insecurity risk", _AT_RISK),
)


@dataclass(frozen=True, slots=True)
class Hungry:
    """Two people of one hospital who went home without food enough.

    Of `helped` a social worker takes care, for `forgotten` its system sends a referral
    that nobody answers. Where too few live in the region there are none.
    """

    helped: Person | None = None
    forgotten: Person | None = None

    @property
    def people(self) -> tuple[Person, ...]:
        """Both, as far as there are two."""
        return tuple(each for each in (self.helped, self.forgotten) if each)


def choose_hungry(simulation: Simulation) -> Hungry:
    """Return who it is: people with one plain stay that has ended."""
    found = dict.fromkeys(
        visit.person
        for visit in simulation.visits
        if visit.site is SITE
        and "encounter.discharged" in visit.events
        and visit.person.index < len(PATHWAYS)
        and visit.person.index % DOZEN not in {DOUBLED, DOUBLED + 1}
        and not visit.person.shared
    )
    return Hungry(*list(found)[:2])


def number_of(person: Person) -> str:
    """Return under which number the hospital knows somebody."""
    return dict(person.numbers)[SITE]


def screenings(people: Iterable[Person], when: datetime) -> list[SentMessage]:
    """Return the answers of each of them to the two questions about food."""
    return [
        _message(person, f"{SITE.control_prefix}Q{place:04d}", when, "ORU", "R01", body)
        for place, person in enumerate(people, start=1)
        for body in [_answers(place, when)]
    ]


def referral(person: Person, number: str, when: datetime) -> SentMessage:
    """Return that the hospital asks the food bank to help."""
    about = {
        1: "P",
        2: composite("R", "Routine", "HL70280"),
        5: CATEGORY,
        6: composite(number, SITE.authority),
        7: local_time(SITE, when),
        9: local_time(SITE, when),
    }
    to = {
        1: composite("RT", "Referred to Provider", "HL70286"),
        10: composite("Region Food Bank", "", FOOD_BANK, "", "", CITY),
    }
    body = [segment("RF1", about), segment("PRD", to)]
    return _message(person, f"{SITE.control_prefix}R0001", when, "REF", "I12", body)


def _answers(place: int, when: datetime) -> list[str]:
    at = local_time(SITE, when)
    panel = composite("88121-9", "Hunger Vital Sign", "LN")
    number = composite(f"SCR-{place}", SITE.authority)
    return [
        segment("OBR", {1: "1", 3: number, 4: panel, 7: at, 22: at, 25: "F"}),
        *(
            segment(
                "OBX",
                {
                    1: str(line),
                    2: "CE",
                    3: composite(code, text, "LN"),
                    5: composite(*answered, "LN"),
                    11: "F",
                },
            )
            for line, (code, text, answered) in enumerate(_QUESTIONS, start=1)
        ),
    ]


def _message(
    person: Person,
    control_id: str,
    when: datetime,
    family: str,
    trigger: str,
    body: list[str],
) -> SentMessage:
    kind = composite(family, trigger, f"{family}_{trigger}")
    msh = header(SITE, when, kind, control_id)
    pid = segment("PID", patient(SITE, person, number_of(person), person.address))
    # In a referral the parties stand before the patient, in a result after.
    lines = [msh, *body, pid] if family == "REF" else [msh, pid, *body]
    text = "".join(f"{line}\r" for line in lines)
    return SentMessage(SITE.name, control_id, text.encode(SITE.codec), when)
