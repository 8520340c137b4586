"""Names as they are compared: current and birth names, double names, further names."""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from hub.coordination.matching.data_files import table, words
from hub.coordination.matching.folding import variants
from hub.coordination.matching.given_names import forms_of
from hub.coordination.matching.phonetics import sounds

Texts = frozenset[str]
_NONE: Texts = frozenset()

_GENERATIONS = {
    "jr": "2", "junior": "2", "jun": "2", "sr": "1", "senior": "1", "sen": "1",
    "i": "1", "ii": "2", "iii": "3", "iv": "4", "2nd": "2", "3rd": "3",
}  # fmt: skip
#: Words before a family name that some write and others leave out.
_PREFIXES = frozenset(
    {"von", "van", "der", "den", "dem", "de", "del", "della", "di", "da", "dos", "du",
     "la", "le", "zu", "zum", "zur", "vom", "ten", "ter", "am", "el", "al", "bin",
     "ben", "ibn"}
)  # fmt: skip
#: Table 0200: the name at birth, the maiden name, a former one by adoption.
_FORMER_USES = frozenset({"B", "M", "BAD", "MSK"})
#: Table 0200: an alias and a pseudonym are not the name of the person.
_INVENTED_USES = frozenset({"A", "S"})

_PLACEHOLDERS = words("placeholders.toml", "names")
_NEWBORN = words("placeholders.toml", "newborn")
_PEOPLE = frozenset(map(tuple, table("placeholders.toml")["people"]))


class Names(Struct, frozen=True):
    """The names of a person, each text folded; empty where nothing is known.

    `family` are the current family names in every spelling, `parts` the parts of
    double names and former names. `given` is the first given name in every
    spelling, `forms` what it can stand for, `rest` the further ones. `generation`
    tells a father from his son (``1`` senior, ``2`` junior). `temporary` says that
    a newborn had no name yet, `placeholder` that a name stands for nobody.
    """

    family: Texts = _NONE
    parts: Texts = _NONE
    family_sounds: Texts = _NONE
    given: Texts = _NONE
    forms: Texts = _NONE
    rest: Texts = _NONE
    initials: Texts = _NONE
    given_sounds: Texts = _NONE
    generation: str = ""
    temporary: bool = False
    placeholder: bool = False


class _Collected:
    """What is found in one name after the other."""

    def __init__(self) -> None:
        self.family: dict[str, None] = {}
        self.parts: set[str] = set()
        self.given: dict[str, None] = {}
        self.rest: set[str] = set()
        self.generation = ""
        self.temporary = False
        self.placeholder = False

    def add(self, name: Mapping[str, Any]) -> None:
        """Take one name (XPN)."""
        use = (_text(name, "use")).upper()
        if use in _INVENTED_USES:
            return
        self._add_family(name, former=use in _FORMER_USES)
        self._add_given(name)
        for word in (way for ways in variants(_text(name, "suffix")) for way in ways):
            self.generation = _GENERATIONS.get(word, self.generation)

    def _add_family(self, name: Mapping[str, Any], *, former: bool) -> None:
        for spelled in variants(_text(name, "family")):
            for whole, parts in self._wholes(spelled):
                self.parts.update(parts)
                if former:
                    self.parts.add(whole)
                else:
                    self.family[whole] = None
        for key in ("own_family", "partner_family"):
            for spelled in variants(_text(name, key)):
                self.parts.add("".join(spelled))

    def _wholes(
        self, spelled: tuple[str, ...]
    ) -> Iterable[tuple[str, tuple[str, ...]]]:
        """Yield a family name with and without its prefixes, and its parts."""
        for word in spelled[1:]:
            self.generation = _GENERATIONS.get(word, self.generation)
        spelled = spelled[:1] + tuple(w for w in spelled[1:] if w not in _GENERATIONS)
        if "".join(spelled) in _PLACEHOLDERS:
            self.placeholder = True
            return
        bare = tuple(word for word in spelled if word not in _PREFIXES)
        parts = bare if len(bare) > 1 else ()
        yield "".join(spelled), parts
        if bare and bare != spelled:
            yield "".join(bare), ()

    def _add_given(self, name: Mapping[str, Any]) -> None:
        text = _text(name, "given")
        ways = variants(f"{text} {_text(name, 'middle')}")
        if not ways:
            return
        first = ways[0]
        if first[0] in _NEWBORN:
            self.temporary = True
        elif first[0] in _PLACEHOLDERS or "".join(first) in _PLACEHOLDERS:
            self.placeholder = True
        else:
            for spelled in ways:
                self._add_words(spelled, hyphenated="-" in text)

    def _add_words(self, spelled: tuple[str, ...], *, hyphenated: bool) -> None:
        self.given[spelled[0]] = None
        # Hans-Peter is also written Hanspeter, and is called Hans by some.
        if hyphenated and len(spelled) > 1:
            self.given["".join(spelled[:2])] = None
        for word in spelled[1:]:
            if word in _GENERATIONS and len(word) > 1:
                self.generation = _GENERATIONS[word]
            else:
                self.rest.add(word)


def names_of(names: Iterable[Mapping[str, Any]]) -> Names:
    """Return the names of a person as they are compared.

    Each of `names` has the keys of a name of `hub.model.facts.Subject`: ``family``,
    ``given``, ``middle``, ``suffix``, ``use`` and the parts of a family name.
    """
    found = _Collected()
    for name in names:
        found.add(name)
    family, given = tuple(found.family), tuple(found.given)
    pairs = {(one, other) for one in family for other in given}
    if pairs & _PEOPLE:
        return Names(temporary=found.temporary, placeholder=True)
    return Names(
        family=frozenset(family),
        parts=frozenset(each for each in found.parts if len(each) > 2),  # noqa: PLR2004 - initials are no parts
        family_sounds=_NONE.union(*map(sounds, family)),
        given=frozenset(given),
        forms=_NONE.union(*map(forms_of, given)),
        rest=frozenset(found.rest),
        initials=frozenset(each[0] for each in given),
        given_sounds=_NONE.union(*map(sounds, given)),
        generation=found.generation,
        temporary=found.temporary,
        placeholder=found.placeholder,
    )


def _text(name: Mapping[str, Any], key: str) -> str:
    value = name.get(key)
    return value if isinstance(value, str) else ""
