"""The message of a row, as normalisers get it. Pure."""

from collections.abc import Callable
from datetime import UTC

import msgspec

from hub.sdk import HubError, Normalised, Problem, Recovery, RowMessage
from hub_payer.moments import has_room

_decode = msgspec.json.Decoder(RowMessage).decode


class BadRowMessageError(HubError):
    """A message that is no row of a file, or not one of this normaliser's."""

    code = "ROW-001"
    summary = "The message is no row that this normaliser wrote"
    remedy = "Let the source name the normaliser that reads its files"
    recovery = Recovery.REJECT


def row_message(body: bytes) -> RowMessage:
    """Return the row of a file. Raises BadRowMessageError."""
    try:
        message = _decode(body)
    except (msgspec.MsgspecError, ValueError) as error:
        raise BadRowMessageError from error
    if not has_room(message.said):
        raise BadRowMessageError("its time is out of bounds")
    if message.said.tzinfo is not None:
        return message
    said = message.said.replace(tzinfo=UTC)
    return msgspec.structs.replace(message, said=said)


def normalised(
    body: bytes, make: Callable[[RowMessage, str], Normalised], zone: str
) -> Normalised:
    """Return what `make` makes of the row of a file; a problem where it is none."""
    try:
        return make(row_message(body), zone)
    except BadRowMessageError as error:
        return Normalised(problem=Problem(error.code, error.detail))
    except (msgspec.ValidationError, ValueError):
        return Normalised(problem=Problem(BadRowMessageError.code))
