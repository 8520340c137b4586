"""Ids as functions of content: stable across retries and re-processing (G6).

Keys of people and encounters are made with a secret of this hub, because a plain
hash of a patient number can be undone by trying all numbers.
"""

from functools import lru_cache
from hashlib import blake2b

from hub.model.facts import EncounterKey, RecordKey
from hub.model.identifiers import Identifier

#: How many hexadecimal digits at the start of a message's id are its time of
#: arrival in milliseconds.
TIME_DIGITS = 12


class Keys:
    """Makes opaque keys from what identifies a person or an encounter."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        # The same people are heard of again and again.
        self.person = lru_cache(maxsize=8192)(self._person)

    def token(self, text: str) -> int:
        """Return a token for what identifies people: 64 bits that tell nothing."""
        data = text.encode("utf-8", "surrogatepass")
        digest = blake2b(data, digest_size=8, key=self._secret, person=b"token")
        return int.from_bytes(digest.digest(), signed=True)

    def encounter(self, feed: str, key: EncounterKey) -> str:
        """Return the key of an encounter; one record for each source (R-ENC-05)."""
        return self._key("enc", feed, key.basis, key.system, key.scope, key.value)

    def contact(self, case: str, name: str) -> str:
        """Return the key of the contact of a case with this name."""
        return self._key("enc", case, name)

    def stay(self, encounter: str) -> str:
        """Return the key of the stay that is known by this encounter."""
        return self._key("stay", encounter)

    def transition(self, stay: str) -> str:
        """Return the key of the transition out of a stay."""
        return self._key("trn", stay)

    def record(self, feed: str, key: RecordKey) -> str:
        """Return the key of a record; the number of a sender nobody named is its own.

        What an authority numbers is the same record wherever it is heard of.
        """
        scope = "" if key.system else feed
        return self._key("rec", scope, key.kind, key.system, key.value)

    def exchange(self, feed: str, exchange: str) -> str:
        """Return the key of a file that was exchanged, or of what a feed is to bring.

        The latter where `exchange` is "": then no file came.
        """
        return self._key("exc", feed, exchange)

    def _person(self, identifier: Identifier) -> str:
        """Return the key of the identity that `identifier` stands for."""
        return self._key("p", "", identifier.system, identifier.value)

    def _key(self, prefix: str, *parts: str) -> str:
        return f"{prefix}_{_digest(parts, self._secret)}"


def event_id(message: str, entity: str, version: int) -> str:
    """Return the id of the event with which `message` led `entity` to `version`."""
    return f"evt_{_beside(message, (entity, str(version)))}"


def part_id(message: str, place: int) -> str:
    """Return the id of the `place`-th message that came inside `message`."""
    return f"msg_{_beside(message, (str(place),))}"


def delivery_id(event: str, destination: str) -> str:
    """Return the id of the delivery of `event` to `destination`."""
    return f"dlv_{_beside(event, (destination,))}"


def sent_id(artifact: str, destination: str) -> str:
    """Return the id of the file that `artifact` is for one of its destinations."""
    return f"out_{_beside(artifact, (destination,))}"


def batch_id(deliveries: list[str]) -> str:
    """Return the id of an artifact that holds these deliveries, in this order."""
    return f"bat_{_digest(deliveries)}"


def _beside(origin: str, parts: tuple[str, ...]) -> str:
    """Return a digest that sorts where `origin` sorts.

    Ids of one time lie side by side in an index then, and a commit touches a few
    pages of it, not one for each row.
    """
    time = origin.partition("_")[2][:TIME_DIGITS]
    return time + _digest((origin, *parts))[TIME_DIGITS:]


def _digest(parts: tuple[str, ...] | list[str], secret: bytes = b"") -> str:
    # The lengths keep ("a", "bc") and ("ab", "c") apart.
    text = "".join([f"{len(part)}:{part}" for part in parts])
    data = text.encode("utf-8", "surrogatepass")
    return blake2b(data, digest_size=16, key=secret).hexdigest()
