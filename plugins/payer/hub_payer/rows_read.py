"""The message of a row, as normalisers get it. Pure."""

from datetime import UTC

import msgspec

from hub.sdk import HubError, Recovery, RowMessage

_decode = msgspec.json.Decoder(RowMessage).decode
#: Arithmetic in zones needs some room at both ends of the calendar.
_FIRST_YEAR, _LAST_YEAR = 1800, 2200


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
    if not _FIRST_YEAR <= message.said.year < _LAST_YEAR:
        raise BadRowMessageError("its time is out of bounds")
    if message.said.tzinfo is not None:
        return message
    said = message.said.replace(tzinfo=UTC)
    return msgspec.structs.replace(message, said=said)
