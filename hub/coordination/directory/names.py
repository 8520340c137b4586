"""How objects are found again where a feed makes their ids anew (R-DIR-07).

What is compared are names as people mean them: without case, accents, punctuation and
the words for a kind of company.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any
from urllib.parse import urlsplit

_WORDS = re.compile(r"[^\W_]+")
_KINDS = frozenset(
    {
        *("inc", "incorporated", "llc", "ltd", "corp", "corporation", "co", "the"),
        *("of", "ev", "e", "v", "ggmbh", "gmbh"),
    }
)
_SPECIAL = str.maketrans({"ß": "ss", "æ": "ae", "ø": "o", "&": " and "})
#: Fewer digits are no phone number, and of longer ones the last count.
_FEWEST_DIGITS, _COUNTED_DIGITS = 6, 9


def folded(name: object) -> str:
    """Return a name as it is compared."""
    if not isinstance(name, str):
        return ""
    lower = name.casefold().translate(_SPECIAL)
    if not lower.isascii():
        parts = unicodedata.normalize("NFKD", lower)
        lower = "".join(each for each in parts if not unicodedata.combining(each))
    words = _WORDS.findall(lower)
    return " ".join([each for each in words if each not in _KINDS] or words)


def postcode_of(record: Mapping[str, Any]) -> str:
    """Return the postcode of a location, of the first by order of several."""
    found = {
        folded(each.get("postal_code"))
        for each in children(record, "addresses")
        if each.get("postal_code")
    }
    return min(found, default="")


def natural(kind: str, record: Mapping[str, Any], owner: str, postcode: str) -> str:
    """Return by what an object is known without its id, as 32 hexadecimal digits.

    `owner` is the name of its organisation, `postcode` that of where it is. Nothing of
    it can be read in the result.
    """
    parts = [kind, folded(owner), folded(record.get("name")), folded(postcode)]
    if kind == "location":
        parts += sorted(
            folded(each.get("address_1")) for each in children(record, "addresses")
        )
    if kind == "taxonomy_term":
        parts += [folded(record.get("code")), folded(record.get("taxonomy"))]
    told = "\x1f".join(parts).encode("utf-8", "surrogatepass")
    return blake2b(told, digest_size=16).hexdigest()


def hub_key(feed: str, kind: str, stable: str) -> str:
    """Return the hub's key of an object of a feed: always the same."""
    told = f"{feed}\x1f{kind}\x1f{stable}".encode("utf-8", "surrogatepass")
    return f"dir_{blake2b(told, digest_size=16).hexdigest()}"


def children(record: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    """Return the children of a record under a name, as far as they are any."""
    found = record.get(name)
    if not isinstance(found, list):
        return ()
    return [each for each in found if isinstance(each, dict)]


def digits_of(number: object) -> str:
    """Return what counts of a phone number, "" where it is none."""
    found = "".join(
        each for each in str(number or "") if each.isascii() and each.isdigit()
    )
    return found[-_COUNTED_DIGITS:] if len(found) >= _FEWEST_DIGITS else ""


def host_of(url: object) -> str:
    """Return the host of an address of the web, "" where there is none."""
    if not isinstance(url, str) or not url.strip():
        return ""
    told = url.strip() if "//" in url else f"//{url.strip()}"
    try:
        host = urlsplit(told).hostname or ""
    except ValueError:
        return ""
    return host.removeprefix("www.")
