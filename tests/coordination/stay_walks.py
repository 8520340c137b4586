"""Several synthetic encounters of made-up people, and walks in which they are heard."""

from itertools import chain
from typing import NamedTuple

from hypothesis import strategies as st

from hub.coordination.changes import moment
from hub.coordination.fold import fold
from hub.coordination.readmissions import (
    Readmission,
    readmission_differences,
    readmissions,
)
from hub.coordination.stay_changes import stay_differences
from hub.coordination.stay_rules import HighUseRule, load_rules
from hub.coordination.stays import Contact, Stay, keep_keys, stitch
from hub.coordination.utilisation import HighUse, high_use, high_use_differences
from hub.model.facts import FactKind
from tests.coordination.scenarios import at, cancel, end, plan, start, turn

US = load_rules("us")
TWO_IN_A_WEEK = HighUseRule(name="two_in_a_week", count=2, days=7, rearm_at=0)


def going(disposition):
    """Return the details of a discharge with this disposition."""
    return {"discharge": {"disposition": disposition}} if disposition else {}


def coming(source="", kind=""):
    """Return the details of an admission from there, of this type."""
    stated = {"source": source, "type": kind}
    admission = {name: value for name, value in stated.items() if value}
    return {"admission": admission} if admission else {}


def contact(key, facts, **given):
    """Return the contact that `facts` describe; by default of p_1 at H1."""
    stated = {"person": "p_1", "source": "direct", "facility": "H1"} | given
    return Contact(key=key, encounter=fold(facts), **stated)


def visit(
    key, began, ended=None, code="inpatient", *, left="", came="", kind="", **given
):
    """Return a contact that began and, if so, ended at these times."""
    details = coming(came, kind) | given.pop("details", {})
    facts = [start(began, code=code, details=details)]
    if ended is not None:
        facts.append(end(ended, details=going(left)))
    return contact(key, facts, **given)


def days(stays):
    """Return, of each stay, its encounters and whether it closed."""
    return [(" ".join(stay.encounters), stay.status) for stay in stays]


class Picture(NamedTuple):
    """What is known at a time of a walk."""

    stays: tuple[Stay, ...] = ()
    readmissions: tuple[Readmission, ...] = ()
    high_use: tuple[HighUse, ...] = ()


class Told(NamedTuple):
    """What was told on a walk, and what of it stands in the end."""

    picture: Picture
    changes: list
    standing: dict

    @property
    def types(self):
        return [
            f"{change.correction or 'new'} {change.type.partition('.')[2]}"
            for change in self.changes
        ]

    @property
    def net(self):
        """What stands, by the encounters of the stay and not by its key."""
        held = {stay.key: stay.encounters for stay in self.picture.stays}
        return {
            (held[stay], slot): _content(change, held)
            for (stay, slot), change in self.standing.items()
        }


def hear(contacts, before, rules=US):
    """Return the picture after `contacts` are known, with the keys of `before`."""
    stays = keep_keys(before.stays, stitch(contacts, rules))
    again = readmissions(stays, rules)
    return Picture(stays, again, high_use(stays, [TWO_IN_A_WEEK]))


def tell(before, after):
    return [
        *stay_differences(before.stays, after.stays),
        *readmission_differences(before.readmissions, after.readmissions),
        *high_use_differences(before.high_use, after.high_use),
    ]


def record(standing, change):
    """Enter `change`; what is taken back or amended must stand, nothing else may."""
    place = change.stay, change.slot
    assert (place in standing) == (change.correction is not None), change
    if change.correction == "retraction":
        del standing[place]
    else:
        standing[place] = change


def stroll(pictures, rules=US):
    """Let sets of contacts be known one after the other."""
    before, changes, standing = Picture(), [], {}
    for contacts in pictures:
        after = hear(contacts, before, rules)
        for change in tell(before, after):
            record(standing, change)
            changes.append(change)
        before = after
    return Told(before, changes, standing)


def walk(said):
    """Let facts arrive in this order, each with the key of its encounter."""
    return stroll(
        [known(said[:count]) for count in range(1, len(said) + 1)],
    )


def known(said):
    """Return the contacts that pairs of a key and a fact describe."""
    facts = {}
    for key, fact in said:
        facts.setdefault(key, []).append(fact)
    return [contact(key, facts[key], **WHERE[key]) for key in facts]


def _content(change, held):
    """Return what an event that stands says, less what nobody was told to amend."""
    if change.slot == "opening":
        return change.type, moment(change.occurred)
    payload = dict(change.payload)
    if change.slot == "closing":
        payload = {name: payload[name] for name in ("discharge", "facilities")}
        return change.type, moment(change.occurred), payload
    if change.slot == "readmission":
        payload["index_stay"] = held[payload["index_stay"]]
    return change.type, payload


#: Who tells of which encounter, and where it happened.
WHERE = {
    "e1": {"source": "direct", "facility": "H1"},
    "e2": {"source": "relay", "facility": "H1", "rank": 1},
    "e3": {"source": "other", "facility": "H2"},
    "e4": {"source": "direct", "facility": "H1"},
    "e5": {"source": "other", "facility": "H2"},
}

_hours = st.sampled_from([0, 1, 6, 12, 23, 24, 25, 48, 54, 72, 240, 246, 1200])
times = _hours.map(at)
_classes = st.sampled_from(["inpatient", "emergency", "observation", "outpatient"])
_dispositions = st.sampled_from(["", "01", "02", "07", "20", "81"]).map(going)
_sources = st.sampled_from(["", "1", "4"]).map(coming)
_facts = st.one_of(
    st.builds(
        lambda occurred, recorded, code, details: start(
            occurred, recorded, code, details=details
        ),
        times,
        times,
        _classes,
        _sources,
    ),
    st.builds(
        lambda occurred, recorded, details: end(occurred, recorded, details=details),
        times,
        times,
        _dispositions,
    ),
    st.builds(turn, times, _classes),
    st.builds(plan, times, times),
    st.builds(
        cancel,
        st.sampled_from([FactKind.START, FactKind.END]),
        st.none() | times,
        times,
    ),
)
_pairs = st.tuples(st.sampled_from(sorted(WHERE)), _facts)


def _course(key, began, length, code, details):
    ended = at(began + length)
    return [
        (key, start(at(began), code=code)),
        (key, end(ended, details=details)),
    ]


_courses = st.builds(
    _course,
    st.sampled_from(sorted(WHERE)),
    _hours,
    st.sampled_from([1, 6, 24, 48]),
    _classes,
    _dispositions,
)
#: What is said of up to five encounters: whole courses, and whatever else.
said = st.builds(
    lambda courses, others: [*chain.from_iterable(courses), *others],
    st.lists(_courses, max_size=4),
    st.lists(_pairs, max_size=5),
)
