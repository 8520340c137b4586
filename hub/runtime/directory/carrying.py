"""What is secret because another directory says so of the same thing (R-DIR-02, 08).

One feed marks a shelter, another publishes where it is: where both are linked as the
same, the second is secret too. Rather one too many: only its own feed can say of the
first that it is not, and what is secret for this reason alone hides nothing else.
"""

from collections.abc import Iterator

import msgspec

from hub.coordination.directory.same_as import LINKED, features, likeness
from hub.runtime.directory.likening import Index, features_of
from hub.store.directory.secrets import SecretReader

#: Among the remarks of a run: that of an object which is secret for this reason.
CARRIED = "object.same_as_restricted"
_decode = msgspec.json.Decoder().decode


def secret_elsewhere(feed: str, reader: SecretReader) -> Iterator[tuple[str, str]]:
    """Yield type and id of objects that are the same as secret ones of other feeds.

    What the package says anew is compared; of all else the links that are known count.
    """
    yield from reader.linked()
    index = Index()
    for other in reader.secret_elsewhere():
        index.note(features_of(other))
    if not index:
        return
    for kind, key, body in reader.compared():
        # The places of what is secret are not told, so that none is compared.
        one = features(feed, kind, key, _decode(body), ())
        if any(likeness(one, each).score >= LINKED for each in index.like(one)):
            yield kind, key
