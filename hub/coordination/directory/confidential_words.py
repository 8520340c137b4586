"""By which words, categories and flags a place that must stay secret is known.

English and German. Whatever a plugin says besides is added to it, never taken away.
Source: domain R-DIR-02.
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from html import unescape

#: Reasons, as codes.
FLAG = "flag.private"
VIOLENCE = "category.domestic_violence"
ASSAULT = "category.sexual_assault"
WITNESS = "category.witness_protection"
TRAFFICKING = "category.trafficking"
SAID_SO = "text.confidential_location"
#: A term of a taxonomy that hides all that has it.
TERM = "term.restricted"
#: That of an object to which this one belongs.
OWNER = "owner.restricted"
SHARED = "location.shared"
#: An earlier version was restricted, and nobody has approved that this one is not.
EARLIER = "earlier.restricted"
#: That of the same thing in another directory.
ELSEWHERE = "same_as.restricted"

# Words that stand for the place itself, or for help whose place is hidden as a rule.
# Texts are compared without markup, and with one blank for blanks and hyphens.
_WORDS: Mapping[str, str] = {
    VIOLENCE: (
        r"domestic (?:violence|abuse|assault)|family violence|dating violence|ipv\b"
        r"|(?:intimate )?partner (?:violence|abuse)|spous\w+ abuse"
        r"|gender based violence"
        r"|violence against (?:women|girls)|victims of abuse|forced marriage"
        r"|(?:abuse|violence) (?:shelter|refuge)|honou?r based|safe ?houses?\b"
        r"|batter(?:ed|ing) (?:wom[ae]n|spouse|partner)|abused wom[ae]n"
        r"|wom[ae]n ?'?s?'? (?:\w+ ){0,2}(?:shelter|refuge)"
        r"|(?:shelter|refuge) for (?:\w+ ){0,2}(?:wom[ae]n|survivors|victims)"
        r"|dv (?:shelter|services?|program\w*|victims?|survivors?)|stalking"
        r"|frauen ?(?:und \w+ ?)?(?:haus|h(?:ä|ae)us\w*|schutz\w*|zuflucht\w*)"
        r"|m(?:ä|ae)dchen ?(?:haus|h(?:ä|ae)us\w*|schutz\w*|zuflucht\w*)"
        r"|kinderschutz ?(?:haus|h(?:ä|ae)us\w*|wohnung\w*)|schutzwohnung\w*"
        r"|h(?:ä|ae)usliche\w* gewalt|partner(?:schafts)?gewalt|gewaltschutz\w*"
        r"|gewalt (?:gegen|an) (?:frauen|m(?:ä|ae)dchen)|gewaltbetroffen\w*"
        r"|zufluchtswohnung\w*|zwangsheirat\w*"
        r"|violencia (?:dom(?:é|e)stica|(?:intra)?familiar|conyugal|machista"
        r"|de g(?:é|e)nero)|mujeres maltratadas|refugio (?:para|de) mujeres"
        r"|violences? (?:conjugales?|domestiques?|familiales?)|femmes battues"
    ),
    ASSAULT: (
        r"sexual(?:ly|i[sz]ed)? (?:assault|violence|abuse)|rape crisis|rape counsel\w*"
        r"|sexuelle\w* (?:gewalt|missbrauch|n? ?(?:ü|ue)bergriff\w*)|frauen ?notruf"
        r"|sexuali?sierte\w* gewalt|vergewaltigung\w*"
        r"|violencia sexual|violences? sexuelles?"
    ),
    WITNESS: r"witness protection|protected witness\w*|zeugenschutz\w*",
    TRAFFICKING: r"human trafficking|sex trafficking|menschenhandel|zwangsprostitution",
    SAID_SO: (
        r"confidential(?:ly)?[- ](?:located|location|address|site|shelter)"
        r"|undisclosed (?:location|address|site)|secret (?:location|address|shelter)"
        r"|address (?:is |kept )?(?:confidential|withheld|not disclosed)"
        r"|location (?:is |kept )?(?:confidential|withheld|not disclosed)"
        r"|(?:anonyme|geheime|vertrauliche|nicht (?:ö|oe)ffentliche)\w* "
        r"(?:adresse|anschrift|standort|unterkunft|unterbringung)"
        r"|adresse (?:ist |wird )?(?:geheim|anonym|vertraulich|nicht bekannt gegeben)"
        r"|adresse (?:wird )?geheim ?gehalten"
    ),
}
_PATTERNS = {
    code: re.compile(rf"\b(?:{words})", re.IGNORECASE) for code, words in _WORDS.items()
}
# Every one of the words holds one of these; hardly any object has one.
_PARTS = (
    *("violen", "abuse", "batter", "shelter", "refuge", "dv ", "dv-", "dv\xa0", "ipv"),
    *("stalking", "forced", "based", "safe h", "safeh", "safe-h", "gewalt", "dchenh"),
    *("frauen", "schutz", "zuflucht", "assault", "rape", "sexu", "witness", "zeugen"),
    *("traffick", "menschenh", "prostitution", "confidential", "undisclosed", "secret"),
    *("withheld", "disclosed", "anonym", "geheim", "vertraulich", "ffentlich"),
    *("bekannt", "zwangsh", "maltratada", "refugio", "battue"),
)
_MARKUP = re.compile(r"<[^<>]{0,400}>")
_GAPS = re.compile(r"[\s_/\u2010-\u2015-]+")
#: Ways to write an apostrophe, and what is not seen.
_SIGNS_OF = dict.fromkeys(map(ord, "\u2019\u2018`\xb4"), "'")
_WRITTEN = _SIGNS_OF | dict.fromkeys(map(ord, "\xad\u200b\u200c\u200d"), "")

#: Codes of taxonomies whose services are hidden as a rule, by their beginnings: the
#: domestic violence shelters of the 211 LA County taxonomy.
CODES: Mapping[str, str] = {"BH-1800.1500-100": VIOLENCE}

#: Flags, by their names without case and punctuation, that hide a place when set.
FLAGS = frozenset(
    {
        *("isprivate", "private", "confidential", "isconfidential", "restricted"),
        *("physicaladdressisprivate", "addressisprivate", "mailingaddressisprivate"),
        *("locationisprivate", "addressconfidential", "confidentialaddress"),
        *("excludefromwebsite", "excludefromdirectory", "hideaddress", "hiddenaddress"),
        *("locationisconfidential", "addressprivate", "privateaddress", "isrestricted"),
        *("confidentiallocation", "addressisconfidential", "secretlocation"),
    }
)
_YES = frozenset({"1", "true", "t", "yes", "y", "ja", "j", "x", "wahr", "private"})
_PRIVATE = frozenset(
    {
        *("confidential", "private", "restricted", "hidden", "secret", "undisclosed"),
        *("unlisted", "vertraulich", "geheim", "privat", "anonym"),
    }
)
_SIGNS = re.compile(r"[^a-z0-9]")


#: Every flag, and every code, holds one of these; types that hide nothing hold none.
_MARKS = (
    *("priv", "confid", "restrict", "exclude", "hide", "hidden", "secret", "visib"),
    *(beginning.casefold() for beginning in CODES),
)
_SUSPICIOUS = (*_PARTS, *_MARKS, "unlisted", "vertrau", "geheim", "anonym")


def is_suspicious(body: str) -> bool:
    """Say whether a record, as JSON, may have a place to hide; if not, it has none."""
    lower = body.casefold()
    return any([part in lower for part in _SUSPICIOUS])  # noqa: C419 - it is faster


def tells(text: str) -> bool:
    """Say whether a text may give a place away; if not, it does not."""
    lower = text.casefold()
    return any([part in lower for part in _PARTS])  # noqa: C419 - it is faster


def codes_in(text: str) -> list[str]:
    """Return why a text gives away a place that must stay secret."""
    plain = _MARKUP.sub(" ", unescape(text) if "&" in text else text)
    plain = _GAPS.sub(" ", unicodedata.normalize("NFC", plain).translate(_WRITTEN))
    return [code for code, pattern in _PATTERNS.items() if pattern.search(plain)]


def code_of_term(code: str) -> str:
    """Return why services of a category are hidden, "" where they are not."""
    for beginning, why in CODES.items():
        if code.startswith(beginning):
            return why
    return ""


def is_flag(name: str, value: object) -> bool:
    """Say whether a field hides a place."""
    values = values_of(name)
    if not values:
        return False
    return value is True or str(value).strip().casefold() in values


@lru_cache(maxsize=4096)
def values_of(name: str) -> frozenset[str]:
    """Return which values of a field hide a place."""
    plain = _SIGNS.sub("", name.casefold())
    if plain in {"locationtype", "addresstype", "visibility", "privacy"}:
        return _PRIVATE
    return _YES if plain in FLAGS else frozenset()
