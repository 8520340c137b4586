"""Ids as functions of content: stable across retries and re-processing (G6).

Keys of people and encounters are made with a secret of this hub, because a plain
hash of a patient number can be undone by trying all numbers.
"""

from hashlib import blake2b

from hub.model.facts import EncounterKey
from hub.model.identifiers import Identifier


class Keys:
    """Makes opaque keys from what identifies a person or an encounter."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def person(self, identifier: Identifier) -> str:
        """Return the key of the person first seen under `identifier`."""
        return self._key("p", "", identifier.system, identifier.value)

    def encounter(self, feed: str, key: EncounterKey) -> str:
        """Return the key of an encounter; one record for each source (R-ENC-05)."""
        return self._key("enc", feed, key.basis, key.system, key.scope, key.value)

    def _key(self, prefix: str, *parts: str) -> str:
        return f"{prefix}_{_digest(parts, self._secret)}"


def event_id(message: str, entity: str, place: int) -> str:
    """Return the id of the event number `place` that `message` led to."""
    return f"evt_{_digest((message, entity, str(place)))}"


def delivery_id(event: str, destination: str) -> str:
    """Return the id of the delivery of `event` to `destination`."""
    return f"dlv_{_digest((event, destination))}"


def batch_id(deliveries: list[str]) -> str:
    """Return the id of an artifact that holds these deliveries, in this order."""
    return f"bat_{_digest(deliveries)}"


def _digest(parts: tuple[str, ...] | list[str], secret: bytes = b"") -> str:
    # The lengths keep ("a", "bc") and ("ab", "c") apart.
    text = "".join(f"{len(part)}:{part}" for part in parts)
    data = text.encode("utf-8", "surrogatepass")
    return blake2b(data, digest_size=16, key=secret).hexdigest()
