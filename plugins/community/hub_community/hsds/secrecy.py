"""Which places must stay secret (R-DIR-02): flags and words that say so.

What is missed here may cost a life, what is found too often only a distance. So each
word counts wherever it stands, and a flag that is not plainly a no is a yes.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from hub_community.hsds.profile import HsdsProfile

#: Beginnings that each text holds in which any of the patterns below can match.
_STEMS: Final = (
    "domestic", "violen", "abus", "assault", "rape", "batter", "shelter", "refuge",
    "safe", "confiden", "undisclos", "secret", "witness", "traffick", "stalk", "hidden",
    "frauenh", "frauen", "gewalt", "zeugen", "zuflucht", "schutz", "geheim", "anonym",
    "vertraulich", "vergewalt", "missbrauch", "mißbrauch", "mädchenh", "maedchenh",
    "incest", "haven", "honour", "honor", "forced marriage", "zwang", "dv ", "ipv",
    "menschenhandel", "dchenzuflucht", "dchenhaus", "maltratada", "refugio", "battue",
)  # fmt: skip
_WORDS: Final[Mapping[str, str]] = {
    "category.domestic_violence": (
        r"(?:domestic|family|familial|intimate|partner|spous\w+|relationship|dating"
        r"|gender[- ]based)[\s-]+(?:partner[\s-]+)?(?:violen\w+|abus\w+|assault\w*)"
        r"|batter(?:ed|ing|ers?)\b|abused\s+(?:women|men|spouse|partner)\w*"
        r"|violence\s+against\s+(?:women|girls)|victims\s+of\s+abuse"
        r"|wom[ae]n['’]?s?['’]?\s+(?:\w+\s+){0,2}(?:shelter|refuge)"  # noqa: RUF001
        r"|(?:abuse|violence)\s+(?:shelter|refuge)"
        r"|\bDV\s+(?:shelter|services?|programs?|victims?|survivors?)|\bIPV\b"
        r"|honou?r[- ]based|forced\s+marriage|stalking|protective\s+shelter"
        r"|frauen(?:schutz)?h(?:a|ä|ae)us\w*|frauen(?:schutz)?(?:wohnung|zuflucht)\w*"
        r"|frauen-?\s*(?:und\s+\w+-?\s*)?(?:schutz\w+|zuflucht\w*|notruf\w*)"
        r"|schutzwohnung\w*|m(?:ä|ae|a\u0308)dchen(?:h(?:a|ä)us|zuflucht|schutz)\w*"
        r"|kinderschutz(?:haus|wohnung)\w*"
        r"|violencia\s+(?:dom(?:é|e)stica|(?:intra)?familiar|de\s+g(?:é|e)nero|sexual)"
        r"|mujeres\s+maltratadas|refugio\s+(?:para|de)\s+mujeres|femmes\s+battues"
        r"|violences?\s+(?:conjugales?|domestiques?|familiales?|sexuelles?)"
        r"|h(?:ä|ae)usliche\w*\s+gewalt|partner(?:schafts)?gewalt|gewaltschutz\w*"
        r"|gewalt\s+(?:gegen|an)\s+(?:frauen|mädchen)|gewaltbetroffen\w*|zwangsheirat\w*"
    ),
    "category.sexual_assault": (
        r"sexual(?:ized|ised|ly)?[\s-]+(?:assault\w*|violen\w+|abus\w+)|\brape\b"
        r"|\bincest\b|sexuali?sierte\w*\s+gewalt|sexuelle\w*\s+(?:gewalt|missbrauch\w*"
        r"|mißbrauch\w*|übergriff\w*)|vergewaltig\w*|(?:sex|human)\s+traffick\w+"
        r"|menschenhandel\w*|zwangsprostitution"
    ),
    "category.witness_protection": (
        r"witness(?:es)?[\s-]+(?:protection|relocation|security)|zeugenschutz\w*"
    ),
    "category.confidential_place": (
        r"confidential(?:ly)?[\s-]+(?:locat\w+|address\w*|site|shelter|place)"
        r"|(?:address|location)\s+(?:is\s+)?(?:kept\s+)?(?:confidential|undisclosed"
        r"|secret|hidden|withheld|private)|undisclosed\s+(?:location|address|site)"
        r"|secret\s+(?:location|address|shelter)|hidden\s+(?:location|address)"
        r"|safe[\s-]?houses?\b|safe\s+haven|anonyme\w*\s+(?:unterkunft|adresse\w*"
        r"|wohnung\w*|zuflucht\w*)|geheime\w*\s+(?:adresse\w*|ort\w*|unterkunft)"
        r"|(?:adresse|anschrift|standort)\s+(?:ist\s+|bleibt\s+|wird\s+)?(?:geheim"
        r"|anonym|vertraulich|nicht\s+(?:bekannt|veröffentlicht))|zufluchtsort\w*"
    ),
}
_FLAG: Final = re.compile(
    r"(?:^|_)(?:is_)?(?:private|confidential|secret|hidden|unlisted|undisclosed"
    r"|restricted|vertraulich|geheim|anonym)(?:$|_(?:address|location|place|flag|site))"
    r"|(?:^|_)(?:hide|suppress|withhold|mask|redact|protect)_?(?:\w+_)?(?:address|location"
    r"|map|place)|(?:^|_)(?:address|location)_(?:hidden|private|confidential|suppressed)"
    r"|exclude_?from|do_?not_?(?:publish|display|show|list|map)|(?:^|_)no_?publish"
    r"|is_?private|is_?confidential|address_?is_?private"
)
_SHOWN: Final = re.compile(
    r"(?:^|_)(?:display|show|publish)_(?:\w+_)?(?:address|location|map)"
    r"|(?:^|_)(?:address|location)_(?:is_)?(?:public|displayed|shown|published)"
    r"|(?:^|_)is_public(?:$|_)"
)
#: What says by a word, not by a yes, who may see something.
_PRIVACY: Final = re.compile(r"(?:^|_)(?:privacy|visibility|sichtbarkeit)$")
_EXCLUDED: Final = re.compile(r"exclude|publish|list|display")
_CONTACT: Final = re.compile(r"phone|fax|tty|toll|email|contact|hotline|number")
_NOT_PRIVATE: Final = frozenset(
    {"", "no", "n", "false", "f", "0", "nein", "public", "öffentlich", "off", "null",
     "none", "na", "n/a"}
)  # fmt: skip
_SECRET_TYPES: Final = (
    *("confidential", "private", "secret", "undisclosed", "hidden", "restricted"),
    *("unlisted", "not public", "non-public", "vertraulich", "geheim", "anonym"),
    *("privat", "nicht öffentlich", "nichtöffentlich"),
)
#: Fields whose words count: of what is called, and of what is described.
NAMES: Final = ("name", "alternate_name", "alternate", "code", "taxonomy", "label")
TEXTS: Final = ("description", "eligibility_description", "alert", "value")


def flag_code(header: str, extra: Iterable[str] = ()) -> str:
    """Return what a column says by a yes, as a code; empty where it is no flag.

    A code that starts with ``!`` is said by a no, one with ``?`` by a word that means
    private. `header` is normalised.
    """
    if header in extra:
        return "flag.private"
    if _SHOWN.search(header):
        return "!flag.private"
    if not _FLAG.search(header):
        return "?flag.private" if _PRIVACY.search(header) else ""
    if _CONTACT.search(header) and "address" not in header.replace("email_address", ""):
        return "contact.private"
    return "flag.excluded" if _EXCLUDED.search(header) else "flag.private"


def is_flagged(code: str, value: Any) -> bool:
    """Return whether the value of a flag says what its code says."""
    if code.startswith("?"):
        return secret_type(value)
    if isinstance(value, str):
        said = value.strip().casefold()
    else:
        said = "" if value is None else str(value).casefold()
    if code.startswith("!"):
        return said in _NOT_PRIVATE and said not in {"", "null", "na", "n/a", "none"}
    return said not in _NOT_PRIVATE


def secret_type(value: Any) -> bool:
    """Return whether the type of a location or address says that it is secret."""
    said = value.casefold() if isinstance(value, str) else ""
    return any(word in said for word in _SECRET_TYPES)


class Words:
    """Finds categories of which a place must stay secret, in texts."""

    def __init__(self, profile: HsdsProfile) -> None:
        self._stems = (
            *_STEMS,
            *(word.casefold() for word in profile.restricted_words if word),
        )
        words = dict(_WORDS)
        if own := [re.escape(word) for word in profile.restricted_words if word]:
            words["category.profile"] = "|".join(own)
        self._patterns = {
            code: re.compile(pattern, re.IGNORECASE) for code, pattern in words.items()
        }
        self._terms = frozenset(profile.restricted_terms)
        self._fields = (*NAMES, *TEXTS) if profile.search_descriptions else NAMES

    def of_record(self, record: Mapping[str, Any]) -> set[str]:
        """Return the codes of a record's own texts."""
        said = ""
        for field in self._fields:
            if field in record and isinstance(found := record[field], str):
                said += f"{found} \n "
        return self.of_text(said) if said else set()

    def of_text(self, text: str) -> set[str]:
        """Return the codes of a text."""
        lowered = text.casefold() + " "
        for stem in self._stems:
            if stem in lowered:
                break
        else:
            return set()
        return {
            code for code, pattern in self._patterns.items() if pattern.search(text)
        }

    def of_term(self, term: Mapping[str, Any]) -> set[str]:
        """Return the codes of a term of a taxonomy, by its texts, id and code."""
        codes = self.of_record(term)
        if self._terms & {term.get("id"), term.get("code")}:
            codes.add("category.profile")
        return codes
