"""Names, homes and dates of birth for a million people, each a function of a number.

All are made up from syllables: about 30,000 family names and 2,000 given names, the
first ones frequent and most of them rare, as names are.
"""

from datetime import date, timedelta

_SYLLABLES = """
    Bal Bren Dor Ful Gam Holm Jost Kel Lan Mer Nor Ost Pel Quan Ros Sel Tor Ulm Vel Wem
    Zan Bir Cor Drau Ebel Fin Gros Hag Ill Jan;
    a e i o u ar el in or un al er im os ut ab eb ig om ur an en il op us at ed id um;
    beck berg dorf furt gart hagen hoff kamp land mann meier muth ner rath sen sohn
    stedt stein strom thal tmann uer wald weg well wick wiler wiesen zer zig;
    Al Be Ca Da El Fe Gi Ha Is Jo Ka Le Mi No Ol Pe Ra Sa Te Vi;
    bi da fe lo mi na ri so ta ve;
    a an as e en ia id in is o
"""
# Three kinds for family names, and three for given names.
_STARTS, _MIDDLES, _ENDS, _GIVEN, _GIVEN_MIDDLES, _GIVEN_ENDS = map(
    str.split, _SYLLABLES.split(";")
)
_MASK = (1 << 64) - 1
_FIRST_BIRTH = date(1930, 1, 1)
_BIRTH_DAYS = 34_000


def scattered(number):
    """Return 64 bits that look random, the same for the same number (SplitMix64)."""
    mixed = (number + 0x9E3779B97F4A7C15) & _MASK
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
    return mixed ^ (mixed >> 31)


def _skewed(number, count):
    """Return a place below `count`, small ones more often."""
    share = (number & 0xFFFFF) / 0x100000
    return int(count * share * share)


def _word(place, *syllables):
    parts = []
    for each in reversed(syllables):
        place, part = divmod(place, len(each))
        parts.append(each[part])
    return "".join(reversed(parts))


def family(bits):
    """Return a family name for some random bits."""
    return _word(_skewed(bits, 27_000), _STARTS, _MIDDLES, _ENDS)


def given(bits):
    """Return a given name for some random bits."""
    place = _skewed(bits >> 20, 2_000)
    return _word(place, _GIVEN, _GIVEN_MIDDLES, _GIVEN_ENDS)


def street(bits):
    """Return a street and a number for some random bits."""
    return f"{_word((bits >> 40) % 900, _STARTS, _MIDDLES)}weg {(bits >> 50) % 120 + 1}"


def postcode(bits):
    """Return one of 2,000 postcodes for some random bits."""
    return f"{20_000 + (bits >> 33) % 2_000}"


def born(bits):
    """Return a date of birth for some random bits."""
    return _FIRST_BIRTH + timedelta(days=(bits >> 29) % _BIRTH_DAYS)
