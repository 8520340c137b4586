"""Advice: what a person who compares two records should look at, by what was found.

Source: domain 7.3.
"""

from collections.abc import Iterable

_BY_CODE = {
    "trusted_id_contradicted": "The same number of one authority, and another name"
    " and birth date: one record may have been written over the other, or the number"
    " given to two people. Ask who gave it",
    "conflicting_ids": "One authority gave both a number of which a person has only"
    " one. Find out whether it gave two by mistake",
    "death_before_activity": "One died, and the other was seen after that",
    "generation": "A senior and a junior are two people",
    "newborn_name": "A newborn that has no name yet could be any of that day."
    " Wait for the name",
    "placeholder": "A name or a birth date stands for nothing. Ask for the real one",
    "twins": "They could be twins: ask for the order of birth, or compare the given"
    " names with a document",
    "unreliable_identity": "A sender does not vouch for who it is. Wait for its update",
    "birth_date_not_confirmed": "The birth dates differ or are not known: parent and"
    " child can share a name and a home",
    "given_name_not_confirmed": "The given names differ or are not known: brothers and"
    " sisters share the rest",
    "family_name_not_confirmed": "The family names differ, and no number or phone went"
    " with the person. Ask for a former name",
}
_ELSE = "Much agrees. Compare with a document, or ask both senders"
_ALSO = "Where you cannot tell, leave it open: a wrong link tells a stranger"


def advice(codes: Iterable[str]) -> list[str]:
    """Return sentences on what to do, without their full stop, the first ones first."""
    found = [_BY_CODE[code] for code in codes if code in _BY_CODE]
    return [*(found or [_ELSE]), _ALSO]
