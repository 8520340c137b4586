"""Repairs of numbers: merge, move, change, link, and the deletion of a person.

A duplicate is merged, a wrong choice moved, a typing error changed, the same person
in two records linked. Source: HL7 v2.5.1, sections 3.3.24 to 3.3.51, 3.4.9 and 3.6.2.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from hub.sdk import EncounterKey, Fact, FactKind, Identifier, IdentityChange, Subject
from hub_hl7.facts.errors import NoPriorNumberError
from hub_hl7.facts.person import name_of
from hub_hl7.facts.reading import Reading, stated
from hub_hl7.facts.triggers import REKEYED_ACCOUNT, REKEYED_VISIT, Repair, Rule
from hub_hl7.facts.visit import key_in, visit_key

_TYPED_ANEW = frozenset({"merge", "change"})


def changes_of(
    patients: Sequence[tuple[Reading, Subject]], rule: Rule
) -> Iterator[tuple[Subject, IdentityChange, EncounterKey | None, dict[str, Any]]]:
    """Yield each change: whose it is, what it is, the visit it is about, details.

    Details are ``account``, ``prior_account`` and ``prior_names`` (MRG-7). Raises
    NoPriorNumberError where a message does not name what it repairs.
    """
    if any(repair.operation in {"link", "unlink"} for repair in rule.repairs):
        yield from _links(patients, rule.repairs[0])
        return
    for reading, subject in patients:
        if rule.repairs[0].operation == "delete":
            yield subject, IdentityChange("delete", "person"), None, {}
            continue
        for part in _priors(reading):
            yield from _repairs(part, subject, rule)


def _links(
    patients: Sequence[tuple[Reading, Subject]], repair: Repair
) -> Iterator[tuple[Subject, IdentityChange, None, dict[str, Any]]]:
    """Yield the link of the first patient with each of the others."""
    (_, subject), *others = patients
    if not others:
        raise NoPriorNumberError("no second PID")
    for _, other in others:
        change = IdentityChange(repair.operation, repair.level, other.identifiers)
        yield subject, change, None, {}


def _priors(reading: Reading) -> Sequence[Reading]:
    parts = list(reading.parts("MRG"))
    if not parts:
        raise NoPriorNumberError("no MRG")
    return parts


def _repairs(
    reading: Reading, subject: Subject, rule: Rule
) -> Iterator[tuple[Subject, IdentityChange, EncounterKey | None, dict[str, Any]]]:
    changes = [
        change
        for repair in rule.repairs
        if (change := _change(reading, subject, repair))
    ]
    if not changes:
        raise NoPriorNumberError(f"MRG-{rule.repairs[0].prior[0]}")
    details = _details(reading)
    for change in changes:
        visit = _visit(reading, change) if change.level == "visit" else None
        yield subject, change, visit, details


def _change(
    reading: Reading, subject: Subject, repair: Repair
) -> IdentityChange | None:
    """Return what a MRG repairs, None where it does not name both numbers."""
    mrg = reading.segment("MRG")
    prior = _first(reading, repair.prior)
    if not prior:
        return None
    if repair.level == "person":
        if repair.operation in _TYPED_ANEW and set(prior) <= set(subject.identifiers):
            reading.warn("identity.self")
        moved = repair.operation == "move"
        other = reading.identifiers(mrg, 4) if moved else ()
        return IdentityChange(
            repair.operation, "person", prior, prior_person=_unless(other, subject)
        )
    name, number = repair.into
    into = reading.identifiers(reading.segment(name), number)
    if not into and repair.operation in _TYPED_ANEW:
        return None
    return IdentityChange(
        repair.operation,
        repair.level,
        prior,
        into,
        _unless(reading.identifiers(mrg, 1), subject),
        _prior_visit(reading, repair),
    )


def _first(reading: Reading, numbers: Sequence[int]) -> tuple[Identifier, ...]:
    mrg = reading.segment("MRG")
    return next(
        (found for number in numbers if (found := reading.identifiers(mrg, number))),
        (),
    )


def _unless(person: tuple[Identifier, ...], subject: Subject) -> tuple[Identifier, ...]:
    """Return whom numbers belonged to, nobody where that is the subject."""
    return () if set(person) & set(subject.identifiers) else person


def _prior_visit(reading: Reading, repair: Repair) -> EncounterKey | None:
    """Return the key that a visit had, None where another number made its key."""
    if repair.level != "visit":
        return None
    mrg = reading.segment("MRG")
    if repair.prior == (5,):
        return visit_key(reading, mrg.field(5))
    if visit_key(reading, reading.segment("PV1").field(19)):
        return None
    return key_in(reading, mrg.field(6), "alternate")


def _visit(reading: Reading, change: IdentityChange) -> EncounterKey | None:
    pv1 = reading.segment("PV1")
    return (
        visit_key(reading, pv1.field(19))
        or key_in(reading, pv1.field(50), "alternate")
        or change.prior_encounter
    )


def _details(reading: Reading) -> dict[str, Any]:
    pid, mrg = reading.segment("PID"), reading.segment("MRG")
    names = [name for field in mrg.repetitions(7) if (name := name_of(field))]
    return stated(
        account=pid.value(18), prior_account=mrg.value(3), prior_names=names or ""
    )


def rekeyed(fact: Fact, reading: Reading) -> Fact | None:
    """Return that the visit of `fact`, a change of class, has a new number.

    None where it keeps its number; a prior account alone is no merge (R-ENC-03).
    """
    if not reading.all("MRG") or fact.encounter is None:
        return None
    by_visit = visit_key(reading, reading.segment("PV1").field(19)) is not None
    repair = REKEYED_VISIT if by_visit else REKEYED_ACCOUNT
    change = _change(reading, fact.subject, repair)
    if change is None or set(change.prior) & set(change.into):
        return None
    return Fact(
        kind=FactKind.IDENTITY,
        subject=fact.subject,
        recorded=fact.recorded,
        occurred=fact.occurred,
        encounter=fact.encounter,
        identity=change,
        labels=fact.labels,
    )
