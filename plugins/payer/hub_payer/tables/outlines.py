"""A row shown to a person who may see it."""

from collections.abc import Mapping, Sequence

import msgspec

from hub.sdk import Shown
from hub_payer.rows_read import BadRowMessageError, row_message

_plain = msgspec.json.Decoder(dict[str, object]).decode


def shown(body: bytes, columns: Mapping[str, str | int]) -> Sequence[Shown]:
    """Return the values of the message of a row; none where it is unreadable."""
    try:
        said = _plain(row_message(body).row)
    except (BadRowMessageError, msgspec.MsgspecError, ValueError):
        return []
    return [
        Shown(path=name, name=str(columns.get(name, "")), value=str(value))
        for name, value in sorted(said.items())
    ]
