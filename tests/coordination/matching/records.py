"""Records of people who do not exist, all synthetic."""

from hypothesis import strategies as st

from hub.coordination.matching.features import Features, features_of
from hub.model.facts import Subject
from hub.model.identifiers import Identifier

HOME = {
    "lines": ["Hauptstraße 12 a"],
    "city": "Köln",
    "postal_code": "50667",
}
PERSON = {
    "names": [{"family": "Müller", "given": "Johanna"}],
    "birth_date": "1985-03-12",
    "sex": "F",
    "addresses": [HOME],
    "telecoms": [{"system": "phone", "value": "0221 8815247"}],
}


def named(family, given, **more):
    return [{"family": family, "given": given, **more}]


def record(*identifiers: Identifier, active: str = "", **changes) -> Features:
    """Return the features of the person, with changes; None takes a field away."""
    return bare(*identifiers, active=active, **{**PERSON, **changes})


def bare(*identifiers: Identifier, active: str = "", **demographics) -> Features:
    """Return the features of a record that says no more than this."""
    stated = {key: value for key, value in demographics.items() if value is not None}
    return features_of(Subject(identifiers, stated), active)


def phone(number):
    return [{"system": "phone", "value": number}]


_junk = st.none() | st.integers() | st.text(max_size=4) | st.lists(st.text(max_size=3))
_words = (
    st.sampled_from(["Müller", "Mueller", "Meyer-Schmidt", "von Berg", "O'Hare", "Doe"])
    | st.sampled_from(["Johanna", "Hanna", "Hans-Peter", "Baby", "Lea", "Leah", "John"])
    | st.sampled_from(["王", "", "J", "Jr", "!"])
    | st.text(max_size=6)
)
_names = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "family": _words | _junk,
            "given": _words | _junk,
            "middle": _words,
            "suffix": _words,
            "use": st.sampled_from(["L", "M", "A", "", "B"]),
        },
    ),
    max_size=2,
)
_addresses = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "lines": st.lists(_words | st.sampled_from(HOME["lines"]), max_size=2),
            "street": _words,
            "house_number": st.sampled_from(["1", "12a", ""]),
            "city": _words | _junk,
            "postal_code": st.sampled_from(["50667", "50668", "99999", "SW1A 1AA"]),
            "type": _junk,
        },
    ),
    max_size=2,
)
_telecoms = st.lists(
    st.fixed_dictionaries(
        {
            "system": st.sampled_from(["phone", "email"]),
            "value": st.sampled_from(
                ["0221 8815247", "+49 221 8815247", "8815247", "a@b.example", "0000"]
            )
            | _junk,
        }
    ),
    max_size=2,
)
_demographics = st.fixed_dictionaries(
    {},
    optional={
        "names": _names | _junk,
        "birth_date": st.sampled_from(
            ["1985-03-12", "1985-12-03", "1985-03-13", "1985", "1900-01-01", "2020-01"]
        )
        | _junk,
        "sex": st.sampled_from(["M", "F", "U", "O"]) | _junk,
        "addresses": _addresses | _junk,
        "telecoms": _telecoms | _junk,
        "multiple_birth": st.booleans() | _junk,
        "birth_order": st.sampled_from(["1", "2"]) | _junk,
        "deceased": st.fixed_dictionaries(
            {"flag": st.booleans()},
            optional={
                "at": st.sampled_from(["2026-01-05", "20260105", "2026"]) | _junk
            },
        )
        | _junk,
        "mother": st.lists(st.fixed_dictionaries({"system": _junk, "value": _junk}))
        | _junk,
        "identity_quality": st.fixed_dictionaries(
            {}, optional={"unknown": st.booleans(), "placeholder": st.booleans()}
        )
        | _junk,
    },
)
_identifiers = st.lists(
    st.builds(
        Identifier,
        st.sampled_from(["KLINIK", "KASSE", "GKV", ""]),
        st.sampled_from(["0001", "0002", "A123456780", "A123456789", "", "Q1", "Q2"]),
        st.sampled_from(["MR", "NI", "KVNR", "MB", "", "SS"]),
    ),
    max_size=3,
).map(tuple)

#: Records as senders state them, well-formed and not.
features = st.builds(
    lambda ids, known, active: features_of(Subject(ids, known), active),
    _identifiers,
    _demographics,
    st.sampled_from(["", "2026-01-01", "2026-03-01"]),
)
