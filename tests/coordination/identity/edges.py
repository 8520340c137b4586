"""Made-up identities and links between them, for tests of who is who."""

from hypothesis import strategies as st

from hub.coordination.identity.clusters import Known
from hub.coordination.identity.links import Link
from hub.coordination.matching.features import Features
from hub.coordination.matching.names import Names

NAMES = "abcdefg"
_STATES = {
    "decided": ["manual", "broken"],
    "repaired": ["auto", "broken"],
    "stated": ["auto"],
    "matched": ["auto", "candidate", "apart"],
}


def link(one, other, basis="repaired", state="auto", said=1, **given):
    """Return a link of two identities, whichever is named first."""
    first, second = sorted((one, other))
    standard = {"rule": "link", "digest": "", "message": 1}
    return Link(first, second, basis, state, said=said, **(standard | given))


def decided(one, other, state="manual", said=1):
    """Return what somebody decided about two identities."""
    return link(one, other, "decided", state, said)


def alike(one, other, score=30.0, state="auto"):
    """Return what was found of two identities."""
    return link(one, other, "matched", state, said=0, score=score)


def apart(one, other, said=1):
    """Return that a sender unlinked two identities."""
    return link(one, other, "repaired", "broken", said)


pairs = st.lists(st.sampled_from(NAMES), min_size=2, max_size=2, unique=True)


@st.composite
def _links(draw):
    one, other = draw(pairs)
    basis = draw(st.sampled_from(sorted(_STATES)))
    state = draw(st.sampled_from(_STATES[basis]))
    gone = draw(st.sampled_from(["", "", one, other]))
    if basis == "matched":
        return alike(one, other, draw(st.integers(20, 24)) / 1.0, state)
    return link(one, other, basis, state, draw(st.integers(1, 9)), prior=gone)


links = _links()
#: Of one pair and basis there is one link, as in the store.
graphs = st.lists(links, max_size=10, unique_by=lambda each: (*each.pair, each.basis))
_number = st.tuples(st.sampled_from(["insurer", "state"]), st.sampled_from("12"))
#: Nothing is said, and two who look nothing like one another.
_LOOKS = [
    Features(),
    Features(Names(family=frozenset({"a"}), given=frozenset({"b"})), born="19610407"),
    Features(Names(family=frozenset({"xy"}), given=frozenset({"zz"})), born="19900101"),
]
#: Some have numbers of which one person has only one.
known = st.fixed_dictionaries(
    {
        name: st.builds(
            Known,
            st.integers(0, 3),
            st.frozensets(_number, max_size=1),
            st.sampled_from(_LOOKS),
        )
        for name in NAMES
    }
)
