"""People as they are shown: best values, what else is said, numbers and links."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from hub.coordination.identity.survivorship import survive
from hub.coordination.people import Person, Statement, learn
from hub.coordination.standing import said_at
from hub.store.belongings import Belongings
from hub.store.entity_shown import (
    encounter_view,
    record_view,
    stay_view,
    transition_view,
)
from hub.store.entity_views import (
    AlternativeValue,
    IdentityView,
    LinkView,
    PersonDetail,
    PersonView,
    StatedValue,
)
from hub.store.journal import moment
from hub.store.said import Said
from hub.store.whose import HeardLink, KnownIdentity, Whose


def person_view(known: Whose, trust: Sequence[str]) -> PersonView:
    """Return a person in short."""
    person = survive([each.person for each in known.identities], trust)
    key = known.person
    return PersonView(
        key=key,
        version=next(each.version for each in known.identities if each.key == key),
        identities=[each.key for each in known.identities],
        identifiers=list(person.identifiers),
        demographics=person.demographics(),
    )


def person_detail(belongings: Belongings, known_at: datetime | None) -> PersonDetail:
    """Return a person and what is theirs."""
    known = belongings.person()
    return PersonDetail(
        key=known.key,
        version=known.version,
        known_at=known_at,
        identifiers=list(known.person.identifiers),
        demographics=_stated(known.person, known.said),
        alternatives=_alternatives(known.person, known.identities),
        identities=[_identity_view(each) for each in known.identities],
        links=[link_view(each) for each in belongings.links],
        encounters=[encounter_view(each) for each in belongings.encounters()],
        stays=[stay_view(each) for each in belongings.stays()],
        transitions=[transition_view(each) for each in belongings.transitions()],
        records=[record_view(each) for each in belongings.records()],
    )


def link_view(heard: HeardLink) -> LinkView:
    """Return a link, with who decided it if somebody did."""
    link, decision = heard.link, heard.decision
    return LinkView(
        one=link.one,
        other=link.other,
        basis=link.basis,
        state=link.state,
        rule=link.rule,
        score=link.score,
        reasons=list(link.reasons),
        said_at=moment(link.said) if link.said else None,
        message=heard.message,
        by=decision.by if decision else "",
        reason=decision.reason if decision else "",
    )


def _identity_view(known: KnownIdentity) -> IdentityView:
    return IdentityView(
        key=known.key,
        identifiers=list(known.person.identifiers),
        since=moment(known.since) if known.since else None,
        demographics=known.person.demographics(),
    )


def _alternatives(
    best: Person, identities: Iterable[KnownIdentity]
) -> dict[str, list[AlternativeValue]]:
    """Return by field what is said of it beside the best value, the newest first."""
    chosen = best.demographics()
    found: dict[str, list[AlternativeValue]] = {}
    for each in identities:
        spoken = _newest(each.person)
        for name, value in each.person.demographics().items():
            if value != chosen.get(name):
                said = _moment(spoken[name])
                other = AlternativeValue(value=value, identity=each.key, said_at=said)
                found.setdefault(name, []).append(other)
    for values in found.values():
        values.sort(key=lambda each: each.said_at, reverse=True)
    return found


def _stated(person: Person, said: Sequence[Said]) -> dict[str, StatedValue]:
    """Return each field with when it was said; of a list, the newest of its entries."""
    statements = _by_field(person)
    spoken, heard_at = _spoken(person, said), _newest(person)
    return {
        name: StatedValue(
            value=value,
            said_at=_moment(heard_at[name]),
            messages=list(
                dict.fromkeys(
                    message
                    for place in statements[name]
                    for message in spoken.get(place, ())
                )
            ),
        )
        for name, value in person.demographics().items()
    }


def _by_field(person: Person) -> dict[str, dict[str, Statement]]:
    found: dict[str, dict[str, Statement]] = {}
    for place, statement in person.statements.items():
        found.setdefault(place.partition("\n")[0], {})[place] = statement
    return found


def _newest(person: Person) -> dict[str, float]:
    """Return by field when the newest statement on it was made."""
    return {
        name: max(each.recorded for each in places.values())
        for name, places in _by_field(person).items()
    }


def _spoken(person: Person, said: Sequence[Said]) -> Mapping[str, list[str]]:
    """Return for each statement that holds the messages in which it was made."""
    found: dict[str, list[str]] = {}
    for each in said:
        recorded = said_at(each.fact).timestamp()
        alone, _ = learn(Person(), each.fact.subject, recorded)
        for place, statement in alone.statements.items():
            if person.statements.get(place) == statement:
                found.setdefault(place, []).append(each.message)
    return found


def _moment(recorded: float) -> datetime:
    return datetime.fromtimestamp(recorded, tz=UTC)
